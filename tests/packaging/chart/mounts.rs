//! The files that a pod of the chart finds, in a folder of this machine.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::render::{Golden, list, texts};
use crate::tls::{Authority, write};

/// Where the chart mounts everything.
const MOUNTED: &str = "/etc/appstream-exporter";

/// `config`, `web` and `tls` of a pod.
pub(crate) struct Mounts {
    folder: TempDir,
    pub(crate) authority: Authority,
}

impl Mounts {
    /// Files from the objects of the render. Referenced objects that it does not have get
    /// suitable content.
    pub(crate) fn of(golden: &Golden, pod: &Value) -> Self {
        let mounts = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            authority: Authority::new("cluster"),
        };
        mounts.put("tls/ca.crt", &mounts.authority.certificate);
        write(
            &mounts.folder.path().join("tls"),
            "tls",
            &mounts.authority.server(),
        );
        for argument in super::render::exporters(pod)
            .iter()
            .flat_map(|container| texts(&container["args"]))
        {
            if let Some((_, file)) = argument.split_once(&format!("={MOUNTED}/")) {
                mounts.put(file, "{}\n");
            }
        }
        for volume in list(&pod["spec"]["volumes"]) {
            mounts.fill(golden, volume);
        }
        mounts
    }

    /// Writes what a volume has, if its object is in the render.
    fn fill(&self, golden: &Golden, volume: &Value) {
        let name = [
            &volume["configMap"]["name"],
            &volume["secret"]["secretName"],
        ]
        .into_iter()
        .find(|name| name.is_string());
        let kind = if volume["secret"].is_object() {
            "Secret"
        } else {
            "ConfigMap"
        };
        let object = golden
            .of_kind(kind)
            .find(|object| Some(&object["metadata"]["name"]) == name);
        let Some(object) = object else { return };
        let data = object["data"]
            .as_object()
            .or(object["stringData"].as_object());
        for (file, text) in data.expect("files") {
            let path = format!("{}/{file}", volume["name"].as_str().expect("a name"));
            self.put(&path, text.as_str().expect("a text"));
        }
    }

    fn put(&self, file: &str, text: &str) {
        let path = self.folder.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, self.here(text)).expect("writable");
    }

    /// A text with paths of this machine in place of those in the pod.
    pub(crate) fn here(&self, text: &str) -> String {
        text.replace(MOUNTED, &self.path().display().to_string())
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives a command the arguments and the environment of a container.
    pub(crate) fn prepare(&self, command: &mut Command, container: &Value) {
        command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true");
        command.args(texts(&container["args"]).iter().map(|text| self.here(text)));
        for variable in list(&container["env"]) {
            let name = variable["name"].as_str().expect("a name");
            command.env(
                name,
                variable["value"].as_str().unwrap_or("appstream-exporter-0"),
            );
        }
    }
}
