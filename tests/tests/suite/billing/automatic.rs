//! Billing by itself when a report is verified (contract S2-80).

use super::{centre_id, code, create, done, price, radiologist, uploaded};
use futures::future::join_all;
use serde_json::{Value, json};
use tests::{Client, TestApp};

const VERIFY: &str = "mutation($id: ID!) { reportVerify(input: { id: $id }) {
    report { isVerified study { status } } userErrors { code message } } }";
const TIMELINE: &str = "query($id: ID!) { study(id: $id) { invoice { amount status }
    events(first: 100) { totalCount nodes { kind } } jobs { nodes { kind } } } }";

async fn reported(client: &Client, study: &Value) -> Value {
    let mutation =
        "mutation($study: ID!) { reportCreate(input: { study: $study, findings: \"F\", impression: \"I\" }) {
        report { id } } }";
    client.data(mutation, json!({ "study": study })).await["reportCreate"]["report"]["id"].clone()
}

async fn verify(client: &Client, report: &Value) {
    let payload = client.data(VERIFY, json!({ "id": report })).await["reportVerify"].clone();
    let verified = json!({ "isVerified": true, "study": { "status": "VERIFIED" } });
    assert_eq!(payload["report"], verified, "{payload}");
}

async fn switch_on(admin: &Client, centre: &Value) {
    let mutation =
        "mutation($id: ID!) { centreUpdate(input: { id: $id, autoBilling: true }) { centre { autoBilling } } }";
    let answer = admin.data(mutation, json!({ "id": centre })).await;
    assert_eq!(answer["centreUpdate"]["centre"]["autoBilling"], true);
}

fn times(study: &Value, kind: &str) -> usize {
    study["events"]["nodes"].as_array().unwrap().iter().filter(|event| event["kind"] == kind).count()
}

#[tokio::test]
async fn s2_80_verifying_bills_nothing_unless_the_centre_wants_it() {
    let app = TestApp::new().await;
    let (admin, rita) = (app.admin().await, radiologist(&app, "rita").await);
    let centre = centre_id(&admin, app.centre).await;
    price(&admin, ("centre", &centre), "42").await;
    let study = uploaded(&app, app.centre).await;
    verify(&rita, &reported(&rita, &study).await).await;
    let seen = admin.data(TIMELINE, json!({ "id": study })).await["study"].clone();
    assert_eq!(seen["invoice"], Value::Null);
    switch_on(&admin, &centre).await;
    let next = uploaded(&app, app.centre).await;
    verify(&rita, &reported(&rita, &next).await).await;
    let seen = admin.data(TIMELINE, json!({ "id": next })).await["study"].clone();
    assert_eq!(seen["invoice"], json!({ "amount": "42.00", "status": "PENDING" }));
    assert_eq!(times(&seen, "INVOICE_CREATED"), 1);
}

#[tokio::test]
async fn s2_80_s2_96_a_study_is_billed_once_whoever_verifies_and_bills_at_the_same_time() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let centre = centre_id(&admin, app.centre).await;
    price(&admin, ("centre", &centre), "42").await;
    switch_on(&admin, &centre).await;
    let study = uploaded(&app, app.centre).await;
    let readers = [radiologist(&app, "rita").await, radiologist(&app, "saul").await];
    let reports = [reported(&readers[0], &study).await, reported(&readers[1], &study).await];
    let verified = (0..24).map(|n| verify(&readers[n % 2], &reports[n / 2 % 2]));
    let bill = |_| done(&admin, "invoiceCreate", json!({ "study": study }));
    let (_, billed) = tokio::join!(join_all(verified), join_all((0..26).map(bill)));
    let made = billed.iter().filter(|payload| payload["invoice"].is_object()).count();
    let refused = billed.iter().filter(|payload| code(payload) == "INVOICE_EXISTS").count();
    assert!(made <= 1 && made + refused == 26, "{billed:?}");
    let seen = admin.data(TIMELINE, json!({ "id": study })).await["study"].clone();
    assert_eq!(times(&seen, "INVOICE_CREATED"), 1);
    let all = admin.data("{ invoices { nodes { number } } }", json!({})).await;
    assert_eq!(all["invoices"]["nodes"], json!([{ "number": "INV00000001" }]));
}

#[tokio::test]
async fn s2_80_without_a_price_the_report_is_verified_and_the_timeline_says_why_it_was_not_billed() {
    let app = TestApp::new().await;
    let (admin, rita) = (app.admin().await, radiologist(&app, "rita").await);
    switch_on(&admin, &centre_id(&admin, app.centre).await).await;
    let study = uploaded(&app, app.centre).await;
    verify(&rita, &reported(&rita, &study).await).await;
    let seen = admin.data(TIMELINE, json!({ "id": study })).await["study"].clone();
    assert_eq!((times(&seen, "BILLING_SKIPPED"), &seen["invoice"]), (1, &Value::Null));
}

#[tokio::test]
async fn s2_80_what_was_billed_before_is_not_billed_again() {
    let app = TestApp::new().await;
    let (admin, rita) = (app.admin().await, radiologist(&app, "rita").await);
    let centre = centre_id(&admin, app.centre).await;
    switch_on(&admin, &centre).await;
    let study = uploaded(&app, app.centre).await;
    create(&admin, &study, "7").await;
    verify(&rita, &reported(&rita, &study).await).await;
    let seen = admin.data(TIMELINE, json!({ "id": study })).await["study"].clone();
    assert_eq!(seen["invoice"]["amount"], "7.00");
    assert_eq!(times(&seen, "BILLING_SKIPPED"), 0);
}

#[tokio::test]
async fn s2_76_radiologists_hear_nothing_of_billing() {
    let app = TestApp::new().await;
    let (admin, rita) = (app.admin().await, radiologist(&app, "rita").await);
    let study = uploaded(&app, app.centre).await;
    app.run_pending_jobs().await;
    let updates = "subscription($id: ID!) { studyUpdated(id: $id) { kind } }";
    let mut heard = rita.subscribe(updates, json!({ "id": study })).await;
    let mut told = app.technician_of(app.centre).await.subscribe(updates, json!({ "id": study })).await;
    for events in [&mut heard, &mut told] {
        let first = futures::StreamExt::next(events).await.unwrap();
        assert_eq!(first["data"]["studyUpdated"]["kind"], "SNAPSHOT");
    }
    let before = rita.data(TIMELINE, json!({ "id": study })).await["study"].clone();
    create(&admin, &study, "7").await;
    app.run_pending_jobs().await;
    let after = rita.data(TIMELINE, json!({ "id": study })).await["study"].clone();
    assert_eq!(after, before, "neither events nor counts nor jobs");
    reported(&rita, &study).await;
    let next = async |events: &mut tests::client::Events| {
        let event = futures::StreamExt::next(events).await.unwrap();
        event["data"]["studyUpdated"]["kind"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        next(&mut heard).await,
        "REPORT_CREATED",
        "what came between is not told"
    );
    assert_eq!(next(&mut told).await, "INVOICE_CREATED");
    assert_eq!(next(&mut told).await, "INVOICE_PRINTED");
}
