//! The comparison of two descriptions, field by field.

mod measures;
mod odd;

use super::{Described, Remark};
use crate::dataset::Conversion;
use crate::{Field, Result};
use equipoise_field::{Axis, Boundary};

type Outcome = Result<()>;

/// Data held against a reference.
pub(super) struct Comparison<'a> {
    data: &'a Described,
    reference: &'a Described,
    conversion: Conversion,
    remarks: Vec<Remark>,
    /// What the reference alone states.
    taken: Vec<String>,
    /// What the data alone state: name, value, what the reference takes.
    unheard: Vec<[String; 3]>,
}

impl<'a> Comparison<'a> {
    /// Compares everything but single numbers of the fields.
    ///
    /// # Errors
    /// [`DataError::Mismatch`](crate::DataError::Mismatch).
    pub(super) fn of(data: &'a Described, reference: &'a Described, window: usize) -> Result<Self> {
        let conversion = Conversion {
            transpose: false,
            shift: [0, 0],
            factor: 1.0,
            grid: data.grid,
            geometry: data.geometry,
            taken: Vec::new(),
        };
        let (remarks, taken, unheard) = (Vec::new(), Vec::new(), Vec::new());
        let mut comparison = Self { data, reference, conversion, remarks, taken, unheard };
        comparison.kind()?;
        comparison.channels()?;
        comparison.orientation()?;
        comparison.sides()?;
        comparison.boundary()?;
        let [velocity, length, time] = comparison.units()?;
        comparison.conversion.factor = velocity;
        comparison.places(length)?;
        comparison.time_step(time, window)?;
        comparison.cylinder(velocity)?;
        comparison.moments(velocity);
        Ok(comparison)
    }

    /// What is to be done to the data, and what is to be said.
    pub(super) fn finish(self) -> (Conversion, Vec<Remark>) {
        let (data, reference) = (self.data.path.display(), self.reference.path.display());
        let mut notes = Vec::new();
        if !self.taken.is_empty() {
            let text = format!("{data}: does not state {}: taken as in {reference}", self.taken.join(", "));
            notes.push(Remark::Note(text));
        }
        if !self.unheard.is_empty() {
            let each =
                self.unheard.iter().map(|[name, found, taken]| format!("{name} {found} (there {taken})"));
            notes.push(Remark::Note(format!(
                "{data}: states what {reference} does not: {}",
                each.collect::<Vec<_>>().join(", ")
            )));
        }
        notes.extend(self.remarks);
        (self.conversion, notes)
    }

    fn mismatch(&self, field: &str, found: String, expected: String, way_out: &str) -> Outcome {
        self.reference.mismatch(&self.data.path, field, [found, expected], way_out)
    }

    fn note(&mut self, text: &str) {
        self.remarks.push(Remark::Note(format!("{}: {text}", self.data.path.display())));
    }

    fn warn(&mut self, text: &str) {
        self.remarks.push(Remark::Warning(format!("{}: {text}", self.data.path.display())));
    }

    /// Whether the data and the reference state a field.
    fn stated(&self, field: Field) -> [bool; 2] {
        [self.data, self.reference].map(|file| file.particulars.stated.contains(&field))
    }

    fn kind(&self) -> Outcome {
        let (found, expected) = (self.data.kind, self.reference.kind);
        if found == expected {
            return Ok(());
        }
        self.mismatch("kind", found.to_string(), expected.to_string(), "")
    }

    fn channels(&mut self) -> Outcome {
        let (data, reference) = (self.data, self.reference);
        if data.frame.channels != reference.frame.channels {
            return self.mismatch("grid", sides(data), sides(reference), "");
        }
        let named = |file: &Described| {
            file.particulars.channels.clone().filter(|names| names.len() == file.frame.channels)
        };
        let (Some(found), Some(expected)) = (named(data), named(reference)) else { return Ok(()) };
        if found == expected {
            return Ok(());
        }
        let (found, expected) = (found.join(", "), expected.join(", "));
        let known = |names: &str| names.split(", ").all(|name| ["u", "v"].contains(&name));
        if known(&found) || known(&expected) {
            return self.mismatch("channels", found, expected, "");
        }
        let other = reference.path.display();
        self.warn(&format!("channels are named {found}, those of {other} {expected}; taken as the same"));
        Ok(())
    }

    fn orientation(&mut self) -> Outcome {
        let (found, expected) = (self.data.grid.x_axis, self.reference.grid.x_axis);
        let words = |axis: Axis| format!("x along {axis:?}");
        match self.stated(Field::Orientation) {
            [true, true] if found != expected => {
                self.conversion.transpose = true;
                let other = self.reference.path.display();
                self.note(&format!("{}, transposed to {} as in {other}", words(found), words(expected)));
            }
            [true, false] if found != expected => {
                let way_out = format!(
                    "which took it for want of the attributes `H_axis` and `W_axis`: write them to {} too, or to \
                     the data that it was made from",
                    self.reference.path.display()
                );
                return self.mismatch("orientation", words(found), words(expected), &way_out);
            }
            [false, true] if found != expected => self.take(Field::Orientation),
            _ => {}
        }
        self.conversion.grid.x_axis = expected;
        Ok(())
    }

    fn sides(&self) -> Outcome {
        let (data, reference) = (self.data.frame, self.reference.frame);
        let (mut found, across) = ([data.height, data.width], [data.width, data.height]);
        if self.conversion.transpose {
            found = across;
        }
        let expected = [reference.height, reference.width];
        if found == expected {
            return Ok(());
        }
        let way_out = if [found[1], found[0]] == expected {
            "H and W are exchanged: do `H_axis` and `W_axis` say which is x?".to_owned()
        } else {
            every(found, expected).map_or_else(String::new, |stride| {
                let data = self.data.path.display();
                format!("one point in {stride} along H and W of {data} would agree")
            })
        };
        self.mismatch("grid", sides(self.data), sides(self.reference), &way_out)
    }

    fn boundary(&mut self) -> Outcome {
        let (found, expected) = (self.data.grid.boundary, self.reference.grid.boundary);
        let words = |boundary: Boundary| match boundary {
            Boundary::Periodic => "periodic borders".to_owned(),
            Boundary::Open => "open borders".to_owned(),
        };
        match self.stated(Field::Boundary) {
            [true, true] if found != expected => {
                return self.mismatch("boundary", words(found), words(expected), "");
            }
            [true, false] if found != expected => {
                let other = self.reference.path.display();
                self.warn(&format!(
                    "{}, but {other} does not state its borders, which were taken as {}",
                    words(found),
                    words(expected)
                ));
            }
            [false, true] if found != expected => {
                self.take(Field::Boundary);
                self.conversion.grid.boundary = expected;
            }
            _ => {}
        }
        Ok(())
    }

    fn take(&mut self, field: Field) {
        self.conversion.taken.push(field);
        self.taken.push(field.to_string());
    }
}

/// The n of which every n-th point of one grid makes the other.
fn every(of: [usize; 2], makes: [usize; 2]) -> Option<usize> {
    let stride = of[0].div_ceil(makes[0]);
    (stride > 1 && of.map(|points| points.div_ceil(stride)) == makes).then_some(stride)
}

fn sides(file: &Described) -> String {
    let frame = file.frame;
    format!("(C, H, W) = ({}, {}, {})", frame.channels, frame.height, frame.width)
}
