//! A server that answers HTTP requests as a test says: instance metadata, a proxy, or something
//! that is not AWS.
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What a request gets.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Status line, headers and body.
    Http(String),
    /// Nothing, for ever.
    Silence,
    /// The end of the connection.
    Close,
}

/// Decides by the request line.
type Rule = Box<dyn Fn(&str) -> Reply + Send>;

/// A server on loopback, which ends with the test.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) address: String,
    rule: Arc<Mutex<Rule>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// A server that answers by this rule.
    pub(crate) async fn start(rule: impl Fn(&str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let peer = Self {
            address,
            rule: Arc::new(Mutex::new(Box::new(rule))),
            requests: Arc::default(),
        };
        let server = peer.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(server.clone().answer(stream));
            }
        });
        peer
    }

    /// Answers by another rule from now on.
    pub(crate) fn answers(&self, rule: impl Fn(&str) -> Reply + Send + 'static) {
        *self.rule.lock().expect("nobody panics with it") = Box::new(rule);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The request lines so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("nobody panics with it").clone()
    }

    fn reply(&self, request: String) -> Reply {
        let reply = self.rule.lock().expect("nobody panics with it")(&request);
        let mut requests = self.requests.lock().expect("nobody panics with it");
        requests.push(request);
        reply
    }

    /// One request for each connection.
    async fn answer(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        let Some(request) = head(&mut stream).await else {
            return;
        };
        match self.reply(request) {
            // A client that has gone away needs no answer.
            Reply::Http(answer) => drop(stream.get_mut().write_all(answer.as_bytes()).await),
            Reply::Silence => std::future::pending().await,
            Reply::Close => {}
        }
    }
}

/// The request line, once the whole request is read: an answer before that would be a reset.
async fn head(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut request, mut length) = (String::new(), 0);
    stream.read_line(&mut request).await.ok()?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(request.trim_end().to_owned())
}

/// An answer with a status and a body.
pub(crate) fn http(status: &str, body: &str) -> Reply {
    http_with(status, "", body)
}

/// The same with further headers, each with its line break.
pub(crate) fn http_with(status: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Http(format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    ))
}

/// Instance metadata in this region, of an instance without a role.
pub(crate) fn metadata(region: &str) -> impl Fn(&str) -> Reply + Send + use<> {
    let region = region.to_owned();
    move |request| match request {
        "PUT /latest/api/token HTTP/1.1" => http_with(
            "200 OK",
            "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n",
            "token",
        ),
        "GET /latest/meta-data/placement/region HTTP/1.1" => http("200 OK", &region),
        _ => http("404 Not Found", ""),
    }
}
