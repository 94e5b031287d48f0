//! The session of a browser: one credential for every family, and worth nothing on another's page.

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tests::TestApp;
use tests::app::PASSWORD;
use tests::dicom::study;

/// A browser, as far as cookies go.
struct Browser<'a> {
    app: &'a TestApp,
    http: reqwest::Client,
    cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    async fn new(app: &'a TestApp) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut browser = Self {
            app,
            http,
            cookies: Vec::new(),
        };
        browser.send(Method::GET, "/login/", |request| request).await;
        browser
    }

    async fn signed_in(app: &'a TestApp, username: &str) -> Self {
        let mut browser = Self::new(app).await;
        let answer = browser.sign_in(username, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::FOUND);
        browser
    }

    async fn sign_in(&mut self, username: &str, password: &str) -> Response {
        let token = self.cookie("csrftoken");
        let form = [
            ("username", username),
            ("password", password),
            ("csrfmiddlewaretoken", &token),
        ];
        self.send(Method::POST, "/login/", |request| request.form(&form)).await
    }

    fn cookie(&self, name: &str) -> String {
        let found = self.cookies.iter().find(|(is, _)| is == name);
        found.map_or_else(String::new, |(_, value)| value.clone())
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Response {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(method, format!("{}{path}", self.app.base)).header(COOKIE, cookies.join("; "));
        let answer = with(request).send().await.unwrap();
        for set in answer.headers().get_all(SET_COOKIE) {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(is, _)| is != name);
            self.cookies.push((name.into(), rest.split(';').next().unwrap().into()));
        }
        answer
    }
}

fn upload() -> Form {
    let (name, bytes) = study(1).remove(0);
    Form::new()
        .text("patient_name", "X")
        .text("modality", "ct")
        .part("dicom_files", Part::bytes(bytes).file_name(name))
}

#[tokio::test]
async fn x_22_signing_in_sets_a_session_that_scripts_cannot_read_and_a_token_that_they_can() {
    let app = TestApp::new().await;
    app.admin().await;
    let mut browser = Browser::new(&app).await;
    let before = browser.cookie("csrftoken");
    let answer = browser.sign_in("admin", PASSWORD).await;
    assert_eq!(
        (answer.status(), &answer.headers()[LOCATION]),
        (StatusCode::FOUND, &"/".parse().unwrap())
    );
    let set: Vec<&str> = answer.headers().get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
    let session = set.iter().find(|set| set.starts_with("sessionid=")).unwrap();
    let csrf = set.iter().find(|set| set.starts_with("csrftoken=")).unwrap();
    assert!(
        session.contains("; HttpOnly") && session.contains("SameSite=Lax"),
        "{session}"
    );
    assert!(!csrf.contains("HttpOnly"), "{csrf}");
    assert_ne!(browser.cookie("csrftoken"), before, "a new one for the session");
    // the page behind the redirect answers.
    let root = browser.send(Method::GET, "/", |request| request.header("accept", "text/html")).await;
    assert_eq!(root.status(), StatusCode::OK);
    // the session is a credential of family A and of GraphQL.
    let me: Value = browser.send(Method::GET, "/auth/me", |request| request).await.json().await.unwrap();
    assert_eq!(me["username"], "admin");
    let asked = browser.send(Method::GET, "/graphql?query={me{username}}", |request| request).await;
    assert_eq!(asked.json::<Value>().await.unwrap()["data"]["me"]["username"], "admin");
}

