//! A U-Net of SDA's form: its output, Jᵀv, and the gradient of its parameters.

use crate::case::{Case, Work};
use crate::error::{Result, work};
use equipoise_network::{Activation, Architecture, Fresh, Input, Keep, Network, Padding, Room, SdaUNet};
use equipoise_stream::Stream;
use std::f64::consts::PI;

/// Points along an axis.
pub(crate) const SIDE: usize = 64;
/// Widths, the finest grid first.
type Widths = [usize; 3];
/// Those of SDA's notebook.
const WIDTHS: Widths = [64, 128, 256];
/// Blocks of each depth, on the way down and on the way up.
const BLOCKS: usize = 3;
/// Channels of the state.
pub(crate) const CHANNELS: usize = 10;
/// Channels with the forcing.
const INPUTS: usize = CHANNELS + 1;

/// What is asked of the network, with how many forward passes' operations it takes.
const ASKED: [(&str, &str, Keep, f64); 3] = [
    ("forward", "the output", Keep::Output, 1.0),
    ("vjp", "the output and Jᵀv", Keep::Products, 2.0),
    ("gradient", "the output and the gradient of the parameters", Keep::Gradients, 3.0),
];

/// SDA's network at the widths of its notebook, 11 channels on 64 × 64 points, on 1 and 8 members. Operations are
/// those of the convolutions by definition, whatever kernel runs.
pub(crate) fn cases(quick: bool) -> Vec<Case> {
    let batches: &[usize] = if quick { &[1] } else { &[1, 8] };
    let one = |(name, what, keep, passes): (&str, &str, Keep, f64), members: usize| {
        let n = members as f64;
        let fields = n * (2 * CHANNELS * SIDE * SIDE) as f64;
        Case {
            id: format!("network/{name}/members-{members}"),
            what: format!(
                "{what} of {members} members, widths {WIDTHS:?}, {SIDE} × {SIDE} points, random weights"
            ),
            bytes: 4.0 * (fields + parameters(WIDTHS)),
            arrays: 4.0 * (fields + parameters(WIDTHS)),
            operations: Some(n * passes * operations(WIDTHS)),
            prepare: Box::new(move || prepare(keep, members)),
        }
    };
    ASKED.iter().flat_map(|asked| batches.iter().map(|members| one(*asked, *members))).collect()
}

/// Channels in, channels out and points of y of every convolution.
fn convolutions(widths: Widths) -> Vec<[usize; 3]> {
    let points = |depth: usize| (SIDE >> depth).pow(2);
    let mut all = vec![[INPUTS, widths[0], points(0)], [widths[0], CHANNELS, points(0)]];
    for (depth, &width) in widths.iter().enumerate() {
        all.extend(vec![[width, width, points(depth)]; 4 * BLOCKS]);
        if let Some(&below) = widths.get(depth + 1) {
            all.push([width, below, points(depth + 1)]);
            all.push([below, width, points(depth)]);
        }
    }
    all
}

pub(crate) fn operations(widths: Widths) -> f64 {
    convolutions(widths).iter().map(|[from, to, points]| 18.0 * (from * to * points) as f64).sum()
}

pub(crate) fn parameters(widths: Widths) -> f64 {
    convolutions(widths).iter().map(|[from, to, _]| 9.0 * (from * to) as f64).sum()
}

pub(crate) fn network(widths: Widths) -> Result<Network<f32>> {
    let architecture = Architecture::Sda(SdaUNet {
        window: 5,
        features: 2,
        context: 0,
        forcing: 1,
        embedding: 64,
        hidden_channels: widths.to_vec(),
        hidden_blocks: vec![BLOCKS; widths.len()],
        kernel_size: [3, 3],
        stride: [2, 2],
        activation: Activation::SiLU,
        padding: [Padding::Circular; 2],
    });
    let along = |n: usize| (8.0 * PI * ((n % SIDE) as f64 + 0.5) / SIDE as f64).sin();
    let forcing: Vec<f64> = (0..SIDE * SIDE).map(along).collect();
    let fresh = Fresh { stream: Stream::new("network"), grid: [SIDE; 2], forcing: &forcing };
    Network::fresh(&architecture, fresh).map_err(work)
}

fn prepare(keep: Keep, members: usize) -> Result<Work> {
    let network = network(WIDTHS)?;
    let x: Vec<f32> = Stream::new("noise").normal(0, members * CHANNELS * SIDE * SIDE);
    let (mut out, mut back) = (vec![0.0; x.len()], vec![0.0; x.len()]);
    let mut gradient = vec![0.0; if keep == Keep::Gradients { network.parameter_count() } else { 0 }];
    let mut room = Room::default();
    Ok(Box::new(move || {
        let input = Input { grid: [SIDE; 2], x: &x, c_time: &[0.5], context: &[] };
        let mut run = network.run(input, keep, &mut out, &mut room).map_err(work)?;
        match keep {
            Keep::Output => Ok(()),
            Keep::Products => run.vjp(&x, &mut back).map_err(work),
            Keep::Gradients => run.gradients(&x, &mut gradient).map_err(work),
        }
    }))
}
