//! Arrays by name in a file that is no HDF5 of ours, or beside each other in a folder.

use crate::array::{Array, Member};
use crate::attribute::Attribute;
use crate::clock::Clock;
use crate::exchange::told;
use crate::formats::beside;
use crate::formats::grid::Direction;
use crate::location::Location;
use crate::mask::MASK;
use crate::parts::{Layout, Parts};
use crate::source::{Header, stated};
use crate::storage::Element;
use crate::stored::parent;
use crate::ticks::Ticks;
use crate::{Attributes, AxisOrder, DataError, Mask, Result};
use std::ops::Range;
use std::path::Path;

/// Names of a field where the caller names none, then of its times.
const FIELDS: [&str; 2] = ["x", "velocity"];
const TIMES: [&str; 2] = ["time", "t"];

/// Lists of the places of points.
const PLACES: [(&str, Direction); 2] = [("x", Direction::X), ("y", Direction::Y)];

/// Numbers of an array above which it is no attribute, but for one a trajectory.
const FEW: usize = 16;
const WEIGHTS: &str = "weights";

/// What stands under a name.
#[derive(Debug)]
pub(crate) enum Content {
    /// Numbers.
    Numbers(Box<dyn Array>),
    /// 0 and 1, as truth values.
    Truths(Box<dyn Array>),
    /// A text.
    Text(String),
    /// Something else, in words.
    Other(String),
}

/// What stands in a file, with its path and the attributes that it alone has.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) content: Content,
    pub(crate) own: Attributes,
}

impl Item {
    /// Its name, and what it holds where that is no numbers.
    fn told(&self) -> String {
        match &self.content {
            Content::Numbers(_) => self.name.clone(),
            Content::Truths(_) => format!("{} (truth values)", self.name),
            Content::Text(_) => format!("{} (a text)", self.name),
            Content::Other(found) => format!("{} ({found})", self.name),
        }
    }
}

/// Everything in a file, with attributes that hold for all of it.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(crate) contents: Vec<Item>,
    pub(crate) attributes: Attributes,
    pub(crate) notes: Vec<String>,
}

impl Bundle {
    /// The trajectories in it: the arrays asked for, else `x` or `velocity`, else the only one that has two axes or
    /// more. Texts and few numbers, and those of the file beside, are attributes.
    ///
    /// # Errors
    /// Any fault of what was asked for, as of an HDF5 file.
    pub(crate) fn open(mut self, path: &Path, at: &Location, axes: Option<AxisOrder>) -> Result<Parts> {
        let names: Vec<Vec<String>> = match at.datasets[..] {
            [] => vec![vec![self.usual(path, &at.file)?]],
            _ => at.datasets.iter().map(|name| self.named(path, name)).collect::<Result<_, _>>()?,
        };
        let first = names[0][0].clone();
        let group = parent(&first);
        self.take_attributes(group)?;
        self.notes.extend(told::take(&at.file, &first, &mut self.attributes)?);
        self.notes.extend(beside::take(&at.file, &mut self.attributes)?);
        let order = stated(path, &first, &self.of(&first), axes);
        let mut member = |name: String| self.member(path, name);
        let members = names.into_iter().map(|side| side.into_iter().map(&mut member).collect());
        let members = members.collect::<Result<_, _>>()?;
        let layout = Layout::of(members, order.unwrap_or(AxisOrder::NTCHW), at);
        let mut parts = Parts::of(path, layout.called(at))?;
        if let Some(order) = order
            && let Some(ticks) = self.times(path, group)?
        {
            let clock = Clock::of(path, &ticks, parts.header.leading(), order, false)?;
            parts.header.take_clock(path, &clock)?;
        }
        self.take_places(path, &mut parts.header)?;
        self.take_mask(path, group, &mut parts)?;
        parts.header.notes.splice(0..0, self.notes);
        Ok(parts)
    }

