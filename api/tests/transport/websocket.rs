//! graphql-transport-ws on raw sockets: every close code, and what ends an operation or a socket.

use std::time::Duration;

use api::graphql::transport::Settings;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::server::{TestServer, impatient};

/// A client of the subprotocol.
pub struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    pub async fn connect(server: &TestServer, protocol: &str) -> Self {
        let mut request = format!("ws://{}/graphql", server.address).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        Self(connect_async(request).await.unwrap().0)
    }

    /// A socket whose `connection_init` was acknowledged.
    pub async fn greeted(server: &TestServer, caller: &str) -> Self {
        let mut client = Self::connect(server, "graphql-transport-ws").await;
        client.init(caller).await;
        assert_eq!(client.next().await["type"], "connection_ack");
        client
    }

    async fn init(&mut self, caller: &str) {
        let authorization = format!("Bearer {caller}");
        self.send(json!({"type": "connection_init", "payload": {"Authorization": authorization}})).await;
    }

    pub async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({"type": "subscribe", "id": id, "payload": {"query": query}})).await;
    }

    /// The next message.
    pub async fn next(&mut self) -> Value {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) => {}
                other => panic!("{other:?} instead of a message"),
            }
        }
    }

    /// Code and reason of the close frame; messages before it are skipped.
    async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.0.next().await.unwrap().unwrap() {
                Message::Close(Some(frame)) => {
                    return (frame.code.into(), frame.reason.to_string());
                }
                Message::Close(None) => panic!("a close frame without a code"),
                _ => {}
            }
        }
    }
}

#[tokio::test]
async fn an_operation_runs_as_the_caller_of_connection_init() {
    let server = TestServer::new().await;
    let mut client = Client::greeted(&server, "ada").await;
    client.subscribe("q", "{ caller }").await;
    assert_eq!(
        client.next().await,
        json!({"type": "next", "id": "q", "payload": {"data": {"caller": "ada"}}})
    );
    assert_eq!(client.next().await, json!({"type": "complete", "id": "q"}));
}

#[tokio::test]
async fn subscriptions_run_side_by_side_and_their_ids_may_return() {
    let server = TestServer::new().await;
    let mut client = Client::greeted(&server, "ada").await;
    client.subscribe("quiet", "subscription { forever }").await;
    assert_eq!(client.next().await["payload"]["data"]["forever"], 0);
    for _ in 0..2 {
        client.subscribe("c", "subscription { count(to: 2) }").await;
        assert_eq!(client.next().await["payload"]["data"]["count"], 1);
        assert_eq!(client.next().await["payload"]["data"]["count"], 2);
        assert_eq!(client.next().await, json!({"type": "complete", "id": "c"}));
    }
}

#[tokio::test]
async fn complete_of_the_client_ends_an_operation_without_an_echo() {
    let server = TestServer::new().await;
    let mut client = Client::greeted(&server, "ada").await;
    client.subscribe("1", "subscription { forever }").await;
    client.next().await;
    client.send(json!({"type": "complete", "id": "1"})).await;
    client.send(json!({"type": "complete", "id": "unknown"})).await;
    client.subscribe("1", "{ caller }").await;
    assert_eq!(client.next().await["payload"]["data"]["caller"], "ada");
}

#[tokio::test]
async fn what_fails_before_it_runs_ends_with_error_and_the_socket_lives_on() {
    let server = TestServer::new().await;
    let mut client = Client::greeted(&server, "ada").await;
    let deep = "{me".repeat(10_000);
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ unknown }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($t: String!) { echo(text: $t) }", "GRAPHQL_VALIDATION_FAILED"),
        (deep.as_str(), "DOCUMENT_TOO_LARGE"),
    ] {
        client.subscribe("1", query).await;
        let message = client.next().await;
        assert_eq!(message["type"], "error");
        assert_eq!(message["payload"][0]["extensions"]["code"], code);
    }
    client.subscribe("1", "{ fails }").await;
    assert_eq!(client.next().await["type"], "next");
    assert_eq!(client.next().await["type"], "complete");
}

#[tokio::test]
async fn a_ping_is_answered_with_its_payload_at_any_time() {
    let server = TestServer::new().await;
    let mut client = Client::connect(&server, "graphql-transport-ws").await;
    client.send(json!({"type": "ping", "payload": {"n": 1}})).await;
    let pong = json!({"type": "pong", "payload": {"n": 1}});
    assert_eq!(client.next().await, pong);
    client.init("ada").await;
    assert_eq!(client.next().await["type"], "connection_ack");
    client.send(json!({"type": "pong"})).await;
    client.send(json!({"type": "ping"})).await;
    assert_eq!(client.next().await, json!({"type": "pong"}));
}

