//! One case from its files: members, readings and truth brought together, every number read once.

use crate::copies::Copies;
use crate::members::Members;
use crate::statistic::Case;
use crate::{Fields, RefereeError, Result, Walls, Withheld};
use equipoise_data::sensors::{Dropped, Entry, Outside, PlacingRule, SNAP_TOLERANCE, place, read_sensors};
use equipoise_data::{Attribute, Dataset, LoadOptions, Remark, load_beside};
use equipoise_operator::TimeRule;
use equipoise_stream::Stream;
use std::path::{Path, PathBuf};

/// The files of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The members.
    pub members: PathBuf,
    /// Their weights, where they do not stand beside them.
    pub weights: Option<PathBuf>,
    /// Readings that the members were made with.
    pub used: Option<PathBuf>,
    /// Readings that they were not made with.
    pub withheld: Option<PathBuf>,
    /// The truth, and which trajectory of the file.
    pub truth: Option<(PathBuf, usize)>,
}

/// How files are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Axes and kind, where files do not state them.
    pub options: LoadOptions,
    /// Standard deviation of noise, where tables state none.
    pub noise: Option<f64>,
    /// Time of the first frame; that of the members' file, else 0, where it is none.
    pub start: Option<f64>,
    /// Between frames.
    pub times: TimeRule,
    /// What happens to readings where the members have no flow.
    pub outside: Outside,
}

/// What was heard of a case.
#[derive(Debug)]
pub struct Heard {
    /// What it says.
    pub case: Case,
    /// Members and frames that took part, and members in the file.
    pub members: [usize; 3],
    /// 1/Σ w², where members are weighted.
    pub effective: Option<f64>,
    /// Groups of members, by their index in the file, that are one field.
    pub copies: Vec<Vec<usize>>,
    /// What tells the members that took part from each other, and from those of other cases.
    pub names: Vec<u64>,
    /// What tells truth and withheld readings from those of other cases.
    pub judged_by: [Option<String>; 2],
    /// Members that are the truth to the bit.
    pub copied: Vec<usize>,
    /// What components are called.
    pub components: Vec<String>,
    /// Withheld readings, with their residual from the mean in units of their noise.
    pub residuals: Vec<(Entry, f64)>,
    /// χ of used readings, one a member.
    pub used: Vec<f64>,
    /// What the root mean square of them would be of exact members, where a prior says so.
    pub used_band: Option<[f64; 2]>,
    /// Time of the first frame.
    pub start: f64,
    /// Defaults and conversions, one sentence each.
    pub notes: Vec<String>,
    /// What looks odd, one sentence each.
    pub warnings: Vec<String>,
}

