//! Promise: with any file and any request, the exporter responds or prints the problems in plain
//! lines. It does not crash.
//!
//! The same input at each run. `FUZZ_ITERATIONS` is how many are tried of each
//! kind; CONTRIBUTING.md says how to search for longer, with cargo-fuzz.

#![allow(
    clippy::print_stderr,
    reason = "an input that breaks something must be seen"
)]

#[path = "../../fuzz/checks.rs"]
mod checks;

use std::path::Path;
use std::time::Duration;

use crate::common::{Exporter, command};
use checks::{Folder, Site};
use fastrand::Rng;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The default number of iterations, which takes a few seconds without optimization.
const ITERATIONS: usize = 1500;
/// Requests between two looks at whether all is well.
const BATCH: usize = 100;
/// Of so many connections one is left open.
const LEFT_OPEN: usize = 10;
/// Longer than the exporter waits for the rest of a head.
const PATIENCE: Duration = Duration::from_secs(90);

/// Fragments of valid and invalid YAML.
const YAML: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "? ",
    ", ",
    "\n",
    "\n  ",
    "\t",
    "#",
    "'",
    "\"",
    "|\n",
    ">-\n",
    "&a ",
    "*a",
    "<<: *a",
    "!tag ",
    "!!binary ",
    "!!str ",
    "---\n",
    "...\n",
    "%YAML 1.1\n---\n",
    "~",
    "null",
    "true",
    "yes",
    ".nan",
    "-.inf",
    "-0",
    "0x7fffffffffffffff",
    "0o17",
    "1e400",
    "1e-400",
    "18446744073709551616",
    "-9223372036854775809",
    "1h",
    "0s",
    "1ns",
    "1.5h",
    "18446744073709551615s",
    "584554531y",
    "\0",
    "\u{1b}[31m",
    "\"\\0\"",
    "\"\\e\"",
    "\"\\n\"",
    "\"\\u2028\"",
    "\u{85}",
    "\u{feff}",
    "\u{2028}",
    "\u{202e}",
    "\u{fffd}",
    "e\u{301}",
    "ß",
    "東京",
    "🚀",
    "(",
    "(?i)",
    "[[:alpha:]]",
    "\\p{L}",
    "x{1000}{1000}",
    "(x*)*",
    "all",
    "eu-west-1",
];

/// Fragments of valid and invalid requests.
const HTTP: &[&str] = &[
    " ",
    "\r\n",
    "\n",
    "\r",
    "\r\n\r\n",
    "\0",
    "\t",
    ":",
    ": ",
    "\u{ff}",
    "é",
    "%00",
    "%2e%2e",
    "..",
    "//",
    "?",
    "#",
    "*",
    ",",
    ";",
    "GET",
    "HEAD",
    "POST",
    "CONNECT",
    "get",
    "HTTP/1.0",
    "HTTP/1.1",
    "HTTP/2.0",
    "HTTP/9.9",
    "Host: a\r\n",
    "Content-Length: 0\r\n",
    "Content-Length: 7\r\n",
    "Content-Length: -1\r\n",
    "Content-Length: 18446744073709551616\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "0\r\n\r\n",
    "ffffffffffffffff\r\n",
    "Expect: 100-continue\r\n",
    "Upgrade: h2c\r\n",
    "Connection: close\r\n",
    "Connection: upgrade, keep-alive\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "Accept: ",
    "Accept-Encoding: ",
    "identity;q=0",
    "*;q=0",
    "gzip",
    ";q=",
    ";q=1e400",
    ";q=-1",
    ";q=nan",
    "q=0.0001",
    "version=",
    "\"",
    "Authorization: Basic ",
    "ZGF2ZTo=",
    "Og==",
    "====",
    "GET / HTTP/1.1\r\n\r\n",
    "/metrics",
    "/-/healthy",
    "/prefix/",
];

/// Written to the log when the test fails while it is held.
struct Shown<'a>(&'a [u8]);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the input was b\"{}\"", self.0.escape_ascii());
        }
    }
}

fn iterations() -> usize {
    let set = std::env::var("FUZZ_ITERATIONS").ok();
    set.map_or(ITERATIONS, |text| text.parse().expect("a number"))
}

/// The files of a folder, in the order of their names; those whose names end so.
fn files(folder: &str, end: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.retain(|path| path.to_string_lossy().ends_with(end));
    paths.sort();
    let read = |path| std::fs::read(path).expect("a file");
    paths.into_iter().map(read).collect()
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

/// Makes inputs out of others.
struct Mutator {
    rng: Rng,
    seeds: Vec<Vec<u8>>,
    words: &'static [&'static str],
}

