//! Checks of the objects of every render.

use serde_json::{Value, json};

use crate::support::documents::read;
use crate::support::kubernetes::renders::{golden, goldens};
use crate::support::kubernetes::{containers, id, is_ours, list, template};

#[test]
fn selectors_find_no_test_and_never_change() {
    for golden in goldens() {
        let name = |pod: &Value| pod["metadata"]["labels"]["app.kubernetes.io/name"].clone();
        for test in golden.of_kind("Pod") {
            assert_ne!(name(test), name(golden.exporter()), "{}", golden.name);
        }
        for document in &golden.documents {
            let spec = &document["spec"];
            let selector = match document["kind"].as_str() {
                Some("Service") => &spec["selector"],
                Some("NetworkPolicy") => &spec["podSelector"]["matchLabels"],
                _ => &spec["selector"]["matchLabels"],
            };
            let Some(selector) = selector.as_object() else {
                continue;
            };
            // Labels that can change between two versions of the chart must not be in a selector.
            let mut keys: Vec<_> = selector.keys().collect();
            keys.sort();
            let expected = ["app.kubernetes.io/instance", "app.kubernetes.io/name"];
            assert_eq!(keys, expected, "{}: {}", golden.name, id(document));
        }
    }
}

#[test]
fn the_port_and_its_probes_have_the_name_http() {
    for golden in goldens() {
        let server = golden.server();
        let ports: Vec<_> = list(&server["ports"]).map(|port| &port["name"]).collect();
        assert_eq!(ports, ["http"], "{}", golden.name);
        for probe in ["livenessProbe", "readinessProbe"] {
            let ports = ["httpGet", "tcpSocket"].map(|way| server[probe][way]["port"].clone());
            assert!(ports.contains(&json!("http")), "{}: {probe}", golden.name);
        }
    }
}

#[test]
fn objects_are_where_and_whose_they_are_said_to_be() {
    for golden in goldens() {
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
        for workload in golden.workloads() {
            let account = &template(workload)["spec"]["serviceAccountName"];
            let made = golden.of_kind("ServiceAccount").next();
            let expected = match made {
                Some(made) => made["metadata"]["name"].clone(),
                None => {
                    let values: Value = serde_yaml::from_str(&golden.values).expect("YAML");
                    values["serviceAccount"]["name"].clone()
                }
            };
            assert_eq!(*account, expected, "{}", golden.name);
        }
    }
}

#[test]
fn shards_have_their_number_and_an_address_each() {
    let golden = golden("sharded");
    let set = golden.of_kind("StatefulSet").next().expect("a StatefulSet");
    let service = golden.of_kind("Service").next().expect("a Service");
    assert_eq!(set["spec"]["replicas"], 3);
    assert_eq!(set["spec"]["serviceName"], service["metadata"]["name"]);
    assert_eq!(service["spec"]["clusterIP"], "None");
    for container in containers(&golden.exporter()["spec"]).filter(|it| is_ours(it)) {
        assert!(list(&container["args"]).any(|it| it == "--total-shards=3"));
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
    let text = read(format!("deploy/kubernetes/base/{file}"));
    serde_yaml::from_str(&text).expect("YAML")
}

#[test]
fn a_pod_stays_until_its_successor_is_ready() {
    let ready_first = json!({
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    });
    assert_eq!(base("deployment.yaml")["spec"]["strategy"], ready_first);
    for golden in goldens() {
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
                let to = list(&rule["to"]).map(|to| &to["ipBlock"]["cidr"]);
                let to: Vec<_> = to
                    .chain(rule["to"].is_null().then_some(&Value::Null))
                    .collect();
                ways.extend(to.iter().map(|to| format!("{} {to}", port["port"])));
            }
        }
        ways.sort();
        ways
    };
    let golden = golden("digits");
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
    let text = read("deploy/prometheus/scrape-config.yaml");
    let job: String = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("#   "))
        .flat_map(|line| ["  ", line, "\n"])
        .collect();
    let job: Value = serde_yaml::from_str(&job).expect("the job for Kubernetes");
    let golden = golden("defaults");
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
            .find(|rule| rule["source_labels"] == json!([label]) && rule["action"] == "keep");
        assert_eq!(kept.expect(label)["regex"], *value);
    }
}
