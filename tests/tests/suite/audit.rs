//! The audit trail: what is recorded of reads, changes and refusals, who may see it, and that nobody can change it unseen.

mod chain;
mod coverage;
mod export;
mod recording;

use domain::audit::{Keys, Verified, verify};
use entity::audit_event::{self, Model};
use futures::StreamExt;
use reqwest::{Method, StatusCode};
use sea_orm::{EntityTrait, QueryOrder};
use serde_json::{Value, json};
use tests::app::PASSWORD;
use tests::dicom::study;
use tests::{Client, TestApp};
use uuid::Uuid;

const SECRET: &str = "a secret for tests that is long enough";

fn keys() -> Keys {
    Keys::new(SECRET, [])
}

/// Everything that is recorded by now, the oldest first.
async fn events(app: &TestApp) -> Vec<Model> {
    app.app.audit.written().await;
    let all = audit_event::Entity::find().order_by_asc(audit_event::Column::Id);
    all.all(app.app.db.reader()).await.unwrap()
}

/// Those of a kind.
async fn of_kind(app: &TestApp, kind: &str) -> Vec<Model> {
    events(app).await.into_iter().filter(|event| event.kind == kind).collect()
}

/// The chain, which must be whole, with everything linked.
async fn whole(app: &TestApp) -> Verified {
    app.app.audit.written().await;
    verify(&app.app, &[], 1, None, |_, _| {}).await.unwrap().unwrap()
}

async fn uploaded(app: &TestApp, centre: i64) -> Value {
    app.technician_of(centre).await.upload(study(1)).await["studies"][0]["id"].clone()
}

