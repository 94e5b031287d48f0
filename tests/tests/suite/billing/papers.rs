//! Invoices and credit notes on paper.

use super::{create, get, set, uploaded};
use serde_json::{Value, json};
use tests::TestApp;

const URLS: &str = "query($id: ID!) { invoice(id: $id) { pdfUrl creditNote { pdfUrl } } }";

#[tokio::test]
async fn an_invoice_is_printed_in_each_status_and_its_credit_note_beside_it() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, uploaded(&app, app.centre).await);
    let invoice = create(&admin, &study, "80").await;
    assert_eq!(invoice["pdfUrl"], Value::Null, "not yet");
    app.run_pending_jobs().await;
    let mut printed = Vec::new();
    for status in ["PENDING", "PAID", "CANCELLED"] {
        let now = set(&admin, &invoice, status, None).await["invoice"].clone();
        assert_eq!(
            now["pdfUrl"].is_null(),
            status != "PENDING",
            "what was printed says the former status"
        );
        app.run_pending_jobs().await;
        let urls = admin.data(URLS, json!({ "id": invoice["id"] })).await["invoice"].clone();
        let answer = get(&app, &urls["pdfUrl"]).await;
        assert_eq!(answer.headers()["content-type"], "application/pdf");
        assert_eq!(
            answer.headers()["content-disposition"],
            "inline; filename=\"INV00000001.pdf\""
        );
        let bytes = answer.bytes().await.unwrap();
        assert!(bytes.starts_with(b"%PDF-"), "{status}");
        printed.push(bytes);
        assert_eq!(urls["creditNote"].is_object(), status == "CANCELLED");
        if status == "CANCELLED" {
            let note = get(&app, &urls["creditNote"]["pdfUrl"]).await;
            assert_eq!(
                note.headers()["content-disposition"],
                "inline; filename=\"CRN00000001.pdf\""
            );
            assert!(note.bytes().await.unwrap().starts_with(b"%PDF-"));
        }
    }
    assert!(
        printed[0] != printed[1] && printed[1] != printed[2],
        "each says its status"
    );
}

#[tokio::test]
async fn a_paper_opens_by_its_signature_or_for_those_who_may_see_it() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, uploaded(&app, app.centre).await);
    let invoice = create(&admin, &study, "80").await;
    app.run_pending_jobs().await;
    let url = admin.data(URLS, json!({ "id": invoice["id"] })).await["invoice"]["pdfUrl"].clone();
    let url = url.as_str().unwrap();
    let (path, _) = url.split_once('?').unwrap();
    for (client, path, status) in [
        (&app.anonymous(), url, 200),
        (&app.anonymous(), &url.replace("expires=1", "expires=2"), 401),
        (&app.anonymous(), path, 401),
        (&app.manager_of(app.centre).await, path, 200),
        (&app.manager_of(app.other_centre).await, path, 404),
        (&app.radiologist().await, path, 404),
    ] {
        let answer = client.rest(reqwest::Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{path}");
    }
}
