//! Checks of the objects of every render.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::render::{Golden, containers, exporters, list, read, root};

#[test]
fn every_pod_meets_the_restricted_standard() {
    for golden in Golden::all() {
        for pod in golden.pods() {
            let context = &pod["spec"]["securityContext"];
            assert_eq!(context["runAsNonRoot"], true, "{}", golden.name);
            assert_eq!(
                context["seccompProfile"]["type"], "RuntimeDefault",
                "{}",
                golden.name
            );
            for field in ["hostNetwork", "hostPID", "hostIPC"] {
                assert_eq!(pod["spec"][field], Value::Null, "{}", golden.name);
            }
            for container in containers(pod) {
                let context = &container["securityContext"];
                let expected = json!({
                    "allowPrivilegeEscalation": false,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": true,
                });
                assert_eq!(*context, expected, "{}: {}", golden.name, container["name"]);
            }
        }
    }
}

#[test]
fn every_mount_has_a_volume_and_every_volume_a_mount() {
    for golden in Golden::all() {
        for pod in golden.pods() {
            let names = |value: &Value| -> Vec<String> {
                list(value)
                    .iter()
                    .map(|entry| entry["name"].to_string())
                    .collect()
            };
            let mut volumes = names(&pod["spec"]["volumes"]);
            volumes.sort();
            for container in exporters(pod) {
                let mut mounts = names(&container["volumeMounts"]);
                mounts.sort();
                assert_eq!(mounts, volumes, "{}: {}", golden.name, container["name"]);
                for mount in list(&container["volumeMounts"]) {
                    // A file alone does not change while a pod runs.
                    assert_eq!(mount["subPath"], Value::Null, "{}", golden.name);
                    assert_eq!(mount["readOnly"], true, "{}", golden.name);
                }
            }
        }
    }
}

/// Whether these labels are those of the selector, and maybe more.
fn selects(selector: &Value, labels: &Value) -> bool {
    let wanted = selector.as_object().expect("a selector");
    !wanted.is_empty() && wanted.iter().all(|(name, value)| labels[name] == *value)
}

/// The selectors of a render, each with the kind that it is of and what it is about: pods or the Service.
fn selectors(golden: &Golden) -> Vec<(&str, &Value)> {
    let paths = [
        ("Deployment", "/spec/selector/matchLabels"),
        ("StatefulSet", "/spec/selector/matchLabels"),
        ("Service", "/spec/selector"),
        ("NetworkPolicy", "/spec/podSelector/matchLabels"),
        ("PodDisruptionBudget", "/spec/selector/matchLabels"),
        ("PodMonitor", "/spec/selector/matchLabels"),
        ("ServiceMonitor", "/spec/selector/matchLabels"),
    ];
    let of = |(kind, path): (&'static str, &'static str)| {
        golden
            .of_kind(kind)
            .map(move |object| (kind, object.pointer(path).expect(kind)))
    };
    paths.into_iter().flat_map(of).collect()
}

#[test]
fn selectors_find_the_exporter_and_nothing_else() {
    for golden in Golden::all() {
        for (kind, selector) in selectors(&golden) {
            let name = &golden.name;
            if kind == "ServiceMonitor" {
                let services: Vec<_> = golden.of_kind("Service").collect();
                assert_eq!(services.len(), 1, "{name}");
                assert!(
                    selects(selector, &services[0]["metadata"]["labels"]),
                    "{name}"
                );
                continue;
            }
            assert!(
                selects(selector, &golden.exporter()["metadata"]["labels"]),
                "{name}: {kind}"
            );
            for test in golden.of_kind("Pod") {
                assert!(
                    !selects(selector, &test["metadata"]["labels"]),
                    "{name}: {kind}"
                );
            }
            // Labels that can change between two versions of the chart must not be in a selector.
            let keys = selector.as_object().expect("labels").keys();
            let keys: BTreeSet<_> = keys.map(String::as_str).collect();
            let expected = BTreeSet::from(["app.kubernetes.io/instance", "app.kubernetes.io/name"]);
            assert_eq!(keys, expected, "{name}: {kind}");
        }
    }
}

#[test]
fn ports_are_those_that_the_exporter_listens_on() {
    for golden in Golden::all() {
        let pod = golden.exporter();
        let ours = exporters(pod);
        let container = ours.last().expect("the exporter");
        let port = &list(&container["ports"])[0];
        assert_eq!(port["name"], "http", "{}", golden.name);
        let listens = format!("--web.listen-address=:{}", port["containerPort"]);
        assert!(
            list(&container["args"]).contains(&json!(listens)),
            "{}",
            golden.name
        );
        for probe in ["livenessProbe", "readinessProbe"] {
            let ports = ["httpGet", "tcpSocket"].map(|way| container[probe][way]["port"].clone());
            assert!(ports.contains(&json!("http")), "{}: {probe}", golden.name);
        }
        for service in golden.of_kind("Service") {
            assert_eq!(
                service["spec"]["ports"][0]["name"], "http",
                "{}",
                golden.name
            );
            assert_eq!(
                service["spec"]["ports"][0]["targetPort"], "http",
                "{}",
                golden.name
            );
        }
    }
}

