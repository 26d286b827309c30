//! Promise: what a document of this repository points at is there.
//!
//! Nothing is fetched: of what is elsewhere only the form of the address is known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// Folders of the repository that documents name with their whole paths.
const FOLDERS: [&str; 9] = [
    ".ci/",
    ".github/",
    "deploy/",
    "docs/",
    "fuzz/",
    "grafana/",
    "simulator/",
    "src/",
    "tests/",
];

/// Hosts that no longer serve content, or whose redirects may end.
const DEAD_HOSTS: [&str; 8] = [
    "bit.ly",
    "dl.bintray.com",
    "git.io",
    "godoc.org",
    "goo.gl",
    "k8s.gcr.io",
    "kubernetes-charts.storage.googleapis.com",
    "travis-ci.org",
];

/// Hosts that may be used without TLS, because the connection is local.
const LOCAL_HOSTS: [&str; 2] = ["localhost", "127.0.0.1"];

/// A Markdown file in its parts.
struct Document {
    path: PathBuf,
    /// Without code.
    prose: String,
    /// Code within sentences.
    spans: Vec<String>,
    /// The lines of blocks in a shell's language.
    commands: Vec<String>,
    anchors: BTreeSet<String>,
}

impl Document {
    fn read(root: &Path, path: PathBuf) -> Self {
        let text = std::fs::read_to_string(root.join(&path)).expect("a readable document");
        let mut flowing = String::new();
        let mut commands = Vec::new();
        let mut headings = Vec::new();
        let mut fence: Option<(String, bool)> = None;
        for line in text.lines() {
            let marker: String = line
                .trim_start()
                .chars()
                .take_while(|c| *c == '`' || *c == '~')
                .collect();
            let is_fence = marker.len() >= 3;
            match &fence {
                Some((open, _)) if is_fence && marker.starts_with(open.as_str()) => fence = None,
                Some((_, is_shell)) => {
                    if *is_shell {
                        commands.push(line.to_owned());
                    }
                }
                None if is_fence => {
                    let language = line.trim_start()[marker.len()..].trim();
                    fence = Some((marker, language == "sh"));
                }
                None => {
                    if line.starts_with('#') {
                        headings.push(line.trim_start_matches('#').trim().to_owned());
                    }
                    flowing.push_str(line);
                    flowing.push('\n');
                }
            }
        }
        let (prose, spans) = without_code(&flowing);
        Self {
            path,
            prose,
            spans,
            commands,
            anchors: anchors(&headings),
        }
    }

    /// Where links and pictures lead.
    fn targets(&self) -> impl Iterator<Item = &str> {
        let inline = self
            .prose
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'));
        let defined = self.prose.lines().filter_map(|line| {
            let (name, target) = line.strip_prefix('[')?.split_once("]: ")?;
            let is_footnote = name.starts_with('^');
            (!name.contains(']') && !is_footnote).then_some(target)
        });
        let html = ["href=\"", "src=\""].into_iter().flat_map(|attribute| {
            let rests = self.prose.split(attribute).skip(1);
            rests.filter_map(|rest| rest.split('"').next())
        });
        let inline = inline.map(|(target, _)| target).chain(defined).chain(html);
        // A title may follow.
        inline.filter_map(|target| target.split_whitespace().next())
    }
}

/// A text without its spans of code, and these.
fn without_code(text: &str) -> (String, Vec<String>) {
    let (mut prose, mut spans) = (String::new(), Vec::new());
    let mut rest = text;
    while let Some(begin) = rest.find('`') {
        let (before, after) = rest.split_at(begin);
        prose.push_str(before);
        let length = after.len() - after.trim_start_matches('`').len();
        let (fence, after) = after.split_at(length);
        // A span ends with its paragraph at the latest.
        let paragraph = after.split("\n\n").next().unwrap_or(after);
        match paragraph.find(fence) {
            Some(end) => {
                spans.push(paragraph[..end].replace('\n', " ").trim().to_owned());
                // Something stands there.
                prose.push('x');
                rest = &after[end + length..];
            }
            None => rest = after,
        }
    }
    prose.push_str(rest);
    (prose, spans)
}

