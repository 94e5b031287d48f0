//! Sign-in, sessions, lockout, deactivation.

use futures::StreamExt;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::app::PASSWORD;
use tests::{Client, TestApp};

const CREATE: &str = "mutation($u: String!, $p: String!) { sessionCreate(input: { username: $u, password: $p }) {
    session { accessToken refreshToken expiresAt user { username role } } userErrors { code field message } } }";
const REFRESH: &str = "mutation($t: String!) { sessionRefresh(input: { refreshToken: $t }) {
    session { accessToken refreshToken } userErrors { code } } }";
const DEACTIVATE: &str =
    "mutation($id: ID!) { userDeactivate(input: { id: $id }) { user { isActive } userErrors { code message } } }";

async fn session(client: &Client, username: &str) -> Value {
    let data = client.data(CREATE, json!({ "u": username, "p": PASSWORD })).await;
    data["sessionCreate"]["session"].clone()
}

async fn refresh(client: &Client, token: &Value) -> Value {
    client.data(REFRESH, json!({ "t": token })).await["sessionRefresh"].clone()
}

#[tokio::test]
async fn one_signs_in_by_user_name_or_e_mail_in_any_case() {
    let app = TestApp::new().await;
    app.admin().await;
    for name in ["admin", "ADMIN", "Admin@Example.org"] {
        assert_eq!(session(&app.anonymous(), name).await["user"]["role"], "ADMIN", "{name}");
    }
}

