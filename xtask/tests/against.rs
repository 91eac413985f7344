//! `cargo xtask bench --against` in a small repository whose two revisions are known to differ.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test by panicking")]

use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A measuring end that speaks the line protocol and sleeps instead of working.
const THROUGHPUT: &str = r#"
use std::io::BufRead;
fn main() {
    if std::env::args().nth(1).unwrap() == "stream" {
        return serve(&["stream/copy"]);
    }
    serve(&["step/both", CASE]);
}
fn serve(ids: &[&str]) {
    let list: Vec<String> = ids.iter().map(|id| format!("{{\"id\":\"{id}\"}}")).collect();
    for line in std::io::stdin().lock().lines() {
        match line.unwrap().as_str() {
            "list" => println!("{{\"cases\":[{}]}}", list.join(",")),
            "peak" => println!("{{\"peak\":1048576}}"),
            _ => {
                let clock = std::time::Instant::now();
                std::thread::sleep(std::time::Duration::from_millis(MILLIS));
                println!("{{\"seconds\":{}}}", clock.elapsed().as_secs_f64());
            }
        }
    }
}
"#;

/// A command that touches as many MiB as it was written with, and knows fewer verbs in one revision.
const COMMAND: &str = r#"
fn main() {
    let verb = std::env::args().nth(1).unwrap();
    if verb == REFUSED {
        eprintln!("error: no verb `{verb}`");
        std::process::exit(2);
    }
    let bytes: Vec<u8> = (0..MIB << 20).map(|i| i as u8).collect();
    std::process::exit(i32::from(bytes.iter().all(|b| *b == 1)));
}
"#;

struct Small(tempfile::TempDir);

