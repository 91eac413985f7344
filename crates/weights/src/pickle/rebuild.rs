//! Storages and tensors out of the arguments that a pickle gives.

use crate::layout::Layout;
use crate::pickle::PickleFault;
use crate::pickle::global::Global;
use crate::pickle::machine::{Machine, VALUES};
use crate::pickle::node::{Id, Node, Stored, View};

/// The most axes of a tensor, and arguments of a call.
const MOST: usize = 16;

const STORAGE: &str = "a storage: ('storage', class, record, device, count)";
const TENSOR: &str = "a tensor: (storage, offset, shape, strides, …), of no negative number";

impl<'a> Machine<'a> {
    /// The storage that a persistent id names. Its device tag is no matter.
    pub(super) fn storage(&self, id: Id) -> Result<Node<'a>, PickleFault> {
        let fault = |found| self.operand(found, STORAGE);
        let Node::Tuple(parts) = self.node(id) else { return Err(fault(self.node(id).kind())) };
        let [tag, class, record, _, count] = parts[..] else { return Err(fault("another tuple")) };
        let element = match (self.node(tag), self.node(class)) {
            (Node::Text("storage"), Node::Global(Global::Storage(element))) => *element,
            (_, class) => return Err(fault(class.kind())),
        };
        match (self.node(record), self.count(count)) {
            (Node::Text(record), Some(count)) => {
                Ok(Node::Storage(Box::new(Stored { record, element, count })))
            }
            (record, _) => Err(fault(record.kind())),
        }
    }

    /// What a class or function of the list makes of its arguments.
    pub(super) fn call(&mut self, global: Global, arguments: Id) -> Result<Node<'a>, PickleFault> {
        let parts = match self.node(arguments) {
            Node::Tuple(parts) if parts.len() <= MOST => parts.clone(),
            Node::Tuple(_) => return Err(self.operand("more arguments", "a few")),
            found => return Err(self.operand(found.kind(), "a tuple of arguments")),
        };
        match global {
            Global::Plain(name) => Ok(Node::Opaque(name)),
            Global::Ordered => self.ordered(&parts),
            Global::Tensor => self.tensor(&parts),
            Global::Parameter => match parts.first().map(|id| self.node(*id)) {
                Some(Node::Tensor(view)) => Ok(Node::Tensor(view.clone())),
                found => Err(self.operand(found.map_or("no argument", Node::kind), "a tensor")),
            },
            Global::Typed => match parts[..] {
                [function, _, arguments, _] => match (self.node(function), self.node(arguments)) {
                    (Node::Global(Global::Tensor), Node::Tuple(parts)) => self.tensor(parts),
                    (found, _) => Err(self.operand(found.kind(), "_rebuild_tensor_v2 and its arguments")),
                },
                _ => Err(self.operand("another tuple", "(function, class, arguments, state)")),
            },
            Global::Storage(_) => Err(self.operand("a call of a storage", "its persistent id")),
        }
    }

    /// An ordered dictionary of nothing, or of a list of pairs.
    fn ordered(&mut self, parts: &[Id]) -> Result<Node<'a>, PickleFault> {
        let Some(list) = parts.first() else { return Ok(Node::Dict(Vec::new())) };
        let Node::List(items) = self.node(*list) else {
            return Err(self.operand(self.node(*list).kind(), "a list of pairs"));
        };
        let copied = self.copied + items.len();
        if copied > VALUES {
            return Err(PickleFault::Limit { what: "entries copied in a pickle", limit: VALUES });
        }
        let pair = |id: &Id| match self.node(*id) {
            Node::Tuple(pair) | Node::List(pair) if pair.len() == 2 => self.pair(pair[0], pair[1]),
            found => Err(self.operand(found.kind(), "a pair")),
        };
        let pairs = items.iter().map(pair).collect::<Result<_, _>>()?;
        self.copied = copied;
        Ok(Node::Dict(pairs))
    }

    fn tensor(&self, parts: &[Id]) -> Result<Node<'a>, PickleFault> {
        let fault = |found| self.operand(found, TENSOR);
        let [storage, offset, shape, strides, ..] = parts else { return Err(fault("fewer arguments")) };
        if parts.get(6).is_some_and(|flags| !self.is_nothing(*flags)) {
            let found = "a view that turns the sign of its numbers, or another flag of a tensor";
            return Err(self.operand(found, "numbers as they are stored; tensor.resolve_neg() makes them so"));
        }
        let Node::Storage(stored) = self.node(*storage) else {
            return Err(fault(self.node(*storage).kind()));
        };
        let lengths = |id: &Id| match self.node(*id) {
            Node::Tuple(parts) if parts.len() <= MOST => {
                parts.iter().map(|id| self.count(*id)).collect::<Option<Vec<_>>>()
            }
            _ => None,
        };
        match (self.count(*offset), lengths(shape), lengths(strides)) {
            (Some(offset), Some(shape), Some(strides)) if shape.len() == strides.len() => {
                let layout = Layout { offset, shape, strides };
                Ok(Node::Tensor(Box::new(View { stored: (**stored).clone(), layout })))
            }
            _ => Err(fault("another offset, shape or strides")),
        }
    }

    fn is_nothing(&self, id: Id) -> bool {
        match self.node(id) {
            Node::None => true,
            Node::Dict(entries) => entries.is_empty(),
            _ => false,
        }
    }

    /// A number of elements.
    fn count(&self, id: Id) -> Option<usize> {
        match self.node(id) {
            Node::Int(Some(value)) => usize::try_from(*value).ok(),
            _ => None,
        }
    }
}
