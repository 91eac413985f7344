//! A zip file of `torch.save`, from the file to a state.

use crate::archive::Archive;
use crate::checkpoint;
use crate::element::{ByteOrder, Element};
use crate::named::settle;
use crate::pickle::{self, View};
use crate::{Pick, State, Tensor, WeightsError};
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

/// Numbers that the tensors of a file may have, or step over, for each of its bytes: several keys may share a storage, but a
/// small file never fills the memory.
const SHARING: usize = 16;
const FREE: usize = 1 << 20;

pub(crate) const FLOATS: &str = "float16, bfloat16, float32 or float64";

/// The state in a file of `length` bytes.
pub(crate) fn read(file: &Path, length: u64, pick: Pick) -> Result<State, WeightsError> {
    let mut archive = Archive::open(file)?;
    let bytes = archive.read("data.pkl")?;
    let pickled = pickle::read(&bytes);
    let pickled = pickled.map_err(|fault| WeightsError::Pickle { file: file.to_owned(), fault })?;
    let chosen = checkpoint::choose(&pickled, pick).map_err(|why| why.of(file))?;
    let keys: Vec<&str> = chosen.tensors.iter().map(|(key, _)| *key).collect();
    let sizes: Vec<usize> =
        chosen.tensors.iter().map(|(_, view)| view.layout.len().unwrap_or(usize::MAX)).collect();
    let settled = settle(&keys, &sizes, pick, chosen.averaged).map_err(|why| why.of(file))?;
    let mut notes = chosen.notes;
    notes.extend(settled.notes);
    let kept: Vec<(String, &View<'_>)> =
        settled.kept.into_iter().map(|(place, key)| (key, chosen.tensors[place].1)).collect();
    for (key, view) in &kept {
        check(file, key, view)?;
    }
    let limit = usize::try_from(length).unwrap_or(usize::MAX).saturating_mul(SHARING).saturating_add(FREE);
    let total = kept.iter().try_fold(0usize, |total, (_, view)| total.checked_add(view.layout.walked()?));
    if total.is_none_or(|total| total > limit) {
        let found = total.map_or("more than can be counted".to_owned(), |total| total.to_string());
        return Err(WeightsError::States {
            file: file.to_owned(),
            found: format!("tensors over {found} numbers in a file of {length} bytes"),
            expected: "no more than sixteen for each byte",
        });
    }
    let tensors = Records::new(&mut archive, &kept)?.load(kept)?;
    Ok(State::new(file, tensors).noted(notes))
}

/// That a tensor is of floating-point numbers and lies within its storage.
fn check(file: &Path, key: &str, view: &View<'_>) -> Result<(), WeightsError> {
    let fault = |found: String, expected: String| {
        Err(WeightsError::Tensor { file: file.to_owned(), key: key.to_owned(), found, expected })
    };
    let (stored, layout) = (&view.stored, &view.layout);
    if !stored.element.is_float() {
        return fault(stored.element.name().to_owned(), FLOATS.to_owned());
    }
    match layout.end() {
        Some(end) if end <= stored.count => Ok(()),
        end => fault(
            format!(
                "shape {:?}, strides {:?}, offset {}, which end at {}",
                layout.shape,
                layout.strides,
                layout.offset,
                end.map_or("a place that cannot be counted".to_owned(), |end| end.to_string())
            ),
            format!("an end within the {} numbers of its storage", stored.count),
        ),
    }
}

/// The storages of a file, each read once and dropped after its last tensor.
struct Records<'r> {
    archive: &'r mut Archive,
    order: ByteOrder,
    uses: HashMap<String, usize>,
    kept: HashMap<String, Rc<Vec<u8>>>,
}

impl<'r> Records<'r> {
    fn new(archive: &'r mut Archive, views: &[(String, &View<'_>)]) -> Result<Self, WeightsError> {
        let order = archive.byte_order()?;
        let mut uses = HashMap::new();
        for (_, view) in views {
            *uses.entry(view.stored.record.to_owned()).or_insert(0) += 1;
        }
        Ok(Self { archive, order, uses, kept: HashMap::new() })
    }

    fn load(mut self, views: Vec<(String, &View<'_>)>) -> Result<Vec<(String, Tensor)>, WeightsError> {
        views.into_iter().map(|(key, view)| Ok((key, self.tensor(view)?))).collect()
    }

    fn tensor(&mut self, view: &View<'_>) -> Result<Tensor, WeightsError> {
        let (stored, layout) = (&view.stored, &view.layout);
        let size = stored.element.size();
        let bytes = self.bytes(stored.record, stored.count, stored.element)?;
        // `check` held offset and end to the storage, whose length `bytes` has verified.
        let end = layout.end().unwrap_or(layout.offset);
        let part = bytes.get(layout.offset * size..end * size).unwrap_or_default();
        let values = stored.element.values(part, self.order);
        let values = values.unwrap_or_else(|| crate::Values::F32(Vec::new()));
        Ok(layout.gather(values))
    }

    fn bytes(&mut self, record: &str, count: usize, element: Element) -> Result<Rc<Vec<u8>>, WeightsError> {
        let name = format!("data/{record}");
        let bytes = match self.kept.get(record) {
            Some(bytes) => bytes.clone(),
            None if count == 0 && !self.archive.has(&name) => Rc::default(),
            None => Rc::new(self.archive.read(&name)?),
        };
        if count.checked_mul(element.size()) != Some(bytes.len()) {
            let expected = format!("{count} numbers of {} ({} bytes each)", element.name(), element.size());
            return Err(self.archive.record(&name, format!("{} bytes", bytes.len()), expected));
        }
        let left = self.uses.get_mut(record);
        let is_last = left.is_none_or(|left| {
            *left = left.saturating_sub(1);
            *left == 0
        });
        match is_last {
            true => self.kept.remove(record),
            false => self.kept.insert(record.to_owned(), bytes.clone()),
        };
        Ok(bytes)
    }
}
