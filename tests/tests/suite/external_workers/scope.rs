//! Worker tokens: what they open, and what they do not.

use super::worker::{CREATE, Worker};
use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::{QueueChange, queue_update, queues};
use entity::worker_token::{Column, Entity};
use reqwest::Method;
use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use tests::dicom::study;
use tests::{Client, TestApp};

const TOKENS: &str = "{ workerTokens { nodes { id name kinds centre { number } createdBy { username } expiresAt lastUsedAt revokedAt } } }";

async fn status(client: &Client) -> (u16, Value) {
    let request = client.rest(Method::POST, "/workers/v1/claim").json(&json!({ "worker": "box-1" }));
    let answer = request.send().await.unwrap();
    (
        answer.status().as_u16(),
        answer.json::<Value>().await.unwrap()["error"]["code"].clone(),
    )
}

async fn centre_id(app: &TestApp, number: i64) -> Value {
    let found = app.admin().await.data("{ centres { nodes { id number } } }", json!({})).await;
    let nodes = found["centres"]["nodes"].as_array().unwrap();
    nodes.iter().find(|node| node["number"] == number).unwrap()["id"].clone()
}

#[tokio::test]
async fn a_token_is_told_once_and_listed_without_itself() {
    let app = TestApp::new().await;
    let worker = Worker::new(&app, "gpu").await;
    let token = worker.0.token.clone().unwrap();
    assert!(token.starts_with("gwt_") && token.len() == 47, "{token}");
    let admin = app.admin().await;
    assert!(admin.data(TOKENS, json!({})).await["workerTokens"]["nodes"][0]["lastUsedAt"].is_null());
    worker.claim(1).await;
    let listed = admin.data(TOKENS, json!({})).await["workerTokens"]["nodes"][0].clone();
    assert!(listed["lastUsedAt"].is_string() && listed["revokedAt"].is_null());
    assert_eq!(
        (&listed["name"], &listed["kinds"], &listed["createdBy"]["username"]),
        (&json!("gpu"), &json!(["RENDER_STUDY"]), &json!("admin"))
    );
    assert!(!listed.to_string().contains(&token[4..]));
    let again = admin.data(TOKENS, json!({})).await["workerTokens"]["nodes"][0].clone();
    worker.claim(1).await;
    assert_eq!(
        again["lastUsedAt"], listed["lastUsedAt"],
        "written at most once a minute"
    );
}

#[tokio::test]
async fn a_token_that_makes_no_sense_is_not_made() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    Worker::new(&app, "gpu").await;
    for (input, code) in [
        (json!({ "name": "GPU", "kinds": ["RENDER_STUDY"] }), "NAME_TAKEN"),
        (json!({ "name": "a/b", "kinds": ["RENDER_STUDY"] }), "INVALID_TEXT"),
        (json!({ "name": "x", "kinds": [] }), "INVALID_KIND"),
        (json!({ "name": "x", "kinds": ["SWEEP_ORPHANS"] }), "INVALID_KIND"),
        (
            json!({ "name": "x", "kinds": ["RENDER_STUDY"], "expiresAt": "2020-01-01T00:00:00Z" }),
            "INVALID_EXPIRY",
        ),
    ] {
        let made = admin.data(CREATE, json!({ "input": input })).await["workerTokenCreate"].clone();
        assert_eq!(
            (&made["userErrors"][0]["code"], &made["token"]),
            (&json!(code), &Value::Null),
            "{input}"
        );
    }
}

#[tokio::test]
async fn only_a_good_worker_token_claims() {
    let app = TestApp::new().await;
    app.technician_of(app.centre).await.upload(study(1)).await;
    let unauthenticated = (401, json!("UNAUTHENTICATED"));
    assert_eq!(status(&app.anonymous()).await, unauthenticated);
    for wrong in ["gwt_0123456789012345678901234567890123456789012", "rubbish"] {
        assert_eq!(
            status(&Client::new(&app.base, Some(wrong.into()))).await,
            unauthenticated
        );
    }
    assert_eq!(
        status(&app.admin().await).await,
        (403, json!("FORBIDDEN")),
        "a person's token is none"
    );
    let worker = Worker::new(&app, "gpu").await;
    let job = worker.claim_one().await;

    let admin = app.admin().await;
    let id = admin.data(TOKENS, json!({})).await["workerTokens"]["nodes"][0]["id"].clone();
    let revoke = "mutation($id: ID!) { workerTokenRevoke(input: { id: $id }) { workerToken { revokedAt } userErrors { code } } }";
    let revoked = admin.data(revoke, json!({ "id": id })).await["workerTokenRevoke"].clone();
    assert!(revoked["workerToken"]["revokedAt"].is_string());
    assert_eq!(
        admin.data(revoke, json!({ "id": id })).await["workerTokenRevoke"],
        revoked,
        "twice changes nothing"
    );
    assert_eq!(status(&worker.0).await, unauthenticated);
    assert_eq!(worker.say(&job, "heartbeat", json!({})).await.0, 401);
    Worker::new(&app, "gpu").await;
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let app = TestApp::new().await;
    let worker = Worker::new(&app, "gpu").await;
    let past: DateTime<Utc> = Utc::now() - TimeDelta::minutes(1);
    let update = Entity::update_many().col_expr(Column::ExpiresAt, Expr::value(past));
    update.exec(app.app.db.writer()).await.unwrap();
    assert_eq!(status(&worker.0).await, (401, json!("UNAUTHENTICATED")));
}

