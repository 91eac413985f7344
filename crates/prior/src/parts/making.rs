//! What the parts of a shared fit hold, and what is made of them.

use super::plan::Round;
use super::{Sections, SharedFit};
use crate::Model;
use crate::error::Fault;
use crate::fit::Fitted;
use crate::recorded::{Job, Looked, Made};
use equipoise_covariance::{
    FrameGram, FrameProducts, StationarySeries, TemporalModes, fit_low_rank_streamed,
};
use equipoise_data::{Fingerprints, Survey, checksum_while};
use std::sync::Arc;

/// What the second round stands on.
pub(super) enum Sums {
    /// The modes' coefficients of frames.
    Modes(TemporalModes),
    Stationary,
}

/// The hexadecimal digits of a word.
const DIGITS: usize = 16;

impl SharedFit<'_> {
    /// Part i of the first round: survey, fingerprints and products of frames in some lines; the last: the checksum.
    pub(super) fn look(&self, job: &Job<'_>, i: usize) -> Result<Sections, Fault> {
        if i == self.shared.count(Round::Look) {
            let digest = checksum_while(job.train.path(), || (job.watch)(0.0))?;
            let digest = digest.ok_or_else(|| job.interrupted())?;
            let words = digest.as_bytes().chunks(DIGITS).map(|digits| {
                let digits = std::str::from_utf8(digits).expect("digits are ASCII");
                u64::from_str_radix(digits, 16).expect("digits are hexadecimal")
            });
            return Ok(vec![words.collect()]);
        }
        let lines = self.shared.lines(i, job.train.block_lines());
        let survey = Survey::of_lines(job.train, lines.clone())?;
        let (survey, fingerprints, gram) = job.look(lines, survey)?;
        let products = gram.map_or_else(Vec::new, FrameGram::into_numbers);
        Ok(vec![survey.words(), fingerprints.sums().to_vec(), wide_words(&products)])
    }

    /// What all parts of the first round have seen.
    pub(super) fn looked(&self) -> Result<(Looked, Sums), Fault> {
        let train = self.job.train;
        let (mut survey, mut fingerprints) = (Survey::new(train), Fingerprints::new(train));
        let (rows, groups) = (train.frames(), train.frame().channels);
        let mut products = FrameProducts::new(if self.job.plan.gram { rows } else { 0 }, groups);
        for i in 0..self.shared.count(Round::Look) {
            let other = || self.other(Round::Look, i);
            let [seen, sums, numbers] = sections(self.read(Round::Look, i)?).ok_or_else(other)?;
            let lines = self.shared.lines(i, train.block_lines());
            if sums.len() != rows || !survey.absorb(&lines, &seen) {
                return Err(other().into());
            }
            fingerprints.absorb(&sums);
            products.add(&wide(numbers)).map_err(|_| other())?;
        }
        let looked = self.job.looked(survey, fingerprints)?;
        let sums = match looked.settings.model {
            Model::LowRank { rank } => {
                let gram = products.of_windows(&looked.windows, looked.normalizer.scale());
                Sums::Modes(TemporalModes::of_gram(gram, rank.unwrap_or(crate::fit::DEFAULT_RANK))?)
            }
            _ => Sums::Stationary,
        };
        Ok((looked, sums))
    }

    /// Part i of the second round.
    pub(super) fn make(
        &self,
        job: &Job<'_>,
        looked: &Looked,
        sums: &Sums,
        i: usize,
    ) -> Result<Sections, Fault> {
        match sums {
            Sums::Modes(temporal) => {
                let lines = self.shared.lines(i, job.train.block_lines());
                let (reading, scale) = (job.reading_of(lines, job.plan.last, 0), looked.normalizer.scale());
                let floor = job.settings.ridge;
                let fit = fit_low_rank_streamed(&reading, &looked.windows, scale, temporal, floor)?;
                Ok(vec![narrow_words(&fit.mean), narrow_words(fit.covariance.basis())])
            }
            Sums::Stationary => {
                let frames = self.shared.frames(i);
                let mut own =
                    StationarySeries::from_frame(looked.shape, looked.surveyed.extent().1, frames.start)?;
                job.add_frames(looked, &mut own, frames, 0)?;
                Ok(own.into_numbers().iter().map(|numbers| wide_words(numbers)).collect())
            }
        }
    }

    /// Mean and modes, from their lines.
    pub(super) fn modes(&self, looked: &Looked, temporal: &TemporalModes) -> Result<Made, Fault> {
        let (shape, rank) = (looked.shape, temporal.vectors.ncols());
        let (mut mean, mut basis) = (vec![0.0f32; shape.len()], vec![0.0f32; rank * shape.len()]);
        for i in 0..self.shared.count(Round::Make) {
            let other = || self.other(Round::Make, i);
            let lines = self.shared.lines(i, self.job.train.block_lines());
            let (from, len) = (lines.start * shape.width, lines.len() * shape.width);
            let parts: [_; 2] = sections(self.read(Round::Make, i)?).ok_or_else(other)?;
            for (words, all) in parts.into_iter().zip([&mut mean, &mut basis]) {
                let planes = all.len() / shape.plane();
                let numbers = narrow(&words, planes * len).ok_or_else(other)?;
                let rows = all.chunks_exact_mut(shape.plane()).zip(numbers.chunks_exact(len));
                rows.for_each(|(plane, numbers)| plane[from..from + len].copy_from_slice(numbers));
            }
        }
        looked.normalizer.normalise(shape, &mut mean)?;
        let covariance = temporal.with_basis(shape.len(), basis, self.job.settings.ridge)?;
        Ok((mean, Fitted::Modes(Arc::new(covariance)), None))
    }

    /// Mean and blocks, from the products of all frames.
    pub(super) fn stationary(&self, looked: &Looked) -> Result<Made, Fault> {
        let mut sums = StationarySeries::new(looked.shape, looked.surveyed.extent().1)?;
        for i in 0..self.shared.count(Round::Make) {
            let other = || self.other(Round::Make, i);
            let numbers: [_; 2] = sections(self.read(Round::Make, i)?).ok_or_else(other)?;
            sums.absorb(&numbers.map(wide)).map_err(|_| other())?;
        }
        self.job.stationary_of(looked, sums)
    }

    /// The checksum of the training file.
    pub(super) fn checksum(&self) -> Result<String, Fault> {
        let i = self.shared.count(Round::Look);
        let [words] = sections(self.read(Round::Look, i)?).ok_or_else(|| self.other(Round::Look, i))?;
        Ok(words.iter().map(|word| format!("{word:016x}")).collect())
    }
}

fn sections<const N: usize>(sections: Sections) -> Option<[Vec<u64>; N]> {
    sections.try_into().ok()
}

fn wide_words(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

fn wide(words: Vec<u64>) -> Vec<f64> {
    words.into_iter().map(f64::from_bits).collect()
}

/// Two numbers a word.
fn narrow_words(numbers: &[f32]) -> Vec<u64> {
    let word = |pair: &[f32]| {
        let high = pair.get(1).map_or(0, |x| x.to_bits());
        u64::from(high) << 32 | u64::from(pair[0].to_bits())
    };
    numbers.chunks(2).map(word).collect()
}

fn narrow(words: &[u64], count: usize) -> Option<Vec<f32>> {
    (words.len() == count.div_ceil(2)).then_some(())?;
    let both = words.iter().flat_map(|word| [*word as u32, (word >> 32) as u32]);
    Some(both.take(count).map(f32::from_bits).collect())
}
