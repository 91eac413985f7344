//! Identities of trials as folders of earlier builds bear them: what a name is written as never changes.

use crate::trial::tests::example;
use crate::{Plan, Trial};
use equipoise_sampler::SamplerName;
use equipoise_schedule::{ScheduleName, Spacing};
use equipoise_solver::Method;

/// The plans of three sweeps of a build whose trials were made of texts, each with the backends and the identities
/// of its rows.
const FOLDERS: [(&str, &[(&str, &str)]); 3] = [
    (
        r#"{"datasets": [{"source": {"dataset": "kolmogorov", "data_checksum":
"49b22cc74b56e4d342b5b2723da1d8334b683b63d490e65e48c43ca44884616d", "train_checksum":
"faeb20414208e2db9cb18e0580567a0b8fbded45992efa90b1b0adffa9d7217a", "kind": "kolmogorov", "axes": "NTCHW"},
"window": 2, "normalizer": "profile", "covariance": {"model": "stationary", "rank": null, "ridge": 0.0001},
"priors": ["wiener"], "noise": [0.1, 0.1], "seeds": [3], "members": 1, "protocols": [{"name": "custom",
"steps": 2, "corrections": 0, "tau": 0.5, "sampler": "predictor_corrector", "spacing": "log_snr"}]}], "subs":
[16], "approaches": [{"law": "sum", "method": "sda"}, {"law": "mean", "method": "sda"}, {"law":
"likelihood_weighting", "method": "sda"}, {"law": "dual", "method": "sda"}, {"law": "linear", "method":
"sda"}, {"law": "clamped_linear", "method": "sda"}, {"law": "adaptive", "method": "sda"}, {"law": "matched",
"method": "sda"}, {"law": "active", "method": "sda"}, {"law": "exact", "method": "exact"}, {"law":
"mmps:iterations=3", "method": "mmps:iterations=3"}, {"law": "dps:zeta=0.5", "method": "dps:zeta=0.5"}],
"schedule": "sub_vp-exp", "eta": 0.01, "start": "prior", "std": 0.2, "gamma": 0.02, "n_ref": 99,
"n_convention": "floor", "precision": "f32"}"#,
        &[
            ("reduced", "07f324af7bcfb293"),
            ("reduced", "9e8c5ddb9f45909b"),
            ("reduced", "4abcf3b43fef6be2"),
            ("reduced", "5302ec8776fa0042"),
            ("reduced", "1f0af7b82a8f19cf"),
            ("reduced", "dd2cfd15359131b1"),
            ("reduced", "416f5728a9dc95d9"),
            ("reduced", "b483ac3e752b2e6f"),
            ("reduced", "787bd2a978a3fabf"),
            ("reduced", "42f993abc2464a75"),
            ("cpu", "79d656f4a94e9f37"),
            ("cpu", "876448215ebfbecb"),
        ],
    ),
    (
        r#"{"datasets": [{"source": {"dataset": "kolmogorov", "data_checksum":
"49b22cc74b56e4d342b5b2723da1d8334b683b63d490e65e48c43ca44884616d", "train_checksum":
"faeb20414208e2db9cb18e0580567a0b8fbded45992efa90b1b0adffa9d7217a", "kind": "kolmogorov", "axes": "NTCHW"},
"window": 2, "normalizer": "profile", "covariance": {"model": "stationary", "rank": null, "ridge": 0.0001},
"priors": ["wiener", "optimal@2", "local:1"], "noise": [0.10712061796030192, 0.21670013320373716], "seeds":
[3], "members": 1, "protocols": [{"name": "custom", "steps": 2, "corrections": 0, "tau": 0.5, "sampler":
"ddim:0.25", "spacing": "edm"}]}], "subs": [16], "approaches": [{"law": "dual", "method": "sda"}, {"law":
"matched", "method": "sda"}], "schedule": "azula-vp", "eta": 0.02, "start": "normal", "std": null, "gamma":
null, "n_ref": null, "n_convention": "true", "precision": "f32"}"#,
        &[
            ("cpu", "5938339ba9922cb0"),
            ("cpu", "20b96295de5226c2"),
            ("cpu", "a267ef2c39d54374"),
            ("cpu", "31701e9b0d822f1a"),
            ("cpu", "64f48ee16aac83fa"),
            ("cpu", "64d27c5eb158884e"),
        ],
    ),
    (
        r#"{"datasets": [{"source": {"dataset": "ibpm", "data_checksum":
"a439c45e92839aad38789f15e404adb3aec424d8a796f163262e7bf8afa42fbb", "train_checksum":
"48b40059dd627e91e6952d5a2a7c958ec26a910b8b08b203fe945dce3c1cda0f", "kind": "ibpm", "axes": "TNCHW"},
"window": 2, "normalizer": "published", "covariance": {"model": "low_rank", "rank": 5, "ridge": 1e-06},
"priors": ["wiener"], "noise": [0.2, 0.2], "seeds": [0], "members": 1, "protocols": [{"name": "custom",
"steps": 3, "corrections": 1, "tau": 0.25, "sampler": "predictor_corrector", "spacing": "uniform"}]}], "subs":
[8], "approaches": [{"law": "sum", "method": "sda:gamma=0.3"}, {"law": "pigdm:eta=0.5", "method":
"pigdm:eta=0.5"}, {"law": "daps:rate=0.0003,steps=3", "method": "daps:rate=0.0003,steps=3"}], "schedule":
"cos", "eta": 0.01, "start": "normal", "std": null, "gamma": null, "n_ref": null, "n_convention": "true",
"precision": "f32"}"#,
        &[("reduced", "4f3e8d1e4833d9ec"), ("cpu", "fcf1dd2f155a1d67"), ("cpu", "d5806c50c0f2454a")],
    ),
];

