//! Prices and invoices over REST.

use super::{call, detail, get, keys, number, patch, post};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::dicom::study;
use tests::{Client, TestApp};

async fn study_of(app: &TestApp, centre: i64) -> Value {
    let technician = app.technician_of(centre).await;
    technician.upload(study(1)).await;
    get(&technician, "/studies").await.1.as_array().unwrap().last().unwrap()["id"].clone()
}

async fn invoice(client: &Client, study: &Value) -> Value {
    let (status, invoice) = post(
        client,
        "/billing/",
        json!({ "study_id": study, "amount": 150.0, "currency": "usd" }),
    )
    .await;
    assert_eq!(status, 200, "{invoice}");
    invoice
}

#[tokio::test]
async fn s2_68_to_71_s2_79_prices_are_made_listed_and_changed() {
    let app = TestApp::new().await;
    let (admin, manager) = (app.admin().await, app.manager_of(app.centre).await);
    let body = json!({ "centre_id": app.centre, "modality": "ct", "price": 150.0, "currency": "usd" });
    let (status, price) = post(&admin, "/billing/pricing", body.clone()).await;
    assert_eq!(status, 200, "{price}");
    assert_eq!(
        keys(&price),
        ["centre_id", "created_at", "currency", "id", "modality", "price"]
    );
    assert_eq!(
        serde_json::to_string(&price["price"]).unwrap(),
        "150.0",
        "a number with a decimal"
    );
    assert_eq!(
        post(&admin, "/billing/pricing", body.clone()).await,
        (400, detail("Pricing already exists for this modality"))
    );
    let without = json!({ "centre_id": app.centre, "modality": "mri", "price": "99.95" });
    assert_eq!(post(&admin, "/billing/pricing", without).await.1["currency"], "usd");
    let unknown = json!({ "centre_id": 999_999, "modality": "ct", "price": 1 });
    assert_eq!(
        post(&admin, "/billing/pricing", unknown).await,
        (404, detail("Centre not found"))
    );
    for (field, value) in [
        ("price", json!(-1)),
        ("price", json!(0.001)),
        ("price", json!("much")),
        ("currency", json!("eur")),
        ("modality", json!("other")),
    ] {
        let mut wrong = json!({ "centre_id": app.centre, "modality": "pet", "price": 1 });
        wrong[field] = value;
        let (status, told) = post(&admin, "/billing/pricing", wrong).await;
        assert_eq!(
            (status, &told["detail"][0]["loc"]),
            (422, &json!(["body", field])),
            "{told}"
        );
    }
    let path = format!("/billing/pricing/{}", price["id"]);
    let (_, changed) = patch(&admin, &path, json!({ "price": 175.0 })).await;
    assert_eq!(
        (&changed["price"], &changed["currency"]),
        (&json!(175.0), &json!("usd"))
    );
    assert_eq!(
        patch(&admin, "/billing/pricing/999999", json!({ "price": 1 })).await.0,
        404
    );
    assert_eq!(patch(&manager, &path, json!({ "price": 1 })).await.0, 403);
    assert_eq!(get(&manager, "/billing/pricing").await.1.as_array().unwrap().len(), 2);
    assert_eq!(
        get(&app.manager_of(app.other_centre).await, "/billing/pricing").await.1,
        json!([])
    );
    assert_eq!(
        get(&admin, &format!("/billing/pricing?centre_id={}&limit=1", app.centre)).await.1,
        json!([changed])
    );
}

#[tokio::test]
async fn s2_72_a_price_is_of_a_centre_or_of_a_radiologist() {
    let app = TestApp::new().await;
    let (admin, rita) = (app.admin().await, app.radiologist().await);
    assert_eq!(get(&rita, "/billing/pricing").await.1, json!([]));
    let own = json!({ "radiologist_id": number(&rita).await, "modality": "ct", "price": 40, "currency": "aed" });
    let (status, price) = post(&admin, "/billing/pricing", own.clone()).await;
    assert_eq!(
        (status, &price["radiologist_id"], &price["centre_id"]),
        (200, &own["radiologist_id"], &Value::Null)
    );
    assert_eq!(post(&admin, "/billing/pricing", own.clone()).await.0, 400);
    for owner in [
        json!({}),
        json!({ "centre_id": app.centre, "radiologist_id": own["radiologist_id"] }),
    ] {
        let mut body = json!({ "modality": "pet", "price": 1 });
        body.as_object_mut().unwrap().extend(owner.as_object().unwrap().clone());
        assert_eq!(post(&admin, "/billing/pricing", body).await.0, 422);
    }
    assert_eq!(get(&rita, "/billing/pricing").await.1, json!([price]));
    let other = app.user("other", domain::context::Role::Radiologist, None).await;
    assert_eq!(get(&other, "/billing/pricing").await.1, json!([]));
}

