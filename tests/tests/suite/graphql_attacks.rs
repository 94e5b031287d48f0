//! What scanners of GraphQL servers try (graphql-cop and its kind), and what a foreign page could make a browser send: each against the
//! whole server as it runs by default.

use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tests::{Client, TestApp};

const GRAPHQL: &str = "application/graphql-response+json";

/// Sends a request body; status and code of the first error.
async fn refused(client: &Client, body: Value) -> (StatusCode, String) {
    let response = post(client, body).await;
    let status = response.status();
    (status, code(&response.json().await.unwrap()))
}

async fn post(client: &Client, body: Value) -> Response {
    client.rest(Method::POST, "/graphql").header("accept", GRAPHQL).json(&body).send().await.unwrap()
}

fn code(answer: &Value) -> String {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

fn too_large() -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, "DOCUMENT_TOO_LARGE".into())
}

#[tokio::test]
async fn overloading_with_aliases_is_refused() {
    let app = TestApp::new().await;
    let aliases: String = (0..101).map(|n| format!("alias{n}: __typename ")).collect();
    let query = json!({ "query": format!("query {{ {aliases} }}") });
    assert_eq!(refused(&app.anonymous(), query).await, too_large());
}

#[tokio::test]
async fn a_long_batch_is_refused() {
    let app = TestApp::new().await;
    let batch = Value::from(vec![json!({ "query": "{ __typename }" }); 11]);
    let answer = refused(&app.anonymous(), batch).await;
    assert_eq!(answer, (StatusCode::BAD_REQUEST, "TOO_MANY_OPERATIONS".into()));
}

#[tokio::test]
async fn overloading_with_directives_is_refused() {
    let app = TestApp::new().await;
    for directives in ["@aa".repeat(51), "@skip(if: false) ".repeat(51)] {
        let query = json!({ "query": format!("query {{ __typename {directives} }}") });
        assert_eq!(refused(&app.anonymous(), query).await, too_large());
    }
}

#[tokio::test]
async fn introspection_that_circles_is_refused() {
    let app = TestApp::new().await;
    let circle = "{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }";
    assert_eq!(refused(&app.anonymous(), json!({ "query": circle })).await, too_large());
}

#[tokio::test]
async fn fragments_that_circle_are_refused() {
    let app = TestApp::new().await;
    let circle = "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }";
    let answer = refused(&app.anonymous(), json!({ "query": circle })).await;
    assert_eq!(answer, (StatusCode::BAD_REQUEST, "GRAPHQL_VALIDATION_FAILED".into()));
}

#[tokio::test]
async fn a_field_that_is_repeated_is_refused() {
    let app = TestApp::new().await;
    for field in ["__typename ", "me { id } "] {
        let query = json!({ "query": format!("{{ {} }}", field.repeat(100)) });
        assert_eq!(refused(&app.anonymous(), query).await, too_large());
    }
}

#[tokio::test]
async fn a_misspelled_field_is_told_no_other_name() {
    let app = TestApp::new().await;
    for query in [
        "{ systemUpdat }",
        "{ studie { nodes { id } } }",
        "{ studies(frist: 1) { nodes { id } } }",
        "{ me { idd } }",
    ] {
        let answer = post(&app.anonymous(), json!({ "query": query })).await.text().await.unwrap();
        assert!(answer.contains("GRAPHQL_VALIDATION_FAILED"), "{answer}");
        assert!(!answer.to_lowercase().contains("did you mean"), "{answer}");
    }
}

#[tokio::test]
async fn introspection_is_there_for_tools_unless_it_is_switched_off() {
    let tools = "{ __schema { queryType { name } } }";
    let app = TestApp::new().await;
    assert_eq!(
        app.anonymous().data(tools, json!({})).await["__schema"]["queryType"]["name"],
        "Query"
    );

    let app = TestApp::with(|config| config.graphql_introspection = domain::config::Switch::Off).await;
    for query in [
        tools,
        "{ __type(name: \"User\") { name } }",
        "{ ...F } fragment F on Query { s: __schema { types { name } } }",
    ] {
        let answer = refused(&app.admin().await, json!({ "query": query })).await;
        assert_eq!(
            answer,
            (StatusCode::BAD_REQUEST, "INTROSPECTION_DISABLED".into()),
            "{query}"
        );
    }
    assert_eq!(
        app.anonymous().data("{ __typename }", json!({})).await["__typename"],
        "Query"
    );
}

#[tokio::test]
async fn no_answer_tells_of_tracing_also_when_asked() {
    let app = TestApp::new().await;
    let request = app.anonymous().rest(Method::POST, "/graphql").header("x-apollo-tracing", "1");
    let response = request
        .header("apollo-tracing", "1")
        .json(&json!({ "query": "{ __typename }" }))
        .send()
        .await
        .unwrap();
    let answer: Value = response.json().await.unwrap();
    assert_eq!(answer, json!({ "data": { "__typename": "Query" } }));
}

