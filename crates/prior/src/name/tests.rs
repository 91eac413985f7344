//! What names say and which are refused.

use super::*;
use crate::PriorDenoiser;
use crate::entries::Making;
use std::path::PathBuf;

#[test]
fn what_is_written_is_read_back() {
    for text in [
        "wiener",
        "optimal@4",
        "local:0",
        "equivariant_local:2:8",
        "locality",
        "locality:0@2",
        "locality:0.02",
    ] {
        let name: DenoiserName = text.parse().unwrap();
        assert_eq!(name.to_string(), text);
        assert!(DenoiserName::all().any(|spec| spec == name.spec()));
        assert_eq!(name.clone().pinned().unwrap(), name, "no file, no checksum");
        let json = serde_json::to_string(&name).unwrap();
        assert_eq!(serde_json::from_str::<DenoiserName>(&json).unwrap(), name);
    }
    assert_eq!("local".parse::<DenoiserName>().unwrap().to_string(), "local:4");
    assert_eq!("wiener".parse::<DenoiserName>().unwrap(), DenoiserName::wiener());
}

#[test]
fn what_a_prior_is_follows_from_its_name() {
    let of = |of: fn(&DenoiserName) -> bool| {
        let parse = |spec: &PriorSpec| match spec.settings.starts_with('[') || spec.settings.is_empty() {
            true => spec.name.parse().unwrap(),
            false => format!("{}:there", spec.name).parse().unwrap(),
        };
        let all = DenoiserName::all().filter(|spec| of(&parse(spec)));
        all.map(|spec| spec.name).collect::<Vec<_>>()
    };
    assert_eq!(of(DenoiserName::is_gaussian), ["wiener"]);
    assert_eq!(of(DenoiserName::knows_posterior), ["wiener", "optimal"]);
    assert_eq!(of(|name| !name.needs_windows()), ["wiener", "network", "serve"]);
}

#[test]
fn a_name_that_says_too_much_or_nonsense_is_refused() {
    for text in [
        "",
        "Wiener",
        "wiener@2",
        "wiener#12",
        "optimal#",
        "optimal#0123456789abcdef",
        "optimal:3",
        "local:-1",
        "local:1:2",
        "equivariant_local:4:0",
        "locality:1.5",
        "locality:nan",
        "optimal@0",
        "optimal@",
        "optimal@2@2",
        "local:",
    ] {
        let refused = text.parse::<DenoiserName>().unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("denoiser: found `{text}`, expected wiener, optimal")),
            "{refused}"
        );
    }
}

/// A prior that is read from a file.
#[derive(Debug)]
struct Stored(PathBuf);

impl Chosen for Stored {
    fn settings(&self) -> String {
        format!(":{}", self.0.display())
    }

    fn make(&self, over: &Making<'_>) -> Result<PriorDenoiser> {
        OfData::Wiener.make(over)
    }

    fn elsewhere(&self) -> bool {
        true
    }

    fn files(&self) -> Vec<PathBuf> {
        vec![self.0.clone()]
    }
}

/// Weights that change under one name have another identity, and a stated one is held to.
#[test]
fn a_prior_from_a_file_is_known_by_its_checksum() {
    const STORED: PriorSpec = PriorSpec {
        name: "stored",
        settings: ":FILE",
        about: "",
        windows: false,
        knows: Knows::Denoiser,
        verbatim: false,
    };
    let entries = [Entry { spec: &STORED, read: |s| Some(Arc::new(Stored(s.first()?.into()))) }];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a@b.bin");
    let read = |text: &str| parse(text, &entries).unwrap();
    let written = |content: &str| {
        std::fs::write(&path, content).unwrap();
        read(&format!("stored:{}", path.display())).pinned().unwrap()
    };
    let (one, other) = (written("one"), written("other"));
    assert_ne!(one, other);
    assert_eq!(read(&other.to_string()).pinned().unwrap().to_string(), other.to_string());
    let refused = one.pinned().unwrap_err().to_string();
    assert!(refused.contains("sha256: found d9298a10d1b07358, expected 7692c3ad3540bb80"), "{refused}");
}

/// A name that a plan or a manifest keeps is read whatever lies in the folder of the process, and is held to its
/// checksum when it is opened.
#[test]
fn a_checksum_is_read_where_its_files_are_not() {
    for text in ["network:none/weights.pth#0123456789abcdef", "serve:nothing there#0123456789abcdef"] {
        let name: DenoiserName = text.parse().unwrap();
        assert_eq!((name.to_string().as_str(), name.checksum()), (text, Some("0123456789abcdef")));
    }
    let name: DenoiserName = "network:none/weights.pth#0123456789abcdef".parse().unwrap();
    let refused = name.pinned().unwrap_err().to_string();
    assert_eq!(
        refused,
        "prior network:none/weights.pth, sha256: found no such file, expected 0123456789abcdef as its name says"
    );
}

/// Published values of the hash.
#[test]
fn a_text_has_the_digits_of_its_hash() {
    assert_eq!(
        [digits(""), digits("a"), digits("foobar")],
        ["cbf29ce484222325", "af63dc4c8601ec8c", "85944171f73967e8"]
    );
}
