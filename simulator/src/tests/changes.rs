//! A client creates, uses, changes and deletes, in both formats; the clock is paused and moved by hand.

mod fleets;
mod others;
mod random;
mod world;

use super::*;

/// The request format of a client.
#[derive(Clone, Copy, Debug)]
enum Wire {
    /// AWS JSON 1.1, as older SDKs do.
    Json,
    /// Smithy RPC v2 CBOR, as newer SDKs do.
    Cbor,
}

/// A client of an empty account whose clock stands still.
struct Client {
    simulator: Simulator,
    wire: Wire,
}

impl Client {
    async fn new(wire: Wire) -> Self {
        let world = World::new("123456789012");
        let simulator = Simulator::start(world, Options::default()).await.unwrap();
        let client = Self { simulator, wire };
        client
            .control("POST", "clock", json!({"paused": true}))
            .await;
        client
    }

    async fn call(&self, operation: &str, input: Value) -> Answer {
        if operation.contains("Scal") || operation.contains("ScheduledAction") {
            return self.scaling(operation, &input).await;
        }
        let (service, name) = if operation.contains("Workspaces") {
            ("workspaces", "WorkspacesService")
        } else {
            ("appstream", "PhotonAdminProxyService")
        };
        let signature = signature("DescribeFleets").replace("/appstream/", &format!("/{service}/"));
        match self.wire {
            Wire::Json => self.json((service, name), operation, &input).await,
            Wire::Cbor => {
                let mut body = Vec::new();
                ciborium::into_writer(&input, &mut body).unwrap();
                let head = format!(
                    "POST /service/{name}/operation/{operation} HTTP/1.1\r\n\
                     content-type: application/cbor\r\nsmithy-protocol: rpc-v2-cbor\r\n{signature}"
                );
                self.exchange(head, body).await
            }
        }
    }

    /// Calls Application Auto Scaling, which has AWS JSON only.
    async fn scaling(&self, operation: &str, input: &Value) -> Answer {
        let service = ("application-autoscaling", "AnyScaleFrontendService");
        self.json(service, operation, input).await
    }

    async fn json(&self, (service, name): (&str, &str), operation: &str, input: &Value) -> Answer {
        let signature = signature("DescribeFleets").replace("/appstream/", &format!("/{service}/"));
        let head = format!(
            "POST / HTTP/1.1\r\ncontent-type: application/x-amz-json-1.1\r\n\
             x-amz-target: {name}.{operation}\r\n{signature}"
        );
        self.exchange(head, input.to_string().into_bytes()).await
    }

    /// The answer to a call that must succeed.
    async fn ok(&self, operation: &str, input: Value) -> Value {
        let answer = self.call(operation, input).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.document());
        answer.document()
    }

    /// The code of the error of a call that must fail.
    async fn error(&self, operation: &str, input: Value) -> String {
        let answer = self.call(operation, input).await;
        assert_ne!(answer.status, 200, "{operation}: {}", answer.document());
        let kind = answer.document()["__type"].as_str().unwrap().to_owned();
        kind.rsplit('#').next().unwrap().to_owned()
    }

    async fn control(&self, method: &str, path: &str, input: Value) -> Value {
        let answer = self.try_control(method, path, input).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.document());
        answer.document()
    }

    async fn try_control(&self, method: &str, path: &str, input: Value) -> Answer {
        let head = format!("{method} /_simulator/{path} HTTP/1.1\r\n");
        self.exchange(head, input.to_string().into_bytes()).await
    }

    /// Lets so many seconds pass.
    async fn pass(&self, seconds: i32) {
        self.control("POST", "clock", json!({"advance": seconds}))
            .await;
    }

    /// Fetches a streaming URL.
    async fn fetch(&self, url: &str, action: &str) -> Answer {
        let address = format!("http://{}/", self.simulator.address());
        let path = url.strip_prefix(&address).unwrap();
        let action = if action.is_empty() {
            String::new()
        } else {
            format!("?action={action}")
        };
        self.exchange(format!("GET /{path}{action} HTTP/1.1\r\n"), Vec::new())
            .await
    }

    async fn exchange(&self, head: String, body: Vec<u8>) -> Answer {
        let (address, length) = (self.simulator.address(), body.len());
        let rest =
            format!("host: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        let mut request = (head + &rest).into_bytes();
        request.extend(body);
        exchange(&self.simulator, &request).await.unwrap()
    }

    /// A streaming URL of a user of the fleet `desks` and the stack `office`.
    async fn url(&self, user: &str) -> String {
        let input = json!({
            "FleetName": "desks", "StackName": "office", "UserId": user, "Validity": 604_800
        });
        let url = self.ok("CreateStreamingURL", input).await;
        url["StreamingURL"].as_str().unwrap().to_owned()
    }

    /// The fleet `desks`.
    async fn fleet(&self) -> Value {
        self.ok("DescribeFleets", json!({"Names": ["desks"]})).await["Fleets"][0].clone()
    }

    /// `Desired`, `Running`, `InUse` and `Available` of the fleet `desks`.
    async fn instances(&self) -> [i64; 4] {
        figures(
            &self.fleet().await,
            ["Desired", "Running", "InUse", "Available"],
        )
    }

    /// Desired, actual, active and available sessions of the fleet `desks`.
    async fn slots(&self) -> [i64; 4] {
        let names = ["Desired", "Actual", "Active", "Available"];
        let names = names.map(|name| format!("{name}UserSessions"));
        figures(&self.fleet().await, names.each_ref().map(String::as_str))
    }

    /// State and connection state of the sessions of the fleet `desks`, in order of arrival.
    async fn sessions(&self) -> Vec<(String, String)> {
        let input = json!({"FleetName": "desks", "StackName": "office"});
        let sessions = self.ok("DescribeSessions", input).await;
        let sessions = sessions["Sessions"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        sessions
            .map(|session| (text(&session["State"]), text(&session["ConnectionState"])))
            .collect()
    }

    /// A running fleet `desks` with these members, associated with the stack `office`.
    async fn running_fleet(&self, members: Value) {
        let mut input = json!({
            "Name": "desks", "InstanceType": "stream.standard.medium", "ImageName": "office-2026",
            "FleetType": "ALWAYS_ON", "ComputeCapacity": {"DesiredInstances": 2},
        });
        let members = members.as_object().unwrap().clone();
        input.as_object_mut().unwrap().extend(members);
        self.ok("CreateFleet", input).await;
        self.ok("CreateStack", json!({"Name": "office"})).await;
        let pair = json!({"FleetName": "desks", "StackName": "office"});
        self.ok("AssociateFleet", pair).await;
        self.ok("StartFleet", json!({"Name": "desks"})).await;
        self.pass(600).await;
        assert_eq!(self.fleet().await["State"], "RUNNING");
    }
}

fn figures(fleet: &Value, names: [&str; 4]) -> [i64; 4] {
    names.map(|name| fleet["ComputeCapacityStatus"][name].as_i64().unwrap_or(-1))
}

fn pair(state: &str, connection_state: &str) -> (String, String) {
    (state.to_owned(), connection_state.to_owned())
}
