//! Line charts as inline SVG.

use crate::look::{Look, look, stroke, write_marker};
use crate::markup::{Caption, escape};
use crate::ticks::{self, Tick};
use std::fmt::Write;

/// Markers on one line, at most about.
const MARKS: usize = 10;

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 690.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 350.0;
const LEGEND: f64 = 706.0;

/// How the y axis runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scale {
    /// In equal steps.
    Linear,
    /// In powers of ten; numbers that are not positive break the line.
    Log,
}

/// One line of a [`Chart`].
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Points (x, y) in the order of the line; one that is not finite breaks the line.
    pub points: Vec<(f64, f64)>,
}

/// Lines over one x axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What is shown.
    pub caption: Caption,
    /// Name and unit of the x axis.
    pub x_name: String,
    /// Name and unit of the y axis.
    pub y_name: String,
    /// How the y axis runs.
    pub y_scale: Scale,
    /// (low, high) that the y axis shows at most; lines leave the picture beyond them.
    pub y_bounds: (f64, f64),
    /// A horizontal line and its name, such as 1 for "exact".
    pub reference: Option<(f64, String)>,
    /// The lines; look and order in the legend follow this order.
    pub series: Vec<Series>,
}

impl Chart {
    /// Lines by the names of both axes, on a scale of y between bounds.
    pub fn new(
        caption: Caption,
        [x_name, y_name]: [&str; 2],
        (y_scale, y_bounds): (Scale, (f64, f64)),
        series: Vec<Series>,
    ) -> Self {
        let (x_name, y_name) = (x_name.to_owned(), y_name.to_owned());
        Self { caption, x_name, y_name, y_scale, y_bounds, reference: None, series }
    }
}

/// The data ranges of a chart and their map to the drawing.
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
    log: bool,
}

impl Frame {
    fn of(chart: &Chart) -> Self {
        let log = chart.y_scale == Scale::Log;
        let drawn = |p: &&(f64, f64)| p.0.is_finite() && p.1.is_finite() && (!log || p.1 > 0.0);
        let points = || chart.series.iter().flat_map(|s| &s.points).filter(drawn);
        let x = span(points().map(|p| p.0)).unwrap_or((0.0, 1.0));
        let reference = chart.reference.iter().map(|r| r.0);
        let (low, high) = span(points().map(|p| p.1).chain(reference)).unwrap_or(chart.y_bounds);
        let (low, high) = (low.max(chart.y_bounds.0), high.min(chart.y_bounds.1));
        let (low, high) = if low <= high { (low, high) } else { chart.y_bounds };
        let y = if log {
            let (low, high) = (low.log10().floor(), high.log10().ceil());
            (10f64.powf(low), 10f64.powf(high.max(low + 1.0)))
        } else {
            widened(low, high)
        };
        Self { x: if x.0 < x.1 { x } else { widened(x.0, x.1) }, y, log }
    }

    fn across(&self, x: f64) -> f64 {
        LEFT + (x - self.x.0) / (self.x.1 - self.x.0) * (RIGHT - LEFT)
    }

    /// Kept within a few drawing heights of the frame, which clips it.
    fn down(&self, y: f64) -> f64 {
        let share = if self.log {
            (y / self.y.0).log10() / (self.y.1 / self.y.0).log10()
        } else {
            (y - self.y.0) / (self.y.1 - self.y.0)
        };
        BOTTOM - share.clamp(-3.0, 4.0) * (BOTTOM - TOP)
    }

    fn y_ticks(&self) -> Vec<Tick> {
        if self.log { ticks::decades(self.y.0, self.y.1, 9) } else { ticks::linear(self.y.0, self.y.1, 8) }
    }

    fn shows(&self, y: f64) -> bool {
        (self.y.0..=self.y.1).contains(&y)
    }
}

fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |span, v| match span {
        None => Some((v, v)),
        Some((low, high)) => Some((low.min(v), high.max(v))),
    })
}

fn widened(low: f64, high: f64) -> (f64, f64) {
    let room = if low < high { 0.05 * (high - low) } else { low.abs().max(1.0) * 0.5 };
    (low - room, high + room)
}

impl Chart {
    /// Writes the figure; `id` must be unique in the page.
    pub(crate) fn write(&self, id: &str, html: &mut String) {
        let frame = Frame::of(self);
        let names: Vec<&str> = self.series.iter().map(|s| s.name.as_str()).collect();
        let _ = write!(
            html,
            "<figure class=\"chart\"><svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-labelledby=\"{id}-t\">\
             <title id=\"{id}-t\">{} against {} for {}</title>\n\
             <clipPath id=\"{id}-c\"><rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{}\" height=\"{}\"/></clipPath>\n",
            HEIGHT.max(TOP + 30.0 + 22.0 * (self.series.len() + 1) as f64),
            escape(&self.y_name),
            escape(&self.x_name),
            escape(&names.join(", ")),
            RIGHT - LEFT,
            BOTTOM - TOP
        );
        self.write_axes(&frame, html);
        let _ = writeln!(html, "<g clip-path=\"url(#{id}-c)\">");
        for (index, series) in self.series.iter().enumerate() {
            write_line(series, &look(index), &frame, html);
        }
        html.push_str("</g>\n");
        self.write_legend(html);
        let _ = writeln!(html, "</svg><figcaption>{}</figcaption></figure>", self.caption.html());
    }