#[tokio::test]
async fn x_18_to_20_a_session_changes_nothing_without_its_token() {
    let app = TestApp::new().await;
    app.admin().await;
    let mut browser = Browser::signed_in(&app, "admin").await;
    let token = browser.cookie("csrftoken");
    let centre = json!({ "name": "By a browser" });
    for wrong in ["", "x", &token.to_lowercase()] {
        let answer = browser
            .send(Method::POST, "/centres", |r| {
                r.header("x-csrftoken", wrong).json(&centre)
            })
            .await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(
            answer.json::<Value>().await.unwrap(),
            json!({ "detail": "CSRF verification failed" })
        );
    }
    let bare = browser.send(Method::POST, "/centres", |request| request.json(&centre)).await;
    assert_eq!(bare.status(), StatusCode::FORBIDDEN);
    let foreign =
        |r: RequestBuilder| r.header("x-csrftoken", &token).header("origin", "https://evil.example").json(&centre);
    assert_eq!(
        browser.send(Method::POST, "/centres", foreign).await.status(),
        StatusCode::FORBIDDEN
    );
    let mutation = json!({ "query": "mutation { centreCreate(input: { name: \"G\" }) { centre { id } } }" });
    let answer = browser.send(Method::POST, "/graphql", |request| request.json(&mutation)).await;
    assert_eq!(
        answer.json::<Value>().await.unwrap()["errors"][0]["extensions"]["code"],
        "FORBIDDEN"
    );
    let with = browser
        .send(Method::POST, "/graphql", |r| {
            r.header("x-csrftoken", &token).json(&mutation)
        })
        .await;
    assert!(with.json::<Value>().await.unwrap()["data"]["centreCreate"]["centre"]["id"].is_string());
    let right = browser
        .send(Method::POST, "/centres", |r| {
            r.header("X-CSRFToken", &token).json(&centre)
        })
        .await;
    assert_eq!(right.status(), StatusCode::OK);
    // whoever sends a token needs no other. X-11: and a wrong one is refused beside a good session.
    let bearer = app.admin().await.token.unwrap();
    let other = json!({ "name": "By a program" });
    let answer = browser.send(Method::POST, "/centres", |r| r.bearer_auth(&bearer).json(&other)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let forged = browser.send(Method::GET, "/auth/me", |request| request.bearer_auth("forged")).await;
    assert_eq!(forged.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn x_21_the_token_of_an_upload_may_come_after_its_files_and_without_it_nothing_is_kept() {
    let app = TestApp::new().await;
    app.technician_of(app.centre).await;
    let mut browser = Browser::signed_in(&app, &format!("technician{}", app.centre)).await;
    let token = browser.cookie("csrftoken");
    for form in [upload(), upload().text("csrfmiddlewaretoken", "wrong")] {
        let answer = browser.send(Method::POST, "/studies/upload", |request| request.multipart(form)).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    }
    let studies = browser.send(Method::GET, "/studies", |request| request).await;
    assert_eq!(studies.json::<Value>().await.unwrap(), json!([]), "nothing is stored");
    let form = upload().text("csrfmiddlewaretoken", token);
    let answer = browser.send(Method::POST, "/studies/upload", |request| request.multipart(form)).await;
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
}

#[tokio::test]
async fn x_26_what_is_wrong_with_a_sign_in_is_told_in_the_family_s_shape() {
    let app = TestApp::new().await;
    app.admin().await;
    let mut browser = Browser::new(&app).await;
    let page = browser.sign_in("admin", "wrong").await;
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("Incorrect username or password"));
    let token = browser.cookie("csrftoken");
    let form = [
        ("username", "admin"),
        ("password", "wrong"),
        ("csrfmiddlewaretoken", &token),
    ];
    let json = |r: RequestBuilder| r.header("accept", "application/json").form(&form);
    let answer = browser.send(Method::POST, "/login/", json).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({ "error": "Invalid credentials" })
    );
    let form = [("username", "admin"), ("password", PASSWORD)];
    let answer = browser.send(Method::POST, "/login/", |request| request.form(&form)).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({ "error": "CSRF verification failed" })
    );
    // unknown paths and wrong methods of each family.
    for (path, body) in [
        ("/scan/1/nothing", json!({ "error": "Not found" })),
        ("/api/processing/nothing", json!({ "error": "Not found" })),
        ("/telerad/nothing", json!({ "status": false, "message": "Not found" })),
        (
            "/api/quickrad/nothing",
            json!({ "status": false, "message": "Not found" }),
        ),
        ("/api/dicom/nothing", json!({ "detail": "Not Found" })),
        ("/dicom-web/nothing", json!({ "detail": "Not Found" })),
    ] {
        let answer = app.anonymous().rest(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer.json::<Value>().await.unwrap(), body, "{path}");
    }
    let answer = app.anonymous().rest(Method::DELETE, "/login").send().await.unwrap();
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({ "error": "Method not allowed" })
    );
}

#[tokio::test]
async fn the_way_on_after_a_sign_in_never_leads_elsewhere() {
    let app = TestApp::new().await;
    app.admin().await;
    for (next, place) in [
        ("/graphiql", "/graphiql"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\r\nx: y", "/"),
    ] {
        let mut browser = Browser::new(&app).await;
        let token = browser.cookie("csrftoken");
        let form = [
            ("username", "admin"),
            ("password", PASSWORD),
            ("csrfmiddlewaretoken", &token),
            ("next", next),
        ];
        let answer = browser.send(Method::POST, "/login/", |request| request.form(&form)).await;
        assert_eq!(answer.headers()[LOCATION], place, "{next}");
    }
}

#[tokio::test]
async fn a_session_ends_with_its_sign_out_and_with_its_user() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let technician = app.technician_of(app.centre).await;
    let name = format!("technician{}", app.centre);
    let mut browser = Browser::signed_in(&app, &name).await;
    let copied = browser.cookies.clone();
    let token = browser.cookie("csrftoken");
    let bare = browser.send(Method::POST, "/logout/", |request| request).await;
    assert_eq!(bare.status(), StatusCode::FORBIDDEN, "another's page cannot sign out");
    let answer = browser.send(Method::POST, "/logout/", |r| r.form(&[("csrfmiddlewaretoken", &token)])).await;
    assert_eq!(answer.headers()[LOCATION], "/login/");
    browser.cookies = copied;
    let gone = browser.send(Method::GET, "/auth/me", |request| request).await;
    assert_eq!(gone.status(), StatusCode::UNAUTHORIZED, "a copy of it has ended too");
    let mut browser = Browser::signed_in(&app, &name).await;
    let id = super::number(&technician).await;
    super::call(&admin, Method::PATCH, &format!("/users/{id}/deactivate"), None).await;
    let gone = browser.send(Method::GET, "/auth/me", |request| request).await;
    assert_eq!(gone.status(), StatusCode::UNAUTHORIZED, "X-16");
}

/// Lengths of compressed answers tell secrets to a page that makes a browser ask (BREACH).
#[tokio::test]
async fn what_a_session_opens_is_not_compressed() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for number in 0..20 {
        let centre = json!({ "name": format!("A centre of some length, number {number}") });
        admin.rest(Method::POST, "/centres").json(&centre).send().await.unwrap();
    }
    let path = "/centres";
    let token = admin.rest(Method::GET, path).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(token.headers()["content-encoding"], "gzip");
    let mut browser = Browser::signed_in(&app, "admin").await;
    let cookie = browser.send(Method::GET, path, |request| request.header("accept-encoding", "gzip")).await;
    assert_eq!(
        (cookie.status(), cookie.headers().get("content-encoding")),
        (StatusCode::OK, None)
    );
    assert!(cookie.headers().get_all("vary").iter().any(|value| value == "Cookie"));
    assert!(cookie.text().await.unwrap().len() > 1024);
}
