//! Promise: the Terraform module and the CloudFormation template take the same values, and refuse the same.

use std::collections::BTreeSet;

use regex_lite::Regex;
use serde_json::{Value, json};

use super::module::{evaluated, hcl};
use super::{read, templates};

/// A value of the module, the same of the template, and what both take and refuse.
struct Case {
    variable: &'static str,
    parameter: &'static str,
    good: &'static [&'static str],
    bad: &'static [&'static str],
}

const CASES: [Case; 12] = [
    Case {
        variable: "namespace",
        parameter: "Namespace",
        good: &["monitoring", "team-1"],
        bad: &["", "*", "team?", "a.b", "${aws:username}"],
    },
    Case {
        variable: "service_account",
        parameter: "ServiceAccount",
        good: &["appstream-exporter", "a.b"],
        bad: &["", "*", "reader-?", "a:b"],
    },
    Case {
        variable: "oidc_provider_arn",
        parameter: "OidcProviderArn",
        good: &["arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/0A"],
        bad: &[
            "*",
            "oidc.eks.eu-west-1.amazonaws.com/id/0A",
            "arn:aws:iam::123456789012:oidc-provider/",
            "arn:aws:iam::123456789012:oidc-provider/*",
            "arn:aws:iam::123456789012:oidc-provider/a\", \"AWS\": \"b",
        ],
    },
    Case {
        variable: "oidc_audience",
        parameter: "OidcAudience",
        good: &["sts.amazonaws.com", "https://vault.example:8200/audience"],
        bad: &["", "*", "a\", \"b\": \"c", "${aws:username}"],
    },
    // The template takes the name of a cluster of its own account and region, the module the ARN.
    Case {
        variable: "cluster_arn",
        parameter: "",
        good: &["arn:aws-us-gov:eks:us-gov-west-1:123456789012:cluster/production"],
        bad: &[
            "production",
            "arn:aws:eks:*:123456789012:cluster/production",
            "arn:aws:eks:eu-west-1:123456789012:cluster/*",
        ],
    },
    Case {
        variable: "",
        parameter: "ClusterName",
        good: &["production", "a_1"],
        bad: &[
            "*",
            "prod?",
            "arn:aws:eks:eu-west-1:123456789012:cluster/production",
        ],
    },
    Case {
        variable: "principal_arns",
        parameter: "PrincipalArn",
        good: &[
            "arn:aws:iam::123456789012:role/monitoring",
            "arn:aws:iam::123456789012:user/team/exporter",
        ],
        bad: &[
            "*",
            "123456789012",
            "arn:aws:iam::123456789012:root",
            "arn:aws:iam::*:role/monitoring",
            "arn:aws:iam::123456789012:role/*",
        ],
    },
    Case {
        variable: "external_id",
        parameter: "ExternalId",
        good: &["7b4c1e0a-exporter", "a:b/c"],
        bad: &["x", "*", "a b", "customer-*"],
    },
    Case {
        variable: "assume_role_arns",
        parameter: "AssumeRoleArns",
        good: &[
            "arn:aws:iam::111122223333:role/appstream-exporter",
            "arn:aws-cn:iam::111122223333:role/team/r+=.@-",
        ],
        bad: &[
            "*",
            "arn:aws:iam::*:role/*",
            "arn:aws:iam::*:role/appstream-exporter",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:iam::111122223333:role/reader-?",
            "arn:aws:iam::111122223333:role/${aws:username}",
            "arn:aws:iam::111122223333:user/exporter",
        ],
    },
    Case {
        variable: "name",
        parameter: "RoleName",
        good: &["appstream-exporter"],
        bad: &["", "*", "a/b", "a b"],
    },
    Case {
        variable: "path",
        parameter: "RolePath",
        good: &["/", "/monitoring/"],
        bad: &["", "monitoring", "/monitoring", "//"],
    },
    Case {
        variable: "permissions_boundary",
        parameter: "PermissionsBoundaryArn",
        good: &[
            "arn:aws:iam::123456789012:policy/boundary",
            "arn:aws-cn:iam::aws:policy/ReadOnlyAccess",
        ],
        bad: &["*", "boundary", "arn:aws:iam::123456789012:role/boundary"],
    },
];

