//! The page of a verdict.

use crate::finding::{Finding, Hearing};
use crate::judgement::{Row, Verdict as Word};
use crate::written::{sensors, statistics, word};
use equipoise_report::{
    Block, Caption, Cell, Chart, Column, Page, Scale, Section, Series, Table, Tone, Verdict, significant,
};

/// Places that the table lists.
const LISTED: usize = 200;

/// The page.
pub(crate) fn page_of(finding: &Finding, facts: Vec<(String, String)>) -> Page {
    let lead = std::iter::once(finding.headline()).chain(finding.sentences());
    let warnings = finding.warnings.iter().map(|text| format!("Warning: {text}."));
    let notes = finding.notes.iter().map(|text| ("note".to_owned(), text.clone()));
    let mut sections = vec![verdicts(finding), cases(finding)];
    if !finding.judgement.places.is_empty() {
        sections.insert(1, places(finding));
    }
    Page {
        title: format!(
            "Can the ensemble be trusted? It {}",
            match finding.judgement.verdict {
                Word::Consistent => "is consistent",
                Word::Fails => "fails",
                Word::Undecided => "cannot be told",
            }
        ),
        lead: lead.chain(warnings).collect(),
        facts: facts.into_iter().chain(notes).collect(),
        sections,
        notes: definitions(),
    }
}

fn verdicts(finding: &Finding) -> Section {
    let level = finding.judgement.level;
    let can_tell = finding.judgement.least_p <= level;
    let mut columns = statistics();
    columns.insert(
        1,
        Column::new("verdict", "at the level, among all statistics", move |row: &Row| {
            let (found, tone) = match row.p_adjusted <= level {
                true => (Word::Fails, Tone::Poor),
                false if can_tell => (Word::Consistent, Tone::Good),
                false => (Word::Undecided, Tone::Weak),
            };
            Cell::State(Verdict { label: word(found).into(), tone })
        }),
    );
    let text = format!(
        "The furthest out first. Low and high: the central {} % of what members give in the truth's place.",
        significant(100.0 * (1.0 - level), 3)
    );
    let table = Table::of(&columns, &finding.judgement.rows).captioned(Caption {
        text,
        space: "withheld readings in units of their noise, fields in the members' physical units".into(),
        n_convention: "means over all withheld numbers, or over all cells with flow of all frames and components; ranks \
                       among M + 1"
            .into(),
    });
    Section { title: "Statistics".into(), blocks: vec![Block::Chart(scores(finding)), Block::Table(table)] }
}

/// How far out each statistic is, in the order of the table.
fn scores(finding: &Finding) -> Chart {
    let points = finding.judgement.rows.iter().enumerate();
    Chart {
        caption: Caption {
            text: "How far out the truth is, in the order of the table below: above 3 or 4 it is rarely by chance, \
                   the p-values say exactly."
                .into(),
            space: "standard deviations of a law that is about normal".into(),
            n_convention: "each over the cases that have it".into(),
        },
        x_name: "place in the table".into(),
        y_name: "|score|".into(),
        y_scale: Scale::Linear,
        y_bounds: (0.0, 45.0),
        reference: Some((2.58, "1 % of one statistic".into())),
        series: vec![Series {
            name: "truth".into(),
            points: points.map(|(i, row)| ((i + 1) as f64, row.score.abs())).collect(),
        }],
    }
}

fn places(finding: &Finding) -> Section {
    let places = &finding.judgement.places;
    let table = Table::of(&sensors(), places.iter().take(LISTED)).captioned(Caption {
        text: format!("{} of {} places, the furthest out first.", places.len().min(LISTED), places.len()),
        space: "standard deviations of what members read there".into(),
        n_convention: "each over all its readings, in the cases that read there".into(),
    });
    Section { title: "Withheld sensors".into(), blocks: vec![Block::Table(table)] }
}

fn cases(finding: &Finding) -> Section {
    let columns = [
        Column::new("members", "file", |h: &Hearing| h.file.clone()),
        Column::new("M", "that took the truth's place", |h: &Hearing| h.members),
        Column::new("in file", "members in the file", |h: &Hearing| h.in_file),
        Column::new("frames", "of each", |h: &Hearing| h.frames),
        Column::new("effective size", "1/Σ w² of weighted members", |h: &Hearing| h.effective_size),
        Column::new("withheld", "measured numbers", |h: &Hearing| h.withheld),
        Column::new("truth", "whether one was given", |h: &Hearing| if h.truth { "given" } else { "none" }),
        Column::new(
            "χ of used readings",
            "root mean square over members; no band without a prior",
            |h: &Hearing| h.used_chi,
        ),
    ];
    let table = Table::of(&columns, &finding.hearings).captioned(Caption {
        text: "The files of members, and what they were judged by.".into(),
        space: "χ in units of the noise".into(),
        n_convention: "withheld: numbers, each component one; χ over all used numbers".into(),
    });
    Section { title: "Cases".into(), blocks: vec![Block::Table(table)] }
}

fn definitions() -> Vec<(String, String)> {
    let fixed = [
        (
            "exchangeability",
            "If members are draws of the posterior that the truth is a draw of, each may stand in the truth's place, \
             with readings H x + noise of its own. A statistic of one against the others then has a uniform rank among \
             M + 1, whatever the correlations between sensors or cells. No band on this page rests on a count of \
             sensors or cells.",
        ),
        (
            "p of all",
            "In every case one of M + 1 fields is chosen to be the truth; all choices, or 10,000 drawn by key. The share \
             of choices whose furthest statistic is at least as far out as this one of the truth (single-step maxT, \
             Westfall & Young 1993): it allows for the number of statistics and their correlations.",
        ),
        (
            "score",
            "Over cases, the larger of |Σ a|/√K and of the deviate of Σ a², a each case's distance from the other fields in \
             their standard deviations. It only makes statistics comparable.",
        ),
        (
            "±",
            "Half the 95 % interval of the mean over independent cases, by Student's law; none for one case.",
        ),
    ];
    let kinds = crate::KINDS.iter().map(|kind| (kind.name.to_owned(), kind.meaning.to_owned()));
    fixed.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).chain(kinds).collect()
}
