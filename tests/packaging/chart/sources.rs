//! Copied files of the chart match their sources, and fit their destination.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::VALUES;
use super::render::{CHART, chart, helm, render, template};
use crate::support::documents::{files_below, files_in, read, root};
use crate::support::kubernetes::Render;
use crate::support::kubernetes::renders::golden;
use crate::support::tools;

#[test]
fn generated_files_are_fresh() {
    let mut python = Command::new("python3");
    tools::run(python.arg(root("deploy/helm/generate.py")).arg("--check"));
}

fn yaml(file: impl AsRef<Path>) -> Value {
    serde_yaml::from_str(&read(file)).expect("YAML")
}

#[test]
fn the_chart_is_for_this_version() {
    let about = yaml(chart().join("Chart.yaml"));
    assert_eq!(about["appVersion"], env!("CARGO_PKG_VERSION"));
}

/// The generator reads values.yaml by its own means; the schema shows what it has read.
fn has_defaults(schema: &Value, values: &Value, path: &str) {
    if let Some(default) = schema.get("default") {
        assert_eq!(default, values, "{path}");
        assert_ne!(schema["description"], "", "{path}");
        return;
    }
    let properties = schema["properties"].as_object().expect(path);
    let values = values.as_object().expect(path);
    for (key, value) in values {
        has_defaults(&properties[key], value, &format!("{path}.{key}"));
    }
    let unknown: BTreeSet<_> = properties
        .keys()
        .map(String::as_str)
        .filter(|key| !values.contains_key(*key))
        .collect();
    let of_parents = BTreeSet::from(["enabled", "global"]);
    assert!(
        unknown.is_empty() || (path.is_empty() && unknown == of_parents),
        "{path}: {unknown:?}"
    );
}

#[test]
fn the_schema_has_the_defaults_of_the_values() {
    let schema = serde_json::from_str(&read(chart().join("values.schema.json"))).expect("JSON");
    has_defaults(&schema, &yaml(chart().join("values.yaml")), "");
}

/// The groups of the rules as they are shipped, in their order.
fn shipped_groups() -> Vec<Value> {
    ["recording", "alerts"]
        .iter()
        .map(|name| yaml(format!("deploy/prometheus/rules/{name}.yaml")))
        .flat_map(|file| file["groups"].as_array().expect("groups").clone())
        .collect()
}

#[test]
fn rules_are_those_that_are_shipped() {
    let Some(text) = template(&chart(), &["--set", "prometheusRule.enabled=true"]) else {
        return;
    };
    let render = Render::parse("rules", &text.expect("it renders"));
    let rule = render.of_kind("PrometheusRule").next();
    let groups = &rule.expect("a PrometheusRule")["spec"]["groups"];
    assert_eq!(*groups, json!(shipped_groups()));
}

#[test]
fn values_change_the_rules_and_nothing_else_does() {
    let golden = golden("rules");
    let rule = golden
        .of_kind("PrometheusRule")
        .next()
        .expect("a PrometheusRule");
    let changed = shipped_groups().into_iter().map(|mut group| {
        let rules = group["rules"].as_array_mut().expect("rules");
        rules.retain(|rule| !rule["alert"].to_string().ends_with("Idle\""));
        for rule in rules {
            match rule["record"].as_str() {
                Some("appstream:threshold_busy:ratio") => rule["expr"] = "vector(0.8)".into(),
                Some("appstream:threshold_cutoff:seconds") => rule["expr"] = "vector(1800)".into(),
                Some(_) => {}
                None => {
                    rule["labels"]["team"] = "desktops".into();
                    let page = rule["annotations"]["runbook_url"].as_str().expect("a page");
                    let url = format!("https://git.example.org/appstream-exporter/{page}");
                    rule["annotations"]["runbook_url"] = url.into();
                }
            }
        }
        group
    });
    assert_eq!(rule["spec"]["groups"], changed.collect::<Value>());

    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("rules.yaml");
    let text = serde_json::to_string(&rule["spec"]).expect("JSON");
    std::fs::write(&file, text).expect("writable");
    tools::run(Command::new("promtool").args(["check", "rules"]).arg(file));
}

/// `kubectl apply`, which some that install charts use, keeps a copy of the object in an annotation.
const ANNOTATIONS_LIMIT: usize = 256 * 1024;

