//! A limit to the values of the `error_code` label: a peer that is not AWS can answer with any code.

use std::collections::{BTreeMap, BTreeSet};

/// Codes of one operation in one region of one target. AWS documents fewer than ten for each.
const MOST_CODES: usize = 32;
/// The label of all further codes.
const OTHER: &str = "other";

/// The codes that have a series, by target and region, then by operation.
#[derive(Debug, Default)]
pub(super) struct ErrorCodes(BTreeMap<(String, String), BTreeMap<String, BTreeSet<String>>>);

impl ErrorCodes {
    /// The label value of a code.
    pub(super) fn label<'a>(
        &mut self,
        target: &str,
        region: &str,
        operation: &str,
        code: &'a str,
    ) -> &'a str {
        let key = (target.to_owned(), region.to_owned());
        let operations = self.0.entry(key).or_default();
        let codes = operations.entry(operation.to_owned()).or_default();
        if codes.contains(code) {
            return code;
        }
        if codes.len() >= MOST_CODES {
            return OTHER;
        }
        codes.insert(code.to_owned());
        code
    }

    /// Forgets the codes of a region of a target, whose series are removed.
    pub(super) fn forget(&mut self, target: &str, region: &str) {
        self.0.remove(&(target.to_owned(), region.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_beyond_the_limit_are_one_until_they_are_forgotten() {
        let mut codes = ErrorCodes::default();
        let known: Vec<_> = (0..MOST_CODES)
            .map(|number| format!("Code{number}"))
            .collect();
        for code in &known {
            assert_eq!(codes.label("t", "r", "DescribeFleets", code), code);
        }
        assert_eq!(codes.label("t", "r", "DescribeFleets", "One"), "other");
        assert_eq!(codes.label("t", "r", "DescribeFleets", "Two"), "other");
        assert_eq!(codes.label("t", "r", "DescribeFleets", "Code31"), "Code31");
        assert_eq!(codes.label("t", "r", "DescribeStacks", "One"), "One");
        assert_eq!(codes.label("t", "s", "DescribeFleets", "One"), "One");
        codes.forget("t", "r");
        assert_eq!(codes.label("t", "r", "DescribeFleets", "One"), "One");
    }
}
