//! One line of a journal: a JSON object with the same keys in every line, whatever it records.
//!
//! A number that is not finite is `null`, as readers of JSON take a column of numbers for words where one of them is;
//! the key `not_finite` says which they are, `rmse=nan;max=inf`, so that a row is read back as it was.

use crate::{Error, Record, Result};
use equipoise_report::{Cell, Table};
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor, value};
use serde::{Deserialize, Serialize, Serializer, forward_to_deserialize_any};
use serde_json::Value;
use std::fmt;

/// The key that says which numbers are not finite.
const NOT_FINITE: &str = "not_finite";

/// The key of the wall time.
pub const SECONDS: &str = "seconds";

/// The same as it stands in a line behind another.
const SECONDS_KEY: &str = ",\"seconds\":";

/// The end of a line whose numbers are all finite.
const ALL_FINITE: &[u8] = b",\"not_finite\":\"\"}";

/// The key that tells records of several kinds apart.
const TAG: &str = "record";

/// A kind of records: what stands under `record`, empty where they are of one kind, and the names of its fields.
pub type Kind = (&'static str, &'static [&'static str]);

/// The names of the fields of a record, in order.
pub fn fields_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // It asks for a record of these fields and is told that there is none.
    let _ = T::deserialize(Names(&mut names));
    names
}

/// The line of a record, without its end.
pub(crate) fn encode<T: Record>(row: &T) -> serde_json::Result<Vec<u8>> {
    let Ordered(mut entries) = ordered(row)?;
    let (words, mut told) = (T::words(), Vec::new());
    for (name, value) in &mut entries {
        if let Some(text) = not_finite(value).filter(|_| !words.contains(&name.as_str())) {
            told.push(format!("{name}={text}"));
            *value = Value::Null;
        }
    }
    for name in T::kinds().into_iter().flat_map(|(_, fields)| fields) {
        if entries.iter().all(|(known, _)| known != name) {
            entries.push(((*name).to_owned(), Value::Null));
        }
    }
    entries.push((NOT_FINITE.to_owned(), Value::String(told.join(";"))));
    serde_json::to_vec(&Ordered(entries))
}

/// A line without its wall time, which no other run of the trial shares.
pub(crate) fn untimed_line(line: &[u8]) -> serde_json::Result<Vec<u8>> {
    if let Some((before, rest)) = around_seconds(line) {
        return Ok([before, rest].concat());
    }
    let Ordered(mut entries) = serde_json::from_slice(line)?;
    entries.retain(|(name, _)| name != SECONDS);
    serde_json::to_vec(&Ordered(entries))
}

/// What stands before and behind the wall time of a line as [`encode`] writes it, where another key is the first. Within
/// a text every quotation mark has a backslash before it, so that what is found is a key.
fn around_seconds(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = std::str::from_utf8(line).ok()?;
    let start = text.find(SECONDS_KEY)?;
    let number = start + SECONDS_KEY.len();
    let len = text[number..].find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))?;
    let ends = |rest: &str| len > 0 && rest.starts_with([',', '}']);
    ends(&text[number + len..]).then(|| (&line[..start], &line[number + len..]))
}

/// The record of a line, also of one that spells numbers that are not finite, as earlier versions wrote them.
pub(crate) fn decode<T: Record>(line: &[u8]) -> serde_json::Result<T> {
    // Of one kind, and all of its numbers are finite.
    if let ([_], Some(own)) = (&T::kinds()[..], line.strip_suffix(ALL_FINITE)) {
        return serde_json::from_slice(&[own, b"}"].concat());
    }
    let Ordered(mut entries) = serde_json::from_slice(line)?;
    let Some(place) = entries.iter().position(|(name, _)| name == NOT_FINITE) else {
        return serde_json::from_slice(line);
    };
    let (_, told) = entries.remove(place);
    for (name, text) in told.as_str().unwrap_or_default().split(';').filter_map(|one| one.split_once('=')) {
        if let Some((_, value)) = entries.iter_mut().find(|(known, _)| known == name) {
            *value = Value::String(text.to_owned());
        }
    }
    let tag = entries.iter().find(|(name, _)| name == TAG).and_then(|(_, tag)| tag.as_str()).unwrap_or("");
    let own = T::kinds().into_iter().find(|(known, _)| *known == tag).map(|(_, fields)| fields);
    if let Some(own) = own {
        entries.retain(|(name, value)| !value.is_null() || name == TAG || own.contains(&name.as_str()));
    }
    serde_json::from_value(Value::Object(entries.into_iter().collect()))
}

