//! Promise: every panel shows something and says what it is, and every family can be seen somewhere.

mod queries;

use std::collections::{BTreeMap, BTreeSet};

use crate::support::documents::{files_below, files_in, read, root};
use appstream_exporter::catalog::{self, Family, Kind};
use serde_json::{Value, json};

/// Families that are in no panel and in no rule, and why.
const UNUSED_ON_PURPOSE: [(&str, &str); 0] = [];

fn yaml(file: &str) -> Value {
    serde_yaml::from_str(&read(file)).expect(file)
}

/// The dashboards by their uid.
fn dashboards() -> BTreeMap<String, Value> {
    let names = files_in("grafana", ".json");
    let json = names.iter().map(|name| {
        let dashboard: Value = serde_json::from_str(&read(name)).expect(name);
        let uid = text(&dashboard, "uid").to_owned();
        assert_eq!(
            *name,
            format!("grafana/{uid}.json"),
            "a file is named as its uid"
        );
        (uid, dashboard)
    });
    let all: BTreeMap<_, _> = json.collect();
    assert_eq!(all.len(), 5, "{:?}", all.keys());
    all
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    list_of(&value[key])
}

fn list_of(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The panels of a dashboard that show data.
fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    list(dashboard, "panels")
        .iter()
        .filter(|panel| panel["type"] != "row")
}

/// The query variables of a dashboard: names and definitions.
fn variables(dashboard: &Value) -> impl Iterator<Item = (&str, &str)> {
    list(&dashboard["templating"], "list")
        .iter()
        .filter(|variable| variable["type"] == "query")
        .map(|variable| (text(variable, "name"), text(variable, "definition")))
}

/// Every value below this one, with its key.
fn walk<'a>(key: &'a str, value: &'a Value, visit: &mut impl FnMut(&'a str, &'a Value)) {
    visit(key, value);
    match value {
        Value::Object(entries) => entries
            .iter()
            .for_each(|(key, value)| walk(key, value, visit)),
        Value::Array(entries) => entries.iter().for_each(|value| walk(key, value, visit)),
        _ => {}
    }
}

#[test]
fn the_dashboards_are_what_the_generator_writes() {
    let output = std::process::Command::new("python3")
        .arg(root("grafana/generate.py"))
        .arg("--check")
        .output()
        .expect("python3 is there: `make tools` installs it");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn every_panel_has_a_place_and_says_what_it_shows() {
    for (uid, dashboard) in dashboards() {
        assert!(dashboard["schemaVersion"].as_u64() >= Some(39), "{uid}");
        assert!(uid.len() <= 40, "{uid} is longer than Grafana takes");
        assert!(
            dashboard["id"].is_null() && dashboard["__inputs"].is_null(),
            "{uid}"
        );
        assert_eq!(dashboard["tags"], json!(["appstream-exporter"]), "{uid}");
        // Shared crosshair and tooltip.
        assert_eq!(dashboard["graphTooltip"], 2, "{uid}");
        let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
        let mut cells = BTreeMap::new();
        for panel in list(&dashboard, "panels") {
            let title = text(panel, "title");
            let name = format!("{uid}: {title}");
            assert!(ids.insert(panel["id"].as_u64().expect("an id")), "{name}");
            assert!(!title.is_empty() && titles.insert(title), "{name}");
            let at = |key: &str| panel["gridPos"][key].as_u64().expect("a place");
            let (x, y, w, h) = (at("x"), at("y"), at("w"), at("h"));
            assert!(w > 0 && h > 0 && x + w <= 24, "{name}");
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                if let Some(other) = cells.insert(cell, title) {
                    panic!("{name} lies over {other}");
                }
            }
            if panel["type"] == "row" {
                continue;
            }
            let defaults = &panel["fieldConfig"]["defaults"];
            assert!(text(panel, "description").ends_with('.'), "{name}");
            assert!(!text(defaults, "unit").is_empty(), "{name}: unit");
            assert!(!text(defaults, "noValue").is_empty(), "{name}: noValue");
            assert!(!list(panel, "targets").is_empty(), "{name}: targets");
            let refs: BTreeSet<_> = list(panel, "targets")
                .iter()
                .map(|target| text(target, "refId"))
                .collect();
            assert_eq!(refs.len(), list(panel, "targets").len(), "{name}: refId");
            if panel["type"] == "timeseries" {
                assert_eq!(panel["options"]["tooltip"]["mode"], "multi", "{name}");
                assert_eq!(panel["options"]["legend"]["showLegend"], true, "{name}");
            }
            // Names are unique within an account and region only.
            for target in list(panel, "targets") {
                let legend = text(target, "legendFormat");
                if legend.contains("{{fleet}}") || legend.contains("{{pool_name}}") {
                    let place = ["{{aws_region}}", "{{aws_account_id}}"];
                    assert!(place.iter().all(|label| legend.contains(label)), "{name}");
                }
            }
        }
    }
}

