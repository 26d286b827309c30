//! The Prometheus text format, version 0.0.4.

use std::io::Write as _;

use crate::catalog::Family;
use crate::collector::{More, Sink};

/// Writes samples as they come; the header of a family is written with its first one.
#[derive(Debug, Default)]
pub(super) struct TextWriter {
    out: Vec<u8>,
    family: Option<&'static Family>,
}

impl TextWriter {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn header(&mut self, family: &'static Family) {
        self.push("# HELP ")
            .push(family.name)
            .push(" ")
            .escaped(family.help, |c| c != '"');
        self.push("\n# TYPE ")
            .push(family.name)
            .push(" ")
            .push(family.kind.as_str())
            .push("\n");
        self.family = Some(family);
    }

    fn label(&mut self, separator: &str, name: &str, value: &str) {
        self.push(separator)
            .push(name)
            .push("=\"")
            .escaped(value, |_| true);
        self.push("\"");
    }

    fn push(&mut self, text: &str) -> &mut Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    /// Writes text with backslashes, line ends and, where `special` says so, quotes escaped.
    fn escaped(&mut self, text: &str, special: fn(char) -> bool) {
        let mut rest = text;
        while let Some(at) = rest.find(|c| matches!(c, '\\' | '\n' | '"') && special(c)) {
            let (before, after) = rest.split_at(at);
            self.push(before).push(match after.as_bytes().first() {
                Some(b'\n') => "\\n",
                Some(b'"') => "\\\"",
                _ => "\\\\",
            });
            rest = after.get(1..).unwrap_or_default();
        }
        self.push(rest);
    }
}

impl Sink for TextWriter {
    fn sample(&mut self, family: &'static Family, labels: &[&str], more: More<'_>, value: f64) {
        if !self
            .family
            .is_some_and(|current| std::ptr::eq(current, family))
        {
            self.header(family);
        }
        self.push(family.name);
        let mut separator = "{";
        for (name, value) in family.label_names().zip(labels) {
            self.label(separator, name, value);
            separator = ",";
        }
        for (name, value) in more {
            self.label(separator, name, value);
            separator = ",";
        }
        if separator == "," {
            self.push("}");
        }
        writeln!(self.out, " {value}").expect("writing to a vector does not fail");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog;

    #[test]
    fn names_survive() {
        let mut writer = TextWriter::default();
        writer.sample(
            &catalog::FLEET_CREATED,
            &["1", "eu-west-1", "a \"b\" \\c\nd äöü 日本"],
            &[("env", "a \"b\"")],
            1_700_000_000.25,
        );
        writer.sample(&catalog::FLEET_CREATED, &["1", "eu-west-1", ""], &[], 0.0);
        let text = String::from_utf8(writer.into_bytes()).unwrap();
        let lines: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "# TYPE appstream_fleet_created_timestamp_seconds gauge",
                r#"appstream_fleet_created_timestamp_seconds{aws_account_id="1",aws_region="eu-west-1",fleet="a \"b\" \\c\nd äöü 日本",env="a \"b\""} 1700000000.25"#,
                r#"appstream_fleet_created_timestamp_seconds{aws_account_id="1",aws_region="eu-west-1",fleet=""} 0"#,
            ]
        );
    }
}