async fn uuid_of(client: &Client, study: &Value) -> Uuid {
    let found = client.data("query($id: ID!) { study(id: $id) { uuid } }", json!({ "id": study })).await;
    found["study"]["uuid"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_is_done_with_a_study_until_it_is_verified_leaves_each_step() {
    let app = TestApp::new().await;
    let id = uploaded(&app, app.centre).await;
    let rita = app.radiologist().await;
    for mutation in ["studyClaim", "studyRelease", "studyClaim", "studyReview"] {
        let operation =
            format!("mutation($id: ID!) {{ {mutation}(input: {{ study: $id }}) {{ userErrors {{ code }} }} }}");
        let answer = rita.data(&operation, json!({ "id": id })).await;
        assert_eq!(answer[mutation]["userErrors"], json!([]));
    }
    let create = "mutation($id: ID!) { reportCreate(input: { study: $id, findings: \"F\" }) { report { id } } }";
    let report = rita.data(create, json!({ "id": id })).await["reportCreate"]["report"]["id"].clone();
    let update =
        "mutation($id: ID!) { reportUpdate(input: { id: $id, version: 1, findings: \"G\" }) { userErrors { code } } }";
    assert_eq!(
        rita.data(update, json!({ "id": report })).await["reportUpdate"]["userErrors"],
        json!([])
    );
    for (kind, times) in [
        ("STUDY_ASSIGNED", 2),
        ("STUDY_RELEASED", 1),
        ("STUDY_REVIEWED", 1),
        ("REPORT_UPDATED", 1),
    ] {
        let events = of_kind(&app, kind).await;
        assert_eq!(events.len(), times, "{kind}");
        assert!(
            events
                .iter()
                .all(|event| event.username.as_deref() == Some("radiologist") && event.study_count == 1)
        );
    }
}

#[tokio::test]
async fn a_study_that_is_read_leaves_who_what_and_from_where() {
    let app = TestApp::new().await;
    let id = uploaded(&app, app.centre).await;
    let technician = app.technician_of(app.centre).await;
    let uuid = uuid_of(&technician, &id).await;
    let query = json!({ "query": "query($id: ID!) { study(id: $id) { patientName } }", "variables": { "id": id } });
    let request = technician.rest(Method::POST, "/graphql").header("x-request-id", "my-request").json(&query);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    let found = of_kind(&app, "STUDY_READ").await;
    let event = found.iter().find(|event| event.request_id == "my-request").unwrap();
    assert_eq!(event.studies, uuid.as_bytes());
    assert_eq!((event.centre_id, event.study_count), (Some(app.centre), 1));
    assert_eq!(
        (event.face.as_str(), event.action.as_str(), event.outcome),
        ("graphql", "R", 0)
    );
    assert_eq!(
        event.username.as_deref(),
        Some(format!("technician{}", app.centre).as_str())
    );
    assert_eq!(
        (event.role.as_deref(), event.user_centre_id),
        (Some("technician"), Some(app.centre))
    );
    assert_eq!(event.remote.as_deref(), Some("127.0.0.1"));
    whole(&app).await;
}

#[tokio::test]
async fn a_list_names_what_was_on_it_apart_for_each_centre() {
    let app = TestApp::new().await;
    let (north, south) = (uploaded(&app, app.centre).await, uploaded(&app, app.other_centre).await);
    let more = uploaded(&app, app.centre).await;
    let radiologist = app.radiologist().await;
    let mut expected = [Vec::new(), Vec::new()];
    for (side, id) in [(0, &north), (1, &south), (0, &more)] {
        expected[side].push(uuid_of(&radiologist, id).await);
    }
    radiologist.data("{ studies { nodes { id } } }", json!({})).await;
    let listed = of_kind(&app, "STUDY_LISTED").await;
    assert_eq!(listed.len(), 2);
    for (centre, mut expected) in [app.centre, app.other_centre].into_iter().zip(expected) {
        let event = listed.iter().find(|event| event.centre_id == Some(centre)).unwrap();
        let mut named: Vec<Uuid> = event.studies.chunks(16).map(|bytes| Uuid::from_slice(bytes).unwrap()).collect();
        named.sort();
        expected.sort();
        assert_eq!(named, expected);
        assert_eq!(event.study_count as usize, expected.len());
    }
}

#[tokio::test]
async fn a_picture_at_a_signed_address_is_recorded_for_whom_the_address_was_given_to() {
    let app = TestApp::new().await;
    let id = uploaded(&app, app.centre).await;
    app.run_pending_jobs().await;
    let technician = app.technician_of(app.centre).await;
    let query = "query($id: ID!) { study(id: $id) { series { nodes { rendition(kind: PREVIEW) { url }
        instances { nodes { fileUrl frameUrl } } } } } }";
    let series = technician.data(query, json!({ "id": id })).await["study"]["series"]["nodes"][0].clone();
    let instance = &series["instances"]["nodes"][0];
    let addresses = [
        (&series["rendition"]["url"], "PICTURE_READ"),
        (&instance["frameUrl"], "PICTURE_READ"),
        (&instance["fileUrl"], "FILE_READ"),
    ];
    for (address, kind) in addresses {
        let before = of_kind(&app, kind).await.len();
        let answer = app.anonymous().rest(Method::GET, address.as_str().unwrap()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{address}");
        let events = of_kind(&app, kind).await;
        let event = events.last().unwrap();
        assert_eq!(events.len(), before + 1, "{address}");
        assert_eq!(
            event.username.as_deref(),
            Some(format!("technician{}", app.centre).as_str()),
            "{address}"
        );
        assert_eq!((event.face.as_str(), event.centre_id), ("media", Some(app.centre)));
        let object = event.object.as_deref().unwrap();
        assert!(
            object.starts_with("rendition:") || object.starts_with("instance:"),
            "{object}"
        );
    }
}

#[tokio::test]
async fn each_event_of_a_subscription_that_shows_a_study_is_recorded_when_it_is_sent() {
    let app = TestApp::new().await;
    let id = uploaded(&app, app.centre).await;
    let radiologist = app.radiologist().await;
    let before = of_kind(&app, "STUDY_READ").await.len();
    let query = "subscription($id: ID!) { studyUpdated(id: $id) { kind study { id } } }";
    let mut heard = radiologist.subscribe(query, json!({ "id": id })).await;
    heard.next().await.unwrap();
    assert_eq!(of_kind(&app, "STUDY_READ").await.len(), before + 1);
    radiologist
        .data(
            "mutation($id: ID!) { studyClaim(input: { study: $id }) { userErrors { code } } }",
            json!({ "id": id }),
        )
        .await;
    let event = heard.next().await.unwrap();
    assert_eq!(event["data"]["studyUpdated"]["kind"], "STUDY_ASSIGNED", "{event}");
    assert!(of_kind(&app, "STUDY_READ").await.len() >= before + 2);
}

