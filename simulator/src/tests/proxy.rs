//! The HTTP proxy: requested hosts, forwarded and rejected requests.

use super::*;

const CONNECT: &[u8] =
    b"CONNECT aws.example:443 HTTP/1.1\r\nhost: aws.example:443\r\nconnection: close\r\n\r\n";

/// A request for the list of fleets, with a whole URL as for a proxy.
fn with_url() -> Vec<u8> {
    let request = request("DescribeFleets", &json!({}), &signature("DescribeFleets"));
    let rest = request.strip_prefix(b"POST ").unwrap();
    [b"POST http://user:word@aws.example:8080", rest].concat()
}

/// A tunnel through the proxy.
pub(super) async fn tunnel(simulator: &Simulator) -> TcpStream {
    let mut stream = send_bytes(simulator, CONNECT).await;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200 OK\r\n"));
    stream
}

#[tokio::test]
async fn requests_through_the_proxy_reach_aws_and_their_hosts_are_recorded() {
    let simulator = simulator().await;
    let answer = exchange(&simulator, &with_url()).await.unwrap();
    assert_eq!(answer.names("Fleets", "Name"), ["desks"]);
    let mut stream = tunnel(&simulator).await;
    let request = request("DescribeFleets", &json!({}), &signature("DescribeFleets"));
    stream.write_all(&request).await.unwrap();
    let answer = receive(stream).await.unwrap();
    assert_eq!(answer.names("Fleets", "Name"), ["desks"]);
    let hosts = ["aws.example:8080", "aws.example:443"].map(str::to_owned);
    assert_eq!(simulator.proxied_hosts(), hosts.into());
    assert_eq!(simulator.count("DescribeFleets"), 2);
}

#[tokio::test]
async fn a_proxy_that_refuses_forwards_nothing() {
    let simulator = simulator().await;
    for status in [403, 407] {
        let refusal = Fault::foreign_answer(status, "text/html", "<html>no</html>");
        let id = simulator.inject(refusal.service("proxy"));
        for request in [CONNECT, &with_url()] {
            let answer = exchange(&simulator, request).await.unwrap();
            assert_eq!(
                (answer.status, &*answer.body),
                (status, &b"<html>no</html>"[..])
            );
        }
        simulator.clear(id);
    }
    assert_eq!(simulator.count("DescribeFleets"), 0);
    assert_eq!(simulator.proxied_hosts().len(), 2);

    let close = Fault::close().service("proxy");
    let id = simulator.inject(close.clone());
    for request in [CONNECT, &with_url()] {
        let nothing = send_bytes(&simulator, request).await.read_u8().await;
        assert_eq!(nothing.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
    assert_eq!(simulator.count("DescribeFleets"), 0);
    simulator.clear(id);
    simulator.inject(close.operation("aws.example:443"));
    let answer = exchange(&simulator, &with_url()).await.unwrap();
    assert_eq!(answer.status, 200, "the fault is for another host");
}
