//! Reads the text format back, and finds series in it.

#![allow(
    clippy::panic,
    reason = "a malformed exposition fails the test that reads it"
)]

use std::collections::BTreeMap;

/// A parsed exposition.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    text: String,
    series: Vec<Series>,
}

/// One sample with its labels.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

impl Series {
    /// A label's value; empty when the label is not there, as in Prometheus.
    pub(crate) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    fn matches(&self, labels: &[(&str, &str)]) -> bool {
        labels
            .iter()
            .all(|(name, value)| self.label(name) == *value)
    }
}

impl Metrics {
    /// Parses an exposition; panics where it is malformed.
    pub(crate) fn parse(text: &str) -> Self {
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self {
            text: text.to_owned(),
            series: lines.map(parse_line).collect(),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn series(&self) -> &[Series] {
        &self.series
    }

    /// All series of a family.
    pub(crate) fn family<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Series> {
        self.series.iter().filter(move |series| series.name == name)
    }

    /// The value of the one series with these labels among its own. Panics when there are several.
    pub(crate) fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut found = self.family(name).filter(|series| series.matches(labels));
        let first = found.next()?;
        assert_eq!(
            found.next(),
            None,
            "{name}{labels:?} is more than one series"
        );
        Some(first.value)
    }

    /// The sum of all series with these labels among their own.
    pub(crate) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.family(name)
            .filter(|series| series.matches(labels))
            .map(|series| series.value)
            .sum()
    }

    /// Whether any series has these labels among its own.
    pub(crate) fn has(&self, name: &str, labels: &[(&str, &str)]) -> bool {
        self.family(name).any(|series| series.matches(labels))
    }

    /// Asserts the value of one series; on failure shows the family's other series.
    #[track_caller]
    pub(crate) fn assert(&self, name: &str, labels: &[(&str, &str)], expected: f64) {
        let got = self.value(name, labels);
        let family: Vec<_> = self.family(name).collect();
        assert_eq!(
            got,
            Some(expected),
            "{name}{labels:?}; the family has {family:#?}"
        );
    }

    /// Asserts that no series has these labels.
    #[track_caller]
    pub(crate) fn assert_absent(&self, name: &str, labels: &[(&str, &str)]) {
        let found: Vec<_> = self
            .family(name)
            .filter(|series| series.matches(labels))
            .collect();
        assert!(
            found.is_empty(),
            "{name}{labels:?} should not be there: {found:#?}"
        );
    }
}

fn parse_line(line: &str) -> Series {
    let name_end = line
        .find(['{', ' '])
        .unwrap_or_else(|| panic!("no value: {line}"));
    let (name, mut rest) = line.split_at(name_end);
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest
                .split_once("=\"")
                .unwrap_or_else(|| panic!("no label: {line}"));
            let (value, after) =
                parse_value(after).unwrap_or_else(|| panic!("no end of label: {line}"));
            assert!(
                labels.insert(label.to_owned(), value).is_none(),
                "label twice: {line}"
            );
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = rest.strip_prefix('}').expect("the loop ends there");
    }
    let value = rest.trim();
    let value = value
        .parse()
        .unwrap_or_else(|_| panic!("no number: {line}"));
    Series {
        name: name.to_owned(),
        labels,
        value,
    }
}

/// The value up to its closing quote, and what comes after.
fn parse_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}
