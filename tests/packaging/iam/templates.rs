//! Promise: stacks of the CloudFormation template have what the JSON files say.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::json;

use super::{TRUSTS, actions, answer, policy, python, root, statement, texts};
use crate::support::tools;

pub(crate) const TEMPLATE: &str = "deploy/cloudformation/appstream-exporter.yaml";

#[test]
fn the_template_has_no_fault_that_cfn_lint_knows() {
    if let Some(linter) = tools::tool("cfn-lint") {
        assert_eq!(tools::run(Command::new(linter).arg(root(TEMPLATE))), "");
    }
}

#[test]
fn stacks_of_the_template_have_the_trust_and_the_policies_of_the_json_files() {
    let Some(mut command) = python("cloudformation") else {
        return;
    };
    command.arg(root(TEMPLATE));
    let irsa = policy("trust-policy-irsa");
    let assume = policy("assume-role-policy");
    let roles: Vec<_> = texts(&assume["Statement"][0]["Resource"])
        .into_iter()
        .collect();
    let stacks = json!([
        {"Trust": "irsa", "OidcProviderArn": irsa["Statement"][0]["Principal"]["Federated"]},
        {"Trust": "pod-identity", "ClusterName": "production", "AssumeRoleArns": roles.join(",")},
        {
            "Trust": "cross-account", "ExternalId": "7b4c1e0a-exporter",
            "PrincipalArn": "arn:aws:iam::123456789012:role/appstream-exporter", "FleetTags": "false",
        },
        {"Trust": "ec2", "WorkspacesPools": "false", "RolePath": "/monitoring/"},
        {"Trust": "ecs", "ReadOwnAccount": "false", "AssumeRoleArns": roles.join(",")},
        {
            "Trust": "cross-account", "AllowSessionTags": "true",
            "PrincipalArn": "arn:aws:iam::123456789012:role/appstream-exporter",
            "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/boundary",
        },
        {"Trust": "ec2", "CloudWatch": "true"},
    ]);
    let made = answer(command, &stacks);
    let all = actions(&policy("policy"));
    let without = |text: &str| {
        all.iter()
            .filter(|action| !action.contains(text))
            .cloned()
            .collect()
    };
    let allowed = [
        all.clone(),
        all.clone(),
        without("Tags"),
        without("workspaces:"),
        BTreeSet::new(),
        all.clone(),
        &all | &actions(&policy("policy-cloudwatch")),
    ];
    for (index, allowed) in allowed.iter().enumerate() {
        let (stack, made) = (&stacks[index], &made[index]);
        assert_eq!(made["status"], "CREATE_COMPLETE", "{stack}");
        let mut policies = made["policies"].as_object().expect("by name").clone();
        let assumes = policies.remove("assume");
        let reads: BTreeSet<_> = policies.values().flat_map(actions).collect();
        assert_eq!(&reads, allowed, "{stack}");
        for policy in policies.values() {
            assert_eq!(statement(policy)["Resource"], "*", "{stack}");
        }
        assert_eq!(
            assumes.is_some(),
            stack["AssumeRoleArns"].is_string(),
            "{stack}"
        );
        if let Some(assumes) = assumes {
            assert_eq!(statement(&assumes)["Resource"], json!(roles), "{stack}");
            let tags = actions(&assumes).contains("sts:TagSession");
            assert_eq!(tags, stack["Trust"] == "pod-identity", "{stack}");
        }
        let has_profile = made["profiles"] == json!(["appstream-exporter"]);
        assert_eq!(has_profile, stack["Trust"] == "ec2", "{stack}");
    }
    for (index, trust) in TRUSTS.iter().enumerate() {
        let wanted = policy(&format!("trust-policy-{trust}"));
        assert_eq!(made[index]["trust"], wanted, "{trust}");
    }
    assert_eq!(
        made[3]["arn"],
        "arn:aws:iam::123456789012:role/monitoring/appstream-exporter"
    );
    let last = &made[5];
    assert_eq!(last["boundary"], stacks[5]["PermissionsBoundaryArn"]);
    assert_eq!(last["trust"]["Statement"][0].get("Condition"), None);
    assert_eq!(
        last["trust"]["Statement"][0]["Action"],
        json!(["sts:AssumeRole", "sts:TagSession"])
    );
}