/// What a list of roles holds beside the value of a case.
const OTHER_ROLE: &str = "arn:aws:iam::444455556666:role/appstream-exporter";

fn parameters() -> Value {
    let template: Value = serde_yaml::from_str(&read(templates::TEMPLATE)).expect("it is YAML");
    template["Parameters"].clone()
}

/// What CloudFormation does: the pattern must match the whole value, or each of a list.
fn takes(parameter: &Value, value: &str) -> bool {
    let pattern = parameter["AllowedPattern"].as_str().expect("a pattern");
    let pattern = Regex::new(&format!("^(?:{pattern})$")).expect(pattern);
    if parameter["Type"] == "CommaDelimitedList" {
        return value.split(',').all(|one| pattern.is_match(one.trim()));
    }
    pattern.is_match(value)
}

#[test]
fn the_template_takes_good_values_and_refuses_bad_ones() {
    let parameters = parameters();
    let parameters = parameters.as_object().expect("by name");
    for (name, parameter) in parameters {
        if parameter["Type"] == "CommaDelimitedList" || parameter.get("AllowedPattern").is_some() {
            if let Some(default) = parameter.get("Default") {
                let default = default.as_str().expect("a text");
                assert!(takes(parameter, default), "{name}: {default:?}");
            }
            let known = CASES.iter().any(|case| case.parameter == name);
            assert!(known, "{name} has no cases");
        }
    }
    for case in CASES.iter().filter(|case| !case.parameter.is_empty()) {
        let parameter = &parameters[case.parameter];
        for good in case.good {
            assert!(takes(parameter, good), "{}: {good}", case.parameter);
        }
        for bad in case.bad {
            assert!(!takes(parameter, bad), "{}: {bad}", case.parameter);
        }
    }
    let list = &parameters["AssumeRoleArns"];
    assert!(takes(list, &format!("{OTHER_ROLE}, {OTHER_ROLE}")));
    assert!(!takes(list, &format!("{OTHER_ROLE},*")));
}

#[test]
fn the_module_takes_good_values_and_refuses_bad_ones() {
    let Some(variables) = hcl("variables.tf") else {
        return;
    };
    let all = CASES.iter().filter(|case| !case.variable.is_empty());
    let values: Vec<_> = all
        .flat_map(|case| {
            let good = case.good.iter().map(|value| (case.variable, *value, false));
            let bad = case.bad.iter().map(|value| (case.variable, *value, true));
            good.chain(bad)
        })
        .collect();
    let asked: Vec<_> = values
        .iter()
        .map(|(variable, value, _)| match variable.ends_with("_arns") {
            true => json!({"variable": variable, "value": [OTHER_ROLE, value]}),
            false => json!({"variable": variable, "value": value}),
        })
        .collect();
    let made = evaluated(&json!({"edits": [], "values": asked})).expect("Python is there");
    for (index, (variable, value, refused)) in values.iter().enumerate() {
        assert_eq!(made["refused"][index], *refused, "{variable}: {value:?}");
    }
    for block in variables["variable"].as_array().expect("blocks") {
        for (name, variable) in block.as_object().expect("a block") {
            let known = name == "trust" || CASES.iter().any(|case| case.variable == name);
            let validated = variable.get("validation").is_some();
            assert_eq!(
                known, validated,
                "{name}: cases and a validation, or neither"
            );
        }
    }
}

#[test]
fn only_the_external_id_is_hidden_and_in_both() {
    let parameters = parameters();
    let hidden: BTreeSet<_> = parameters
        .as_object()
        .expect("by name")
        .iter()
        .filter(|(_, parameter)| parameter["NoEcho"] == true)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(hidden, BTreeSet::from(["ExternalId"]));
    let Some(variables) = hcl("variables.tf") else {
        return;
    };
    let blocks = variables["variable"].as_array().expect("blocks").iter();
    let sensitive: BTreeSet<_> = blocks
        .flat_map(|block| block.as_object().expect("a block"))
        .filter(|(_, variable)| variable["sensitive"] == true)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(sensitive, BTreeSet::from(["external_id"]));
}
