//! Promise: every manifest that is shipped is one that Kubernetes takes, from the oldest supported minor
//! to the newest, that hangs together, and whose containers the binary starts with.

use std::ops::RangeInclusive;
use std::process::Command;

use crate::common::Exporter;
use crate::support::documents::{read, root};
use crate::support::kubernetes::renders::{all, plain, shown};
use crate::support::kubernetes::{Render, Start, containers, id, is_ours, list, template, text};
use crate::support::tools::tool;
use hyper::StatusCode;
use serde_json::{Value, json};

/// The minors of Kubernetes 1 that deploy/kubernetes/README.md promises.
const MINORS: RangeInclusive<u32> = 28..=37;
/// The group of the Prometheus Operator, whose kinds are no part of Kubernetes.
const OPERATOR: &str = "monitoring.coreos.com/";
/// Written from the rules for Prometheus.
const RULE: &str = "deploy/kubernetes/components/prometheus-rule/prometheusrule.yaml";

/// The messages of a program that prints one line for each valid document.
fn said_against(command: &mut Command, documents: usize) -> Vec<String> {
    let output = command.output().expect("the validator starts");
    let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("it is text");
    let (fine, mut wrong): (Vec<_>, Vec<_>) = said
        .lines()
        .map(str::to_owned)
        .partition(|line| line.starts_with("INFO "));
    // A kind that has no schema is a warning only.
    if fine.len() != documents {
        wrong.push(format!("{} of {documents} are valid", fine.len()));
    }
    wrong
}

/// Schema errors of the built-in kinds in a minor version of Kubernetes.
fn against_kubernetes(renders: &[Render], minor: u32) -> Option<Vec<String>> {
    let validate = tool("kubernetes-validate")?;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let own = |render: &Render| render.without(|it| text(&it["apiVersion"]).starts_with(OPERATOR));
    let renders: Vec<_> = renders.iter().map(own).collect();
    let mut command = Command::new(validate);
    command.args(["--strict", "--kubernetes-version", &format!("1.{minor}")]);
    command.args(renders.iter().map(|render| render.write(folder.path())));
    let documents = renders.iter().map(|render| render.documents.len()).sum();
    Some(said_against(&mut command, documents))
}

/// Schema errors of the Prometheus Operator's kinds.
fn against_operator(renders: &[Render]) -> Option<Vec<String>> {
    let (definitions, _) = (tool("prometheus-operator")?, tool("kubernetes-validate")?);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let own = |render: &Render| render.without(|it| !text(&it["apiVersion"]).starts_with(OPERATOR));
    let renders: Vec<_> = renders.iter().map(own).collect();
    let mut command = Command::new(root("target/tools/python/bin/python"));
    command
        .arg(root("tests/packaging/validate_crd.py"))
        .arg(definitions);
    command.args(renders.iter().map(|render| render.write(folder.path())));
    let documents = renders.iter().map(|render| render.documents.len()).sum();
    Some(said_against(&mut command, documents))
}

#[test]
fn kubernetes_takes_every_document() {
    let readme = read("deploy/kubernetes/README.md").replace('\n', " ");
    let (oldest, newest) = (MINORS.start(), MINORS.end());
    let promised = format!("every minor version of Kubernetes from 1.{oldest} to 1.{newest} ");
    assert!(readme.contains(&promised), "{promised}");
    let renders = all();
    for minor in MINORS {
        let wrong = against_kubernetes(&renders, minor).unwrap_or_default();
        assert_eq!(wrong, [""; 0], "Kubernetes 1.{minor}");
    }
}

#[test]
fn the_prometheus_operator_takes_its_kinds() {
    let renders = all();
    let wrong = against_operator(&renders).unwrap_or_default();
    assert_eq!(wrong, [""; 0]);
    if tool("kustomize").is_some() {
        for kind in ["ServiceMonitor", "PodMonitor", "PrometheusRule"] {
            let has = |render: &Render| render.of_kind(kind).next().is_some();
            assert!(renders.iter().any(has), "no {kind} was looked at");
        }
    }
}

