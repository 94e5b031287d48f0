//! Documents and bodies made to exhaust the server: each is refused, and the server answers the next request.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::server::{TestServer, impatient};

/// Sends a document; gives its status and the code of its first error.
async fn send(server: &TestServer, query: &str) -> (StatusCode, String) {
    send_body(server, json!({ "query": query }).to_string()).await
}

async fn send_body(server: &TestServer, body: String) -> (StatusCode, String) {
    let response = server.post(body).send().await.unwrap();
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    let code = body["errors"][0]["extensions"]["code"].as_str();
    (status, code.unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_hundred_thousand_levels_of_nesting_are_refused_in_every_shape() {
    let server = TestServer::new().await;
    let deep = 100_000;
    let nested = [
        "{".repeat(deep),
        "{a".repeat(20_000),
        format!("{{ echo(text: {}) }}", "[".repeat(20_000)),
        format!("{{ echo(text: {}) }}", "{a:".repeat(20_000)),
        format!("query($a: {}) {{ caller }}", "[".repeat(20_000)),
        format!("{{ {} }}", "...{".repeat(10_000)),
        format!("query @a(b: {}) {{ caller }}", "[".repeat(20_000)),
    ];
    for query in nested {
        let (status, code) = send(&server, &query).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(code, "DOCUMENT_TOO_LARGE");
    }
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let value = format!("{}1{}", open.repeat(deep), close.repeat(deep));
        let body = format!(r#"{{"query":"{{ caller }}","variables":{{"v":{value}}}}}"#);
        let (status, code) = send_body(&server, body).await;
        assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"));
        let (status, _) = send_body(&server, value).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(send(&server, "{ caller }").await.0, StatusCode::OK);
}

#[tokio::test]
async fn nesting_up_to_the_limit_is_parsed_and_answered() {
    let server = TestServer::new().await;
    let fields = |deep: usize| format!("{{ {} caller {} }}", "me {".repeat(deep - 1), "}".repeat(deep - 1));
    assert_eq!(send(&server, &fields(15)).await.0, StatusCode::OK);
    assert_eq!(send(&server, &fields(16)).await.1, "DOCUMENT_TOO_LARGE");
    let spread = "{ ...F } fragment F on Query { me { ...G } } fragment G on Query { caller }";
    assert_eq!(send(&server, spread).await.0, StatusCode::OK);
    let (_, code) = send(&server, &"{ me ".repeat(47)).await;
    assert_eq!(code, "GRAPHQL_PARSE_FAILED");
    let list = format!("{{ echo(text: {}{}) }}", "[".repeat(45), "]".repeat(45));
    assert_eq!(send(&server, &list).await.1, "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn fragments_that_double_thirty_times_are_refused_instead_of_followed() {
    let server = TestServer::new().await;
    let mut query = "{ ...F0 }".to_owned();
    for level in 0..30 {
        let next = level + 1;
        query += &format!(" fragment F{level} on Query {{ ...F{next} ...F{next} }}");
    }
    query += " fragment F30 on Query { caller }";
    let (status, code) = send(&server, &query).await;
    assert_eq!((status, code.as_str()), (StatusCode::BAD_REQUEST, "DOCUMENT_TOO_LARGE"));
}

#[tokio::test]
async fn a_fragment_that_contains_itself_is_refused() {
    let server = TestServer::new().await;
    let query = "{ ...A } fragment A on Query { me { ...B } } fragment B on Query { ...A }";
    let (status, code) = send(&server, query).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(code, "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn a_chain_of_as_many_fragments_as_fit_is_survived() {
    let server = TestServer::new().await;
    let mut query = "{ ...F0 }".to_owned();
    for level in 0..120 {
        query += &format!(" fragment F{level} on Query {{ ...F{} }}", level + 1);
    }
    query += " fragment F120 on Query { caller }";
    let (status, _) = send(&server, &query).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(send(&server, "{ caller }").await.0, StatusCode::OK);
}

#[tokio::test]
async fn too_many_tokens_aliases_directives_and_bytes_are_refused() {
    let server = TestServer::new().await;
    let aliases: String = (0..16).map(|n| format!("a{n}: caller ")).collect();
    for query in [
        format!("{{ {} }}", "caller ".repeat(1_000)),
        format!("{{ {aliases} }}"),
        format!("{{ caller {} }}", "@skip(if: false) ".repeat(51)),
        format!("{{ caller }} # {}", "x".repeat(70_000)),
    ] {
        let (status, code) = send(&server, &query).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(code, "DOCUMENT_TOO_LARGE");
    }
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_413_and_the_refusal_arrives() {
    let server = TestServer::new().await;
    for bytes in [(1 << 20) + 1, 8 << 20] {
        let (status, code) = send(&server, &"x".repeat(bytes)).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(code, "PAYLOAD_TOO_LARGE");
    }
    let chunks = futures::stream::repeat_with(|| Ok::<_, std::io::Error>("x".repeat(65_536)));
    let endless = futures::StreamExt::take(chunks, 64);
    let response = server.post("").body(reqwest::Body::wrap_stream(endless)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up() {
    let server = TestServer::with(impatient()).await;
    let stalled = futures::StreamExt::chain(
        futures::stream::iter([Ok::<_, std::io::Error>(r#"{"query":"#)]),
        futures::stream::pending(),
    );
    let response = server.post("").body(reqwest::Body::wrap_stream(stalled)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn the_introspection_that_tools_send_is_within_the_limits() {
    let server = TestServer::new().await;
    let of_type = "ofType { kind name ".repeat(9) + &"}".repeat(9);
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }}
         subscriptionType {{ name kind }} types {{ ...FullType }}
         directives {{ name description isRepeatable locations args(includeDeprecated: true) {{ ...InputValue }} }} }} }}
         fragment FullType on __Type {{ kind name description specifiedByURL isOneOf
         fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ ...InputValue }}
         type {{ ...TypeRef }} isDeprecated deprecationReason }}
         inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }}
         enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }}
         possibleTypes {{ ...TypeRef }} }}
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue
         isDeprecated deprecationReason }}
         fragment TypeRef on __Type {{ kind name {of_type} }}"
    );
    assert_eq!(send(&server, &query).await, (StatusCode::OK, String::new()));
}
