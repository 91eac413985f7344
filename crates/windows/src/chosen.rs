//! A few series that stand for many.

/// One of many series, and how many it stands for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// Its place among them.
    pub index: usize,
    /// How many series it stands for, itself included; no whole number where a stratum ends within copies.
    pub weight: f64,
}

/// At most `count` of the series, in strata along the order of their variance, by (variance, copies) of each.
///
/// The one of the largest variance stands for its own copies, so that it is always among them. A stratum of the others
/// has an equal share of half their number plus half their variance, so that neither the few that hold the variance nor
/// the many that hold little are passed over; the one in its middle stands for its number. A count of 1 is the largest,
/// for all. All of them by their copies where there are no more than `count`. Weights add up to all copies; variances
/// do not exactly, which is for the caller to tell.
pub fn choose(series: &[(f64, f64)], count: usize) -> Vec<Chosen> {
    if series.len() <= count {
        return series.iter().enumerate().map(|(index, of)| Chosen { index, weight: of.1 }).collect();
    }
    let copies: f64 = series.iter().map(|of| of.1).sum();
    let Some(index) = (0..series.len()).rev().max_by(|a, b| series[*a].0.total_cmp(&series[*b].0)) else {
        return Vec::new();
    };
    if count <= 1 {
        return vec![Chosen { index, weight: copies }];
    }
    let mut others = series.to_vec();
    others.remove(index);
    let place = |one: Chosen| Chosen { index: one.index + usize::from(one.index >= index), ..one };
    let largest = Chosen { index, weight: series[index].1 };
    std::iter::once(largest).chain(strata(&others, count - 1).into_iter().map(place)).collect()
}

/// One series of each of `count` strata.
fn strata(series: &[(f64, f64)], count: usize) -> Vec<Chosen> {
    let mut order: Vec<usize> = (0..series.len()).collect();
    order.sort_by(|a, b| series[*b].0.total_cmp(&series[*a].0).then(a.cmp(b)));
    let copies: f64 = series.iter().map(|of| of.1).sum();
    let variance: f64 = series.iter().map(|of| of.0 * of.1).sum();
    let measure = |i: usize| {
        let (of, n) = series[i];
        0.5 * n / copies + if variance > 0.0 { 0.5 * of * n / variance } else { 0.5 * n / copies }
    };
    let mut chosen: Vec<Chosen> = Vec::new();
    let (mut place, mut begun) = (0, 0.0);
    for stratum in 0..count {
        let end = if stratum + 1 == count { f64::INFINITY } else { (stratum + 1) as f64 / count as f64 };
        let middle = (stratum as f64 + 0.5) / count as f64;
        let (mut weight, mut index, mut least) = (0.0, None, f64::INFINITY);
        let mut from = stratum as f64 / count as f64;
        while place < order.len() && from < end {
            let i = order[place];
            let (whole, to) = (measure(i), begun + measure(i));
            let share =
                if to <= end || place + 1 == order.len() && end.is_infinite() { to } else { end } - from;
            weight += series[i].1 * (share / whole).clamp(0.0, 1.0);
            let away = (middle - from.max(middle.min(to))).abs();
            if away < least {
                (least, index) = (away, Some(i));
            }
            if to > end {
                break;
            }
            (from, begun, place) = (to, to, place + 1);
        }
        match (index, chosen.last_mut()) {
            (Some(index), Some(last)) if last.index == index => last.weight += weight,
            (Some(index), _) => chosen.push(Chosen { index, weight }),
            (None, _) => {}
        }
    }
    chosen
}
