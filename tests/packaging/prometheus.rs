//! Promise: Prometheus itself scrapes every format, over TLS with a password and with
//! a certificate, and finds every sample; without them it is not let in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::common::{ACCOUNT, Answer, Exporter, Metrics, REGION, command_at, request, simulator};
use crate::support::prometheus::Prometheus;
use crate::tls::{Authority, Client, Pair, write};
use appstream_simulator::{Fleet, Region, Session, Simulator, Stack, World};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const TEXT: &str = "text/plain;version=0.0.4";
const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0";
const PROTOBUF: &str = "application/vnd.google.protobuf";
/// Makes this version of Prometheus request protobuf; by default, it prefers OpenMetrics.
const ASK_FOR_PROTOBUF: &str = "--enable-feature=native-histograms";

/// `dave` with `dave123`, of a cost that a test can wait for.
const DAVE: &str =
    "basic_auth_users:\n  dave: $2b$04$abcdefghijklmnopqrstuuT.VdioudKiCP.wBnKnIyRNAu9yUSXv2\n";
/// The pair of the above, as clients send it.
const DAVE_HEADER: (&str, &str) = ("authorization", "Basic ZGF2ZTpkYXZlMTIz");
const TLS: &str = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n";
const CLIENTS: &str =
    "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: clients.crt\n";

/// A classic histogram of durations is 14 samples (12 buckets, sum and count), a native one 1.
const LESS_IN_MESSAGES: f64 = 13.0;

/// Sessions of the world.
const SESSIONS: u32 = 3;

async fn world() -> Simulator {
    let mut region = Region::new()
        .fleet(Fleet::new("seats"))
        .stack(Stack::new("desk"))
        .associate("seats", "desk");
    for number in 0..SESSIONS {
        region.put_session(Session::new(format!("s{number}"), "seats", "desk").saml());
    }
    simulator(World::new(ACCOUNT).region(REGION, region)).await
}

/// A folder with certificates of a server and of a client.
struct Files {
    folder: TempDir,
    authority: Authority,
    client: Pair,
}

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = Authority::new("servers");
        let clients = Authority::new("clients");
        let client = clients.client(Vec::new());
        write(folder.path(), "server", &authority.server());
        write(folder.path(), "client", &client);
        for (name, of) in [("ca.crt", &authority), ("clients.crt", &clients)] {
            std::fs::write(folder.path().join(name), &of.certificate).expect("writable");
        }
        Self {
            folder,
            authority,
            client,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A `tls_config`, with or without the certificate of the client.
    fn tls_config(&self, with_certificate: bool) -> Value {
        let mut config = json!({"ca_file": self.path("ca.crt")});
        if with_certificate {
            config["cert_file"] = json!(self.path("client.crt"));
            config["key_file"] = json!(self.path("client.key"));
        }
        config
    }
}

/// An exporter that refreshes once, with this web configuration.
async fn exporter(simulator: &Simulator, web: Option<(&Path, &str)>) -> Exporter {
    let mut command = command_at(&simulator.endpoint_url());
    if let Some((file, text)) = web {
        std::fs::write(file, text).expect("writable");
        command.arg("--web.config.file").arg(file);
    }
    Exporter::start_with(command, "refresh: {interval: 1h}").await
}

/// An entry of `scrape_configs`.
fn job(name: &str, address: &str, more: &Value) -> Value {
    let mut job = json!({"job_name": name, "static_configs": [{"targets": [address]}]});
    let entries = job.as_object_mut().expect("a mapping");
    entries.extend(more.as_object().expect("a mapping").clone());
    job
}

/// The samples of an answer in one of the text formats.
fn samples(answer: &Answer) -> f64 {
    assert_eq!(answer.status.as_u16(), 200);
    let count = Metrics::parse(answer.text()).series().len();
    f64::from(u32::try_from(count).expect("not that many"))
}

/// Waits until all that AWS has is there, refreshed once and for all.
async fn settled(prometheus: &Prometheus, job: &str) {
    prometheus.until(&format!("up{{job='{job}'}}"), 1.0).await;
    for (name, expected) in [
        ("appstream_sessions", f64::from(SESSIONS)),
        ("appstream_exporter_refreshes_total", 1.0),
    ] {
        prometheus
            .until(&format!("sum({name}{{job='{job}'}})"), expected)
            .await;
    }
}

/// A job whose target answers with so many samples.
async fn finds(prometheus: &Prometheus, job: &str, samples: f64) {
    let scraped = format!("scrape_samples_scraped{{job='{job}'}}");
    prometheus.until(&scraped, samples).await;
    let up = format!("up{{job='{job}'}}");
    assert_eq!(prometheus.value(&up).await, Some(1.0), "{job}");
    let seats = format!(
        "appstream_sessions{{job='{job}', fleet='seats', stack='desk', authentication_type='SAML', state='ACTIVE', connection_state='CONNECTED'}}"
    );
    let sessions = prometheus.value(&seats).await;
    assert_eq!(sessions, Some(f64::from(SESSIONS)), "{job}");
}