#[tokio::test]
async fn who_signs_in_is_told_the_own_centre_at_once() {
    let app = TestApp::new().await;
    app.technician_of(app.centre).await;
    let query = "mutation($u: String!, $p: String!) { sessionCreate(input: { username: $u, password: $p }) {
        session { user { centre { name } } } userErrors { code } } }";
    let technician = json!({ "u": format!("technician{}", app.centre), "p": PASSWORD });
    let answer = app.anonymous().data(query, technician).await;
    assert_eq!(
        answer["sessionCreate"]["session"]["user"]["centre"]["name"],
        "Centre North"
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let app = TestApp::new().await;
    app.admin().await;
    let mut answers = Vec::new();
    for name in ["admin", "nobody"] {
        let answer = app.anonymous().gql(CREATE, json!({ "u": name, "p": "wrong" })).await;
        assert_eq!(
            answer["data"]["sessionCreate"]["userErrors"][0]["code"],
            "BAD_CREDENTIALS"
        );
        answers.push(answer);
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn x_17_five_failures_lock_the_account_on_every_face() {
    let app = TestApp::new().await;
    app.admin().await;
    let nobody = app.anonymous();
    for _ in 0..5 {
        nobody.gql(CREATE, json!({ "u": "admin", "p": "wrong" })).await;
    }
    let answer = nobody.gql(CREATE, json!({ "u": "admin", "p": PASSWORD })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{answer}");
    assert!(answer["errors"][0]["extensions"]["retryAfter"].as_u64().unwrap() > 0);
    let form = [("username", "admin@example.org"), ("password", PASSWORD)];
    let by_mail = nobody.rest(Method::POST, "/auth/token").form(&form).send().await.unwrap();
    assert_eq!(
        by_mail.status(),
        StatusCode::OK,
        "another name of the account has a counter of its own"
    );
    let form = [("username", "ADMIN"), ("password", PASSWORD)];
    let locked = nobody.rest(Method::POST, "/auth/token").form(&form).send().await.unwrap();
    assert_eq!(locked.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(locked.headers().contains_key("retry-after"));
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_family() {
    let app = TestApp::new().await;
    app.admin().await;
    let nobody = app.anonymous();
    let first = session(&nobody, "admin").await;
    let other = session(&nobody, "admin").await;
    let second = refresh(&nobody, &first["refreshToken"]).await["session"].clone();
    assert!(second["accessToken"].is_string());
    let reused = refresh(&nobody, &first["refreshToken"]).await;
    assert_eq!(reused["userErrors"][0]["code"], "INVALID_TOKEN");
    let stolen = refresh(&nobody, &second["refreshToken"]).await;
    assert!(stolen["session"].is_null(), "the whole family has ended");
    assert!(
        refresh(&nobody, &other["refreshToken"]).await["session"].is_object(),
        "another sign-in is not touched"
    );
}

#[tokio::test]
async fn of_two_simultaneous_exchanges_at_most_one_succeeds() {
    let app = TestApp::new().await;
    app.admin().await;
    let nobody = app.anonymous();
    let token = session(&nobody, "admin").await["refreshToken"].clone();
    let tries = futures::future::join_all((0..8).map(|_| refresh(&nobody, &token))).await;
    assert!(tries.iter().filter(|answer| answer["session"].is_object()).count() <= 1);
}

#[tokio::test]
async fn signing_out_ends_the_refresh_tokens() {
    let app = TestApp::new().await;
    app.admin().await;
    let nobody = app.anonymous();
    let token = session(&nobody, "admin").await["refreshToken"].clone();
    let end = "mutation($t: String!) { sessionEnd(input: { refreshToken: $t }) { ended } }";
    assert_eq!(
        nobody.data(end, json!({ "t": token })).await["sessionEnd"]["ended"],
        true
    );
    assert!(refresh(&nobody, &token).await["session"].is_null());
    assert_eq!(
        nobody.data(end, json!({ "t": "rubbish" })).await["sessionEnd"]["ended"],
        false
    );
}

#[tokio::test]
async fn x_10_a_refresh_token_is_no_access_token() {
    let app = TestApp::new().await;
    app.admin().await;
    let session = session(&app.anonymous(), "admin").await;
    let thief = Client::new(&app.base, session["refreshToken"].as_str().map(String::from));
    let answer = thief.gql("{ me { id } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
    let as_refresh = refresh(&app.anonymous(), &session["accessToken"]).await;
    assert!(as_refresh["session"].is_null());
}

#[tokio::test]
async fn x_16_deactivation_ends_tokens_sessions_and_streams_at_once() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let technician = app.technician_of(app.centre).await;
    let tokens = session(&app.anonymous(), &format!("technician{}", app.centre)).await;
    let me = technician.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    let mut events = technician.subscribe("subscription { studyUpdated { cursor } }", json!({})).await;
    let waiting = tokio::spawn(async move { events.next().await });

    let done = admin.data(DEACTIVATE, json!({ "id": me })).await;
    assert_eq!(done["userDeactivate"]["user"]["isActive"], false);

    let refused = technician.rest(Method::GET, "/auth/me").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.json::<Value>().await.unwrap(),
        json!({ "detail": "Inactive user" })
    );
    assert!(technician.gql("{ studies { nodes { id } } }", json!({})).await["errors"].is_array());
    assert!(refresh(&app.anonymous(), &tokens["refreshToken"]).await["session"].is_null());
    let ended = tokio::time::timeout(std::time::Duration::from_secs(10), waiting).await;
    let last = ended.expect("the stream ended").unwrap();
    assert!(
        last.is_none_or(|last| last["data"].is_null()),
        "no event after deactivation"
    );
    let again = admin.data(DEACTIVATE, json!({ "id": me })).await;
    assert_eq!(
        again["userDeactivate"]["user"]["isActive"], false,
        "doing it twice changes nothing"
    );
}

#[tokio::test]
async fn a_new_password_ends_the_old_tokens() {
    let app = TestApp::new().await;
    let (admin, radiologist) = (app.admin().await, app.radiologist().await);
    let me = radiologist.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    let update = "mutation($id: ID!) { userUpdate(input: { id: $id, password: \"another\" }) { userErrors { code } } }";
    admin.data(update, json!({ "id": me })).await;
    let answer = radiologist.gql("{ me { id } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    Client::sign_in(&app.base, "radiologist", "another").await;
}

#[tokio::test]
async fn s2_20_the_last_admin_stays() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let me = admin.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    let answer = admin.data(DEACTIVATE, json!({ "id": me })).await;
    assert_eq!(answer["userDeactivate"]["userErrors"][0]["code"], "LAST_ADMIN");
}

#[tokio::test]
async fn a_manager_makes_users_of_its_own_centre_only() {
    let app = TestApp::new().await;
    let manager = app.manager_of(app.centre).await;
    let centres = app.admin().await.data("{ centres { nodes { id number } } }", json!({})).await;
    let centre = |number: i64| {
        let nodes = centres["centres"]["nodes"].as_array().unwrap();
        nodes.iter().find(|node| node["number"] == number).unwrap()["id"].clone()
    };
    let create = "mutation($c: ID, $r: Role!, $n: String!, $e: String!) { userCreate(input: { username: $n, email: $e,
        fullName: \"X\", password: \"x\", role: $r, centre: $c }) { user { username } userErrors { code } } }";
    let own = json!({ "c": centre(app.centre), "r": "TECHNICIAN", "n": "x", "e": "x@example.org" });
    assert_eq!(
        manager.data(create, own.clone()).await["userCreate"]["user"]["username"],
        "x"
    );
    let mut twice = own;
    twice["e"] = json!("other@example.org");
    let twice = manager.data(create, twice).await;
    assert_eq!(twice["userCreate"]["userErrors"][0]["code"], "USERNAME_TAKEN");
    for (centre, role) in [
        (centre(app.other_centre), "TECHNICIAN"),
        (centre(app.centre), "ADMIN"),
        (Value::Null, "RADIOLOGIST"),
    ] {
        let answer = manager
            .gql(
                create,
                json!({ "c": centre, "r": role, "n": "y", "e": "y@example.org" }),
            )
            .await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "FORBIDDEN",
            "{role} {answer}"
        );
    }
}

#[tokio::test]
async fn s2_01_to_06_the_token_endpoint_answers_as_documented() {
    let app = TestApp::new().await;
    app.admin().await;
    let nobody = app.anonymous();
    let token =
        |form: &'static [(&'static str, &'static str)]| nobody.rest(Method::POST, "/auth/token/").form(form).send();
    let right = token(&[("username", "admin"), ("password", PASSWORD)]).await.unwrap();
    assert_eq!(right.status(), StatusCode::OK);
    let body: Value = right.json().await.unwrap();
    assert_eq!(body["token_type"], "bearer");
    let client = Client::new(&app.base, body["access_token"].as_str().map(String::from));
    let me: Value = client.rest(Method::GET, "/auth/me").send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&me["username"], &me["role"], &me["centre_id"]),
        (&json!("admin"), &json!("admin"), &Value::Null)
    );
    assert_eq!(
        me["created_at"].as_str().unwrap().len(),
        "2025-10-06T17:04:07.089288".len()
    );
    let wrong = token(&[("username", "admin"), ("password", "x")]).await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(wrong.headers()["www-authenticate"], "Bearer");
    assert_eq!(
        wrong.json::<Value>().await.unwrap(),
        json!({ "detail": "Incorrect username or password" })
    );
    let missing = token(&[("username", "admin")]).await.unwrap();
    assert_eq!(missing.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let expected =
        json!({ "detail": [{ "loc": ["body", "password"], "msg": "field required", "type": "value_error.missing" }] });
    assert_eq!(missing.json::<Value>().await.unwrap(), expected);
    for header in ["Bearer rubbish", "Basic YTpi", "Bearer"] {
        let refused = nobody.rest(Method::GET, "/auth/me").header("authorization", header).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{header}");
        assert_eq!(
            refused.json::<Value>().await.unwrap(),
            json!({ "detail": "Could not validate credentials" })
        );
    }
    for scheme in ["bearer", "JWT", "jwt"] {
        let header = format!("{scheme} {}", body["access_token"].as_str().unwrap());
        let accepted = nobody.rest(Method::GET, "/auth/me").header("authorization", header).send().await.unwrap();
        assert_eq!(accepted.status(), StatusCode::OK, "X-08 {scheme}");
    }
}

#[tokio::test]
async fn attempts_at_the_same_time_are_counted_too() {
    let app = TestApp::new().await;
    app.admin().await;
    let nobody = app.anonymous();
    let right = (0..12).map(|_| nobody.gql(CREATE, json!({ "u": "admin", "p": PASSWORD })));
    for answer in futures::future::join_all(right).await {
        assert!(answer["data"]["sessionCreate"]["session"].is_object(), "{answer}");
    }
    let wrong = (0..12).map(|_| nobody.gql(CREATE, json!({ "u": "admin", "p": "wrong" })));
    futures::future::join_all(wrong).await;
    let locked = nobody.gql(CREATE, json!({ "u": "admin", "p": PASSWORD })).await;
    assert_eq!(locked["errors"][0]["extensions"]["code"], "RATE_LIMITED");
}

#[tokio::test]
async fn a_user_name_is_never_an_e_mail_address() {
    let app = TestApp::new().await;
    let create =
        "mutation { userCreate(input: { username: \"a@example.org\", email: \"b@example.org\", fullName: \"X\",
        password: \"x\", role: RADIOLOGIST }) { userErrors { code field } } }";
    let answer = app.admin().await.data(create, json!({})).await;
    assert_eq!(
        answer["userCreate"]["userErrors"][0],
        json!({ "code": "INVALID_USERNAME", "field": "username" })
    );
}