/// The anchors that GitHub gives to headings, in their order.
fn anchors(headings: &[String]) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for heading in headings {
        // Of a link only its text is in a heading.
        let mut text = String::new();
        let mut rest = heading.as_str();
        while let Some((before, after)) = rest.split_once("](") {
            text.push_str(before);
            rest = after.split_once(')').map_or("", |(_, after)| after);
        }
        text.push_str(rest);
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let anchor: String = text.to_lowercase().chars().filter(kept).collect();
        let anchor = anchor.replace(' ', "-");
        let times = seen.entry(anchor.clone()).or_default();
        anchors.insert(match *times {
            0 => anchor,
            times => format!("{anchor}-{times}"),
        });
        *times += 1;
    }
    anchors
}

/// The files below a folder, from the root, except what is built and what is hidden.
fn files(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(root.join(folder)).expect("a readable folder") {
        let entry = entry.expect("a readable folder");
        let name = entry.file_name().into_string().expect("names are text");
        let path = folder.join(&name);
        let is_hidden = name.starts_with('.') && name != ".github" && name != ".ci";
        if entry.path().is_dir() {
            if !is_hidden && !["target", "node_modules"].contains(&name.as_str()) {
                files(root, &path, found);
            }
        } else {
            found.push(path);
        }
    }
}

/// A path without `.` and `..`; `None` for one that leaves the repository.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            Component::ParentDir => plain.pop().then_some(())?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(plain)
}

/// The problems of the documents below a folder, one a line.
fn faults(root: &Path) -> Vec<String> {
    let mut paths = Vec::new();
    files(root, Path::new(""), &mut paths);
    paths.sort();
    let is_document = |path: &&PathBuf| path.extension().is_some_and(|end| end == "md");
    let documents: BTreeMap<_, _> = paths
        .iter()
        .filter(is_document)
        .map(|path| (path.clone(), Document::read(root, path.clone())))
        .collect();
    let mut faults = Vec::new();
    for document in documents.values() {
        let mut fault = |what: String| faults.push(format!("{}: {what}", document.path.display()));
        for target in document.targets() {
            if let Some(what) = link_fault(root, document, &documents, target) {
                fault(format!("{target}: {what}"));
            }
        }
        for (scheme, host) in hosts(&document.prose) {
            if scheme == "http" && !LOCAL_HOSTS.contains(&host) {
                fault(format!("http://{host}: not https"));
            }
            if DEAD_HOSTS.contains(&host) {
                fault(format!("{scheme}://{host}: a dead host"));
            }
        }
        for path in named_paths(document) {
            if !exists(&paths, &path) {
                fault(format!("{path}: no such file"));
            }
        }
    }
    faults
}

/// The problem of a link.
fn link_fault(
    root: &Path,
    from: &Document,
    documents: &BTreeMap<PathBuf, Document>,
    target: &str,
) -> Option<&'static str> {
    if ["https://", "http://", "mailto:"]
        .iter()
        .any(|scheme| target.starts_with(scheme))
    {
        return None;
    }
    let (path, anchor) = match target.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor)),
        None => (target, None),
    };
    let path = match path {
        "" => from.path.clone(),
        path => {
            let folder = from.path.parent().unwrap_or(Path::new(""));
            match plain(&folder.join(path)) {
                Some(path) => path,
                None => return Some("outside of the repository"),
            }
        }
    };
    if !root.join(&path).exists() {
        return Some("no such file");
    }
    let anchor = anchor?;
    match documents.get(&path) {
        Some(document) if document.anchors.contains(anchor) => None,
        Some(_) => Some("no such heading"),
        None => Some("an anchor of something that is no document"),
    }
}

/// Schemes and hosts of the addresses in a text.
fn hosts(text: &str) -> impl Iterator<Item = (&'static str, &str)> {
    ["http", "https"].into_iter().flat_map(move |scheme| {
        let rests = text.split(scheme).skip(1);
        rests.filter_map(move |rest| {
            let address = rest.strip_prefix("://")?;
            let is_in_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
            let end = address.find(|c| !is_in_host(c)).unwrap_or(address.len());
            Some((scheme, &address[..end]))
        })
    })
}

