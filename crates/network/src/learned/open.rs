//! From a folder, a manifest or a file of weights to a denoiser.

use super::Learned;
use crate::manifest::folder;
use crate::{Answers, ChannelOrder, MANIFEST, Manifest, Network, NetworkError, Result, describe};
use equipoise_field::Real;
use std::path::{Path, PathBuf};

impl<R: Real> Learned<R> {
    /// The network at `path`: a manifest, a folder that holds one, a file of weights with one beside it; or
    /// weights whose manifest is settled by what stands beside them (SDA's `config.json`).
    ///
    /// `grid` is that of the data, for a network without one of its own.
    ///
    /// # Errors
    /// [`NetworkError::Unsettled`] with what is not known of the network; [`NetworkError::Grid`] where its grid is
    /// not `grid`, [`NetworkError::NoGrid`] where neither is known; what is wrong with its files.
    pub fn open(path: &Path, grid: Option<[usize; 2]>) -> Result<Self> {
        let Opened { manifest, network, grid, context, .. } = Opened::read(path, grid)?;
        Self::new(manifest, network, grid, context, None)
    }
}

/// The files of a network, read and held to each other.
#[derive(Debug)]
pub struct Opened<R> {
    /// What the network is.
    pub manifest: Manifest,
    /// The folder of its files.
    pub folder: PathBuf,
    /// The network.
    pub network: Network<R>,
    /// H and W: those of its own, or else those of the data.
    pub grid: [usize; 2],
    /// Its context, context·H·W numbers.
    pub context: Vec<R>,
}

impl<R: Real> Opened<R> {
    /// The network at `path`, as [`Learned::open`] finds it; one around a Gaussian too.
    ///
    /// # Errors
    /// As [`Learned::open`].
    pub fn read(path: &Path, grid: Option<[usize; 2]>) -> Result<Self> {
        let (manifest, folder) = Manifest::find(path)?;
        let state = manifest.state(&folder, manifest.pick.into())?;
        let network = Network::new(&manifest.architecture, state)?;
        let handed = manifest.context.read(&folder, network.context())?;
        let own = network.grid().or(handed.as_ref().map(|(_, grid)| *grid)).or(manifest.grid);
        let grid = match (own, grid) {
            (Some(own), Some(asked)) if own != asked => {
                let expected = format!("{} x {}, that of the network", own[0], own[1]);
                return Err(NetworkError::Grid { found: asked, expected });
            }
            (None, None) => {
                return Err(NetworkError::NoGrid { file: folder.join(&manifest.weights) });
            }
            (own, asked) => own.or(asked).unwrap_or_default(),
        };
        let context = handed.map(|(values, _)| values.into_iter().map(R::narrow).collect());
        Ok(Self { manifest, folder, network, grid, context: context.unwrap_or_default() })
    }
}

impl Manifest {
    /// The manifest of the network at `path`, as [`Learned::open`] finds it, and the folder of its files.
    ///
    /// # Errors
    /// As [`Learned::open`].
    pub fn find(path: &Path) -> Result<(Self, PathBuf)> {
        if let Some(found) = Self::written(path)? {
            return Ok(found);
        }
        let described = describe(path, &Answers::default())?;
        let folder = folder(&described.weights);
        Ok((described.manifest, folder))
    }

    /// The manifest that a path is, that lies in a folder, or that lies beside a file of weights and is about it; and
    /// the folder of its files.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn written(path: &Path) -> Result<Option<(Self, PathBuf)>> {
        if path.is_dir() {
            let inside = path.join(MANIFEST);
            return inside.exists().then(|| Ok((Self::read(&inside)?, path.to_owned()))).transpose();
        }
        let found = match path.extension() {
            Some(extension) if extension == "json" => Some(Self::read(path)?),
            _ => Self::beside(path)?,
        };
        Ok(found.map(|manifest| (manifest, folder(path))))
    }

    /// The manifest beside a file of weights, if it is about this file.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn beside(weights: &Path) -> Result<Option<Self>> {
        let path = folder(weights).join(MANIFEST);
        if !path.exists() {
            return Ok(None);
        }
        let manifest = Self::read(&path)?;
        let is_meant = weights.file_name().is_some_and(|name| name == manifest.weights.as_str());
        Ok(is_meant.then_some(manifest))
    }

    /// For each channel of the network, the plane τ·C + c of a window that it takes; empty where it is the same.
    pub fn planes(&self) -> Vec<usize> {
        let (window, components) = (self.window, self.components);
        match self.channel_order {
            ChannelOrder::Frames => Vec::new(),
            ChannelOrder::Components => {
                (0..components).flat_map(|c| (0..window).map(move |frame| frame * components + c)).collect()
            }
        }
    }
}
