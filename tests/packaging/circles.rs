//! Promise: sibling modules do not import each other in a circle, in the exporter and in the simulator.
//!
//! The test reads the source as tokens and resolves each path to a module, also through re-exports. Only
//! siblings count: a parent may name its children, and a child its parent. A method call names no module and
//! does not count. The test does not see a path that a macro builds from parts.

#![allow(clippy::panic, reason = "a helper of tests fails with what it saw")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Each crate with lower bounds for its modules and for its imports between siblings. A test that reads too little
/// would find no circle.
const CRATES: [(&str, usize, usize); 2] = [("src", 80, 500), ("simulator/src", 30, 200)];

/// The names from the root of a crate to a module; the root has none.
type ModulePath = Vec<String>;

/// The names and paths in the source of one module.
#[derive(Debug, Default)]
struct Module {
    file: String,
    /// The path that each name from a `use` stands for, as it is written.
    imports: BTreeMap<String, Vec<String>>,
    /// The paths in front of `::*`, with their lines.
    globs: Vec<(Vec<String>, usize)>,
    defined: BTreeSet<String>,
    /// Every identifier, because a glob import does not list the names that it is used for.
    words: BTreeSet<String>,
    /// Every path, with its line.
    paths: Vec<(Vec<String>, usize)>,
}

#[derive(Debug, Default)]
struct Crate {
    modules: BTreeMap<ModulePath, Module>,
}

/// Modules below one parent that need each other.
#[derive(Debug)]
struct Circle {
    parent: String,
    modules: Vec<String>,
    /// The imports among them, as `file:line: path`.
    imports: Vec<String>,
}

/// Imports between the children of one parent: by importing and imported module, where they are written.
type Edges = BTreeMap<(String, String), Vec<String>>;

impl Crate {
    /// Reads the root module and all modules that it declares, except those for tests.
    fn read(source: &dyn Fn(&[String]) -> (String, String)) -> Self {
        let mut read = Self::default();
        let mut open = vec![ModulePath::new()];
        while let Some(path) = open.pop() {
            let (file, text) = source(&path);
            let tokens = text
                .parse()
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            let module = read.modules.entry(path.clone()).or_default();
            module.file.clone_from(&file);
            let declared = read.scan(&path, &file, tokens);
            open.extend(declared);
        }
        read
    }

    /// The crate in a folder of this repository.
    fn of_folder(folder: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::read(&|path| {
            let inner: PathBuf = path.iter().collect();
            let candidates = if path.is_empty() {
                vec![PathBuf::from("lib.rs")]
            } else {
                vec![inner.with_extension("rs"), inner.join("mod.rs")]
            };
            let mut files = candidates.iter().map(|file| Path::new(folder).join(file));
            let file = files.find(|file| root.join(file).is_file());
            let file = file.unwrap_or_else(|| panic!("no file for {folder}, {path:?}"));
            let text = std::fs::read_to_string(root.join(&file)).expect("a readable source");
            (file.display().to_string(), text)
        })
    }

