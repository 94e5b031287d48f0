//! What all of family A has in common: shapes of errors, credentials, paths and limits.

use super::{call, detail, get, post};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Client, TestApp};

#[tokio::test]
async fn x_23_to_24_what_is_malformed_is_told_where_and_how() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let (status, missing) = post(&admin, "/centres", json!({ "address": "X" })).await;
    let told = json!([{ "loc": ["body", "name"], "msg": "field required", "type": "value_error.missing" }]);
    assert_eq!((status, &missing["detail"]), (422, &told));
    let (_, path) = get(&admin, "/reports/first").await;
    let told =
        json!([{ "loc": ["path", "report_id"], "msg": "value is not a valid integer", "type": "type_error.integer" }]);
    assert_eq!(path["detail"], told);
    let (_, choice) = get(&admin, "/users?role=doctor").await;
    let msg =
        "value is not a valid enumeration member; permitted: 'admin', 'radiologist', 'technician', 'diagnostic_centre'";
    assert_eq!(
        choice["detail"],
        json!([{ "loc": ["query", "role"], "msg": msg, "type": "type_error.enum" }])
    );
    for (body, kind) in [
        ("[1]", "type_error.dict"),
        ("\"x\"", "type_error.dict"),
        ("{\"name\": ", "value_error.jsondecode"),
    ] {
        let request = admin.rest(Method::POST, "/centres").header("content-type", "application/json").body(body);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(
            (&answer["detail"][0]["loc"], &answer["detail"][0]["type"]),
            (&json!(["body"]), &json!(kind)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn x_30_json_bodies_are_bounded_in_length_and_depth() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let long = json!({ "name": "x".repeat(2 << 20) });
    let (status, refused) = post(&admin, "/centres", long).await;
    assert_eq!(status, 413);
    assert!(refused["detail"].as_str().unwrap().contains("1048576"), "{refused}");
    let deep = format!("{{\"name\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let answer = admin.rest(Method::POST, "/centres").body(deep).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

/// S2-04, X-08, X-12.
#[tokio::test]
async fn s2_04_credentials_that_are_no_token_are_refused() {
    let app = TestApp::new().await;
    let token = app.admin().await.token.unwrap();
    let me = |value: String| app.anonymous().rest(Method::GET, "/auth/me").header("authorization", value).send();
    for good in [
        format!("Bearer {token}"),
        format!("bearer {token}"),
        format!("JWT {token}"),
        format!("jwt  {token}"),
    ] {
        assert_eq!(
            me(good.clone()).await.unwrap().status(),
            StatusCode::OK,
            "{}",
            &good[..6]
        );
    }
    for bad in [
        format!("Basic {token}"),
        format!("ApiKey {token}"),
        token.clone(),
        "Bearer".into(),
        "Bearer x.y.z".into(),
        format!("Bearer {token}x"),
    ] {
        let answer = me(bad.clone()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{bad}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        assert_eq!(
            answer.json::<Value>().await.unwrap(),
            detail("Could not validate credentials")
        );
    }
}

#[tokio::test]
async fn x_11_a_wrong_token_is_refused_where_none_would_do() {
    let app = TestApp::new().await;
    let forged = Client::new(&app.base, Some("forged".into()));
    assert_eq!(get(&forged, "/studies").await.0, 401);
    let answer = forged.gql("{ __typename }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

///
#[tokio::test]
async fn x_02_every_path_of_the_family_knows_its_methods() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for (path, allow) in [
        ("/users", "GET"),
        ("/studies", "GET, POST"),
        ("/studies/1/assign/", "PATCH, POST"),
        ("/reports/1", "GET, PATCH"),
        ("/centres/1/deactivate", "PATCH"),
        ("/ai/report/1", "GET"),
        ("/auth/register", "POST"),
        ("/health", "GET"),
        ("/imaging-machines/1", "DELETE, GET, PATCH"),
    ] {
        let answer = admin.rest(Method::PUT, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let mut methods: Vec<&str> = answer.headers()["allow"].to_str().unwrap().split(", ").collect();
        methods.sort_unstable();
        assert_eq!(methods.join(", "), allow, "{path}");
        assert_eq!(answer.json::<Value>().await.unwrap(), detail("Method Not Allowed"));
    }
}

#[tokio::test]
async fn x_05_static_paths_win_over_parameters() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    assert_eq!(get(&admin, "/users/me").await.1["username"], "admin");
    assert_eq!(
        get(&admin, "/studies/study_id/ZZZZZZZZ").await,
        (404, detail("Study not found"))
    );
    // Were `upload` an id, it would be no integer.
    assert_eq!(call(&admin, Method::GET, "/studies/upload", None).await.0, 405);
}

#[tokio::test]
async fn x_01_lists_answer_with_and_without_a_trailing_slash() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for path in ["/users", "/centres", "/studies", "/reports", "/imaging-machines"] {
        let (plain, slashed) = (get(&admin, path).await, get(&admin, &format!("{path}/")).await);
        assert_eq!((plain.0, &plain), (200, &slashed), "{path}");
    }
}

#[tokio::test]
async fn x_06_the_root_tells_programs_and_people_what_this_is() {
    let app = TestApp::new().await;
    let about = json!({ "message": "PACS System API", "version": env!("CARGO_PKG_VERSION") });
    assert_eq!(get(&app.anonymous(), "/").await, (200, about));
    let page = app.anonymous().rest(Method::GET, "/").header("accept", "text/html,*/*;q=0.8").send().await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.text().await.unwrap().contains("href=\"/docs\""));
}

#[tokio::test]
async fn x_28_an_internal_error_says_nothing_of_its_cause() {
    use sea_orm::ConnectionTrait;
    let app = TestApp::new().await;
    let admin = app.admin().await;
    app.app.db.writer().execute_unprepared("DROP TABLE imaging_machine").await.unwrap();
    assert_eq!(
        get(&admin, "/imaging-machines").await,
        (500, detail("Internal server error"))
    );
}