impl Small {
    /// A workspace of two crates without dependencies, and its first commit.
    fn new() -> Self {
        let small = Self(tempfile::tempdir().unwrap());
        let root = small.root();
        small.put("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n");
        small.put(".gitignore", "/target\n/out\n/Cargo.lock\n");
        for (folder, package, program) in
            [("throughput", "equipoise-throughput", "throughput"), ("cli", "equipoise-cli", "equipoise")]
        {
            let manifest = format!(
                "[package]\nname = \"{package}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                 [[bin]]\nname = \"{program}\"\npath = \"main.rs\"\n"
            );
            small.put(&format!("crates/{folder}/Cargo.toml"), &manifest);
        }
        small.write(10, "step/then", 8, "inspect");
        for args in [&["init", "--quiet"][..], &["add", "."], &["commit", "--quiet", "-m", "then"]] {
            let who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
            assert!(Command::new("git").current_dir(root).args(who).args(args).status().unwrap().success());
        }
        small
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn write(&self, millis: u32, case: &str, mib: u32, refused: &str) {
        let throughput =
            THROUGHPUT.replace("MILLIS", &millis.to_string()).replace("CASE", &format!("{case:?}"));
        let command = COMMAND.replace("MIB", &mib.to_string()).replace("REFUSED", &format!("{refused:?}"));
        self.put("crates/throughput/main.rs", &throughput);
        self.put("crates/cli/main.rs", &command);
    }

    fn git(&self, args: &[&str]) -> String {
        let output = Command::new("git").current_dir(self.root()).args(args).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn bench(&self, args: &[&str]) -> Output {
        self.bench_in("xtask", args)
    }

    /// With xtask in another place, below which a workspace is looked for.
    fn bench_in(&self, xtask: &str, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(["bench", "--quick", "--force", "--out", "out"]).args(args);
        // The root of the workspace is the folder above xtask's.
        command.env("CARGO_MANIFEST_DIR", self.root().join(xtask)).env_remove("CARGO_TARGET_DIR");
        command.current_dir(self.root()).output().unwrap()
    }

    fn fault(&self, args: &[&str]) -> String {
        Self::said(self.bench(args))
    }

    fn said(output: Output) -> String {
        assert!(!output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        said.lines().skip_while(|line| !line.starts_with("error: ")).collect::<Vec<_>>().join("\n")
    }
}

/// Now sleeps thrice as long, takes 64 MiB more, and has another case and another verb; the files at
/// hand differ from the last commit and stay as they are.
#[test]
fn two_revisions_are_timed_side_by_side() {
    let small = Small::new();
    small.write(30, "step/now", 72, "none");
    small.put(".cargo/config.toml", "[env]\n");
    let status = small.git(&["status", "--porcelain"]);
    let index = fs::read(small.root().join(".git/index")).unwrap();
    let output = small.bench(&["--against", "HEAD", "--only", "step,verbs,build"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fs::read(small.root().join(".git/index")).unwrap(), index);
    assert_eq!(small.git(&["status", "--porcelain"]), status);

    let json: Value =
        serde_json::from_slice(&fs::read(small.root().join("out/bench.json")).unwrap()).unwrap();
    let against = &json["against"];
    let find = |list: &str, key: &str, id: &str| {
        let list = against[list].as_array().unwrap();
        list.iter().find(|entry| entry[key] == id).unwrap_or_else(|| panic!("{id}: {against}")).clone()
    };
    let ratio = find("cases", "id", "step/both")["seconds"]["ratio"]["median"].as_f64().unwrap();
    assert!(ratio > 1.5, "{ratio}");
    let peak = find("peaks", "of", "verbs/fit-ibpm");
    let [now, then] = ["now", "then"].map(|side| peak[side].as_f64().unwrap() / f64::from(1 << 20));
    assert!((64.0 - 1.0..64.0 + 1.0).contains(&(now - then)), "{now} {then}");
    let build = find("cases", "id", "build/debug");
    assert!(build["processors"]["ratio"]["median"].as_f64().unwrap() > 0.0, "{build}");
    let alone = ["only_now", "only_then"].map(|side| against[side].to_string());
    assert_eq!(alone, ["[\"step/now\"]", "[\"step/then\"]"]);
    let caution = json["caution"].as_str().unwrap();
    assert!(
        caution.ends_with(" was built under the .cargo/config.toml of this tree and its own"),
        "{caution}"
    );
    let fault = json["faults"][0].as_str().unwrap();
    assert!(fault.starts_with("verbs/inspect: ") && fault.ends_with("error: no verb `inspect`"), "{fault}");
    assert!(!small.root().join("target/against/cold").exists());
}

#[test]
fn what_cannot_be_compared_is_said_before_anything_is_timed() {
    let small = Small::new();
    let root = small.root().display().to_string();
    assert_eq!(
        small.fault(&["--against", "nowhere"]),
        format!("error: --against: found `nowhere`, expected a revision that git knows in {root}")
    );
    let inside = Small::said(small.bench_in("crates/xtask", &["--against", "HEAD"]));
    let expected = "error: --against needs the git repository of this tree, found none at ";
    assert_eq!(inside, format!("{expected}{root}/crates"));
    let commit = |message: &str| {
        let who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        small.git(&[&who[..], &["commit", "--quiet", "-a", "-m", message]].concat());
        small.git(&["rev-parse", "HEAD"]).trim().to_owned()
    };
    small.put("crates/cli/main.rs", "fn main() { not Rust }\n");
    let broken = commit("broken");
    let fault = small.fault(&["--against", &broken, "--only", "verbs"]);
    let log = small.root().join("target/against").join(&broken).join("build.log");
    assert!(fault.contains(&format!("see {}: the build ended with", log.display())), "{fault}");
    assert!(fs::read_to_string(log).unwrap().contains("not Rust"));
    fs::remove_dir_all(small.root().join("crates/throughput")).unwrap();
    let bare = commit("no measuring end");
    let fault = small.fault(&["--against", &bare, "--only", "step"]);
    assert!(
        fault.ends_with(": found no crates/throughput there; `--only build` needs none of its programs"),
        "{fault}"
    );
}