impl Mutator {
    fn new(seeds: Vec<Vec<u8>>, words: &'static [&'static str]) -> Self {
        assert!(seeds.len() > 2, "the corpus is there");
        Self {
            rng: Rng::with_seed(1),
            seeds,
            words,
        }
    }

    /// All seeds as they are, and then what comes of them.
    fn inputs(mut self) -> impl Iterator<Item = Vec<u8>> {
        let seeds = self.seeds.clone();
        let changed = std::iter::repeat_with(move || self.changed());
        seeds.into_iter().chain(changed.take(iterations()))
    }

    fn changed(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        for _ in 0..self.rng.usize(1..6) {
            self.change(&mut input);
        }
        input
    }

    fn seed(&mut self) -> Vec<u8> {
        self.rng
            .choice(&self.seeds)
            .expect("there are some")
            .clone()
    }

    fn word(&mut self) -> &'static [u8] {
        self.rng
            .choice(self.words)
            .expect("there are some")
            .as_bytes()
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let from = self.rng.usize(..=input.len());
        let to = (from + self.rng.usize(..40)).min(input.len());
        let word = self.word();
        match self.rng.u8(..9) {
            // Flipped, cut, doubled.
            0 if from < to => input[from] ^= 1 << self.rng.u8(..8),
            1 => input.truncate(from),
            2 => drop(input.drain(from..to)),
            3 => {
                let part = input[from..to].repeat(self.rng.usize(1..4));
                input.splice(from..from, part);
            }
            4 => drop(input.splice(from..from, word.iter().copied())),
            5 => self.exchange(input),
            // Deep, or just long.
            6 => drop(input.splice(from..from, word.repeat(self.rng.usize(1..400)))),
            // The end of another.
            7 => {
                let other = self.seed();
                let at = self.rng.usize(..=other.len());
                input.truncate(from);
                input.extend(&other[at..]);
            }
            _ => {
                let end = input[from..].iter().position(u8::is_ascii_whitespace);
                let end = end.map_or(input.len(), |end| from + end);
                input.splice(from..end, word.iter().copied());
            }
        }
    }

    /// Two words of the input change places.
    fn exchange(&mut self, input: &mut Vec<u8>) {
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./".contains(byte);
        let mut parts: Vec<&[u8]> = input
            .chunk_by(|one, other| is_part(one) == is_part(other))
            .collect();
        if !parts.is_empty() {
            let (one, other) = (self.rng.usize(..parts.len()), self.rng.usize(..parts.len()));
            parts.swap(one, other);
        }
        *input = parts.concat();
    }
}

fn configs() -> Mutator {
    let mut seeds = files("fuzz/corpus/config", "");
    seeds.extend(files("tests/fixtures/config", ".yaml"));
    seeds.push(file("config.example.yaml"));
    Mutator::new(seeds, YAML)
}

fn webconfigs() -> Mutator {
    let mut seeds = files("fuzz/corpus/webconfig", "");
    seeds.extend(files("tests/fixtures/web", ".yaml"));
    seeds.push(file("deploy/web-config.example.yaml"));
    Mutator::new(seeds, YAML)
}

fn requests() -> Mutator {
    Mutator::new(files("fuzz/corpus/request", ""), HTTP)
}

/// Asserts that enough of the inputs were valid, and enough were not, to have tried both. Few changed files stay valid.
fn assert_both(valid: usize, all: usize) {
    assert!(valid > all / 200, "only {valid} of {all} are valid");
    assert!(valid < all * 9 / 10, "{valid} of {all} are valid");
}

#[test]
fn any_configuration_file() {
    let folder = Folder::new();
    let (mut valid, mut all) = (0, 0);
    for input in configs().inputs() {
        let _shown = Shown(&input);
        valid += usize::from(folder.config(&input));
        all += 1;
    }
    assert_both(valid, all);
}

#[test]
fn any_web_configuration_file() {
    let folder = Folder::new();
    let (mut valid, mut all) = (0, 0);
    for input in webconfigs().inputs() {
        let _shown = Shown(&input);
        valid += usize::from(folder.webconfig(&input));
        all += 1;
    }
    assert_both(valid, all);
}

#[test]
fn deep_files() {
    let folder = Folder::new();
    for (opens, closes) in [
        ("[", "]"),
        ("{a: ", "}"),
        ("- ", ""),
        ("? ", ""),
        ("!a ", ""),
    ] {
        for depth in [10, 100, 1000] {
            let deep = opens.repeat(depth) + "x" + &closes.repeat(depth);
            for before in [
                "",
                "targets: ",
                "tls_server_config: ",
                "targets:\n- labels: ",
            ] {
                let input = format!("{before}{deep}\n");
                let _shown = Shown(input.as_bytes());
                assert!(!folder.config(input.as_bytes()), "{opens} {depth} {before}");
                assert!(
                    !folder.webconfig(input.as_bytes()),
                    "{opens} {depth} {before}"
                );
            }
        }
    }
}

