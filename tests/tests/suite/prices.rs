//! Prices: exact, one for each centre and modality, and nobody else's.

use domain::setup;
use serde_json::{Value, json};
use tests::dicom::study;
use tests::{Client, TestApp};

const CREATE: &str = "mutation($input: PriceCreateInput!) { priceCreate(input: $input) {
    price { id modality amount currency centre { id } } userErrors { code field message } } }";
const UPDATE: &str = "mutation($input: PriceUpdateInput!) { priceUpdate(input: $input) {
    price { id amount currency } userErrors { code field message } } }";
const PRICES: &str = "query($centre: ID) { prices(centre: $centre) { totalCount nodes { id amount } } }";

/// The ids of the centres North and South.
async fn centres(admin: &Client) -> (Value, Value) {
    let data = admin.data("{ centres { nodes { id } } }", json!({})).await;
    (
        data["centres"]["nodes"][0]["id"].clone(),
        data["centres"]["nodes"][1]["id"].clone(),
    )
}

async fn create(admin: &Client, input: Value) -> Value {
    admin.data(CREATE, json!({ "input": input })).await["priceCreate"].clone()
}

#[tokio::test]
async fn s2_68_s2_71_amounts_are_exact_as_text_and_as_number() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let (centre, _) = centres(&admin).await;
    let price = create(&admin, json!({ "centre": centre, "modality": "CT", "amount": 150.5 })).await["price"].clone();
    assert_eq!(
        price,
        json!({ "id": price["id"], "modality": "CT", "amount": "150.50", "currency": "USD", "centre": { "id": centre } })
    );
    for (amount, shown) in [
        (json!("0.1"), "0.10"),
        (json!(300), "300.00"),
        (json!("999999999.99"), "999999999.99"),
        (json!(0), "0.00"),
    ] {
        let input = json!({ "id": price["id"], "amount": amount });
        let changed = admin.data(UPDATE, json!({ "input": input })).await["priceUpdate"]["price"].clone();
        assert_eq!(
            (&changed["amount"], &changed["currency"]),
            (&json!(shown), &json!("USD"))
        );
    }
    let input = json!({ "id": price["id"], "currency": "INR" });
    let changed = admin.data(UPDATE, json!({ "input": input })).await["priceUpdate"]["price"].clone();
    assert_eq!(
        (&changed["amount"], &changed["currency"]),
        (&json!("0.00"), &json!("INR"))
    );
}

#[tokio::test]
async fn s2_69_what_is_no_price_is_refused() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let (centre, _) = centres(&admin).await;
    for amount in ["-1", "0.001", "1000000000"] {
        let refused = create(&admin, json!({ "centre": centre, "modality": "CT", "amount": amount })).await;
        let error = &refused["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!("INVALID_AMOUNT"), &json!("amount")),
            "{amount}"
        );
    }
    for amount in [json!("many"), json!("1e400"), json!(true), json!(f64::MAX)] {
        let input = json!({ "centre": centre, "modality": "CT", "amount": amount });
        let refused = admin.gql(CREATE, json!({ "input": input })).await;
        assert!(
            refused["errors"][0]["message"].as_str().is_some(),
            "{amount}: {refused}"
        );
        assert!(refused["data"].is_null(), "{amount}: {refused}");
    }
    let nowhere = create(&admin, json!({ "centre": "x", "modality": "CT", "amount": 1 })).await;
    assert_eq!(nowhere["userErrors"][0]["message"], "Centre not found");
    assert_eq!(admin.data(PRICES, json!({})).await["prices"]["totalCount"], 0);
}

#[tokio::test]
async fn s2_69_s2_96_of_prices_that_come_at_once_a_centre_has_one() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let (north, south) = centres(&admin).await;
    let inputs = (1..=6).map(|amount| json!({ "centre": north, "modality": "MRI", "amount": amount }));
    let answers = futures::future::join_all(inputs.map(|input| create(&admin, input))).await;
    let made: Vec<&Value> = answers.iter().filter(|answer| answer["price"].is_object()).collect();
    assert_eq!(made.len(), 1, "{answers:?}");
    let refused = answers.iter().filter(|answer| answer["userErrors"][0]["code"] == "PRICE_EXISTS").count();
    assert_eq!(refused, 5, "{answers:?}");
    for input in [
        json!({ "centre": north, "modality": "CT", "amount": 1 }),
        json!({ "centre": south, "modality": "MRI", "amount": 1 }),
    ] {
        assert!(
            create(&admin, input).await["price"].is_object(),
            "another modality, another centre"
        );
    }
}

#[tokio::test]
async fn s2_70_centres_see_their_own_prices_and_radiologists_none() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let (north, south) = centres(&admin).await;
    let study = app.technician_of(app.centre).await.upload(study(1)).await["studies"][0]["id"].clone();
    let price_of = "query($id: ID!) { study(id: $id) { price { amount currency } } }";
    let unpriced = admin.data(price_of, json!({ "id": study })).await;
    assert_eq!(unpriced["study"]["price"], Value::Null, "none is set");
    let mut ids = Vec::new();
    for (centre, amount) in [(&north, 1), (&south, 2)] {
        let price = create(&admin, json!({ "centre": centre, "modality": "CT", "amount": amount })).await;
        ids.push(price["price"]["id"].clone());
    }
    let (technician, radiologist) = (app.technician_of(app.centre).await, app.radiologist().await);
    for (client, centre, amounts) in [
        (&admin, Value::Null, vec!["1.00", "2.00"]),
        (&admin, south.clone(), vec!["2.00"]),
        (&technician, Value::Null, vec!["1.00"]),
        (&technician, south.clone(), vec![]),
        (&radiologist, Value::Null, vec![]),
    ] {
        let prices = client.data(PRICES, json!({ "centre": centre })).await["prices"].clone();
        let shown: Vec<&Value> = prices["nodes"].as_array().unwrap().iter().map(|price| &price["amount"]).collect();
        assert_eq!(shown, amounts);
        assert_eq!(prices["totalCount"], amounts.len());
    }
    let node = "query($id: ID!) { node(id: $id) { id } }";
    assert_eq!(
        technician.data(node, json!({ "id": ids[0] })).await["node"]["id"],
        ids[0]
    );
    assert_eq!(
        technician.data(node, json!({ "id": ids[1] })).await["node"],
        Value::Null
    );
    let seen = technician.data(price_of, json!({ "id": study })).await;
    assert_eq!(seen["study"]["price"], json!({ "amount": "1.00", "currency": "USD" }));
    assert_eq!(
        radiologist.data(price_of, json!({ "id": study })).await["study"]["price"],
        Value::Null
    );
}

#[tokio::test]
async fn s2_90_the_demo_centre_has_its_prices() {
    let app = TestApp::new().await;
    setup::demo_accounts(&app.app).await.unwrap();
    let technician = Client::sign_in(&app.base, "tech1", "tech").await;
    let prices = technician.data("{ prices { nodes { modality amount currency } } }", json!({})).await;
    let price = |modality, amount| json!({ "modality": modality, "amount": amount, "currency": "USD" });
    assert_eq!(
        prices["prices"]["nodes"],
        json!([price("CT", "150.00"), price("XRAY", "50.00"), price("MRI", "300.00")])
    );
}
