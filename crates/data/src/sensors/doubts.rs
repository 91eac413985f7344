//! Readings that are numbers and may be no measurements.

use super::Reading;

/// Rows that are named one by one.
const NAMED: usize = 5;

/// Equal numbers of one component above which it is worth a word.
const EQUAL: usize = 3;

/// Numbers that programs write for a missing one.
const FILLS: [f64; 7] = [999.0, 9999.0, 99999.0, 32767.0, 32768.0, 1e20, 1e30];

/// The fill value of netCDF, and how near to it counts.
const NETCDF: (f64, f64) = (9.96921e36, 1e-4);

/// Times all other numbers that a fill value is above.
const ABOVE: f64 = 10.0;

/// What is odd about the readings, one sentence each.
pub(super) fn doubts(readings: &[Reading], components: &[String]) -> Vec<String> {
    constant(readings, components)
        .into_iter()
        .chain(zeros(readings, components))
        .chain(fills(readings))
        .collect()
}

/// Numbers that stand for a missing one, far above all others.
fn fills(readings: &[Reading]) -> Option<String> {
    let near = |a: f64, (b, tolerance): (f64, f64)| (a / b - 1.0).abs() < tolerance;
    let is_fill = |a: f64| FILLS.contains(&a) || near(a, NETCDF);
    let sizes = readings.iter().flat_map(|r| r.components.iter().flatten().map(|m| (r.row, m.value.abs())));
    let (found, others): (Vec<_>, Vec<_>) = sizes.partition(|(_, size)| is_fill(*size));
    let largest = others.iter().fold(0.0f64, |largest, (_, size)| largest.max(*size));
    let (row, size) = found.iter().find(|(_, size)| *size > ABOVE * largest)?;
    Some(format!(
        "fill values or what looks like them, {} in all: {size} in size in row {row}, all others at most {largest}; \
         leave such cells empty",
        found.len()
    ))
}

/// A component whose numbers are all the same.
fn constant(readings: &[Reading], components: &[String]) -> Vec<String> {
    let constant = |c: usize| {
        let values: Vec<f64> =
            readings.iter().filter_map(|reading| reading.components[c]).map(|m| m.value).collect();
        let (first, rest) = values.split_first()?;
        let equal = rest.len() >= EQUAL && rest.iter().all(|value| value.total_cmp(first).is_eq());
        equal.then(|| format!("column `{}`: all {} numbers are {first}", components[c], values.len()))
    };
    (0..components.len()).filter_map(constant).collect()
}

/// Some readings of u = v = 0 among others: what invalid vectors are written as.
fn zeros(readings: &[Reading], components: &[String]) -> Option<String> {
    let [u, v] = ["u", "v"].map(|name| components.iter().position(|c| c == name));
    let (u, v) = (u?, v?);
    let both = |reading: &&Reading| reading.components[u].is_some() && reading.components[v].is_some();
    let zero = |reading: &&Reading| {
        [u, v].iter().flat_map(|c| reading.components[*c]).all(|measured| measured.value == 0.0)
    };
    let count = readings.iter().filter(both).count();
    let rows: Vec<u64> = readings.iter().filter(both).filter(zero).map(|reading| reading.row).collect();
    if rows.is_empty() || rows.len() == count {
        return None;
    }
    let named: Vec<String> = rows.iter().take(NAMED).map(u64::to_string).collect();
    let more = if rows.len() > NAMED { ", …" } else { "" };
    Some(format!(
        "{} of {count} rows with both components have u = v = 0 exactly (row {}{more}): OpenPIV and others write masked \
         or invalid vectors so; leave out those that were not measured",
        rows.len(),
        named.join(", ")
    ))
}
