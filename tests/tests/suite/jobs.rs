//! Jobs as people see them: asked for, watched, cancelled, retried.

use serde_json::{Value, json};
use tests::dicom::study;
use tests::{Client, TestApp};

const JOB: &str = "query($id: ID!) { job(id: $id) { kind state progress attempt error finishedAt study { studyId } } }";

async fn render(client: &Client, study: &Value) -> Value {
    let mutation = "mutation($id: ID!) { studyRender(input: { id: $id }) { job { id } userErrors { code } } }";
    client.data(mutation, json!({ "id": study })).await["studyRender"]["job"]["id"].clone()
}

async fn change(client: &Client, field: &str, job: &Value) -> Value {
    let mutation =
        format!("mutation($id: ID!) {{ {field}(input: {{ id: $id }}) {{ job {{ state }} userErrors {{ code }} }} }}");
    client.data(&mutation, json!({ "id": job })).await[field].clone()
}

async fn job(client: &Client, id: &Value) -> Value {
    client.data(JOB, json!({ "id": id })).await["job"].clone()
}

#[tokio::test]
async fn an_upload_brings_its_jobs_and_they_run_to_their_end() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let uploaded = technician.upload(study(3)).await;
    let query = "query($id: ID!) { jobs(filter: { study: $id }) { nodes { kind state } } }";
    let id = uploaded["studies"][0]["id"].clone();
    let waiting = technician.data(query, json!({ "id": id })).await;
    assert_eq!(waiting["jobs"]["nodes"].as_array().unwrap().len(), 2);
    app.run_pending_jobs().await;
    let done = technician.data(query, json!({ "id": id })).await;
    for job in done["jobs"]["nodes"].as_array().unwrap() {
        assert_eq!(job["state"], "SUCCEEDED", "{job}");
    }
}

#[tokio::test]
async fn a_job_that_waits_is_asked_for_once() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let id = technician.upload(study(1)).await["studies"][0]["id"].clone();
    let (first, second) = (render(&technician, &id).await, render(&technician, &id).await);
    assert_eq!(first, second);
    app.run_pending_jobs().await;
    assert_ne!(
        render(&technician, &id).await,
        first,
        "a finished job is not the one that is asked for anew"
    );
}

#[tokio::test]
async fn a_waiting_job_is_cancelled_at_once_and_can_be_retried() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let study = technician.upload(study(1)).await["studies"][0]["id"].clone();
    let id = render(&technician, &study).await;
    assert_eq!(change(&technician, "jobCancel", &id).await["job"]["state"], "CANCELLED");
    app.run_pending_jobs().await;
    let cancelled = job(&technician, &id).await;
    assert_eq!(
        (&cancelled["state"], &cancelled["attempt"]),
        (&json!("CANCELLED"), &json!(0))
    );
    assert_eq!(change(&technician, "jobRetry", &id).await["job"]["state"], "PENDING");
    app.run_pending_jobs().await;
    let done = job(&technician, &id).await;
    assert_eq!((&done["state"], &done["progress"]), (&json!("SUCCEEDED"), &json!(1.0)));
    assert!(done["finishedAt"].is_string());
}

#[tokio::test]
async fn a_finished_job_can_be_neither_cancelled_nor_retried() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let study = technician.upload(study(1)).await["studies"][0]["id"].clone();
    let id = render(&technician, &study).await;
    app.run_pending_jobs().await;
    for field in ["jobCancel", "jobRetry"] {
        let answer = change(&technician, field, &id).await;
        assert!(answer["userErrors"][0]["code"].is_string(), "{field}: {answer}");
        assert_eq!(job(&technician, &id).await["state"], "SUCCEEDED");
    }
}

#[tokio::test]
async fn what_cannot_be_transcoded_is_dead_and_says_why() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let study = technician.upload(study(2)).await["studies"][0]["id"].clone();
    app.run_pending_jobs().await;
    let mutation =
        "mutation($id: ID!) { studyTranscode(input: { id: $id, transferSyntax: JPEG_BASELINE }) { job { id } } }";
    let id = technician.data(mutation, json!({ "id": study })).await["studyTranscode"]["job"]["id"].clone();
    app.run_pending_jobs().await;
    let dead = job(&technician, &id).await;
    assert_eq!(dead["state"], "DEAD");
    assert!(dead["error"].as_str().unwrap().contains("JPEG Baseline"), "{dead}");
}

#[tokio::test]
async fn lists_are_paged_in_both_directions_without_a_gap() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    for _ in 0..5 {
        technician.upload(study(1)).await;
    }
    let query = "query($first: Int, $after: String, $last: Int, $before: String) {
        jobs(first: $first, after: $after, last: $last, before: $before) { nodes { id } pageInfo { endCursor startCursor hasNextPage hasPreviousPage } } }";
    let counted = technician
        .data(
            "{ jobs(first: 0) { totalCount nodes { id } } studies { totalCount } }",
            json!({}),
        )
        .await;
    assert_eq!(
        counted,
        json!({ "jobs": { "totalCount": 10, "nodes": [] }, "studies": { "totalCount": 5 } })
    );
    let all = technician.data(query, json!({ "first": 100 })).await["jobs"]["nodes"].as_array().unwrap().clone();
    assert_eq!(all.len(), 10);
    let (mut forward, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = technician.data(query, json!({ "first": 3, "after": after })).await["jobs"].clone();
        forward.extend(page["nodes"].as_array().unwrap().clone());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(forward, all);
    let (mut backward, mut before) = (Vec::new(), Value::Null);
    loop {
        let page = technician.data(query, json!({ "last": 3, "before": before })).await["jobs"].clone();
        backward.splice(0..0, page["nodes"].as_array().unwrap().clone());
        before = page["pageInfo"]["startCursor"].clone();
        if page["pageInfo"]["hasPreviousPage"] == false {
            break;
        }
    }
    assert_eq!(backward, all);
    for wrong in [
        json!({ "first": 101 }),
        json!({ "first": -1 }),
        json!({ "first": 1, "last": 1 }),
        json!({ "after": "rubbish" }),
    ] {
        let answer = technician.gql(query, wrong).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    }
}
