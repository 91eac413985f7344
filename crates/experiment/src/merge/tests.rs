//! Parts put together: rows that agree, rows that do not, and what the whole says of them.

use super::*;
use crate::manifest::tests::provenance;
use crate::tests::{Plan, Row, standard};
use crate::{Existing, Output};
use std::fmt;

/// A trial by its place in the plan.
#[derive(Clone, Debug)]
struct Place(u64);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trial {}", self.0)
    }
}

impl Work for Place {
    type Plan = Plan;
    type Record = Row;
    const TABLES: &'static [&'static str] = &[];

    fn identity(&self) -> Result<String> {
        Ok(Row::of(self.0).identity)
    }

    fn same_scene(&self, _: &Self) -> bool {
        true
    }

    fn write(_: &Path, _: &[Row]) -> Result<()> {
        Ok(())
    }
}

fn plan() -> (Plan, Vec<Place>) {
    (standard(), (0..4).map(Place).collect())
}

/// A shard with these rows, each as `change` leaves it.
fn shard(folder: &Path, (index, of): (usize, usize), rows: &[u64], change: impl Fn(&mut Row)) -> PathBuf {
    let shard = Shard::new(index, of).unwrap();
    let folder = shard.folder(folder);
    let asked = Provenance { shard: Some(shard), ..provenance() };
    let output = Output::<Place>::open(&folder, plan(), asked, Existing::Refuse).unwrap();
    for &place in rows {
        let mut row = Row::of(place);
        change(&mut row);
        output.journal().append(&row).unwrap();
    }
    output.close().unwrap();
    folder
}

fn read(folders: &[PathBuf]) -> Vec<Part<Place>> {
    folders.iter().map(|folder| Part::read(folder).unwrap()).collect()
}

#[test]
fn rows_that_agree_but_for_their_wall_time_are_one() {
    let at = tempfile::tempdir().unwrap();
    let (out, again) = (at.path().join("out"), at.path().join("again"));
    shard(&out, (1, 2), &[0, 1], |_| {});
    shard(&out, (2, 2), &[3], |_| {});
    let doubled = shard(&again, (1, 2), &[1], |row| row.seconds = 9.0);
    let folders = [parts(&out).unwrap(), vec![doubled]].concat();
    for _ in 0..2 {
        let merged = Merged::of(read(&folders), false).unwrap();
        let output = Output::merge(&out, plan(), merged).unwrap();
        let rows: Vec<Row> = output.rows().unwrap();
        assert_eq!(rows, [0, 1, 3].map(Row::of));
        assert_eq!(output.pending().iter().map(ToString::to_string).collect::<Vec<_>>(), ["trial 2"]);
        let shards: Vec<_> =
            output.manifest().shards.iter().map(|share| (share.shard.to_string(), share.finished)).collect();
        assert_eq!(shards, [("1/2".to_owned(), 2), ("2/2".to_owned(), 1)]);
    }
    assert_eq!(parts(&out).unwrap().len(), 3, "the whole is a part from then on");
}

#[test]
fn rows_that_differ_are_named_with_both_folders() {
    let at = tempfile::tempdir().unwrap();
    let folders = [
        shard(&at.path().join("a"), (1, 1), &[0, 1], |_| {}),
        shard(&at.path().join("b"), (1, 1), &[1], |row| row.rmse = 0.5),
    ];
    let told = Merged::of(read(&folders), false).unwrap_err().to_string();
    for part in ["`rmse` is 3.3333333333333335e+299 in ", " and 0.5 in ", "a/shard-1-of-1", "b/shard-1-of-1"]
    {
        assert!(told.contains(part), "expected {part:?} in {told}");
    }
}

#[test]
fn a_shard_that_is_running_is_read_and_left_alone() {
    let at = tempfile::tempdir().unwrap();
    let folder = shard(at.path(), (1, 1), &[0], |_| {});
    let journal = folder.join(JOURNAL);
    let mut bytes = fs::read(&journal).unwrap();
    let last = bytes.iter().rposition(|&byte| byte == b'\n').unwrap();
    let begun = bytes[..last].iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
    bytes.extend_from_within(begun..begun + 20);
    fs::write(&journal, &bytes).unwrap();
    assert_eq!(Part::<Place>::read(&folder).unwrap().rows(), 1);
    assert_eq!(fs::read(&journal).unwrap(), bytes);
}