    /// Reads the tokens of a module, or of a part of it. Returns the modules that are in their own files.
    fn scan(&mut self, path: &ModulePath, file: &str, tokens: TokenStream) -> Vec<ModulePath> {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut declared = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            if is_for_tests(&tokens[at..]) {
                at = end_of_item(&tokens, at);
                continue;
            }
            let module = self.modules.entry(path.clone()).or_default();
            match &tokens[at] {
                // `use<'a>` is a bound of an `impl Trait`.
                TokenTree::Ident(word) if *word == "use" && !is_next(&tokens, at, '<') => {
                    let end = tokens[at..].iter().position(|token| is_punct(token, ';'));
                    let end = end.map_or(tokens.len(), |length| at + length);
                    module.import(&[], &tokens[at + 1..end]);
                    at = end;
                }
                TokenTree::Ident(word) if *word == "mod" => {
                    let name = tokens.get(at + 1).map(ToString::to_string);
                    let child = path.iter().cloned().chain(name).collect();
                    match tokens.get(at + 2) {
                        Some(TokenTree::Group(body)) => {
                            let module = self.modules.entry(child).or_default();
                            module.file = file.to_owned();
                            let child = path.iter().cloned().chain([tokens[at + 1].to_string()]);
                            declared.extend(self.scan(&child.collect(), file, body.stream()));
                        }
                        _ => declared.push(child),
                    }
                    at += 3;
                }
                TokenTree::Ident(_) => at = module.read_path(&tokens, at),
                TokenTree::Group(group) => {
                    declared.extend(self.scan(path, file, group.stream()));
                    at += 1;
                }
                _ => at += 1,
            }
        }
        declared
    }

    fn has_child(&self, module: &ModulePath, name: &str) -> bool {
        let child: ModulePath = module.iter().cloned().chain([name.to_owned()]).collect();
        self.modules.contains_key(&child)
    }

    /// The module that a path names, or the module of the item that it names. None for a path into another crate.
    fn owner(
        &self,
        from: &ModulePath,
        path: &[String],
        seen: &mut BTreeSet<(ModulePath, Vec<String>)>,
    ) -> Option<ModulePath> {
        if !seen.insert((from.clone(), path.to_vec())) {
            return None;
        }
        let mut here = from.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                here.clear();
                rest = &path[1..];
            }
            "self" | "super" => {}
            name => {
                let module = &self.modules[from];
                let is_known = self.has_child(from, name)
                    || module.imports.contains_key(name)
                    || module.defined.contains(name);
                if !is_known {
                    return None;
                }
            }
        }
        while let Some((name, behind)) = rest.split_first() {
            rest = behind;
            if name == "self" {
                continue;
            }
            if name == "super" {
                here.pop();
                continue;
            }
            if self.has_child(&here, name) {
                here.push(name.clone());
                continue;
            }
            let module = &self.modules[&here];
            if module.defined.contains(name) {
                return Some(here);
            }
            if let Some(imported) = module.imports.get(name) {
                let whole: Vec<_> = imported.iter().chain(rest).cloned().collect();
                // An item of another crate is re-exported here.
                return self.owner(&here, &whole, seen).or(Some(here));
            }
            let from_glob = module.globs.iter().find_map(|(glob, _)| {
                let target = self.owner(&here, glob, seen)?;
                self.offers(&target, name).then(|| {
                    let within: Vec<_> = [name].into_iter().chain(rest).cloned().collect();
                    self.owner(&target, &within, seen).unwrap_or(target)
                })
            });
            return from_glob.or(Some(here));
        }
        Some(here)
    }

    /// Whether a module has something of this name, its own or imported.
    fn offers(&self, module: &ModulePath, name: &str) -> bool {
        let found = &self.modules[module];
        found.defined.contains(name)
            || found.imports.contains_key(name)
            || self.has_child(module, name)
    }

    /// Imports between siblings, by parent.
    fn edges(&self) -> BTreeMap<ModulePath, Edges> {
        let mut edges: BTreeMap<ModulePath, Edges> = BTreeMap::new();
        for (from, module) in &self.modules {
            let mut paths = module.paths.clone();
            for (glob, line) in &module.globs {
                let Some(target) = self.owner(from, glob, &mut BTreeSet::new()) else {
                    continue;
                };
                let used = module
                    .words
                    .iter()
                    .filter(|word| self.offers(&target, word));
                paths.extend(used.map(|word| {
                    let whole = glob.iter().chain([word]).cloned().collect();
                    (whole, *line)
                }));
            }
            for (path, line) in paths {
                let Some(to) = self.owner(from, &path, &mut BTreeSet::new()) else {
                    continue;
                };
                let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
                if let (Some(importing), Some(imported)) = (from.get(common), to.get(common)) {
                    let siblings = edges.entry(from[..common].to_vec()).or_default();
                    let places = siblings
                        .entry((importing.clone(), imported.clone()))
                        .or_default();
                    places.push(format!("{}:{line}: {}", module.file, path.join("::")));
                }
            }
        }
        edges
    }

    fn circles(&self) -> Vec<Circle> {
        let edges = self.edges().into_iter();
        edges
            .flat_map(|(parent, edges)| circles_among(&parent.join("::"), &edges))
            .collect()
    }
}

