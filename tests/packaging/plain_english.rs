//! Promise: documents, help texts, HELP strings, messages and pages are in plain technical
//! English. The lists below hold words and openings that readers had to read twice.

use crate::support::documents::{files_below, read};
use appstream_exporter::catalog;
use appstream_exporter::cli::Cli;

/// Words and phrases, in lower case.
const WORDS: &[&str] = &[
    "anew",
    "are asked",
    "furthermore",
    "in force",
    "is asked",
    "mend",
    "mended",
    "mends",
    "nobody",
    "of a kind",
    "said",
    "somebody",
    "that which",
    "under way",
    "vanish",
    "vanished",
    "vanishes",
    "was asked",
    "whatever",
    "whoever",
];

/// First words of sentences and list entries that hide the subject. Questions may have them.
const OPENINGS: &[&str] = &["How ", "That which ", "What ", "Whoever "];

/// Part of a file's path, part of a line, and the reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("", "How to ", "the usual heading of instructions"),
    (
        "simulator/src/company/",
        "",
        "descriptions of an invented company",
    ),
];

/// A text with the place that a failure names.
struct Text {
    place: String,
    text: String,
}

/// The lines of documents and of files for users, without code.
fn lines() -> Vec<Text> {
    let top = [
        "README.md",
        "METRICS.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "BENCHMARKS.md",
        "config.example.yaml",
        "config.schema.json",
        "simulator/README.md",
        "simulator/openapi.yaml",
    ];
    let mut paths: Vec<_> = top.map(str::to_owned).into();
    for (folder, endings) in [
        ("docs", &[".md", ".yaml"][..]),
        ("grafana", &[".md", ".json"]),
        ("deploy", &[".md", ".yaml", ".tf"]),
    ] {
        paths.extend(
            endings
                .iter()
                .flat_map(|ending| files_below(folder, ending)),
        );
    }
    // Generated from deploy/prometheus/rules; its tests have no text for users.
    paths.retain(|path| !path.contains("rules/tests/") && !path.contains("/files/"));
    paths.retain(|path| !path.ends_with("prometheusrule.yaml"));
    assert!(paths.len() >= 80, "only {} documents", paths.len());
    let mut lines = Vec::new();
    for path in paths {
        let mut is_code = false;
        for (index, line) in read(&path).lines().enumerate() {
            let is_fence = path.ends_with(".md") && line.trim_start().starts_with("```");
            is_code ^= is_fence;
            if !is_code && !is_fence {
                let place = format!("{path}:{}", index + 1);
                let text = line.to_owned();
                lines.push(Text { place, text });
            }
        }
    }
    lines
}

/// String literals of three words or more in the sources, without those of unit tests.
fn literals() -> Vec<Text> {
    let mut paths = files_below("src", ".rs");
    paths.extend(files_below("simulator/src", ".rs"));
    paths.retain(|path| !path.contains("tests"));
    let mut found = Vec::new();
    for path in paths {
        let source = read(&path);
        let code = source.split("#[cfg(test)]\nmod ").next();
        let mut text: Option<String> = None;
        let mut line = 1;
        let mut rest = code.unwrap_or_default().chars().peekable();
        while let Some(c) = rest.next() {
            line += usize::from(c == '\n');
            match (&mut text, c) {
                (None, '/') if rest.peek() == Some(&'/') => {
                    while rest.next_if(|c| *c != '\n').is_some() {}
                }
                // A character literal, which may be a quotation mark.
                (None, '\'') if rest.next_if_eq(&'"').is_some() => {}
                (None, '"') => text = Some(String::new()),
                (Some(literal), '\\') => {
                    let escaped = rest.next();
                    line += usize::from(escaped == Some('\n'));
                    literal.push(' ');
                }
                (Some(_), '"') => {
                    let text = text.take().unwrap_or_default();
                    let words: Vec<_> = text.split_whitespace().collect();
                    if words.len() >= 3 {
                        let place = format!("{path}:{line}");
                        let text = words.join(" ");
                        found.push(Text { place, text });
                    }
                }
                (Some(literal), c) => literal.push(c),
                (None, _) => {}
            }
        }
    }
    assert!(found.len() >= 400, "only {} literals", found.len());
    found
}

/// The help output of the exporter, and the HELP strings.
fn help() -> Vec<Text> {
    let mut command = <Cli as clap::CommandFactory>::command();
    let help = command.render_long_help().to_string();
    let lines = help.lines().map(|line| Text {
        place: "--help".to_owned(),
        text: line.to_owned(),
    });
    let families = catalog::families().map(|family| Text {
        place: family.name.to_owned(),
        text: family.help.to_owned(),
    });
    let texts: Vec<_> = lines.chain(families).collect();
    assert!(texts.len() >= 150, "only {} lines of help", texts.len());
    texts
}

/// Text without inline code and quotations.
fn prose(text: &str) -> String {
    let mut parts = text.split('`');
    let mut out = parts.next().unwrap_or_default().to_owned();
    while let (Some(_), Some(after)) = (parts.next(), parts.next()) {
        out.push('`');
        out.push_str(after);
    }
    out
}

/// The words and openings of the lists that a text has.
fn faults(text: &str) -> Vec<&'static str> {
    let text = prose(text);
    let lower = format!(" {} ", text.to_lowercase());
    let is_word = |word: &&&str| {
        let ends = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
        lower.match_indices(**word).any(|(at, word)| {
            ends(lower[..at].chars().next_back()) && ends(lower[at + word.len()..].chars().next())
        })
    };
    let opens = |opening: &&&str| {
        text.match_indices(**opening).any(|(at, _)| {
            let before = text[..at].trim_end();
            let is_start =
                before.is_empty() || before.ends_with(['.', '|', '-', '*', '#', '>', ':', '"']);
            let sentence = text[at..].split(['.', '|', '"']).next().unwrap_or_default();
            is_start && !sentence.contains('?')
        })
    };
    let words = WORDS.iter().filter(is_word);
    let openings = OPENINGS.iter().filter(opens);
    words.chain(openings).copied().collect()
}

fn is_exception(place: &str, text: &str) -> bool {
    let mut exceptions = EXCEPTIONS.iter();
    exceptions.any(|(path, part, _)| place.contains(path) && text.contains(part))
}

#[test]
fn texts_are_in_plain_english() {
    let mut found = Vec::new();
    for Text { place, text } in lines().into_iter().chain(literals()).chain(help()) {
        for fault in faults(&text) {
            if !is_exception(&place, &text) {
                found.push(format!("{place}: {:?}: {}", fault.trim(), text.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
}

#[test]
fn faults_are_found() {
    let cases: [(&str, &[&str]); 9] = [
        ("The series vanish.", &["vanish"]),
        ("It begins Anew", &["anew"]),
        ("- What fails is removed.", &["What "]),
        ("Series are removed. How long, see below.", &["How "]),
        ("What fails?", &[]),
        ("Vanishing points", &[]),
        ("`mend` is code", &[]),
        ("the label said_by", &[]),
        ("## How to fix it", &["How "]),
    ];
    for (text, expected) in cases {
        assert_eq!(faults(text), expected, "{text}");
    }
    assert!(is_exception("docs/x.md:1", "## How to fix it"));
}
