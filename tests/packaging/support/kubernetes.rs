//! Manifests of Kubernetes, as they are rendered: their documents, and what is wrong between them.

pub(crate) mod renders;
mod start;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::support::tools::run;
pub(crate) use start::Start;

/// The name of our image, wherever it is kept.
pub(crate) const IMAGE: &str = "appstream-exporter";
/// The user and group of the image (`nonroot` of distroless).
const USER: u64 = 65532;
/// Volumes that the restricted Pod Security Standard allows.
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// The input of `kubectl apply` from one folder or chart.
#[derive(Clone, Debug)]
pub(crate) struct Render {
    /// Where it comes from, for messages.
    pub(crate) name: String,
    pub(crate) documents: Vec<Value>,
    /// The user's input, which may name existing objects of the cluster.
    pub(crate) values: String,
}

impl Render {
    /// The documents of a text.
    pub(crate) fn parse(name: &str, text: &str) -> Self {
        let documents = serde_yaml::Deserializer::from_str(text)
            .map(|document| Value::deserialize(document).expect(name))
            .filter(|document| !document.is_null())
            .collect::<Vec<_>>();
        assert!(!documents.is_empty(), "{name} has no document");
        Self {
            name: name.to_owned(),
            documents,
            values: String::new(),
        }
    }

    /// The kustomize output of a folder.
    pub(crate) fn kustomize(kustomize: &Path, folder: &Path) -> Self {
        let text = run(Command::new(kustomize).arg("build").arg(folder));
        Self::parse(&folder.display().to_string(), &text)
    }

    /// The render without some of its documents.
    pub(crate) fn without(&self, is_out: impl Fn(&Value) -> bool) -> Self {
        let mut render = self.clone();
        render.documents.retain(|document| !is_out(document));
        render
    }

    /// Writes all documents into one file of a folder.
    pub(crate) fn write(&self, folder: &Path) -> PathBuf {
        let file = folder.join(self.name.replace(['/', ' '], "_") + ".yaml");
        let documents = self.documents.iter().map(Value::to_string);
        let text = documents.collect::<Vec<_>>().join("\n---\n");
        std::fs::write(&file, text).expect("the folder is writable");
        file
    }

