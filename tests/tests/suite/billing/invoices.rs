//! Invoices: issued by those who may, seen by those who may, and where their status leads.

use super::{code, create, done, set, uploaded};
use serde_json::{Value, json};
use tests::TestApp;

const SEEN: &str = "query($study: ID!, $filter: InvoiceFilter) { study(id: $study) { invoice { id } }
    invoices(filter: $filter) { totalCount nodes { id } } centres { nodes { invoices { totalCount nodes { id } } } } }";

#[tokio::test]
async fn s2_73_s2_74_an_invoice_is_pending_numbered_and_exact() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, uploaded(&app, app.centre).await);
    let invoice = create(&admin, &study, "150.5").await;
    let expected = json!({
        "id": invoice["id"], "number": "INV00000001", "amount": "150.50", "currency": "USD", "status": "PENDING",
        "centreName": "Centre North", "modality": "CT", "patientReference": "PHANTOM", "pdfUrl": null,
        "study": { "id": study }, "centre": { "name": "Centre North" }, "readingFee": null, "creditNote": null,
        "history": { "totalCount": 1, "nodes": [
            { "before": null, "status": "PENDING", "reason": null, "by": { "fullName": "Test admin" } }] },
    });
    let mut shown = invoice.clone();
    shown["patientReference"] = json!("PHANTOM");
    assert_eq!(shown, expected);
    let second = uploaded(&app, app.centre).await;
    let manager = app.manager_of(app.centre).await;
    let input = json!({ "study": second, "amount": 20, "currency": "INR" });
    let invoice = done(&manager, "invoiceCreate", input).await["invoice"].clone();
    assert_eq!(
        (&invoice["number"], &invoice["amount"], &invoice["currency"]),
        (&json!("INV00000002"), &json!("20.00"), &json!("INR"))
    );
}

#[tokio::test]
async fn s2_73_s2_75_what_cannot_be_billed_says_why() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, uploaded(&app, app.centre).await);
    let bill = async |input: Value| done(&admin, "invoiceCreate", input).await;
    for amount in ["-1", "0.001", "1000000000"] {
        assert_eq!(
            code(&bill(json!({ "study": study, "amount": amount })).await),
            "INVALID_AMOUNT",
            "{amount}"
        );
    }
    assert_eq!(
        code(&bill(json!({ "study": "ZZZZZZZZ", "amount": 1 })).await),
        "NOT_FOUND"
    );
    assert_eq!(code(&bill(json!({ "study": study })).await), "PRICE_MISSING");
    let centre = super::centre_id(&admin, app.centre).await;
    super::price(&admin, ("centre", &centre), "75.25").await;
    assert_eq!(
        code(&bill(json!({ "study": study, "currency": "AED" })).await),
        "PRICE_MISSING"
    );
    let billed = bill(json!({ "study": study, "currency": "USD" })).await;
    assert_eq!(billed["invoice"]["amount"], "75.25", "the centre's price");
    let again = bill(json!({ "study": study, "amount": 1 })).await;
    assert_eq!(code(&again), "INVOICE_EXISTS");
    assert_eq!(
        again["userErrors"][0]["message"],
        "Billing already exists for this study"
    );
}