/// Hears case `index`; `draws` names noise, ties, references and what weights leave.
///
/// # Errors
/// The first fault of a file, or of files that do not belong together.
pub fn hear(files: &Files, reading: &Reading, draws: Stream) -> Result<Heard> {
    let members = Members::open(&files.members, &reading.options, files.weights.as_deref(), draws)?;
    let told = |note: &String| format!("{}: {note}", members.path().display());
    let (mut notes, mut warnings): (Vec<String>, _) = (members.notes.iter().map(told).collect(), Vec::new());
    let mut table = |path: &PathBuf| readings(path, &members, reading, &mut notes, &mut warnings);
    let used = files.used.as_ref().map(&mut table).transpose()?.map(|(used, _)| used);
    let (withheld, sha256) = files.withheld.as_ref().map(&mut table).transpose()?.unzip();
    if let Some(path) = files.withheld.as_ref().filter(|_| sha256.is_some() && members.observed() == sha256) {
        return Err(RefereeError::Used { path: path.clone(), members: members.path().into() });
    }
    if let (Some(used), Some(held), Some(of), Some(path)) = (&used, &withheld, &files.used, &files.withheld) {
        apart((of, used), (path, held))?;
    }
    let truth = files
        .truth
        .as_ref()
        .map(|(path, which)| truth(path, *which, &members, reading, &mut notes, &mut warnings));
    let truth = truth.transpose()?;
    let count = members.kept.len();
    let sensed = |entries: Option<Vec<Entry>>| {
        entries
            .map(|e| Withheld::new(&members.described, members.frames, reading.times, e, count))
            .transpose()
    };
    let (mut used, mut held) = (sensed(used)?, sensed(withheld.clone())?);
    let new = |truth: &Truth| Fields::new(&members.described, walls(&members, truth)?, count + 1, draws);
    let mut fields = truth.as_ref().map(new).transpose()?;
    let mut copies = Copies::new(count + usize::from(truth.is_some()));
    members.for_each_frame(|t, frames| {
        used.iter_mut().chain(&mut held).for_each(|seen| seen.add_frame(t, frames));
        let Some((fields, truth)) = fields.as_mut().zip(truth.as_ref()) else {
            copies.add(frames);
            return Ok(());
        };
        let all: Vec<&[f32]> = std::iter::once(truth.frame(t)).chain(frames.iter().copied()).collect();
        copies.add(&all);
        fields.add_frame(&all)
    })?;
    let mut case = held.as_ref().map_or_else(|| Ok(Case::default()), |held| held.finish(draws))?;
    if let Some(fields) = fields {
        case.statistics.extend(fields.finish()?);
    }
    let (of_truth, names) = copies.names.split_at(usize::from(truth.is_some()));
    let judged_by = [of_truth.first().map(u64::to_string), sha256];
    let names = names.to_vec();
    let (copies, copied) = named(copies.groups(), truth.is_some(), &members.kept);
    let residuals = withheld.unwrap_or_default().into_iter();
    Ok(Heard {
        case,
        members: [count, members.frames, members.all],
        effective: members.effective,
        copies,
        names,
        judged_by,
        copied,
        components: members.described.particulars.components(members.described.frame.channels),
        residuals: residuals.zip(held.iter().flat_map(Withheld::residuals)).collect(),
        used: used.map_or_else(Vec::new, |used| used.misfits()),
        used_band: None,
        start: reading.start.or(members.begins()).unwrap_or(0.0),
        notes,
        warnings,
    })
}

/// Which ends of the grid are walls: as the members' file says, else the truth's.
fn walls(members: &Members, truth: &Truth) -> Result<Walls> {
    let (path, boundary) = (truth.data.path(), members.described.grid.boundary);
    let own = members.walls()?;
    let stated = crate::members::walls(path, truth.data.attributes(), boundary)?;
    if let (Some(own), Some(stated)) = (own, stated)
        && own != stated
    {
        let found = truth.data.attributes().get("walls").map(ToString::to_string).unwrap_or_default();
        let expected = format!("those of the members in {}", members.path().display());
        return Err(RefereeError::Walls {
            path: path.into(),
            found: found.into(),
            expected: expected.into(),
        });
    }
    Ok(own.or(stated).unwrap_or_default())
}

/// Groups of members, and members in the truth's group.
fn named(groups: Vec<Vec<usize>>, truth: bool, kept: &[usize]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let (mut copies, mut copied) = (Vec::new(), Vec::new());
    for group in groups {
        let first = usize::from(truth);
        let members: Vec<usize> = group.iter().filter(|p| **p >= first).map(|p| kept[p - first]).collect();
        if truth && group[0] == 0 {
            copied.clone_from(&members);
        }
        if members.len() > 1 {
            copies.push(members);
        }
    }
    (copies, copied)
}