impl Module {
    /// Reads one tree of a `use`; `prefix` is the path in front of its braces.
    fn import(&mut self, prefix: &[String], tree: &[TokenTree]) {
        let mut path = prefix.to_vec();
        let mut name = None;
        let mut line = 0;
        let mut tokens = tree.iter();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if *word == "as" => {
                    name = tokens.next().map(ToString::to_string);
                }
                TokenTree::Ident(word) => {
                    path.push(word.to_string());
                    line = word.span().start().line;
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let inner: Vec<_> = group.stream().into_iter().collect();
                    for tree in inner.split(|token| is_punct(token, ',')) {
                        if !tree.is_empty() {
                            self.import(&path, tree);
                        }
                    }
                    return;
                }
                token if is_punct(token, '*') => {
                    self.paths.push((path.clone(), line));
                    self.globs.push((path, line));
                    return;
                }
                // `::name` is another crate, and anything but `::` is no import.
                token if path.is_empty() || !is_punct(token, ':') => return,
                _ => {}
            }
        }
        // `a::{self}` imports `a`.
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        if let Some(name) = name.or_else(|| path.last().cloned()) {
            self.imports.insert(name, path.clone());
            self.paths.push((path, line));
        }
    }

    /// Reads an identifier, or the path that starts with it. Returns the index behind it.
    fn read_path(&mut self, tokens: &[TokenTree], start: usize) -> usize {
        let mut path = vec![tokens[start].to_string()];
        let mut at = start + 1;
        while let [colon, second, TokenTree::Ident(name), ..] = &tokens[at..]
            && is_punct(colon, ':')
            && is_punct(second, ':')
        {
            path.push(name.to_string());
            at += 3;
        }
        self.words.extend(path.iter().cloned());
        if path.len() > 1 {
            // `<T as Trait>::Item::new` and `::name::f` begin elsewhere.
            let is_whole = start < 2
                || !is_punct(&tokens[start - 1], ':')
                || !is_punct(&tokens[start - 2], ':');
            if is_whole {
                self.paths.push((path, tokens[start].span().start().line));
            }
        } else if let Some(TokenTree::Ident(name)) = tokens.get(at)
            && [
                "const", "enum", "fn", "static", "struct", "trait", "type", "union",
            ]
            .contains(&path[0].as_str())
        {
            self.defined.insert(name.to_string());
        } else if path[0] == "macro_rules"
            && let Some(name) = tokens.get(at + 1)
        {
            self.defined.insert(name.to_string());
        }
        at
    }
}

fn is_next(tokens: &[TokenTree], at: usize, expected: char) -> bool {
    let next = tokens.get(at + 1);
    next.is_some_and(|token| is_punct(token, expected))
}

fn is_punct(token: &TokenTree, expected: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == expected)
}

/// Whether `#[cfg(test)]` comes next.
fn is_for_tests(tokens: &[TokenTree]) -> bool {
    let [hash, TokenTree::Group(attribute), ..] = tokens else {
        return false;
    };
    let text = attribute.stream().to_string().replace(' ', "");
    is_punct(hash, '#') && text == "cfg(test)"
}

/// The index behind an item and its attributes. An item ends with its braces or with a semicolon.
fn end_of_item(tokens: &[TokenTree], start: usize) -> usize {
    let mut at = start;
    while tokens.get(at).is_some_and(|token| is_punct(token, '#')) {
        at += 2;
    }
    let is_end = |token: &TokenTree| {
        is_punct(token, ';')
            || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    };
    let mut rest = tokens[at..].iter();
    let is_visibility = |token: &TokenTree| match token {
        TokenTree::Ident(word) => *word == "pub",
        TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
        _ => false,
    };
    let keyword = rest.clone().find(|token| !is_visibility(token));
    let length = match keyword {
        // The braces of a `use` are not its end.
        Some(TokenTree::Ident(word)) if *word == "use" => {
            rest.position(|token| is_punct(token, ';'))
        }
        _ => rest.position(is_end),
    };
    length.map_or(tokens.len(), |length| at + length + 1)
}

