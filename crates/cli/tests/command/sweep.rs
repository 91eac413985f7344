//! `equipoise sweep` end to end on a small plan.

use crate::ran::{Ran, command, run};
use crate::swept::{LAWS, content, small, sweep};
use serde_json::Value;
use std::fs;
use tempfile::tempdir;

const TRAIN: &str = "data/kolmogorov/train.h5";
const TEST: &str = "data/kolmogorov/test.h5";

/// Three significant digits: fields are f32 and the steps few, so that different kernels of BLAS
/// agree on far more. A diverged run amplifies its rounding without bound: only its settings, state
/// and time are compared.
fn rounded(csv: &str) -> String {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let of = |record: &csv::StringRecord, name: &str| {
        record[header.iter().position(|column| column == name).unwrap()].to_owned()
    };
    let mut text = header.iter().collect::<Vec<_>>().join(",");
    for record in reader.records() {
        let record = record.unwrap();
        let diverged = ["nan", "exploded"].contains(&of(&record, "state").as_str());
        let measured = |name: &str| {
            let first = header.iter().position(|column| column == "min").unwrap();
            let last = header.iter().position(|column| column == "guidance_excess_t0.1").unwrap();
            let on_the_way = ["peak", "peak_deviation"].contains(&name);
            header.iter().skip(first).take(last - first + 1).any(|column| column == name) || on_the_way
        };
        let cells = header.iter().zip(&record).map(|(name, cell)| match (name, cell.parse::<f64>()) {
            ("identity", _) => format!("[{name}]"),
            (name, _) if diverged && measured(name) => "~".into(),
            (_, Ok(x)) if cell.contains('.') => equipoise_report::significant(x, 3),
            _ => cell.to_owned(),
        });
        text += &format!("\n{}", cells.collect::<Vec<_>>().join(","));
    }
    text
}

#[test]
fn the_small_sweep_is_this() {
    let folder = tempdir().unwrap();
    let swept = small(&[], &folder.path().join("out"));
    insta::assert_snapshot!("small", rounded(&swept.text("results.csv")));
    crate::notation::check(&folder.path().join("out"));
    let stdout = &swept.ran.stdout;
    assert!(stdout.contains("first seed (0), normalised units, N convention true"), "{stdout}");
    assert!(stdout.contains("10 of 10 trials have rows, 2 of them diverged"), "{stdout}");
    for name in ["results.csv", "report.html"] {
        assert!(stdout.contains(swept.path(name).to_str().unwrap()), "{stdout}");
    }
    let fitted = "kolmogorov: stationary, λ_max ";
    assert!(swept.ran.stderr.contains(fitted) && swept.ran.stderr.contains("D = 16384, 630 windows"));
}

#[test]
fn no_number_depends_on_the_threads() {
    let folder = tempdir().unwrap();
    let on = |threads: &str| small(&["--threads", threads], &folder.path().join(threads));
    let (one, two) = (on("1"), on("2"));
    for name in ["results.csv", "results.jsonl"] {
        assert_eq!(one.text(name), two.text(name), "to the byte");
    }
    let [one, two] = [one.manifest(), two.manifest()];
    assert_eq!((&one["threads"], &two["threads"]), (&1.into(), &2.into()));
    assert_eq!((&one["blas_threads"], &two["blas_threads"]), (&1.into(), &1.into()));
    // What the library says of itself when it is asked to; nothing where it is not OpenBLAS.
    let told: Ran = command(&["--version"]).env("OPENBLAS_VERBOSE", "2").output().unwrap().into();
    let core = told.stderr.lines().find_map(|line| line.strip_prefix("Core: "));
    assert_eq!(one["blas_core"].as_str(), core);
}

#[test]
fn a_cut_sweep_is_resumed_to_the_same_table() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let whole = small(&[], &out);
    let tables = || ["results.csv", "results.jsonl"].map(|name| whole.text(name));
    let (expected, journal) = (tables(), whole.text("journal.log"));
    // What it is, six whole rows and a torn seventh.
    let end = journal.match_indices('\n').nth(6).unwrap().0 + 40;
    fs::write(whole.path("journal.log"), &journal[..end]).unwrap();
    let resumed = small(&["--resume", "--format", "json"], &out);
    assert_eq!(tables(), expected);
    let printed: Value = serde_json::from_str(&resumed.ran.stdout).unwrap();
    assert_eq!((&printed["rows"], &printed["skipped"]), (&10.into(), &6.into()));
    let notes = resumed.manifest()["notes"].to_string();
    assert!(notes.contains("resumed ") && notes.contains("an unfinished line 8"), "{notes}");
    assert_eq!(notes.matches("λ_max 779").count(), 1, "a note is not repeated: {notes}");
}