#[tokio::test]
async fn the_endpoint_is_no_page_for_a_browser() {
    let app = TestApp::new().await;
    for path in ["/graphql", "/graphql?query={__typename}"] {
        let page = app.anonymous().rest(Method::GET, path).header("accept", "text/html").send().await.unwrap();
        assert_eq!(page.status(), StatusCode::NOT_ACCEPTABLE);
        assert!(!page.text().await.unwrap().contains('<'));
    }
}

#[tokio::test]
async fn nonsense_is_an_error_with_a_code_and_tells_nothing_of_the_inside() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for body in [
        json!({ "query": "query { abc" }),
        json!({ "query": "query cop { unknown }" }),
        json!({ "query": "{ node(id: \"' OR 1=1 --\") { __typename } }" }),
        json!({ "query": "{ node(id: \"\\u0000\") { __typename } }" }),
        json!({ "query": "{ study(id: \"../../etc/passwd\") { id } }" }),
        json!({ "query": "{ studies(after: \"'; DROP TABLE study; --\") { nodes { id } } }" }),
        json!({ "query": "{ studies(first: -1) { nodes { id } } }" }),
        json!({ "query": "query($a: Int!) { studies(first: $a) { nodes { id } } }", "variables": { "a": 1e300 } }),
        json!({ "query": "{ __typename }", "operationName": "Other" }),
        json!({ "query": 1 }),
        json!(1),
        json!({ "query": "{ __typename }", "variables": [1] }),
    ] {
        let response = post(&admin, body.clone()).await;
        assert!(response.status().as_u16() < 500, "{body}");
        let text = response.text().await.unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        let is_null = answer["data"].as_object().is_some_and(|data| data.values().all(Value::is_null));
        assert!(is_null || !code(&answer).is_empty(), "{body}: {text}");
        for inside in [
            "panicked", ".rs:", "SELECT", "sqlx", "sqlite", "rusqlite", "postgres", "/home", "/root",
        ] {
            assert!(!text.contains(inside), "{body}: {text}");
        }
    }
}

/// Sends requests that would make a centre, and looks whether one was made.
async fn makes_no_centre(requests: impl Fn(&Client) -> Vec<RequestBuilder>, expected: StatusCode) {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let count = async || admin.data("{ centres(first: 100) { nodes { id } } }", json!({})).await;
    let before = count().await;
    for request in requests(&admin) {
        let response = request.header("accept", "*/*").send().await.unwrap();
        assert_eq!(response.status(), expected, "{response:?}");
    }
    assert_eq!(count().await, before);
}

const MUTATIONS: [(&str, &str); 3] = [
    (
        "mutation { centreCreate(input: { name: \"Forged\" }) { centre { id } } }",
        "",
    ),
    (
        "mutation M { centreCreate(input: { name: \"Forged\" }) { centre { id } } }",
        "",
    ),
    (
        "query Q { __typename } mutation M { centreCreate(input: { name: \"Forged\" }) { centre { id } } }",
        "M",
    ),
];

#[tokio::test]
async fn a_mutation_runs_by_no_get() {
    let requests = |admin: &Client| {
        let one = |(query, name): &(&str, &str)| admin.gql_get(&[("query", *query), ("operationName", *name)]);
        MUTATIONS.iter().map(one).collect()
    };
    makes_no_centre(requests, StatusCode::METHOD_NOT_ALLOWED).await;
}

#[tokio::test]
async fn a_mutation_runs_from_no_form() {
    let requests = |admin: &Client| {
        let one = |(query, name): &(&str, &str)| {
            admin.rest(Method::POST, "/graphql").form(&[("query", *query), ("operationName", *name)])
        };
        MUTATIONS.iter().map(one).collect()
    };
    makes_no_centre(requests, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
}

#[tokio::test]
async fn a_mutation_runs_from_no_plain_text_and_from_no_untyped_body() {
    let requests = |admin: &Client| {
        let mut all = Vec::new();
        for (query, name) in MUTATIONS {
            let body = json!({ "query": query, "operationName": name }).to_string();
            for media in [
                "text/plain",
                "text/plain; charset=application/json",
                "application/graphql",
            ] {
                all.push(admin.rest(Method::POST, "/graphql").header("content-type", media).body(body.clone()));
            }
            all.push(admin.rest(Method::POST, "/graphql").body(body));
        }
        all
    };
    makes_no_centre(requests, StatusCode::UNSUPPORTED_MEDIA_TYPE).await;
}

#[tokio::test]
async fn a_form_with_files_needs_a_header_that_no_foreign_page_can_send() {
    let app = TestApp::new().await;
    let operations = json!({ "query": tests::client::UPLOAD, "variables": { "files": [null] } }).to_string();
    let form = Form::new().text("operations", operations).text("map", r#"{"0":["variables.files.0"]}"#);
    // Without the token, which is a header that needs a preflight itself.
    let request = app.anonymous().rest(Method::POST, "/graphql").multipart(form.text("0", "file"));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let answer: Value = response.json().await.unwrap();
    assert!(
        answer["errors"][0]["message"].as_str().unwrap().contains("GraphQL-Preflight"),
        "{answer}"
    );
}