/// The properties that an override of a panel gives to its fields.
fn properties(of: &Value) -> BTreeMap<&str, &Value> {
    list(of, "properties")
        .iter()
        .map(|property| (text(property, "id"), &property["value"]))
        .collect()
}

/// Grafana gives a tile without a value the colour of the lowest one, and an empty cell the text of
/// an empty table.
#[test]
fn what_is_not_known_looks_like_it() {
    let good = "#56B4E9";
    let mut seen = BTreeMap::from([("stat", 0), ("table", 0)]);
    for (uid, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            let name = format!("{uid}: {}", text(panel, "title"));
            let defaults = &panel["fieldConfig"]["defaults"];
            let kind = text(panel, "type");
            if kind == "stat" {
                let special = list(defaults, "mappings").last();
                let special = special.unwrap_or_else(|| panic!("{name}: no mapping"));
                let (options, result) = (&special["options"], &special["options"]["result"]);
                assert_eq!(special["type"], "special", "{name}");
                assert_eq!(options["match"], "null+nan", "{name}");
                assert_eq!(result["text"], defaults["noValue"], "{name}");
                assert!(
                    result["color"].is_string() && result["color"] != good,
                    "{name}"
                );
            }
            if kind == "table" {
                for one in list(&panel["fieldConfig"], "overrides") {
                    let field = text(&one["matcher"], "options");
                    let properties = properties(one);
                    assert_eq!(properties["noValue"], "–", "{name}: {field}");
                    // A label is text, also one of digits that begins with 0.
                    if !field.starts_with("Value") {
                        assert_eq!(properties["unit"], "string", "{name}: {field}");
                    }
                    let painted = properties
                        .get("custom.cellOptions")
                        .is_some_and(|cell| cell["type"] == "color-background");
                    if painted {
                        let last = list_of(properties["mappings"]).last();
                        let result = &last.expect("a mapping")["options"]["result"];
                        assert_eq!(result["color"], "transparent", "{name}: {field}");
                    }
                }
            }
            if let Some(count) = seen.get_mut(kind) {
                *count += 1;
            }
        }
    }
    assert!(seen.values().all(|count| *count > 10), "{seen:?}");
}

#[test]
fn no_data_source_is_hard_coded() {
    for (uid, dashboard) in dashboards() {
        let first = &dashboard["templating"]["list"][0];
        assert_eq!(
            (&first["name"], &first["type"]),
            (&"datasource".into(), &"datasource".into())
        );
        let mut count = 0;
        walk("", &dashboard, &mut |key, value| {
            // Grafana's own annotations are in every dashboard.
            if key == "datasource" && value["uid"] != "-- Grafana --" {
                let expected = json!({"type": "prometheus", "uid": "${datasource}"});
                assert_eq!(*value, expected, "{uid}");
                count += 1;
            }
        });
        assert!(count > 20, "{uid}: only {count}");
        for panel in panels(&dashboard) {
            let targets = list(panel, "targets").iter();
            for part in targets.chain([panel]) {
                assert!(part["datasource"].is_object(), "{uid}: {}", panel["title"]);
            }
        }
    }
}

