//! The words of one Philox stream, made many at a time.

use rand::TryRng;
use rand_philox::Philox;
use std::convert::Infallible;

/// Words made together: four blocks of 16 counters.
const AHEAD: usize = 256;

/// A generator that yields the words of its Philox in order, made [`AHEAD`] at a time, which is
/// faster than one by one.
pub(crate) struct Words {
    source: Philox,
    words: [u32; AHEAD],
    next: usize,
}

impl Words {
    pub(crate) fn new(source: Philox) -> Self {
        Self { source, words: [0; AHEAD], next: AHEAD }
    }

    #[inline(always)]
    fn word(&mut self) -> u32 {
        if self.next == AHEAD {
            self.source.fill_u32(&mut self.words);
            self.next = 0;
        }
        self.next += 1;
        self.words[self.next - 1]
    }
}

impl TryRng for Words {
    type Error = Infallible;

    #[inline(always)]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.word())
    }

    /// Two words, the low one first, as Philox itself pairs them.
    #[inline(always)]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let low = u64::from(self.word());
        Ok(low | u64::from(self.word()) << 32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&self.word().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yields_the_words_of_its_source() {
        let (mut plain, mut words) = (Philox::from_u64_seed(5), Words::new(Philox::from_u64_seed(5)));
        for _ in 0..AHEAD {
            assert_eq!(words.try_next_u32(), Ok(plain.next_u32()));
            assert_eq!(words.try_next_u64(), Ok(plain.next_u64()));
        }
    }
}
