//! Every manifest that is shipped, as it is rendered.

use std::path::{Path, PathBuf};

use super::Render;
use crate::tools::tool;

pub(crate) fn root(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

pub(crate) fn read(file: &str) -> String {
    std::fs::read_to_string(root(file)).expect(file)
}

/// What is in a folder, in order; nothing if there is no such folder.
fn entries(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root(folder)).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.expect(folder).path()).collect();
    paths.sort();
    paths
}

/// The blocks of YAML in deploy/kubernetes/README.md.
fn examples() -> Vec<String> {
    let readme = read("deploy/kubernetes/README.md");
    let blocks = readme.split("```yaml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

/// The workload that the README's example of a sidecar begins, to its end.
fn portal() -> String {
    let start = examples()
        .into_iter()
        .find(|it| it.contains("name: portal"));
    let rest = r#"spec:
  serviceName: portal
  selector:
    matchLabels: {app: portal}
  template:
    metadata:
      labels: {app: portal}
    spec:
      containers:
        - name: portal
          image: example.org/portal:1
          ports: [{name: http, containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata:
  name: portal
spec:
  clusterIP: None
  selector: {app: portal}
  ports: [{name: http, port: 80, targetPort: http}]
"#;
    start.expect("the README shows it") + rest
}

/// What kustomize makes of every kustomization that is shipped.
pub(crate) fn plain(kustomize: &Path) -> Vec<Render> {
    let mut folders = vec![root("deploy/kubernetes/base")];
    folders.extend(entries("deploy/kubernetes/overlays"));
    assert!(folders.len() >= 5, "{folders:?}");
    folders
        .iter()
        .map(|folder| Render::kustomize(kustomize, folder))
        .collect()
}

/// What kustomize makes of the kustomizations that the README shows, with the files that they name.
fn shown(kustomize: &Path) -> Vec<Render> {
    let examples = examples();
    let config = examples.iter().find(|it| it.starts_with("targets:"));
    let config = config.expect("the README shows one");
    let kustomizations = examples
        .iter()
        .filter(|it| it.contains("kind: Kustomization"));
    let renders: Vec<_> = kustomizations
        .map(|kustomization| {
            let beside = tempfile::tempdir().expect("a temporary folder");
            let mine = beside.path().join("mine");
            std::fs::create_dir(&mine).expect("the folder is writable");
            std::os::unix::fs::symlink(root(""), beside.path().join("appstream-exporter"))
                .expect("the folder is writable");
            let write = |name: &str, text: &str| {
                std::fs::write(mine.join(name), text).expect("the folder is writable");
            };
            write("kustomization.yaml", kustomization);
            write("config.yaml", config);
            write("portal.yaml", &portal());
            Render::kustomize(kustomize, &mine)
        })
        .collect();
    assert_eq!(renders.len(), 3);
    renders
}

/// Every manifest there is: those of kustomize, if it is here, and what the Helm chart gives.
pub(crate) fn all() -> Vec<Render> {
    let mut renders = Vec::new();
    if let Some(kustomize) = tool("kustomize") {
        renders.extend(plain(&kustomize));
        renders.extend(shown(&kustomize));
    }
    let files = entries("tests/fixtures/chart").into_iter();
    renders.extend(files.filter(|it| it.is_file()).map(|file| {
        let text = std::fs::read_to_string(&file).expect("it is text");
        let mut render = Render::parse(&file.display().to_string(), &text);
        // What it was made from has the same name.
        let values = file
            .with_file_name("values")
            .join(file.file_name().expect("a file"));
        render.values = std::fs::read_to_string(values).unwrap_or_default();
        render
    }));
    renders
}
