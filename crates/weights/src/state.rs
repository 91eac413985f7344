//! A network's tensors by name, and the account of who took which.

use crate::format::{self, Format};
use crate::{Accounts, Pick, Tensor, WeightsError, safe, torch};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The most files of a folder that are held to each other.
const COPIES: usize = 4;

/// The tensors of one network, in the order of the file.
#[derive(Clone, Debug)]
pub struct State {
    path: PathBuf,
    keys: Vec<String>,
    tensors: HashMap<String, Tensor>,
    accounts: Accounts,
    notes: Vec<String>,
}

impl State {
    /// A state that was read elsewhere, named `path` in messages. Of two tensors of one name the later stays.
    pub fn new(path: impl AsRef<Path>, tensors: impl IntoIterator<Item = (String, Tensor)>) -> Self {
        let mut state = Self {
            path: path.as_ref().to_owned(),
            keys: Vec::new(),
            tensors: HashMap::new(),
            accounts: Accounts::default(),
            notes: Vec::new(),
        };
        for (key, tensor) in tensors {
            if state.tensors.insert(key.clone(), tensor).is_none() {
                state.keys.push(key);
            }
        }
        state
    }

    /// The tensors of `path`: a zip file of `torch.save` (a state dict, or a checkpoint that holds one), a
    /// safetensors file, or a folder with one of them, or with several that hold the same. Wrappers' prefixes are removed from the keys; what was
    /// decided and skipped stands in [`notes`](Self::notes).
    ///
    /// The pickle in a zip file is read without carrying anything out. Half precision is widened, strides and
    /// shared storages are resolved, device tags are passed over.
    ///
    /// # Errors
    /// [`WeightsError`] where the file is of another kind, damaged, holds several networks or both raw and
    /// averaged weights while `pick` is [`Pick::Only`], or holds numbers that are no weights.
    pub fn read(path: &Path, pick: Pick) -> Result<Self, WeightsError> {
        Self::read_but(path, pick, |_| false)
    }

    /// As [`read`](Self::read). Of a folder the files whose names are `other` are left out, unless all are.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_but(path: &Path, pick: Pick, other: impl Fn(&str) -> bool) -> Result<Self, WeightsError> {
        let mut files = format::locate(path)?;
        let is_other = |file: &PathBuf| file.file_name().is_some_and(|name| other(&name.to_string_lossy()));
        if !files.iter().all(is_other) {
            files.retain(|file| !is_other(file));
        }
        match &files[..] {
            [file] => Self::of_file(file, pick),
            several => Self::of_same(path, several, pick),
        }
    }

    fn of_file(file: &Path, pick: Pick) -> Result<Self, WeightsError> {
        match format::recognise(file)? {
            (Format::Torch, length) => torch::read(file, length, pick),
            (Format::SafeTensors, _) => safe::read(file, pick),
        }
    }

    /// The state that several files of a folder hold, if it is the same in all of them.
    fn of_same(folder: &Path, files: &[PathBuf], pick: Pick) -> Result<Self, WeightsError> {
        let names = format::names(files);
        let differ = || WeightsError::Folder { folder: folder.to_owned(), found: names.clone() };
        if files.len() > COPIES {
            return Err(differ());
        }
        let mut first: Option<Self> = None;
        for file in files {
            let state = Self::of_file(file, pick).map_err(|_| differ())?;
            match &first {
                Some(first) if first.tensors != state.tensors => return Err(differ()),
                Some(_) => {}
                None => first = Some(state),
            }
        }
        let mut state = first.ok_or_else(differ)?;
        state.notes.push(format!("{names} hold the same tensors"));
        Ok(state)
    }

    pub(crate) fn noted(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was decided in reading: the dictionary that was chosen, prefixes removed, entries skipped.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The names of the tensors that were not taken yet, in the order of the file.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(String::as_str).filter(|key| self.tensors.contains_key(*key))
    }

    /// The shape of a tensor that was not taken yet.
    pub fn shape(&self, key: &str) -> Option<&[usize]> {
        self.tensors.get(key).map(|tensor| tensor.shape.as_slice())
    }

    /// A tensor that was not taken yet, to look at.
    pub fn tensor(&self, key: &str) -> Option<&Tensor> {
        self.tensors.get(key)
    }

    /// The tensor `key` of shape `shape`, taken out. Where it is missing or has another shape, that is put
    /// down for [`finish`](Self::finish), and there is none.
    pub fn take(&mut self, key: &str, shape: &[usize]) -> Option<Tensor> {
        let Some(tensor) = self.tensors.remove(key) else {
            self.accounts.missing.push((key.to_owned(), shape.to_owned()));
            return None;
        };
        if tensor.shape != shape {
            self.accounts.misshapen.push((key.to_owned(), tensor.shape, shape.to_owned()));
            return None;
        }
        Some(tensor)
    }

    /// That every tensor was asked for, and every one that was asked for was there, in its shape.
    ///
    /// # Errors
    /// [`WeightsError::Keys`] with all that is missing, misshapen or left over.
    pub fn finish(self) -> Result<(), WeightsError> {
        let mut accounts = self.accounts;
        for key in self.keys {
            if let Some(tensor) = self.tensors.get(&key) {
                accounts.surplus.push((key, tensor.shape.clone()));
            }
        }
        if accounts.is_clear() {
            return Ok(());
        }
        Err(WeightsError::Keys { file: self.path, accounts: Box::new(accounts) })
    }
}