/// Paths from the root of the repository that a document names as such, in
/// sentences and in commands.
fn named_paths(document: &Document) -> Vec<String> {
    let words = document.commands.iter().flat_map(|line| {
        line.split(|c: char| {
            c.is_whitespace() || matches!(c, '"' | '\'' | '=' | ':' | ';' | '(' | ')')
        })
    });
    let spans = document.spans.iter().map(String::as_str);
    let is_path = |text: &&str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-/*".contains(c);
        let is_whole = !text.ends_with("...");
        let is_named = FOLDERS.iter().any(|folder| text.starts_with(folder));
        is_whole && is_named && text.chars().all(fits)
    };
    words
        .chain(spans)
        .filter(is_path)
        .map(str::to_owned)
        .collect()
}

/// Whether a path, perhaps with one `*`, is that of a file or a folder.
fn exists(files: &[PathBuf], path: &str) -> bool {
    let (before, after) = path.split_once('*').unwrap_or((path, ""));
    let is_pattern = path.contains('*');
    files.iter().filter_map(|file| file.to_str()).any(|file| {
        if !is_pattern {
            let rest = file.strip_prefix(path.trim_end_matches('/'));
            return rest.is_some_and(|rest| {
                rest.starts_with('/') || rest.is_empty() && !path.ends_with('/')
            });
        }
        let rest = file
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(after));
        rest.is_some_and(|rest| !rest.contains('/'))
    })
}

/// The pages that the alerts name, which are not there.
fn missing_runbooks(root: &Path, rules: &str) -> Vec<String> {
    let rules: serde_json::Value = serde_yaml::from_str(rules).expect("rules are YAML");
    let groups = rules["groups"].as_array().into_iter().flatten();
    let alerts = groups.flat_map(|group| group["rules"].as_array().into_iter().flatten());
    let pages = alerts.filter(|rule| rule["alert"].is_string()).map(|rule| {
        let page = rule["annotations"]["runbook_url"].as_str();
        page.expect("every alert has a page").to_owned()
    });
    pages.filter(|page| !root.join(page).is_file()).collect()
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn documents_point_at_what_is_there() {
    let faults = faults(repository());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn alerts_point_at_pages_that_are_there() {
    let rules = repository().join("deploy/prometheus/rules/alerts.yaml");
    let rules = std::fs::read_to_string(rules).unwrap();
    assert!(rules.matches("runbook_url:").count() >= 20);
    assert_eq!(missing_runbooks(repository(), &rules), [""; 0]);

    let moved = rules.replace("docs/runbooks/AppStreamExporterDown.md", "docs/Down.md");
    assert_eq!(missing_runbooks(repository(), &moved), ["docs/Down.md"]);
}

#[test]
fn what_is_not_there_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (path, text) in [
        ("src/lib.rs", ""),
        ("tests/a.rs", ""),
        ("target/README.md", "[not looked at](nowhere.md)"),
        (
            "README.md",
            "# The `one` [heading](docs/a.md), twice\n\n# Twice\n\n# Twice\n\n\
             [a](docs/a.md) [b](docs/b.md) [c](docs/a.md#there) [d](docs/a.md#not-there)\n\
             [e](#the-one-heading-twice) [f](#twice-1) [g](#twice-2) [over\n\
             two lines](docs/c.md) [h](src/lib.rs#L1) [i](../elsewhere.md) `[j](docs/j.md)`\n\
             [k]: docs/k.md\n[^note]: no link\n<img src=\"docs/l.png\">\n\n\
             `src/lib.rs` `src/` `tests/*.rs` `src/main.rs` `tests/*.py` `src/li` `lib/src/x.rs` `src/...`\n\n\
             <https://example.org> <http://localhost:3000> <http://example.org/a> [m](https://git.io/m)\n\n\
             ```sh\ncat src/lib.rs tests/b.rs \"docs/a.md\" # docs/d.md\n```\n\n\
             ```text\n[n](docs/n.md) src/n.rs http://example.org\n# Not a heading\n```\n\
             [o](#not-a-heading)\n",
        ),
        (
            "docs/a.md",
            "## There\n[up](../README.md#twice) [self](a.md)\n",
        ),
    ] {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let expected = [
        "docs/b.md: no such file",
        "docs/a.md#not-there: no such heading",
        "#twice-2: no such heading",
        "docs/c.md: no such file",
        "src/lib.rs#L1: an anchor of something that is no document",
        "../elsewhere.md: outside of the repository",
        "#not-a-heading: no such heading",
        "docs/k.md: no such file",
        "docs/l.png: no such file",
        "http://example.org: not https",
        "https://git.io: a dead host",
        "tests/b.rs: no such file",
        "docs/d.md: no such file",
        "src/main.rs: no such file",
        "tests/*.py: no such file",
        "src/li: no such file",
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|fault| format!("README.md: {fault}"))
        .collect();
    assert_eq!(faults(root), expected);
}
