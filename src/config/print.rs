//! `--config.print`: the effective configuration as a file.
//!
//! Every value stands there with its origin behind it. Secrets do not: a file that
//! has them must be given them again before it can be used.

use std::fmt::Write as _;

use serde_json::Value;

use super::{Loaded, Regions, Target, schema};
use crate::yaml::schema::{Kind, Schema};
use crate::yaml::{flow, join};

/// Variables from which the AWS SDK takes its own region, the first that is set.
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// The configuration as YAML, each value with its origin as a comment: `default`,
/// `file`, or `environment` and the variable. `env` looks up a variable.
///
/// A region that the AWS SDK takes from the environment counts as the target's,
/// except where a profile may say something else.
pub fn print(loaded: &Loaded, env: impl Fn(&str) -> Option<String>) -> String {
    let mut printer = Printer {
        text: String::new(),
        loaded,
        sdk_region: REGION_VARIABLES.into_iter().find_map(|variable| {
            let region = env(variable).filter(|region| !region.is_empty())?;
            Some((variable, region))
        }),
    };
    let values = serde_json::to_value(&loaded.config).unwrap_or_default();
    printer.section("", "", "", schema(), &values);
    printer.text
}

struct Printer<'a> {
    text: String,
    loaded: &'a Loaded,
    sdk_region: Option<(&'static str, String)>,
}

