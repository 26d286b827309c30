//! Promise: the Terraform module makes what the JSON files say, and its documents name what it takes.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use super::{TRUSTS, answer, python, read, root, spans, table};

const MODULE: &str = "deploy/terraform";

/// A file of the module, parsed.
pub(crate) fn hcl(file: &str) -> Option<Value> {
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

/// What the module makes with each edit of its files, and whether it refuses each value.
pub(crate) fn evaluated(asked: &Value) -> Option<Value> {
    let mut command = python("module")?;
    command.arg(root(MODULE));
    Some(answer(command, asked))
}

/// The runs that found something, by name.
fn failed(runs: &Value) -> Vec<&str> {
    let runs = runs.as_object().expect("by name").iter();
    runs.filter(|(_, problems)| **problems != json!([]))
        .map(|(name, _)| name.as_str())
        .collect()
}

#[test]
fn what_the_module_makes_passes_its_tests() {
    let Some(made) = evaluated(&json!({"edits": [null], "values": []})) else {
        return;
    };
    let runs = &made["runs"][0];
    assert_eq!(failed(runs), [""; 0], "{runs}");
    // A trust of each kind is compared with its file.
    let tests = read("deploy/terraform/tests/module.tftest.hcl");
    for trust in TRUSTS {
        let run = trust.replace('-', "_");
        assert!(runs.get(&run).is_some(), "{run} of {runs}");
        let file = format!("file(\"../iam/trust-policy-{trust}.json\")");
        assert!(tests.contains(&file), "{file}");
    }
}

#[test]
fn the_tests_of_the_module_see_what_is_swapped_left_out_or_too_wide() {
    let policy = "[merge(local.policy.Statement[0], { Action = local.allowed })]";
    let edits = [
        (
            "${var.namespace}:${var.service_account}",
            "${var.service_account}:${var.namespace}",
            &["irsa", "irsa_of_other_names"][..],
        ),
        (
            "kubernetes-namespace\"       = var.namespace",
            "kubernetes-namespace\" = var.service_account",
            &["pod_identity", "pod_identity_of_other_names"],
        ),
        (
            "  namespace       = var.namespace",
            "  namespace = var.service_account",
            &["pod_identity"],
        ),
        (
            "Federated = var.oidc_provider_arn",
            "Federated = var.oidc_audience",
            &["irsa", "irsa_of_other_names"],
        ),
        (
            "AWS = var.principal_arns",
            "AWS = \"*\"",
            &[
                "cross_account",
                "cross_account_without_external_id_and_with_session_tags",
            ],
        ),
        (
            "{ StringEquals = { \"sts:ExternalId\"",
            "{ StringLike = { \"sts:ExternalId\"",
            &["cross_account"],
        ),
        (
            "data.aws_caller_identity.current.account_id",
            "var.name",
            &["ecs"],
        ),
        (
            "Resource = var.assume_role_arns",
            "Resource = \"*\"",
            &["ecs", "pod_identity"],
        ),
        (
            "(var.fleet_tags || action",
            "(var.workspaces_pools || action",
            &["without_pools", "without_tags"],
        ),
        (
            policy,
            "[local.policy.Statement[0]]",
            &["ec2", "without_pools", "without_tags"],
        ),
        (
            "permissions_boundary = var.permissions_boundary",
            "permissions_boundary = null",
            &["irsa_of_other_names"],
        ),
    ];
    let changes: Vec<_> = edits
        .iter()
        .map(|(from, to, _)| json!({"file": "main.tf", "from": from, "to": to}))
        .collect();
    let Some(made) = evaluated(&json!({"edits": changes, "values": []})) else {
        return;
    };
    for (index, (from, to, seen)) in edits.iter().enumerate() {
        assert_eq!(failed(&made["runs"][index]), *seen, "{from}: {to}");
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