#[tokio::test]
async fn a_worker_token_opens_nothing_but_the_worker_routes() {
    let app = TestApp::new().await;
    let worker = Worker::new(&app, "gpu").await;
    let answer = worker.0.gql("{ studies { nodes { id } } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
    let answer = worker.0.rest(Method::GET, "/auth/me").send().await.unwrap();
    assert_eq!(answer.status(), 403);
}

#[tokio::test]
async fn a_token_claims_the_kinds_that_it_was_made_for() {
    let app = TestApp::new().await;
    app.technician_of(app.centre).await.upload(study(1)).await;
    let worker = Worker::new(&app, "gpu").await;
    for kind in ["index_series", "sweep_orphans", "rubbish"] {
        let (status, body) = worker.post("claim", json!({ "worker": "w", "kinds": [kind] })).await;
        assert_eq!((status, &body["error"]["code"]), (403, &json!("FORBIDDEN")), "{kind}");
    }
    assert_eq!(worker.post("claim", json!({ "worker": "w", "kinds": [] })).await.0, 403);
    let (status, body) = worker
        .post(
            "claim",
            json!({ "worker": "w", "kinds": ["render_study"], "limit": 32 }),
        )
        .await;
    assert_eq!(status, 200);
    let kinds: Vec<_> = body["jobs"].as_array().unwrap().iter().map(|job| job["kind"].clone()).collect();
    assert_eq!(kinds, [json!("render_study")]);
    for wrong in [
        json!({ "worker": "w", "limit": 0 }),
        json!({ "worker": "w", "limit": 33 }),
        json!({ "worker": "w", "leaseSeconds": 4 }),
        json!({ "worker": "w", "waitSeconds": 31 }),
        json!({ "worker": "" }),
        json!({}),
    ] {
        assert_eq!(worker.post("claim", wrong.clone()).await.0, 422, "{wrong}");
    }
}

#[tokio::test]
async fn a_token_of_a_centre_sees_only_the_jobs_of_that_centre() {
    let app = TestApp::new().await;
    // Many and earlier ones of another centre must not be in the way.
    let (north, south) = (
        app.technician_of(app.centre).await,
        app.technician_of(app.other_centre).await,
    );
    for _ in 0..3 {
        north.upload(study(1)).await;
    }
    south.upload(study(1)).await;
    let centre = centre_id(&app, app.other_centre).await;
    let input = json!({ "name": "south", "kinds": ["RENDER_STUDY"], "centre": centre });
    let (ours, everywhere) = (Worker::with(&app, input).await, Worker::new(&app, "all").await);
    let claimed = ours.claim(32).await;
    assert_eq!(claimed.len(), 1);
    let others = everywhere.claim(32).await;
    assert_eq!(others.len(), 3);
    let (status, body) = ours.say(&others[0], "heartbeat", json!({})).await;
    assert_eq!((status, &body["error"]["code"]), (404, &json!("NOT_FOUND")));
    // Within its scope, but held by another token's worker: numbers of leases can be guessed.
    let (status, body) = everywhere.say(&claimed[0], "complete", json!({ "result": {} })).await;
    assert_eq!((status, &body["error"]["code"]), (409, &json!("LEASE_LOST")));
    for unknown in ["rubbish".to_owned(), uuid::Uuid::new_v4().to_string()] {
        let (status, body) = ours.post(&format!("jobs/{unknown}/heartbeat"), json!({ "leaseToken": 1 })).await;
        assert_eq!((status, &body["error"]["code"]), (404, &json!("NOT_FOUND")));
    }
}

#[tokio::test]
async fn a_paused_queue_gives_nothing_and_a_centre_no_more_than_its_share() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    for _ in 0..4 {
        technician.upload(study(1)).await;
    }
    let input = json!({ "name": "north", "kinds": ["RENDER_STUDY"], "centre": centre_id(&app, app.centre).await });
    let (ours, everywhere) = (Worker::with(&app, input).await, Worker::new(&app, "all").await);
    let set = async |paused, slots| {
        let change = QueueChange {
            paused: Some(paused),
            centre_slots: Some(slots),
            ..QueueChange::default()
        };
        queue_update(&app.app, &app.system(), queues::RENDER, change).await.unwrap();
    };
    set(true, None).await;
    assert_eq!((ours.claim(9).await.len(), everywhere.claim(9).await.len()), (0, 0));
    set(false, Some(2)).await;
    assert_eq!((ours.claim(1).await.len(), everywhere.claim(9).await.len()), (1, 1));
    assert_eq!((ours.claim(9).await.len(), everywhere.claim(9).await.len()), (0, 0));
    set(false, Some(3)).await;
    assert_eq!((ours.claim(9).await.len(), everywhere.claim(9).await.len()), (1, 0));
    set(false, None).await;
    assert_eq!(ours.claim(9).await.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_in_one_shape() {
    let app = TestApp::new().await;
    let worker = Worker::new(&app, "gpu").await;
    let answer = worker.0.rest(Method::POST, "/workers/v1/claim").body("{").send().await.unwrap();
    assert_eq!(answer.status(), 422);
    assert_eq!(answer.json::<Value>().await.unwrap()["error"]["code"], "INVALID_BODY");
    let answer = worker.0.rest(Method::GET, "/workers/v1/claim").send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["allow"].to_str().unwrap()),
        (405, "POST")
    );
    assert_eq!(
        answer.json::<Value>().await.unwrap()["error"]["code"],
        "METHOD_NOT_ALLOWED"
    );
}
