//! What is issued stays as it was issued (contract S2-95): whatever becomes of centre, study and price, and whoever asks the database.

use super::{centre_id, create, price, set, uploaded};
use sea_orm::ConnectionTrait;
use serde_json::json;
use tests::TestApp;

#[tokio::test]
async fn s2_95_a_renamed_and_deactivated_centre_leaves_its_invoices_as_they_are() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, uploaded(&app, app.centre).await);
    let centre = centre_id(&admin, app.centre).await;
    let owned = price(&admin, ("centre", &centre), "30").await["price"]["id"].clone();
    let before = create(&admin, &study, "30").await;
    for mutation in [
        "mutation($id: ID!) { centreUpdate(input: { id: $id, name: \"Another\", address: \"Elsewhere\" }) { userErrors { code } } }",
        "mutation($id: ID!) { centreDeactivate(input: { id: $id }) { userErrors { code } } }",
    ] {
        admin.data(mutation, json!({ "id": centre })).await;
    }
    let change = "mutation($id: ID!) { priceUpdate(input: { id: $id, amount: 99 }) { userErrors { code } } }";
    admin.data(change, json!({ "id": owned })).await;
    let after = set(&admin, &before, "PENDING", None).await["invoice"].clone();
    assert_eq!(after["centre"]["name"], "Another");
    for field in [
        "number",
        "amount",
        "currency",
        "status",
        "centreName",
        "modality",
        "patientReference",
    ] {
        assert_eq!(after[field], before[field], "{field}");
    }
    let remove = "mutation($id: ID!) { centreDelete(input: { id: $id }) { userErrors { code } } }";
    let refused = admin.data(remove, json!({ "id": centre })).await;
    assert_eq!(refused["centreDelete"]["userErrors"][0]["code"], "CENTRE_IN_USE");
}

#[tokio::test]
async fn s2_95_the_database_refuses_to_change_or_remove_what_was_issued() {
    let app = TestApp::new().await;
    let (admin, study) = (app.admin().await, uploaded(&app, app.centre).await);
    let invoice = create(&admin, &study, "30").await;
    set(&admin, &invoice, "PAID", None).await;
    set(&admin, &invoice, "CANCELLED", None).await;
    for sql in [
        "DELETE FROM invoice",
        "DELETE FROM invoice_change",
        "DELETE FROM credit_note",
        "DELETE FROM study",
        "UPDATE invoice SET amount_minor = 1",
        "UPDATE invoice SET centre_name = 'Another'",
        "UPDATE invoice SET number = 'INV99999999'",
        "UPDATE invoice SET status = 'paid'",
        "UPDATE invoice SET reading_fee_minor = 1, reading_fee_currency = 'usd'",
        "UPDATE invoice_change SET reason = 'none'",
        "UPDATE credit_note SET amount_minor = 0",
    ] {
        let refused = app.app.db.writer().execute_unprepared(sql).await;
        assert!(refused.is_err(), "{sql}");
    }
    let kept = set(&admin, &invoice, "CANCELLED", None).await["invoice"].clone();
    assert_eq!(
        (&kept["amount"], &kept["history"]["totalCount"]),
        (&json!("30.00"), &json!(3))
    );
}
