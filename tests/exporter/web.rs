//! Promise: the web configuration file works as in other Prometheus exporters, and lets in only
//! the clients that it allows.

use std::cell::Cell;
use std::path::Path;

use crate::common::{
    ACCOUNT, BRISK, Exporter, REGION, UNLIMITED, command, command_at, replace_with_pipe, run,
    simulator, successes,
};
use crate::tls::{Authority, Client, Pair, self_signed, write};
use appstream_simulator::{Region, World};
use hyper::Version;
use rcgen::SanType;
use rustls::crypto::aws_lc_rs;
use tempfile::TempDir;

/// `dave` with `dave123`, of a cost that a test can wait for.
const DAVE: &str = "dave: $2b$04$abcdefghijklmnopqrstuuT.VdioudKiCP.wBnKnIyRNAu9yUSXv2\n";

/// The start of most files.
const TLS: &str = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n";

/// A folder with the certificate of a server.
struct Files {
    folder: TempDir,
    authority: Authority,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = Authority::new("servers");
        write(folder.path(), "server", &authority.server());
        write(folder.path(), "other", &authority.server());
        let ca = folder.path().join("ca.crt");
        std::fs::write(ca, &authority.certificate).expect("writable");
        Self { folder, authority }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, text: &str) {
        // Whole or not at all, as tools that manage configurations do it.
        let new = self.path().join("web.new");
        std::fs::write(&new, text).expect("writable");
        std::fs::rename(new, self.path().join("web.yml")).expect("writable");
    }

    /// An exporter with this web configuration.
    async fn serve(&self, text: &str) -> Exporter {
        self.serve_with(text, &[]).await
    }

    async fn serve_with(&self, text: &str, flags: &[&str]) -> Exporter {
        self.write(text);
        let world = World::new(ACCOUNT).region(REGION, Region::new());
        let simulator = Box::leak(Box::new(simulator(world).await));
        let mut command = command_at(&simulator.endpoint_url());
        command
            .arg("--web.config.file")
            .arg(self.path().join("web.yml"))
            .args(flags);
        Exporter::start_with(command, BRISK).await
    }

    async fn check(&self, text: &str) -> (Option<i32>, String) {
        self.write(text);
        let mut check = command();
        check
            .current_dir(self.path())
            .args(["--config.check", "--web.config.file", "web.yml"]);
        let output = run(check).await;
        let said = String::from_utf8(output.stderr).expect("text");
        (output.status.code(), said)
    }

    fn client(&self) -> Client {
        Client::new(&self.authority)
    }
}

fn basic(pair: &str) -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
    format!("Basic {encoded}")
}

async fn status(client: &Client, exporter: &Exporter) -> Result<u16, String> {
    let answer = client.get(&exporter.address(), "/-/healthy", &[]).await;
    answer.map(|(_, answer)| answer.status.as_u16())
}

/// Files that end in `.bad.yaml`, each with its message in a `.txt` file.
#[tokio::test]
async fn bad_files_are_refused_with_the_whole_message() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/web");
    let files = Files::new();
    let mut seen = 0;
    for entry in std::fs::read_dir(&fixtures).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(case) = name.strip_suffix(".bad.yaml") else {
            continue;
        };
        seen += 1;
        let text = std::fs::read_to_string(&path).unwrap();
        let (code, got) = files.check(&text).await;
        let expected = fixtures.join(format!("{case}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&expected, &got).unwrap();
        }
        assert_eq!(got, std::fs::read_to_string(&expected).unwrap(), "{name}");
        assert_eq!(code, Some(64), "{name}");
    }
    assert!(seen >= 20, "only {seen} fixtures were found");
}

#[tokio::test]
async fn both_files_are_checked_at_once() {
    let files = Files::new();
    files.write("basic_auth_users: {john: doe}");
    std::fs::write(files.path().join("bad.yaml"), "refresh: {interval: 60}").unwrap();
    let mut check = command();
    check.current_dir(files.path()).args([
        "--config.check",
        "--config.file=bad.yaml",
        "--web.config.file=web.yml",
    ]);
    let output = run(check).await;
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("bad.yaml: refresh.interval:"), "{said}");
    assert!(said.contains("web.yml: basic_auth_users.john:"), "{said}");

    let mut missing = command();
    missing.args(["--config.check", "--web.config.file=/nowhere.yml"]);
    let output = run(missing).await;
    assert_eq!(output.status.code(), Some(64));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "appstream-exporter: cannot read the web config file /nowhere.yml: No such file or directory (os error 2)\n"
    );
}

