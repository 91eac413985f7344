//! The network that is checked, in one precision.

use crate::AgreementError;
use crate::quantity::Product;
use equipoise_field::Real;
use equipoise_network::{Architecture, Input, Keep, Network, NetworkError, Room};
use equipoise_weights::State;
use std::sync::Arc;

/// A network with what it was read from.
pub(crate) struct Subject<R: Real> {
    network: Network<R>,
    state: Arc<State>,
}

/// n states of channels·H·W numbers each, at one time or at one each, and the context of each of them or of all.
pub(crate) struct At<'a, R> {
    pub(crate) grid: [usize; 2],
    pub(crate) x: &'a [R],
    pub(crate) times: &'a [f64],
    pub(crate) context: &'a [R],
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
    pub(crate) fn is_sda(&self) -> Result<(), AgreementError> {
        match self.network.architecture() {
            Architecture::Sda(_) => Ok(()),
            Architecture::Azula(_) => Err(AgreementError::Kind { found: "azula", expected: "SDA" }),
        }
    }

    /// # Errors
    /// [`AgreementError::Kind`].
    pub(crate) fn is_azula(&self) -> Result<(), AgreementError> {
        match self.network.architecture() {
            Architecture::Azula(_) => Ok(()),
            Architecture::Sda(_) => Err(AgreementError::Kind { found: "SDA", expected: "azula" }),
        }
    }

    /// The embedded time.
    pub(crate) fn embedding(&self, time: f64) -> Result<Vec<R>, AgreementError> {
        Ok(self.network.embedding(time)?)
    }

    /// The output, or a product of its Jacobian with v.
    pub(crate) fn product(
        &self,
        at: &At<'_, R>,
        product: Product,
        v: &[R],
    ) -> Result<Vec<R>, AgreementError> {
        let input = Input { grid: at.grid, x: at.x, c_time: at.times, context: at.context };
        let keep = if product == Product::Output { Keep::Output } else { Keep::Products };
        let mut room = Room::default();
        let mut out = vec![R::zero(); at.x.len() / self.network.channels().max(1) * self.network.outputs()];
        let mut run = self.network.run(input, keep, &mut out, &mut room)?;
        let mut of_v = vec![R::zero(); v.len()];
        match product {
            Product::Output => return Ok(out),
            Product::Vjp => run.vjp(v, &mut of_v)?,
            Product::Jvp => run.jvp(v, &mut of_v)?,
        }
        Ok(of_v)
    }
}

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