/// The strongly connected components of more than one module.
fn circles_among(parent: &str, edges: &Edges) -> Vec<Circle> {
    let reachable = |start: &str| {
        let mut reached = BTreeSet::new();
        let mut open = vec![start];
        while let Some(module) = open.pop() {
            for (_, imported) in edges.keys().filter(|(importing, _)| importing == module) {
                if reached.insert(imported.as_str()) {
                    open.push(imported);
                }
            }
        }
        reached
    };
    let reached: BTreeMap<_, _> = edges
        .keys()
        .map(|(importing, _)| (importing.as_str(), reachable(importing)))
        .collect();
    let mut circles: Vec<Circle> = Vec::new();
    for (module, from_it) in &reached {
        let together: Vec<_> = from_it
            .iter()
            .filter(|other| {
                reached
                    .get(*other)
                    .is_some_and(|back| back.contains(module))
            })
            .map(|other| (*other).to_owned())
            .collect();
        if together.is_empty() || circles.iter().any(|circle| circle.modules == together) {
            continue;
        }
        let inside = edges.iter().filter(|((importing, imported), _)| {
            together.contains(importing) && together.contains(imported)
        });
        circles.push(Circle {
            parent: parent.to_owned(),
            imports: inside.flat_map(|(_, places)| places.clone()).collect(),
            modules: together,
        });
    }
    circles
}

#[test]
fn siblings_do_not_import_each_other() {
    let mut wrong = String::new();
    for (folder, least_modules, least_imports) in CRATES {
        let read = Crate::of_folder(folder);
        let edges = read.edges();
        let imports: usize = edges
            .values()
            .flat_map(BTreeMap::values)
            .map(Vec::len)
            .sum();
        let modules = read.modules.len();
        assert!(modules >= least_modules, "{folder}: only {modules} modules");
        assert!(imports >= least_imports, "{folder}: only {imports} imports");
        for circle in read.circles() {
            let modules = circle.modules.join(", ");
            let imports = circle.imports.join("\n  ");
            wrong += &format!("{folder}, {}: {{{modules}}}\n  {imports}\n", circle.parent);
        }
    }
    assert!(wrong.is_empty(), "modules that need each other:\n{wrong}");
}

/// The circles in a crate of these sources, each as its parent and its modules.
fn found(sources: &[(&str, &str)]) -> Vec<String> {
    let read = Crate::read(&|path| {
        let path = path.join("/");
        let source = sources.iter().find(|(module, _)| *module == path);
        let (_, text) = source.unwrap_or_else(|| panic!("no module {path}"));
        (path, (*text).to_owned())
    });
    let circles = read.circles().into_iter();
    circles
        .map(|circle| format!("{}{{{}}}", circle.parent, circle.modules.join(" ")))
        .collect()
}

#[test]
fn every_kind_of_import_is_found() {
    // Each case has a name, the source of the root, and the source of `a`. `b` imports `a`.
    let b = "use super::a::A; pub struct B; pub fn f() {}";
    for (name, root, a) in [
        ("super", "", "use super::b::B;"),
        ("crate", "", "use crate::b::B;"),
        ("the module itself", "", "use super::b;"),
        ("renamed", "", "use super::b as other;"),
        ("unnamed", "", "use super::b::B as _;"),
        ("public", "", "pub(crate) use super::b::B;"),
        ("glob of a sibling", "", "use super::b::*;"),
        ("group", "", "use super::{c::C, b::B};"),
        (
            "groups over lines",
            "",
            "use super::{\n    c::{\n        self,\n    },\n    b::{self, B},\n};",
        ),
        ("path in a function", "", "fn g() { super::b::f(); }"),
        (
            "path from the root",
            "",
            "fn g() -> crate::b::B { todo!() }",
        ),
        ("path within self", "", "fn g() { self::super::b::f(); }"),
        ("use in a function", "", "fn g() { use super::b::f; f() }"),
        (
            "path in a macro",
            "",
            "fn g() { println!(\"{}\", super::b::f()); }",
        ),
        (
            "macro that is defined",
            "",
            "macro_rules! m { () => { $crate::b::f() } }",
        ),
        ("type argument", "", "fn g() { Vec::<super::b::B>::new(); }"),
        (
            "behind an inner module",
            "",
            "mod inner { use super::super::b::B; }",
        ),
        (
            "behind a bound",
            "",
            "fn g(_: u8) -> impl Sized + use<> { super::b::f() }",
        ),
        (
            "attribute that is no test",
            "",
            "#[cfg(unix)] use super::b::B;",
        ),
        ("re-export", "pub use self::b::B;", "use super::B;"),
        ("re-export without self", "pub use b::B;", "use crate::B;"),
        ("private import of the parent", "use b::B;", "use super::B;"),
        (
            "renamed re-export",
            "pub use b::B as Other;",
            "use super::Other;",
        ),
        (
            "re-exported module",
            "pub use b as other;",
            "use super::other::B;",
        ),
        (
            "re-export in a group",
            "pub use b::{B, f};",
            "fn g() { super::f() }",
        ),
        ("re-exported glob", "pub use b::*;", "use super::B;"),
        (
            "glob of the parent",
            "use b::B;",
            "use super::*; fn g() -> B { todo!() }",
        ),
        (
            "imported parent",
            "pub use b::B;",
            "use crate as top; fn g(_: top::B) {}",
        ),
    ] {
        let root = format!("mod a; mod b; mod c; {root}");
        let a = format!("{a} pub struct A;");
        let sources = [("", &*root), ("a", &*a), ("b", b), ("c", "pub struct C;")];
        assert_eq!(found(&sources), ["{a b}"], "{name}");
    }
}

