//! Rate limits (contract X-31): who is counted where, what is told, and that they hold over several processes.

use domain::Config;
use domain::config::Switch;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use std::num::NonZeroU32;
use std::time::Duration;
use tests::dicom::study;
use tests::process::{DEADLINE, Installation, Process};
use tests::wait::until;
use tests::{Client, TestApp};

fn n(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

/// A server with limits on, changed further.
async fn limited(change: impl FnOnce(&mut Config)) -> TestApp {
    TestApp::with(|config| {
        config.rate_limits = Switch::On;
        change(config);
    })
    .await
}

async fn get(client: &Client, path: &str) -> Response {
    client.rest(Method::GET, path).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// The `detail` of an answer that must be 429 and say when to come back.
async fn refused(response: Response) -> String {
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    let seconds: u64 = header(&response, "retry-after").parse().unwrap();
    assert!((1..=3_600).contains(&seconds), "{seconds}");
    assert_eq!(header(&response, "x-ratelimit-remaining"), "0");
    let body: Value = response.json().await.unwrap();
    body["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn x_31_an_address_may_ask_so_often_in_a_minute() {
    let app = limited(|config| config.rate_limit_ip_per_minute = n(3)).await;
    let nobody = app.anonymous();
    for left in ["2", "1", "0"] {
        let answer = get(&nobody, "/auth/me").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(header(&answer, "ratelimit-policy"), r#""ip";q=3;w=60"#);
        assert!(header(&answer, "ratelimit").starts_with(&format!(r#""ip";r={left};t="#)));
        assert_eq!(
            (
                header(&answer, "x-ratelimit-limit"),
                header(&answer, "x-ratelimit-remaining")
            ),
            ("3", left)
        );
    }
    let detail = refused(get(&nobody, "/auth/me").await).await;
    assert!(
        detail.contains("at most 3 requests from one address are answered in a minute"),
        "{detail}"
    );
    let sign_in = nobody.rest(Method::POST, "/auth/token").form(&[("username", "a"), ("password", "b")]);
    assert_eq!(sign_in.send().await.unwrap().status(), StatusCode::TOO_MANY_REQUESTS);

    let answer = nobody
        .rest(Method::POST, "/graphql")
        .json(&json!({ "query": "{ me { id } }" }))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (answer.status(), header(&answer, "retry-after").is_empty()),
        (StatusCode::TOO_MANY_REQUESTS, false)
    );
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "RATE_LIMITED");

    for free in ["/health", "/graphiql"] {
        let answer = get(&nobody, free).await;
        assert_eq!(
            (answer.status(), header(&answer, "ratelimit")),
            (StatusCode::OK, ""),
            "{free}"
        );
    }
    let claim = nobody.rest(Method::POST, "/workers/v1/claim").json(&json!({})).send().await.unwrap();
    assert_ne!(claim.status(), StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn x_31_a_user_may_ask_so_often_in_an_hour_and_graphql_is_paid_by_cost() {
    let app = limited(|config| config.rate_limit_user_per_hour = n(2)).await;
    let (one, other) = (
        app.technician_of(app.centre).await,
        app.technician_of(app.other_centre).await,
    );
    for left in [1, 0] {
        let answer = get(&one, "/auth/me").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(
            header(&answer, "ratelimit-policy"),
            r#""ip";q=100;w=60, "user";q=2;w=3600"#
        );
        assert!(header(&answer, "ratelimit").contains(&format!(r#""user";r={left};t="#)));
        assert_eq!(
            header(&answer, "x-ratelimit-limit"),
            "2",
            "old clients hear of the tightest"
        );
    }
    let detail = refused(get(&one, "/auth/me").await).await;
    assert!(
        detail.contains("at most 2 requests of one user are answered in an hour"),
        "{detail}"
    );
    assert_eq!(get(&other, "/auth/me").await.status(), StatusCode::OK);

    for _ in 0..5 {
        one.data("{ me { id } }", json!({})).await;
    }
    let request = one.rest(Method::POST, "/graphql").json(&json!({ "query": "{ me { id } }" }));
    let answer = request.send().await.unwrap();
    assert_eq!(header(&answer, "ratelimit-policy"), r#""cost";q=1500000;w=60"#);
}

#[tokio::test]
async fn x_31_uploads_of_a_user_are_counted_over_every_face() {
    let app = limited(|config| config.rate_limit_uploads_per_minute = n(2)).await;
    let technician = app.technician_of(app.centre).await;
    technician.upload(study(1)).await;
    let form = || reqwest::multipart::Form::new().text("patient_name", "A");
    let by_rest = async || technician.rest(Method::POST, "/studies/upload").multipart(form()).send().await.unwrap();
    let second = by_rest().await;
    assert_eq!(second.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(header(&second, "ratelimit").contains(r#""uploads";r=0;t="#));
    let detail = refused(by_rest().await).await;
    assert!(
        detail.contains("at most 2 uploads of one user are answered in a minute"),
        "{detail}"
    );
    let answer = technician.upload_answer(study(1), None).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{answer}");
    assert_eq!(get(&technician, "/auth/me").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn x_31_pictures_have_a_limit_of_their_own() {
    let app = limited(|config| {
        config.rate_limit_media_per_minute = n(2);
        config.rate_limit_ip_per_minute = n(2);
    })
    .await;
    let nobody = app.anonymous();
    for _ in 0..2 {
        let answer = get(&nobody, "/media/renditions/1").await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(header(&answer, "ratelimit-policy"), r#""media";q=2;w=60"#);
    }
    refused(get(&nobody, "/media/renditions/1").await).await;
    assert_eq!(get(&nobody, "/auth/me").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn x_31_sign_ins_by_graphql_are_counted_singly() {
    let app = limited(|config| config.rate_limit_ip_per_minute = n(3)).await;
    let sign_in = r#"sessionCreate(input: { username: "a", password: "b" }) { userErrors { code } }"#;
    let many: String = ["a", "b", "c"].iter().map(|alias| format!("{alias}: {sign_in} ")).collect();
    let answer = app.anonymous().gql(&format!("mutation {{ {many} }}"), json!({})).await;
    assert_eq!(
        answer["errors"].as_array().map(Vec::len),
        Some(1),
        "the request is one itself: {answer}"
    );
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{answer}");
}

#[test]
fn x_31_the_documented_limits_are_on_by_default() {
    let config = Config::default();
    assert_eq!(config.rate_limits, Switch::On);
    assert_eq!(
        [
            config.rate_limit_ip_per_minute,
            config.rate_limit_user_per_hour,
            config.rate_limit_uploads_per_minute
        ],
        [n(100), n(1_000), n(10)]
    );
}

#[tokio::test]
async fn x_31_switched_off_nothing_is_counted() {
    let app = TestApp::with(|config| config.rate_limit_ip_per_minute = n(1)).await;
    for _ in 0..3 {
        let answer = get(&app.anonymous(), "/auth/me").await;
        assert_eq!(
            (answer.status(), header(&answer, "ratelimit")),
            (StatusCode::UNAUTHORIZED, "")
        );
    }
}

async fn base(process: &mut Process) -> Client {
    Client::new(&process.base().await, None)
}

/// How many requests are let through until the limit is spent.
async fn spend(client: &Client) -> u32 {
    let mut passed = 0;
    while get(client, "/auth/me").await.status() != StatusCode::TOO_MANY_REQUESTS {
        passed += 1;
    }
    passed
}

#[tokio::test]
async fn x_31_the_limits_of_several_processes_hold_together() {
    let settings = [("GANTRY_RATE_LIMITS", "on"), ("GANTRY_RATE_LIMIT_IP_PER_MINUTE", "600")];
    let place = Installation::on(tests::app::on_postgres(), &settings).await;
    let mut processes = [place.start(&["api"]), place.start(&["api"])];
    let (one, other) = (base(&mut processes[0]).await, base(&mut processes[1]).await);
    let spent = spend(&one).await;
    // Ten come back in each second.
    assert!((600..=700).contains(&spent), "{spent}");
    let mut passed = 0;
    until("the other process hears of it", DEADLINE, async || {
        let answer = get(&other, "/auth/me").await;
        let refused = answer.status() == StatusCode::TOO_MANY_REQUESTS;
        passed += u32::from(!refused);
        refused.then_some(())
    })
    .await;
    assert!(
        passed < 300,
        "the other process let {passed} more through, as many as if it were alone"
    );
    // What the other one let through before it heard is owed: both wait.
    for client in [&one, &other] {
        until("both processes wait", Duration::from_secs(5), async || {
            let answer = get(client, "/auth/me").await;
            (answer.status() == StatusCode::TOO_MANY_REQUESTS).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn x_31_limits_are_on_in_demo_mode() {
    let mut place = Installation::on(false, &[]).await;
    place.unset("GANTRY_RATE_LIMITS");
    let mut demo = place.start(&["serve", "--demo"]);
    let answer = get(&base(&mut demo).await, "/auth/me").await;
    assert_eq!(header(&answer, "x-ratelimit-limit"), "100");
}
