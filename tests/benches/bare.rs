//! A bare hyper server that answers every request with the bytes of a file: what
//! `/metrics` is measured against. `tests/bench.sh` runs it.
//!
//! Called as `bare FILE`; prints where it listens.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program whose output is its purpose"
)]

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() {
    // Cargo's own arguments come before, and are options.
    let file = std::env::args().skip(1).find(|one| !one.starts_with("--"));
    let Some(file) = file else {
        return;
    };
    let body = Bytes::from(std::fs::read(file).unwrap());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    println!("address={}", listener.local_addr().unwrap());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let body = body.clone();
        let answer = move |_: Request<hyper::body::Incoming>| {
            let body = Full::new(body.clone());
            async move { Ok::<_, Infallible>(Response::new(body)) }
        };
        let connection = http1::Builder::new();
        tokio::spawn(connection.serve_connection(TokioIo::new(stream), service_fn(answer)));
    }
}
