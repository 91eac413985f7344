//! Networks of random shapes: products against differences and each other, batches, threads.

use super::made::{made, networks, wanted, weights};
use crate::operation::tests::numbers;
use crate::{Architecture, AzulaUNet, Input, Keep, Network, NetworkError, Room, SdaUNet};
use equipoise_denoiser::{Denoiser, DenoiserError, Linearised, Tape, check_batch, check_denoiser, check_jvp};
use equipoise_field::{Real, Shape, sum};
use equipoise_schedule::Level;

/// The bare network as a denoiser.
struct Bare<R> {
    network: Network<R>,
    grid: [usize; 2],
    context: Vec<R>,
}

impl<R: Real> Bare<R> {
    fn new(architecture: &Architecture, grid: [usize; 2]) -> Self {
        let context = numbers(77, architecture.context() * grid[0] * grid[1]);
        let context = context.iter().map(|c| R::narrow(*c)).collect();
        Self { network: made(architecture, grid), grid, context }
    }

    fn input<'a>(&'a self, x: &'a [R], time: &'a [f64]) -> Input<'a, R> {
        Input { grid: self.grid, x, c_time: time, context: &self.context }
    }
}

fn boxed(fault: NetworkError) -> DenoiserError {
    DenoiserError::Model(Box::new(fault))
}

struct Local<'a, R>(crate::Run<'a, R>);

impl<R: Real> Linearised<R> for Local<'_, R> {
    fn vjp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.0.vjp(v, out).map_err(boxed)
    }

    fn jvp(&mut self, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.0.jvp(v, out).map_err(boxed)
    }
}

impl<R: Real> Denoiser<R> for Bare<R> {
    fn dim(&self) -> usize {
        self.network.channels() * self.grid[0] * self.grid[1]
    }

    fn denoise(&self, x_t: &[R], level: Level, x_hat: &mut [R]) -> Result<(), DenoiserError> {
        let (mut room, time) = (Room::default(), [level.sigma]);
        let run = self.network.run(self.input(x_t, &time), Keep::Output, x_hat, &mut room);
        run.map(|_| ()).map_err(boxed)
    }

    fn vjp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.linearise(x_t, level, &mut vec![R::zero(); x_t.len()], &mut Tape::new())?.vjp(v, out)
    }

    fn jvp(&self, x_t: &[R], level: Level, v: &[R], out: &mut [R]) -> Result<(), DenoiserError> {
        self.linearise(x_t, level, &mut vec![R::zero(); x_t.len()], &mut Tape::new())?.jvp(v, out)
    }

    fn linearise<'a>(
        &'a self,
        x_t: &'a [R],
        level: Level,
        x_hat: &mut [R],
        tape: &'a mut Tape,
    ) -> Result<Box<dyn Linearised<R> + 'a>, DenoiserError> {
        let time = [level.sigma];
        let run = self
            .network
            .run(self.input(x_t, &time), Keep::Products, x_hat, tape.room::<Room<R>>())
            .map_err(boxed)?;
        Ok(Box::new(Local(run)))
    }
}

const LEVEL: Level = Level { mu: 0.8, sigma: 0.6 };

#[test]
fn products_are_those_of_the_slope() {
    for (architecture, grid) in networks() {
        let bare = Bare::<f64>::new(&architecture, grid);
        let shape = Shape::new(1, bare.network.channels(), grid[0], grid[1]);
        let x = numbers(5, bare.dim());
        let outcome = check_denoiser(&bare, &x, LEVEL, shape);
        let outcome = outcome.unwrap_or_else(|fault| panic!("{architecture:?}: {fault}"));
        assert!(outcome.untested.is_empty(), "{architecture:?}: {:?}", outcome.untested);
        check_jvp(&bare, &x, LEVEL).unwrap_or_else(|fault| panic!("{architecture:?}: {fault}"));
    }
}