/// A table of records by the names of their fields; in those of `words` whatever is said is a word.
///
/// # Errors
/// [`Error::Encode`].
pub fn table_of<T: Serialize + DeserializeOwned>(rows: &[T], words: &[&str]) -> Result<Table> {
    let fault = |source| Error::Encode { what: "row", source };
    let rows: Vec<Ordered> = rows.iter().map(ordered).collect::<serde_json::Result<_>>().map_err(fault)?;
    let names: Vec<String> = match rows.first() {
        Some(Ordered(entries)) => entries.iter().map(|(name, _)| name.clone()).collect(),
        None => fields_of::<T>().iter().map(|name| (*name).to_owned()).collect(),
    };
    let cells = |Ordered(entries): Ordered| {
        entries.into_iter().map(|(name, value)| cell(value, words.contains(&name.as_str()))).collect()
    };
    Ok(Table::new(names.into_iter().map(|name| (name, "")), rows.into_iter().map(cells).collect()))
}

/// A table of results without its wall times, which stand in [`TIMINGS_CSV`](crate::TIMINGS_CSV): two runs of a plan
/// leave the same bytes.
#[must_use]
pub fn untimed(mut table: Table) -> Table {
    if let Some(place) = table.columns.iter().position(|column| column.name == SECONDS) {
        table.columns.remove(place);
        table.rows.iter_mut().filter(|row| place < row.len()).for_each(|row| drop(row.remove(place)));
    }
    table
}

fn cell(value: Value, is_word: bool) -> Cell {
    if let Some(text) = not_finite(&value).filter(|_| !is_word) {
        return Cell::Number(text.parse().unwrap_or(f64::NAN));
    }
    match value {
        Value::Null => Cell::Absent,
        Value::String(text) => Cell::Text(text),
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(count), _) => Cell::Count(count),
            (None, Some(real)) => Cell::Number(real),
            (None, None) => Cell::Text(number.to_string()),
        },
        other => Cell::Text(other.to_string()),
    }
}

/// The text for a number that is not finite.
fn not_finite(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| matches!(*text, "nan" | "inf" | "-inf"))
}

fn ordered(row: &impl Serialize) -> serde_json::Result<Ordered> {
    serde_json::from_slice(&serde_json::to_vec(row)?)
}

/// An object whose keys keep their order.
struct Ordered(Vec<(String, Value)>);

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Ordered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<Ordered, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }

        from.deserialize_map(Entries)
    }
}