/// Files that the toolkit accepts are accepted here; invalid ones are in the fixtures.
#[tokio::test]
async fn files_of_the_toolkit_are_accepted() {
    let files = Files::new();
    let inline = std::fs::read_to_string(files.path().join("server.key")).unwrap();
    let inline: String = inline.lines().map(|line| format!("    {line}\n")).collect();
    let weak = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_128_CBC_SHA";
    let good = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256";
    let cases = [
        String::new(),
        "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:\n".to_owned(),
        // Alone, these switch nothing on.
        "tls_server_config: {min_version: TLS12, prefer_server_cipher_suites: false}".to_owned(),
        TLS.to_owned(),
        format!("tls_server_config:\n  cert_file: server.crt\n  key: |\n{inline}"),
        format!("{TLS}  key: not looked at beside a file\n"),
        format!("{TLS}  min_version: TLS10\n  max_version: TLS13\n"),
        format!("{TLS}  min_version: TLS12\n  max_version: TLS12\n"),
        format!("{TLS}  cipher_suites: [{good}, {weak}]\n"),
        format!("{TLS}  cipher_suites: []\n  curve_preferences: []\n"),
        format!("{TLS}  curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]\n"),
        format!("{TLS}  curve_preferences: [CurveP521]\n  min_version: TLS13\n"),
        format!("{TLS}  client_auth_type: RequireClientCert\n"),
        format!("{TLS}  client_auth_type: RequireAndVerifyClientCert\n"),
        format!(
            "{TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n  client_allowed_sans: [one, two]\n"
        ),
        format!("{TLS}http_server_config: {{http2: no}}\n"),
        "http_server_config: {headers: {X-Frame-Options: sameorigin, X-XSS-Protection: 1}}"
            .to_owned(),
        format!("basic_auth_users:\n  {DAVE}"),
        "rate_limit: {interval: 0, burst: 0}".to_owned(),
        "rate_limit: {interval: 1m30s, burst: 5}".to_owned(),
    ];
    for text in cases {
        let (code, said) = files.check(&text).await;
        assert_eq!(code, Some(0), "{text}\n{said}");
    }
}

#[tokio::test]
async fn the_examples_are_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = std::fs::read_to_string(root.join("deploy/web-config.example.yaml")).unwrap();
    let page = std::fs::read_to_string(root.join("docs/web.md")).unwrap();
    let block = page
        .split("```yaml\n")
        .find(|text| text.starts_with("tls_server_config:"));
    let block = block.and_then(|text| text.split("```").next()).unwrap();
    let files = Files::new();
    std::fs::copy(
        files.path().join("ca.crt"),
        files.path().join("clients-ca.crt"),
    )
    .unwrap();
    for text in [example.as_str(), block] {
        let (code, said) = files.check(text).await;
        assert_eq!((code, said.as_str()), (Some(0), ""), "{text}");
    }

    // The password that the example speaks of is the one that it has.
    let (_, users) = example.split_once("basic_auth_users:").unwrap();
    let (users, _) = users.split_once("rate_limit:").unwrap();
    let exporter = files.serve(&format!("basic_auth_users:{users}")).await;
    let pair = basic("prometheus:change-me");
    let headers = [("authorization", pair.as_str())];
    let answer = exporter.request("GET", "/-/healthy", &headers).await;
    assert_eq!(answer.status.as_u16(), 200);
}

