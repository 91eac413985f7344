//! What a journal survives, each against a real file.

use super::*;
use crate::tests::Row;

const NAME: &str = "journal.log";

fn rows(count: u64) -> Vec<Row> {
    (0..count).map(Row::of).collect()
}

fn written(path: &Path, rows: &[Row]) -> Vec<u8> {
    let journal = Journal::create(path).unwrap();
    rows.iter().for_each(|row| journal.append(row).unwrap());
    fs::read(path).unwrap()
}

fn reopened(path: &Path) -> (Journal<Row>, Option<Torn>) {
    let (journal, found) = Journal::<Row>::reopen(path, false).unwrap();
    assert_eq!(found.aside, None);
    (journal, found.torn)
}

fn all(journal: &Journal<Row>, rows: &[Row]) -> Vec<Row> {
    let identities: Vec<String> = rows.iter().map(|row| row.identity().to_owned()).collect();
    journal.rows(&identities).unwrap()
}

#[test]
fn a_crash_at_any_byte_of_the_last_line_loses_that_line_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let rows = rows(3);
    let whole = written(&folder.path().join("three"), &rows);
    let kept = written(&folder.path().join("two"), &rows[..2]);
    for end in kept.len()..=whole.len() {
        fs::write(&path, &whole[..end]).unwrap();
        // Whoever only looks sees the same, and leaves the file as it is.
        let seen = Records::<Row>::read(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), &whole[..end]);
        let (journal, torn) = reopened(&path);
        // Without its end of line the last row is whole; short of that it is not.
        let complete = end + 1 >= whole.len();
        let expected = (!complete && end > kept.len()).then(|| Torn { line: 4, bytes: end - kept.len() });
        assert_eq!((&torn, seen.torn()), (&expected, expected.as_ref()), "cut at byte {end}");
        assert_eq!(all(&journal, &rows), rows[..if complete { 3 } else { 2 }]);
        assert_eq!((seen.len(), journal.len()), (journal.len(), if complete { 3 } else { 2 }));
        assert_eq!(fs::read(&path).unwrap(), if complete { &whole[..] } else { &kept[..] });
        if !complete {
            journal.append(&rows[2]).unwrap();
            assert_eq!(fs::read(&path).unwrap(), whole, "appended after a cut at byte {end}");
            assert_eq!(all(&journal, &rows), rows);
        }
    }
}

/// Room that a file system gave to bytes that never came.
#[test]
fn a_tail_of_zeros_is_torn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let whole = written(&path, &rows(2));
    for (end, kept, line) in [(whole.len(), 2, 4), (whole.len() - 9, 1, 3)] {
        fs::write(&path, [&whole[..end], &[0; 100]].concat()).unwrap();
        let (journal, torn) = reopened(&path);
        assert_eq!((journal.len(), torn.unwrap().line), (kept, line));
        assert!(!fs::read(&path).unwrap().contains(&0));
    }
    fs::write(&path, [&whole[..whole.len() - 1], &[0; 100]].concat()).unwrap();
    assert_eq!((reopened(&path).0.len(), fs::read(&path).unwrap()), (2, whole));
}

/// No flipped bit passes, wherever it is; mending keeps every other row and the file as it was.
#[test]
fn a_flipped_bit_is_named_and_mending_keeps_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let rows = rows(3);
    let whole = written(&path, &rows);
    // Every bit of the ends of lines, and some of every field.
    let ends = |bit: &usize| whole[bit / 8] == b'\n' || bit.is_multiple_of(31);
    for bit in (0..8 * whole.len()).filter(ends) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &bytes).unwrap();
        let fault = Journal::<Row>::reopen(&path, false).unwrap_err();
        assert!(matches!(fault, Error::Damaged { .. }), "bit {bit}: {fault}");
        assert!(matches!(Records::<Row>::read(&path), Err(Error::Damaged { .. })), "bit {bit}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "bit {bit}");
        let (journal, found) = Journal::<Row>::reopen(&path, true).unwrap();
        let aside = found.aside.unwrap();
        let kept = all(&journal, &rows);
        assert!(kept.len() == aside.kept && kept.iter().all(|row| rows.contains(row)));
        assert!(aside.kept >= 1 && aside.damaged == 1, "bit {bit}: {aside:?}");
        assert_eq!(fs::read(folder.path().join(&aside.name)).unwrap(), bytes, "bit {bit}");
        for row in rows.iter().filter(|row| !journal.contains(row.identity())) {
            journal.append(row).unwrap();
        }
        assert_eq!(all(&journal, &rows), rows);
        assert_eq!(all(&reopened(&path).0, &rows), rows);
    }
}