/// Whoever reads from it says of which fields.
struct Names<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> std::result::Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom("there is no value"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, Self::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Run {
        name: String,
        #[serde(with = "number")]
        rmse: f64,
        #[serde(with = "number")]
        floor: Option<f64>,
        seed: u64,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Choice {
        name: String,
        chosen: f64,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "record", rename_all = "snake_case")]
    enum Either {
        Run(Run),
        Choice(Choice),
    }

    impl Record for Either {
        fn identity(&self) -> &str {
            ""
        }

        fn by(self, _: usize) -> Self {
            self
        }

        fn seconds(&self) -> f64 {
            0.0
        }

        fn build_mut(&mut self) -> &mut usize {
            panic!("no record of these tests is merged")
        }

        fn words() -> Vec<&'static str> {
            vec!["name"]
        }

        fn kinds() -> Vec<Kind> {
            vec![("run", fields_of::<Run>()), ("choice", fields_of::<Choice>())]
        }
    }

    fn run(name: &str, rmse: f64, floor: Option<f64>) -> Either {
        Either::Run(Run { name: name.into(), rmse, floor, seed: u64::MAX })
    }

    /// Every line has every key, no number is a word, and each is read back as it was, NaN apart from nothing.
    #[test]
    fn lines_have_the_same_keys_and_lose_nothing() {
        let choice = Either::Choice(Choice { name: "inf".into(), chosen: 0.1 });
        let all = [
            run("nan", f64::NAN, None),
            run("a", f64::NEG_INFINITY, Some(f64::NAN)),
            run("b", 1.0 / 3.0, Some(f64::INFINITY)),
            choice,
        ];
        for row in &all {
            let line = encode(row).unwrap();
            let Ordered(entries) = serde_json::from_slice(&line).unwrap();
            let mut keys: Vec<&str> = entries.iter().map(|(name, _)| name.as_str()).collect();
            keys.sort_unstable();
            assert_eq!(keys, ["chosen", "floor", "name", "not_finite", "record", "rmse", "seed"]);
            let words = |(name, value): &&(String, Value)| {
                value.is_string() && !["name", "not_finite", "record"].contains(&name.as_str())
            };
            assert!(entries.iter().find(words).is_none(), "{entries:?}");
            assert_eq!(format!("{:?}", decode::<Either>(&line).unwrap()), format!("{row:?}"));
        }
        let line = String::from_utf8(encode(&all[1]).unwrap()).unwrap();
        assert!(
            line.contains(r#""rmse":null,"floor":null"#) && line.contains(r#""rmse=-inf;floor=nan""#),
            "{line}"
        );
    }

    #[test]
    fn a_line_without_its_wall_time_keeps_the_rest_as_it_is() {
        let line = br#"{"rmse":0.30000000000000004,"seconds":1.5,"floor":-0.0,"seed":18446744073709551615}"#;
        let rest = br#"{"rmse":0.30000000000000004,"floor":-0.0,"seed":18446744073709551615}"#;
        assert_eq!(untimed_line(line).unwrap(), rest);
    }

    /// What is found without reading the line is what reading it finds, whatever texts are in it.
    #[test]
    fn a_wall_time_is_cut_out_as_if_the_line_were_read() {
        let read = |line: &str| {
            let Ordered(mut entries) = serde_json::from_str(line).unwrap();
            entries.retain(|(name, _)| name != SECONDS);
            serde_json::to_vec(&Ordered(entries)).unwrap()
        };
        for line in [
            r#"{"note":"a,\"seconds\":3,","rmse":0.1,"seconds":1.5e-7,"x":1}"#,
            r#"{"note":"\\","seconds":-0.0}"#,
            r#"{"note":"a","seconds":null,"x":1}"#,
            r#"{"seconds":2,"note":",\"seconds\":4,"}"#,
            r#"{"note":"none"}"#,
        ] {
            assert_eq!(untimed_line(line.as_bytes()).unwrap(), read(line), "{line}");
        }
    }

    #[test]
    fn spelled_numbers_are_read() {
        let line = br#"{"record":"run","name":"a","rmse":"nan","floor":"inf","seed":1}"#;
        let Either::Run(found) = decode(line).unwrap() else { panic!("another kind") };
        assert!(found.rmse.is_nan() && found.floor == Some(f64::INFINITY));
    }

    #[test]
    fn a_table_of_records_tells_numbers_from_words() {
        let Either::Run(nan) = run("nan", f64::NAN, Some(2.0)) else { panic!("another kind") };
        let table = table_of(&[nan], &["name"]).unwrap();
        assert_eq!(table.csv().unwrap(), b"name,rmse,floor,seed\nnan,NaN,2.0,18446744073709551615\n");
        assert_eq!(table_of::<Run>(&[], &[]).unwrap().csv().unwrap(), b"name,rmse,floor,seed\n");
    }
}