#[tokio::test]
async fn s2_73_to_75_a_study_is_billed_once() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, study_of(&app, app.centre).await);
    let first = invoice(&admin, &study).await;
    let documented = [
        "amount",
        "created_at",
        "currency",
        "id",
        "invoice_date",
        "invoice_number",
        "status",
        "study_id",
    ];
    assert_eq!(keys(&first), documented);
    assert_eq!((&first["status"], &first["amount"]), (&json!("pending"), &json!(150.0)));
    let number = first["invoice_number"].as_str().unwrap();
    assert!(
        number.len() == 11 && number.starts_with("INV") && number[3..].bytes().all(|b| b.is_ascii_digit()),
        "{number}"
    );
    let again = json!({ "study_id": study, "amount": 1 });
    assert_eq!(
        post(&admin, "/billing", again.clone()).await,
        (400, detail("Billing already exists for this study"))
    );
    let unknown = json!({ "study_id": 999_999, "amount": 1 });
    assert_eq!(
        post(&admin, "/billing", unknown).await,
        (404, detail("Study not found"))
    );
    for client in [app.radiologist().await, app.technician_of(app.centre).await] {
        assert_eq!(post(&client, "/billing", again.clone()).await.0, 403);
    }
    assert_eq!(
        post(&app.manager_of(app.other_centre).await, "/billing", again).await.0,
        403
    );
    let second = study_of(&app, app.centre).await;
    invoice(&app.manager_of(app.centre).await, &second).await;
}

#[tokio::test]
async fn s2_76_to_78_invoices_are_listed_read_and_paid() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let north = invoice(&admin, &study_of(&app, app.centre).await).await;
    let south = invoice(&admin, &study_of(&app, app.other_centre).await).await;
    assert_eq!(get(&admin, "/billing/").await.1, json!([north, south]));
    assert_eq!(
        get(&admin, &format!("/billing?centre_id={}", app.other_centre)).await.1,
        json!([south])
    );
    let manager = app.manager_of(app.centre).await;
    assert_eq!(get(&manager, "/billing").await.1, json!([north]));
    assert_eq!(get(&app.radiologist().await, "/billing").await, (200, json!([])));
    let path = format!("/billing/{}", south["id"]);
    assert_eq!(get(&manager, &path).await.0, 403);
    assert_eq!(get(&admin, &path).await, (200, south));
    assert_eq!(get(&admin, "/billing/999999").await.0, 404);
    let status = format!("{path}/status");
    assert_eq!(
        call(&manager, Method::PATCH, &format!("{status}?status=paid"), None).await.0,
        403
    );
    let (code, paid) = call(&admin, Method::PATCH, &format!("{status}?status=paid"), None).await;
    assert_eq!((code, &paid["status"]), (200, &json!("paid")));
    assert_eq!(get(&admin, "/billing?status=paid").await.1, json!([paid]));
    let (_, cancelled) = patch(&admin, &status, json!({ "status": "cancelled" })).await;
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(
        patch(&admin, &status, json!({ "status": "paid" })).await.0,
        400,
        "cancelled for good"
    );
    for wrong in ["?status=void", ""] {
        assert_eq!(
            call(&admin, Method::PATCH, &format!("{status}{wrong}"), None).await.0,
            422
        );
    }
}

#[tokio::test]
async fn s2_96_fifty_clients_bill_at_once_and_no_study_twice() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let mut studies = Vec::new();
    for _ in 0..5 {
        studies.push(study_of(&app, app.centre).await);
    }
    let bill = |study: &Value| post(&admin, "/billing", json!({ "study_id": study, "amount": 1 }));
    let tries: Vec<_> = (0..50).map(|n| studies[n % 5].clone()).collect();
    let answers = join_all(tries.iter().map(bill)).await;
    let numbers: BTreeSet<&str> = answers
        .iter()
        .filter(|(status, _)| *status == 200)
        .map(|(_, invoice)| invoice["invoice_number"].as_str().unwrap())
        .collect();
    assert_eq!(numbers.len(), 5, "one each, and no number twice");
    let refused = (400, detail("Billing already exists for this study"));
    assert_eq!(answers.iter().filter(|answer| **answer == refused).count(), 45);
    assert_eq!(get(&admin, "/billing").await.1.as_array().unwrap().len(), 5);
}