    /// Texts and few numbers at the root, and those in the group of the field, which go before them.
    fn take_attributes(&mut self, group: &str) -> Result<()> {
        let mut near: Vec<&Item> = self.contents.iter().collect();
        near.retain(|item| [group, ""].contains(&parent(&item.name)));
        near.sort_by_key(|item| item.name.contains('/'));
        for Item { name, content, .. } in near {
            let name = name.rsplit('/').next().unwrap_or(name);
            let value = match content {
                Content::Text(text) => Attribute::Text(text.clone()),
                Content::Numbers(array) | Content::Truths(array) => {
                    let shape = array.shape();
                    // A series of so few frames is one all the same.
                    let is_other = ["y", MASK].into_iter().chain(TIMES).chain(FIELDS).any(|own| own == name);
                    let plain = shape.iter().filter(|length| **length != 1).count() <= 1;
                    let long = shape.iter().product::<usize>() > FEW && name != WEIGHTS;
                    if is_other || !plain || long {
                        continue;
                    }
                    Attribute::Numbers(all(&**array)?)
                }
                Content::Other(_) => continue,
            };
            self.attributes.state(name, value);
        }
        Ok(())
    }

    fn item(&self, name: &str) -> Option<&Item> {
        self.contents.iter().find(|item| item.name == name)
    }

    fn find(&self, name: &str) -> Option<&Content> {
        self.item(name).map(|item| &item.content)
    }

    /// What is said of an array: by itself, or else of all.
    fn of(&self, name: &str) -> Attributes {
        let mut attributes = self.item(name).map_or_else(Attributes::default, |item| item.own.clone());
        for (name, value) in self.attributes.iter() {
            attributes.supply(name, value.clone());
        }
        attributes
    }

    fn usual(&self, path: &Path, file: &Path) -> Result<String> {
        if let Some(name) = told::first(file, |name| self.find(name).is_some()) {
            return Ok(name.to_owned());
        }
        let a_list =
            |name: &str| matches!(self.find(name), Some(Content::Numbers(array)) if is_list(array.shape()));
        // A list of this name is a coordinate.
        let known = FIELDS.into_iter().find(|name| self.find(name).is_some() && !a_list(name));
        let planes = |Item { name, content, .. }: &&Item| {
            matches!(content, Content::Numbers(array) if array.shape().iter().filter(|n| **n > 1).count() >= 2)
                && name != MASK
        };
        let mut wide = self.contents.iter().filter(planes).map(|item| item.name.clone());
        match (known, wide.next(), wide.next(), &self.contents[..]) {
            (Some(name), ..) => Ok(name.to_owned()),
            (None, Some(only), None, _) => Ok(only),
            // What it holds is said by whoever cannot read it.
            (None, None, None, [only]) => Ok(only.name.clone()),
            _ => {
                let found = self.contents.iter().map(Item::told).collect();
                Err(DataError::NoVariable { path: path.into(), found })
            }
        }
    }

    /// The names that a path stands for.
    fn named(&self, path: &Path, name: &str) -> Result<Vec<String>> {
        let parts: Vec<&str> = name.split('/').collect();
        let fits = |own: &String| {
            let own: Vec<&str> = own.split('/').collect();
            own.len() == parts.len() && own.iter().zip(&parts).all(|(own, part)| *part == "*" || own == part)
        };
        let mut found: Vec<String> =
            self.contents.iter().map(|item| item.name.clone()).filter(fits).collect();
        found.sort();
        if found.is_empty() {
            let found = self.contents.iter().map(|item| format!("/{}", item.name)).collect();
            return Err(DataError::NoEntry {
                path: path.into(),
                what: "dataset",
                name: format!("/{name}"),
                found,
            });
        }
        Ok(found)
    }

