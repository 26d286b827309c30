//! Names of labels: those that tags become, and those that a target may choose.

use std::collections::{BTreeMap, BTreeSet};

use super::Tags;
use crate::catalog;

/// Prefix of the families of the exporter itself; all others come from AWS.
const SELF_METRICS_PREFIX: &str = "appstream_exporter_";

impl Tags {
    /// The keys of the tags that are shown, sorted, each with the name of its label.
    ///
    /// The names are those of kube-state-metrics: `tag_` and the key in snake
    /// case, with `_` for what a label cannot hold. Keys that would share a name
    /// get `_conflict1`, `_conflict2` and so on, past names that are in use.
    #[must_use]
    pub fn label_names(&self) -> Vec<(String, String)> {
        let keys: BTreeSet<&String> = self.labels.iter().collect();
        let mut claims: BTreeMap<String, u32> = BTreeMap::new();
        for key in &keys {
            *claims.entry(label_name(key)).or_default() += 1;
        }
        let mut taken: BTreeSet<String> = claims.keys().cloned().collect();
        let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
        let mut named = Vec::new();
        for key in keys {
            let mut name = label_name(key);
            if claims[&name] > 1 {
                let number = numbers.entry(name.clone()).or_default();
                let base = name;
                loop {
                    *number += 1;
                    name = format!("{base}_conflict{number}");
                    if taken.insert(name.clone()) {
                        break;
                    }
                }
            }
            named.push((key.clone(), name));
        }
        named
    }
}

/// The label of a tag, before conflicts are seen to.
fn label_name(key: &str) -> String {
    let mut name = "tag_".to_owned();
    let mut before = '_';
    for c in key.chars() {
        let c = if c.is_ascii_alphanumeric() { c } else { '_' };
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            name.push('_');
        }
        name.push(c.to_ascii_lowercase());
        before = c;
    }
    name
}

/// Why a target must not add a label with this well-formed name; `None` if it may.
pub(super) fn reserved(name: &str) -> Option<String> {
    if matches!(name, "le" | "quantile") {
        return Some(format!(
            "Prometheus reserves {name} for histograms and summaries"
        ));
    }
    catalog::families()
        .filter(|family| !family.name.starts_with(SELF_METRICS_PREFIX))
        .find(|family| family.label_names().any(|label| label == name))
        .map(|family| format!("{name} is already a label of {}", family.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Labels = &'static [(&'static str, &'static str)];

    #[test]
    fn tags_become_labels() {
        let cases: [(&[&str], Labels); 9] = [
            (&[], &[]),
            (&["team"], &[("team", "tag_team")]),
            (&["CostCenter"], &[("CostCenter", "tag_cost_center")]),
            (&["my-Team9X"], &[("my-Team9X", "tag_my_team9_x")]),
            (
                &["ABCd", "é:/ "],
                &[("ABCd", "tag_abcd"), ("é:/ ", "tag_____")],
            ),
            (&["b", "a"], &[("a", "tag_a"), ("b", "tag_b")]),
            (
                &["cost_center", "cost-center", "CostCenter"],
                &[
                    ("CostCenter", "tag_cost_center_conflict1"),
                    ("cost-center", "tag_cost_center_conflict2"),
                    ("cost_center", "tag_cost_center_conflict3"),
                ],
            ),
            (
                &["a.b", "a_b", "a_b_conflict1"],
                &[
                    ("a.b", "tag_a_b_conflict2"),
                    ("a_b", "tag_a_b_conflict3"),
                    ("a_b_conflict1", "tag_a_b_conflict1"),
                ],
            ),
            (
                &["a.b", "a_b", "a_b-conflict1", "a_b_conflict1"],
                &[
                    ("a.b", "tag_a_b_conflict2"),
                    ("a_b", "tag_a_b_conflict3"),
                    ("a_b-conflict1", "tag_a_b_conflict1_conflict1"),
                    ("a_b_conflict1", "tag_a_b_conflict1_conflict2"),
                ],
            ),
        ];
        for (keys, expected) in cases {
            let tags = Tags {
                labels: keys.iter().map(|key| (*key).to_owned()).collect(),
            };
            let names = tags.label_names();
            let names: Vec<_> = names
                .iter()
                .map(|(key, name)| (key.as_str(), name.as_str()))
                .collect();
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn labels_of_aws_families_are_reserved() {
        for name in ["fleet", "aws_region", "pool_id", "error_code", "le"] {
            assert!(reserved(name).is_some(), "{name}");
        }
        for name in ["env", "rustversion", "tag_team"] {
            assert_eq!(reserved(name), None, "{name}");
        }
    }
}
