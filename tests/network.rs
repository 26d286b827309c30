//! Promise: what is between the exporter and AWS is named when it fails.

mod common;
#[path = "common/peer.rs"]
mod peer;

use std::collections::BTreeSet;

use common::{BRISK, Exporter, REGION, command_at, failed};
use peer::{Peer, Reply, http};

const FAILURES: &str = "appstream_exporter_aws_request_failures_total";

/// What a peer in the place of AWS leads to: the code of each collector's failure.
async fn codes(reply: Reply) -> (Exporter, BTreeSet<String>) {
    let peer = Peer::start(move |_| reply.clone()).await;
    let exporter = Exporter::start_with(command_at(&peer.url()), BRISK).await;
    let metrics = exporter
        .eventually("everything has failed", |metrics| {
            failed(metrics, REGION).len() == 5 && metrics.has(FAILURES, &[])
        })
        .await;
    let codes = metrics.family(FAILURES);
    let codes = codes
        .map(|series| series.label("error_code").to_owned())
        .collect();
    (exporter, codes)
}

#[tokio::test]
async fn a_connection_that_is_closed_before_the_answer_is_no_connection() {
    let (exporter, codes) = codes(Reply::Close).await;
    assert_eq!(codes, BTreeSet::from(["connect".to_owned()]));
    let lines = exporter.logged(&["collectors failed"]);
    assert!(!lines.is_empty(), "{}", exporter.log());
    for line in lines {
        assert!(
            line.contains("code=connect") && line.contains("cannot reach AWS"),
            "{line}"
        );
    }
}

#[tokio::test]
async fn a_429_without_a_code_is_throttling() {
    let (exporter, codes) = codes(http("429 Too Many Requests", "<html>slow down</html>")).await;
    assert_eq!(
        codes,
        BTreeSet::from(["TooManyRequestsException".to_owned()])
    );
    let lines = exporter.logged(&["collectors failed"]);
    for line in &lines {
        assert!(line.contains("code=TooManyRequestsException"), "{line}");
        assert!(line.contains("too many requests: HTTP 429"), "{line}");
    }
    assert!(!lines.is_empty());
    exporter
        .until("fewer requests are sent", async |exporter| {
            let status = exporter.get("/api/v1/status").await;
            status.text().contains("\"throttled\":true")
        })
        .await;
    let metrics = exporter.metrics().await;
    let requests = metrics.sum(
        "appstream_exporter_aws_requests_total",
        &[("operation", "DescribeFleets")],
    );
    assert!(requests >= 2.0, "it is retried: {requests}");
}
