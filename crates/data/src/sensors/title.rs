//! What the header of a column says: its name, and the unit behind it in brackets.

/// The columns of a table.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    /// The names of components.
    pub(super) components: Vec<String>,
    /// Every name that is known.
    pub(super) known: Vec<String>,
}

impl Columns {
    /// Those of a table of these components; one that has the name of another column goes by its index, `c0`.
    pub(super) fn of(components: &[String]) -> Self {
        let mut known: Vec<String> = ["time", "x", "y"].map(str::to_owned).into();
        let own = |(i, name): (usize, &String)| match known.contains(name) || name == "noise" {
            true => format!("c{i}"),
            false => name.clone(),
        };
        let components: Vec<String> = components.iter().enumerate().map(own).collect();
        known.extend(components.iter().cloned());
        known.push("noise".into());
        known.extend(components.iter().map(|name| format!("noise_{name}")));
        Self { components, known }
    }

    /// The column of a name in whatever case; `c0`, `noise_c0` are those of the first component.
    fn named(&self, name: &str) -> Option<String> {
        let found = self.known.iter().find(|column| name.eq_ignore_ascii_case(column));
        let (noise, index) = name.strip_prefix("noise_").map_or(("", name), |index| ("noise_", index));
        let index = || index.strip_prefix('c')?.parse::<usize>().ok();
        let by_index = || Some(format!("{noise}{}", self.components.get(index()?)?));
        found.cloned().or_else(by_index)
    }

    /// All names in a row.
    pub(super) fn listed(&self) -> String {
        self.known.join(", ")
    }
}

/// The header of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Title {
    /// As it stands in the file.
    pub(super) text: String,
    /// The column that it names, in whatever case; `None` for any other.
    pub(super) column: Option<String>,
    /// `m/s` of `u [m/s]` or `u (m/s)`.
    pub(super) unit: Option<String>,
}

impl Title {
    pub(super) fn of(text: &str, columns: &Columns) -> Self {
        let text = text.trim();
        let (name, unit) = match text.find(['[', '(']) {
            Some(at) if text.ends_with([']', ')']) => (&text[..at], Some(&text[at + 1..text.len() - 1])),
            _ => (text, None),
        };
        let column = columns.named(name.trim());
        let unit = unit.map(str::trim).filter(|unit| !unit.is_empty() && *unit != "-").map(str::to_owned);
        Self { text: text.to_owned(), column, unit }
    }

    /// What the numbers under it measure: `time`, `length`, `velocity`, or a component by its own name: of those
    /// nobody knows whether they share a unit.
    fn quantity(&self) -> Option<&str> {
        let column = self.column.as_deref()?;
        Some(match column.strip_prefix("noise_").unwrap_or(column) {
            "x" | "y" => "length",
            "u" | "v" => "velocity",
            own => own,
        })
    }
}

/// What the header of a table says of units, or why it cannot be used.
///
/// # Errors
/// Two columns of one quantity in different units.
pub(super) fn units(titles: &[Title]) -> Result<Option<Units>, String> {
    let mut of: Vec<Stated> = Vec::new();
    // `noise` is that of every component: a velocity where one of them is.
    let velocities = titles.iter().any(|title| title.quantity() == Some("velocity"));
    for title in titles {
        let (Some(quantity), Some(unit)) = (title.quantity(), &title.unit) else { continue };
        let quantity = if quantity == "noise" && velocities { "velocity" } else { quantity };
        match of.iter().find(|stated| stated.quantity == quantity) {
            Some(Stated { title: text, unit: first, .. }) if first != unit => {
                return Err(format!(
                    "the same unit under `{text}` ({first}) and `{}` ({unit}): nothing is converted",
                    title.text
                ));
            }
            Some(_) => {}
            None => {
                of.push(Stated { quantity: quantity.into(), title: title.text.clone(), unit: unit.clone() });
            }
        }
    }
    let place = |of: &Stated| Units::FIRST.iter().position(|name| of.quantity == *name);
    of.sort_by_key(|of| place(of).unwrap_or(Units::FIRST.len()));
    Ok((!of.is_empty()).then_some(Units { of }))
}

/// The unit of a quantity with the first column that states it.
struct Stated {
    quantity: String,
    title: String,
    unit: String,
}

/// Every unit that a header states: of time, length and velocity, then of other components in their order.
pub(super) struct Units {
    of: Vec<Stated>,
}

impl Units {
    const FIRST: [&str; 3] = ["time", "length", "velocity"];

    /// In the words of a data file.
    pub(super) fn stated(&self) -> crate::Units {
        let of = |name: &str| self.of.iter().find(|of| of.quantity == name).map(|of| of.unit.clone());
        crate::Units { velocity: of("velocity"), length: of("length"), time: of("time") }
    }

    /// One sentence.
    pub(super) fn note(&self) -> String {
        let told = |Stated { quantity, unit, .. }: &Stated| format!("{quantity} in {unit}");
        let stated: Vec<String> = self.of.iter().map(told).collect();
        format!(
            "units in the header ({}) are taken for those of the flow that they are held against",
            stated.join(", ")
        )
    }

    /// A sentence, where the unit of velocity is a quotient of other units than those of length and time.
    pub(super) fn warning(&self) -> Option<String> {
        let unit = |name: &str| self.of.iter().find(|of| of.quantity == name).map(|of| of.unit.as_str());
        let (length, time) = unit("velocity")?.split_once('/')?;
        let differs = |name: &str, part: &str| unit(name).is_some_and(|unit| unit != part.trim());
        (differs("length", length) || differs("time", time)).then(|| {
            format!(
                "the header states time in {}, length in {} and velocity in {}: nothing is converted, so the flow \
                 that they are held against must have them so",
                unit("time").unwrap_or("no unit"),
                unit("length").unwrap_or("no unit"),
                unit("velocity").unwrap_or("no unit")
            )
        })
    }
}
