//! Members that are copies, of each other or of the truth, to the bit.

use crate::{Cases, Heard, RefereeError, Result};
use std::collections::BTreeMap;

/// A number of every field that differs where any bit does, but for one chance in 2⁶⁴.
#[derive(Clone, Debug)]
pub(crate) struct Copies {
    pub(crate) names: Vec<u64>,
}

impl Copies {
    pub(crate) fn new(count: usize) -> Self {
        Self { names: vec![0x9e37_79b9_7f4a_7c15; count] }
    }

    /// The next numbers of each.
    pub(crate) fn add(&mut self, portion: &[&[f32]]) {
        for (name, part) in self.names.iter_mut().zip(portion) {
            for x in *part {
                // 0 and −0 are one number.
                let bits = u64::from((x + 0.0).to_bits());
                *name = (name.rotate_left(23) ^ bits).wrapping_mul(0xd6e8_feb8_6659_fd93);
            }
        }
    }

    /// Groups of fields that are the same, by their place.
    pub(crate) fn groups(&self) -> Vec<Vec<usize>> {
        let mut by_name: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (place, name) in self.names.iter().enumerate() {
            by_name.entry(*name).or_default().push(place);
        }
        let mut groups: Vec<Vec<usize>> = by_name.into_values().filter(|group| group.len() > 1).collect();
        groups.sort();
        groups
    }
}

/// Refuses cases that share a member, and independent ones that share truth or readings: no two of them say more than
/// one of them.
///
/// # Errors
/// [`RefereeError::Shared`] with the first two, by the names that they are told with.
pub fn distinct(heard: &[(String, Heard)], standing: Cases) -> Result<()> {
    let shared = |both: [usize; 2], what| {
        let cases = both.map(|case| (case + 1, heard[case].0.clone()));
        Err(RefereeError::Shared { cases: Box::new(cases), what })
    };
    for (case, (_, one)) in heard.iter().enumerate().filter(|_| standing == Cases::Independent) {
        for (k, what) in ["truth", "withheld readings"].into_iter().enumerate() {
            let same = |(_, other): &(String, Heard)| {
                one.judged_by[k].is_some() && other.judged_by[k] == one.judged_by[k]
            };
            if let Some(before) = heard[..case].iter().position(same) {
                return shared([before, case], what);
            }
        }
    }
    let mut known: BTreeMap<u64, usize> = BTreeMap::new();
    for (case, (_, one)) in heard.iter().enumerate() {
        for name in &one.names {
            match known.insert(*name, case) {
                Some(before) if before != case => return shared([before, case], "members"),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_found_over_portions() {
        let mut copies = Copies::new(4);
        copies.add(&[&[1.0, 2.0], &[1.0, 2.0], &[2.0, 1.0], &[1.0, 2.0]]);
        copies.add(&[&[0.0], &[-0.0], &[0.0], &[1e-40]]);
        assert_eq!(copies.groups(), [[0, 1]]);
    }
}
