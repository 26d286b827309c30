//! Promise: the documents of the Terraform module name what it takes, and its tests compare each trust with its file.
//!
//! `make terraform` runs those tests, in CI too.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{TRUSTS, answer, python, read, root, spans, table};
use crate::support::documents::entries;

pub(crate) const VARIABLES: &str = "deploy/terraform/variables.tf";

/// A file of Terraform, parsed.
pub(crate) fn hcl(file: &str) -> Option<Value> {
    let mut command = python("hcl")?;
    command.arg(root(file));
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
fn its_tests_compare_each_trust_with_its_file() {
    let tests = read("deploy/terraform/tests/module.tftest.hcl");
    for trust in TRUSTS {
        let file = format!("file(\"../iam/trust-policy-{trust}.json\")");
        assert!(tests.contains(&file), "{file}");
    }
}

#[test]
fn the_readme_of_the_module_names_its_variables_and_the_examples_use_no_others() {
    let (Some(variables), Some(outputs)) = (hcl(VARIABLES), hcl("deploy/terraform/outputs.tf"))
    else {
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
    for name in entries("deploy/terraform/examples") {
        let example = hcl(&format!("{name}/main.tf")).expect("Python is there");
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
