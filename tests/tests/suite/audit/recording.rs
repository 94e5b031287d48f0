//! Recording: a request waits for a full channel, gets nothing when the trail cannot be written, and the writing sends no statements of
//! the request's.

use super::{events, keys, uploaded, uuid_of};
use domain::audit::Audit;
use domain::context::{ActingUser, Identity, Role};
use domain::studies::study_find;
use domain::{App, Context, Result, studies};
use futures::FutureExt;
use reqwest::StatusCode;
use serde_json::json;
use std::collections::BTreeSet;
use tests::{Client, TestApp};
use tokio::net::TcpListener;

fn radiologist(request: &str) -> Context {
    let user = ActingUser {
        id: 1,
        username: "reader".into(),
        role: Some(Role::Radiologist),
        centre_id: None,
        token_version: 0,
    };
    Context {
        identity: Identity::User(user),
        ..Context::anonymous(request)
    }
}

/// Reads a study as a request does.
pub async fn read(app: &App, study: &str, request: &str) -> Result<()> {
    let ctx = radiologist(request);
    study_find(app, &ctx, study).await?;
    app.audit.hand_over(&ctx.trail).await
}

/// Changes something of a study as a request does.
pub async fn change(app: &App, study: &str) {
    studies::study_render(app, &Context::system("test"), study).await.unwrap();
}

#[tokio::test]
async fn a_full_channel_loses_nothing() {
    let app = TestApp::new().await;
    let id = uploaded(&app, app.centre).await;
    let study = uuid_of(&app.radiologist().await, &id).await.to_string();
    let (audit, inbox) = Audit::channel(keys());
    let mut full = app.app.clone();
    full.audit = audit;
    let mut handed = 0;
    // Until one has to wait.
    let waiting = loop {
        let ctx = radiologist(&format!("request {handed}"));
        study_find(&full, &ctx, &study).await.unwrap();
        handed += 1;
        let audit = full.audit.clone();
        let mut sending = Box::pin(async move { audit.hand_over(&ctx.trail).await });
        if let Some(sent) = (&mut sending).now_or_never() {
            sent.unwrap();
            continue;
        }
        break sending;
    };
    assert!(handed > 1000, "{handed}");
    tokio::spawn(inbox.keep(app.app.db.clone()));
    waiting.await.unwrap();
    full.audit.written().await;
    let all = events(&app).await;
    let requests: BTreeSet<&str> =
        all.iter().map(|event| event.request_id.as_str()).filter(|id| id.starts_with("request ")).collect();
    assert_eq!(requests.len(), handed);
    super::whole(&app).await;
}

#[tokio::test]
async fn nothing_is_given_out_that_cannot_be_recorded() {
    let app = TestApp::new().await;
    let id = uploaded(&app, app.centre).await;
    let technician = app.technician_of(app.centre).await;
    let query =
        "query($id: ID!) { study(id: $id) { patientName series { nodes { instances { nodes { fileUrl } } } } } }";
    let study = technician.data(query, json!({ "id": id })).await["study"].clone();
    let (audit, inbox) = Audit::channel(keys());
    drop(inbox);
    let mut mute = app.app.clone();
    mute.audit = audit;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(api::serve(mute, listener));
    let client = Client::new(&base, technician.token.clone());
    let answer = client.gql(query, json!({ "id": id })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    assert!(answer["data"].is_null(), "{answer}");
    let file = study["series"]["nodes"][0]["instances"]["nodes"][0]["fileUrl"].as_str().unwrap();
    let answer = client.rest(reqwest::Method::GET, file).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.bytes().await.unwrap().len() < 1000, "no file");
}