#[tokio::test]
async fn what_is_no_message_closes_with_4400() {
    let server = TestServer::new().await;
    let deep = format!(r#"{{"type":"ping","payload":{}"#, "[".repeat(100_000));
    let large = format!(r#"{{"type":"ping","payload":"{}"}}"#, "x".repeat(1 << 20));
    for frame in [
        Message::text("no JSON"),
        Message::text(r#"{"type":"start"}"#),
        Message::text(r#"{"type":"subscribe","id":"1"}"#),
        Message::text(r#"{"type":"subscribe","id":"","payload":{"query":"{ caller }"}}"#),
        Message::binary(r#"{"type":"ping"}"#),
        Message::text(deep),
        Message::text(large),
    ] {
        let mut client = Client::greeted(&server, "ada").await;
        client.0.send(frame).await.unwrap();
        assert_eq!(client.closed().await.0, 4400);
    }
}

#[tokio::test]
async fn the_handshake_closes_with_4401_4406_and_4429() {
    let server = TestServer::new().await;
    let mut client = Client::connect(&server, "graphql-transport-ws").await;
    client.subscribe("1", "{ caller }").await;
    assert_eq!(client.closed().await.0, 4401);

    let mut twice = Client::greeted(&server, "ada").await;
    twice.init("ada").await;
    assert_eq!(twice.closed().await.0, 4429);

    let (mut other, _) = connect_async(format!("ws://{}/graphql", server.address)).await.unwrap();
    let Some(Ok(Message::Close(Some(frame)))) = other.next().await else {
        panic!("a socket without the subprotocol was kept");
    };
    assert_eq!(u16::from(frame.code), 4406);
}

#[tokio::test]
async fn silence_instead_of_connection_init_closes_with_4408() {
    let settings = Settings {
        init_timeout: Duration::from_millis(50),
        ..Settings::default()
    };
    let server = TestServer::with(settings).await;
    let mut silent = Client::connect(&server, "graphql-transport-ws").await;
    assert_eq!(silent.closed().await.0, 4408);
}

#[tokio::test]
async fn an_id_in_use_closes_with_4409() {
    let server = TestServer::new().await;
    let mut client = Client::greeted(&server, "ada").await;
    client.subscribe("1", "subscription { forever }").await;
    client.subscribe("1", "subscription { forever }").await;
    let (code, reason) = client.closed().await;
    assert_eq!((code, reason.as_str()), (4409, "Subscriber for 1 already exists"));
}

#[tokio::test]
async fn refused_expired_and_revoked_credentials_close_with_4403() {
    let server = TestServer::new().await;
    let mut client = Client::connect(&server, "graphql-transport-ws").await;
    client.init("refused").await;
    let (code, reason) = client.closed().await;
    assert_eq!((code, reason.as_str()), (4403, "The token is not known."));

    for caller in ["expired", "brief"] {
        let mut client = Client::connect(&server, "graphql-transport-ws").await;
        client.init(caller).await;
        let (code, reason) = client.closed().await;
        assert_eq!(code, 4403);
        assert!(reason.starts_with("Token expired"));
    }

    let mut client = Client::greeted(&server, "ada").await;
    client.subscribe("1", "subscription { forever }").await;
    client.next().await;
    server.gate.revoke.cancel();
    let (code, reason) = client.closed().await;
    assert_eq!(code, 4403);
    assert!(reason.starts_with("Session ended"));
}

#[tokio::test]
async fn a_client_whose_token_expired_comes_back_with_another() {
    let server = TestServer::new().await;
    let mut client = Client::greeted(&server, "brief").await;
    assert_eq!(client.closed().await.0, 4403);
    let mut again = Client::greeted(&server, "ada").await;
    again.subscribe("1", "{ caller }").await;
    assert_eq!(again.next().await["payload"]["data"]["caller"], "ada");
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_dropped_and_one_that_does_stays() {
    let settings = Settings {
        ping_interval: Duration::from_millis(50),
        ..Settings::default()
    };
    let server = TestServer::with(settings).await;
    // A client answers pings while it reads, and this one does not read.
    let _mute = Client::greeted(&server, "ada").await;
    let mute = server.gate.last_session.lock().unwrap().clone();
    let mut live = Client::greeted(&server, "ada").await;
    let mut pings = 0;
    while pings < 6 {
        match live.0.next().await.unwrap().unwrap() {
            Message::Ping(_) => pings += 1,
            other => panic!("{other:?} instead of a ping"),
        }
    }
    mute.cancelled().await;
    live.subscribe("1", "{ caller }").await;
    assert_eq!(live.next().await["payload"]["data"]["caller"], "ada");
}

#[tokio::test]
async fn the_operation_beyond_the_cap_ends_with_error() {
    let server = TestServer::new().await;
    let mut client = Client::greeted(&server, "ada").await;
    for id in 0..100 {
        client.subscribe(&id.to_string(), "subscription { forever }").await;
    }
    client.subscribe("beyond", "{ caller }").await;
    let refused = loop {
        let message = client.next().await;
        if message["type"] == "error" {
            break message;
        }
    };
    assert_eq!(refused["id"], "beyond");
    assert_eq!(refused["payload"][0]["extensions"]["code"], "TOO_MANY_OPERATIONS");
    client.send(json!({"type": "complete", "id": "7"})).await;
    client.subscribe("beyond", "{ caller }").await;
    while client.next().await["id"] != "beyond" {}
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_closed_as_too_slow() {
    let server = TestServer::with(impatient()).await;
    let mut client = Client::greeted(&server, "ada").await;
    client.subscribe("1", "subscription { flood }").await;
    client.next().await;
    // Nobody reads until the server has given up; what lies in the socket's buffers then drains.
    server.gate.flood_ended.cancelled().await;
    assert_eq!(client.closed().await.0, 1013);
}

#[tokio::test]
async fn a_server_that_stops_says_so_with_1001() {
    let server = TestServer::new().await;
    let mut client = Client::greeted(&server, "ada").await;
    server.shutdown.cancel();
    assert_eq!(client.closed().await.0, 1001);
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_session_and_operations() {
    let server = TestServer::new().await;
    let mut client = Client::greeted(&server, "ada").await;
    client.subscribe("1", "subscription { flood }").await;
    client.next().await;
    let session = server.gate.last_session.lock().unwrap().clone();
    drop(client);
    server.gate.flood_ended.cancelled().await;
    session.cancelled().await;
}
