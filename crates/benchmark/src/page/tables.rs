//! The tables of the page with their captions.

use super::caption;
use crate::record::Tuned;
use crate::{Overall, Standing, columns};
use equipoise_report::{Table, significant};

/// The samplers or the point estimates of a dataset.
pub(super) fn overall_table(totals: &[&Overall]) -> Table {
    let text = totals.first().map_or_else(String::new, |first| ranking(first));
    columns::overall_on_page(totals.iter().copied()).captioned(caption(text))
}

/// What a table is ranked by.
fn ranking(of: &Overall) -> String {
    let error = of.exact_error.map_or_else(String::new, |error| {
        format!(
            " Exact samples have 1, with a standard error of {} from their number.",
            significant(error, 2)
        )
    });
    format!(
        "Overall: {} over all cases, geometric means. What exploded in fewer cases comes first; of these the least \
         over the other cases.{error}",
        of.ranking()
    )
}

/// The samplers or the point estimates of a case.
pub(super) fn case_table(batch: &[&Standing]) -> Table {
    let text = batch.first().map_or_else(String::new, |s| {
        let kind = if s.point_estimate { "point estimates" } else { "samplers" };
        format!("{}, {}: {kind}.", s.dataset, s.case)
    });
    columns::case(batch).captioned(caption(text))
}

pub(super) fn tuning_table(tunings: &[&Tuned]) -> Table {
    let text = "Tuned parameters: the CRPS of each value of the grid on the validation truth, of point estimates the \
                MAE, and the one chosen.";
    columns::tuning_on_page(tunings).captioned(caption(text.into()))
}
