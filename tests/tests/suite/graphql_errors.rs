//! Errors of GraphQL always say what is wrong by a code that clients can branch on.

use serde_json::{Value, json};
use tests::TestApp;
use tests::dicom::many_series;

fn codes(answer: &Value) -> Vec<&str> {
    let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("no errors: {answer}"));
    errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap_or("none")).collect()
}

#[tokio::test]
async fn a_value_that_an_argument_cannot_take_is_bad_input() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    for operation in [
        "mutation { studyTranscode(input: { id: \"AB12CD34\", transferSyntax: JPEG_BASELINE, quality: -1 }) { job { id } } }",
        "mutation { studyTranscode(input: { id: \"AB12CD34\", transferSyntax: JPEG_BASELINE, quality: 256 }) { job { id } } }",
        "mutation { studyUpload(input: { files: [] }) { duplicates } }",
        "{ studies(filter: { studyInstanceUid: \"one\" }) { totalCount } }",
        "{ studies(filter: { dateRange: { from: \"2026-02-30\" } }) { totalCount } }",
    ] {
        let answer = technician.gql(operation, json!({})).await;
        assert_eq!(codes(&answer), ["BAD_USER_INPUT"], "{operation}: {answer}");
    }
}

#[tokio::test]
async fn rows_that_are_read_together_are_refused_for_the_reason_of_each() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let study = technician.upload(many_series(3, 16)).await["studies"][0]["id"].clone();
    let query = "query($study: ID!) { study(id: $study) { series { nodes { id } } } }";
    let series = technician.data(query, json!({ "study": study })).await["study"]["series"]["nodes"].clone();
    let ids: Vec<&Value> = series.as_array().unwrap().iter().map(|series| &series["id"]).collect();
    assert_eq!(ids.len(), 3);
    let answer = app.anonymous().gql("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ids })).await;
    assert!(codes(&answer).iter().all(|code| *code == "UNAUTHENTICATED"), "{answer}");
}