#[test]
fn force_replaces_a_sweep_and_nothing_else() {
    let folder = tempdir().unwrap();
    let out = folder.path().join("out");
    let first = small(&[], &out);
    fs::write(first.path("thesis.txt"), "chapter 1").unwrap();
    let other =
        "--force --dataset kolmogorov --window 2 --steps 4 --seeds 0 --members 1 --method exact --sub 4";
    let again = sweep(&other.split(' ').collect::<Vec<_>>(), &out);
    assert_eq!(again.rows(&[]).len(), 1);
    assert_eq!(again.text("thesis.txt"), "chapter 1");
    let pictures: Vec<_> = content(&out).into_keys().filter(|p| p.extension().unwrap() == "png").collect();
    assert!(pictures.iter().all(|p| p.to_str().unwrap().contains("/exact/")), "{pictures:?}");
}

#[test]
fn a_saved_prior_gives_the_numbers_of_its_training_file() {
    let folder = tempdir().unwrap();
    let prior = folder.path().join("prior.h5");
    let prior = prior.to_str().unwrap();
    let fitted = run(&["fit", "--train", TRAIN, "--out", prior, "--window", "2"]);
    assert_eq!((fitted.code, fitted.stderr.as_str()), (Some(0), ""));
    let settings = "--steps 4 --sub 8 --law sum,matched --method sda,exact --seeds 3 --members 2";
    let with = |source: &[&str], out: &str| {
        let all: Vec<&str> =
            [&["--data", TEST], source].concat().into_iter().chain(settings.split(' ')).collect();
        sweep(&all, &folder.path().join(out))
    };
    let trained = with(&["--train", TRAIN, "--window", "2"], "train");
    let read = with(&["--prior-file", prior], "prior");
    let rows = trained.rows(&["identity"]);
    assert_eq!(rows, read.rows(&["identity"]));
    assert!(rows.iter().all(|row| row["dataset"] == "test" && !row["spread_ratio"].is_empty()), "{rows:?}");
}

