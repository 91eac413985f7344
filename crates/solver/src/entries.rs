//! The table of methods: each is one entry, which says what the method is and binds it.

use crate::guidances as g;
use crate::loops as l;
use crate::{Annealing, Inference, Method, PosteriorSampler, Recipe, Result, Spec};
use equipoise_field::{Real, by_element};
use equipoise_guidance::{Guidance, Strength};
use std::sync::Arc;

/// A guidance from a problem, the method's parameters and, where it takes one, a law.
pub(crate) type MakeGuidance<R> =
    fn(&Inference<R>, &Recipe, Option<&Strength>) -> Result<Arc<dyn Guidance<R>>>;
/// A sampler from what a loop runs on and the method's parameters.
pub(crate) type MakeLoop<R> = fn(Annealing<R>, &Recipe) -> Result<Box<dyn PosteriorSampler<R>>>;

/// How a method is bound to a problem.
pub(crate) enum Bind<R: Real> {
    /// It gives ε_y, and any sampler takes it.
    Guidance(MakeGuidance<R>),
    /// It owns its step, its loop or its particles.
    Loop(MakeLoop<R>),
}

/// One method.
pub(crate) struct Entry<R: Real> {
    pub(crate) method: Method,
    pub(crate) bind: Bind<R>,
}

impl<R: Real> Entry<R> {
    pub(crate) const fn guidance(spec: &'static Spec, bind: MakeGuidance<R>) -> Self {
        Self { method: Method::new(spec, false), bind: Bind::Guidance(bind) }
    }

    pub(crate) const fn looped(spec: &'static Spec, bind: MakeLoop<R>) -> Self {
        Self { method: Method::new(spec, true), bind: Bind::Loop(bind) }
    }
}

/// Every method, in the order of the documentation. What the entries bind is compiled here for `f32`. For `f64`, which
/// no program of the house draws in, it is compiled here where tests are, and in a release by whoever asks.
pub(crate) fn entries<R: Real>() -> Vec<Entry<R>> {
    // A branch of a constant, so that the other element's table is not even asked for.
    let table: Table<R> = if const { size_of::<R>() == size_of::<f32>() } {
        by_element::<R, _>(single as Table<f32>, ())
    } else {
        by_element::<R, _>((), double as Table<f64>)
    };
    table()
}

type Table<R> = fn() -> Vec<Entry<R>>;

#[inline(never)]
fn single() -> Vec<Entry<f32>> {
    table()
}

#[cfg_attr(debug_assertions, inline(never))]
#[cfg_attr(not(debug_assertions), inline)]
fn double() -> Vec<Entry<f64>> {
    table()
}

fn table<R: Real>() -> Vec<Entry<R>> {
    vec![
        Entry::guidance(&g::SDA, g::sda),
        Entry::guidance(&g::EXACT, g::exact),
        Entry::guidance(&g::MMPS, g::mmps),
        Entry::guidance(&g::POLY2, g::poly2),
        Entry::guidance(&g::TMPD, g::tmpd),
        Entry::guidance(&g::PIGDM_SCORE, g::pigdm_score),
        Entry::guidance(&g::JFPS, g::jfps),
        Entry::guidance(&g::DIFFPIR, g::diffpir),
        Entry::looped(&l::dps::SPEC, l::bind::<R, l::dps::Dps>),
        Entry::looped(&l::sda_dps::SPEC, l::bind::<R, l::sda_dps::SdaDps>),
        Entry::looped(&l::dsg::SPEC, l::bind::<R, l::dsg::Dsg>),
        Entry::looped(&l::mcg::SPEC, l::bind::<R, l::mcg::Mcg<R>>),
        Entry::looped(&l::pigdm::SPEC, l::bind::<R, l::pigdm::Pigdm<R>>),
        Entry::looped(&l::ddrm::SPEC, l::bind::<R, l::Directions<R, l::ddrm::Ddrm>>),
        Entry::looped(&l::ddnm::SPEC, l::bind::<R, l::Directions<R, l::ddnm::Ddnm>>),
        Entry::looped(&l::pnp_admm::SPEC, l::bind::<R, l::pnp_admm::PnpAdmm<R>>),
        Entry::looped(&l::red_diff::SPEC, l::bind::<R, l::red_diff::RedDiff<R>>),
        Entry::looped(&l::daps::SPEC, l::bind::<R, l::daps::Daps>),
        Entry::looped(&l::daps::EXACT_SPEC, l::bind::<R, l::daps::Daps>),
    ]
}