/// Names after `$` and within `${}`.
fn mentioned(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|rest| {
        let rest = rest.trim_start_matches('{');
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

#[test]
fn variables_are_declared_and_have_all() {
    for (uid, dashboard) in dashboards() {
        let mut known = BTreeSet::from([
            "datasource",
            "__rate_interval",
            "__range",
            "__all",
            "__data",
            "__field",
            "__url_time_range",
        ]);
        for variable in list(&dashboard["templating"], "list") {
            let name = text(variable, "name");
            if variable["type"] == "query" {
                // Each is narrowed down by those before it.
                for other in mentioned(text(variable, "definition")) {
                    assert!(known.contains(other), "{uid}: {name} needs {other}");
                }
                assert_eq!(
                    variable["query"]["query"], variable["definition"],
                    "{uid}: {name}"
                );
                assert_eq!(
                    (&variable["includeAll"], &variable["multi"]),
                    (&true.into(), &true.into()),
                    "{uid}: {name}"
                );
            }
            known.insert(name);
        }
        walk("", &dashboard["panels"], &mut |key, value| {
            if let ("expr" | "url", Some(text)) = (key, value.as_str()) {
                for name in mentioned(text) {
                    assert!(known.contains(name), "{uid}: {name} in {text}");
                }
                // Any number of values can be chosen.
                assert!(!text.contains("=\"$"), "{uid}: {text}");
                assert!(!text.contains("=\"${"), "{uid}: {text}");
            }
        });
    }
}

#[test]
fn links_lead_to_dashboards_and_keep_what_was_chosen() {
    let all = dashboards();
    for (uid, dashboard) in &all {
        let linked: BTreeSet<_> = list(dashboard, "links")
            .iter()
            .map(|link| {
                assert_eq!(
                    (&link["includeVars"], &link["keepTime"]),
                    (&true.into(), &true.into()),
                    "{uid}"
                );
                text(link, "url").trim_start_matches("/d/")
            })
            .collect();
        let others: BTreeSet<_> = all
            .keys()
            .filter(|other| *other != uid)
            .map(String::as_str)
            .collect();
        assert_eq!(linked, others, "{uid}");

        for panel in panels(dashboard) {
            // A link of a row takes what it needs from the columns.
            let columns: Vec<_> = list(&panel["fieldConfig"], "overrides")
                .iter()
                .map(|one| text(&one["matcher"], "options"))
                .collect();
            walk("", panel, &mut |key, value| {
                let ("url", Some(url)) = (key, value.as_str()) else {
                    return;
                };
                for part in url.split("__data.fields.").skip(1) {
                    let column = part.split('}').next().unwrap_or_default();
                    assert!(columns.contains(&column), "{uid}: {url}: {column}");
                }
            });
        }
        walk("", &dashboard["panels"], &mut |key, value| {
            let ("url", Some(url)) = (key, value.as_str()) else {
                return;
            };
            let (path, query) = url
                .split_once('?')
                .unwrap_or_else(|| panic!("{uid}: {url}"));
            let target = path.strip_prefix("/d/").and_then(|to| all.get(to));
            let target = target.unwrap_or_else(|| panic!("{uid}: {url} leads nowhere"));
            assert!(query.contains("${datasource:queryparam}"), "{uid}: {url}");
            assert!(query.contains("${__url_time_range}"), "{uid}: {url}");
            let known: Vec<_> = variables(target).map(|(name, _)| name).collect();
            for part in query.split('&') {
                let name = part
                    .strip_prefix("var-")
                    .and_then(|part| part.split('=').next());
                let name = name.or_else(|| part.strip_prefix("${")?.strip_suffix(":queryparam}"));
                if let Some(name) = name.filter(|name| *name != "datasource") {
                    assert!(known.contains(&name), "{uid}: {url}: {name}");
                }
            }
        });
    }
}

#[test]
fn colours_can_be_told_apart_by_everybody() {
    // Okabe and Ito's palette, a grey, and Grafana's names for no colour.
    let safe = [
        "#56B4E9",
        "#0072B2",
        "#E69F00",
        "#D55E00",
        "#009E73",
        "#F0E442",
        "#CC79A7",
        "#9E9E9E",
        "text",
        "transparent",
    ];
    let modes = [
        "thresholds",
        "fixed",
        "shades",
        "continuous-BlYlRd",
        "continuous-YlBl",
    ];
    let mut count = 0;
    for (uid, dashboard) in dashboards() {
        walk("", &dashboard["panels"], &mut |key, value| {
            let fine = match (key, value) {
                ("color", Value::Object(color)) => {
                    modes.contains(&color["mode"].as_str().unwrap_or_default())
                }
                ("color" | "fixedColor", Value::String(color)) => safe.contains(&color.as_str()),
                _ => return,
            };
            assert!(fine, "{uid}: {value}");
            count += 1;
        });
    }
    assert!(count > 100, "only {count} colours");
}

/// The names of families in a text, without the suffixes of histograms.
fn families(text: &str) -> BTreeSet<&str> {
    let known = |name: &str| catalog::families().any(|family| family.name == name);
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')
        .filter(|word| {
            ["appstream_", "workspaces_pool_", "process_"]
                .iter()
                .any(|prefix| word.starts_with(prefix))
        })
        .map(|name| {
            let short = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| name.strip_suffix(suffix));
            short.filter(|short| known(short)).unwrap_or(name)
        })
        .collect()
}

/// Whether what stands before a selector brings two exporters of one fleet together.
fn is_merged(before: &str) -> bool {
    let functions = ["max_over_time(", "increase("];
    let bare = functions.iter().find_map(|name| before.strip_suffix(name));
    let before = bare.unwrap_or(before);
    let labels = before
        .strip_suffix(" (")
        .and_then(|rest| rest.strip_suffix(')'));
    labels
        .and_then(|rest| rest.rsplit_once('('))
        .is_some_and(|(rest, _)| rest.ends_with("max by ") || rest.ends_with("max without "))
}

#[test]
fn two_exporters_of_one_fleet_count_it_once() {
    let mut count = 0;
    for (uid, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            for target in list(panel, "targets") {
                let expression = text(target, "expr");
                let of_aws = |name: &&str| {
                    // Two equal histograms together have the quantiles of one.
                    let is_number = |f: &Family| f.name == *name && f.kind != Kind::Histogram;
                    !name.starts_with("appstream_exporter_") && catalog::families().any(is_number)
                };
                for family in families(expression).into_iter().filter(of_aws) {
                    for (at, _) in expression.match_indices(&format!("{family}{{")) {
                        let fine = is_merged(&expression[..at]);
                        assert!(fine, "{uid}: {}: {family}: {expression}", panel["title"]);
                        count += 1;
                    }
                }
            }
        }
    }
    assert!(count > 200, "only {count}");
}

