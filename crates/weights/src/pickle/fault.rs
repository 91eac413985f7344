//! What can be wrong with a pickle.

/// A pickle that is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PickleFault {
    /// The bytes end before the pickle does.
    #[error("found its end at byte {at}, expected more: it was cut short")]
    Ended {
        /// The byte that is missing.
        at: usize,
    },
    /// An instruction outside those that `torch.save` writes.
    #[error("byte {at}: found the instruction 0x{found:02x}, expected one that torch.save writes")]
    Instruction {
        /// Its place.
        at: usize,
        /// The instruction.
        found: u8,
    },
    /// An instruction whose operands are not what it takes.
    #[error("byte {at}: found {found}, expected {expected}")]
    Operand {
        /// The instruction's place.
        at: usize,
        /// What stands there.
        found: &'static str,
        /// What should.
        expected: &'static str,
    },
    /// A class or function outside the closed list.
    #[error(
        "found the class or function `{name}`, expected tensors and plain values alone; nothing of a file is \
         carried out. Where torch is at hand: s = torch.load(FILE, weights_only=False, map_location='cpu'), then \
         torch.save(s.state_dict(), 'state.pth') of a module s, or torch.save(s['state_dict'], 'state.pth') of a \
         checkpoint"
    )]
    Global {
        /// Module and name.
        name: String,
    },
    /// More of something than is read.
    #[error("found more than {limit} {what}, expected fewer")]
    Limit {
        /// What there is too much of.
        what: &'static str,
        /// The most that is read.
        limit: usize,
    },
}