impl Printer<'_> {
    /// The keys of a section; `first` stands before the first of them, `rest` before the others.
    fn section(
        &mut self,
        path: &str,
        first: &str,
        rest: &str,
        section: Schema<'_>,
        values: &Value,
    ) {
        let mut indent = first;
        for (key, schema) in section.properties() {
            let _ = write!(self.text, "{indent}{key}:");
            self.value(&join(path, key), rest, schema, &values[key]);
            indent = rest;
        }
    }

    /// The comment after a key.
    fn value(&mut self, path: &str, indent: &str, schema: Schema<'_>, value: &Value) {
        let deeper = format!("{indent}  ");
        if schema.kind() == Kind::Section {
            self.text.push('\n');
            self.section(path, &deeper, &deeper, schema, value);
        } else if schema.kind() == Kind::List && schema.items().kind() == Kind::Section {
            self.text.push('\n');
            for (index, entry) in value.as_array().into_iter().flatten().enumerate() {
                let path = format!("{path}[{index}]");
                let (first, rest) = (format!("{deeper}- "), format!("{deeper}  "));
                self.section(&path, &first, &rest, schema.items(), entry);
            }
        } else {
            let (value, origin) = self.with_origin(path, value);
            let _ = writeln!(self.text, " {}  # {origin}", flow(&value));
        }
    }

    /// The effective value of a key path, and its origin.
    fn with_origin(&self, path: &str, value: &Value) -> (Value, String) {
        let targets = self.loaded.config.targets.iter().enumerate();
        let is_here = |(index, target): (usize, &Target)| {
            target.regions == Regions::Own
                && target.profile.is_none()
                && path == format!("targets[{index}].regions")
        };
        if let Some((variable, region)) = &self.sdk_region
            && targets.into_iter().any(is_here)
        {
            return (
                Value::from(vec![region.as_str()]),
                format!("environment {variable}"),
            );
        }
        // Keys that a target can override.
        let inherited = path.split_once("].").map(|(_, key)| key);
        let inherited = inherited.filter(|key| key.contains('.'));
        let origin = if self.loaded.key_paths.contains(path) {
            "file"
        } else if let Some(key) = inherited {
            return (value.clone(), format!("as {key}"));
        } else if path.ends_with(".regions") {
            "default, found by the AWS SDK: profile or instance metadata"
        } else if path.ends_with(".use_fips") || path.ends_with(".use_dual_stack") {
            "default, from the settings of the AWS SDK"
        } else {
            "default"
        };
        (value.clone(), origin.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Secret, checked, parse, read};
    use std::path::Path;

    const FULL: &str = r#"
refresh: {interval: 1100ms, max_age: 36h}
collectors: {workspaces_pools: false}
sessions: {authentication_types: [SAML], economy: false}
aws: {requests_per_second: 0.5, use_fips: false}
filters:
  fleets: {include: ["prod-.*", "a: b # c", "\"\\d"], exclude: [true-.*, "no", "1"]}
  tags: {"cost center: é\t\u2028": "[a-z]{2,3}", team: ""}
tags: {labels: [team, "null", "~"]}
targets:
  - name: "yes"
    regions: [all]
    role_arn: arn:aws:iam::123456789012:role/team/r+=,.@-
    external_id: hunter2
    labels: {env: "1.0", stage: ""}
  - {name: "b\nc", profile: "p q", use_dual_stack: true}
  - {name: d, collectors: {appstream_fleets: false}, sessions: {authentication_types: [API]}}
  - {name: c, regions: [eu-west-1], session_name: , role_arn: "arn:aws:iam::123456789012:role/r"}
"#;

    fn loaded(text: &str) -> Loaded {
        let (config, key_paths) = checked(text, Path::new("test.yaml")).unwrap();
        Loaded {
            config,
            hash: 0,
            key_paths,
        }
    }

    fn no_env(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn what_is_printed_is_read_as_the_same() {
        let full = loaded(FULL);
        let text = print(&full, no_env);
        assert!(!text.contains("hunter2"), "{text}");
        let refused = parse(&text, Path::new("printed.yaml"))
            .unwrap_err()
            .to_string();
        assert_eq!(refused.lines().count(), 1, "{refused}");
        assert!(refused.contains("targets[0].external_id"), "{refused}");

        let with_secret = text.replace("<redacted>", "other");
        let mut again = parse(&with_secret, Path::new("printed.yaml")).unwrap();
        let role = again.targets[0].role.as_mut().unwrap();
        role.external_id = Some(Secret::new("hunter2"));
        assert_eq!(again, full.config, "{text}");

        let nothing = read(None).unwrap();
        let again = parse(&print(&nothing, no_env), Path::new("printed.yaml")).unwrap();
        assert_eq!(again, Config::default());
    }

    #[test]
    fn every_value_has_its_origin() {
        let text = print(&loaded(FULL), no_env);
        for line in [
            "  interval: 1s 100ms  # file",
            "  timeout: 916ms  # default",
            "  max_age: 1d 12h  # file",
            "  topology_interval: 1s 100ms  # default",
            "  requests_per_second: 0.5  # file",
            "  burst: 10  # default",
            "  use_fips: false  # file",
            "  use_dual_stack: null  # default, from the settings of the AWS SDK",
            "  - name: \"yes\"  # file",
            "    regions: [all]  # file",
            "    external_id: <redacted>  # file",
            "    session_name: appstream-exporter  # default",
            "    labels: {env: \"1.0\", stage: \"\"}  # file",
            "    regions: []  # default, found by the AWS SDK: profile or instance metadata",
            "    profile: p q  # file",
            "      appstream_fleets: false  # file",
            "      workspaces_pools: false  # as collectors.workspaces_pools",
            "      authentication_types: [API]  # file",
            "      authentication_types: [SAML]  # as sessions.authentication_types",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn the_region_of_the_environment_is_that_of_targets_without_one() {
        let file = "targets: [{name: a}, {name: b, profile: p}, {name: c, regions: [all]}]";
        const FOUND_BY_SDK: &str =
            "[]  # default, found by the AWS SDK: profile or instance metadata";
        let cases: [(&[(&str, &str)], &str); 4] = [
            (
                &[
                    ("AWS_REGION", "eu-west-1"),
                    ("AWS_DEFAULT_REGION", "us-east-1"),
                ],
                "[eu-west-1]  # environment AWS_REGION",
            ),
            (
                &[("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "us-east-1")],
                "[us-east-1]  # environment AWS_DEFAULT_REGION",
            ),
            (
                &[("AWS_REGION", "eu west")],
                "[eu west]  # environment AWS_REGION",
            ),
            (&[], FOUND_BY_SDK),
        ];
        for (variables, expected) in cases {
            let env = |name: &str| {
                let found = variables.iter().find(|(variable, _)| *variable == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let text = print(&loaded(file), env);
            let regions: Vec<_> = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix("regions: "))
                .collect();
            assert_eq!(regions, [expected, FOUND_BY_SDK, "[all]  # file"]);
        }
    }
}