#[tokio::test]
async fn signing_in_is_recorded_and_a_name_that_is_nobodys_is_not_kept() {
    let app = TestApp::new().await;
    let client = app.user("rita", domain::context::Role::Radiologist, None).await;
    let sign_in = "mutation($username: String!, $password: String!) {
        sessionCreate(input: { username: $username, password: $password }) { session { refreshToken } } }";
    let session = client.data(sign_in, json!({ "username": "rita", "password": PASSWORD })).await;
    let refresh = &session["sessionCreate"]["session"]["refreshToken"];
    let end = "mutation($token: String!) { sessionEnd(input: { refreshToken: $token }) { ended } }";
    assert_eq!(
        client.data(end, json!({ "token": refresh })).await["sessionEnd"]["ended"],
        true
    );
    for name in ["rita", "my secret password"] {
        client.gql(sign_in, json!({ "username": name, "password": "wrong" })).await;
    }
    for kind in ["LOGIN", "LOGOUT"] {
        let event = of_kind(&app, kind).await.pop().unwrap();
        assert_eq!((event.username.as_deref(), event.outcome), (Some("rita"), 0), "{kind}");
    }
    let refused = of_kind(&app, "LOGIN_REFUSED").await;
    let names: Vec<Option<&str>> = refused.iter().map(|event| event.username.as_deref()).collect();
    assert_eq!(names, [Some("rita"), None]);
    assert!(refused.iter().all(|event| event.outcome == 4 && event.remote.is_some()));
    assert!(events(&app).await.iter().all(|event| !format!("{event:?}").contains("my secret password")));
}

const EVENTS: &str = "query($filter: AuditFilter, $first: Int, $after: String) {
    auditEvents(filter: $filter, first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage }
      nodes { id kind outcome action face at sequence username role remoteAddress requestId object hash user { id }
        studies { totalCount nodes { id } } } } }";

async fn trail(client: &Client, filter: Value) -> Value {
    client.data(EVENTS, json!({ "filter": filter })).await["auditEvents"].clone()
}

