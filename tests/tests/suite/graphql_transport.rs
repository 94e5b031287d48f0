//! GraphQL on the wire of the whole server: compression, entity tags, budgets and registered operations as an operator sets them.

use api::graphql::Code;
use domain::config::Switch;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use std::io::Read;
use std::num::NonZeroU32;
use tests::dicom::study;
use tests::{Client, TestApp};

/// What a worklist shows, and looks at again every few seconds.
const WORKLIST: &str = "{ studies(first: 50) { nodes { id studyId patientName numberOfSeries
    centre { id name } jobs(first: 5) { nodes { kind state progress } } series(first: 10) { nodes { id modality } } } } }";

fn get(client: &Client, query: &str) -> RequestBuilder {
    client.gql_get(&[("query", query)])
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

fn number(response: &Response, name: &str) -> u32 {
    header(response, name).parse().unwrap_or_else(|_| panic!("{name} is no number: {response:?}"))
}

const SCHEMA: &str = "{ __schema { types { name description fields { name description } } } }";

#[tokio::test]
async fn large_answers_of_all_faces_are_compressed_for_those_who_want_it() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    admin.upload(study(3)).await;
    // Metrics come in another order each time.
    for (request, alike) in [
        (get(&admin, SCHEMA), usize::MAX),
        (admin.rest(Method::GET, "/metrics"), "# TYPE ".len()),
    ] {
        let plain = request.try_clone().unwrap().send().await.unwrap();
        let small = request.header("accept-encoding", "gzip").send().await.unwrap();
        for answer in [&plain, &small] {
            assert!(
                answer.headers().get_all("vary").iter().any(|value| value == "Accept-Encoding"),
                "{answer:?}"
            );
        }
        assert_eq!(
            (header(&plain, "content-encoding"), header(&small, "content-encoding")),
            ("", "gzip")
        );
        let (plain, small) = (plain.text().await.unwrap(), small.bytes().await.unwrap());
        assert!(small.len() * 2 < plain.len(), "{} of {}", small.len(), plain.len());
        let mut inflated = String::new();
        flate2::read::GzDecoder::new(&small[..]).read_to_string(&mut inflated).unwrap();
        assert!(inflated.chars().take(alike).eq(plain.chars().take(alike)));
    }
    let tiny = get(&admin, "{ __typename }").header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(header(&tiny, "content-encoding"), "");
    let bodies = admin.rest(Method::POST, "/graphql").header("content-encoding", "gzip");
    let bomb = bodies.header("content-type", "application/json").body(vec![0_u8; 100]).send().await.unwrap();
    assert_eq!(
        bomb.status(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "bodies are not inflated"
    );
}

#[tokio::test]
async fn events_are_not_compressed_and_come_at_once() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let stream = get(&admin, "subscription { studyUpdated { cursor study { patientName } } }")
        .header("accept", "text/event-stream")
        .header("accept-encoding", "gzip")
        .send()
        .await
        .unwrap();
    assert_eq!(header(&stream, "content-encoding"), "");
    admin.upload(study(1)).await;
    let mut stream = stream;
    let mut text = String::new();
    while !text.contains("event: next") {
        text += &String::from_utf8_lossy(&stream.chunk().await.unwrap().expect("the stream goes on"));
    }
}

#[tokio::test]
async fn an_answer_that_did_not_change_is_304_and_patient_data_is_kept_by_no_cache() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for (query, cache) in [
        (WORKLIST, "no-store"),
        (SCHEMA, "private, no-cache"),
        ("{ __typename }", "private, no-cache"),
    ] {
        let first = get(&admin, query).send().await.unwrap();
        assert_eq!(header(&first, "cache-control"), cache, "{query}");
        let tag = header(&first, "etag").to_owned();
        assert!(tag.starts_with('"') && tag.len() > 20, "{tag}");
        let again = get(&admin, query).header("if-none-match", &tag).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{query}");
        assert_eq!(
            (header(&again, "etag"), header(&again, "cache-control")),
            (tag.as_str(), cache)
        );
        assert!(again.bytes().await.unwrap().is_empty());
    }
    let tag = header(&get(&admin, WORKLIST).send().await.unwrap(), "etag").to_owned();
    admin.upload(study(1)).await;
    let changed = get(&admin, WORKLIST).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(header(&changed, "etag"), tag);
}

