//! The classes and functions that a pickle may name: a closed list.

use crate::element::Element;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Global {
    /// `collections.OrderedDict`, read as a dictionary.
    Ordered,
    /// A storage of one type of number.
    Storage(Element),
    /// `_rebuild_tensor` and `_rebuild_tensor_v2`: (storage, offset, shape, strides, …).
    Tensor,
    /// `_rebuild_parameter` and `_rebuild_parameter_with_state`: (tensor, …).
    Parameter,
    /// `_rebuild_from_type_v2`: (function, class, arguments, state).
    Typed,
    /// A plain value that is of no interest, by what messages call it.
    Plain(&'static str),
}

const STORAGES: [(&str, Element); 13] = [
    ("FloatStorage", Element::F32),
    ("DoubleStorage", Element::F64),
    ("HalfStorage", Element::F16),
    ("BFloat16Storage", Element::Bf16),
    ("LongStorage", Element::Other("int64", 8)),
    ("IntStorage", Element::Other("int32", 4)),
    ("ShortStorage", Element::Other("int16", 2)),
    ("CharStorage", Element::Other("int8", 1)),
    ("ByteStorage", Element::Other("uint8", 1)),
    ("BoolStorage", Element::Other("bool", 1)),
    ("ComplexFloatStorage", Element::Other("complex64", 8)),
    ("ComplexDoubleStorage", Element::Other("complex128", 16)),
    ("UntypedStorage", Element::Other("untyped bytes", 1)),
];

const TORCH: [&str; 15] = [
    "device",
    "Size",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "bool",
    "complex64",
    "complex128",
    "Tensor",
];

const BUILTINS: [&str; 13] = [
    "set",
    "frozenset",
    "bytearray",
    "complex",
    "slice",
    "range",
    "int",
    "float",
    "str",
    "bool",
    "list",
    "dict",
    "tuple",
];

const PATHS: [&str; 6] = ["Path", "PosixPath", "PurePath", "PurePosixPath", "WindowsPath", "PureWindowsPath"];

impl Global {
    /// What `module.name` stands for, if it is in the list.
    pub(super) fn find(module: &str, name: &str) -> Option<Self> {
        let listed = |names: &[&str], what| names.contains(&name).then_some(Self::Plain(what));
        match (module, name) {
            ("collections", "OrderedDict") => Some(Self::Ordered),
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2") => Some(Self::Tensor),
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => Some(Self::Parameter),
            ("torch._tensor", "_rebuild_from_type_v2") => Some(Self::Typed),
            ("torch.nn.parameter", "Parameter" | "Buffer") => Some(Self::Plain("a class of torch")),
            ("torch" | "torch.storage", _) => {
                Self::storage(name).or_else(|| listed(&TORCH, "a value of torch"))
            }
            ("builtins" | "__builtin__", _) => listed(&BUILTINS, "a plain value"),
            ("_codecs", "encode") => Some(Self::Plain("bytes")),
            ("collections", _) => listed(&["defaultdict", "Counter", "deque"], "a collection"),
            ("argparse", "Namespace") | ("types", "SimpleNamespace") => Some(Self::Plain("arguments")),
            ("pathlib" | "pathlib._local", _) => listed(&PATHS, "a path"),
            ("numpy.core.multiarray" | "numpy._core.multiarray", _) => {
                listed(&["scalar", "_reconstruct"], "a value of NumPy")
            }
            ("numpy", _) => listed(&["dtype", "ndarray"], "a value of NumPy"),
            _ => None,
        }
    }

    fn storage(name: &str) -> Option<Self> {
        let found = STORAGES.iter().find(|(storage, _)| *storage == name);
        found.map(|(_, element)| Self::Storage(*element))
    }
}
