//! The machine that a pickle drives: a stack, marks in it, and a memo.
//!
//! Values lie in one flat list and name each other by place, so that no pickle can recurse; every instruction
//! makes at most one value, and there are limits on bytes, values and what is copied.

use crate::pickle::PickleFault;
use crate::pickle::node::{Id, Node, Pickle};
use std::collections::HashMap;

/// The most bytes that a pickle may have. That of a network of ten thousand tensors has two million.
const BYTES: usize = 62 << 20;
/// The most values.
pub(super) const VALUES: usize = 2 << 20;

/// The most bytes of a key.
pub(crate) const KEY: usize = 4096;

pub(super) struct Machine<'a> {
    bytes: &'a [u8],
    next: usize,
    /// The instruction that is carried out.
    at: usize,
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) stack: Vec<Id>,
    /// Heights of the stack.
    pub(super) marks: Vec<usize>,
    pub(super) memo: HashMap<u32, Id>,
    /// Entries copied from one value to another.
    pub(super) copied: usize,
}

/// What a pickle holds.
///
/// # Errors
/// [`PickleFault`] where it is cut short, asks for anything outside the closed lists of instructions, classes
/// and functions, or is too large.
pub(crate) fn read(bytes: &[u8]) -> Result<Pickle<'_>, PickleFault> {
    if bytes.len() > BYTES {
        return Err(PickleFault::Limit { what: "bytes", limit: BYTES });
    }
    let mut machine = Machine {
        bytes,
        next: 0,
        at: 0,
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        copied: 0,
    };
    loop {
        machine.at = machine.next;
        let [instruction] = machine.fixed()?;
        if instruction == b'.' {
            let root = machine.pop()?;
            return Ok(Pickle { nodes: machine.nodes, root });
        }
        let known = machine.atom(instruction)?
            || machine.text(instruction)?
            || machine.container(instruction)?
            || machine.fill(instruction)?
            || machine.remember(instruction)?
            || machine.construct(instruction)?;
        if !known {
            return Err(PickleFault::Instruction { at: machine.at, found: instruction });
        }
    }
}

impl<'a> Machine<'a> {
    pub(super) fn node(&self, id: Id) -> &Node<'a> {
        &self.nodes[id.index()]
    }

    pub(super) fn operand(&self, found: &'static str, expected: &'static str) -> PickleFault {
        PickleFault::Operand { at: self.at, found, expected }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], PickleFault> {
        let rest = &self.bytes[self.next..];
        let taken = rest.get(..count).ok_or(PickleFault::Ended { at: self.bytes.len() })?;
        self.next += count;
        Ok(taken)
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], PickleFault> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    /// A length of 1, 4 or 8 bytes.
    pub(super) fn length<const N: usize>(&mut self) -> Result<usize, PickleFault> {
        let mut wide = [0; 8];
        wide[..N].copy_from_slice(&self.fixed::<N>()?);
        usize::try_from(u64::from_le_bytes(wide)).map_err(|_| PickleFault::Ended { at: self.bytes.len() })
    }

    pub(super) fn line(&mut self) -> Result<&'a str, PickleFault> {
        let rest = &self.bytes[self.next..];
        let end = rest.iter().position(|byte| *byte == b'\n');
        let line = self.take(end.ok_or(PickleFault::Ended { at: self.bytes.len() })?)?;
        self.next += 1;
        self.utf8(line)
    }

    pub(super) fn utf8(&self, bytes: &'a [u8]) -> Result<&'a str, PickleFault> {
        std::str::from_utf8(bytes).map_err(|_| self.operand("other bytes", "text in UTF-8"))
    }

    pub(super) fn push(&mut self, node: Node<'a>) -> Result<(), PickleFault> {
        let id = Id::of(self.nodes.len()).filter(|_| self.nodes.len() < VALUES);
        let id = id.ok_or(PickleFault::Limit { what: "values in a pickle", limit: VALUES })?;
        self.nodes.push(node);
        self.again(id)
    }

    /// Puts a value that is there on the stack.
    pub(super) fn again(&mut self, id: Id) -> Result<(), PickleFault> {
        if self.stack.len() >= VALUES {
            return Err(PickleFault::Limit { what: "values on the stack of a pickle", limit: VALUES });
        }
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Result<Id, PickleFault> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(self.operand("an empty stack", "a value on it"));
        }
        self.stack.pop().ok_or_else(|| self.operand("an empty stack", "a value on it"))
    }

    pub(super) fn top(&self) -> Result<Id, PickleFault> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let top = self.stack.get(floor..).and_then(<[Id]>::last);
        top.copied().ok_or_else(|| self.operand("an empty stack", "a value on it"))
    }

    /// The values above the last mark, and the mark away.
    pub(super) fn marked(&mut self) -> Result<Vec<Id>, PickleFault> {
        let mark = self.marks.pop().ok_or_else(|| self.operand("no mark on the stack", "one"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    /// The last `count` values.
    pub(super) fn last(&mut self, count: usize) -> Result<Vec<Id>, PickleFault> {
        let mut values = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        values.reverse();
        Ok(values)
    }

    pub(super) fn pairs(&self, values: &[Id]) -> Result<Vec<(Id, Id)>, PickleFault> {
        let (pairs, rest) = values.as_chunks::<2>();
        match rest {
            [] => pairs.iter().map(|[key, value]| self.pair(*key, *value)).collect(),
            _ => Err(self.operand("a key without a value", "pairs")),
        }
    }
    /// A key and its value. Long keys would be compared as often as they are named.
    pub(super) fn pair(&self, key: Id, value: Id) -> Result<(Id, Id), PickleFault> {
        match self.node(key) {
            Node::Text(key) if key.len() > KEY => Err(self.operand("a key of many thousand bytes", "a name")),
            _ => Ok((key, value)),
        }
    }
}