/// Counters that move once in a refresh show gaps and peaks in a rate over less.
#[test]
fn rates_of_refreshes_span_one() {
    let mut count = 0;
    for (uid, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            let mut targets = list(panel, "targets").iter();
            let moves_with_refreshes = targets.any(|target| {
                let expression = text(target, "expr");
                let families = families(expression);
                expression.contains("$__rate_interval")
                    && families.iter().any(|name| {
                        ["appstream_exporter_aws_", "appstream_exporter_refreshes_"]
                            .iter()
                            .any(|start| name.starts_with(start))
                    })
            });
            if moves_with_refreshes {
                assert_eq!(panel["interval"], "1m", "{uid}: {}", panel["title"]);
                count += 1;
            }
        }
    }
    assert!(count > 0);
}

#[test]
fn every_family_named_exists_and_every_family_is_used() {
    let known: BTreeSet<_> = catalog::families().map(|family| family.name).collect();
    let of_processes = read("METRICS.md");
    let (_, of_processes) = of_processes
        .split_once("## The process")
        .expect("a section");
    // METRICS.md lists them; only the dashboards' text counts as use.
    let of_processes = families(of_processes);
    let mut used = BTreeSet::new();
    let all = dashboards();
    let mut expressions = Vec::new();
    for (uid, dashboard) in &all {
        for panel in panels(dashboard) {
            for target in list(panel, "targets") {
                expressions.push((uid.as_str(), text(target, "expr")));
            }
        }
        for (_, definition) in variables(dashboard) {
            expressions.push((uid.as_str(), definition));
        }
    }
    for (uid, expression) in expressions {
        for name in families(expression) {
            // Matchers of collectors: collector=~"appstream_.*".
            let fine = known.contains(name) || of_processes.contains(name) || name.ends_with('_');
            assert!(fine, "{uid} names {name}");
            used.insert(name.to_owned());
        }
    }
    let mut rules = files_below("deploy/prometheus", ".yaml");
    rules.retain(|file| !file.contains("/tests/"));
    for file in &rules {
        used.extend(families(&read(file)).into_iter().map(str::to_owned));
    }
    for ending in [".md", ".yaml"] {
        for file in files_below("grafana", ending) {
            for name in families(&read(&file)) {
                assert!(known.contains(name), "{file} names {name}");
            }
        }
    }

    for (name, _) in UNUSED_ON_PURPOSE {
        assert!(
            known.contains(name),
            "{name} is unused because there is no such family"
        );
        assert!(!used.contains(name), "{name} is used");
    }
    let excused = |name: &str| UNUSED_ON_PURPOSE.iter().any(|(unused, _)| *unused == name);
    let unused: Vec<_> = known
        .into_iter()
        .filter(|name| !used.contains(*name) && !excused(name))
        .collect();
    assert_eq!(unused, [""; 0], "in no panel and in no rule");
}