/// The readings of a table on the grid of the members, and the checksum of the table.
fn readings(
    path: &Path,
    members: &Members,
    reading: &Reading,
    notes: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Result<(Vec<Entry>, String)> {
    let components = members.described.particulars.components(members.described.frame.channels);
    let table = read_sensors(path, reading.noise, &components)?;
    table.is_measured_in(path, &members.described.particulars.units)?;
    let told = |text: &String| format!("{}: {text}", path.display());
    notes.extend(table.notes.iter().map(told));
    warnings.extend(table.warnings.iter().map(told));
    let start = reading.start.or(members.begins()).unwrap_or(0.0);
    let rule = PlacingRule { frames: members.frames, start, times: reading.times, outside: reading.outside };
    let placed = place(&members.described, &table.readings, &rule);
    if let Some(&Dropped { row, offence }) = placed.dropped.first() {
        let count = placed.dropped.len();
        if reading.outside == Outside::Refuse {
            return Err(RefereeError::Outside { path: path.into(), row, offence, count });
        }
        if placed.entries.is_empty() {
            return Err(RefereeError::NothingLeft { path: path.into(), dropped: count });
        }
        warnings.push(format!("{}: {count} rows dropped, the first, row {row}: {offence}", path.display()));
    }
    if let Some(snap) = placed.snap.filter(|snap| snap.beyond > 0) {
        warnings.push(format!(
            "{}: {} rows lie more than {SNAP_TOLERANCE} frames from the frame that they are taken for, row {} the \
             furthest; --times linear interpolates",
            path.display(),
            snap.beyond,
            snap.row
        ));
    }
    Ok((placed.entries, table.sha256))
}

/// No withheld reading is one of the used.
fn apart((table, used): (&Path, &[Entry]), (path, held): (&Path, &[Entry])) -> Result<()> {
    let key = |e: &Entry| {
        let place = [e.time, e.x, e.y, e.measured.value].map(|x| (x + 0.0).to_bits());
        (place, e.sensor.channel)
    };
    let known: std::collections::BTreeMap<_, u64> = used.iter().map(|e| (key(e), e.row)).collect();
    let both: Vec<(u64, u64)> =
        held.iter().filter_map(|e| known.get(&key(e)).map(|row| (e.row, *row))).collect();
    match both.first() {
        None => Ok(()),
        Some(&(row, used)) => {
            Err(RefereeError::Leaked { path: path.into(), row, table: table.into(), used, count: both.len() })
        }
    }
}

/// The window of a truth beside the members.
struct Truth {
    data: Dataset,
    which: usize,
}

impl Truth {
    fn frame(&self, t: usize) -> &[f32] {
        // Trajectory and frames were checked when it was opened.
        self.data.window(self.which, t, 1).unwrap_or(&[])
    }
}

fn truth(
    path: &Path,
    which: usize,
    members: &Members,
    reading: &Reading,
    notes: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Result<Truth> {
    let described = &members.described;
    let data = load_beside(path, &reading.options, described.kind)?;
    notes.extend(data.notes().iter().map(|note| format!("{}: {note}", path.display())));
    let (data, remarks) = described.align(data, members.frames)?;
    for remark in remarks {
        match remark {
            Remark::Note(text) => notes.push(text),
            Remark::Warning(text) => warnings.push(text),
        }
    }
    if data.frames() < members.frames {
        let way_out = if data.frames() == members.all {
            "; do the members' axes begin with time (--axes TNCHW)?"
        } else {
            ""
        };
        return Err(RefereeError::Frames {
            path: path.into(),
            found: data.frames(),
            expected: members.frames,
            members: members.path().into(),
            way_out: way_out.into(),
        });
    }
    if which >= data.trajectories() {
        return Err(RefereeError::Trajectories {
            path: path.into(),
            found: data.trajectories(),
            which: which + 1,
        });
    }
    data.window(which, 0, members.frames)?;
    if let Some(Attribute::Numbers(first)) = data.attributes().get("t_first")
        && let ([found], Some(expected)) = (&first[..], reading.start.or(members.begins()))
        && (found - expected).abs() > described.coordinates.time_step / 2.0
    {
        let (path, members) = (path.into(), members.path().into());
        return Err(RefereeError::Begins { path, found: *found, expected, members });
    }
    Ok(Truth { data, which })
}
