//! The network that is checked, in one precision.

use crate::{AgreementError, Result};
use equipoise_field::Real;
use equipoise_network::{Architecture, Input, Keep, Network, NetworkError, Room};
use equipoise_weights::State;
use std::sync::Arc;

/// A network with what it was read from.
pub(crate) struct Subject<R: Real> {
    network: Network<R>,
    state: Arc<State>,
}

impl<R: Real> Subject<R> {
    pub(crate) fn new(architecture: &Architecture, state: &Arc<State>) -> Result<Self, NetworkError> {
        Ok(Self { network: Network::new(architecture, (**state).clone())?, state: Arc::clone(state) })
    }

    pub(crate) fn network(&self) -> &Network<R> {
        &self.network
    }

    /// The tensors of its file.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Channels of the state, which are those that come out.
    pub(crate) fn outputs(&self) -> usize {
        self.network.outputs()
    }

    /// # Errors
    /// [`AgreementError::Kind`].
    pub(crate) fn is_sda(&self) -> Result<()> {
        self.is(SDA)
    }

    /// # Errors
    /// [`AgreementError::Kind`].
    pub(crate) fn is_azula(&self) -> Result<()> {
        self.is(AZULA)
    }

    fn is(&self, expected: &'static str) -> Result<()> {
        let found = match self.network.architecture() {
            Architecture::Sda(_) => SDA,
            Architecture::Azula(_) => AZULA,
        };
        if found == expected { Ok(()) } else { Err(AgreementError::Kind { found, expected }) }
    }

    /// The embedded time.
    pub(crate) fn embedding(&self, time: f64) -> Result<Vec<R>> {
        Ok(self.network.embedding(time)?)
    }

    /// What the network gives at n states of channels·H·W numbers each.
    pub(crate) fn output(&self, input: Input<'_, R>) -> Result<Vec<R>> {
        let mut out = vec![R::zero(); input.x.len() / self.network.channels().max(1) * self.outputs()];
        self.network.run(input, Keep::Output, &mut out, &mut Room::default())?;
        Ok(out)
    }
}

const SDA: &str = "SDA";
const AZULA: &str = "azula";

/// A network in words.
pub(crate) fn describe(architecture: &Architecture) -> String {
    let outputs = architecture.outputs();
    match architecture {
        Architecture::Sda(net) => format!(
            "SDA's U-Net: windows of {} frames, {outputs} channels, widths {:?}, blocks {:?}",
            net.window, net.hidden_channels, net.hidden_blocks
        ),
        Architecture::Azula(net) => {
            format!(
                "azula's UNet: {outputs} channels, widths {:?}, blocks {:?}",
                net.hid_channels, net.hid_blocks
            )
        }
    }
}