#[test]
fn dashboards_are_those_that_are_shipped() {
    let Some(text) = render(&format!("{VALUES}/demo.yaml")) else {
        return;
    };
    let render = Render::parse("demo", &text);
    let maps: Vec<_> = render
        .of_kind("ConfigMap")
        .filter(|object| object["metadata"]["labels"]["grafana_dashboard"] == "1")
        .collect();
    let sources = files_in("grafana", ".json");
    assert_eq!(maps.len(), sources.len());
    for (map, source) in maps.iter().zip(sources) {
        let name = source.trim_start_matches("grafana/");
        assert!(map["data"][name] == read(&source).as_str(), "{name}");
        assert_eq!(map["metadata"]["namespace"], "grafana");
        assert_eq!(
            map["metadata"]["annotations"]["example.org/folder"],
            "AppStream"
        );
        let size = map.to_string().len();
        assert!(size < ANNOTATIONS_LIMIT, "{name}: {size}");
    }
}

/// Helm keeps a release, with the whole chart and all that was rendered, in one Secret.
const SECRET_LIMIT: usize = 1024 * 1024;

#[test]
fn a_release_with_everything_fits_into_its_secret() {
    let all = [
        "--set",
        "dashboards.enabled=true,prometheusRule.enabled=true",
    ];
    let Some(rendered) = template(&chart(), &all) else {
        return;
    };
    let mut release = rendered.expect("it renders");
    // Helm encodes each file of the chart.
    release.extend(
        files_below(CHART, "")
            .iter()
            .map(|file| STANDARD.encode(read(file))),
    );
    let mut zipped = GzEncoder::new(Vec::new(), Compression::best());
    zipped.write_all(release.as_bytes()).expect("memory");
    let size = STANDARD.encode(zipped.finish().expect("memory")).len();
    assert!(size < SECRET_LIMIT / 2, "{size}");
}

#[test]
fn the_packaged_chart_renders_the_same() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(mut helm) = helm() else { return };
    tools::run(helm.arg("package").arg(chart()).current_dir(&folder));
    let about = yaml(chart().join("Chart.yaml"));
    let version = about["version"].as_str().expect("a version");
    let package = folder
        .path()
        .join(format!("appstream-exporter-{version}.tgz"));
    let mut unpack = Command::new("tar");
    tools::run(unpack.arg("xf").arg(&package).arg("-C").arg(folder.path()));
    // Helm rewrites Chart.yaml; it copies all other files of a package.
    let mut compare = Command::new("diff");
    compare.args(["-r", "--exclude=Chart.yaml", "--exclude=.helmignore"]);
    tools::run(
        compare
            .arg(chart())
            .arg(folder.path().join("appstream-exporter")),
    );
    let arguments = [
        "--set",
        "dashboards.enabled=true,prometheusRule.enabled=true",
    ];
    assert!(template(&package, &arguments) == template(&chart(), &arguments));
}

/// In a package there is nothing beside the chart that a link could lead to.
#[test]
fn the_readme_has_no_links_to_files() {
    let text = read(chart().join("README.md"));
    let targets: Vec<_> = text
        .split("](")
        .skip(1)
        .filter(|target| !target.starts_with("https://") && !target.starts_with('#'))
        .map(|target| target.split(')').next().unwrap_or(target))
        .collect();
    assert_eq!(targets, [""; 0]);
}

/// A release replaces this line, and what is made from it: the row of the README and the default in the
/// schema.
#[test]
fn the_name_of_the_image_is_in_one_line() {
    let lines = |file: &str, line: &str| {
        let text = read(chart().join(file));
        text.lines().filter(|found| *found == line).count()
    };
    assert_eq!(lines("values.yaml", "  repository: appstream-exporter"), 1);
    let text = read(chart().join("README.md"));
    let row = "| `image.repository` | `appstream-exporter` |";
    assert_eq!(text.matches(row).count(), 1);
    let schema = read(chart().join("values.schema.json"));
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let image = &schema["properties"]["image"]["properties"];
    assert_eq!(image["repository"]["default"], "appstream-exporter");
    // In commands it is that of the user.
    assert_eq!(
        text.matches("--set image.repository=\"$REGISTRY/appstream-exporter\"")
            .count(),
        2
    );
}
