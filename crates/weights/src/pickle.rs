//! Pickles as `torch.save` writes them, read into plain nodes: nothing of theirs is ever carried out.

mod fault;
mod global;
mod instructions;
mod machine;
mod node;
mod rebuild;

pub use fault::PickleFault;
pub(crate) use machine::{KEY, read};
pub(crate) use node::{Id, Node, Pickle, View};

#[cfg(test)]
mod tests;