    pub(crate) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.documents
            .iter()
            .filter(move |document| document["kind"] == kind)
    }

    pub(crate) fn named(&self, kind: &str, name: &str) -> Option<&Value> {
        let mut documents = self.documents.iter();
        documents.find(|it| it["kind"] == kind && it["metadata"]["name"] == name)
    }

    /// All that makes pods.
    pub(crate) fn workloads(&self) -> impl Iterator<Item = &Value> {
        let kinds = ["Deployment", "StatefulSet", "DaemonSet", "Job", "Pod"];
        let makes_pods = move |it: &&Value| kinds.iter().any(|kind| it["kind"] == *kind);
        self.documents.iter().filter(makes_pods)
    }

    /// The pod of the exporter, which is not that of a test.
    pub(crate) fn exporter(&self) -> &Value {
        let mut workloads = self.workloads();
        let workload = workloads.find(|it| it["kind"] != "Pod");
        template(workload.expect(&self.name))
    }

    /// The container that serves the metrics.
    pub(crate) fn server(&self) -> &Value {
        let ours = containers(&self.exporter()["spec"]).filter(|it| is_ours(it));
        ours.last().expect(&self.name)
    }

    /// The conflicts between documents, each with its place.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for workload in self.workloads() {
            let labels = &template(workload)["metadata"]["labels"];
            let selector = &workload["spec"]["selector"];
            if !selector.is_null() && !selects(&selector["matchLabels"], labels) {
                wrong.push(format!("{}: selects other pods than its own", id(workload)));
            }
            wrong.extend(self.problems_of_pod(workload));
        }
        wrong.extend(self.problems_of_selectors());
        wrong
    }

    fn problems_of_pod(&self, workload: &Value) -> Vec<String> {
        let pod = &template(workload)["spec"];
        let id = id(workload);
        let mut wrong = Vec::new();
        for container in containers(pod) {
            let name = format!("{id} container {}", text(&container["name"]));
            if is_ours(container) {
                wrong.extend(unrestricted(pod, container).map(|it| format!("{name}: {it}")));
            }
            let ports = named_ports(container);
            for (probe, port) in probed_ports(container) {
                if port.is_string() && !ports.contains(&port) {
                    wrong.push(format!(
                        "{name}: {probe} asks port {port}, which it has not"
                    ));
                }
            }
            for mount in list(&container["volumeMounts"]) {
                if !list(&pod["volumes"]).any(|volume| volume["name"] == mount["name"]) {
                    wrong.push(format!(
                        "{name}: mounts {}, which is no volume",
                        mount["name"]
                    ));
                }
                if is_ours(container) && mount["readOnly"] != true {
                    wrong.push(format!("{name}: may write to {}", mount["name"]));
                }
                // Kubernetes updates mounted folders, but no mounted files.
                if is_ours(container) && mount.get("subPath").is_some() {
                    wrong.push(format!("{name}: never sees changes of {}", mount["name"]));
                }
            }
        }
        if containers(pod).all(is_ours) {
            wrong.extend(exposed(pod).map(|it| format!("{id}: {it}")));
            let has_token = pod["automountServiceAccountToken"] != false;
            // Containers of the user's own may need it.
            if has_token && !self.values.contains("automount") {
                wrong.push(format!("{id}: mounts a token of Kubernetes"));
            }
        }
        for volume in list(&pod["volumes"]) {
            let mounts = containers(pod).flat_map(|it| list(&it["volumeMounts"]));
            if !mounts
                .into_iter()
                .any(|mount| mount["name"] == volume["name"])
            {
                wrong.push(format!("{id}: nobody mounts volume {}", volume["name"]));
            }
            let source = &volume["configMap"];
            let is_there =
                |name: &str| self.named("ConfigMap", name).is_some() || self.values.contains(name);
            if source["name"].as_str().is_some_and(|name| !is_there(name)) {
                wrong.push(format!("{id}: there is no ConfigMap {}", source["name"]));
            }
        }
        if workload["kind"] == "StatefulSet" {
            let name = text(&workload["spec"]["serviceName"]);
            let service = self.named("Service", &name);
            if service.is_none_or(|it| it["spec"]["clusterIP"] != "None") {
                wrong.push(format!("{id}: {name} is no headless Service"));
            }
        }
        wrong
    }

    /// Every selector of pods or Services must match one that has the named ports.
    fn problems_of_selectors(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut must_find = |document: &Value, selector: &Value, ports: Vec<Value>| {
            let found: Vec<_> = self
                .workloads()
                .filter(|it| selects(selector, &template(it)["metadata"]["labels"]))
                .collect();
            if found.is_empty() {
                wrong.push(format!("{}: selects no pod", id(document)));
            }
            for port in ports {
                for workload in &found {
                    let pod = &template(workload)["spec"];
                    if !containers(pod).any(|it| has_port(it, &port)) {
                        let (document, workload) = (id(document), id(workload));
                        wrong.push(format!("{document}: {workload} has no port {port}"));
                    }
                }
            }
        };
        for service in self.of_kind("Service") {
            let spec = &service["spec"];
            let ports = list(&spec["ports"]).map(|port| port["targetPort"].clone());
            must_find(service, &spec["selector"], ports.collect());
        }
        for policy in self.of_kind("NetworkPolicy") {
            let spec = &policy["spec"];
            let ports = list(&spec["ingress"])
                .flat_map(|rule| list(&rule["ports"]))
                .map(|port| port["port"].clone());
            must_find(policy, &spec["podSelector"]["matchLabels"], ports.collect());
        }
        for budget in self.of_kind("PodDisruptionBudget") {
            must_find(
                budget,
                &budget["spec"]["selector"]["matchLabels"],
                Vec::new(),
            );
        }
        for monitor in self.of_kind("PodMonitor") {
            let spec = &monitor["spec"];
            let ports = list(&spec["podMetricsEndpoints"]).map(|it| it["port"].clone());
            must_find(monitor, &spec["selector"]["matchLabels"], ports.collect());
        }
        for monitor in self.of_kind("ServiceMonitor") {
            wrong.extend(self.problems_of_service_monitor(monitor));
        }
        wrong
    }

    fn problems_of_service_monitor(&self, monitor: &Value) -> Vec<String> {
        let spec = &monitor["spec"];
        let selector = &spec["selector"]["matchLabels"];
        let found: Vec<_> = self
            .of_kind("Service")
            .filter(|service| selects(selector, &service["metadata"]["labels"]))
            .collect();
        if found.is_empty() {
            return vec![format!("{}: selects no Service", id(monitor))];
        }
        let mut wrong = Vec::new();
        for endpoint in list(&spec["endpoints"]) {
            for service in &found {
                let mut ports = list(&service["spec"]["ports"]);
                if !ports.any(|port| port["name"] == endpoint["port"]) {
                    let (monitor, service) = (id(monitor), id(service));
                    wrong.push(format!(
                        "{monitor}: {service} has no port {}",
                        endpoint["port"]
                    ));
                }
            }
        }
        wrong
    }
}