    fn write_axes(&self, frame: &Frame, html: &mut String) {
        for tick in frame.y_ticks() {
            let y = frame.down(tick.value);
            let _ = write!(
                html,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 8.0,
                y + 4.0,
                tick.label
            );
        }
        for tick in ticks::linear(frame.x.0, frame.x.1, 10) {
            let x = frame.across(tick.value);
            let _ = write!(
                html,
                "<path class=\"grid\" d=\"M{x:.1} {TOP}V{BOTTOM}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                BOTTOM + 18.0,
                tick.label
            );
        }
        let (middle_x, middle_y) = ((LEFT + RIGHT) / 2.0, (TOP + BOTTOM) / 2.0);
        let _ = writeln!(
            html,
            "\n<rect class=\"frame\" x=\"{LEFT}\" y=\"{TOP}\" width=\"{}\" height=\"{}\"/>\n\
             <text x=\"{middle_x}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n\
             <text transform=\"translate(16 {middle_y}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            RIGHT - LEFT,
            BOTTOM - TOP,
            BOTTOM + 40.0,
            escape(&self.x_name),
            escape(&self.y_name)
        );
        if let Some((value, _)) = self.reference.as_ref().filter(|(value, _)| frame.shows(*value)) {
            let _ =
                writeln!(html, "<path class=\"reference\" d=\"M{LEFT} {:.1}H{RIGHT}\"/>", frame.down(*value));
        }
    }

    fn write_legend(&self, html: &mut String) {
        let mut y = TOP + 14.0;
        for (index, series) in self.series.iter().enumerate() {
            let look = look(index);
            let _ = write!(html, "<path {} d=\"M{LEGEND} {y}h38\"/>", stroke(&look));
            write_marker(&look, LEGEND + 19.0, y, html);
            let _ = writeln!(
                html,
                "<text x=\"{}\" y=\"{}\">{}</text>",
                LEGEND + 46.0,
                y + 4.0,
                escape(&series.name)
            );
            y += 22.0;
        }
        if let Some((_, name)) = &self.reference {
            let _ = writeln!(
                html,
                "<path class=\"reference\" d=\"M{LEGEND} {y}h38\"/><text x=\"{}\" y=\"{}\">{}</text>",
                LEGEND + 46.0,
                y + 4.0,
                escape(name)
            );
        }
    }
}

fn write_line(series: &Series, look: &Look, frame: &Frame, html: &mut String) {
    let mut path = String::new();
    let mut pen_down = false;
    for &(x, y) in &series.points {
        let drawn = x.is_finite() && y.is_finite() && (!frame.log || y > 0.0);
        if drawn {
            let verb = if pen_down { 'L' } else { 'M' };
            let _ = write!(path, "{verb}{:.1} {:.1}", frame.across(x), frame.down(y));
        }
        pen_down = drawn;
    }
    let _ = writeln!(html, "<path {} d=\"{path}\"/>", stroke(look));
    let stride = series.points.len().div_ceil(MARKS).max(1);
    for &(x, y) in series.points.iter().step_by(stride) {
        if x.is_finite() && frame.shows(y) {
            write_marker(look, frame.across(x), frame.down(y), html);
        }
    }
    html.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(scale: Scale, points: Vec<(f64, f64)>) -> Chart {
        Chart {
            caption: Caption { text: "c".into(), space: "s".into(), n_convention: "n".into() },
            x_name: "t".into(),
            y_name: "excess".into(),
            y_scale: scale,
            y_bounds: (1e-3, 1e6),
            reference: Some((1.0, "exact".into())),
            series: vec![Series { name: "sum".into(), points }],
        }
    }

    #[test]
    fn decades_are_equally_far_apart_and_the_corners_hold_the_ends() {
        let frame = Frame::of(&chart(Scale::Log, vec![(0.0, 1e-2), (1.0, 1e4)]));
        assert_eq!((frame.across(0.0), frame.across(1.0)), (LEFT, RIGHT));
        let places: Vec<f64> = (-2..=4).map(|k| frame.down(10f64.powi(k))).collect();
        assert!((places[0] - BOTTOM).abs() < 1e-9 && (places[6] - TOP).abs() < 1e-9);
        for pair in places.windows(2) {
            assert!((pair[0] - pair[1] - (BOTTOM - TOP) / 6.0).abs() < 1e-9);
        }
    }

    #[test]
    fn bounds_hold_the_axis_and_bad_points_break_the_line() {
        let points = vec![(0.0, 1.0), (0.1, f64::NAN), (0.2, 10.0), (0.3, 0.0), (0.4, 1e300), (0.5, 1.0)];
        let chart = chart(Scale::Log, points);
        let frame = Frame::of(&chart);
        assert!((frame.y.1 / 1e6 - 1.0).abs() < 1e-9, "{:?}", frame.y);
        let mut html = String::new();
        write_line(&chart.series[0], &look(0), &frame, &mut html);
        let path = html.lines().next().unwrap();
        assert_eq!(path.matches('M').count(), 3);
        assert_eq!(path.matches('L').count(), 1);
        assert!(!html.contains("NaN") && !html.contains("inf"));
    }

    #[test]
    fn a_chart_without_points_still_draws() {
        for scale in [Scale::Linear, Scale::Log] {
            let mut html = String::new();
            chart(scale, vec![]).write("a", &mut html);
            assert!(html.contains("</svg>") && !html.contains("NaN"));
        }
    }
}