#[test]
fn objects_are_where_and_whose_they_are_said_to_be() {
    for golden in Golden::all() {
        for object in &golden.documents {
            let labels = &object["metadata"]["labels"];
            if object["metadata"]["name"].to_string().ends_with("-extra\"") || labels.is_null() {
                // Objects of the user are as the user writes them.
                assert_eq!(golden.name, "everything");
                continue;
            }
            assert!(
                object["metadata"]["namespace"].is_string(),
                "{}",
                golden.name
            );
            assert_eq!(
                labels["app.kubernetes.io/managed-by"], "Helm",
                "{}",
                golden.name
            );
            assert_eq!(
                labels["app.kubernetes.io/version"],
                env!("CARGO_PKG_VERSION")
            );
        }
        for pod in golden.pods() {
            let account = &pod["spec"]["serviceAccountName"];
            let made = golden.of_kind("ServiceAccount").next();
            let expected = match made {
                Some(made) => made["metadata"]["name"].clone(),
                None => golden.values()["serviceAccount"]["name"].clone(),
            };
            assert_eq!(*account, expected, "{}", golden.name);
        }
    }
}

#[test]
fn shards_have_their_number_and_an_address_each() {
    let golden = Golden::named("sharded");
    let set = golden.of_kind("StatefulSet").next().expect("a StatefulSet");
    let service = golden.of_kind("Service").next().expect("a Service");
    assert_eq!(set["spec"]["replicas"], 3);
    assert_eq!(set["spec"]["serviceName"], service["metadata"]["name"]);
    assert_eq!(service["spec"]["clusterIP"], "None");
    for container in exporters(golden.exporter()) {
        assert!(list(&container["args"]).contains(&json!("--total-shards=3")));
        assert_eq!(container["env"][0]["name"], "POD_NAME");
        assert_eq!(
            container["env"][0]["valueFrom"]["fieldRef"]["fieldPath"],
            "metadata.name"
        );
    }
    assert_eq!(golden.of_kind("Deployment").count(), 0);
}

/// An object of deploy/kubernetes/base.
fn base(file: &str) -> Value {
    let text = read(&root(&format!("deploy/kubernetes/base/{file}")));
    serde_yaml::from_str(&text).expect("YAML")
}

#[test]
fn a_pod_stays_until_its_successor_is_ready() {
    let ready_first = json!({
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    });
    assert_eq!(base("deployment.yaml")["spec"]["strategy"], ready_first);
    for golden in Golden::all() {
        let strategy = match golden.name.as_str() {
            // As its values say.
            "everything" => json!({"type": "Recreate"}),
            _ => ready_first.clone(),
        };
        for deployment in golden.of_kind("Deployment") {
            assert_eq!(deployment["spec"]["replicas"], 1, "{}", golden.name);
            assert_eq!(deployment["spec"]["strategy"], strategy, "{}", golden.name);
        }
    }
}

#[test]
fn a_policy_lets_the_exporter_out_to_where_that_of_the_manifests_does() {
    // Sorted: the order of rules, ports and addresses means nothing.
    let ways = |policy: &Value| {
        let mut ways = Vec::new();
        for rule in list(&policy["spec"]["egress"]) {
            for port in list(&rule["ports"]) {
                let to = list(&rule["to"]).iter().map(|to| &to["ipBlock"]["cidr"]);
                let to: Vec<_> = to
                    .chain(rule["to"].is_null().then_some(&Value::Null))
                    .collect();
                ways.extend(to.iter().map(|to| format!("{} {to}", port["port"])));
            }
        }
        ways.sort();
        ways
    };
    let golden = Golden::named("digits");
    let policy = golden.of_kind("NetworkPolicy").next().expect("a policy");
    let found = ways(policy);
    assert_eq!(found, ways(&base("networkpolicy.yaml")));
    for credentials in ["169.254.170.23/32", "fd00:ec2::254/128"] {
        assert!(
            found.contains(&format!("80 \"{credentials}\"")),
            "{found:?}"
        );
    }
}

/// deploy/prometheus/scrape-config.yaml finds pods by a label and the name of a port.
#[test]
fn the_scrape_configuration_finds_the_pods() {
    let text = read(&root("deploy/prometheus/scrape-config.yaml"));
    let job: String = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("#   "))
        .flat_map(|line| ["  ", line, "\n"])
        .collect();
    let job: Value = serde_yaml::from_str(&job).expect("the job for Kubernetes");
    let golden = Golden::named("defaults");
    let pod = golden.exporter();
    let found = [
        (
            "__meta_kubernetes_pod_label_app_kubernetes_io_name",
            &pod["metadata"]["labels"]["app.kubernetes.io/name"],
        ),
        (
            "__meta_kubernetes_pod_container_port_name",
            &pod["spec"]["containers"][0]["ports"][0]["name"],
        ),
    ];
    for (label, value) in found {
        let kept = list(&job["relabel_configs"])
            .iter()
            .find(|rule| rule["source_labels"] == json!([label]) && rule["action"] == "keep");
        assert_eq!(kept.expect(label)["regex"], *value);
    }
}