/// Kind and name of a document.
pub(crate) fn id(document: &Value) -> String {
    let name = &document["metadata"]["name"];
    format!("{} {}", text(&document["kind"]), text(name))
}

/// The entries of a list; none of what is not there.
pub(crate) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The text of a value; of none where there is none.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The pod template of a workload, or the pod itself.
pub(crate) fn template(workload: &Value) -> &Value {
    if workload["kind"] == "Pod" {
        return workload;
    }
    &workload["spec"]["template"]
}

/// All containers of a pod, those for its start first.
pub(crate) fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    list(&pod["initContainers"]).chain(list(&pod["containers"]))
}

/// Whether a container runs our image.
pub(crate) fn is_ours(container: &Value) -> bool {
    let image = text(&container["image"]);
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split([':', '@']).next() == Some(IMAGE)
}

/// Whether a selector takes what has these labels. An empty one would take everything: it is none.
fn selects(selector: &Value, labels: &Value) -> bool {
    let none = Map::new();
    let pairs = selector.as_object().unwrap_or(&none);
    !pairs.is_empty()
        && pairs
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
}

fn named_ports(container: &Value) -> Vec<Value> {
    let ports = list(&container["ports"]);
    ports.map(|port| port["name"].clone()).collect()
}

/// Whether a container has a port of this name or number.
fn has_port(container: &Value, port: &Value) -> bool {
    list(&container["ports"]).any(|it| it["name"] == *port || it["containerPort"] == *port)
}

/// The ports of a container's probes.
fn probed_ports(container: &Value) -> impl Iterator<Item = (&'static str, Value)> {
    let probes = ["livenessProbe", "readinessProbe", "startupProbe"];
    probes.into_iter().filter_map(|probe| {
        let mut ways = ["httpGet", "tcpSocket"].into_iter();
        let port = ways.find_map(|way| container[probe].get(way)?.get("port"))?;
        Some((probe, port.clone()))
    })
}

/// The rules of the restricted Pod Security Standard, and stricter ones, that a container of ours
/// breaks. Settings that the container leaves out come from its pod.
fn unrestricted(pod: &Value, container: &Value) -> impl Iterator<Item = String> {
    let own = &container["securityContext"];
    let effective = |key: &str| own.get(key).unwrap_or(&pod["securityContext"][key]);
    let capabilities = &own["capabilities"];
    let added = list(&capabilities["add"]).count();
    let profile = text(&effective("seccompProfile")["type"]);
    let demands = [
        (*effective("runAsNonRoot") == true, "may run as root"),
        (*effective("runAsUser") == USER, "runs as another user"),
        (*effective("runAsGroup") == USER, "runs as another group"),
        (own["privileged"] != true, "is privileged"),
        (
            own["allowPrivilegeEscalation"] == false,
            "may get more privileges",
        ),
        (
            own["readOnlyRootFilesystem"] == true,
            "may write to its image",
        ),
        (
            list(&capabilities["drop"]).any(|it| it == "ALL"),
            "keeps capabilities",
        ),
        (added == 0, "adds capabilities"),
        (
            ["RuntimeDefault", "Localhost"].contains(&profile.as_str()),
            "has no seccomp profile",
        ),
        (
            !list(&container["ports"]).any(|it| it.get("hostPort").is_some()),
            "has a host port",
        ),
    ];
    let broken = demands.into_iter().filter(|(holds, _)| !holds);
    broken.map(|(_, what)| what.to_owned())
}

/// Access to the node that a pod of ours must not have.
fn exposed(pod: &Value) -> impl Iterator<Item = String> {
    let shares = ["hostNetwork", "hostPID", "hostIPC"];
    let shared = shares.into_iter().filter(|key| pod[*key] == true);
    let shared = shared.map(|key| format!("has {key}")).collect::<Vec<_>>();
    let volumes = list(&pod["volumes"]).filter(|volume| {
        let mut keys = volume.as_object().into_iter().flat_map(Map::keys);
        !keys.any(|key| VOLUMES.contains(&key.as_str()))
    });
    let volumes = volumes.map(|volume| format!("has volume {} of another kind", volume["name"]));
    shared.into_iter().chain(volumes)
}
