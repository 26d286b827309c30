//! Renders of the chart by Helm.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::documents::root;
use crate::support::tools;

/// Release and namespace of every golden file.
const RELEASE: [&str; 3] = ["appstream-exporter", "--namespace", "monitoring"];
/// Helm that was not built by its own Makefile takes the cluster for one of long ago.
const CLUSTER: [&str; 2] = ["--kube-version", "1.34.0"];

/// The folder of the chart.
pub(crate) const CHART: &str = "deploy/helm/appstream-exporter";

pub(crate) fn chart() -> PathBuf {
    root(CHART)
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
pub(crate) fn render(values: &str) -> Option<String> {
    let file = root(values).display().to_string();
    let rendered = template(&chart(), &["--values", &file])?;
    Some(rendered.expect(values))
}
