//! A Dockerfile, read as far as the tests look into it.

use std::collections::BTreeMap;

/// An instruction with its arguments, continued lines joined.
#[derive(Clone, Debug)]
pub(crate) struct Instruction {
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// What begins with a FROM.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    /// What it is built on: an image, or the name of another stage.
    pub(crate) base: String,
    /// As `AS` names it.
    pub(crate) name: Option<String>,
    /// Of FROM, such as `--platform=$BUILDPLATFORM`.
    pub(crate) flags: Vec<String>,
    pub(crate) instructions: Vec<Instruction>,
}

/// A COPY, with the stage that it takes its sources from, or none for the build's context.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Copy {
    pub(crate) from: Option<String>,
    pub(crate) sources: Vec<String>,
    pub(crate) target: String,
}

/// The stages in their order.
///
/// # Panics
/// If an instruction other than ARG stands before the first FROM.
pub(crate) fn stages(text: &str) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for instruction in instructions(text) {
        if instruction.name == "FROM" {
            stages.push(stage(&instruction.arguments));
        } else if let Some(stage) = stages.last_mut() {
            stage.instructions.push(instruction);
        } else {
            assert_eq!(instruction.name, "ARG", "before the first FROM");
        }
    }
    stages
}

fn instructions(text: &str) -> Vec<Instruction> {
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let code: Vec<_> = text.lines().map(str::trim).filter(is_code).collect();
    let joined = code.join("\n").replace("\\\n", " ");
    let parsed = joined.lines().map(|line| {
        let (name, arguments) = line.split_once(' ').unwrap_or((line, ""));
        Instruction {
            name: name.to_owned(),
            arguments: arguments.trim().to_owned(),
        }
    });
    parsed.collect()
}

fn stage(arguments: &str) -> Stage {
    let (flags, words) = flags_and_words(arguments);
    let name = words.iter().position(|word| word == "AS");
    Stage {
        base: words[0].clone(),
        name: name.map(|position| words[position + 1].clone()),
        flags,
        instructions: Vec::new(),
    }
}

fn flags_and_words(arguments: &str) -> (Vec<String>, Vec<String>) {
    let words = arguments.split_whitespace().map(str::to_owned);
    words.partition(|word| word.starts_with("--"))
}

impl Stage {
    /// Arguments of every instruction of this name.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.instructions.iter().filter(|one| one.name == name);
        named.map(|one| one.arguments.as_str()).collect()
    }

    pub(crate) fn copies(&self) -> Vec<Copy> {
        let copy = |arguments: &str| {
            let (flags, mut words) = flags_and_words(arguments);
            let mut from = flags.iter().filter_map(|flag| flag.strip_prefix("--from="));
            Copy {
                from: from.next().map(str::to_owned),
                target: words.pop().expect("COPY has a target"),
                sources: words,
            }
        };
        self.all("COPY").into_iter().map(copy).collect()
    }

    /// What LABEL and ENV set, by name; the last one of a name holds.
    pub(crate) fn pairs(&self, name: &str) -> BTreeMap<String, String> {
        let mut pairs = BTreeMap::new();
        for arguments in self.all(name) {
            let mut rest = arguments.trim();
            while let Some((key, value)) = rest.split_once('=') {
                let end = match value.strip_prefix('"') {
                    Some(quoted) => quoted.find('"').map(|end| end + 2),
                    None => value.find(' '),
                };
                let (value, behind) = value.split_at(end.unwrap_or(value.len()));
                pairs.insert(key.trim().to_owned(), value.trim_matches('"').to_owned());
                rest = behind.trim();
            }
        }
        pairs
    }
}
