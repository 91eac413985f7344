//! A prior that another process serves.

use super::{composed, standard};
use crate::entries::{Chosen, Making, PLAIN};
use crate::{Beside, Fields, Prior, PriorDenoiser, PriorError, PriorSpec, Result};
use equipoise_composition::Fold;
use equipoise_data::{Field, Kind, Normalizer};
use equipoise_field::sketched;
use equipoise_served::Served;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) const SERVE: PriorSpec = PriorSpec {
    name: "serve",
    settings: ":COMMAND",
    about: "whatever denoiser a command serves, which takes the rest of the value",
    verbatim: true,
    ..PLAIN
};

/// A denoiser of windows that another process answers for.
pub(crate) struct FromProcess {
    command: String,
    /// Started when it is first asked for, once.
    started: Mutex<Option<Arc<Served>>>,
}

impl FromProcess {
    /// The command, as the parts between its colons.
    pub(crate) fn read(settings: &[&str]) -> Option<Arc<dyn Chosen>> {
        let command = settings.join(":");
        let started = Mutex::new(None);
        (!command.trim().is_empty()).then(|| Arc::new(Self { command, started }) as Arc<dyn Chosen>)
    }

    fn served(&self) -> Result<Arc<Served>> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(served) = &*started {
            return Ok(Arc::clone(served));
        }
        Ok(Arc::clone(started.insert(Arc::new(Served::start(&self.command)?))))
    }

    fn path(&self) -> PathBuf {
        format!("{}:{}", SERVE.name, self.command).into()
    }
}

sketched!([] FromProcess, "FromProcess", |own| command = own.command);

impl Chosen for FromProcess {
    fn settings(&self) -> String {
        format!(":{}", self.command)
    }

    fn elsewhere(&self) -> bool {
        true
    }

    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser> {
        self.over(over.prior)
    }

    fn learned(&self, prior: &Prior) -> Option<Result<PriorDenoiser>> {
        Some(self.over(prior))
    }

    fn fields(&self, _: Option<Beside>) -> Result<Option<Fields>> {
        let (served, path) = (self.served()?, self.path());
        let hello = served.hello();
        let unstated = |field, expected| PriorError::refused(path.display(), field, "nothing", expected);
        let (Some(mean), Some(std)) = (hello.mean.clone(), hello.std.clone()) else {
            return Err(unstated("mean and std", "those of every component, 0 and 1 for raw fields"));
        };
        let x_axis = hello.x_axis.ok_or_else(|| unstated("x_axis", "H or W"))?;
        let kind: Kind = hello.kind.as_deref().ok_or_else(|| unstated("kind", KINDS))?.parse()?;
        let normalizer = Normalizer::given(mean, std)?;
        let mut about = standard(path.clone(), kind, x_axis, served.window());
        if let Some(boundary) = hello.boundary {
            about.grid.boundary = boundary;
            about.particulars.stated.insert(Field::Boundary);
        } else if kind.convention().boundary.is_none() {
            return Err(unstated("boundary", "periodic or open"));
        }
        Ok(Some(Fields { about, frames: served.window().frames, normalizer }))
    }

    /// All that the child says of itself.
    fn identity(&self) -> Result<Option<String>> {
        Ok(Some(format!("{:?}", self.served()?.hello())))
    }

    fn remark(&self) -> Result<Option<String>> {
        let remark =
            "its hello states no `identity`: results under this name are kept even where its weights change";
        Ok(self.served()?.hello().identity.is_none().then(|| remark.to_owned()))
    }

    /// Words of the command that name files: the program and its weights.
    fn files(&self) -> Vec<PathBuf> {
        self.command.split_whitespace().map(PathBuf::from).filter(|word| word.is_file()).collect()
    }
}

impl FromProcess {
    fn over(&self, prior: &Prior) -> Result<PriorDenoiser> {
        if let Some(fields) = self.fields(None)? {
            fields.check(prior)?;
        }
        composed(self.served()?, prior, Fold::Centre)
    }
}

const KINDS: &str = "ibpm, kolmogorov or generic";
