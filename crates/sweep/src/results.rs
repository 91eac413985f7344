//! The table of results, `results.csv`.

use crate::{Row, Trial};
use equipoise_experiment::{PLAN_TOML, RESULTS_CSV, Work, untimed, write_table};
use equipoise_report::Table;
use std::path::Path;

/// The rows of a sweep.
impl Work for Trial {
    type Plan = crate::Plan;
    type Record = Row;
    const TABLES: &'static [&'static str] = &[RESULTS_CSV, PLAN_TOML];

    fn identity(&self) -> equipoise_experiment::Result<String> {
        self.identity()
    }

    fn same_scene(&self, other: &Self) -> bool {
        self.same_scene(other)
    }

    /// In one step: the old table stands until the new one is complete.
    fn write(folder: &Path, rows: &[Row]) -> equipoise_experiment::Result<()> {
        write_table(&folder.join(RESULTS_CSV), &untimed(table(rows)))
    }
}

pub(crate) fn table(rows: &[Row]) -> Table {
    Table::of(&Row::columns(), rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::outcome;
    use crate::trial::tests::example;

    /// The header names the fields of a row in order.
    #[test]
    fn the_columns_are_the_fields_of_a_row_in_order() {
        let row = outcome(&example());
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(&row).unwrap();
        let head = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().lines().next().map(str::to_owned);
        assert_eq!(head(table(&[row]).csv().unwrap()), head(writer.into_inner().unwrap()));
    }

    #[test]
    fn a_table_without_rows_is_its_header() {
        let header = table(&[]).csv().unwrap();
        assert!(
            header.starts_with(b"dataset,protocol,prior,law,method,sub,n_obs,")
                && header.ends_with(b",note\n")
        );
        assert_eq!(header.iter().filter(|&&byte| byte == b',').count(), 49);
    }
}