#[test]
fn rows_of_an_earlier_build_are_known() {
    for (plan, rows) in FOLDERS {
        let plan: Plan = serde_json::from_str(plan).unwrap();
        let trials = plan.trials().unwrap();
        assert_eq!(trials.len(), rows.len());
        for (trial, (backend, identity)) in trials.into_iter().zip(rows) {
            let trial = Trial { backend: (*backend).to_owned(), ..trial };
            assert_eq!(trial.identity().unwrap(), *identity, "{trial}");
        }
    }
}

/// Whatever name stands in a field, it is written as it was read.
#[test]
fn every_name_keeps_its_text() {
    let (text, held) = (serde_json::to_string(&example()).unwrap(), serde_json::to_value(example()).unwrap());
    let all = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let fields = [
        ("kind", all(&["ibpm", "kolmogorov", "generic"])),
        ("axes", all(&["NTCHW", "TNCHW", ""])),
        (
            "normalizer",
            all(&["channel", "profile", "published", "identity", "given(0.1,-2;1,0.30000000000000004)"]),
        ),
        ("model", all(&["dense", "low_rank", "stationary"])),
        (
            "prior",
            all(&["wiener", "optimal", "optimal@4", "local:4", "equivariant_local:3:4@16", "locality:0"]),
        ),
        ("schedule", ScheduleName::all().map(|name| name.to_string()).collect()),
        ("start", all(&["normal", "prior"])),
        ("sampler", all(&["ddim:0", "ddim:0.25", "ddpm", "ddpm_beta", "euler", "heun", "exponential"])),
        ("spacing", Spacing::ALL.map(|name| name.to_string()).to_vec()),
        ("law", equipoise_scaling::Law::ALL.map(|law| law.name().to_owned()).to_vec()),
        ("n_convention", all(&["true", "floor"])),
        ("backend", all(&["cpu", "reduced", "cuda", "another"])),
    ];
    for (field, names) in fields {
        let found = if field == "model" { &held["covariance"][field] } else { &held[field] };
        for name in names {
            let other = text.replace(&format!("\"{field}\":{found}"), &format!("\"{field}\":\"{name}\""));
            let trial: Trial = serde_json::from_str(&other).unwrap();
            assert_eq!(serde_json::to_string(&trial).unwrap(), other, "{field} {name}");
        }
    }
    assert_eq!(SamplerName::default().to_string(), held["sampler"]);
}

#[test]
fn every_method_keeps_its_text() {
    let text = serde_json::to_string(&example()).unwrap();
    let recipes = Method::all().filter(|method| !method.spec().lawful).map(|method| method.name().to_owned());
    for recipe in recipes.chain(["mmps:iterations=3", "daps:rate=0.0003,steps=50"].map(str::to_owned)) {
        let other = text.replace(
            "\"law\":\"dual\",\"method\":\"sda\"",
            &format!("\"law\":\"{recipe}\",\"method\":\"{recipe}\""),
        );
        let trial: Trial = serde_json::from_str(&other).unwrap();
        assert_eq!(serde_json::to_string(&trial).unwrap(), other);
    }
    let unknown = text.replace("\"cos\"", "\"cosine\"");
    let told = serde_json::from_str::<Trial>(&unknown).unwrap_err().to_string();
    assert!(told.contains("cosine") && told.contains("sub_vp-cos"), "{told}");
}
