//! Billing: one invoice a study, what becomes of it, and what a centre was billed in a month (contract S2-72..80, S2-95, S2-96).

mod automatic;
mod fees;
mod invoices;
mod kept;
mod papers;
mod statements;
mod together;
mod upgrade;

use domain::context::Role;
use serde_json::{Value, json};
use tests::dicom::study;
use tests::{Client, TestApp};

const FIELDS: &str = "invoice { id number amount currency status centreName modality patientReference pdfUrl
    study { id } centre { name } readingFee { amount currency radiologist { fullName } }
    creditNote { number amount currency reason pdfUrl }
    history { totalCount nodes { before status reason by { fullName } } } } userErrors { code field message }";

async fn uploaded(app: &TestApp, centre: i64) -> Value {
    let technician = app.technician_of(centre).await;
    technician.upload(study(1)).await["studies"][0]["id"].clone()
}

/// The payload of a mutation of invoices.
async fn done(client: &Client, name: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let mutation = format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {FIELDS} }} }}");
    client.data(&mutation, json!({ "input": input })).await[name].clone()
}

async fn create(client: &Client, study: &Value, amount: &str) -> Value {
    let payload = done(client, "invoiceCreate", json!({ "study": study, "amount": amount })).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["invoice"].clone()
}

async fn set(client: &Client, invoice: &Value, status: &str, reason: Option<&str>) -> Value {
    let input = json!({ "id": invoice["id"], "status": status, "reason": reason });
    done(client, "invoiceStatusSet", input).await
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or_default()
}

/// The global id of a centre.
async fn centre_id(client: &Client, number: i64) -> Value {
    let data = client.data("{ centres { nodes { id number } } }", json!({})).await;
    let nodes = data["centres"]["nodes"].as_array().unwrap();
    nodes.iter().find(|centre| centre["number"] == number).unwrap()["id"].clone()
}

async fn price(admin: &Client, owner: (&str, &Value), amount: &str) -> Value {
    let mutation = "mutation($input: PriceCreateInput!) { priceCreate(input: $input) {
        price { id amount centre { id } radiologist { id } } userErrors { code field message } } }";
    let input = json!({ owner.0: owner.1, "modality": "CT", "amount": amount });
    admin.data(mutation, json!({ "input": input })).await["priceCreate"].clone()
}

async fn radiologist(app: &TestApp, name: &str) -> Client {
    app.user(name, Role::Radiologist, None).await
}

async fn get(app: &TestApp, path: &Value) -> reqwest::Response {
    let request = app.anonymous().rest(reqwest::Method::GET, path.as_str().unwrap());
    request.send().await.unwrap()
}
