//! What a dataset is computed from: the file of values, the network, and the runs that are made once.

use crate::runs::{self, Record};
use crate::schedules;
use crate::subject::Subject;
use crate::values::{Array, Values, expect};
use crate::window::{Around, Window};
use crate::{AgreementError, Result};
use equipoise_denoiser::Denoiser;
use equipoise_field::Real;
use equipoise_network::Preconditioning;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// The values of a file and the network in one precision.
pub(crate) struct Bench<'a, R: Real> {
    pub(crate) values: &'a Values,
    pub(crate) subject: Arc<Subject<R>>,
    runs: RefCell<BTreeMap<String, Rc<Record<R>>>>,
}

impl<'a, R: Real> Bench<'a, R> {
    pub(crate) fn new(values: &'a Values, subject: Subject<R>) -> Self {
        Self { values, subject: Arc::new(subject), runs: RefCell::default() }
    }

    /// The first entries of the times in `of`, as many as `dataset` has rows, whose shape is `row` each.
    ///
    /// # Errors
    /// [`AgreementError::Shape`], and those of reading.
    pub(crate) fn times(&self, of: &str, dataset: &str, row: &[usize]) -> Result<Vec<f64>> {
        let mut times = self.values.array::<f64>(of)?.values;
        let found = self.values.shape(dataset)?;
        let rows = found.first().copied().unwrap_or(0).clamp(1, times.len().max(1));
        expect(dataset, &found, &[&[rows], row].concat())?;
        times.truncate(rows);
        Ok(times)
    }

    /// Windows (B, channels, H, W) of the network's own channels, with H and W.
    ///
    /// # Errors
    /// [`AgreementError::Shape`], and those of reading.
    pub(crate) fn planes(&self, dataset: &str) -> Result<(Array<R>, [usize; 2])> {
        let array = self.values.array::<R>(dataset)?;
        let channels = self.subject.network().channels();
        match array.shape[..] {
            [_, found, height, width] if found == channels => Ok((array, [height, width])),
            _ => {
                let expected = format!("(B, {channels}, H, W)");
                Err(AgreementError::Shape { dataset: dataset.into(), found: array.shape, expected })
            }
        }
    }

    /// The run of a group, made when it is first asked for.
    ///
    /// # Errors
    /// Those of [`runs::run`].
    pub(crate) fn run(&self, group: &str) -> Result<Rc<Record<R>>> {
        if let Some(record) = self.runs.borrow().get(group) {
            return Ok(Rc::clone(record));
        }
        let record = runs::run(self, group)?;
        self.runs.borrow_mut().insert(group.into(), Rc::clone(&record));
        Ok(record)
    }

    /// The noise estimate of windows on a grid at one time, as a denoiser that asks no level.
    pub(crate) fn noise(&self, grid: [usize; 2], time: f64) -> Arc<dyn Denoiser<R>> {
        self.window(grid, Vec::new(), Around::Nothing { time })
    }

    /// x̂ of windows on a grid by SDA's network, which sees the time of the schedule of a dataset or group.
    ///
    /// # Errors
    /// Those of the schedule.
    pub(crate) fn mean(&self, grid: [usize; 2], of: &str) -> Result<Arc<dyn Denoiser<R>>> {
        let (schedule, eta) = schedules::sda(self.values, of)?;
        Ok(self.window(grid, Vec::new(), Around::noise(schedule, eta)?))
    }

    /// x̂ of states on a grid by azula's network behind a wrapper.
    ///
    /// # Errors
    /// Those of the preconditioning.
    pub(crate) fn wrapped(
        &self,
        grid: [usize; 2],
        context: Vec<R>,
        wrapper: Preconditioning,
    ) -> Result<Arc<dyn Denoiser<R>>> {
        Ok(self.window(grid, context, Around::wrapper(wrapper)?))
    }

    fn window(&self, grid: [usize; 2], context: Vec<R>, around: Around) -> Arc<dyn Denoiser<R>> {
        Arc::new(Window { subject: Arc::clone(&self.subject), grid, context, around })
    }
}