#[tokio::test]
async fn certificates_of_clients() {
    let files = Files::new();
    let clients = Authority::new("clients");
    let own = self_signed("own");
    let ca = [clients.certificate.as_str(), own.certificate.as_str()].concat();
    std::fs::write(files.path().join("clients.crt"), ca).unwrap();
    let dns = |name: &str| vec![SanType::DnsName(name.try_into().unwrap())];
    let right = clients.client(dns("prometheus"));
    let wrong_ca = Authority::new("others").client(dns("prometheus"));
    let wrong_name = clients.client(dns("grafana"));
    let shown: [(&str, Option<&Pair>); 5] = [
        ("none", None),
        ("right", Some(&right)),
        ("self-signed", Some(&own)),
        ("wrong CA", Some(&wrong_ca)),
        ("wrong name", Some(&wrong_name)),
    ];
    let names = "  client_allowed_sans: [prometheus, own]\n";
    // Who is let in, in the order of those above.
    let cases = [
        ("NoClientCert", "", [true, true, true, true, true]),
        ("RequestClientCert", "", [true, true, true, true, true]),
        ("RequireAnyClientCert", "", [false, true, true, true, true]),
        (
            "VerifyClientCertIfGiven",
            "",
            [true, true, true, false, true],
        ),
        (
            "RequireAndVerifyClientCert",
            "",
            [false, true, true, false, true],
        ),
        (
            "RequireAndVerifyClientCert",
            names,
            [false, true, true, false, false],
        ),
        (
            "RequireAnyClientCert",
            names,
            [false, true, true, true, false],
        ),
        (
            "RequireAnyClientCert",
            "  client_allowed_sans: []\n",
            [false; 5],
        ),
        (
            "VerifyClientCertIfGiven",
            names,
            [false, true, true, false, false],
        ),
    ];
    for (auth, more, expected) in cases {
        let ca = match auth {
            "NoClientCert" => "",
            _ => "  client_ca_file: clients.crt\n",
        };
        let exporter = files
            .serve(&format!("{TLS}{ca}  client_auth_type: {auth}\n{more}"))
            .await;
        for ((who, pair), expected) in shown.into_iter().zip(expected) {
            for version in rustls::ALL_VERSIONS {
                let mut client = files.client();
                if let Some(pair) = pair {
                    client = client.shows(pair);
                }
                client.versions = vec![version];
                let got = status(&client, &exporter).await;
                assert_eq!(got.is_ok(), expected, "{auth} {more} {who}: {got:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_kind_of_name_counts() {
    let files = Files::new();
    let clients = Authority::new("clients");
    std::fs::write(files.path().join("clients.crt"), &clients.certificate).unwrap();
    let exporter = files
        .serve(&format!("{TLS}  client_ca_file: clients.crt\n  client_auth_type: RequireAndVerifyClientCert\n  client_allowed_sans: [prometheus@example.org, 'spiffe://example/prometheus', 192.0.2.7, '2001:db8::7']\n"))
        .await;
    let text = |text: &str| text.to_owned().try_into().unwrap();
    let cases = [
        (SanType::Rfc822Name(text("prometheus@example.org")), true),
        (SanType::URI(text("spiffe://example/prometheus")), true),
        (SanType::IpAddress("192.0.2.7".parse().unwrap()), true),
        (SanType::IpAddress("2001:db8::7".parse().unwrap()), true),
        (SanType::IpAddress("192.0.2.8".parse().unwrap()), false),
        (SanType::DnsName(text("192.0.2.9")), false),
        (SanType::URI(text("spiffe://example/grafana")), false),
    ];
    for (name, expected) in cases {
        let client = files.client().shows(&clients.client(vec![name.clone()]));
        let got = status(&client, &exporter).await;
        assert_eq!(got.is_ok(), expected, "{name:?}: {got:?}");
    }
}

#[tokio::test]
async fn versions_suites_and_curves() {
    let files = Files::new();
    let of = |versions: &[&'static rustls::SupportedProtocolVersion]| {
        let mut client = files.client();
        client.versions = versions.to_vec();
        client
    };
    let (v12, v13) = (
        of(&[&rustls::version::TLS12]),
        of(&[&rustls::version::TLS13]),
    );
    let mut p384 = files.client();
    p384.provider.kx_groups = vec![aws_lc_rs::kx_group::SECP384R1];
    let mut chacha = v12.clone();
    chacha.provider.cipher_suites =
        vec![aws_lc_rs::cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256];
    let all = [&v12, &v13, &p384, &chacha];
    let suites = "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n";
    let cases = [
        ("", [true, true, true, true]),
        ("  min_version: TLS13\n", [false, true, true, false]),
        ("  max_version: TLS12\n", [true, false, true, true]),
        (
            "  min_version: TLS10\n  max_version: TLS12\n",
            [true, false, true, true],
        ),
        (suites, [true, true, true, false]),
        (
            "  curve_preferences: [X25519, CurveP256]\n",
            [true, true, false, true],
        ),
        (
            "  curve_preferences: [CurveP521]\n",
            [false, false, false, false],
        ),
    ];
    for (more, expected) in cases {
        let exporter = files.serve(&format!("{TLS}{more}")).await;
        for (index, (client, expected)) in all.into_iter().zip(expected).enumerate() {
            let got = status(client, &exporter).await;
            assert_eq!(got.is_ok(), expected, "{more} client {index}: {got:?}");
        }
    }
}

#[tokio::test]
async fn http_2_and_what_speaks_no_tls() {
    let files = Files::new();
    let exporter = files.serve(TLS).await;
    let mut client = files.client();
    let first = client.get(&exporter.address(), "/metrics", &[]).await;
    let (version, answer) = first.unwrap();
    assert_eq!((version, answer.status.as_u16()), (Version::HTTP_11, 200));
    client.http2 = true;
    let (version, answer) = client
        .get(&exporter.address(), "/metrics", &[])
        .await
        .unwrap();
    assert_eq!((version, answer.status.as_u16()), (Version::HTTP_2, 200));
    assert!(answer.text().contains("appstream_exporter_build_info"));

    // A request without the s of https gets a message.
    let plain = exporter.get("/metrics").await;
    assert_eq!(plain.status.as_u16(), 400);
    assert_eq!(plain.text(), "400: this port speaks HTTPS\n");

    files.write(&format!("{TLS}http_server_config: {{http2: false}}\n"));
    exporter
        .until("HTTP/2 is off", async |exporter| {
            let (version, _) = client.get(&exporter.address(), "/", &[]).await.unwrap();
            version == Version::HTTP_11
        })
        .await;
}

#[tokio::test]
async fn passwords_are_asked_for_everywhere() {
    let files = Files::new();
    let exporter = files.serve(&format!("basic_auth_users:\n  {DAVE}")).await;
    let paths = [
        "/",
        "/fleets/1/eu-west-1/fleet",
        "/status",
        "/api/v1/fleets",
        "/metrics",
        "/-/healthy",
        "/-/ready",
        "/-/reload",
        "/nowhere",
    ];
    for path in paths {
        for pair in [
            None,
            Some("dave:bad"),
            Some("eve:dave123"),
            Some("dave"),
            Some(":"),
        ] {
            let header = pair.map(basic);
            let headers: Vec<_> = header
                .iter()
                .map(|value| ("authorization", value.as_str()))
                .collect();
            let answer = exporter.request("GET", path, &headers).await;
            assert_eq!(answer.status.as_u16(), 401, "{path} {pair:?}");
            assert_eq!(answer.header("www-authenticate"), Some("Basic"));
            assert_eq!(answer.text(), "401: Unauthorized\n");
        }
    }
    let right = basic("dave:dave123");
    let right = [("authorization", right.as_str())];
    for (path, expected) in paths
        .into_iter()
        .zip([200, 404, 200, 200, 200, 200, 200, 405, 404])
    {
        exporter
            .until(path, async |exporter| {
                exporter.request("GET", path, &right).await.status.as_u16() == expected
            })
            .await;
    }
    let metrics = exporter.request("GET", "/metrics", &right).await;
    let counted = "appstream_exporter_http_requests_total{handler=\"/metrics\",code=\"401\"} 5";
    assert!(metrics.text().contains(counted), "{}", metrics.text());
    assert!(!exporter.log().contains("dave123"), "{}", exporter.log());
}

#[tokio::test]
async fn headers_come_with_every_answer() {
    let files = Files::new();
    let exporter = files
        .serve("http_server_config:\n  headers:\n    X-Frame-Options: deny\n    X-XSS-Protection: 1\n    Strict-Transport-Security: max-age=31536000; includeSubDomains\n    Content-Security-Policy: \"default-src 'self'\"\n    X-Content-Type-Options: nosniff\n")
        .await;
    // The page's own headers are stricter, and stay.
    let page = exporter.get("/").await;
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    let policy = page.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("default-src 'none'"), "{policy}");
    for path in ["/metrics", "/nowhere"] {
        let answer = exporter.get(path).await;
        for (name, value) in [
            ("x-frame-options", "deny"),
            ("x-xss-protection", "1"),
            (
                "strict-transport-security",
                "max-age=31536000; includeSubDomains",
            ),
            ("content-security-policy", "default-src 'self'"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn more_requests_than_the_rate_limit_admits() {
    let files = Files::new();
    let exporter = files.serve("rate_limit: {interval: 1h, burst: 3}").await;
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(exporter.get("/metrics").await.status.as_u16());
    }
    assert_eq!(codes, [200, 200, 200, 429, 429]);
    let refused = exporter.get("/").await;
    assert_eq!(refused.text(), "429: Too Many Requests\n");
}

#[tokio::test]
async fn certificates_and_users_change_while_running() {
    let files = Files::new();
    let text = |user: &str| format!("{TLS}basic_auth_users:\n  {}", DAVE.replace("dave", user));
    let exporter = files.serve(&text("dave")).await;
    let address = exporter.address();
    let ask = async |client: &Client, user: &str| {
        let header = basic(&format!("{user}:dave123"));
        let headers = [("authorization", header.as_str())];
        let answer = client.get(&address, "/-/healthy", &headers).await;
        answer.map(|(_, answer)| answer.status.as_u16())
    };
    let client = files.client();
    assert_eq!(ask(&client, "dave").await, Ok(200));
    assert_eq!(ask(&client, "erin").await, Ok(401));

    files.write(&text("erin"));
    exporter
        .until("another user", async |_| {
            ask(&client, "erin").await == Ok(200)
        })
        .await;
    assert_eq!(ask(&client, "dave").await, Ok(401));

    // Another authority, of which the client knows nothing.
    let next = Authority::new("next");
    write(files.path(), "server", &next.server());
    let next = Client::new(&next);
    exporter
        .until("another certificate", async |_| {
            ask(&next, "erin").await == Ok(200)
        })
        .await;
    assert!(ask(&client, "erin").await.is_err());
}

#[tokio::test]
async fn a_bad_replacement_changes_nothing() {
    let files = Files::new();
    let good = format!("{TLS}basic_auth_users:\n  {DAVE}");
    let exporter = files.serve(&good).await;
    let client = files.client();
    let unsaid = "web configuration not reloaded";
    let bad: [(&str, &str); 5] = [
        ("", "the file is empty"),
        (
            "# managed by hand\ntls_server_config: {cert_file: server.crt, key_file: server.key}",
            "removing basic_auth_users",
        ),
        ("basic_auth_users: {dave: hunter2}", "is not a bcrypt hash"),
        (
            &format!("rate_limit: {{interval: 0}}\nbasic_auth_users:\n  {DAVE}"),
            "enabling or disabling TLS",
        ),
        (
            "tls_server_config: {cert_file: server.crt, key_file: other.key}",
            "does not match",
        ),
    ];
    for (index, (text, why)) in bad.into_iter().enumerate() {
        files.write(text);
        exporter
            .until(why, async |exporter| {
                assert_eq!(status(&client, exporter).await, Ok(401));
                !exporter.logged(&[unsaid, why]).is_empty()
            })
            .await;
        for _ in 0..5 {
            assert_eq!(status(&client, &exporter).await, Ok(401));
        }
        assert_eq!(
            exporter.logged(&[unsaid]).len(),
            index + 1,
            "{}",
            exporter.log()
        );
    }
    std::fs::remove_file(files.path().join("web.yml")).unwrap();
    exporter
        .until("it is gone", async |exporter| {
            assert_eq!(status(&client, exporter).await, Ok(401));
            !exporter.logged(&[unsaid, "cannot read"]).is_empty()
        })
        .await;
    files.write(&good);
    exporter
        .until("it is back", async |exporter| {
            assert_eq!(status(&client, exporter).await, Ok(401));
            exporter.logged(&["web configuration reloaded"]).len() == 1
        })
        .await;
    assert!(!exporter.log().contains("hunter2"), "{}", exporter.log());
}

#[tokio::test]
async fn requests_do_not_wait_for_a_file_that_cannot_be_read() {
    let files = Files::new();
    let text =
        |value: &str| format!("http_server_config: {{headers: {{X-Frame-Options: {value}}}}}");
    let exporter = files.serve(&text("deny")).await;
    replace_with_pipe(&files.path().join("web.yml"));
    exporter.after_refreshes(REGION, 3.0).await;
    files.write(&text("sameorigin"));
    exporter
        .until("the new file is active", async |exporter| {
            let answer = exporter.get("/-/healthy").await;
            answer.header("x-frame-options") == Some("sameorigin")
        })
        .await;
}

#[tokio::test]
async fn a_reload_reads_passwords_that_it_needs() {
    let files = Files::new();
    let exporter = files.serve_with("", &["--web.enable-lifecycle"]).await;
    files.write(&format!("basic_auth_users:\n  {DAVE}"));
    exporter.write_config(&format!("{BRISK}sessions: {{list: true}}\n"));
    let answer = exporter.reload().await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, "reloaded\n"));
    assert_eq!(exporter.get("/sessions").await.status.as_u16(), 401);
}

#[tokio::test]
async fn nobody_is_hurt_by_replacements() {
    let files = Files::new();
    let text = |cost: &str| format!("{TLS}  client_auth_type: {cost}\nbasic_auth_users:\n  {DAVE}");
    let exporter = files.serve(&text("NoClientCert")).await;
    let address = exporter.address();
    let all_replaced = Cell::new(false);
    let asking = async |user: &'static str, expected: u16| {
        let client = files.client();
        let header = basic(&format!("{user}:dave123"));
        while !all_replaced.get() {
            let headers = [("authorization", header.as_str())];
            let answer = client.get(&address, "/-/healthy", &headers).await;
            let (_, answer) = answer.expect("a connection");
            assert_eq!(answer.status.as_u16(), expected);
        }
    };
    let replacing = async {
        for (replaced, cost) in [(1, "RequestClientCert"), (2, "NoClientCert")] {
            // Certificate and key do not match for a moment.
            write(files.path(), "server", &files.authority.server());
            files.write(&text(cost));
            exporter
                .until("the files are reloaded", async |exporter| {
                    exporter.logged(&["web configuration reloaded"]).len() == replaced
                })
                .await;
        }
        all_replaced.set(true);
    };
    tokio::join!(
        asking("dave", 200),
        asking("eve", 401),
        asking("dave", 200),
        replacing
    );
}

#[tokio::test]
async fn scrapes_at_one_time() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut region = Region::new();
    for number in 0..2_000 {
        region.put_fleet(appstream_simulator::Fleet::new(format!("{number:0>200}")));
    }
    let simulator = simulator(World::new(ACCOUNT).page_size(500).region(REGION, region)).await;
    let mut command = command_at(&simulator.endpoint_url());
    command.args(["--web.max-requests", "1"]);
    let exporter = Exporter::start_with(command, UNLIMITED).await;
    exporter
        .eventually("all fleets", |metrics| {
            metrics.family("appstream_fleet_info").count() == 2_000
        })
        .await;
    // An answer that is not read is still being given.
    let mut slow = tokio::net::TcpStream::connect(exporter.address())
        .await
        .unwrap();
    slow.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    slow.read_exact(&mut [0; 17]).await.unwrap();
    let refused = exporter.get("/metrics").await;
    assert_eq!(refused.status.as_u16(), 503);
    assert_eq!(
        refused.text(),
        "503: too many concurrent scrapes: the limit is 1\n"
    );
    assert_eq!(exporter.get("/-/healthy").await.status.as_u16(), 200);
    drop(slow);
    exporter
        .until("it is free again", async |exporter| {
            exporter.get("/metrics").await.status.as_u16() == 200
        })
        .await;
}