#[test]
fn a_member_does_not_know_of_its_batch() {
    for (architecture, grid) in networks().into_iter().step_by(3) {
        let bare = Bare::<f32>::new(&architecture, grid);
        let of = |seed| numbers(seed, 6 * bare.dim()).iter().map(|x| *x as f32).collect::<Vec<_>>();
        check_batch(&bare, &of(5), LEVEL, &of(6)).unwrap_or_else(|fault| panic!("{architecture:?}: {fault}"));
    }
}

/// Output, both products and the gradient, at a time for each member and a context for each.
fn everything<R: Real>(network: &Network<R>, grid: [usize; 2], count: usize) -> Vec<f64> {
    let pixels = grid[0] * grid[1];
    let of = |seed, channels: usize| -> Vec<R> {
        numbers(seed, count * channels * pixels).iter().map(|x| R::narrow(*x)).collect()
    };
    let (x, context) = (of(1, network.channels()), of(2, network.context()));
    let times: Vec<f64> = (0..count).map(|k| 0.1 + 0.2 * k as f64).collect();
    let (mut out, mut jvp) = (of(3, network.outputs()), of(3, network.outputs()));
    let (v, w, mut vjp) = (of(4, network.outputs()), of(5, network.channels()), of(6, network.channels()));
    let mut gradient = vec![R::nan(); network.parameter_count()];
    let mut room = Room::default();
    let input = Input { grid, x: &x, c_time: &times, context: &context };
    let mut run = network.run(input, Keep::Gradients, &mut out, &mut room).unwrap();
    run.vjp(&v, &mut vjp).unwrap();
    run.gradients(&v, &mut gradient).unwrap();
    run.jvp(&w, &mut jvp).unwrap();
    [out, vjp, jvp, gradient].concat().iter().map(|x| x.wide()).collect()
}

/// Each member has its time and its context: what it is alone with them, to the bit.
#[test]
fn times_and_contexts_are_each_members_own() {
    for (architecture, grid) in networks() {
        let network = made::<f32>(&architecture, grid);
        let pixels = grid[0] * grid[1];
        let [inner, outer, context] =
            [network.channels(), network.outputs(), network.context()].map(|channels| channels * pixels);
        let of = |seed, len| numbers(seed, 3 * len).iter().map(|x| *x as f32).collect::<Vec<_>>();
        let (x, contexts, times) = (of(1, inner), of(2, context), [0.1, 0.9, -0.4]);
        let run = |input: Input<'_, f32>, len: usize| {
            let mut out = vec![f32::NAN; len];
            network.run(input, Keep::Output, &mut out, &mut Room::default()).map(|_| ()).unwrap();
            out.iter().map(|out| out.to_bits()).collect::<Vec<_>>()
        };
        let together = run(Input { grid, x: &x, c_time: &times, context: &contexts }, 3 * outer);
        for k in 0..3 {
            let (x, context) = (&x[k * inner..][..inner], &contexts[k * context..][..context]);
            let alone = run(Input { grid, x, c_time: &times[k..=k], context }, outer);
            assert!(together[k * outer..][..outer] == alone, "{architecture:?}, {k}");
        }
    }
}

#[test]
fn bits_do_not_depend_on_threads() {
    for (architecture, grid) in networks() {
        let network = made::<f32>(&architecture, grid);
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| everything(&network, grid, 7)).iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        let one = on(1);
        assert!(one == on(3) && one == on(8), "{architecture:?}");
    }
}

/// ⟨direction, gradient⟩, the direction in the order of the file.
fn paired(
    wanted: &[(String, Vec<usize>)],
    direction: &[f64],
    network: &Network<f64>,
    mut gradient: &[f64],
) -> f64 {
    let mut found = 0.0;
    for parameter in network.parameters() {
        let before = wanted.iter().take_while(|(key, _)| key != parameter.name);
        let at: usize = before.map(|(_, shape)| shape.iter().product::<usize>()).sum();
        let (part, rest) = gradient.split_at(parameter.values.len());
        found += sum::dot(&direction[at..at + part.len()], part);
        gradient = rest;
    }
    found
}