#[test]
fn compose_mounts_what_is_there_and_shows_it_to_this_host_only() {
    let compose = yaml("deploy/compose.yaml");
    let services = compose["services"].as_object().expect("services");
    assert_eq!(
        services.keys().collect::<BTreeSet<_>>(),
        BTreeSet::from([
            &"exporter".to_owned(),
            &"prometheus".to_owned(),
            &"grafana".to_owned(),
            &"simulator".to_owned(),
            &"simulated-exporter".to_owned()
        ])
    );
    let deploy = root("deploy");
    let mut mounts = BTreeMap::new();
    for (name, service) in services {
        for port in list(service, "ports") {
            assert!(
                port.as_str().unwrap().starts_with("127.0.0.1:"),
                "{name}: {port}"
            );
        }
        for other in list(service, "depends_on") {
            assert!(
                services.contains_key(other.as_str().unwrap()),
                "{name}: {other}"
            );
        }
        for volume in list(service, "volumes") {
            let parts: Vec<_> = volume.as_str().unwrap().split(':').collect();
            let [from, to, "ro"] = parts[..] else {
                panic!("{name}: {volume} can be written to");
            };
            assert!(deploy.join(from).exists(), "{name}: there is no {from}");
            mounts.insert(to.to_owned(), from.to_owned());
        }
        let image = text(service, "image");
        assert!(
            service["build"].is_object() || image.contains(':') && !image.ends_with(":latest"),
            "{name}: {image}"
        );
    }
    let exporter = &services["exporter"];
    assert_eq!(exporter["command"], json!(["--demo"]));
    let context = deploy.join(text(&exporter["build"], "context"));
    assert!(context.join("Cargo.toml").is_file());
    assert!(
        context
            .join(text(&exporter["build"], "dockerfile"))
            .is_file()
    );

    // Grafana finds the dashboards, and one of them as its home.
    let provider = yaml("grafana/provisioning/dashboards/appstream.yaml");
    let path = text(&provider["providers"][0]["options"], "path");
    assert_eq!(mounts[path], "../grafana");
    let environment = &services["grafana"]["environment"];
    let home = text(environment, "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH");
    let home = home.strip_prefix(path).expect("it is among the dashboards");
    assert!(root("grafana").join(home.trim_start_matches('/')).is_file());
    // And the data source, with what it takes from the environment.
    let source = read("grafana/provisioning/datasources/prometheus.yaml");
    yaml("grafana/provisioning/datasources/prometheus.yaml");
    for name in source
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
    {
        assert!(environment[name].is_string(), "{name}");
    }
    let config = yaml("deploy/compose/prometheus.yaml");
    assert_eq!(
        config["global"]["scrape_interval"],
        environment["PROMETHEUS_SCRAPE_INTERVAL"]
    );
    assert_eq!(
        config["scrape_configs"][0]["static_configs"][0]["targets"],
        json!(["exporter:10190"])
    );
    assert_eq!(mounts["/etc/prometheus/rules"], "./prometheus/rules");
}

/// `make rules` checks the other configuration; this one finds its rules in the container only.
#[test]
fn prometheus_of_compose_finds_its_rules() {
    let container = tempfile::tempdir().expect("a temporary folder");
    let compose = yaml("deploy/compose.yaml");
    for volume in list(&compose["services"]["prometheus"], "volumes") {
        let volume = volume.as_str().expect("text");
        let (from, to) = volume
            .trim_end_matches(":ro")
            .split_once(':')
            .expect(volume);
        let to = container.path().join(to.trim_start_matches('/'));
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("it is writable");
        std::os::unix::fs::symlink(root("deploy").join(from), to).expect("it is writable");
    }
    let flag = "--config.file=/";
    let file = list(&compose["services"]["prometheus"], "command")
        .iter()
        .find_map(|part| part.as_str()?.strip_prefix(flag))
        .expect(flag);
    let output = std::process::Command::new("promtool")
        .args(["check", "config"])
        .arg(container.path().join(file))
        .output()
        .expect("promtool is there: `make tools` installs it");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(said.contains("2 rule files found"), "{said}");
}