#[test]
fn damage_is_told_with_its_place_and_the_way_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let mut bytes = written(&path, &rows(2));
    bytes[60] = b'[';
    fs::write(&path, &bytes).unwrap();
    let message = Journal::<Row>::reopen(&path, false).unwrap_err().to_string();
    let message = message.replace(folder.path().to_str().unwrap(), "out");
    insta::assert_snapshot!(message, @"out/journal.log: line 2, byte 20: found a record with the checksum d9b6b427, expected the checksum 83a97c61 that it states; --resume=mend sets the file aside as it is, goes on with its whole rows and runs the others again");
}

/// Sound lines that no version wrote, and a journal of something else.
#[test]
fn what_is_no_row_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    fs::write(&path, [frame::HEADER, &frame::line(br#"{"identity":"a","other":1}"#)].concat()).unwrap();
    let message = Journal::<Row>::reopen(&path, false).unwrap_err().to_string();
    assert!(message.ends_with("journal.log: line 2 is not a row of results"), "{message}");
    fs::write(&path, "{}\n").unwrap();
    let message = Journal::<Row>::reopen(&path, false).unwrap_err().to_string();
    assert!(
        message.contains(r#"line 1, byte 0: found "{}\n", expected "equipoise journal 1\n""#),
        "{message}"
    );
}

/// Two processes that ran the same trial: the same row counts once, another is an error.
#[test]
fn a_row_that_is_there_twice_counts_once_and_two_rows_that_differ_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let rows = rows(2);
    let mut bytes = written(&path, &rows);
    bytes.extend(frame::line(&encode(&Row { seconds: 9.0, ..rows[0].clone() }).unwrap()));
    fs::write(&path, &bytes).unwrap();
    let (journal, _) = reopened(&path);
    assert_eq!(all(&journal, &rows), rows, "the first stands");
    drop(journal);
    bytes.extend(frame::line(&encode(&Row { rmse: f64::NAN, ..rows[1].clone() }).unwrap()));
    fs::write(&path, &bytes).unwrap();
    let message = Journal::<Row>::reopen(&path, false).unwrap_err().to_string();
    assert!(message.contains("lines 3 and 5: found two rows of the trial 0000000000000001"), "{message}");
    let (journal, found) = Journal::<Row>::reopen(&path, true).unwrap();
    assert_eq!((found.aside.unwrap().damaged, all(&journal, &rows)), (1, rows));
}

#[test]
fn threads_append_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let journal = Journal::create(&path).unwrap();
    let rows = rows(24);
    std::thread::scope(|scope| {
        for part in rows.chunks(6) {
            scope.spawn(|| part.iter().for_each(|row| journal.append(row).unwrap()));
        }
    });
    assert_eq!(all(&journal, &rows), rows);
    let (again, torn) = reopened(&path);
    assert_eq!((all(&again, &rows), torn), (rows, None));
}

#[test]
fn a_trial_has_one_row_and_a_journal_one_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let journal = Journal::create(&path).unwrap();
    let row = rows(1).remove(0);
    journal.append(&row).unwrap();
    assert!(matches!(journal.append(&row), Err(Error::RepeatedRow { .. })));
    assert!(matches!(Journal::<Row>::create(&path), Err(Error::Io { .. })));
    journal.sync().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no partial file stays");
}

/// A row that changes on the disk while its run goes on is an error, and no row.
#[test]
fn what_is_read_back_is_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let rows = rows(2);
    written(&path, &rows);
    let (journal, _) = reopened(&path);
    let mut bytes = fs::read(&path).unwrap();
    let digit = bytes.windows(2).position(|two| two == b".2").unwrap() + 1;
    bytes[digit] = b'3';
    fs::write(&path, &bytes).unwrap();
    let identities: Vec<String> = rows.iter().map(|row| row.identity().to_owned()).collect();
    assert!(matches!(journal.rows(&identities[..1]), Err(Error::Damaged { line: 2, .. })));
    assert_eq!(journal.rows(&identities[1..]).unwrap(), rows[1..]);
}

/// Linux answers every write to `/dev/full` as a full disk does, and cannot cut it: after that nothing is written.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_and_no_row() {
    let path = Path::new("/dev/full");
    let file = OpenOptions::new().append(true).open(path).unwrap();
    let journal = Journal::<Row>::with(path, file, Scan::default()).unwrap();
    let faults = [(); 2].map(|()| journal.append(&rows(1)[0]).unwrap_err());
    assert!(faults.iter().all(|fault| matches!(fault, Error::Io { .. })), "{faults:?}");
    let told = crate::error::tests::told(&faults[1]);
    assert!(told.ends_with("an earlier row could be neither written nor taken back"), "{told}");
    assert!(journal.is_empty());
}
