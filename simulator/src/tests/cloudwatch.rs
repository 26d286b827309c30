//! `GetMetricData` in each format, asked by hand.

use super::*;

/// Two minutes of rejected sessions, one that comes late, and a metric that fails.
fn measured() -> World {
    let at = |minute: f64| 1_767_254_400.0 + 60.0 * minute;
    let rejected = Metric::fleet("desks", "InsufficientCapacityError")
        .datapoint(Datapoint::count(at(1.0), 3.0))
        .datapoint(Datapoint::count(at(0.0), 2.0))
        .datapoint(Datapoint::count(at(2.0), 9.0).published_at(4e9));
    let region = Region::new().metric(rejected).metric(
        Metric::pool("wspool-abcdefghi", "InsufficientCapacityError").status("InternalError"),
    );
    World::new("123456789012").region(REGION, region)
}

async fn measuring(most: usize) -> Simulator {
    let world = measured().most_results(most);
    Simulator::start(world, Options::default()).await.unwrap()
}

fn query(id: &str, (namespace, dimension, of): (&str, &str, &str)) -> Value {
    json!({"Id": id, "MetricStat": {
        "Metric": {
            "Namespace": namespace,
            "MetricName": "InsufficientCapacityError",
            "Dimensions": [{"Name": dimension, "Value": of}],
        },
        "Period": 60,
        "Stat": "Sum",
    }})
}

fn input() -> Value {
    json!({
        "MetricDataQueries": [
            query("a", ("AWS/AppStream", "Fleet", "desks")),
            query("b", ("AWS/WorkSpaces", "WorkSpaces pool ID", "wspool-abcdefghi")),
            query("c", ("AWS/AppStream", "Fleet", "idle")),
        ],
        "StartTime": 1_767_254_400,
        "EndTime": 1_767_254_700,
        "ScanBy": "TimestampAscending",
    })
}

const CBOR: &str = "content-type: application/cbor\r\nsmithy-protocol: rpc-v2-cbor\r\n";
const JSON: &str = "content-type: application/x-amz-json-1.0\r\n\
    x-amz-target: GraniteServiceVersion20100801.GetMetricData\r\n";
const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";

async fn post(simulator: &Simulator, path: &str, headers: &str, body: &[u8]) -> Answer {
    let length = body.len();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: simulator\r\nconnection: close\r\n\
         content-length: {length}\r\n{headers}authorization: AWS4-HMAC-SHA256 \
         Credential=AKIDEXAMPLE/20260101/{REGION}/monitoring/aws4_request, \
         SignedHeaders=host, Signature=00\r\n\r\n"
    )
    .into_bytes();
    request.extend(body);
    exchange(simulator, &request).await.unwrap()
}

async fn cbor(simulator: &Simulator, input: &Value, headers: &str) -> Answer {
    let mut body = Vec::new();
    ciborium::into_writer(input, &mut body).unwrap();
    let path = "/service/GraniteServiceVersion20100801/operation/GetMetricData";
    post(simulator, path, &format!("{CBOR}{headers}"), &body).await
}

fn results(answer: &Answer) -> Value {
    answer.document()["MetricDataResults"].clone()
}

#[tokio::test]
async fn datapoints_that_have_come_are_answered_in_cbor_and_json() {
    let simulator = measuring(usize::MAX).await;
    let json = post(&simulator, "/", JSON, input().to_string().as_bytes()).await;
    let cbor = cbor(&simulator, &input(), "").await;
    for answer in [json, cbor] {
        let results = results(&answer);
        let values = |place: usize| {
            (
                results[place]["Values"].clone(),
                results[place]["StatusCode"].clone(),
            )
        };
        assert_eq!(values(0), (json!([2.0, 3.0]), json!("Complete")));
        assert_eq!(
            results[0]["Timestamps"],
            json!([1_767_254_400.0, 1_767_254_460.0])
        );
        assert_eq!(values(1), (json!([]), json!("InternalError")));
        assert_eq!(values(2), (json!([]), json!("Complete")));
    }
}

#[tokio::test]
async fn pages_say_what_is_not_complete_yet() {
    let simulator = measuring(1).await;
    let mut input = input();
    let first = cbor(&simulator, &input, "").await;
    assert_eq!(results(&first)[0]["StatusCode"], "PartialData");
    input["NextToken"] = first.next_token().unwrap().into();
    let second = cbor(&simulator, &input, "").await;
    let expected = json!([{
        "Id": "a", "Label": "InsufficientCapacityError", "Timestamps": [1_767_254_460.0],
        "Values": [3.0], "StatusCode": "Complete",
    }]);
    assert_eq!((results(&second), second.next_token()), (expected, None));
}

#[tokio::test]
async fn the_query_protocol_has_xml_and_its_codes_are_in_a_header_elsewhere() {
    let simulator = measuring(usize::MAX).await;
    let metric = "MetricDataQueries.member.1.MetricStat.Metric";
    let form = format!(
        "Action=GetMetricData&Version=2010-08-01&MetricDataQueries.member.1.Id=a\
         &{metric}.Namespace=AWS/AppStream&{metric}.MetricName=InsufficientCapacityError\
         &{metric}.Dimensions.member.1.Name=Fleet&{metric}.Dimensions.member.1.Value=desks\
         &MetricDataQueries.member.1.MetricStat.Period=60\
         &MetricDataQueries.member.1.MetricStat.Stat=Sum\
         &StartTime=2026-01-01T08:00:00Z&EndTime=2026-01-01T08:05:00Z"
    );
    let answer = post(&simulator, "/", FORM, form.as_bytes()).await;
    let body = answer.element("GetMetricDataResult");
    let expected = "<Timestamps><member>2026-01-01T08:01:00Z</member>\
                    <member>2026-01-01T08:00:00Z</member></Timestamps>\
                    <Values><member>3</member><member>2</member></Values>";
    assert!(body.contains(expected), "{body}");

    simulator.inject(Fault::throttle());
    let answer = post(&simulator, "/", FORM, form.as_bytes()).await;
    assert_eq!(answer.element("Code"), "Throttling");
    let mode = "x-amzn-query-mode: true\r\n";
    let answer = cbor(&simulator, &input(), mode).await;
    assert!(
        answer
            .head
            .contains("x-amzn-query-error: throttling;sender"),
        "{}",
        answer.head
    );
    let answer = cbor(&simulator, &input(), "").await;
    assert!(
        !answer.head.contains("x-amzn-query-error"),
        "{}",
        answer.head
    );
    assert_eq!(
        answer.error().1,
        "com.amazonaws.cloudwatch#ThrottlingException"
    );
}

#[tokio::test]
async fn requests_that_aws_refuses_are_refused() {
    let simulator = measuring(usize::MAX).await;
    let many: Vec<Value> = (0..501)
        .map(|id| query(&format!("q{id}"), ("AWS/AppStream", "Fleet", "desks")))
        .collect();
    let changes: [(&str, Value); 4] = [
        ("MetricDataQueries", json!([])),
        ("MetricDataQueries", json!(many)),
        (
            "MetricDataQueries",
            json!([query("Q", ("AWS/AppStream", "Fleet", "desks"))]),
        ),
        ("EndTime", json!(1_767_254_400)),
    ];
    for (member, value) in changes {
        let mut input = input();
        input[member] = value;
        let answer = cbor(&simulator, &input, "").await;
        assert_eq!(
            answer.error().1,
            "com.amazonaws.cloudwatch#ValidationException",
            "{member}"
        );
    }
}
