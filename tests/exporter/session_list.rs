//! Promise: with `sessions.list` each session is listed as AWS describes it, page by page, to those alone who have
//! shown who they are; without it nothing is listed; and nothing of it is anywhere else.

use std::collections::BTreeMap;
use std::path::Path;

use appstream_simulator::{
    Fault, Fleet, Pool, PoolSession, Region, Session, Simulator, Stack, World,
};
use hyper::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{
    ACCOUNT, Answer, BRISK, Exporter, REGION, command, command_at, config_file, run, simulator,
};
use crate::tls::{Authority, Client, write};

const POOL: &str = "wspool-aaaaaaaaa";
/// A user whose id needs care in HTML, in a query and in JSON.
const ODD: &str = "<i>\"ü&*";
/// One refresh, which the test can look at for as long as it likes.
const ONCE: &str = "\
refresh: {interval: 1h, timeout: 20s, max_age: 2h}
aws: {requests_per_second: 10000, burst: 1000}
";
const OPEN: &str = "sessions: {list: true, list_without_authentication: true}\n";
const LISTED: &str = "sessions: {list: true}\n";
/// `dave` with `dave123`, of a cost that a test can wait for.
const DAVE: &str =
    "basic_auth_users: {dave: $2b$04$abcdefghijklmnopqrstuuT.VdioudKiCP.wBnKnIyRNAu9yUSXv2}\n";
const AS_DAVE: (&str, &str) = ("authorization", "Basic ZGF2ZTpkYXZlMTIz");
const TLS: &str = "tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n";
const OFF: &str =
    "404: the session list is off; sessions.list: true in the configuration file turns it on\n";
const PATHS: [&str; 2] = ["/api/v1/sessions", "/sessions"];

fn full() -> Session {
    let mut full = Session::new("s-full", "desks", "office")
        .user("jane.doe@example.com")
        .saml()
        .started_at(1_767_254_400.25)
        .expires_at(1_767_312_000.0)
        .instance("i-0123456789abcdef0")
        .network("10.0.0.7", "eni-0123456789abcdef0");
    full.instance_drain_status = Some("DRAINING".into());
    full.ipv6_addresses = vec!["2001:db8::7".to_owned(), "2001:db8::8".to_owned()];
    full
}

fn region() -> Region {
    Region::new()
        .fleet(Fleet::new("desks"))
        .fleet(Fleet::new("other"))
        .stack(Stack::new("office"))
        .stack(Stack::new("home"))
        .associate("desks", "office")
        .associate("desks", "home")
        .associate("other", "office")
        .session(full())
        .session(
            Session::new("s-bare", "desks", "office")
                .without_connection_state()
                .with(|bare| {
                    bare.state = None;
                    bare.authentication_type = None;
                }),
        )
        .session(
            Session::new("s-home", "desks", "home")
                .user("JANE")
                .pending(),
        )
        .session(
            Session::new("s-odd", "other", "office")
                .user(ODD)
                .disconnected(),
        )
        .session(
            Session::new("s-gone", "other", "office")
                .user_pool()
                .expired(),
        )
        .pool(Pool::new(POOL, "desk pool"))
        .pool_session(
            PoolSession::new("p-full", POOL)
                .user("jane.pool")
                .started_at(1_767_254_500.0)
                .expires_at(1_767_312_100.0)
                .instance("i-pool")
                .network("10.0.1.7", "eni-pool"),
        )
        .pool_session(PoolSession::new("p-bare", POOL).without_connection_state())
}

async fn company() -> Simulator {
    simulator(World::new(ACCOUNT).region(REGION, region())).await
}

/// Waits until the first refresh has ended.
async fn refreshed(exporter: &Exporter) {
    let is_ready = async |exporter: &Exporter| {
        let ready = exporter.request("GET", "/-/ready", &[AS_DAVE]).await;
        ready.status == 200
    };
    exporter.until("a refresh", is_ready).await;
}

async fn started(simulator: &Simulator, config: &str) -> Exporter {
    let exporter = Exporter::start(simulator, config).await;
    refreshed(&exporter).await;
    exporter
}

