//! Zip files and pickles as `torch.save` writes them, byte by byte.

use std::io::Write;
use std::path::PathBuf;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A pickle in the making.
#[derive(Clone, Default)]
pub(super) struct Pickle(pub(super) Vec<u8>);

/// A tensor as a pickle describes it.
#[derive(Clone, Copy)]
pub(super) struct Described<'a> {
    pub(super) class: &'a str,
    pub(super) record: &'a str,
    pub(super) count: i32,
    pub(super) offset: i32,
    pub(super) shape: &'a [i32],
    pub(super) strides: &'a [i32],
    /// A flag that is set on it.
    pub(super) flag: Option<&'a str>,
}

impl Default for Described<'_> {
    /// Two numbers of single precision.
    fn default() -> Self {
        Self {
            class: "FloatStorage",
            record: "0",
            count: 2,
            offset: 0,
            shape: &[2],
            strides: &[1],
            flag: None,
        }
    }
}

impl Pickle {
    pub(super) fn new() -> Self {
        Self(vec![0x80, 2])
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }

    pub(super) fn text(self, text: &str) -> Self {
        self.bytes(b"X").bytes(&(text.len() as u32).to_le_bytes()).bytes(text.as_bytes())
    }

    pub(super) fn integer(self, value: i32) -> Self {
        self.bytes(b"J").bytes(&value.to_le_bytes())
    }

    pub(super) fn global(self, module: &str, name: &str) -> Self {
        self.bytes(format!("c{module}\n{name}\n").as_bytes())
    }

    pub(super) fn integers(self, values: &[i32]) -> Self {
        values.iter().fold(self.bytes(b"("), |pickle, value| pickle.integer(*value)).bytes(b"t")
    }

    pub(super) fn tensor(self, it: Described<'_>) -> Self {
        let id = self.global("torch._utils", "_rebuild_tensor_v2").bytes(b"((").text("storage");
        let id = id.global("torch", it.class).text(it.record).text("cpu").integer(it.count).bytes(b"tQ");
        let place = id.integer(it.offset).integers(it.shape).integers(it.strides);
        let plain = place.bytes(b"\x89ccollections\nOrderedDict\n)R");
        let flagged = match it.flag {
            Some(flag) => plain.bytes(b"}").text(flag).bytes(b"\x88s"),
            None => plain,
        };
        flagged.bytes(b"tR")
    }

    /// A dictionary of what `inside` puts into it, keys and values in turn.
    pub(super) fn dictionary(self, inside: impl FnOnce(Self) -> Self) -> Self {
        inside(self.bytes(b"}(")).bytes(b"u")
    }

    pub(super) fn end(self) -> Vec<u8> {
        self.bytes(b".").0
    }
}

/// A folder of files that go when it goes.
pub(super) struct Files(TempDir);

impl Files {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// A zip file of `records` in the folder `state`.
    pub(super) fn zip(&self, records: &[(&str, &[u8])]) -> PathBuf {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        for (name, bytes) in records {
            zip.start_file(format!("state/{name}"), options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        let bytes = zip.finish().unwrap().into_inner();
        self.write("state.pth", &bytes)
    }
}

/// The pickle of one tensor `w`.
pub(super) fn one(it: Described<'_>) -> Vec<u8> {
    Pickle::new().dictionary(|inside| inside.text("w").tensor(it)).end()
}

/// The bytes of numbers of single precision.
pub(super) fn singles(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}