/// That they hang together is looked at with all others.
#[test]
fn a_page_shows_shards_for_the_operator() {
    let Some(kustomize) = tool("kustomize") else {
        return;
    };
    let kinds = ["StatefulSet", "Service", "ServiceMonitor", "PrometheusRule"];
    let renders = shown(&kustomize);
    let is_whole = |it: &&Render| kinds.iter().all(|kind| it.of_kind(kind).count() == 1);
    assert_eq!(renders.iter().filter(is_whole).count(), 1);
}

#[test]
fn documents_hang_together() {
    for render in all() {
        assert_eq!(render.problems(), [""; 0], "{}", render.name);
    }
}

/// A folder of deploy/kubernetes, a change to its first document of a kind, and the expected
/// message.
type Slip = (
    &'static str,
    &'static str,
    &'static str,
    Value,
    &'static str,
);

/// Makes a change to the first document of a kind.
fn slip(render: &mut Render, kind: &str, place: &str, value: &Value) {
    let document = render.documents.iter_mut().find(|it| it["kind"] == kind);
    let (parent, key) = place.rsplit_once('/').expect("a pointer");
    let parent = document.expect(kind).pointer_mut(parent).expect(place);
    let place = match parent {
        Value::Array(entries) if key == "-" => return entries.push(value.clone()),
        Value::Array(entries) => &mut entries[key.parse::<usize>().expect("an index")],
        parent => &mut parent[key],
    };
    *place = value.clone();
}

/// One case for each check of `Render::problems`. `POD` is the path of the pod, `EXPORTER` that
/// of its container; messages name the workload and the container.
#[rustfmt::skip]
fn slips() -> Vec<Slip> {
    let other = || json!({"app.kubernetes.io/name": "other"});
    let deployment = "Deployment";
    vec![
        ("base", deployment, "/spec/selector/matchLabels", other(), "POD: selects other pods than its own"),
        ("base", deployment, "/spec/selector/matchLabels", json!({}), "POD: selects other pods than its own"),
        ("base", deployment, "EXPORTER/securityContext/runAsNonRoot", json!(false), "EXPORTER: may run as root"),
        ("base", deployment, "EXPORTER/securityContext/runAsUser", json!(0), "EXPORTER: runs as another user"),
        ("base", deployment, "EXPORTER/securityContext/runAsGroup", json!(0), "EXPORTER: runs as another group"),
        ("base", deployment, "EXPORTER/securityContext/privileged", json!(true), "EXPORTER: is privileged"),
        ("base", deployment, "EXPORTER/securityContext/allowPrivilegeEscalation", json!(null), "EXPORTER: may get more privileges"),
        ("base", deployment, "EXPORTER/securityContext/readOnlyRootFilesystem", json!(null), "EXPORTER: may write to its image"),
        ("base", deployment, "EXPORTER/securityContext/capabilities/drop", json!(["KILL"]), "EXPORTER: keeps capabilities"),
        ("base", deployment, "EXPORTER/securityContext/capabilities/add", json!(["SYS_ADMIN"]), "EXPORTER: adds capabilities"),
        ("base", deployment, "EXPORTER/securityContext/seccompProfile", json!({"type": "Unconfined"}), "EXPORTER: has no seccomp profile"),
        ("base", deployment, "EXPORTER/ports/0/hostPort", json!(10190), "EXPORTER: has a host port"),
        ("base", deployment, "EXPORTER/livenessProbe/httpGet/port", json!("metrics"), "EXPORTER: livenessProbe asks port \"metrics\", which it has not"),
        ("base", deployment, "EXPORTER/volumeMounts/-", json!({"name": "web", "mountPath": "/web", "readOnly": true}), "EXPORTER: mounts \"web\", which is no volume"),
        ("base", deployment, "EXPORTER/volumeMounts/0/readOnly", json!(null), "EXPORTER: may write to \"config\""),
        ("base", deployment, "EXPORTER/volumeMounts/0/subPath", json!("config.yaml"), "EXPORTER: never sees changes of \"config\""),
        ("base", deployment, "POD/volumes/-", json!({"name": "tmp", "emptyDir": {}}), "POD: nobody mounts volume \"tmp\""),
        ("base", deployment, "POD/volumes/0/configMap/name", json!("other"), "POD: there is no ConfigMap \"other\""),
        ("base", deployment, "POD/volumes/0", json!({"name": "config", "hostPath": {"path": "/etc"}}), "POD: has volume \"config\" of another kind"),
        ("base", deployment, "POD/hostNetwork", json!(true), "POD: has hostNetwork"),
        ("base", deployment, "POD/hostPID", json!(true), "POD: has hostPID"),
        ("base", deployment, "POD/hostIPC", json!(true), "POD: has hostIPC"),
        ("base", deployment, "POD/automountServiceAccountToken", json!(null), "POD: mounts a token of Kubernetes"),
        ("base", "Service", "/spec/selector", other(), "Service appstream-exporter: selects no pod"),
        ("base", "Service", "/spec/ports/0/targetPort", json!("metrics"), "Service appstream-exporter: POD has no port \"metrics\""),
        ("base", "NetworkPolicy", "/spec/podSelector/matchLabels", other(), "NetworkPolicy appstream-exporter: selects no pod"),
        ("base", "NetworkPolicy", "/spec/ingress/0/ports/0/port", json!(9100), "NetworkPolicy appstream-exporter: POD has no port 9100"),
        ("overlays/sharded", "PodDisruptionBudget", "/spec/selector/matchLabels", other(), "PodDisruptionBudget appstream-exporter: selects no pod"),
        ("overlays/sharded", "StatefulSet", "/spec/serviceName", json!("other"), "POD: other is no headless Service"),
        ("overlays/sharded", "Service", "/spec/clusterIP", json!(null), "POD: appstream-exporter is no headless Service"),
        ("overlays/prometheus-operator", "ServiceMonitor", "/spec/selector/matchLabels", other(), "ServiceMonitor appstream-exporter: selects no Service"),
        ("overlays/prometheus-operator", "ServiceMonitor", "/spec/endpoints/0/port", json!("metrics"), "ServiceMonitor appstream-exporter: Service appstream-exporter has no port \"metrics\""),
    ]
}