#[test]
fn any_certificate() {
    let folder = Folder::new();
    let names = ["server.crt", "server.key", "ca.crt"];
    let pem: Vec<_> = names
        .map(|name| std::fs::read(folder.path(name)).expect("it is there"))
        .into();
    let config = b"tls_server_config: {cert_file: server.crt, key_file: server.key, client_ca_file: ca.crt, client_auth_type: RequireAndVerifyClientCert}";
    let (mut valid, mut all) = (0, 0);
    for (number, input) in Mutator::new(pem.clone(), YAML).inputs().enumerate() {
        let _shown = Shown(&input);
        let which = number % names.len();
        folder.write(names[which], &input);
        valid += usize::from(folder.webconfig(config));
        all += 1;
        folder.write(names[which], &pem[which]);
    }
    assert_both(valid, all);
}

#[test]
fn any_request() {
    let site = Site::new();
    let (mut heads, mut admitted, mut all) = (0, 0, 0);
    for input in requests().inputs() {
        let _shown = Shown(&input);
        let answer = site.request(&input);
        heads += usize::from(answer.is_some());
        admitted += usize::from(answer == Some(true));
        all += 1;
    }
    assert_both(heads, all);
    assert!(admitted > 0, "nobody is let in with the right password");
}

/// Sends bytes and the end of them, and reads until the exporter has closed.
async fn exchange(address: &str, input: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    // Either may find that the exporter has had enough.
    let _ = stream.write_all(input).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let _ = timeout(PATIENCE, read).await.expect("it closes");
    answer
}

fn assert_answer(answer: &[u8]) {
    let known = [
        "200", "302", "400", "403", "404", "405", "414", "431", "503",
    ];
    let status = answer.get(9..12).map(String::from_utf8_lossy);
    assert!(
        answer.starts_with(b"HTTP/1.") && status.is_some_and(|status| known.contains(&&*status)),
        "{}",
        answer.escape_ascii()
    );
}

#[tokio::test]
async fn any_bytes_on_a_connection() {
    let mut demo = command();
    demo.arg("--demo");
    let exporter = Exporter::start_with(demo, "").await;
    let address = exporter.address();
    let inputs: Vec<_> = requests().inputs().collect();
    let mut answered = 0;
    for batch in inputs.chunks(BATCH) {
        let mut left_open = Vec::new();
        for (number, input) in batch.iter().enumerate() {
            let _shown = Shown(input);
            if number % LEFT_OPEN == 0 {
                let mut stream = TcpStream::connect(&address).await.expect("it listens");
                let _ = stream.write_all(input).await;
                left_open.push(stream);
                continue;
            }
            let answer = exchange(&address, input).await;
            if !answer.is_empty() {
                assert_answer(&answer);
                answered += 1;
            }
        }
        let metrics = exporter.metrics().await;
        assert!(metrics.has("appstream_exporter_build_info", &[]));
    }
    assert!(answered > inputs.len() / 4, "only {answered} were answered");
    assert_eq!(exporter.logged(&["panicked"]), [""; 0]);
}

#[tokio::test]
async fn any_bytes_where_tls_is_spoken() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = crate::tls::Authority::new("servers");
    crate::tls::write(folder.path(), "server", &authority.server());
    let web = folder.path().join("web.yml");
    let text = "tls_server_config: {cert_file: server.crt, key_file: server.key}";
    std::fs::write(&web, text).expect("writable");
    let mut demo = command();
    demo.arg("--demo").arg("--web.config.file").arg(web);
    let exporter = Exporter::start_with(demo, "").await;
    let address = exporter.address();

    // The beginnings of a handshake, and what is none.
    let mut seeds = files("fuzz/corpus/request", "");
    seeds.push(b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03".to_vec());
    seeds.push(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(50));
    seeds.push(b"\x16\x03\x03\xff\xff\x02".to_vec());
    seeds.push(b"\x15\x03\x01\x00\x02\x02\x28".to_vec());
    let inputs: Vec<_> = Mutator::new(seeds, HTTP).inputs().collect();
    let client = crate::tls::Client::new(&authority);
    let (mut alerts, mut hints) = (0, 0);
    for batch in inputs.chunks(BATCH) {
        for input in batch {
            let _shown = Shown(input);
            let answer = exchange(&address, input).await;
            // An alert of TLS, or the hint that this is not HTTP.
            match answer.first() {
                Some(b'H') => {
                    assert_answer(&answer);
                    hints += 1;
                }
                Some(0x15) => alerts += 1,
                other => assert_eq!(other, None, "{answer:?}"),
            }
        }
        let (_, answer) = client
            .get(&address, "/metrics", &[])
            .await
            .expect("a handshake");
        assert_eq!(answer.status.as_u16(), 200);
    }
    assert!(alerts > inputs.len() / 20, "only {alerts} alerts of TLS");
    assert!(
        hints > inputs.len() / 4,
        "only {hints} hints that this is TLS"
    );
    assert_eq!(exporter.logged(&["panicked"]), [""; 0]);
}
