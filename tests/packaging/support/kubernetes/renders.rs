//! Every manifest that is shipped, as it is rendered.

use std::path::Path;

use super::Render;
use crate::support::documents::{entries, files_in, read, root};
use crate::support::tools::tool;

/// The pages that show kustomizations.
const README: &str = "deploy/kubernetes/README.md";
const INSTALL: &str = "docs/install.md";

/// The YAML that a page shows: its blocks, and the files that its commands write.
fn examples(page: &str) -> Vec<String> {
    let text = read(page);
    let between = |begin, end| {
        let blocks = text.split(begin).skip(1);
        blocks.map(move |block: &str| block.split(end).next().unwrap_or_default().to_owned())
    };
    let blocks = between("```yaml\n", "```");
    let written = between("<<'YAML'\n", "YAML\n");
    blocks.chain(written).collect()
}

/// The workload that the README's example of a sidecar begins, to its end.
fn portal() -> String {
    let start = examples(README)
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

/// The kustomize output of every kustomization in the repository.
pub(crate) fn plain(kustomize: &Path) -> Vec<Render> {
    let mut folders = vec!["deploy/kubernetes/base".to_owned()];
    folders.extend(entries("deploy/kubernetes/overlays"));
    assert!(folders.len() >= 5, "{folders:?}");
    folders
        .iter()
        .map(|folder| Render::kustomize(kustomize, &root(folder)))
        .collect()
}

/// The kustomize output of the kustomizations in a document, with these files.
fn shown_by(page: &str, files: &[(&str, String)], kustomize: &Path) -> Vec<Render> {
    const KUSTOMIZATION: &str = "kind: Kustomization\n";
    let mut kustomizations = examples(page);
    kustomizations.retain(|it| it.contains(KUSTOMIZATION));
    let named = read(page).matches(KUSTOMIZATION).count();
    assert!(named > 0, "{page} shows none");
    assert_eq!(kustomizations.len(), named, "{page} shows more");
    let renders = kustomizations.iter().enumerate();
    renders
        .map(|(number, kustomization)| {
            let beside = tempfile::tempdir().expect("a temporary folder");
            let mine = beside.path().join("mine");
            std::fs::create_dir(&mine).expect("the folder is writable");
            std::os::unix::fs::symlink(root(""), beside.path().join("appstream-exporter"))
                .expect("the folder is writable");
            let write = |name: &str, text: &str| {
                std::fs::write(mine.join(name), text).expect("the folder is writable");
            };
            write("kustomization.yaml", kustomization);
            for (name, text) in files {
                write(name, text);
            }
            let mut render = Render::kustomize(kustomize, &mine);
            render.name = format!("{page}, kustomization {}", number + 1);
            render
        })
        .collect()
}

/// The kustomize output of every kustomization in a document.
pub(crate) fn shown(kustomize: &Path) -> Vec<Render> {
    let config = examples(README)
        .into_iter()
        .find(|it| it.starts_with("targets:"));
    let config = ("config.yaml", config.expect("the README shows one"));
    // The user has this object in any case.
    let portal = ("portal.yaml", portal());
    let mut renders = shown_by(README, &[config, portal.clone()], kustomize);
    renders.extend(shown_by(INSTALL, &[portal], kustomize));
    renders
}

/// Every manifest there is: those of kustomize, if it is here, and what the Helm chart gives.
pub(crate) fn all() -> Vec<Render> {
    let mut renders = Vec::new();
    if let Some(kustomize) = tool("kustomize") {
        renders.extend(plain(&kustomize));
        renders.extend(shown(&kustomize));
    }
    renders.extend(goldens());
    renders
}

/// The golden files of the chart.
pub(crate) fn goldens() -> Vec<Render> {
    let files = files_in("tests/fixtures/chart", ".yaml");
    assert!(files.len() >= 10, "only {files:?}");
    let name = |file: &str| Path::new(file).file_stem()?.to_str().map(golden);
    files.iter().filter_map(|file| name(file)).collect()
}

/// The golden file of the chart with this name, and the values that it was made with.
pub(crate) fn golden(name: &str) -> Render {
    let mut render = Render::parse(name, &read(format!("tests/fixtures/chart/{name}.yaml")));
    render.values = read(format!("tests/fixtures/chart/values/{name}.yaml"));
    render
}
