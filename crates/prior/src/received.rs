//! Training data beside priors of which some are learned: on their grid, in their units.

use crate::{Beside, DenoiserName, Fields, Result, Settings};
use equipoise_data::{Dataset, Kind, Normalizer, NormalizerKind, Remark};
use equipoise_field::Grid;

/// Training data beside several priors, as those that are learned take them.
#[derive(Debug)]
pub struct Received {
    /// The data, on their grid and in their units.
    pub train: Dataset,
    /// The settings of a fit, before anything that was asked for.
    pub defaults: Settings,
    /// What the learned ones take; `None` where none is learned.
    pub fields: Option<Box<Fields>>,
    /// What is to be said of the data beside that.
    pub remarks: Vec<Remark>,
}

impl Received {
    /// The units of the learned priors.
    pub fn units(&self) -> Option<&Normalizer> {
        self.fields.as_ref().map(|fields| &fields.normalizer)
    }
}

impl Fields {
    /// Receives training data beside all of several priors. `defaults` are the settings of a fit for a kind and grid,
    /// `asked` is the normalizer that somebody asked for.
    ///
    /// # Errors
    /// Those of [`of`](Self::of), [`receive`](Self::receive) and [`settings`](Self::settings).
    pub fn received(
        names: &[DenoiserName],
        train: Dataset,
        asked: Option<NormalizerKind>,
        defaults: impl FnOnce(Kind, Grid) -> Settings,
    ) -> Result<Received> {
        let fields = Self::of(names, Some(Beside::of(&train)))?.map(Box::new);
        let (train, remarks) = match &fields {
            Some(fields) => fields.receive(train)?,
            None => (train, Vec::new()),
        };
        let defaults = defaults(train.kind(), train.grid());
        let defaults = fields.as_ref().map_or(Ok(defaults), |fields| fields.settings(defaults, asked))?;
        Ok(Received { train, defaults, fields, remarks })
    }
}
