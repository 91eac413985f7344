//! The values of a pickle, in one flat list.

use crate::element::Element;
use crate::layout::Layout;
use crate::pickle::global::Global;

/// A value's place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id(u32);

/// A value. Those inside it are named by their places, so that a value may stand in several and in itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node<'a> {
    None,
    Bool(bool),
    /// An integer; none where it takes more than 64 bits.
    Int(Option<i64>),
    Float(f64),
    Text(&'a str),
    Bytes,
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    Global(Global),
    Storage(Box<Stored<'a>>),
    Tensor(Box<View<'a>>),
    /// A value whose inside is of no interest, by its name.
    Opaque(&'static str),
}

/// A run of numbers in a record of its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stored<'a> {
    /// The record's name, below `data/`.
    pub(crate) record: &'a str,
    pub(crate) element: Element,
    /// How many there are.
    pub(crate) count: usize,
}

/// A tensor: a part of a storage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct View<'a> {
    pub(crate) stored: Stored<'a>,
    pub(crate) layout: Layout,
}

/// What a pickle holds.
#[derive(Debug)]
pub(crate) struct Pickle<'a> {
    pub(super) nodes: Vec<Node<'a>>,
    pub(super) root: Id,
}

impl Id {
    /// The place `index`, none past the last that can be named.
    pub(super) fn of(index: usize) -> Option<Self> {
        u32::try_from(index).ok().map(Self)
    }

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

impl<'a> Pickle<'a> {
    /// The value that the file is.
    pub(crate) fn root(&self) -> Id {
        self.root
    }

    pub(crate) fn node(&self, id: Id) -> &Node<'a> {
        &self.nodes[id.index()]
    }

    /// The entries of a dictionary whose keys are text, in their order; of two of one key the later. None
    /// where `id` is no dictionary.
    pub(crate) fn entries(&self, id: Id) -> Option<Vec<(&'a str, Id)>> {
        let Node::Dict(pairs) = self.node(id) else { return None };
        let mut entries: Vec<(&'a str, Id)> = Vec::with_capacity(pairs.len());
        let mut places = std::collections::HashMap::new();
        for (key, value) in pairs {
            let Node::Text(key) = self.node(*key) else { continue };
            match places.insert(*key, entries.len()) {
                None => entries.push((key, *value)),
                Some(place) => {
                    entries[place].1 = *value;
                    places.insert(*key, place);
                }
            }
        }
        Some(entries)
    }
}

impl Node<'_> {
    /// What messages call it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes => "bytes",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dictionary",
            Self::Global(_) => "a class or function",
            Self::Storage(_) => "a storage",
            Self::Tensor(_) => "a tensor",
            Self::Opaque(name) => name,
        }
    }
}
