//! Promise: the pages work in a browser: without JavaScript, on a phone, in light and dark; their script
//! and their security policy go together; and text from elsewhere stays text.

use appstream_simulator::{
    Capacity, Fault, Fleet, Pool, PoolSession, Region, Session, Stack, World,
};
use serde_json::Value;

use crate::common::{ACCOUNT, BRISK, COLLECTORS, Exporter, REGION, simulator};
use crate::support::browser::{self, Between};

const SCRIPT: &str = "<script>alert(1)</script>";
/// One refresh, which the test can look at for as long as it likes.
const ONCE: &str = "\
refresh: {interval: 1h, timeout: 20s, max_age: 2h}
aws: {requests_per_second: 100, burst: 100}
";

/// A fleet in a stack, a fleet with a name that is markup, and a pool.
fn world() -> World {
    let region = Region::new()
        .fleet(Fleet::new("fleet"))
        .fleet(Fleet::new(SCRIPT))
        .stack(Stack::new("stack"))
        .associate("fleet", "stack")
        .associate(SCRIPT, "stack")
        .pool(Pool::new("wspool-aaaaaaaaa", "pool"));
    World::new(ACCOUNT).region(REGION, region)
}

/// The fault that makes the name that is markup come up.
fn script_fault() -> Fault {
    Fault::deny().operation("DescribeSessions").fleet(SCRIPT)
}

/// Waits until the status that the page shows is as awaited.
async fn status_once(exporter: &Exporter, what: &str, holds: impl Fn(&Value) -> bool) {
    exporter
        .until(what, async |exporter| {
            let answer = exporter.get("/api/v1/status").await;
            holds(&serde_json::from_slice(&answer.body).expect("JSON"))
        })
        .await;
}

#[tokio::test]
async fn markup_from_elsewhere_is_text_and_breaks_no_policy() {
    let simulator = simulator(world()).await;
    simulator.inject(script_fault());
    simulator.inject(
        Fault::error_code(400, "<img src=x onerror=alert(2)>", "</script>")
            .operation("DescribeWorkspacesPools"),
    );
    let exporter = Exporter::start(&simulator, ONCE).await;
    status_once(&exporter, "a refresh", |status| status["ready"] == true).await;
    let seen = browser::open(
        &format!("http://{}/status", exporter.address()),
        &["--virtual-time-budget=2000"],
    )
    .await;
    assert_eq!(
        seen.console, [""; 0],
        "no violation of the policy, no error"
    );
    assert_eq!(
        seen.title(),
        format!("3 of {COLLECTORS} collectors fail – appstream-exporter")
    );
    assert_eq!(
        seen.dom.matches("<script").count(),
        1,
        "its own: {}",
        seen.dom
    );
    assert!(
        seen.dom.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{}",
        seen.dom
    );
    assert!(!seen.dom.contains("<img"), "{}", seen.dom);
}

#[tokio::test]
async fn the_page_is_whole_without_javascript() {
    let simulator = simulator(world()).await;
    simulator.inject(script_fault());
    let exporter = Exporter::start(&simulator, ONCE).await;
    status_once(&exporter, "a refresh", |status| {
        status["ready"] == true && status["targets"][0]["regions"][0]["refreshing"] == false
    })
    .await;
    let url = format!("http://{}/status", exporter.address());
    let flags = ["--virtual-time-budget=12000"];
    let seen = browser::open_without_javascript(&url, &flags).await;
    assert_eq!(seen.console, [""; 0]);
    let fetched = [("handler", "/status"), ("code", "200")];
    let metrics = exporter.metrics().await;
    metrics.assert("appstream_exporter_http_requests_total", &fetched, 1.0);
    for text in [
        &format!("1 of {COLLECTORS} collectors fail"),
        "What fails",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "Next refresh",
        "workspaces_pool_sessions",
        "API requests in the last refresh",
        "Reload the page for newer values.",
    ] {
        assert!(seen.dom.contains(text), "{text}: {}", seen.dom);
    }
}