#[test]
fn gradients_are_those_of_the_slope() {
    for (architecture, grid) in networks() {
        let wanted = wanted(&architecture, grid);
        let total: usize = wanted.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
        let network = made::<f64>(&architecture, grid);
        let trained: Vec<&str> = network.parameters().map(|parameter| parameter.name).collect();
        let (mut direction, mut start) = (numbers(9, total), 0);
        for (key, shape) in &wanted {
            let len: usize = shape.iter().product();
            if !trained.contains(&key.as_str()) {
                direction[start..start + len].fill(0.0);
            }
            start += len;
        }
        let count = 3;
        let ends = [count * network.outputs(), count * (network.outputs() + 2 * network.channels())]
            .map(|channels| channels * grid[0] * grid[1]);
        let v = numbers(4, ends[0]);
        let value = |step: f64| {
            let moved = Network::<f64>::new(&architecture, weights(&wanted, step, &direction)).unwrap();
            sum::dot(&everything(&moved, grid, count)[..ends[0]], &v)
        };
        let change = |step: f64| value(step) - value(-step);
        let slope = (8.0 * change(1e-5) - change(2e-5)) / 12e-5;
        let all = everything(&network, grid, count);
        let gradient = &all[all.len() - network.parameter_count()..];
        let found = paired(&wanted, &direction, &network, gradient);
        assert!((found - slope).abs() < 1e-6 * slope.abs().max(1.0), "{architecture:?}: {found}, {slope}");
    }
}

#[test]
fn a_room_serves_one_network_after_another() {
    let mut room = Room::<f64>::default();
    for (architecture, grid) in networks().into_iter().chain(networks().into_iter().rev()) {
        let bare = Bare::<f64>::new(&architecture, grid);
        let (x, v) = (numbers(3, 2 * bare.dim()), numbers(4, 2 * bare.dim()));
        let products = |room: &mut Room<f64>| {
            let [mut out, mut vjp, mut jvp] = [(); 3].map(|()| vec![f64::NAN; x.len()]);
            let mut run = bare.network.run(bare.input(&x, &[0.3]), Keep::Products, &mut out, room).unwrap();
            run.vjp(&v, &mut vjp).unwrap();
            run.jvp(&v, &mut jvp).unwrap();
            [out, vjp, jvp].concat()
        };
        let (fresh, used) = (products(&mut Room::default()), products(&mut room));
        assert!(fresh.iter().zip(&used).all(|(a, b)| a.to_bits() == b.to_bits()), "{architecture:?}");
    }
}

/// The shape of a network that shapes can tell is found again.
#[test]
fn shapes_tell_what_they_can() {
    for (architecture, grid) in networks() {
        let state = weights(&wanted(&architecture, grid), 0.0, &[]);
        let told = match (&architecture, Architecture::from_state(&state).unwrap()) {
            (Architecture::Sda(of), Architecture::Sda(found)) => Architecture::Sda(SdaUNet {
                window: of.window,
                features: found.features / of.window,
                stride: of.stride,
                padding: of.padding,
                activation: of.activation,
                ..found
            }),
            (Architecture::Azula(of), Architecture::Azula(found)) => {
                let told = if of.hid_blocks.iter().any(|count| *count > 0) { &found } else { of };
                let (mod_features, ffn_factor) = (told.mod_features, told.ffn_factor);
                let (stride, padding, norm) = (of.stride, of.padding, of.norm);
                Architecture::Azula(AzulaUNet { mod_features, ffn_factor, stride, padding, norm, ..found })
            }
            (_, found) => found,
        };
        assert_eq!(told, architecture);
        let text = serde_json::to_string(&architecture).unwrap();
        assert_eq!(serde_json::from_str::<Architecture>(&text).unwrap(), architecture);
    }
}