#[test]
fn slips_between_documents_are_found() {
    let Some(kustomize) = tool("kustomize") else {
        return;
    };
    for (folder, kind, place, value, expected) in slips() {
        let folder = root(format!("deploy/kubernetes/{folder}"));
        let mut render = Render::kustomize(&kustomize, &folder);
        let workload = id(render.workloads().next().expect("it has a workload"));
        let place = place
            .replace("EXPORTER", "POD/containers/0")
            .replace("POD", "/spec/template/spec");
        slip(&mut render, kind, &place, &value);
        let expected = expected
            .replace("EXPORTER", "POD container appstream-exporter")
            .replace("POD", &workload);
        assert_eq!(render.problems(), [expected], "{kind} {place} {value}");
    }
}

#[test]
fn slips_against_schemas_are_found() {
    let Some(kustomize) = tool("kustomize") else {
        return;
    };
    let cases: [(&str, &str, Value, &str); 4] = [
        (
            "Deployment",
            "/spec/replica",
            json!(1),
            "'replica' was unexpected",
        ),
        ("Deployment", "/apiVersion", json!("apps/v2"), "are valid"),
        (
            "ServiceMonitor",
            "/spec/endpoints/0/intervall",
            json!("30s"),
            "'intervall' was unexpected",
        ),
        (
            "ServiceMonitor",
            "/spec/endpoints/0/interval",
            json!("30"),
            "'30' does not match",
        ),
    ];
    for (kind, place, value, expected) in cases {
        let folder = root("deploy/kubernetes/overlays/prometheus-operator");
        let mut render = Render::kustomize(&kustomize, &folder);
        slip(&mut render, kind, place, &value);
        let renders = [render];
        let said = [
            against_kubernetes(&renders, *MINORS.end()),
            against_operator(&renders),
        ];
        let said: Vec<_> = said.into_iter().flatten().flatten().collect();
        let is_said = said.iter().any(|line| line.contains(expected));
        assert!(
            is_said || tool("kubernetes-validate").is_none(),
            "{place}: {said:?}"
        );
    }
}

