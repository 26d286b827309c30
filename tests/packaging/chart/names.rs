//! Names, namespaces and labels are texts, and are there once.

#![allow(
    clippy::panic,
    reason = "a test that cannot go on says which file it is about"
)]

use std::collections::BTreeSet;

use serde::Deserialize as _;
use serde_json::Value;

use super::render::{chart, template};
use crate::support::documents::{files_in, read};
use crate::support::kubernetes::Render;
use crate::support::kubernetes::renders::{golden, goldens};

/// Where a name, a namespace, a label or an annotation is no text.
fn not_texts(path: &str, value: &Value, found: &mut Vec<String>) {
    const TEXTS: [&str; 8] = [
        "name",
        "namespace",
        "secretName",
        "serviceName",
        "serviceAccountName",
        "priorityClassName",
        "image",
        "path",
    ];
    const MAPPINGS: [&str; 4] = ["labels", "annotations", "matchLabels", "nodeSelector"];
    let mut visit = |key: &str, child: &Value| {
        let path = format!("{path}/{key}");
        let of_mapping = MAPPINGS
            .iter()
            .any(|name| path.ends_with(&format!("/{name}/{key}")));
        let listed = path.contains("/matchNames/") || path.contains("/args/");
        if (TEXTS.contains(&key) || of_mapping || listed) && !child.is_string() {
            found.push(format!("{path}: {child}"));
        }
        not_texts(&path, child, found);
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, child)| visit(key, child)),
        Value::Array(list) => {
            for (index, child) in list.iter().enumerate() {
                visit(&index.to_string(), child);
            }
        }
        _ => {}
    }
}

#[test]
fn names_and_labels_are_texts_whatever_they_look_like() {
    for golden in goldens() {
        let mut found = Vec::new();
        for document in &golden.documents {
            let kind = document["kind"].as_str().expect("a kind");
            not_texts(kind, document, &mut found);
        }
        assert_eq!(found, [""; 0], "{}", golden.name);
    }
    let golden = golden("digits");
    let pod = golden.exporter();
    assert_eq!(pod["metadata"]["labels"]["app.kubernetes.io/name"], "123");
    assert_eq!(pod["metadata"]["labels"]["example.org/zone"], "on");
    assert_eq!(pod["spec"]["serviceAccountName"], "123");
    assert_eq!(golden.documents[0]["metadata"]["namespace"], "1e3");
}

#[test]
fn names_of_a_release_may_be_numbers() {
    let arguments = [
        "--namespace",
        "1234",
        "--set-string",
        "fullnameOverride=1e3",
    ];
    let Some(text) = template(&chart(), &arguments) else {
        return;
    };
    let documents = Render::parse("numbers", &text.expect("it renders")).documents;
    assert!(documents.len() >= 4, "{documents:?}");
    for document in documents {
        assert_eq!(document["metadata"]["namespace"], "1234", "{document}");
        let name = document["metadata"]["name"].as_str().expect("a text");
        assert!(name.starts_with("1e3"), "{name}");
    }
}

/// `serde_json` takes the last of two equal keys, and so does Helm; others refuse them.
#[test]
fn no_key_is_there_twice() {
    for golden in files_in("tests/fixtures/chart", ".yaml") {
        for document in serde_yaml::Deserializer::from_str(&read(&golden)) {
            let read = serde_yaml::Value::deserialize(document);
            read.unwrap_or_else(|error| panic!("{golden}: {error}"));
        }
    }
}

#[test]
fn of_labels_at_two_places_the_nearer_one_wins() {
    let arguments = [
        "--set",
        "commonLabels.team=all,podLabels.team=pods,service.labels.team=service",
    ];
    let Some(text) = template(&chart(), &arguments) else {
        return;
    };
    let text = text.expect("it renders");
    let mut kinds = BTreeSet::new();
    for document in serde_yaml::Deserializer::from_str(&text) {
        let document = serde_yaml::Value::deserialize(document).expect("no key twice");
        let document = serde_json::to_value(document).expect("JSON");
        let team = &document["metadata"]["labels"]["team"];
        match document["kind"].as_str() {
            Some("Service") => assert_eq!(team, "service"),
            Some(kind) => assert_eq!(team, "all", "{kind}"),
            None => {}
        }
        if document["kind"] == "Deployment" {
            let labels = &document["spec"]["template"]["metadata"]["labels"];
            assert_eq!(labels["team"], "pods");
        }
        kinds.extend(document["kind"].as_str().map(str::to_owned));
    }
    for kind in ["ConfigMap", "Deployment", "Service"] {
        assert!(kinds.contains(kind), "{kind} is not in {kinds:?}");
    }
}