#[tokio::test]
async fn the_page_updates_itself_and_says_when_nobody_answers() {
    let simulator = simulator(world()).await;
    simulator.inject(script_fault());
    let exporter = Exporter::start(&simulator, BRISK).await;
    status_once(&exporter, "a failure", |status| {
        status["summary"]["state"] == "failing"
    })
    .await;
    let flags = ["--virtual-time-budget=12000"];
    let between = Between::start().await;

    let lost = between.open(&flags, async |request| match request {
        1 => Some(exporter.get("/status").await),
        _ => None,
    });
    let lost = lost.await;
    assert_eq!(lost.title(), "No answer – appstream-exporter");
    for text in [
        "No answer from the exporter",
        "class=\"lost\"",
        &format!("1 of {COLLECTORS} collectors fail"),
    ] {
        assert!(lost.dom.contains(text), "{text}: {}", lost.dom);
    }
    assert!(!lost.dom.contains(HIDDEN), "{}", lost.dom);

    // The first answer fails, the second does not come, and after that all is well.
    let updated = between.open(&flags, async |request| {
        match request {
            1 => {}
            2 => return None,
            _ => {
                simulator.clear_faults();
                let well = |status: &Value| status["summary"]["state"] == "ok";
                status_once(&exporter, "all is well", well).await;
            }
        }
        Some(exporter.get("/status").await)
    });
    let updated = updated.await;
    assert_eq!(updated.title(), "All well – appstream-exporter");
    for text in [">All well</p>", HIDDEN] {
        assert!(updated.dom.contains(text), "{text}: {}", updated.dom);
    }
    assert!(!updated.dom.contains("What fails"), "{}", updated.dom);
    let violations = updated
        .console
        .iter()
        .filter(|line| line.contains("Security Policy"));
    assert_eq!(violations.count(), 0, "{:?}", updated.console);
}

/// The place where the page reports a lost connection.
const HIDDEN: &str = "<p id=\"lost\" role=\"alert\" hidden=\"\">";

