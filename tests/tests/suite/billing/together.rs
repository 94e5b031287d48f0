//! Fifty clients at once (contract S2-96).

use super::{code, create, done, set, uploaded};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::TestApp;
use tests::worklist::Change;

const CLIENTS: usize = 50;

#[tokio::test]
async fn s2_75_s2_96_of_fifty_invoices_of_one_study_one_is_made() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, uploaded(&app, app.centre).await);
    let bill = |amount: usize| done(&admin, "invoiceCreate", json!({ "study": study, "amount": amount }));
    let answers = join_all((1..=CLIENTS).map(bill)).await;
    let made: Vec<&Value> = answers.iter().filter(|answer| answer["invoice"].is_object()).collect();
    assert_eq!(made.len(), 1, "{answers:?}");
    assert_eq!(
        answers.iter().filter(|answer| code(answer) == "INVOICE_EXISTS").count(),
        CLIENTS - 1
    );
    let all = admin.data("{ invoices { totalCount nodes { number } } }", json!({})).await;
    let expected = json!({ "totalCount": 1, "nodes": [{ "number": "INV00000001" }] });
    assert_eq!(all["invoices"], expected, "those who lost took no number");
}

#[tokio::test]
async fn s2_74_s2_96_numbers_of_fifty_invoices_at_once_are_consecutive() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let of = app.study_to_copy().await;
    app.copy_study(
        &of,
        (1..CLIENTS).map(|_| Box::new(|_: &mut entity::study::Model| {}) as Change).collect(),
    )
    .await;
    let studies = admin.data("{ studies(first: 100) { nodes { id } } }", json!({})).await;
    let studies: Vec<Value> =
        studies["studies"]["nodes"].as_array().unwrap().iter().map(|study| study["id"].clone()).collect();
    assert_eq!(studies.len(), CLIENTS);
    let invoices = join_all(studies.iter().map(|study| create(&admin, study, "10"))).await;
    let numbers: BTreeSet<&str> = invoices.iter().map(|invoice| invoice["number"].as_str().unwrap()).collect();
    let expected: Vec<String> = (1..=CLIENTS).map(|number| format!("INV{number:08}")).collect();
    assert!(
        numbers.iter().copied().eq(expected.iter().map(String::as_str)),
        "{numbers:?}"
    );

    let paid = join_all(invoices.iter().map(|invoice| set(&admin, invoice, "PAID", None))).await;
    assert!(paid.iter().all(|payload| payload["invoice"]["status"] == "PAID"));
    // Each is cancelled twice at the same time: one credit note.
    let twice = invoices.iter().chain(&invoices);
    let cancelled = join_all(twice.map(|invoice| set(&admin, invoice, "CANCELLED", None))).await;
    let notes: BTreeSet<&str> = cancelled
        .iter()
        .map(|payload| payload["invoice"]["creditNote"]["number"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (1..=CLIENTS).map(|number| format!("CRN{number:08}")).collect();
    assert!(
        notes.iter().copied().eq(expected.iter().map(String::as_str)),
        "{notes:?}"
    );
}

const LIST: &str = "query($first: Int!) { invoices(first: $first) { nodes { number study { studyId invoice { number } } centre { name }
    creditNote { number pdfUrl } history(first: 5) { totalCount nodes { status by { fullName } } } } } }";

#[tokio::test]
async fn the_number_of_statements_does_not_depend_on_the_number_of_invoices() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let of = app.study_to_copy().await;
    app.copy_study(
        &of,
        (1..20).map(|_| Box::new(|_: &mut entity::study::Model| {}) as Change).collect(),
    )
    .await;
    let studies = admin.data("{ studies(first: 100) { nodes { id } } }", json!({})).await;
    for study in studies["studies"]["nodes"].as_array().unwrap() {
        let invoice = create(&admin, &study["id"], "10").await;
        set(&admin, &invoice, "PAID", None).await;
        set(&admin, &invoice, "CANCELLED", None).await;
    }
    // Beside a request the server's own tasks may send a statement: the least of some tries is the request's alone.
    let statements = async |first: usize| {
        let mut least = u64::MAX;
        for _ in 0..5 {
            let before = app.app.db.statements();
            let answer = admin.data(LIST, json!({ "first": first })).await;
            let nodes = answer["invoices"]["nodes"].as_array().unwrap();
            assert_eq!(nodes.len(), first);
            assert!(
                nodes
                    .iter()
                    .all(|invoice| invoice["history"]["totalCount"] == 3 && invoice["creditNote"].is_object())
            );
            least = least.min(app.app.db.statements() - before);
        }
        least
    };
    let (of_two, of_twenty) = (statements(2).await, statements(20).await);
    assert_eq!(of_two, of_twenty);
}
