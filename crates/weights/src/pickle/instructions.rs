//! The instructions of a pickle: protocols 2 to 5, as far as `torch.save` writes them.

use crate::pickle::PickleFault;
use crate::pickle::global::Global;
use crate::pickle::machine::{Machine, VALUES};
use crate::pickle::node::Node;

impl<'a> Machine<'a> {
    /// Marks, numbers and constants.
    pub(super) fn atom(&mut self, instruction: u8) -> Result<bool, PickleFault> {
        let node = match instruction {
            0x80 => {
                return match self.fixed()? {
                    [0..=5] => Ok(true),
                    _ => Err(self.operand("a later protocol", "one up to 5")),
                };
            }
            0x95 => return self.take(8).map(|_| true),
            b'(' => {
                if self.marks.len() >= VALUES {
                    return Err(PickleFault::Limit { what: "marks in a pickle", limit: VALUES });
                }
                self.marks.push(self.stack.len());
                return Ok(true);
            }
            b'N' => Node::None,
            0x88 => Node::Bool(true),
            0x89 => Node::Bool(false),
            b'J' => Node::Int(Some(i32::from_le_bytes(self.fixed()?).into())),
            b'K' => Node::Int(Some(u8::from_le_bytes(self.fixed()?).into())),
            b'M' => Node::Int(Some(u16::from_le_bytes(self.fixed()?).into())),
            0x8a => {
                let length = self.length::<1>()?;
                integer(self.take(length)?)
            }
            0x8b => {
                let length = self.length::<4>()?;
                integer(self.take(length)?)
            }
            b'G' => Node::Float(f64::from_be_bytes(self.fixed()?)),
            _ => return Ok(false),
        };
        self.push(node).map(|()| true)
    }

    /// Text and bytes. What Python 2 wrote as a string is taken as text where it is.
    pub(super) fn text(&mut self, instruction: u8) -> Result<bool, PickleFault> {
        let length = match instruction {
            0x8c | b'U' | b'C' => self.length::<1>()?,
            b'X' | b'T' | b'B' => self.length::<4>()?,
            0x8d | 0x8e | 0x96 => self.length::<8>()?,
            _ => return Ok(false),
        };
        let bytes = self.take(length)?;
        let node = match instruction {
            0x8c | 0x8d | b'X' => Node::Text(self.utf8(bytes)?),
            b'U' | b'T' => std::str::from_utf8(bytes).map_or(Node::Bytes, Node::Text),
            _ => Node::Bytes,
        };
        self.push(node).map(|()| true)
    }

    /// Containers, empty or of what is on the stack.
    pub(super) fn container(&mut self, instruction: u8) -> Result<bool, PickleFault> {
        let node = match instruction {
            b']' => Node::List(Vec::new()),
            b'}' => Node::Dict(Vec::new()),
            b')' => Node::Tuple(Vec::new()),
            0x8f => Node::Opaque("a set"),
            b't' => Node::Tuple(self.marked()?),
            0x85..=0x87 => Node::Tuple(self.last(usize::from(instruction - 0x84))?),
            b'l' => Node::List(self.marked()?),
            b'd' => {
                let values = self.marked()?;
                Node::Dict(self.pairs(&values)?)
            }
            0x91 => {
                self.marked()?;
                Node::Opaque("a set")
            }
            _ => return Ok(false),
        };
        self.push(node).map(|()| true)
    }

    /// Entries into the container below them, and values off the stack.
    pub(super) fn fill(&mut self, instruction: u8) -> Result<bool, PickleFault> {
        let values = match instruction {
            b'a' => self.last(1)?,
            b's' => self.last(2)?,
            b'e' | b'u' | 0x90 => self.marked()?,
            b'1' => return self.marked().map(|_| true),
            b'0' => {
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                    return Ok(true);
                }
                return self.pop().map(|_| true);
            }
            _ => return Ok(false),
        };
        let pairs = match instruction {
            b's' | b'u' => self.pairs(&values)?,
            _ => Vec::new(),
        };
        let container = self.top()?.index();
        match (instruction, &mut self.nodes[container]) {
            (_, Node::Opaque(_)) => {}
            (b'a' | b'e', Node::List(items)) => items.extend(values),
            (b's' | b'u', Node::Dict(entries)) => entries.extend(pairs),
            (_, found) => {
                let found = found.kind();
                return Err(self.operand(found, "a container of this kind"));
            }
        }
        Ok(true)
    }

    /// Into the memo and out of it.
    pub(super) fn remember(&mut self, instruction: u8) -> Result<bool, PickleFault> {
        let index = match instruction {
            b'q' | b'h' => self.length::<1>()?,
            b'r' | b'j' => self.length::<4>()?,
            0x94 => self.memo.len(),
            b'2' => {
                let top = self.top()?;
                return self.again(top).map(|()| true);
            }
            _ => return Ok(false),
        };
        let index =
            u32::try_from(index).map_err(|_| self.operand("a place past the last", "one in the memo"))?;
        if matches!(instruction, b'h' | b'j') {
            let found = self.memo.get(&index).copied();
            let found = found.ok_or_else(|| self.operand("an empty place of the memo", "a value"))?;
            return self.again(found).map(|()| true);
        }
        if self.memo.len() >= VALUES {
            return Err(PickleFault::Limit { what: "values in the memo of a pickle", limit: VALUES });
        }
        let top = self.top()?;
        self.memo.insert(index, top);
        Ok(true)
    }

    /// What names a class or function, and what it makes.
    pub(super) fn construct(&mut self, instruction: u8) -> Result<bool, PickleFault> {
        match instruction {
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.named(module, name)?;
            }
            0x93 => match self.last(2)?.iter().map(|id| self.node(*id)).collect::<Vec<_>>()[..] {
                [&Node::Text(module), &Node::Text(name)] => self.named(module, name)?,
                _ => return Err(self.operand("other values", "a module and a name")),
            },
            b'Q' => {
                let id = self.pop()?;
                let storage = self.storage(id)?;
                self.push(storage)?;
            }
            b'R' | 0x81 | 0x92 => {
                if instruction == 0x92 {
                    self.pop()?;
                }
                let (arguments, callee) = (self.pop()?, self.pop()?);
                let Node::Global(global) = *self.node(callee) else {
                    return Err(self.operand(self.node(callee).kind(), "a class or function"));
                };
                let made = self.call(global, arguments)?;
                self.push(made)?;
            }
            b'b' => {
                self.pop()?;
                let found = self.node(self.top()?);
                if !matches!(found, Node::Dict(_) | Node::Opaque(_)) {
                    return Err(self.operand(found.kind(), "an object that has attributes"));
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    fn named(&mut self, module: &str, name: &str) -> Result<(), PickleFault> {
        let global = Global::find(module, name);
        let global = global.ok_or_else(|| PickleFault::Global { name: format!("{module}.{name}") })?;
        self.push(Node::Global(global))
    }
}

/// A little-endian integer in two's complement.
fn integer<'a>(bytes: &[u8]) -> Node<'a> {
    if bytes.len() > 8 {
        return Node::Int(None);
    }
    let negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
    let mut wide = if negative { [0xff; 8] } else { [0; 8] };
    wide[..bytes.len()].copy_from_slice(bytes);
    Node::Int(Some(i64::from_le_bytes(wide)))
}
