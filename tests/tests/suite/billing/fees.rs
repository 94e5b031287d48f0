//! Prices of radiologists (contract S2-72), and what reading earned.

use super::{centre_id, create, price, radiologist, uploaded};
use serde_json::{Value, json};
use tests::TestApp;

#[tokio::test]
async fn s2_72_a_price_is_of_a_centre_or_of_a_radiologist() {
    let app = TestApp::new().await;
    let (admin, rita) = (app.admin().await, radiologist(&app, "rita").await);
    let me = rita.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    let centre = centre_id(&admin, app.centre).await;
    let ours = price(&admin, ("radiologist", &me), "12.50").await;
    assert_eq!(ours["price"]["radiologist"]["id"], me);
    assert_eq!(ours["price"]["centre"], Value::Null);
    assert!(
        price(&admin, ("centre", &centre), "99").await["price"].is_object(),
        "of another owner"
    );
    assert_eq!(
        price(&admin, ("radiologist", &me), "1").await["userErrors"][0]["code"],
        "PRICE_EXISTS"
    );
    let technician = app.technician_of(app.centre).await.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    assert_eq!(
        price(&admin, ("radiologist", &technician), "1").await["userErrors"][0]["message"],
        "Radiologist not found"
    );
    let create = "mutation($input: PriceCreateInput!) { priceCreate(input: $input) { userErrors { code } } }";
    for input in [
        json!({ "modality": "MRI", "amount": 1 }),
        json!({ "modality": "MRI", "amount": 1, "centre": centre, "radiologist": me }),
    ] {
        let refused = admin.data(create, json!({ "input": input })).await;
        assert_eq!(refused["priceCreate"]["userErrors"][0]["code"], "INVALID_PRICE_OWNER");
    }
    let prices = "{ prices { totalCount nodes { amount } } }";
    let saul = radiologist(&app, "saul").await;
    for (client, amounts) in [
        (&admin, vec!["12.50", "99.00"]),
        (&rita, vec!["12.50"]),
        (&saul, vec![]),
        (&app.manager_of(app.centre).await, vec!["99.00"]),
        (&app.manager_of(app.other_centre).await, vec![]),
    ] {
        let nodes: Vec<Value> = amounts.iter().map(|amount| json!({ "amount": amount })).collect();
        let seen = client.data(prices, json!({})).await;
        assert_eq!(seen["prices"], json!({ "totalCount": nodes.len(), "nodes": nodes }));
    }
}

#[tokio::test]
async fn s2_72_an_invoice_keeps_what_reading_earned_and_shows_it_to_administrators_alone() {
    let app = TestApp::new().await;
    let (admin, rita) = (app.admin().await, radiologist(&app, "rita").await);
    let me = rita.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    let owned = price(&admin, ("radiologist", &me), "12.50").await["price"]["id"].clone();
    let study = uploaded(&app, app.centre).await;
    let claim = "mutation($id: ID!) { studyClaim(input: { study: $id }) { userErrors { code } } }";
    rita.data(claim, json!({ "id": study })).await;
    let invoice = create(&admin, &study, "80").await;
    let fee = json!({ "amount": "12.50", "currency": "USD", "radiologist": { "fullName": "Test rita" } });
    assert_eq!(invoice["readingFee"], fee);
    let change = "mutation($id: ID!) { priceUpdate(input: { id: $id, amount: 99 }) { userErrors { code } } }";
    admin.data(change, json!({ "id": owned })).await;
    let query =
        "query($id: ID!) { invoice(id: $id) { amount readingFee { amount currency radiologist { fullName } } } }";
    let seen = admin.data(query, json!({ "id": invoice["id"] })).await;
    assert_eq!(seen["invoice"]["readingFee"], fee, "as it was");
    let seen = app.manager_of(app.centre).await.data(query, json!({ "id": invoice["id"] })).await;
    assert_eq!(seen["invoice"], json!({ "amount": "80.00", "readingFee": null }));
}