#[test]
fn the_report_stands_alone_and_the_pictures_have_the_names_of_the_study() {
    let folder = tempdir().unwrap();
    let swept = small(&[], &folder.path().join("out"));
    let page = swept.text("report.html");
    for outside in ["src=\"http", "href=\"http", "src=\"/", "<link", "<script src", "url(http", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for law in LAWS {
        assert!(page.contains(law), "{law}");
        for name in ["sparse_ground_truth", "sparse_sub8_reconstructed", "sparse_sub16_reconstructed"] {
            let picture = fs::read(swept.path(&format!("kolmogorov/custom/{law}/{name}.png"))).unwrap();
            assert!(picture.starts_with(b"\x89PNG"), "{law} {name}");
        }
    }
    // One case of the flow: truth, points, member, its error; one member has no spread.
    assert!(page.matches("class=\"viewer\"").count() == 1 && page.matches("<canvas").count() == 4);
    assert!(swept.path("kolmogorov/custom/matched/case_sub16_error.png").is_file());
    let manifest = swept.manifest();
    assert!(manifest["files"].as_array().unwrap().iter().all(|f| swept.path(f.as_str().unwrap()).is_file()));
    let digest = manifest["data"]["kolmogorov/test.h5"].as_str().unwrap();
    assert!(fs::read_to_string(crate::ran::project().join("data/SHA256SUMS")).unwrap().contains(digest));
    let notes = manifest["notes"].to_string();
    assert!(notes.contains("(μ/σ)²λ_max at t = 1 is 0.0779"), "{notes}");
}

#[test]
fn every_setting_reaches_the_rows() {
    let folder = tempdir().unwrap();
    let arguments = "--dataset kolmogorov --window 1 --normalizer channel --sub 5 --law dual --schedule sub_vp-exp \
                     --eta 0.02 --steps 3 --corrections 1 --tau 0.25 --noise-physical 0.2,0.1 --std 0.3 --gamma 0.04 \
                     --n-ref 100 --n-convention floor --seeds 7 --members 2 --start prior --ridge 1e-3 --format csv";
    let swept = sweep(&arguments.split_whitespace().collect::<Vec<_>>(), &folder.path().join("out"));
    let row = &swept.rows(&[])[0];
    // 2 channels of ⌊64/5⌋² = 144 points.
    let expected = [
        ("protocol", "custom"),
        ("schedule", "sub_vp-exp"),
        ("steps", "3"),
        ("corrections", "1"),
        ("tau", "0.25"),
        ("n_obs", "288"),
        ("n_ref", "100"),
        ("n_convention", "floor"),
        ("seed", "7"),
        ("members", "2"),
        ("normalizer", "channel"),
        ("axes", "NTCHW"),
        ("sub", "5"),
        ("law", "dual"),
        ("method", "sda"),
    ];
    expected.iter().for_each(|(column, value)| assert_eq!(row[*column], *value, "{column}"));
    let plan = &swept.manifest()["plan"];
    assert_eq!((&plan["start"], &plan["eta"], &plan["std"]), (&"prior".into(), &0.02.into(), &0.3.into()));
    let dataset = &plan["datasets"][0];
    assert_eq!((&dataset["window"], &dataset["covariance"]["ridge"]), (&1.into(), &1e-3.into()));
    // Standard deviations of the training data are near 1 and differ between channels.
    let noise: Vec<f64> = row["noise"].split(';').map(|s| s.parse().unwrap()).collect();
    assert!(noise.len() == 2 && (1.5..2.5).contains(&(noise[0] / noise[1])), "{noise:?}");
    let printed = &crate::ran::records(&swept.ran.stdout)[0];
    assert_eq!((&printed["law"], &printed["state"]), (&row["law"], &row["state"]));
}

#[test]
fn a_start_narrower_than_the_schedule_is_noted() {
    let folder = tempdir().unwrap();
    let notes = |start: &str| {
        let arguments = format!(
            "--dataset kolmogorov --window 1 --sub 16 --law dual --seeds 0 --members 1 --steps 2 \
             --schedule azula-ve --start {start}"
        );
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        sweep(&arguments, &folder.path().join(start)).manifest()["notes"].to_string()
    };
    // azula's variance exploding schedule ends at σ = 1/η = 100.
    assert!(notes("normal").contains("σ at t = 1 is 100"));
    assert!(!notes("prior").contains("too narrow"));
}

/// Rows under `wiener` are those of the sweep without other priors, and what another one cannot run is
/// left out of the default list with a word.
#[test]
fn priors_by_name_have_rows_of_their_own() {
    let folder = tempdir().unwrap();
    let plan = "--dataset kolmogorov --window 1 --steps 2 --sub 16 --seeds 0 --members 1 --certify";
    let with = |further: &str, out: &str| {
        let all: Vec<&str> = plan.split(' ').chain(further.split_whitespace()).collect();
        sweep(&all, &folder.path().join(out))
    };
    let alone = with("", "alone").rows(&[]);
    let swept = with("--prior optimal,wiener,local:1", "all");
    let rows = swept.rows(&[]);
    let under = |prior: &str| rows.iter().filter(|row| row["prior"] == prior).cloned().collect::<Vec<_>>();
    assert_eq!(under("wiener"), alone);
    assert_eq!((under("optimal").len(), under("local:1").len()), (10, 9));
    for row in under("local:1") {
        assert!(
            ["floor_rmse", "posterior_mean_rmse", "guidance_excess_t0.5"].iter().all(|c| row[*c].is_empty())
        );
    }
    assert!(under("optimal").iter().all(|row| !row["floor_rmse"].is_empty()));
    for part in ["no exact under local:1", "--certify leaves out 10 trials under optimal"] {
        assert!(
            swept.ran.stderr.contains(part) && swept.manifest()["notes"].to_string().contains(part),
            "{part}"
        );
    }
    for part in ["prior local:1: state and RMSE, first", "prior optimal: state and RMSE/floor, first"] {
        assert!(swept.ran.stdout.contains(part), "{}", swept.ran.stdout);
    }
    assert!(swept.path("kolmogorov/custom/local_1/matched/sparse_sub16_reconstructed.png").is_file());
    assert!(swept.path("kolmogorov/custom/matched/sparse_sub16_reconstructed.png").is_file());
}

#[test]
fn a_prior_that_cannot_be_had_is_bad_usage() {
    let folder = tempdir().unwrap();
    let prior = folder.path().join("prior.h5");
    let prior = prior.to_str().unwrap();
    assert_eq!(run(&["fit", "--train", TRAIN, "--out", prior, "--window", "1"]).code, Some(0));
    let beside = format!("{prior},optimal");
    for (arguments, parts) in [
        (&["--prior", "optima"][..], ["found `optima`, expected wiener, optimal", "--prior-file"]),
        (&["--data", TEST, "--prior", "optimal"], ["found optimal without --train", "training file"]),
        (&["--data", TEST, "--prior", &beside], ["found optimal beside --prior-file", "without --train"]),
        (&["--data", TEST, "--prior-file", prior, "--train", TRAIN], ["--train", "expected one of them"]),
        (&["--data", TEST, "--prior-file", prior, "--window", "1"], ["--window", "fitted already"]),
        (&["--prior-file", prior], ["without --data", "expected both"]),
        (
            &["--window", "1", "--prior", "local", "--method", "exact"],
            ["found local:4 with method exact", "optimal"],
        ),
        (
            &["--window", "1", "--prior", "optimal", "--method", "jfps"],
            ["found optimal with method jfps", "which takes wiener"],
        ),
    ] {
        let out = folder.path().join("out");
        let ran = run(&[&["sweep", "--out", out.to_str().unwrap()], arguments].concat());
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.stderr);
        assert!(parts.iter().all(|part| ran.stderr.contains(part)), "{arguments:?}: {}", ran.stderr);
        assert!(!out.exists(), "{arguments:?}");
    }
}
