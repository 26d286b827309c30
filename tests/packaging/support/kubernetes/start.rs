//! The view of a container into its pod.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use super::{Render, list, text};
use crate::common::{self, Exporter};
use crate::tls::Authority;

/// The start of a container of ours: arguments and environment from its pod, and the mounts of
/// its pod in a folder. A volume without content in the render, such as a user's Secret, gets a
/// certificate, and an empty YAML document for each other file that an argument names.
pub(crate) struct Start {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    /// The authority of all certificates.
    pub(crate) authority: Authority,
    /// Holds the files.
    _folder: TempDir,
}

impl Start {
    /// The start of a container in the pod of this name.
    pub(crate) fn of(render: &Render, pod: &Value, container: &Value, name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = Authority::new("cluster");
        let write = |file: &Path, text: &str| {
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("writable");
            std::fs::write(file, text).expect("writable");
        };
        let mounts: Vec<_> = list(&container["volumeMounts"])
            .map(|mount| text(&mount["mountPath"]))
            .collect();
        let mount_in = |line: &str| mounts.iter().find(|path| line.contains(*path));
        let moved = |line: &str, path: &String| {
            line.replace(path, &format!("{}{path}", folder.path().display()))
        };
        let here = |line: &str| mount_in(line).map_or(line.to_owned(), |path| moved(line, path));

        let mut unknown = Vec::new();
        for mount in list(&container["volumeMounts"]) {
            let volume = list(&pod["volumes"]).find(|it| it["name"] == mount["name"]);
            let rendered = volume.and_then(|volume| files(render, volume));
            let root = PathBuf::from(here(&text(&mount["mountPath"])));
            if rendered.is_none() {
                unknown.push(root.clone());
            }
            for (file, content) in rendered.unwrap_or_else(|| certificate(&authority)) {
                let content: Vec<_> = content.lines().map(here).collect();
                write(&root.join(file), &content.join("\n"));
            }
        }
        let arguments = list(&container["args"]).map(|argument| here(&text(argument)));
        let arguments: Vec<_> = arguments.collect();
        for argument in &arguments {
            let file = Path::new(argument.split_once('=').map_or("", |(_, value)| value));
            if !file.exists() && unknown.iter().any(|root| file.starts_with(root)) {
                write(file, "{}\n");
            }
        }
        let variable = |it: &Value| {
            let of_pod = it["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name";
            let value = it["value"].as_str().or(of_pod.then_some(name))?;
            Some((text(&it["name"]), here(value)))
        };
        Self {
            arguments,
            environment: list(&container["env"])
                .filter_map(variable)
                .chain([("HOSTNAME".to_owned(), name.to_owned())])
                .collect(),
            authority,
            _folder: folder,
        }
    }

    /// The binary as the container runs it.
    pub(crate) fn command(&self) -> Command {
        let mut command = common::command();
        command.args(&self.arguments).envs(self.environment.clone());
        command
    }

    /// The running exporter, with the demo in place of AWS and on a free port.
    pub(crate) async fn demo(&self) -> Exporter {
        let listens = |argument: &str| argument.starts_with("--web.listen-address=");
        let mut command = common::command();
        command
            .args(self.arguments.iter().filter(|it| !listens(it)))
            .arg("--web.listen-address=127.0.0.1:0")
            .env("APPSTREAM_EXPORTER_DEMO", "true")
            .envs(self.environment.clone());
        Exporter::spawn(command, tempfile::tempdir().expect("a temporary folder")).await
    }

    /// Whether the container ends when it has looked at its configuration.
    pub(crate) fn checks_only(&self) -> bool {
        self.arguments.iter().any(|it| it == "--config.check")
    }
}

/// The text files of a volume, each with its name; none if the render does not have them.
fn files(render: &Render, volume: &Value) -> Option<Vec<(String, String)>> {
    let map = volume["configMap"]["name"].as_str();
    let secret = volume["secret"]["secretName"].as_str();
    let document = map
        .and_then(|name| render.named("ConfigMap", name))
        .or_else(|| render.named("Secret", secret?))?;
    let content = |value: &Value, is_encoded: bool| {
        let base64 = base64::engine::general_purpose::STANDARD;
        let decode = |value: String| base64.decode(value).expect("data of a Secret is base64");
        let decoded = is_encoded.then(|| decode(text(value)));
        decoded.map_or(text(value), |bytes| {
            String::from_utf8(bytes).expect("it is text")
        })
    };
    let parts = [("data", map.is_none()), ("stringData", false)];
    let keys = parts.into_iter().flat_map(|(part, is_encoded)| {
        let keys = document[part].as_object().into_iter().flatten();
        keys.map(move |(key, value)| (key.clone(), content(value, is_encoded)))
    });
    let items = &volume[map.map_or("secret", |_| "configMap")]["items"];
    let named = |(key, content): (String, String)| {
        if items.is_null() {
            return Some((key, content));
        }
        let item = list(items).find(|item| item["key"] == key)?;
        Some((text(&item["path"]), content))
    };
    Some(keys.filter_map(named).collect())
}

/// The files that cert-manager would put into a Secret, for volumes that the render does not have.
fn certificate(authority: &Authority) -> Vec<(String, String)> {
    let pair = authority.server();
    vec![
        ("tls.crt".to_owned(), pair.certificate),
        ("tls.key".to_owned(), pair.key),
        ("ca.crt".to_owned(), authority.certificate.clone()),
    ]
}
