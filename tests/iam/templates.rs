//! Promise: the Terraform module and the CloudFormation template make what the JSON files say.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::{TRUSTS, actions, answer, policy, python, root, spans, statement, table, texts, tools};

const TEMPLATE: &str = "deploy/cloudformation/appstream-exporter.yaml";

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
            "PrincipalArn": "arn:aws:iam::123456789012:role/monitoring", "FleetTags": "false",
        },
        {"Trust": "ec2", "WorkspacesPools": "false", "RolePath": "/monitoring/"},
        {"Trust": "ecs", "ReadOwnAccount": "false", "AssumeRoleArns": roles.join(",")},
        {
            "Trust": "cross-account", "AllowSessionTags": "true",
            "PrincipalArn": "arn:aws:iam::123456789012:role/monitoring",
            "PermissionsBoundaryArn": "arn:aws:iam::123456789012:policy/boundary",
        },
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

const MODULE: &str = "deploy/terraform";

/// A file of the Terraform module, parsed.
fn hcl(file: &str) -> Option<Value> {
    let mut command = python("hcl")?;
    command.arg(root(&format!("{MODULE}/{file}")));
    Some(answer(command, &Value::Null))
}

/// The names of the blocks of a kind.
fn names(file: &Value, kind: &str) -> BTreeSet<String> {
    let blocks = file[kind].as_array().expect(kind);
    blocks
        .iter()
        .flat_map(|block| block.as_object().expect("a block").keys().cloned())
        .collect()
}

#[test]
fn the_module_takes_the_policy_from_its_file_and_has_the_conditions_of_the_json_files() {
    let Some(main) = hcl("main.tf") else {
        return;
    };
    let locals = &main["locals"][0];
    assert_eq!(
        locals["policy"],
        "${jsondecode(file(\"${path.module}/../iam/policy.json\"))}"
    );
    assert!(root(MODULE).join("../iam/policy.json").is_file());
    for trust in TRUSTS {
        let made = &locals["statements"][trust.replace('-', "_")];
        let policy = policy(&format!("trust-policy-{trust}"));
        let wanted = statement(&policy);
        if let Some(text) = made.as_str() {
            // An expression, because the condition may be left out.
            for key in wanted["Condition"]["StringEquals"]
                .as_object()
                .expect("keys")
                .keys()
            {
                assert!(text.contains(&format!("\"{key}\" = ")), "{trust}: {text}");
            }
            continue;
        }
        assert_eq!(made["Action"], wanted["Action"], "{trust}");
        let keys = |statement: &Value| -> Vec<String> {
            let all = statement["Condition"]["StringEquals"].as_object();
            let all = all.into_iter().flat_map(|keys| keys.keys());
            // Those of a provider begin with its name, and are an expression in the module.
            all.map(|key| match key.rsplit_once(':') {
                Some((_, end @ ("aud" | "sub"))) => end.to_owned(),
                _ => key.clone(),
            })
            .collect()
        };
        assert_eq!(keys(made), keys(wanted), "{trust}");
    }
}

#[test]
fn the_readme_of_the_module_names_its_variables_and_the_examples_use_no_others() {
    let (Some(variables), Some(outputs)) = (hcl("variables.tf"), hcl("outputs.tf")) else {
        return;
    };
    let variables = names(&variables, "variable");
    let first = |header: &str| -> BTreeSet<String> {
        let rows = table("deploy/terraform/README.md", header);
        rows.iter().flat_map(|row| spans(&row[0])).collect()
    };
    assert_eq!(first("| variable | default | meaning |"), variables);
    assert_eq!(first("| output | meaning |"), names(&outputs, "output"));
    let mut count = 0;
    for entry in std::fs::read_dir(root(MODULE).join("examples")).expect("a folder") {
        let name = entry
            .expect("readable")
            .file_name()
            .into_string()
            .expect("text");
        let example = hcl(&format!("examples/{name}/main.tf")).expect("Python is there");
        for module in example["module"].as_array().expect("modules") {
            for given in module.as_object().expect("a block").values() {
                let given = given.as_object().expect("arguments").keys();
                let unknown: Vec<_> = given
                    .filter(|key| !["source", "providers"].contains(&key.as_str()))
                    .filter(|key| !variables.contains(*key))
                    .collect();
                assert_eq!(unknown, [""; 0], "{name}");
                count += 1;
            }
        }
    }
    assert!(count >= 5, "only {count} modules were found");
}

#[test]
fn the_module_is_formatted() {
    let check = ["fmt", "-check", "-recursive", "-diff"];
    let mut terraform = Command::new("terraform");
    terraform.args(check).arg(root(MODULE));
    match terraform.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{said}");
        }
        Err(error) => println!("skipped: terraform fmt: {error}"),
    }
}
