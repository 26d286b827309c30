//! Promise: the CloudFormation template takes good values of its parameters and refuses bad ones.
//!
//! `deploy/terraform/tests/variables.tftest.hcl` has the same values for the Terraform module.

use std::collections::BTreeSet;

use regex_lite::Regex;
use serde_json::Value;

use super::module::{VARIABLES, hcl};
use super::{read, templates};

/// A parameter, and what it takes and refuses.
struct Case {
    parameter: &'static str,
    good: &'static [&'static str],
    bad: &'static [&'static str],
}

const CASES: [Case; 11] = [
    Case {
        parameter: "Namespace",
        good: &["monitoring", "team-1"],
        bad: &["", "*", "team?", "a.b", "${aws:username}"],
    },
    Case {
        parameter: "ServiceAccount",
        good: &["appstream-exporter", "a.b"],
        bad: &["", "*", "reader-?", "a:b"],
    },
    Case {
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
        parameter: "OidcAudience",
        good: &["sts.amazonaws.com", "https://vault.example:8200/audience"],
        bad: &["", "*", "a\", \"b\": \"c", "${aws:username}"],
    },
    // The name of a cluster of its own account and region; the Terraform module takes the ARN.
    Case {
        parameter: "ClusterName",
        good: &["production", "a_1"],
        bad: &[
            "*",
            "prod?",
            "arn:aws:eks:eu-west-1:123456789012:cluster/production",
        ],
    },
    Case {
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
        parameter: "ExternalId",
        good: &["7b4c1e0a-exporter", "a:b/c"],
        bad: &["x", "*", "a b", "customer-*"],
    },
    Case {
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
        parameter: "RoleName",
        good: &["appstream-exporter"],
        bad: &["", "*", "a/b", "a b"],
    },
    Case {
        parameter: "RolePath",
        good: &["/", "/monitoring/"],
        bad: &["", "monitoring", "/monitoring", "//"],
    },
    Case {
        parameter: "PermissionsBoundaryArn",
        good: &[
            "arn:aws:iam::123456789012:policy/boundary",
            "arn:aws-cn:iam::aws:policy/ReadOnlyAccess",
        ],
        bad: &["*", "boundary", "arn:aws:iam::123456789012:role/boundary"],
    },
];

/// Other entries of a list of roles.
const OTHER_ROLE: &str = "arn:aws:iam::444455556666:role/appstream-exporter";

fn parameters() -> Value {
    let template: Value = serde_yaml::from_str(&read(templates::TEMPLATE)).expect("it is YAML");
    template["Parameters"].clone()
}

/// As in CloudFormation, the pattern must match the whole value, or each value of a list.
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
    for case in &CASES {
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
    let Some(variables) = hcl(VARIABLES) else {
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