#[tokio::test]
async fn each_encoding_has_its_own_tag_and_errors_and_posts_have_none() {
    let app = TestApp::new().await;
    let nobody = app.anonymous();
    let plain = get(&nobody, SCHEMA).send().await.unwrap();
    let small = get(&nobody, SCHEMA).header("accept-encoding", "gzip").send().await.unwrap();
    assert_ne!(header(&plain, "etag"), header(&small, "etag"));
    let again = get(&nobody, SCHEMA)
        .header("accept-encoding", "gzip")
        .header("if-none-match", header(&small, "etag"));
    assert_eq!(again.send().await.unwrap().status(), StatusCode::NOT_MODIFIED);
    let wrong = get(&nobody, "{").header("accept", "application/graphql-response+json").header("if-none-match", "*");
    let wrong = wrong.send().await.unwrap();
    assert_eq!((wrong.status(), header(&wrong, "etag")), (StatusCode::BAD_REQUEST, ""));
    let posted = nobody
        .rest(Method::POST, "/graphql")
        .json(&json!({ "query": "{ __typename }" }))
        .send()
        .await
        .unwrap();
    assert_eq!(header(&posted, "etag"), "");
}

#[tokio::test]
async fn a_busy_viewer_stays_far_within_the_default_budget() {
    let app = TestApp::with(|config| config.rate_limits = Switch::On).await;
    let admin = app.admin().await;
    admin.data(WORKLIST, json!({})).await;
    let mut costs = 0;
    for _ in 0..12 {
        let answer = get(&admin, WORKLIST).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        costs += number(&answer, "x-query-cost");
    }
    let answer = get(&admin, "{ me { id } }").send().await.unwrap();
    let (limit, remaining) = (
        number(&answer, "x-ratelimit-limit"),
        number(&answer, "x-ratelimit-remaining"),
    );
    assert!(
        costs >= 12 * 50 && costs < limit / 2,
        "a worklist every five seconds costs {costs} of {limit}"
    );
    assert!(remaining > limit / 2 && remaining < limit, "{remaining}");
}

#[tokio::test]
async fn budgets_are_of_users_and_of_addresses_and_can_be_switched_off() {
    let limited = |switch| {
        TestApp::with(move |config| {
            config.rate_limits = switch;
            config.graphql_max_cost = 100;
            config.graphql_cost_per_minute = NonZeroU32::new(100).unwrap();
        })
    };
    let app = limited(Switch::On).await;
    let (admin, radiologist) = (app.admin().await, app.radiologist().await);
    let dear = "{ users(first: 45) { nodes { id } } }";
    let statuses = async |client: &Client| {
        let first = get(client, dear).send().await.unwrap().status();
        (first, get(client, dear).send().await.unwrap().status())
    };
    let once = (StatusCode::OK, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(statuses(&admin).await, once);
    assert_eq!(statuses(&radiologist).await, once);
    // Nobody in particular pays with the others at the address, who signed in from there.
    let nobody = get(&app.anonymous(), dear).send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::OK);

    let app = limited(Switch::Off).await;
    let admin = app.admin().await;
    assert_eq!(statuses(&admin).await, (StatusCode::OK, StatusCode::OK));
    assert_eq!(
        header(&get(&admin, dear).send().await.unwrap(), "x-ratelimit-limit"),
        ""
    );
}

#[tokio::test]
async fn limits_of_documents_are_settings() {
    let app = TestApp::with(|config| {
        config.graphql_max_depth = 3;
        config.graphql_max_cost = 50;
        config.graphql_max_aliases = 0;
        config.graphql_max_batch = 1;
    })
    .await;
    let admin = app.admin().await;
    for (query, code) in [
        ("{ users { nodes { centre { id } } } }", "DOCUMENT_TOO_LARGE"),
        ("{ a: __typename }", "DOCUMENT_TOO_LARGE"),
        ("{ users(first: 60) { __typename } }", "OPERATION_TOO_COSTLY"),
    ] {
        let answer = admin.gql(query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
    }
    let batch = json!([{ "query": "{ __typename }" }, { "query": "{ __typename }" }]);
    let answer = admin.rest(Method::POST, "/graphql").json(&batch).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn with_a_file_of_operations_nothing_else_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("persisted_queries.json");
    let me = "query Me { me { username } }";
    std::fs::write(&file, json!({ "1f2e": me }).to_string()).unwrap();
    let app = TestApp::with(|config| config.graphql_operations = Some(file)).await;
    let nobody = app.anonymous();
    let ask = async |body: Value| {
        let answer = nobody.rest(Method::POST, "/graphql").json(&body).send().await.unwrap();
        (answer.status(), answer.json::<Value>().await.unwrap())
    };
    for body in [json!({ "documentId": "1f2e" }), json!({ "query": me })] {
        assert_eq!(ask(body).await, (StatusCode::OK, json!({ "data": { "me": null } })));
    }
    let (status, answer) = ask(json!({ "query": "{ me { username } }" })).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(answer["errors"][0]["extensions"]["code"], "OPERATION_NOT_REGISTERED");
}

#[test]
fn every_error_code_is_documented() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let texts: String = std::fs::read_dir(docs)
        .unwrap()
        .filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok())
        .collect();
    let missing: Vec<_> = Code::ALL
        .iter()
        .map(|code| code.as_str())
        .filter(|code| !texts.contains(&format!("`{code}`")))
        .collect();
    assert!(missing.is_empty(), "not in docs: {missing:?}");
}
