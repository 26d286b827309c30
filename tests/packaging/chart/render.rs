//! Renders of the chart by Helm, and stored ones: texts and their documents.

#![allow(
    clippy::panic,
    reason = "a test that cannot go on says which file it is about"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize as _;
use serde_json::Value;

use super::VALUES;
use crate::support::tools;

/// Release and namespace of every golden file.
const RELEASE: [&str; 3] = ["appstream-exporter", "--namespace", "monitoring"];
/// Helm that was not built by its own Makefile takes the cluster for one of long ago.
const CLUSTER: [&str; 2] = ["--kube-version", "1.34.0"];

pub(crate) fn root(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

pub(crate) fn read(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The folder of the chart.
pub(crate) fn chart() -> PathBuf {
    root("deploy/helm/appstream-exporter")
}

/// Files in a folder of this repository with this ending, sorted.
pub(crate) fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root(folder)).expect(folder);
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect(folder).path())
        .filter(|file| file.extension().is_some_and(|found| found == ending))
        .collect();
    assert!(!files.is_empty(), "{folder} has no .{ending}");
    files.sort();
    files
}

/// Name of a file without its ending.
pub(crate) fn stem(file: &Path) -> String {
    file.file_stem().expect("a name").display().to_string()
}

/// Helm, unless it is not there.
pub(crate) fn helm() -> Option<Command> {
    tools::tool("helm").map(Command::new)
}

/// The output of `helm template`, or its error; `None` without Helm.
pub(crate) fn template(chart: &Path, arguments: &[&str]) -> Option<Result<String, String>> {
    let output = helm()?
        .arg("template")
        .args(RELEASE)
        .arg(chart)
        .args(CLUSTER)
        .args(arguments)
        .output()
        .expect("Helm starts");
    Some(match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).expect("YAML is text")),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    })
}

/// The chart with a file of values.
pub(crate) fn render(values: &Path) -> Option<String> {
    let values = values.display().to_string();
    let rendered = template(&chart(), &["--values", &values])?;
    Some(rendered.unwrap_or_else(|error| panic!("{values}: {error}")))
}

/// The documents of a text, without empty ones.
pub(crate) fn documents(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).expect("YAML"))
        .filter(|document| !document.is_null())
        .collect()
}

/// A golden file.
pub(crate) struct Golden {
    pub(crate) name: String,
    pub(crate) documents: Vec<Value>,
}

impl Golden {
    /// All of them.
    pub(crate) fn all() -> Vec<Self> {
        let golden = |file: &PathBuf| Self {
            name: stem(file),
            documents: documents(&read(file)),
        };
        files("tests/fixtures/chart", "yaml")
            .iter()
            .map(golden)
            .collect()
    }

    pub(crate) fn named(name: &str) -> Self {
        let found = Self::all().into_iter().find(|golden| golden.name == name);
        found.unwrap_or_else(|| panic!("no golden file {name}"))
    }

    /// The values that it was made with.
    pub(crate) fn values(&self) -> Value {
        let file = root(&format!("{VALUES}/{}.yaml", self.name));
        serde_yaml::from_str(&read(&file)).expect("YAML")
    }

    /// Its objects of a kind.
    pub(crate) fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.documents
            .iter()
            .filter(move |document| document["kind"] == kind)
    }

    /// The pods that it has, and those that its workloads make: `metadata` and `spec`.
    pub(crate) fn pods(&self) -> Vec<&Value> {
        let workloads = ["Deployment", "StatefulSet"];
        let templates = workloads
            .iter()
            .flat_map(|kind| self.of_kind(kind))
            .map(|workload| &workload["spec"]["template"]);
        let pods: Vec<_> = templates.chain(self.of_kind("Pod")).collect();
        assert!(!pods.is_empty(), "{} has no pod", self.name);
        pods
    }

    /// The pod of the exporter.
    pub(crate) fn exporter(&self) -> &Value {
        self.pods()[0]
    }
}

/// The entries of a list that may be missing.
pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The texts of a list.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    list(value).iter().filter_map(Value::as_str).collect()
}

/// All containers of a pod, those that run first before the others.
pub(crate) fn containers(pod: &Value) -> Vec<&Value> {
    let (first, then) = (&pod["spec"]["initContainers"], &pod["spec"]["containers"]);
    list(first).iter().chain(list(then)).collect()
}

/// The containers of a pod that run the exporter.
pub(crate) fn exporters(pod: &Value) -> Vec<&Value> {
    let ours = |container: &&Value| {
        let image = container["image"].as_str().expect("an image");
        image.contains("appstream-exporter")
    };
    containers(pod).into_iter().filter(ours).collect()
}
