//! The table of results, `results.csv`.

use crate::{Error, Result, Row};
use equipoise_experiment::replace;
use std::path::Path;

/// The columns: those of the data sheet, then what tells rows apart, the way there and note.
const HEADER: &str = "dataset,protocol,prior,law,method,sub,n_obs,n_ref,n_convention,std,gamma,schedule,steps,\
    corrections,tau,sampler,spacing,noise,seed,members,normalizer,axes,min,max,truth_min,truth_max,energy_ratio,\
    fluctuation_ratio,rmse,rmse_observed,rmse_unobserved,misfit,posterior_mean_rmse,floor_rmse,\
    bias_over_posterior_std,spread_ratio,guidance_excess_t0.9,guidance_excess_t0.5,guidance_excess_t0.1,\
    state,diverged_at,seconds,identity,backend,build,space,peak,peak_deviation,evaluations,note";

/// Writes the table in one step: the old table stands until the new one is complete.
pub(crate) fn write(path: &Path, rows: &[Row]) -> Result<()> {
    let bytes = table(rows).map_err(|source| Error::Csv { path: path.to_owned(), source })?;
    Ok(replace(path, &bytes)?)
}

fn table(rows: &[Row]) -> std::result::Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(HEADER.split(','))?;
    for row in rows {
        writer.serialize(row)?;
    }
    writer.into_inner().map_err(|fault| fault.into_error().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::outcome;
    use crate::trial::tests::example;

    #[test]
    fn the_header_names_the_fields_of_a_row_in_order() {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(Row::new(&example(), outcome(), 0).unwrap()).unwrap();
        let bytes = writer.into_inner().unwrap();
        let header = csv::Reader::from_reader(bytes.as_slice()).headers().unwrap().clone();
        assert_eq!(header, csv::StringRecord::from(HEADER.split(',').collect::<Vec<_>>()));
    }

    #[test]
    fn a_table_without_rows_is_its_header() {
        assert_eq!(table(&[]).unwrap(), format!("{HEADER}\n").into_bytes());
    }
}
