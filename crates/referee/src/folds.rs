//! Without withheld readings: which sensors to leave out in turn, as tables, and what to run again.

use crate::{RefereeError, Result};
use equipoise_data::sensors::{Reading, read_sensors};
use equipoise_report::write_atomically;
use equipoise_stream::Stream;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One fold: the readings to use, and those to withhold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// To make members with.
    pub used: PathBuf,
    /// To judge them by.
    pub withheld: PathBuf,
}

/// The names of the tables of so many folds.
pub fn fold_files(folds: usize) -> Vec<String> {
    (1..=folds).flat_map(|k| [format!("fold_{k}_used.csv"), format!("fold_{k}_withheld.csv")]).collect()
}

/// Divides the places of a table into folds by key, whole places each, and writes both tables of every fold.
///
/// A place keeps all its readings: what it read a moment ago would tell what it reads now. Folds share one truth, so
/// that they are no independent cases.
///
/// # Errors
/// [`RefereeError::Data`], [`RefereeError::Folds`] for fewer places than folds, [`RefereeError::Written`].
pub fn write_folds(
    table: &Path,
    noise: Option<f64>,
    components: &[String],
    (folder, folds): (&Path, usize),
    draws: Stream,
) -> Result<Vec<Fold>> {
    let readings = read_sensors(table, noise, components)?.readings;
    let mut places: BTreeMap<(u64, u64), usize> = BTreeMap::new();
    for reading in &readings {
        let next = places.len();
        places.entry((reading.x.to_bits(), reading.y.to_bits())).or_insert(next);
    }
    if places.len() < folds {
        return Err(RefereeError::Folds { path: table.into(), found: places.len(), folds });
    }
    let keys = draws.text("folds").uniform(0, places.len());
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|a, b| keys[*a].total_cmp(&keys[*b]));
    let mut fold_of = vec![0; places.len()];
    order.iter().enumerate().for_each(|(rank, place)| fold_of[*place] = rank % folds);
    let fold = |reading: &Reading| fold_of[places[&(reading.x.to_bits(), reading.y.to_bits())]];
    let mut written = Vec::new();
    for k in 0..folds {
        let [used, withheld] =
            ["used", "withheld"].map(|what| folder.join(format!("fold_{}_{what}.csv", k + 1)));
        write(&used, readings.iter().filter(|r| fold(r) != k), components)?;
        write(&withheld, readings.iter().filter(|r| fold(r) == k), components)?;
        written.push(Fold { used, withheld });
    }
    Ok(written)
}

/// A table that is read back to the same readings, but for the numbers of rows.
fn write<'a>(path: &Path, readings: impl Iterator<Item = &'a Reading>, components: &[String]) -> Result<()> {
    let fault = |detail: String| RefereeError::Written { what: "fold", detail: detail.into() };
    let mut to = csv::Writer::from_writer(Vec::new());
    let names = components.iter().flat_map(|name| [name.clone(), format!("noise_{name}")]);
    let head: Vec<String> = ["time", "x", "y"].map(String::from).into_iter().chain(names).collect();
    to.write_record(&head).map_err(|e| fault(e.to_string()))?;
    for reading in readings {
        let cells = reading.components.iter().take(components.len()).flat_map(|measured| match measured {
            Some(measured) => [format!("{:?}", measured.value), format!("{:?}", measured.noise)],
            None => [String::new(), String::new()],
        });
        let place = [reading.time, reading.x, reading.y].map(|x| format!("{x:?}"));
        to.write_record(place.into_iter().chain(cells)).map_err(|e| fault(e.to_string()))?;
    }
    let bytes = to.into_inner().map_err(|e| fault(e.to_string()))?;
    Ok(write_atomically(path, &bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reading is withheld once, with all of its place, and comes back to the bit.
    #[test]
    fn folds_divide_places_and_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("obs.csv");
        let mut text = "time,x,y,u,v,noise\n".to_owned();
        for i in 0..14 {
            let v = if i % 3 == 0 { String::new() } else { format!("{}", (i as f64).sin()) };
            text += &format!("{},{},0.5,{},{v},0.1\n", i / 7, i % 7, (i as f64).cos());
        }
        std::fs::write(&table, text).unwrap();
        let components = ["u".to_owned(), "v".to_owned()];
        let folds = write_folds(&table, None, &components, (folder.path(), 3), Stream::new("folds")).unwrap();
        let read = |path: &Path| read_sensors(path, None, &components).unwrap().readings;
        let bare = |mut r: Reading| {
            r.row = 0;
            format!("{r:?}")
        };
        let mut all: Vec<String> = Vec::new();
        for fold in &folds {
            let (used, withheld) = (read(&fold.used), read(&fold.withheld));
            assert_eq!(used.len() + withheld.len(), 14);
            assert!(withheld.iter().all(|a| used.iter().all(|b| a.x.to_bits() != b.x.to_bits())));
            all.extend(withheld.into_iter().map(bare));
        }
        let mut expected: Vec<String> = read(&table).into_iter().map(bare).collect();
        all.sort();
        expected.sort();
        assert_eq!(all, expected);
        let few = write_folds(&table, None, &components, (folder.path(), 9), Stream::new("folds"));
        assert!(few.unwrap_err().to_string().contains("found 7 places with readings, expected at least 9"));
    }
}
