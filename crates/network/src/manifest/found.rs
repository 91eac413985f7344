//! What stands beside a file of weights.

use super::{Answers, Picked, Questions};
use crate::entries::fault;
use crate::{Architecture, NetworkError, Result};
use equipoise_weights::{Pick, State, WeightsError};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The configuration that is looked for beside the weights.
const CONFIG: &str = "config.json";

/// Weights, and what is known of them without asking.
pub(super) struct Found {
    pub(super) state: State,
    pub(super) pick: Picked,
    pub(super) architecture: Architecture,
    /// Whether SDA's own code wrote a configuration beside them.
    pub(super) is_sda: bool,
    /// What was decided.
    pub(super) notes: Vec<String>,
}

impl Found {
    /// Reads the weights, picks, and finds the architecture; asks for what is not settled.
    pub(super) fn beside(weights: &Path, answers: &Answers, questions: &mut Questions) -> Result<Self> {
        let (state, pick) = read(weights, answers, questions)?;
        let mut notes: Vec<String> = state.notes().to_vec();
        let config = match &answers.config {
            Some(path) => Some((configuration(path)?, path.clone())),
            None => configured(&state)?,
        };
        let has_config = config.is_some();
        let (mut architecture, is_sda) = match config {
            Some((config, path)) => {
                let architecture =
                    Architecture::from_config(&config, &state).map_err(|error| error.of_manifest(&path))?;
                notes.push(format!("the network is that of {}", path.display()));
                let is_sda = matches!(architecture, Architecture::Sda(_));
                (architecture, is_sda)
            }
            None => (by_shapes(&state, answers, questions)?, false),
        };
        foreign(&architecture, answers)?;
        let against = told(&mut architecture, answers);
        if has_config && !against.is_empty() {
            notes.push(format!("{} as told, against the configuration", against.join(", ")));
        }
        Ok(Self { state, pick, architecture, is_sda, notes })
    }
}

/// The folder that a file lies in.
pub(crate) fn folder(file: &Path) -> PathBuf {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The weights as they were asked for; the raw ones, and a question, where both stand and nobody said which.
fn read(weights: &Path, answers: &Answers, questions: &mut Questions) -> Result<(State, Picked)> {
    let pick = answers.pick.unwrap_or_default();
    match State::read(weights, pick.into()) {
        Err(WeightsError::Pick { found, .. }) if answers.pick.is_none() => {
            questions.ask("--pick raw|ema", format!("the file holds {found}"));
            Ok((State::read(weights, Pick::Raw)?, Picked::Raw))
        }
        read => Ok((read?, pick)),
    }
}

/// What `config.json` beside the weights says, and where it stands, if it is there.
///
/// # Errors
/// [`NetworkError::File`], [`NetworkError::Json`].
pub fn configured(state: &State) -> Result<Option<(Value, PathBuf)>> {
    let path = folder(state.path()).join(CONFIG);
    path.exists().then(|| Ok((configuration(&path)?, path))).transpose()
}

fn configuration(path: &Path) -> Result<Value> {
    let text =
        fs::read_to_string(path).map_err(|source| NetworkError::File { file: path.to_owned(), source })?;
    serde_json::from_str(&text).map_err(|source| NetworkError::Json { file: path.to_owned(), source })
}

/// The architecture by its shapes, with questions about what they do not tell.
fn by_shapes(state: &State, answers: &Answers, questions: &mut Questions) -> Result<Architecture> {
    const OR_CONFIG: &str = "or --config FILE";
    let architecture = Architecture::from_state(state)?;
    let depths = match &architecture {
        Architecture::Sda(sda) => sda.hidden_channels.len(),
        Architecture::Azula(azula) => azula.hid_channels.len(),
    };
    if answers.preset.is_some() {
        return Ok(architecture);
    }
    questions.need(
        answers.padding,
        "--padding circular|zeros",
        format!(
            "what the convolutions see beyond the edges, one word or one along H and one along W; {OR_CONFIG}"
        ),
    );
    if depths > 1 {
        questions.need(
            answers.stride,
            "--stride N",
            format!("of the convolutions between depths; {OR_CONFIG}"),
        );
    }
    match &architecture {
        Architecture::Sda(_) => {
            let asked = format!("between the convolutions of a block; {OR_CONFIG}");
            questions.need(answers.activation, "--activation SiLU|ReLU|ELU|GELU|SELU", asked);
        }
        Architecture::Azula(_) => {
            let asked = format!("the normalisation of the blocks; {OR_CONFIG}");
            questions.need(answers.norm, "--norm layer|rms|group:G", asked);
        }
    }
    Ok(architecture)
}

/// That no answer is about the other family of networks, where it would change nothing.
fn foreign(architecture: &Architecture, answers: &Answers) -> Result<()> {
    match (architecture, answers.activation, answers.norm) {
        (Architecture::Azula(_), Some(activation), _) => {
            let expected = "none: the network is azula's, whose activation is SiLU";
            Err(fault("activation", format!("{activation:?}"), expected))
        }
        (Architecture::Sda(_), _, Some(norm)) => {
            Err(fault("norm", norm, "none: the network is SDA's, whose norm is that of layers"))
        }
        _ => Ok(()),
    }
}

/// Puts answers in the place of what was found; the names of those that differ.
fn told(architecture: &mut Architecture, answers: &Answers) -> Vec<&'static str> {
    let mut against = Vec::new();
    let mut set = |what: &'static str, differs: bool| {
        if differs {
            against.push(what);
        }
    };
    let (padding, stride) = match architecture {
        Architecture::Sda(sda) => (&mut sda.padding, &mut sda.stride),
        Architecture::Azula(azula) => (&mut azula.padding, &mut azula.stride),
    };
    if let Some(told) = answers.padding {
        set("padding", *padding != told);
        *padding = told;
    }
    if let Some(told) = answers.stride {
        set("stride", *stride != told);
        *stride = told;
    }
    match architecture {
        Architecture::Sda(sda) => {
            if let Some(told) = answers.activation {
                set("activation", sda.activation != told);
                sda.activation = told;
            }
            let channels = sda.channels();
            if let Some(window) = answers.window
                && window > 0
                && channels.is_multiple_of(window)
            {
                set("window", sda.window != window && sda.window > 1);
                (sda.window, sda.features) = (window, channels / window);
            }
        }
        Architecture::Azula(azula) => {
            if let Some(told) = answers.norm {
                set("norm", azula.norm != told);
                azula.norm = told;
            }
        }
    }
    against
}