/// A container of ours, with all that it needs to start. Of a StatefulSet there is one for each pod.
fn starts(render: &Render) -> Vec<(String, Value, Start)> {
    let mut starts = Vec::new();
    for workload in render.workloads() {
        let pod = &template(workload)["spec"];
        let name = text(&workload["metadata"]["name"]);
        let replicas = workload["spec"]["replicas"].as_u64().unwrap_or(1);
        for ordinal in 0..replicas {
            let name = match workload["kind"] == "StatefulSet" {
                true => format!("{name}-{ordinal}"),
                false => format!("{name}-7d9f8b6c4d-x2x9k"),
            };
            for container in containers(pod).filter(|it| is_ours(it)) {
                let what = format!("{}: {} of {name}", render.name, text(&container["name"]));
                let start = Start::of(render, pod, container, &name);
                starts.push((what, container.clone(), start));
            }
        }
    }
    starts
}

/// The output of the binary with a container's arguments and one more flag. The flag is an
/// environment variable, because the arguments may have it already.
async fn asked(what: &str, start: &Start, flag: &str) -> String {
    let mut command = start.command();
    command.env(flag, "true");
    let output = crate::common::run(command).await;
    let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("it is text");
    assert!(output.status.success(), "{what}: {said}");
    said
}

#[tokio::test]
async fn the_binary_takes_every_configuration() {
    let mut seen = 0;
    for render in all() {
        for map in render.of_kind("ConfigMap") {
            let Some(config) = map["data"]["config.yaml"].as_str() else {
                continue;
            };
            let (_folder, file) = crate::common::config_file(config);
            let mut check = crate::common::command();
            check.arg("--config.check").arg("--config.file").arg(file);
            let output = crate::common::run(check).await;
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{} {}: {said}",
                render.name,
                id(map)
            );
            seen += 1;
        }
    }
    assert!(seen >= 5 || tool("kustomize").is_none(), "only {seen}");
}

#[tokio::test]
async fn the_binary_takes_the_arguments_of_every_container() {
    for render in all() {
        for (what, container, start) in starts(&render) {
            asked(&what, &start, "APPSTREAM_EXPORTER_CONFIG_CHECK").await;
            if start.checks_only() {
                continue;
            }
            let said = asked(&what, &start, "APPSTREAM_EXPORTER_CONFIG_PRINT").await;
            let value = |flag: &str| {
                let line = said
                    .lines()
                    .find_map(|it| it.strip_prefix(&format!("# --{flag}: ")));
                let value = line.unwrap_or_else(|| panic!("{what}: no --{flag} in {said}"));
                value.split("  # ").next().unwrap().to_owned()
            };
            let addresses = value("web.listen-address");
            let listens = |port: &Value| {
                addresses
                    .split(',')
                    .any(|it| it.ends_with(&format!(":{port}")))
            };
            for port in list(&container["ports"]) {
                let port = &port["containerPort"];
                assert!(listens(port), "{what}: {port} is none of {addresses}");
            }
        }
    }
}

#[tokio::test]
async fn shards_are_as_many_as_pods() {
    let Some(kustomize) = tool("kustomize") else {
        return;
    };
    let render = Render::kustomize(&kustomize, &root("deploy/kubernetes/overlays/sharded"));
    let mut shards = Vec::new();
    for (what, _, start) in starts(&render) {
        if start.checks_only() {
            continue;
        }
        let said = asked(&what, &start, "APPSTREAM_EXPORTER_CONFIG_PRINT").await;
        let is_shard =
            |line: &&str| line.starts_with("# --total-shards") || line.starts_with("# --shard");
        shards.push(
            said.lines()
                .filter(is_shard)
                .map(str::to_owned)
                .collect::<Vec<_>>(),
        );
    }
    let expected = (0..3).map(|shard| {
        vec![
            "# --total-shards: 3  # environment APPSTREAM_EXPORTER_TOTAL_SHARDS".to_owned(),
            format!("# --shard: {shard}  # environment POD_NAME"),
        ]
    });
    assert_eq!(shards, expected.collect::<Vec<_>>());
}

