//! The view of a container into its pod.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use serde_json::Value;
use tempfile::TempDir;

use super::{Render, list, text};

/// The start of a container of ours: arguments and environment from its pod, and the mounts of
/// its pod in a folder. A volume that the render does not have, such as a Secret of the user, has
/// a certificate; arguments that name other files in it are left out.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    /// Holds the files.
    _folder: TempDir,
}

impl Start {
    /// The start of a container in the pod of this name.
    pub(crate) fn of(render: &Render, pod: &Value, container: &Value, name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
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
            for (file, content) in rendered.unwrap_or_else(certificate) {
                let place = match mount["subPath"].as_str() {
                    None => root.join(&file),
                    Some(only) if only == file => root.clone(),
                    Some(_) => continue,
                };
                let content: Vec<_> = content.lines().map(here).collect();
                let parent = place.parent().expect("it is in the folder");
                std::fs::create_dir_all(parent).expect("the folder is writable");
                std::fs::write(place, content.join("\n")).expect("the folder is writable");
            }
        }

        let may_be_there = |argument: &String| {
            let file = Path::new(argument.split_once('=').map_or("", |(_, value)| value));
            file.exists() || !unknown.iter().any(|root| file.starts_with(root))
        };
        let variable = |it: &Value| {
            let of_pod = it["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name";
            let value = it["value"].as_str().or(of_pod.then_some(name))?;
            Some((text(&it["name"]), here(value)))
        };
        Self {
            arguments: list(&container["args"])
                .map(|argument| here(&text(argument)))
                .filter(may_be_there)
                .collect(),
            environment: list(&container["env"])
                .filter_map(variable)
                .chain([("HOSTNAME".to_owned(), name.to_owned())])
                .collect(),
            _folder: folder,
        }
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

/// A certificate that is its own authority, with its key: what cert-manager would put into a Secret, and
/// so into a volume that the render does not have.
fn certificate() -> Vec<(String, String)> {
    let names = vec!["localhost".to_owned()];
    let pair = rcgen::generate_simple_self_signed(names).expect("a name in ASCII");
    let certificate = pair.cert.pem();
    vec![
        ("tls.crt".to_owned(), certificate.clone()),
        ("tls.key".to_owned(), pair.signing_key.serialize_pem()),
        ("ca.crt".to_owned(), certificate),
    ]
}