/// A proxy between Prometheus and an exporter that records requests and responses.
struct Between {
    address: String,
    seen: Arc<Mutex<BTreeSet<(String, String)>>>,
    _serving: JoinSet<()>,
}

impl Between {
    /// With `accept`, the exporter hears that instead of what Prometheus says.
    async fn start(exporter: String, accept: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let seen = Arc::default();
        let notes = Arc::clone(&seen);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("it listens");
                pass_on(stream, &exporter, accept, &notes).await;
            }
        });
        Self {
            address,
            seen,
            _serving: serving,
        }
    }

    /// Asserts that there was nothing but such requests and such answers.
    fn assert_only(&self, accept: &str, content_type: &str) {
        let seen = self.seen.lock().expect("nobody panics with it");
        assert!(!seen.is_empty());
        for (asked, came) in seen.iter() {
            assert!(asked.starts_with(accept), "{asked}");
            let came = came.replace("; ", ";");
            assert!(came.starts_with(content_type), "{asked} got {came}");
        }
    }
}

/// Passes one request on, and its answer back.
async fn pass_on(
    mut stream: TcpStream,
    exporter: &str,
    accept: Option<&str>,
    notes: &Mutex<BTreeSet<(String, String)>>,
) {
    let mut lines = BufReader::new(&mut stream).lines();
    let mut headers = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ") {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
    }
    let Some(own) = headers.iter_mut().find(|(name, _)| name == "accept") else {
        return;
    };
    let asked = own.1.clone();
    own.1 = accept.unwrap_or(&asked).to_owned();
    headers.retain(|(name, _)| name != "host");
    let headers: Vec<_> = headers.iter().map(|(n, v)| (&**n, &**v)).collect();
    let answer = request(exporter, "GET", "/metrics", &headers).await;
    let came = answer.header("content-type").unwrap_or_default().to_owned();
    notes
        .lock()
        .expect("nobody panics with it")
        .insert((asked, came));

    let mut bytes = format!("HTTP/1.1 {}\r\nconnection: close\r\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    bytes.extend(&answer.body);
    // Prometheus may have ended meanwhile.
    let _ = stream.write_all(&bytes).await;
}

#[tokio::test]
async fn every_format() {
    let simulator = world().await;
    let exporter = exporter(&simulator, None).await;
    let address = exporter.address();
    let text = Between::start(address.clone(), Some(TEXT)).await;
    let own = Between::start(address.clone(), None).await;
    let protobuf = Between::start(address.clone(), None).await;
    let none = json!({});
    let lines = Prometheus::start(
        &[
            job("direct", &address, &none),
            job("text", &text.address, &none),
            job("own", &own.address, &none),
        ],
        &[],
    )
    .await;
    let messages = Prometheus::start(
        &[
            job("direct", &address, &none),
            job("protobuf", &protobuf.address, &none),
        ],
        &[ASK_FOR_PROTOBUF],
    )
    .await;
    for (prometheus, job) in [(&lines, "direct"), (&messages, "direct")] {
        settled(prometheus, job).await;
    }

    let ask = async |accept| {
        let headers = [("accept", accept)];
        samples(&exporter.request("GET", "/metrics", &headers).await)
    };
    let (in_text, in_openmetrics) = (ask(TEXT).await, ask(OPENMETRICS).await);
    finds(&lines, "direct", in_openmetrics).await;
    finds(&lines, "own", in_openmetrics).await;
    finds(&lines, "text", in_text).await;
    // tests/exporter/formats.rs holds that the formats have the same samples. Of the durations
    // of the fleet, Prometheus takes the native histogram in place of the classic one.
    let in_messages = in_text - LESS_IN_MESSAGES;
    finds(&messages, "direct", in_messages).await;
    finds(&messages, "protobuf", in_messages).await;

    text.assert_only("application/openmetrics-text", TEXT);
    own.assert_only("application/openmetrics-text", OPENMETRICS);
    protobuf.assert_only(PROTOBUF, PROTOBUF);
}