    /// Takes the numbers of a name out.
    fn member(&mut self, path: &Path, name: String) -> Result<Member> {
        let mut attributes = self.of(&name);
        let place = self.contents.iter().position(|item| item.name == name);
        let content = place.map(|place| self.contents.swap_remove(place).content);
        let array = match content {
            Some(Content::Numbers(array)) => array,
            Some(Content::Truths(_)) => return Err(Element::refused(path, &name, "truth values".into())),
            Some(Content::Text(_)) => return Err(Element::refused(path, &name, "a text".into())),
            Some(Content::Other(found)) => return Err(Element::refused(path, &name, found)),
            None => {
                let (path, found) = (path.into(), Vec::new());
                return Err(DataError::NoEntry { path, what: "dataset", name: format!("/{name}"), found });
            }
        };
        let packed = ["scale_factor", "add_offset"].iter().any(|name| attributes.has(name));
        if let Element::Integer { .. } = array.element()
            && !packed
        {
            let note = format!(
                "dataset `{name}` holds integers, which are taken as they are: no `scale_factor` is stated"
            );
            self.notes.push(note);
            attributes.state("scale_factor", Attribute::Numbers(vec![1.0]));
        }
        Ok(Member { name, attributes, array })
    }

    /// What stands in a group or else at the root.
    fn near(&self, group: &str, name: &str) -> Option<&Content> {
        let own = if group.is_empty() { None } else { self.find(&format!("{group}/{name}")) };
        own.or_else(|| self.find(name))
    }

    /// Takes lists `x` and `y` for the places of points, where the order of axes says which axis is x.
    fn take_places(&self, path: &Path, header: &mut Header) -> Result<()> {
        for (name, direction) in PLACES {
            let Some(Content::Numbers(array)) = self.find(name) else { continue };
            let ticks = ticks(path, name, &**array)?;
            match (ticks.shape.len(), header.order.x_axis()) {
                (1, Some(_)) => header.take_places(path, direction, &ticks)?,
                (1, None) => header.notes.push(format!(
                    "dataset `{name}` is not used: nothing says which axis is x (axes with X and Y, as NTCXY)"
                )),
                _ => {}
            }
        }
        Ok(())
    }

    fn times(&self, path: &Path, group: &str) -> Result<Option<Ticks>> {
        for name in TIMES {
            let Some(Content::Numbers(array)) = self.near(group, name) else { continue };
            return ticks(path, name, &**array).map(Some);
        }
        Ok(None)
    }

    fn take_mask(&self, path: &Path, group: &str, parts: &mut Parts) -> Result<()> {
        let Some(Content::Numbers(array) | Content::Truths(array)) = self.near(group, MASK) else {
            return Ok(());
        };
        let own = self.item(&format!("{group}/{MASK}")).or_else(|| self.item(MASK)).map(|item| &item.own);
        let header = &mut parts.header;
        let [_, _, _, height, width] = header.shape;
        let [.., h, w] = header.order.places();
        let (mut shape, mut numbers) = (array.shape().to_vec(), all(&**array)?);
        if h > w && shape == [width, height] {
            numbers = (0..numbers.len()).map(|i| numbers[i % width * height + i / width]).collect();
            shape.reverse();
        }
        let said =
            |name: &str| own.and_then(|own| own.get(name)).or_else(|| self.attributes.get(name)).cloned();
        header.mask = Mask::read(path, [height, width], (&shape, &numbers), said)?;
        header.notes.extend(header.mask.as_ref().map(Mask::note));
        Ok(())
    }
}

/// Whether at most one axis is longer than 1.
fn is_list(shape: &[usize]) -> bool {
    shape.len() < 3 && shape.iter().filter(|length| **length != 1).count() <= 1
}

/// The numbers along an axis. Rows and columns of MATLAB are lists.
fn ticks(path: &Path, name: &str, array: &dyn Array) -> Result<Ticks> {
    let mut shape = array.shape().to_vec();
    if shape.iter().filter(|length| **length != 1).count() == 1 {
        shape.retain(|length| *length != 1);
    }
    let coarse = array.element() == Element::Float(32);
    Ticks::of(path, name, (Some(all(array)?), shape, coarse), &Attributes::default())
}

/// Every number of an array.
fn all(array: &dyn Array) -> Result<Vec<f64>> {
    let block: Vec<Range<usize>> = array.shape().iter().map(|length| 0..*length).collect();
    array.check(&block)?;
    array.doubles(&block)
}
