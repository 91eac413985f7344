//! `equipoise benchmark` end to end on a small plan.

use crate::ran::{Ran, command, records, run};
use serde_json::Value;
use std::path::Path;

/// Two steps, one sub, three methods of which two are tuned, two seeds, two members.
const SMALL: &str =
    "benchmark --dataset kolmogorov --method exact,mmps,red_diff --sub 16 --steps 2 --seeds 0,1 --members 2";

fn small(folder: &Path, further: &[&str]) -> Ran {
    let all: Vec<&str> =
        SMALL.split(' ').chain(["--out", folder.to_str().unwrap()]).chain(further.iter().copied()).collect();
    let ran = run(&all);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    ran
}

fn table(folder: &Path, name: &str) -> Vec<std::collections::HashMap<String, String>> {
    records(&std::fs::read_to_string(folder.join(name)).unwrap())
}

#[test]
fn a_small_benchmark_leaves_its_tables_and_says_what_it_chose() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let ran = small(&out, &[]);
    assert!(ran.stderr.contains("subset custom: 12 jobs, estimated "), "{}", ran.stderr);
    for part in [
        "samplers by CRPS over that of exact samples over 1 cases",
        "point estimates by MAE over the CRPS of exact samples over 1 cases",
        "exact samples: CRPS ratio 1 ± ",
        "normalised units",
        "iterations  1 2 3 5 10",
        "12 of 12 jobs have records",
    ] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
    crate::notation::check(&out);
    let board = table(&out, "leaderboard.csv");
    // `exact` has nothing to tune; the others enter twice.
    assert_eq!(board.len(), 1 + 2 * 2);
    for row in &board {
        let point = row["method"] == "red_diff";
        assert_eq!(row["kind"], if point { "point estimate" } else { "sampler" });
        assert_eq!(row["spread_ratio"].is_empty(), point, "{row:?}");
        assert!(!row["excess_ci"].is_empty() && row["seeds"] == "2" && row["space"] == "normalised");
        assert_eq!(row["tuning_calls"] == "0", row["choice"] == "published");
    }
    let tuned = table(&out, "tuning.csv");
    // Five values, two members, two steps, one call each.
    assert!(tuned.len() == 2 && tuned.iter().all(|row| row["denoiser_calls"] == "20"), "{tuned:?}");
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(
        page.contains("frames 0 to 7 of trajectory 0")
            && page.contains("tuned on frames 0 to 7 of trajectory 1")
    );
    assert!(!page.contains("http"), "the page fetches nothing");
}

/// Six whole rows and a torn seventh go on to the same tables.
#[test]
fn a_cut_benchmark_is_resumed_to_the_same_scores() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    small(&out, &[]);
    let tables = || {
        let names = ["leaderboard.csv", "scores.csv", "tuning.csv", "results.jsonl"];
        names.map(|name| std::fs::read_to_string(out.join(name)).unwrap())
    };
    let expected = tables();
    let journal = std::fs::read_to_string(out.join("journal.log")).unwrap();
    let end = journal.match_indices('\n').nth(6).unwrap().0 + 40;
    std::fs::write(out.join("journal.log"), &journal[..end]).unwrap();
    let ran = small(&out, &["--resume", "--format", "json"]);
    assert_eq!(tables(), expected);
    let printed: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&printed["records"], &printed["skipped"]), (&12.into(), &6.into()));
    assert_eq!(printed["standings"].as_array().unwrap().len(), 5);
    let refused: Ran = run(&SMALL.split(' ').chain(["--out", out.to_str().unwrap()]).collect::<Vec<_>>());
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("--resume"), "{}", refused.stderr);
}

#[test]
fn bad_usage_and_bad_strides_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for (arguments, code, part) in [
        ("--method dsp", 2, "dps"),
        ("--noise 0", 2, "a number above 0"),
        ("--resume --force", 2, "--force"),
        ("--dataset kolmogorov --sub 65", 1, "sub"),
    ] {
        let all: Vec<&str> =
            ["benchmark", "--out", out.to_str().unwrap()].into_iter().chain(arguments.split(' ')).collect();
        let ran: Ran = command(&all).output().unwrap().into();
        assert_eq!(ran.code, Some(code), "{arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains(part), "{arguments}: {}", ran.stderr);
        assert!(!out.exists(), "{arguments}");
    }
}

/// Each prior has a leaderboard of its own, that of `wiener` as without the others, and says what errors
/// are held to.
#[test]
fn priors_are_ranked_apart() {
    let folder = tempfile::tempdir().unwrap();
    let board = |prior: &str| {
        let out = folder.path().join(prior);
        let line =
            "benchmark --dataset kolmogorov --sub 16 --steps 2 --seeds 0 --members 2 --method tmpd --prior";
        let all: Vec<&str> = line.split(' ').chain([prior, "--out", out.to_str().unwrap()]).collect();
        let ran = run(&all);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        (table(&out, "leaderboard.csv"), ran.stdout)
    };
    let (all, told) = board("optimal,wiener,local:1");
    let of = |name: &str| all.iter().filter(|row| row["dataset"] == name).cloned().collect::<Vec<_>>();
    assert_eq!(of("kolmogorov"), board("wiener").0);
    for (name, held) in [("kolmogorov under optimal", true), ("kolmogorov under local:1", false)] {
        let rows = of(name);
        assert_eq!(rows.len(), 1, "{name}");
        for row in rows {
            assert_eq!(row["held_to"], if held { "posterior" } else { "truth" });
            for column in ["excess", "bias", "spread_ratio"] {
                assert_eq!(row[column].is_empty(), !held, "{name} {column}");
            }
            assert!(!row["rmse"].is_empty() && !row["crps"].is_empty() && row["sliced_w2_ratio"].is_empty());
        }
    }
    assert!(
        told.contains(
            "kolmogorov under local:1, subset custom: samplers by CRPS, for no exact samples are known, over 1 cases"
        )
    );
    let refused = run(&["benchmark", "--prior", "local", "--method", "poly2"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("found local:4 with method poly2, which takes wiener"),
        "{}",
        refused.stderr
    );
}