async fn list(exporter: &Exporter, query: &str) -> Value {
    let answer = exporter.get(&format!("/api/v1/sessions?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    serde_json::from_slice(&answer.body).expect("JSON")
}

fn ids(list: &Value) -> Vec<String> {
    let sessions = list["sessions"].as_array().expect("a list").iter();
    let id = |session: &Value| session["id"].as_str().expect("an id").to_owned();
    sessions.map(id).collect()
}

#[tokio::test]
async fn every_field_is_as_aws_has_it() {
    let simulator = company().await;
    let exporter = started(&simulator, &[ONCE, OPEN].concat()).await;
    let mut list = list(&exporter, "").await;
    let now = list["now_timestamp_seconds"].as_f64().expect("a number");
    let mut sessions: BTreeMap<String, Value> = BTreeMap::new();
    for mut session in list["sessions"].take().as_array().expect("a list").clone() {
        let read = session["read_timestamp_seconds"]
            .take()
            .as_f64()
            .expect("a number");
        assert!((now - 60.0..=now).contains(&read), "{read} {now}");
        session
            .as_object_mut()
            .unwrap()
            .remove("read_timestamp_seconds");
        sessions.insert(session["id"].as_str().unwrap().to_owned(), session);
    }
    assert_eq!(sessions.len(), 7, "{sessions:?}");
    assert_eq!(list["complete"], true);
    assert_eq!(list["next_cursor"], Value::Null);
    let of_desks = |id: &str, user: &str| {
        json!({
            "id": id, "user": user, "target": "default", "account_id": ACCOUNT, "region": REGION,
            "fleet": "desks", "stack": "office", "pool": null, "pool_name": null,
            "authentication_type": "API", "state": null, "connection": null,
            "start_timestamp_seconds": null, "expiry_timestamp_seconds": null, "instance": null,
            "drain_status": null, "network_interface": null, "addresses": [],
        })
    };
    // AWS returns no type for the session; the request was for API sessions.
    assert_eq!(sessions["s-bare"], of_desks("s-bare", "s-bare@example.com"));
    let mut full = of_desks("s-full", "jane.doe@example.com");
    for (member, value) in [
        ("authentication_type", json!("SAML")),
        ("state", json!("ACTIVE")),
        ("connection", json!("CONNECTED")),
        ("start_timestamp_seconds", json!(1_767_254_400.25)),
        ("expiry_timestamp_seconds", json!(1_767_312_000.0)),
        ("instance", json!("i-0123456789abcdef0")),
        ("drain_status", json!("DRAINING")),
        ("network_interface", json!("eni-0123456789abcdef0")),
        (
            "addresses",
            json!(["10.0.0.7", "2001:db8::7", "2001:db8::8"]),
        ),
    ] {
        full[member] = value;
    }
    assert_eq!(sessions["s-full"], full);
    assert_eq!(sessions["s-odd"]["user"], ODD);
    assert_eq!(
        sessions["p-full"],
        json!({
            "id": "p-full", "user": "jane.pool", "target": "default", "account_id": ACCOUNT, "region": REGION,
            "fleet": null, "stack": null, "pool": POOL, "pool_name": "desk pool",
            "authentication_type": "SAML", "state": null, "connection": "CONNECTED",
            "start_timestamp_seconds": 1_767_254_500.0, "expiry_timestamp_seconds": 1_767_312_100.0,
            "instance": "i-pool", "drain_status": null, "network_interface": "eni-pool",
            "addresses": ["10.0.1.7"],
        })
    );
    assert_eq!(sessions["p-bare"]["connection"], Value::Null);
}

#[tokio::test]
async fn each_parameter_filters() {
    let simulator = company().await;
    let exporter = started(&simulator, &[ONCE, OPEN].concat()).await;
    let all = [
        "s-home", "s-bare", "s-full", "s-gone", "s-odd", "p-bare", "p-full",
    ];
    let of_account = format!("account={ACCOUNT}&region={REGION}");
    for (query, expected) in [
        ("", &all[..]),
        ("user=&state=&limit=&cursor=", &all),
        (&of_account, &all),
        ("account=-", &[]),
        ("account=000000000000", &[]),
        ("region=us-east-1", &[]),
        ("fleet=desks", &all[..3]),
        ("fleet=DESKS&stack=home", &["s-home"]),
        ("fleet=*", &all[..5]),
        ("stack=office", &all[1..5]),
        ("pool=*", &all[5..]),
        (&format!("pool={POOL}"), &all[5..]),
        ("pool=desk+pool", &all[5..]),
        ("pool=*&fleet=*", &[]),
        ("user=jane", &["s-home"]),
        ("user=jane*", &["s-home", "s-full", "p-full"]),
        ("user=*doe*", &["s-full"]),
        ("user=%3Ci%3E%22%C3%BC%26*", &["s-odd"]),
        ("user=nobody", &[]),
        ("state=active", &["s-full", "s-odd"]),
        ("state=PENDING", &["s-home"]),
        ("state=EXPIRED", &["s-gone"]),
        ("state=UNKNOWN", &["s-bare", "p-bare", "p-full"]),
        ("connection=CONNECTED", &["s-full", "p-full"]),
        ("connection=NOT_CONNECTED", &["s-home", "s-gone", "s-odd"]),
        ("connection=UNKNOWN", &["s-bare", "p-bare"]),
        ("connection=CONNECTED&user=jane*&fleet=*", &["s-full"]),
    ] {
        let answer = list(&exporter, query).await;
        assert_eq!(ids(&answer), expected, "{query}");
        assert_eq!(answer["complete"], true, "{query}");
        let page = exporter.get(&format!("/sessions?{query}")).await;
        let rows = page.text().matches("<th scope=\"row\"").count();
        assert_eq!(rows, expected.len(), "{query}");
    }
    let head = exporter.request("HEAD", "/api/v1/sessions", &[]).await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    let post = exporter.request("POST", "/api/v1/sessions", &[]).await;
    assert_eq!(post.header("allow"), Some("GET, HEAD"));
}

#[tokio::test]
async fn bad_parameters_are_refused_in_one_line() {
    let simulator = company().await;
    let exporter = started(&simulator, &[ONCE, OPEN].concat()).await;
    let other =
        "accepted: account, region, fleet, stack, pool, user, state, connection, limit, cursor";
    for (query, line) in [
        (
            "limit=0",
            "limit: \"0\" is not such a number, accepted: 1 to 1000".to_owned(),
        ),
        (
            "limit=1e3",
            "limit: \"1e3\" is not such a number, accepted: 1 to 1000".to_owned(),
        ),
        (
            "cursor=abc",
            "cursor: not a cursor, accepted: next_cursor of another answer".to_owned(),
        ),
        (
            "user=a&user=b",
            "user: given twice, accepted: one value".to_owned(),
        ),
        (
            "usr=%0Ajane",
            format!("\"usr\" is not a parameter, {other}"),
        ),
    ] {
        for path in PATHS {
            let answer = exporter.get(&format!("{path}?{query}")).await;
            assert_eq!(answer.status, 400, "{path}?{query}");
            assert_eq!(answer.text(), format!("400: {line}\n"), "{path}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert_eq!(
                answer.header("content-type"),
                Some("text/plain; charset=utf-8")
            );
        }
    }
}

/// Sessions over two fleets, two stacks and a pool, in no order.
fn many(numbers: std::ops::Range<u32>) -> Region {
    let mut region = Region::new()
        .fleet(Fleet::new("a"))
        .fleet(Fleet::new("b"))
        .stack(Stack::new("x"))
        .stack(Stack::new("y"))
        .associate("a", "x")
        .associate("a", "y")
        .associate("b", "x")
        .pool(Pool::new(POOL, "pool"));
    for number in numbers {
        put(&mut region, number);
    }
    region
}

fn put(region: &mut Region, number: u32) {
    let id = format!("{:x}", number.wrapping_mul(2_654_435_761));
    let kind = ["API", "SAML", "USERPOOL", "AWS_AD"][(number / 4 % 4) as usize];
    let session = |fleet, stack| Session::new(&id, fleet, stack).authentication_type(kind);
    match number % 4 {
        0 => region.put_session(session("a", "x")),
        1 => region.put_session(session("a", "y")),
        2 => region.put_session(session("b", "x")),
        _ => region.put_pool_session(PoolSession::new(&id, POOL)),
    }
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_while_sessions_come_and_go() {
    // Two targets, which see the same world: sessions of the same ids at two places.
    let config = BRISK.replace("max_age: 3s", "max_age: 1h")
        + OPEN
        + "targets: [{name: one, regions: [eu-west-1]}, {name: two, regions: [us-east-1]}]\n";
    let world = World::new(ACCOUNT).region(REGION, many(0..40));
    let simulator = simulator(world.region("us-east-1", many(0..40))).await;
    let exporter = started(&simulator, &config).await;
    exporter
        .until("all sessions", async |exporter| {
            ids(&list(exporter, "limit=1000").await).len() == 80
        })
        .await;
    let whole = list(&exporter, "limit=1000").await;
    let mut seen = Vec::new();
    let mut cursor = String::new();
    for page in 0_u32.. {
        let answer = list(&exporter, &format!("limit=7&cursor={cursor}")).await;
        let sessions = answer["sessions"].as_array().unwrap();
        seen.extend(sessions.iter().map(key));
        let Some(next) = answer["next_cursor"].as_str() else {
            break;
        };
        assert_eq!(sessions.len(), 7);
        next.clone_into(&mut cursor);
        if page % 4 == 1 {
            // The session that the cursor names ends, and sessions start before and after it.
            let (_, _, last) = seen.last().cloned().unwrap();
            simulator.update(|world| {
                for name in [REGION, "us-east-1"] {
                    let region = world.region_mut(name);
                    region.remove_session(&last);
                    region.remove_pool_session(&last);
                    (100 + page * 8..108 + page * 8).for_each(|number| put(region, number));
                }
            });
            exporter.after_refreshes("us-east-1", 2.0).await;
        }
    }
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), seen.len(), "no session comes twice");
    let at_the_end = list(&exporter, "limit=1000").await;
    let at_the_end: Vec<_> = at_the_end["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(key)
        .collect();
    let stayed = whole["sessions"].as_array().unwrap().iter().map(key);
    let stayed: Vec<_> = stayed.filter(|one| at_the_end.contains(one)).collect();
    assert!(stayed.len() > 60, "{}", stayed.len());
    for one in &stayed {
        assert!(seen.contains(one), "{one:?} was skipped");
    }
    let order = |all: &[_]| -> Vec<_> {
        let stayed = all.iter().filter(|one| stayed.contains(one));
        stayed.cloned().collect()
    };
    assert_eq!(order(&seen), order(&at_the_end), "the order stays");
}

/// The identity of a session.
fn key(session: &Value) -> (String, String, String) {
    let text = |member: &str| session[member].as_str().unwrap_or_default().to_owned();
    let place = [text("fleet"), text("stack"), text("pool")].join("/");
    (text("target"), place, text("id"))
}

#[tokio::test]
async fn without_the_key_there_is_no_list() {
    let simulator = company().await;
    let exporter = started(&simulator, ONCE).await;
    for path in PATHS {
        let answer = exporter.get(&format!("{path}?user=jane")).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (404, OFF),
            "{path}"
        );
    }
    for path in ["/", "/status", &format!("/fleets/{ACCOUNT}/{REGION}/desks")] {
        assert!(
            !exporter.get(path).await.text().contains("\"/sessions\""),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_failed_read_keeps_its_list_until_it_is_too_old() {
    let simulator = company().await;
    let exporter = started(&simulator, &[BRISK, OPEN].concat()).await;
    simulator.inject(Fault::deny().operation("DescribeSessions").fleet("desks"));
    let is_incomplete = async |exporter: &Exporter| {
        let list = list(exporter, "").await;
        list["complete"] == false
    };
    exporter
        .until("the list may lack sessions", is_incomplete)
        .await;
    let page = exporter.get("/sessions").await;
    assert!(
        page.text().contains("Some sessions may be missing"),
        "{}",
        page.text()
    );
    let is_gone = async |exporter: &Exporter| ids(&list(exporter, "fleet=desks").await).is_empty();
    exporter.until("the sessions are too old", is_gone).await;
    let are_others_listed = async |exporter: &Exporter| {
        let others = list(exporter, "fleet=other").await;
        ids(&others) == ["s-gone", "s-odd"]
    };
    exporter
        .until("other sessions are still listed", are_others_listed)
        .await;
    simulator.clear_faults();
    let is_back = async |exporter: &Exporter| {
        let list = list(exporter, "").await;
        list["complete"] == true && ids(&list).len() == 7
    };
    exporter.until("all sessions are back", is_back).await;
}

/// A web configuration with the certificates that it may name.
struct Web {
    folder: TempDir,
    authority: Authority,
}

impl Web {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = Authority::new("servers");
        write(folder.path(), "server", &authority.server());
        std::fs::write(folder.path().join("ca.crt"), &authority.certificate).expect("writable");
        let web = Self { folder, authority };
        web.write(text);
        web
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("web.yml")
    }

    fn write(&self, text: &str) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, text).expect("writable");
        std::fs::rename(new, self.path()).expect("writable");
    }

    async fn serve(&self, simulator: &Simulator, config: &str, flags: &[&str]) -> Exporter {
        let mut command = command_at(&simulator.endpoint_url());
        command
            .arg("--web.config.file")
            .arg(self.path())
            .args(flags);
        Exporter::start_with(command, config).await
    }
}

/// The output and exit code of the check of a configuration with this web configuration.
async fn check(config: &str, web: &Path) -> (Option<i32>, String) {
    let (_folder, file) = config_file(config);
    let mut check = command();
    check
        .current_dir(web.parent().expect("a folder"))
        .args(["--config.check", "--web.config.file=web.yml"])
        .arg(format!("--config.file={}", file.display()));
    let output = run(check).await;
    (
        output.status.code(),
        String::from_utf8(output.stderr).expect("text"),
    )
}

#[tokio::test]
async fn it_starts_only_for_readers_who_show_who_they_are() {
    let client_auth =
        |auth: &str| format!("{TLS}  client_ca_file: ca.crt\n  client_auth_type: {auth}\n");
    let reason = "web.yml requires neither passwords nor client certificates, accepted: true with basic_auth_users";
    for (config, web, is_accepted) in [
        (LISTED, TLS.to_owned(), false),
        (LISTED, client_auth("RequestClientCert"), false),
        (LISTED, client_auth("VerifyClientCertIfGiven"), false),
        // Anyone can create a certificate that is not verified.
        (LISTED, client_auth("RequireAnyClientCert"), false),
        (LISTED, client_auth("RequireAndVerifyClientCert"), true),
        (
            LISTED,
            client_auth("VerifyClientCertIfGiven") + "  client_allowed_sans: [a]\n",
            true,
        ),
        (LISTED, DAVE.to_owned(), true),
        (OPEN, TLS.to_owned(), true),
        ("sessions: {list: false}\n", TLS.to_owned(), true),
    ] {
        let files = Web::new(&web);
        let (code, said) = check(config, &files.path()).await;
        assert_eq!(
            code,
            Some(if is_accepted { 0 } else { 64 }),
            "{web}{config}: {said}"
        );
        let lines = usize::from(!is_accepted);
        assert_eq!(said.matches(reason).count(), lines, "{web}{config}: {said}");
    }
    // The start fails like the check, before any call to AWS.
    let simulator = company().await;
    let (_folder, file) = config_file(LISTED);
    let mut start = command_at(&simulator.endpoint_url());
    start.arg("--config.file").arg(&file);
    let output = run(start).await;
    assert_eq!(output.status.code(), Some(64));
    let said = String::from_utf8_lossy(&output.stderr);
    let line = format!(
        "{}: sessions.list: true would show user IDs to everyone",
        file.display()
    );
    assert!(said.contains(&line) && said.lines().count() == 1, "{said}");
    assert!(simulator.calls().is_empty());
}

#[tokio::test]
async fn the_password_is_asked_for() {
    let simulator = company().await;
    let web = Web::new(DAVE);
    let exporter = web.serve(&simulator, &[ONCE, LISTED].concat(), &[]).await;
    refreshed(&exporter).await;
    for path in PATHS {
        let answer = exporter.get(path).await;
        assert_eq!(answer.status, 401, "{path}");
        assert!(!answer.text().contains("jane"), "{path}");
        let answer = exporter.request("GET", path, &[AS_DAVE]).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(answer.text().contains("jane.doe@example.com"), "{path}");
    }
}

#[tokio::test]
async fn a_reload_turns_the_list_on_and_off() {
    let simulator = company().await;
    let config = |sessions: &str| [ONCE, sessions].concat();
    let mut command = command_at(&simulator.endpoint_url());
    command.arg("--web.enable-lifecycle");
    let exporter = Exporter::start_with(command, ONCE).await;
    refreshed(&exporter).await;
    exporter.write_config(&config(LISTED));
    let answer = exporter.reload().await;
    assert_eq!(answer.status, 500);
    let line = "sessions.list: true would show user IDs to everyone: no --web.config.file requires";
    assert!(answer.text().contains(line), "{}", answer.text());
    assert_eq!(exporter.get("/sessions").await.text(), OFF);

    exporter.write_config(&config(OPEN));
    assert_eq!(exporter.reload().await.status, 200);
    let is_listed = async |exporter: &Exporter| {
        let list = list(exporter, "").await;
        // Counts that were read before have no list; the answer does not hide that.
        assert!(list["complete"] == false || ids(&list).len() == 7, "{list}");
        list["complete"] == true
    };
    exporter.until("the sessions are listed", is_listed).await;

    exporter.write_config(&config(""));
    assert_eq!(exporter.reload().await.status, 200);
    for path in PATHS {
        assert_eq!(exporter.get(path).await.text(), OFF);
    }
}

#[tokio::test]
async fn the_web_configuration_cannot_lose_what_the_list_needs() {
    let simulator = company().await;
    let verified =
        format!("{TLS}  client_ca_file: ca.crt\n  client_auth_type: RequireAndVerifyClientCert\n");
    for (config, is_kept) in [(LISTED, true), (OPEN, false), ("", false)] {
        let web = Web::new(&verified);
        let config = [ONCE, config].concat();
        let exporter = web
            .serve(&simulator, &config, &["--web.enable-lifecycle"])
            .await;
        let client = Client::new(&web.authority);
        let known = client.clone().shows(&web.authority.client(Vec::new()));
        let get = async |client: &Client| -> Option<Answer> {
            let answer = client
                .get(&exporter.address(), "/api/v1/sessions", &[])
                .await;
            answer.ok().map(|(_, answer)| answer)
        };
        assert!(get(&client).await.is_none(), "a certificate is needed");
        assert!(get(&known).await.is_some());
        web.write(TLS);
        let texts: &[&str] = if is_kept {
            &[
                "web configuration not reloaded",
                "sessions.list needs basic_auth_users",
            ]
        } else {
            &["web configuration reloaded"]
        };
        let is_logged = async |exporter: &Exporter| {
            get(&known).await;
            !exporter.logged(texts).is_empty()
        };
        exporter.until("the file was looked at", is_logged).await;
        assert_eq!(get(&client).await.is_none(), is_kept, "{config}");
    }
}

/// The lines of AWS's families.
fn of_aws(metrics: &str) -> Vec<&str> {
    let lines = metrics.lines();
    lines
        .filter(|line| !line.contains("_exporter_") && !line.contains("process_"))
        .collect()
}

#[tokio::test]
async fn nothing_of_it_is_anywhere_else() {
    // Without a disconnected session: since when it is depends on the read.
    let mut region = region();
    region.remove_session("s-odd");
    region.remove_session("s-home");
    let world = World::new(ACCOUNT).region(REGION, region);
    let simulator = simulator(world).await;
    let plain = started(&simulator, ONCE).await;
    let mut command = command_at(&simulator.endpoint_url());
    // Also the messages of libraries.
    command.env("RUST_LOG", "debug");
    let exporter = Exporter::start_with(command, &[ONCE, OPEN].concat()).await;
    refreshed(&exporter).await;
    let private = [
        "jane",
        "s-full",
        "s-bare",
        "i-0123456789abcdef0",
        "eni-",
        "10.0.0.7",
        "2001:db8",
        "p-full",
        "i-pool",
    ];
    for path in [
        "/api/v1/sessions?user=jane*",
        "/sessions?user=jane*",
        "/sessions?jane=1",
        "/api/v1/sessions?user=jane&user=jane",
    ] {
        exporter.get(path).await;
    }
    let accepts = [
        "text/plain",
        "application/openmetrics-text",
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    ];
    for accept in accepts {
        let get = async |exporter: &Exporter| {
            exporter
                .request("GET", "/metrics", &[("accept", accept)])
                .await
        };
        let (listed, counted) = (get(&exporter).await, get(&plain).await);
        let (listed, counted) = (
            String::from_utf8_lossy(&listed.body),
            String::from_utf8_lossy(&counted.body),
        );
        assert!(
            private.iter().all(|text| !listed.contains(text)),
            "{accept}"
        );
        if !accept.contains("protobuf") {
            assert!(of_aws(&listed).len() > 50);
            assert_eq!(of_aws(&listed), of_aws(&counted), "{accept}");
        }
    }
    let fleet = format!("/fleets/{ACCOUNT}/{REGION}/desks");
    let pool = format!("/pools/{ACCOUNT}/{REGION}/{POOL}");
    for path in [
        "/",
        "/status",
        "/api/v1/status",
        "/api/v1/fleets?history=1",
        "/api/v1/pools?history=1",
        &fleet,
        &pool,
    ] {
        let answer = exporter.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        for text in private {
            assert!(!answer.text().contains(text), "{text} in {path}");
        }
    }
    let log = exporter.log();
    assert!(
        log.contains("DescribeSessions") && log.contains("a parameter is not accepted"),
        "{log}"
    );
    for text in private {
        assert!(!log.contains(text), "{text} in the log: {log}");
    }
}

#[tokio::test]
async fn the_page_is_for_a_helpdesk() {
    let simulator = company().await;
    let mut command = command_at(&simulator.endpoint_url());
    command.args(["--web.external-url", "https://example.org/x"]);
    let exporter = Exporter::start_with(command, &[ONCE, OPEN].concat()).await;
    let is_ready = async |exporter: &Exporter| exporter.get("/x/-/ready").await.status == 200;
    exporter.until("a refresh", is_ready).await;
    let page = exporter.get("/x/sessions").await;
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for text in [
        "<p class=\"verdict ok\" role=\"status\">7 sessions</p>",
        "Read from AWS at most ",
        "jane.doe@example.com",
        "2026-01-01 08:00:00 UTC",
        "i-0123456789abcdef0",
        "DRAINING",
        "eni-0123456789abcdef0",
        "2001:db8::8",
        "&lt;i&gt;&quot;ü&amp;*",
        "desk pool",
        "data-label=\"Expires\"",
    ] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
    assert!(!page.text().contains("rel=\"next\""));
    let first = exporter.get("/x/sessions?limit=2&fleet=*&user=").await;
    let html = first.text();
    assert!(html.contains("2 sessions, more follow"), "{html}");
    assert!(html.contains("name=\"fleet\" value=\"*\""), "{html}");
    let (_, next) = html.split_once("<a rel=\"next\" href=\"").expect("a link");
    let (next, _) = next.split_once('"').expect("its end");
    let next = next.replace("&amp;", "&");
    assert!(
        next.starts_with("/x/sessions?fleet=*&limit=2&cursor="),
        "{next}"
    );
    let second = exporter.get(&next).await;
    assert!(second.text().contains("s-full"), "{}", second.text());
    assert!(
        second
            .text()
            .contains("href=\"/x/sessions?fleet=*&amp;limit=2\">First page")
    );
    let none = exporter.get("/x/sessions?user=%22%3E%3Cscript%3E").await;
    assert!(none.text().contains("No session matches the search."));
    assert!(none.text().contains("value=\"&quot;&gt;&lt;script&gt;\""));
    for path in [
        "/x/",
        "/x/status",
        &format!("/x/fleets/{ACCOUNT}/{REGION}/desks"),
        "/x/fleets/a/b/c",
    ] {
        let html = exporter.get(path).await;
        assert!(html.text().contains("href=\"/x/sessions\""), "{path}");
    }
}