#[tokio::test]
async fn s2_76_s2_77_centres_see_their_own_invoices_and_radiologists_none() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let (north, south) = (uploaded(&app, app.centre).await, uploaded(&app, app.other_centre).await);
    let (ours, theirs) = (create(&admin, &north, "1").await, create(&admin, &south, "2").await);
    set(&admin, &theirs, "PAID", None).await;
    let (technician, radiologist) = (app.technician_of(app.centre).await, app.radiologist().await);
    for (client, filter, expected) in [
        (&admin, json!({}), vec![&theirs, &ours]),
        (&admin, json!({ "status": "PAID" }), vec![&theirs]),
        (&admin, json!({ "study": north }), vec![&ours]),
        (
            &admin,
            json!({ "centre": super::centre_id(&admin, app.centre).await }),
            vec![&ours],
        ),
        (&technician, json!({}), vec![&ours]),
        (&technician, json!({ "status": "PAID" }), vec![]),
        (&radiologist, json!({}), vec![]),
    ] {
        let seen = client.data(SEEN, json!({ "study": north, "filter": filter })).await;
        let ids: Vec<Value> = expected.iter().map(|invoice| json!({ "id": invoice["id"] })).collect();
        assert_eq!(
            seen["invoices"],
            json!({ "totalCount": ids.len(), "nodes": ids }),
            "{filter}"
        );
    }
    let node = "query($id: ID!) { node(id: $id) { id } invoice(id: $id) { amount } }";
    for (client, invoice, sees) in [
        (&technician, &ours, true),
        (&technician, &theirs, false),
        (&radiologist, &ours, false),
    ] {
        let answer = client.data(node, json!({ "id": invoice["id"] })).await;
        assert_eq!(
            (answer["node"].is_object(), answer["invoice"].is_object()),
            (sees, sees)
        );
    }
    let none = radiologist.data(SEEN, json!({ "study": north })).await;
    assert_eq!(none["study"]["invoice"], Value::Null);
    assert_eq!(
        none["centres"]["nodes"][0]["invoices"],
        json!({ "totalCount": 0, "nodes": [] })
    );
    let own = technician.data(SEEN, json!({ "study": north })).await;
    assert_eq!(own["study"]["invoice"]["id"], ours["id"]);
    assert_eq!(own["centres"]["nodes"][0]["invoices"]["totalCount"], 1);
}

#[tokio::test]
async fn s2_78_a_payment_may_be_taken_back_and_a_cancellation_may_not() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, uploaded(&app, app.centre).await);
    let invoice = create(&admin, &study, "80").await;
    for (status, reason) in [
        ("PAID", None),
        ("PENDING", Some("Returned by the bank")),
        ("PAID", None),
        ("PAID", None),
    ] {
        assert_eq!(set(&admin, &invoice, status, reason).await["invoice"]["status"], status);
    }
    let cancelled = set(&admin, &invoice, "CANCELLED", Some("Billed twice")).await["invoice"].clone();
    let steps: Vec<(&str, &str)> = cancelled["history"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            (
                change["status"].as_str().unwrap(),
                change["reason"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    let expected = [
        ("CANCELLED", "Billed twice"),
        ("PAID", ""),
        ("PENDING", "Returned by the bank"),
        ("PAID", ""),
        ("PENDING", ""),
    ];
    assert_eq!(steps, expected, "the same status again is no step");
    assert_eq!(
        cancelled["creditNote"],
        json!({ "number": "CRN00000001", "amount": "-80.00", "currency": "USD", "reason": "Billed twice", "pdfUrl": null })
    );
    for status in ["PENDING", "PAID"] {
        assert_eq!(code(&set(&admin, &invoice, status, None).await), "INVOICE_CANCELLED");
    }
    assert_eq!(
        set(&admin, &invoice, "CANCELLED", None).await["userErrors"],
        json!([]),
        "already so"
    );
    let again = done(&admin, "invoiceCreate", json!({ "study": study, "amount": 1 })).await;
    assert_eq!(code(&again), "INVOICE_EXISTS", "a study has one for good");
}

#[tokio::test]
async fn s2_78_what_was_not_paid_is_void_without_a_credit_note() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, uploaded(&app, app.centre).await);
    let invoice = create(&admin, &study, "80").await;
    let void = set(&admin, &invoice, "CANCELLED", None).await["invoice"].clone();
    assert_eq!(
        (&void["status"], &void["creditNote"]),
        (&json!("CANCELLED"), &Value::Null)
    );
    let wrong = set(&admin, &invoice, "CANCELLED", Some("two\nlines")).await;
    assert_eq!(code(&wrong), "INVALID_TEXT");
}