#[tokio::test]
async fn durations_of_sessions_as_native_and_as_classic_histograms() {
    let simulator = world().await;
    // In the native bucket from 939 to 1,024 s for the next minute.
    let started = now() - 960.0;
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        for number in 0..SESSIONS {
            let session = region.session_mut(&format!("s{number}"));
            session.expect("it is there").started_at = Some(started);
        }
    });
    let config = "refresh: {interval: 1s, timeout: 900ms}\naws: {requests_per_second: 10000}\n";
    let exporter = Exporter::start(&simulator, config).await;
    exporter.after_refreshes(REGION, 1.0).await;
    let jobs = [job("direct", &exporter.address(), &json!({}))];
    let classic = Prometheus::start(&jobs, &[]).await;
    let native = Prometheus::start(&jobs, &[ASK_FOR_PROTOBUF]).await;
    // An empty histogram is a native one already, so that an increase has a beginning.
    let family = "appstream_session_duration_seconds{fleet='seats'}";
    native
        .until(&format!("histogram_count({family})"), 0.0)
        .await;
    classic
        .until(
            "appstream_session_duration_seconds_count{fleet='seats'}",
            0.0,
        )
        .await;
    simulator.update(|world| {
        let region = world.region_mut(REGION);
        (0..SESSIONS).for_each(|number| region.remove_session(&format!("s{number}")));
    });
    let ended = f64::from(SESSIONS);
    native
        .until(&format!("histogram_count({family})"), ended)
        .await;
    classic
        .until(
            "appstream_session_duration_seconds_count{fleet='seats'}",
            ended,
        )
        .await;

    let median = native
        .value(&format!("histogram_quantile(0.5, {family})"))
        .await;
    let median = median.expect("there are three");
    assert!((938.0..1024.1).contains(&median), "{median}");
    let buckets = "sum by (fleet, le) (appstream_session_duration_seconds_bucket)";
    let median = classic
        .value(&format!("histogram_quantile(0.5, {buckets})"))
        .await;
    assert_eq!(median, Some(1350.0), "the middle from 900 to 1,800 s");
    let sum = native.value(&format!("histogram_sum({family})")).await;
    let same = classic
        .value("appstream_session_duration_seconds_sum")
        .await;
    assert_eq!(sum, same);
    let increase = format!("histogram_quantile(0.5, sum by (fleet) (increase({family}[1m])))");
    assert!(
        native
            .value(&increase)
            .await
            .is_some_and(|median| median > 938.0)
    );
}

/// The wall clock, in which `StartTime` is.
#[allow(clippy::disallowed_methods, reason = "sessions start now")]
fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970").as_secs_f64()
}

#[tokio::test]
async fn over_tls_with_a_password_or_a_certificate() {
    let simulator = world().await;
    let files = Files::new();
    let users = format!("{TLS}{DAVE}");
    let by_password = exporter(&simulator, Some((&files.path("users.yml"), &users))).await;
    let clients = format!("{TLS}{CLIENTS}");
    let by_certificate = exporter(&simulator, Some((&files.path("clients.yml"), &clients))).await;

    let with = |password: Option<&str>, certificate| {
        let tls = files.tls_config(certificate);
        let mut more = json!({"scheme": "https", "tls_config": tls});
        if let Some(password) = password {
            more["basic_auth"] = json!({"username": "dave", "password": password});
        }
        more
    };
    let (first, second) = (by_password.address(), by_certificate.address());
    let jobs = [
        job("password", &first, &with(Some("dave123"), false)),
        job("certificate", &second, &with(None, true)),
        job("wrong-password", &first, &with(Some("dave1234"), false)),
        job("no-password", &first, &with(None, false)),
        job("no-certificate", &second, &with(None, false)),
    ];
    for flags in [&[][..], &[ASK_FOR_PROTOBUF]] {
        let prometheus = Prometheus::start(&jobs, flags).await;
        let less = if flags.is_empty() {
            0.0
        } else {
            LESS_IN_MESSAGES
        };
        for (job, reason) in [
            ("wrong-password", "401"),
            ("no-password", "401"),
            ("no-certificate", "tls: "),
        ] {
            prometheus.until(&format!("up{{job='{job}'}}"), 0.0).await;
            let scraped = format!("scrape_samples_scraped{{job='{job}'}}");
            assert_eq!(prometheus.value(&scraped).await, Some(0.0), "{job}");
            let said = prometheus.last_error(job).await;
            assert!(said.contains(reason), "{job}: {said}");
        }
        settled(&prometheus, "password").await;
        settled(&prometheus, "certificate").await;

        let client = Client::new(&files.authority);
        let shows = client.clone().shows(&files.client);
        let (accept, of_dave) = (("accept", OPENMETRICS), DAVE_HEADER);
        let (_, answer) = client
            .get(&first, "/metrics", &[accept, of_dave])
            .await
            .expect("dave is let in");
        finds(&prometheus, "password", samples(&answer) - less).await;
        let (_, answer) = shows
            .get(&second, "/metrics", &[accept])
            .await
            .expect("the certificate is let in");
        finds(&prometheus, "certificate", samples(&answer) - less).await;
    }
}