#[tokio::test]
async fn a_manager_sees_what_was_done_with_the_centres_own_studies_and_nothing_of_others() {
    let app = TestApp::new().await;
    let (north, south) = (uploaded(&app, app.centre).await, uploaded(&app, app.other_centre).await);
    let (admin, radiologist) = (app.admin().await, app.radiologist().await);
    for client in [&admin, &radiologist] {
        client.data("{ studies { nodes { id } } }", json!({})).await;
    }
    // A refused attempt of somebody of the other centre.
    let foreign = app.technician_of(app.other_centre).await;
    foreign.data("query($id: ID!) { study(id: $id) { id } }", json!({ "id": north })).await;
    app.app.audit.written().await;

    let manager = app.manager_of(app.centre).await;
    let seen = trail(&manager, json!({})).await;
    let nodes = seen["nodes"].as_array().unwrap();
    assert_eq!(seen["totalCount"], nodes.len());
    assert!(nodes.len() >= 3, "{seen}");
    let text = seen.to_string();
    assert!(
        !text.contains("PERMISSION_REFUSED") && !text.contains(&format!("technician{}", app.other_centre)),
        "{text}"
    );
    for node in nodes {
        assert_eq!(node["studies"], json!({ "totalCount": 1, "nodes": [{ "id": north }] }));
        match node["role"].as_str().unwrap() {
            "admin" => assert_eq!(
                (&node["username"], &node["remoteAddress"], &node["user"]),
                (&Value::Null, &Value::Null, &Value::Null)
            ),
            "radiologist" => assert_eq!(
                (&node["username"], &node["remoteAddress"]),
                (&json!("radiologist"), &Value::Null)
            ),
            "technician" => assert_eq!(
                (&node["username"], &node["remoteAddress"]),
                (&json!(format!("technician{}", app.centre)), &json!("127.0.0.1"))
            ),
            other => panic!("{other}"),
        }
    }
    // Neither by a filter nor by an id is more to be had.
    let me = admin.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    assert_eq!(trail(&manager, json!({ "user": me })).await["totalCount"], 0);
    assert!(trail(&admin, json!({ "user": me })).await["totalCount"].as_i64() > Some(0));
    let answer = manager.gql(EVENTS, json!({ "filter": { "study": south } })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND", "{answer}");
    let theirs = trail(&admin, json!({ "study": south })).await["nodes"][0]["id"].clone();
    let node = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(manager.data(node, json!({ "id": theirs })).await["node"], Value::Null);
    assert_eq!(admin.data(node, json!({ "id": theirs })).await["node"]["id"], theirs);
}

#[tokio::test]
async fn the_accesses_of_a_study_are_for_administrators_and_its_managers() {
    let app = TestApp::new().await;
    let id = uploaded(&app, app.centre).await;
    let radiologist = app.radiologist().await;
    uuid_of(&radiologist, &id).await;
    app.app.audit.written().await;
    let query = "query($id: ID!) { study(id: $id) { accesses(first: 2) { totalCount nodes { kind username } } } }";
    let read = |username: Value| json!({ "kind": "STUDY_READ", "username": username });
    let seen = async |client: &Client| {
        let answer = client.data(query, json!({ "id": id })).await;
        app.app.audit.written().await;
        answer["study"]["accesses"].clone()
    };
    let uploaded = json!({ "kind": "STUDY_CREATED", "username": format!("technician{}", app.centre) });
    let expected = json!({ "totalCount": 2, "nodes": [read(json!("radiologist")), uploaded] });
    assert_eq!(seen(&app.admin().await).await, expected);
    // The administrator read the study too, whom a manager does not know.
    let expected = json!({ "totalCount": 3, "nodes": [read(Value::Null), read(json!("radiologist"))] });
    assert_eq!(seen(&app.manager_of(app.centre).await).await, expected);
    assert_eq!(of_kind(&app, "AUDIT_READ").await.len(), 2);
    for client in [radiologist, app.technician_of(app.centre).await] {
        let answer = client.gql(query, json!({ "id": id })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer}");
        assert_eq!(answer["data"]["study"]["accesses"], Value::Null);
    }
}

#[tokio::test]
async fn events_are_filtered_and_paged() {
    let app = TestApp::new().await;
    let id = uploaded(&app, app.centre).await;
    let admin = app.admin().await;
    let middle = chrono::Utc::now();
    for _ in 0..3 {
        uuid_of(&admin, &id).await;
    }
    app.radiologist().await.gql("{ queues { name } }", json!({})).await;
    app.app.audit.written().await;
    let me = admin.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    // Without the studies, which would be read, and recorded.
    let count = async |filter: Value| {
        let query = "query($filter: AuditFilter) { auditEvents(filter: $filter) { totalCount } }";
        admin.data(query, json!({ "filter": filter })).await["auditEvents"]["totalCount"].as_i64().unwrap()
    };
    assert_eq!(count(json!({ "study": id })).await, 4);
    assert_eq!(count(json!({ "study": id, "user": me })).await, 3);
    assert_eq!(count(json!({ "study": id, "since": middle })).await, 3);
    assert_eq!(count(json!({ "study": id, "until": middle })).await, 1);
    assert_eq!(count(json!({ "study": id, "kind": "STUDY_CREATED" })).await, 1);
    let refused = trail(&admin, json!({ "outcome": "MINOR_FAILURE" })).await;
    assert_eq!(refused["totalCount"], 1);
    assert_eq!(
        (
            &refused["nodes"][0]["kind"],
            &refused["nodes"][0]["object"],
            &refused["nodes"][0]["username"]
        ),
        (
            &json!("PERMISSION_REFUSED"),
            &json!("action:QueueRead"),
            &json!("radiologist")
        )
    );
    let (mut after, mut kinds) = (Value::Null, Vec::new());
    loop {
        let variables = json!({ "filter": { "study": id }, "first": 3, "after": after });
        let page = admin.data(EVENTS, variables).await["auditEvents"].clone();
        kinds.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["kind"].clone()));
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(
        json!(kinds),
        json!(["STUDY_READ", "STUDY_READ", "STUDY_READ", "STUDY_CREATED"])
    );
}