#[test]
fn what_is_no_circle_is_not_found() {
    for (name, root, a) in [
        ("one direction", "", ""),
        ("line comment", "", "// use super::b::B;"),
        ("block comment", "", "/* use super::b::B; */"),
        ("doc comment", "", "/// See [`super::b::B`].\nfn f() {}"),
        (
            "text",
            "",
            "const T: &str = \"super::b::B\"; const R: &str = r#\"use crate::b;\"#;",
        ),
        (
            "tests",
            "",
            "#[cfg(test)] mod tests { use super::super::b::B; }",
        ),
        ("tests in a file", "", "#[cfg(test)] mod tests;"),
        (
            "import for tests",
            "",
            "#[cfg(test)] use super::{b::B}; fn f() {}",
        ),
        (
            "function for tests",
            "",
            "#[cfg(test)] #[inline] fn f() { super::b::f() }",
        ),
        ("another crate", "", "use b::B; fn f() { ::b::f() }"),
        (
            "item of the parent",
            "pub struct Own;",
            "use super::Own; fn f() { super::Own; }",
        ),
        (
            "the parent uses its children",
            "pub use a::A; pub use b::B;",
            "use super::A;",
        ),
        (
            "another crate through the parent",
            "pub use other::B;",
            "use super::B;",
        ),
        ("item of a type", "", "fn f() { <u8 as Into<u8>>::b::f(); }"),
        ("glob of the parent", "use b::B;", "use super::*;"),
    ] {
        let root = format!("mod a; mod b; {root}");
        let a = format!("{a} pub struct A;");
        let sources = [
            ("", &*root),
            ("a", &*a),
            ("b", "use super::a::A; pub struct B; pub fn f() {}"),
        ];
        assert_eq!(found(&sources), [""; 0], "{name}");
    }
}

#[test]
fn circles_of_every_size_and_level_are_found() {
    let three = [
        ("", "mod a; mod b; mod c; mod d;"),
        ("a", "use crate::b::B;"),
        ("b", "use crate::c::C;"),
        ("c", "fn f() { crate::a::g() }"),
        ("d", "use crate::a; use crate::b;"),
    ];
    assert_eq!(found(&three), ["{a b c}"]);

    let two = [
        ("", "mod a; mod b; mod c; mod d;"),
        ("a", "use crate::b;"),
        ("b", "use crate::a;"),
        ("c", "use crate::d; use crate::a;"),
        ("d", "use crate::c;"),
    ];
    assert_eq!(found(&two), ["{a b}", "{c d}"]);

    let below = [
        ("", "mod top;"),
        (
            "top",
            "mod a; mod b { pub mod deep { use super::super::a; } }",
        ),
        ("top/a", "mod inner;"),
        ("top/a/inner", "use crate::top::b::deep;"),
    ];
    assert_eq!(found(&below), ["top{a b}"]);
}