/// Starts a container with the demo instead of AWS, and sends the requests of Kubernetes and
/// Prometheus.
async fn answers(what: &str, container: &Value, start: &Start) {
    let exporter = start.demo().await;
    let path = |probe: &str| text(&container[probe]["httpGet"]["path"]);
    let alive = exporter.get(&path("livenessProbe")).await;
    assert_eq!(
        (alive.status, alive.text()),
        (StatusCode::OK, "healthy\n"),
        "{what}"
    );
    if container.get("readinessProbe").is_some() {
        let is_ready = async |it: &Exporter| {
            let ready = it.get(&path("readinessProbe")).await;
            (ready.status, ready.text()) == (StatusCode::OK, "ready\n")
        };
        exporter.until(&format!("{what} is ready"), is_ready).await;
    }
    let metrics = exporter.metrics().await;
    let builds = metrics.family("appstream_exporter_build_info").count();
    assert_eq!(builds, 1, "{what}");
}

#[tokio::test]
async fn every_container_runs_and_answers_its_probes() {
    let Some(kustomize) = tool("kustomize") else {
        return;
    };
    let renders = plain(&kustomize);
    let mut all: Vec<_> = renders.iter().flat_map(starts).collect();
    all.retain(|(_, _, start)| !start.checks_only());
    let running = all
        .iter()
        .map(|(what, container, start)| answers(what, container, start));
    assert!(running.len() >= 5, "only {}", running.len());
    futures_util::future::join_all(running).await;
}

/// The rules for Prometheus as a PrometheusRule, with their comments.
fn rule() -> String {
    let mut text = "\
# Written from deploy/prometheus/rules by `make golden`: change them there. runbook_url is a path in
# this repository; deploy/prometheus/rules/alerts.yaml says how to make links of all of them.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: appstream-exporter
  labels:
    app.kubernetes.io/name: appstream-exporter
spec:
  groups:
"
    .to_owned();
    for file in ["recording.yaml", "alerts.yaml"] {
        let rules = read(format!("deploy/prometheus/rules/{file}"));
        let (_, groups) = rules.split_once("\ngroups:\n").expect("groups");
        for line in groups.lines() {
            text += format!("  {line}").trim_end();
            text.push('\n');
        }
    }
    text
}

#[test]
fn the_prometheus_rule_is_what_is_shipped() {
    let expected = rule();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(root(RULE), &expected).unwrap();
    }
    assert!(read(RULE) == expected, "{RULE} is stale: run `make golden`");

    let parsed = |file: &str| -> Value { serde_yaml::from_str(&read(file)).expect(file) };
    let groups = |file: &str| list(&parsed(file)["groups"]).cloned().collect::<Vec<_>>();
    let mut shipped = groups("deploy/prometheus/rules/recording.yaml");
    shipped.extend(groups("deploy/prometheus/rules/alerts.yaml"));
    assert_eq!(parsed(RULE)["spec"]["groups"], json!(shipped));
}

#[test]
fn plain_manifests_leave_namespace_and_registry_to_their_user() {
    let Some(kustomize) = tool("kustomize") else {
        return;
    };
    let namespaced = [
        "ConfigMap",
        "Deployment",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "PrometheusRule",
        "Service",
        "ServiceAccount",
        "ServiceMonitor",
        "StatefulSet",
    ];
    let image = concat!("appstream-exporter:", env!("CARGO_PKG_VERSION"));
    let readme = read("deploy/kubernetes/README.md");
    let build = format!("-t {image} .");
    assert!(readme.contains(&build), "the README has another version");
    for render in plain(&kustomize) {
        for document in &render.documents {
            let name = format!("{}: {}", render.name, id(document));
            assert_eq!(document["metadata"].get("namespace"), None, "{name}");
            assert!(
                namespaced.contains(&text(&document["kind"]).as_str()),
                "{name}"
            );
        }
        for workload in render.workloads() {
            let pod = &template(workload)["spec"];
            let account = text(&pod["serviceAccountName"]);
            assert!(
                render.named("ServiceAccount", &account).is_some(),
                "{}",
                id(workload)
            );
            for container in containers(pod).filter(|it| is_ours(it)) {
                assert_eq!(container["image"], image, "{}", render.name);
            }
        }
    }
}
