//! Statements of a month, as PDF and CSV.

use super::{centre_id, create, get, set, uploaded};
use chrono::Utc;
use serde_json::{Value, json};
use tests::{Client, TestApp};

const CREATE: &str = "mutation($centre: ID!, $month: String!) { statementCreate(input: { centre: $centre, month: $month }) {
    statement { id month isFinal madeAt pdfUrl csvUrl centre { name } } job { id kind state } userErrors { code message } } }";
const FOUND: &str =
    "query($centre: ID) { statements(centre: $centre) { totalCount nodes { id isFinal madeAt pdfUrl csvUrl } } }";

async fn ask(client: &Client, centre: &Value, month: &str) -> Value {
    client.data(CREATE, json!({ "centre": centre, "month": month })).await["statementCreate"].clone()
}

fn this_month() -> String {
    Utc::now().format("%Y-%m").to_string()
}

#[tokio::test]
async fn a_statement_lists_what_was_issued_and_what_was_taken_back() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let centre = centre_id(&admin, app.centre).await;
    // What a spreadsheet would run, and what divides CSV.
    let rename = "mutation($id: ID!) { centreUpdate(input: { id: $id, name: \"=North, \\\"Ltd\\\"\" }) { userErrors { code } } }";
    admin.data(rename, json!({ "id": centre })).await;
    let mut invoices = Vec::new();
    for amount in ["10.50", "20", "30", "40"] {
        invoices.push(create(&admin, &uploaded(&app, app.centre).await, amount).await);
    }
    create(&admin, &uploaded(&app, app.other_centre).await, "999").await;
    set(&admin, &invoices[1], "PAID", None).await;
    set(&admin, &invoices[2], "CANCELLED", None).await;
    set(&admin, &invoices[3], "PAID", None).await;
    set(&admin, &invoices[3], "CANCELLED", Some("Billed twice")).await;
    let asked = ask(&app.manager_of(app.centre).await, &centre, &this_month()).await;
    assert_eq!(asked["job"]["kind"], "BILLING_STATEMENT", "{asked}");
    app.run_pending_jobs().await;
    let found = admin.data(FOUND, json!({})).await["statements"]["nodes"][0].clone();
    assert_eq!(
        (&found["id"], &found["isFinal"]),
        (&asked["statement"]["id"], &json!(false))
    );
    assert!(get(&app, &found["pdfUrl"]).await.bytes().await.unwrap().starts_with(b"%PDF-"));
    let answer = get(&app, &found["csvUrl"]).await;
    assert_eq!(
        answer.headers()["content-type"],
        "text/csv; charset=utf-8; header=present"
    );
    let text = answer.text().await.unwrap();
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(
        lines[0],
        "date,number,invoice,status,centre,study,modality,examined_on,patient_id,currency,amount"
    );
    let cells = |line: &str| {
        let (start, end) = line.split_once("\"'=North, \"\"Ltd\"\"\"").expect("a quoted cell that is no formula");
        let start: Vec<&str> = start.split(',').collect();
        format!(
            "{} {} {} {}",
            start[1],
            start[2],
            start[3],
            end.rsplit(',').next().unwrap()
        )
    };
    let told: Vec<String> = lines[1..].iter().map(|line| cells(line)).collect();
    let expected = [
        "INV00000001 INV00000001 pending 10.50",
        "INV00000002 INV00000002 paid 20.00",
        "INV00000003 INV00000003 void 0.00",
        "INV00000004 INV00000004 cancelled 40.00",
        "CRN00000001 INV00000004 credit -40.00",
    ];
    assert_eq!(told, expected, "{text}");
}

#[tokio::test]
async fn a_month_has_one_statement_which_may_be_made_again_until_the_month_is_over() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let centre = centre_id(&admin, app.centre).await;
    let month = this_month();
    let asked = futures::future::join_all((0..8).map(|_| ask(&admin, &centre, &month))).await;
    assert!(
        asked.iter().all(|payload| payload["statement"]["id"] == asked[0]["statement"]["id"]),
        "{asked:?}"
    );
    assert!(
        asked.iter().all(|payload| payload["job"]["id"] == asked[0]["job"]["id"]),
        "{asked:?}"
    );
    app.run_pending_jobs().await;
    let first = admin.data(FOUND, json!({})).await["statements"].clone();
    assert_eq!(first["totalCount"], 1);
    assert!(
        ask(&admin, &centre, &month).await["job"].is_object(),
        "the month goes on"
    );
    app.run_pending_jobs().await;
    let again = admin.data(FOUND, json!({})).await["statements"].clone();
    assert_eq!(again["totalCount"], 1);
    assert_ne!(again["nodes"][0]["madeAt"], first["nodes"][0]["madeAt"]);

    let over = ask(&admin, &centre, "2024-02").await;
    assert_eq!(over["statement"]["isFinal"], true);
    app.run_pending_jobs().await;
    let made = ask(&admin, &centre, "2024-02").await;
    assert!(
        made["statement"]["pdfUrl"].is_string() && made["job"].is_null(),
        "{made}"
    );
}

#[tokio::test]
async fn whoever_asks_for_a_statement_hears_when_it_is_made() {
    let app = TestApp::new().await;
    let manager = app.manager_of(app.centre).await;
    let asked = ask(&manager, &centre_id(&manager, app.centre).await, &this_month()).await;
    let query = "subscription($id: ID!) { jobUpdated(id: $id) { kind } }";
    let mut events = manager.subscribe(query, json!({ "id": asked["job"]["id"] })).await;
    let mut next = async || {
        let event = futures::StreamExt::next(&mut events).await.unwrap();
        event["data"]["jobUpdated"]["kind"].as_str().unwrap().to_owned()
    };
    assert_eq!(next().await, "SNAPSHOT");
    app.run_pending_jobs().await;
    assert_eq!(next().await, "JOB_STARTED");
    assert_eq!(next().await, "JOB_SUCCEEDED");
}

#[tokio::test]
async fn what_is_no_month_or_another_s_centre_is_refused() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let (north, south) = (
        centre_id(&admin, app.centre).await,
        centre_id(&admin, app.other_centre).await,
    );
    for month in [
        "",
        "2026",
        "2026-13",
        "1999-01",
        "2026-1",
        "9999-01",
        "2026-01-01",
        "\u{0}",
    ] {
        let refused = ask(&admin, &north, month).await;
        assert_eq!(refused["userErrors"][0]["code"], "INVALID_MONTH", "{month:?}");
    }
    let manager = app.manager_of(app.centre).await;
    let foreign = ask(&manager, &south, "2026-01").await;
    assert_eq!(foreign["userErrors"][0]["message"], "Centre not found");
    ask(&admin, &south, "2026-01").await;
    ask(&manager, &north, "2026-01").await;
    for (client, count) in [(&admin, 2), (&manager, 1), (&app.radiologist().await, 0)] {
        assert_eq!(client.data(FOUND, json!({})).await["statements"]["totalCount"], count);
    }
}
