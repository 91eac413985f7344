//! The names of a file of values: what each dataset holds, and in which precision it was computed.

use crate::Precision;
use crate::quantity::{BackbonePart, Product, Quantity, RunPart, Scale, TrainingPart, WRAPPERS, WrappedPart};
use equipoise_network::Preconditioning;
use equipoise_schedule::{Alpha, Variance};

/// What a dataset is to the check.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Role {
    /// Something that values are computed from.
    Given,
    /// A computed value.
    Computed(Quantity, Precision),
}

/// Names by which a reader of an error recognises the layout.
pub(crate) const EXAMPLES: &str = "kernel/eps_f64, mc/L5/eps_f64, net/out_f64, karras/mean_f64, losses_f64";

/// The role of a dataset by its path; none for a name that is not known.
pub(crate) fn role(path: &str) -> Option<Role> {
    let parts: Vec<&str> = path.split('/').collect();
    let (groups, last) = parts.split_at(parts.len() - 1);
    given(groups, last[0]).or_else(|| computed(path, groups, last[0]))
}

fn given(groups: &[&str], name: &str) -> Option<Role> {
    let known: &[&str] = match groups {
        [] => &["t", "x", "v", "eps", "cond"],
        ["kernel"] => &["x", "v"],
        ["mc", _] => &["t", "x", "v"],
        ["guided"] => &["x", "y"],
        ["sample", _] => &["x1", "z", "y"],
        ["net"] => &["x"],
        [wrapper, "sample"] if wrapper_of(wrapper).is_some() => &["x1", "z"],
        [wrapper, "loss"] if wrapper_of(wrapper).is_some() => &["x", "z", "t"],
        _ => &[],
    };
    known.contains(&name).then_some(Role::Given)
}

fn computed(path: &str, groups: &[&str], name: &str) -> Option<Role> {
    let double = |quantity| Some(Role::Computed(quantity, Precision::F64));
    match (groups, name) {
        ([], "alpha") => return double(Quantity::NamedSchedule(Scale::Mu)),
        ([], "sigma") => return double(Quantity::NamedSchedule(Scale::Sigma)),
        (["schedule", which], "mu") => return double(schedule(which, Scale::Mu)?),
        (["schedule", which], "sigma") => return double(schedule(which, Scale::Sigma)?),
        _ => {}
    }
    let (name, precision) = precise(name)?;
    let group = || path.rfind('/').map_or("", |end| &path[..end]).to_owned();
    let quantity = match groups {
        [] => Quantity::Training(training(name)?),
        ["kernel"] => kernel(name)?,
        ["mc", _] => Quantity::Composed { group: group(), product: product(name)? },
        ["guided"] => guided(name)?,
        ["sample", _] => Quantity::Run { group: group(), what: run(name)? },
        ["net"] => Quantity::Backbone(backbone(name)?),
        [wrapper, inner @ ..] => {
            Quantity::Wrapped { wrapper: wrapper_of(wrapper)?, what: wrapped(inner, name)? }
        }
    };
    Some(Role::Computed(quantity, precision))
}

/// What stands beside a name in a list.
fn named<T: Copy>(name: &str, all: &[(&str, T)]) -> Option<T> {
    all.iter().find(|(known, _)| *known == name).map(|(_, one)| *one)
}

fn schedule(which: &str, scale: Scale) -> Option<Quantity> {
    let (alpha, variance) = which.split_once('_')?;
    let known = [("vp", Variance::Vp), ("subvp", Variance::SubVp), ("subsubvp", Variance::SubSubVp)];
    Some(Quantity::Schedule(alpha_of(alpha)?, named(variance, &known)?, scale))
}

/// SDA's signal scales by its names.
pub(crate) fn alpha_of(name: &str) -> Option<Alpha> {
    named(name, &[("lin", Alpha::Lin), ("cos", Alpha::Cos), ("exp", Alpha::Exp)])
}

fn kernel(name: &str) -> Option<Quantity> {
    match name {
        "embedding" => Some(Quantity::Embedding),
        "eps_batched_t" => Some(Quantity::KernelEach),
        _ => Some(Quantity::Kernel(product(name)?)),
    }
}