/// Measures a page in a frame: its width, and the contrast of each text.
const MEASURE: &str = r#"
<script>
const channel = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = (colour) => {
  const [red, green, blue] = parts(colour).map((part) => channel(part / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const measure = (frame) => {
  const page = frame.contentDocument;
  const style = (element) => frame.contentWindow.getComputedStyle(element);
  const back = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = style(one).backgroundColor;
      if ((parts(colour)[3] ?? 1) > 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  let texts = 0;
  const low = [];
  const walk = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || element.closest('script, noscript')) continue;
    const pair = [luminance(style(element).color), luminance(back(element))].sort((a, b) => b - a);
    const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
    texts += 1;
    if (contrast < 4.5) low.push(`${walk.currentNode.data.trim()} ${contrast.toFixed(2)}`);
  }
  const root = page.documentElement;
  document.title = `${root.scrollWidth} of ${root.clientWidth}, ${texts > 50 ? 'many' : texts} texts, back ${style(page.body).backgroundColor}, low [${low.join('; ')}]`;
};
</script>
"#;

#[tokio::test]
async fn it_fits_a_phone_and_can_be_read_in_light_and_dark() {
    let simulator = simulator(world()).await;
    simulator.inject(script_fault());
    simulator.inject(Fault::throttle().operation("DescribeFleets").times(1));
    let config = format!(
        "{ONCE}targets:\n  - {{name: one, regions: [{REGION}]}}\n  - {{name: {}, regions: [{REGION}]}}\n",
        "long".repeat(30)
    );
    let exporter = Exporter::start(&simulator, &config).await;
    status_once(&exporter, "a refresh", |status| status["ready"] == true).await;
    exporter.write_config("no: configuration");
    exporter.signal("HUP");
    status_once(&exporter, "the configuration is refused", |status| {
        status["config"]["last_reload_successful"] == false
    })
    .await;
    let script_path = format!("/fleets/{ACCOUNT}/{REGION}/%3Cscript%3Ealert%281%29%3C%2Fscript%3E");
    for (path, most_width) in [("/status", 1_000), ("/", 1_920), (&script_path, 1_000)] {
        let page = exporter.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        for width in [360, most_width] {
            assert_readable(page.text(), width, path).await;
        }
    }
}

/// The page is as wide as its window, and each of its texts has contrast, in light and dark.
async fn assert_readable(page: &str, width: u32, path: &str) {
    let page = page.replace('&', "&amp;").replace('"', "&quot;");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("page.html");
    let frame = format!(
        "<!DOCTYPE html>{MEASURE}<iframe style=\"width:{width}px;height:800px;border:0\" onload=\"measure(this)\" srcdoc=\"{page}\"></iframe>"
    );
    std::fs::write(&file, frame).expect("the folder is writable");
    for (scheme, back) in [(1, "rgb(255, 255, 255)"), (0, "rgb(20, 23, 26)")] {
        let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
        let seen = browser::open_file(&file, &[&scheme, "--hide-scrollbars"]).await;
        assert_eq!(
            seen.title(),
            format!("{width} of {width}, many texts, back {back}, low []"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_wall_is_whole_without_javascript_and_breaks_no_policy() {
    let simulator = simulator(world()).await;
    simulator.inject(script_fault());
    let exporter = Exporter::start(&simulator, ONCE).await;
    status_once(&exporter, "a refresh", |status| status["ready"] == true).await;
    let path = format!("/fleets/{ACCOUNT}/{REGION}/fleet");
    for (path, texts) in [
        (
            "/?q=e",
            &[
                "Last 2 hours",
                "<svg class=\"bar\"",
                "Needs attention",
                "&lt;script&gt;alert(1)",
            ][..],
        ),
        (
            &path,
            &["<h2 id=\"sessions\">", "Settings", "<path class=\"area\""],
        ),
    ] {
        let url = format!("http://{}{path}", exporter.address());
        let flags = ["--virtual-time-budget=3000"];
        for seen in [
            browser::open(&url, &flags).await,
            browser::open_without_javascript(&url, &flags).await,
        ] {
            assert_eq!(seen.console, [""; 0], "{path}");
            assert_eq!(seen.dom.matches("<script").count(), 1, "{path}");
            for text in texts {
                assert!(seen.dom.contains(text), "{text}: {}", seen.dom);
            }
        }
    }
}

#[tokio::test]
async fn the_wall_updates_itself_when_the_order_changes() {
    let region = |in_use| {
        let capacity = |_| Capacity::instances(10, 10, in_use);
        let calm = Fleet::new("calm").capacity(|_| Capacity::instances(10, 10, 5));
        Region::new()
            .fleet(calm)
            .fleet(Fleet::new("moving").capacity(capacity))
    };
    let (before, after) = (
        simulator(World::new(ACCOUNT).region(REGION, region(1))).await,
        simulator(World::new(ACCOUNT).region(REGION, region(10))).await,
    );
    let (before, after) = (
        Exporter::start(&before, ONCE).await,
        Exporter::start(&after, ONCE).await,
    );
    for exporter in [&before, &after] {
        status_once(exporter, "a refresh", |status| status["ready"] == true).await;
    }
    let between = Between::start().await;
    let seen = between.open(&["--virtual-time-budget=20000"], async |request| {
        let exporter = if request == 1 { &before } else { &after };
        Some(exporter.get("/").await)
    });
    let seen = seen.await;
    assert_eq!(seen.title(), "1 of 2 needs attention – appstream-exporter");
    let place = |name: &str| seen.dom.find(&format!("<bdi>{name}</bdi>")).expect(name);
    assert!(place("moving") < place("calm"), "{}", seen.dom);
    assert!(seen.dom.contains("Full: 10 of 10 instances in use"));
    assert_eq!(seen.dom.matches("<tr").count(), 3, "{}", seen.dom);
}

#[tokio::test]
async fn the_session_list_needs_no_javascript_and_fits_a_phone() {
    let mut world = world();
    let region = world.region_mut(REGION);
    for number in 0..9 {
        let session = Session::new(format!("{number}"), "fleet", "stack")
            .user(format!("{SCRIPT}{}", "long".repeat(30)))
            .started_at(1_767_254_400.0)
            .instance("i-0123456789abcdef0")
            .network("10.0.0.7", "eni-0123456789abcdef0");
        region.put_session(session);
    }
    region.put_pool_session(PoolSession::new("pool-session", "wspool-aaaaaaaaa"));
    let simulator = simulator(world).await;
    let list = "sessions: {list: true, list_without_authentication: true}\n";
    let exporter = Exporter::start(&simulator, &[ONCE, list].concat()).await;
    status_once(&exporter, "a refresh", |status| status["ready"] == true).await;
    let path = "/sessions?user=*long&limit=5";
    let url = format!("http://{}{path}", exporter.address());
    let flags = ["--virtual-time-budget=3000"];
    for seen in [
        browser::open(&url, &flags).await,
        browser::open_without_javascript(&url, &flags).await,
    ] {
        assert_eq!(seen.console, [""; 0]);
        assert_eq!(seen.dom.matches("<script").count(), 1);
        for text in [
            "5 sessions, more follow",
            "&lt;script&gt;alert(1)&lt;/script&gt;long",
            "Next page",
        ] {
            assert!(seen.dom.contains(text), "{text}: {}", seen.dom);
        }
    }
    for path in [path, "/sessions"] {
        let page = exporter.get(path).await;
        for width in [360, 1_920] {
            assert_readable(page.text(), width, path).await;
        }
    }
}
