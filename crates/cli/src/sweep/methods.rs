//! `--method` of every verb that takes methods: recipes, and what is said of them.

use equipoise_solver::{Method, Needs, Parameter, Recipe, SolverError};
use std::fmt::Write;
use std::str::FromStr;

/// One value of `--method`: methods with commas between, each with its settings after a colon. A piece of
/// the form NAME=VALUE goes on with the settings before it, so that
/// `mmps:iterations=3,daps:steps=50,rate=3e-4` are two methods: no method's name holds a `=`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Methods(Vec<Recipe>);

impl Methods {
    /// The methods of all values.
    pub(crate) fn flatten(values: &[Self]) -> Vec<Recipe> {
        values.iter().flat_map(|Self(recipes)| recipes.clone()).collect()
    }
}

impl FromStr for Methods {
    type Err = SolverError;

    fn from_str(text: &str) -> Result<Self, SolverError> {
        let mut pieces: Vec<String> = Vec::new();
        for piece in text.split(',') {
            let goes_on = piece.contains('=') && !piece.contains(':');
            match pieces.last_mut() {
                Some(last) if goes_on && last.contains(':') => *last += &format!(",{piece}"),
                _ => pieces.push(piece.to_owned()),
            }
        }
        pieces.iter().map(|piece| piece.parse()).collect::<Result<_, _>>().map(Self)
    }
}

/// How methods are given, for help: `lead` says what the verb does with them.
pub(crate) fn methods_help(lead: &str) -> String {
    let mut text = format!(
        "{lead}\n\nA method is as published, or takes settings as METHOD:NAME=VALUE,NAME=VALUE; a comma before \
         another method's name begins that one: mmps:iterations=3,daps:steps=50,rate=3e-4. Each parameter \
         with its published value:\n"
    );
    for method in Method::all() {
        told(&mut text, method);
    }
    text
}

fn told(text: &mut String, method: Method) {
    let spec = method.spec();
    let mut remarks = Vec::new();
    if spec.lawful {
        remarks.push("takes a law".to_owned());
    }
    if spec.needs != Needs::Denoiser {
        remarks.push(format!("needs {}", spec.needs.words()));
    }
    if spec.linear {
        remarks.push("of a linear operator".to_owned());
    }
    let remarks: String = remarks.iter().map(|remark| format!("; {remark}")).collect();
    // Writing to a string does not fail.
    let _ = write!(text, "\n- {}: {}{remarks}", spec.name, spec.about);
    for Parameter { name, symbol, about, published, range, .. } in spec.parameters {
        let _ = write!(text, "\n    {name}={published}: {symbol}, {about}; {}", range.expected());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        match text.parse::<Methods>() {
            Ok(methods) => Methods::flatten(&[methods]).iter().map(|r| format!("[{r}]")).collect(),
            Err(refusal) => refusal.to_string(),
        }
    }

    #[test]
    fn a_list_of_methods_keeps_the_settings_of_each() {
        assert_eq!(of("exact,mmps"), "[exact][mmps]");
        assert_eq!(
            of("mmps:iterations=3,daps:steps=50,rate=3e-4,tmpd"),
            "[mmps:iterations=3][daps:rate=0.0003,steps=50][tmpd]"
        );
        assert_eq!(of("red_diff:lambda=0.5"), "[red_diff:lambda=0.5]");
    }

    #[test]
    fn what_is_no_list_of_methods_is_named() {
        for (text, told) in [
            ("mmps,iterations=3", "method: found `iterations=3`, expected one of sda, exact, mmps"),
            ("iterations=3", "method: found `iterations=3`, expected one of sda"),
            ("mmps,", "method: found ``, expected one of sda"),
            ("mmps:iterations", "method mmps: found `iterations`, expected NAME=VALUE"),
            (
                "mmps:iterations=1.5",
                "method mmps, iterations: found 1.5, expected a whole number of at least 1",
            ),
            (
                "mmps:iterations=2,iterations=3",
                "method mmps: found `iterations=3`, expected each parameter once",
            ),
            ("mmps:steps=3", "method mmps: found `steps`, expected one of its parameters: iterations"),
            ("tmpd:rate=1", "method tmpd: found `rate`, expected no parameter"),
        ] {
            let found = of(text);
            assert!(found.starts_with(told), "{text}: {found}");
        }
    }

    /// Whoever reads the help knows every method and every parameter with its published value.
    #[test]
    fn help_says_all_of_the_table() {
        let text = methods_help("");
        for method in Method::all() {
            assert!(text.contains(&format!("\n- {method}: ")), "{method}");
            for parameter in method.spec().parameters {
                let setting = format!("{}={}", parameter.name, parameter.published);
                assert!(text.contains(&setting), "{setting}");
                // What the help says can be typed.
                let typed = of(&format!("{method}:{setting}"));
                assert_eq!(typed, format!("[{method}:{setting}]"));
            }
        }
    }
}
