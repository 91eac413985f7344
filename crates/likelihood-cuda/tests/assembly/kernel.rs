//! PTX as far as the checks read it: entry points, the loop over tiles, accesses to memory.

/// One function of a PTX text.
pub(crate) struct Kernel<'a> {
    /// The entry point's symbol; none for a function that entry points call.
    pub(crate) entry: Option<&'a str>,
    lines: Vec<&'a str>,
}

/// Bytes that one thread moves in one pass, by width of the instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// By instructions on several neighbours.
    pub(crate) vector: usize,
    /// By instructions on one element.
    pub(crate) scalar: usize,
}

/// A stretch of lines.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Loop {
    first: usize,
    last: usize,
}

pub(crate) fn kernels(ptx: &str) -> Vec<Kernel<'_>> {
    let mut kernels: Vec<Kernel<'_>> = Vec::new();
    for line in ptx.lines().map(str::trim) {
        let entry = line.strip_prefix(".visible .entry ").map(|rest| rest.trim_end_matches('('));
        if entry.is_some() || line.starts_with(".func") {
            kernels.push(Kernel { entry, lines: Vec::new() });
        }
        if let Some(kernel) = kernels.last_mut() {
            kernel.lines.push(line);
        }
    }
    kernels
}

/// The opcode of an instruction, without its predicate.
fn opcode(line: &str) -> &str {
    let line = if line.starts_with('@') {
        line.split_once(char::is_whitespace).map_or("", |(_, r)| r)
    } else {
        line
    };
    line.split_whitespace().next().unwrap_or_default()
}

/// Bytes that one thread moves by a load or store: its number of elements times their size.
fn width(opcode: &str) -> (usize, usize) {
    let part = |prefix: char| {
        opcode.split('.').rev().find_map(|part| part.strip_prefix(prefix)?.parse::<usize>().ok())
    };
    let bits = ['f', 'u', 's', 'b'].into_iter().find_map(part).expect("an access names its type");
    (part('v').unwrap_or(1), bits / 8)
}

impl<'a> Kernel<'a> {
    /// All opcodes.
    pub(crate) fn opcodes(&self) -> impl Iterator<Item = &'a str> {
        self.lines.iter().map(|line| opcode(line))
    }

    fn loops(&self) -> Vec<Loop> {
        let label = |name: &str| self.lines.iter().position(|line| line.strip_suffix(':') == Some(name));
        let back = self.lines.iter().enumerate().filter(|(_, line)| opcode(line).starts_with("bra"));
        let back = back.filter_map(|(last, line)| {
            let target = line.trim_end_matches(';').split_whitespace().last()?;
            let first = label(target)?;
            (first < last).then_some(Loop { first, last })
        });
        back.collect()
    }

    /// The loop over tiles: the one with most accesses to global memory that ends first.
    pub(crate) fn tiles(&self) -> Loop {
        let accesses = |at: &Loop| self.within(*at).filter(|opcode| opcode.contains(".global.")).count();
        let loops = self.loops();
        let most = loops.iter().map(accesses).max().expect("a loop");
        let mut candidates = loops.into_iter().filter(|at| accesses(at) == most);
        candidates.by_ref().min_by_key(|at| at.last - at.first).expect("the loop over tiles")
    }

    /// Opcodes of a loop.
    pub(crate) fn within(&self, at: Loop) -> impl Iterator<Item = &'a str> {
        self.lines[at.first..=at.last].iter().map(|line| opcode(line))
    }

    /// What `access` ("ld" or "st") moves to or from global memory in `at`, in the loops inside it
    /// and beside them.
    pub(crate) fn moved(&self, access: &str, at: Loop) -> (Moved, Moved) {
        let inner = self.loops().into_iter().filter(|l| *l != at && l.first >= at.first && l.last <= at.last);
        let inner: Vec<_> = inner.collect();
        let (mut inside, mut beside) = (Moved::default(), Moved::default());
        for k in at.first..=at.last {
            let opcode = opcode(self.lines[k]);
            if !opcode.starts_with(access) || !opcode.contains(".global.") {
                continue;
            }
            let nested = inner.iter().any(|l| (l.first..=l.last).contains(&k));
            let moved = if nested { &mut inside } else { &mut beside };
            let (elements, bytes) = width(opcode);
            *(if elements > 1 { &mut moved.vector } else { &mut moved.scalar }) += elements * bytes;
        }
        (inside, beside)
    }
}

#[test]
fn loops_predicates_and_widths_are_read() {
    let ptx = ".version 8.7\n.func f(\n{\n ret;\n}\n.visible .entry k(\n{\n$L__A:\n\tld.global.v4.u16 {%a}, [%b];\n\
               @%p1 st.global.f64 [%b], %c;\n$L__B:\n@!%p2 ld.volatile.global.u32 %a, [%b];\n\t@%p3 bra $L__B;\n\
               \tbra.uni $L__A;\nld.global.f32 %a, [%b];\n}\n";
    let kernels = kernels(ptx);
    assert_eq!(kernels.iter().map(|kernel| kernel.entry).collect::<Vec<_>>(), [None, Some("k")]);
    let kernel = &kernels[1];
    let tiles = kernel.tiles();
    assert_eq!(kernel.within(tiles).count(), 7);
    let (inside, beside) = kernel.moved("ld", tiles);
    assert_eq!((inside, beside), (Moved { vector: 0, scalar: 4 }, Moved { vector: 8, scalar: 0 }));
    assert_eq!(kernel.moved("st", tiles).1, Moved { vector: 0, scalar: 8 });
}
