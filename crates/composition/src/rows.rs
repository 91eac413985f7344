//! Which frames a frame of a composite of linear windows is made of, and by which rows of J.

use crate::plan::Plan;
use std::collections::HashMap;
use std::ops::Range;

/// For every frame of a member the row that makes it: the mean over some places of a window of its J's rows there,
/// each set off by its place. Frames of equal places share a row.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    /// The row of every frame.
    of: Vec<usize>,
    pub(crate) all: Vec<Row>,
    /// Taps of all rows.
    pub(crate) taps: usize,
    /// The most frames before and after a frame that it is made of.
    reach: [usize; 2],
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Places of the frame in the windows whose mean it is, descending by the stride.
    pub(crate) places: Vec<usize>,
    /// Frames from τ − `behind` on go in, which is the largest place.
    pub(crate) behind: usize,
    /// Its taps among those of all rows.
    pub(crate) taps: Range<usize>,
}

/// A tap: which frame goes in, and by which of all taps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tap {
    pub(crate) frame: usize,
    pub(crate) tap: usize,
}

impl Rows {
    /// Of the windows that `parts` names for a frame.
    pub(crate) fn new(plan: &Plan, parts: impl Fn(usize) -> Range<usize>) -> Self {
        let stride = plan.fold.stride();
        let (mut known, mut all, mut taps, mut reach) = (HashMap::new(), Vec::new(), 0, [0, 0]);
        let of = (0..plan.frames).map(|at| {
            let windows = parts(at);
            let behind = at - windows.start * stride;
            *known.entry((behind, windows.len())).or_insert_with(|| {
                let span = (windows.len() - 1) * stride + plan.window;
                reach = [reach[0].max(behind), reach[1].max(span - 1 - behind)];
                let places = windows.map(|k| at - k * stride).collect();
                all.push(Row { places, behind, taps: taps..taps + span });
                taps += span;
                all.len() - 1
            })
        });
        let of = of.collect();
        Self { of, all, taps, reach }
    }

    /// The row of a frame.
    pub(crate) fn of(&self, at: usize) -> usize {
        self.of[at]
    }

    /// How many frames before and after one are needed for it, of its own row or, of the adjoint, of theirs.
    pub(crate) fn reach(&self, adjoint: bool) -> [usize; 2] {
        let [behind, ahead] = self.reach;
        if adjoint { [ahead, behind] } else { [behind, ahead] }
    }

    /// What frame `at` is made of, ascending. Overwrites `taps`.
    pub(crate) fn taps(&self, at: usize, taps: &mut Vec<Tap>) {
        let row = &self.all[self.of[at]];
        taps.clear();
        taps.extend(row.taps.clone().enumerate().map(|(k, tap)| Tap { frame: at - row.behind + k, tap }));
    }

    /// What frame `at` of the adjoint is made of: every frame whose row has it, ascending. Overwrites `taps`.
    pub(crate) fn adjoint_taps(&self, at: usize, taps: &mut Vec<Tap>) {
        let [behind, ahead] = self.reach(true);
        let near = at.saturating_sub(behind)..(at + ahead + 1).min(self.of.len());
        taps.clear();
        taps.extend(near.filter_map(|frame| {
            let row = &self.all[self.of[frame]];
            let tap = row.taps.start + (at + row.behind).checked_sub(frame)?;
            row.taps.contains(&tap).then_some(Tap { frame, tap })
        }));
    }
}