fn product(name: &str) -> Option<Product> {
    named(name, &[("eps", Product::Output), ("vjp", Product::Vjp), ("jvp", Product::Jvp)])
}

fn guided(name: &str) -> Option<Quantity> {
    match name {
        "eps_detach0" => Some(Quantity::Guided { detach: false }),
        "eps_detach1" => Some(Quantity::Guided { detach: true }),
        _ => name.strip_prefix("eps_dps_zeta").map(|_| Quantity::GuidedDps),
    }
}

fn run(name: &str) -> Option<RunPart> {
    named(name, &[("x0", RunPart::End), ("states", RunPart::States), ("times", RunPart::Times)])
}

fn backbone(name: &str) -> Option<BackbonePart> {
    named(name, &[("out", BackbonePart::Output), ("time_encoding", BackbonePart::TimeEncoding)])
}

fn wrapper_of(name: &str) -> Option<Preconditioning> {
    WRAPPERS.into_iter().find(|wrapper| wrapper.to_string() == name)
}

fn wrapped(inner: &[&str], name: &str) -> Option<WrappedPart> {
    match (inner, name) {
        ([], "mean") => Some(WrappedPart::Mean),
        ([], "vjp") => Some(WrappedPart::Vjp),
        (["sample"], "heun") => Some(WrappedPart::Heun),
        (["sample"], name) if name == "ddim" || name.starts_with("ddim_eta") => Some(WrappedPart::Ddim),
        (["loss"], "value") => Some(WrappedPart::Loss),
        _ => None,
    }
}

fn training(name: &str) -> Option<TrainingPart> {
    let known =
        [("x_t", TrainingPart::Noised), ("output", TrainingPart::Output), ("losses", TrainingPart::Losses)];
    named(name, &known)
}

/// The precision that a name ends with, and the name before it.
pub(crate) fn precise(name: &str) -> Option<(&str, Precision)> {
    [("_f64", Precision::F64), ("_f32", Precision::F32)]
        .into_iter()
        .find_map(|(end, precision)| Some((name.strip_suffix(end)?, precision)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn computed(path: &str) -> Option<(Quantity, Precision)> {
        match role(path) {
            Some(Role::Computed(quantity, precision)) => Some((quantity, precision)),
            _ => None,
        }
    }

    #[test]
    fn names_say_what_is_computed_and_in_which_precision() {
        let composed = Quantity::Composed { group: "mc/L12".into(), product: Product::Vjp };
        assert_eq!(computed("mc/L12/vjp_f32"), Some((composed, Precision::F32)));
        let ended = Quantity::Run { group: "sample/any name".into(), what: RunPart::End };
        assert_eq!(computed("sample/any name/x0_f64"), Some((ended, Precision::F64)));
        let scale = Quantity::Schedule(Alpha::Exp, Variance::SubSubVp, Scale::Sigma);
        assert_eq!(computed("schedule/exp_subsubvp/sigma"), Some((scale, Precision::F64)));
        let ddim = Quantity::Wrapped { wrapper: Preconditioning::Simple, what: WrappedPart::Ddim };
        assert_eq!(computed("simple/sample/ddim_eta0.5_f64"), Some((ddim, Precision::F64)));
        assert_eq!(computed("guided/eps_dps_zeta0.5_f64"), Some((Quantity::GuidedDps, Precision::F64)));
    }

    #[test]
    fn what_values_are_computed_from_is_given() {
        for path in ["t", "kernel/x", "mc/L9/t", "sample/a/z", "karras/loss/t", "guided/y", "cond", "eps"] {
            assert_eq!(role(path), Some(Role::Given), "{path}");
        }
    }

    #[test]
    fn other_names_are_not_known() {
        let names = [
            "kernel/eps",
            "kernel/eps_f16",
            "kernel/hvp_f64",
            "mc/eps_f64",
            "schedule/cos_edm/mu",
            "schedule/vp/mu",
            "sample/x0_f64",
            "edm/mean_f64",
            "karras/sample/euler_f64",
            "karras/sample/more/heun_f64",
            "net/y",
            "",
            "weights",
        ];
        names.iter().for_each(|path| assert_eq!(role(path), None, "{path}"));
    }
}
