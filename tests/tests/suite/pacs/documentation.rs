//! The OpenAPI document: every route is in it, with shapes that hold together.

use super::get;
use serde_json::Value;
use std::collections::BTreeSet;
use tests::TestApp;

/// First segments of family A's paths (contract X-02).
const FAMILY: [&str; 9] = [
    "auth",
    "users",
    "centres",
    "studies",
    "reports",
    "ai",
    "billing",
    "health",
    "imaging-machines",
];

/// X-33, S2-94.
#[tokio::test]
async fn s2_94_every_endpoint_is_documented_with_its_shapes_and_needs() {
    let app = TestApp::new().await;
    let (status, document) = get(&app.anonymous(), "/openapi.json").await;
    assert_eq!((status, &document["openapi"]), (200, &Value::from("3.1.0")));
    let mut undocumented = Vec::new();
    for route in api::routes::rest() {
        if !FAMILY.contains(&route.path.split('/').nth(1).unwrap_or_default()) {
            continue;
        }
        let path = route.path.split('/').map(|part| match part.strip_prefix(':') {
            Some(name) => format!("{{{name}}}"),
            None => part.to_owned(),
        });
        let path = path.collect::<Vec<_>>().join("/");
        let operation = &document["paths"][&path][route.method.as_str().to_lowercase()];
        if operation["summary"].as_str().is_none() || operation["responses"]["200"]["content"].is_null() {
            undocumented.push(format!("{} {path}", route.method));
        }
        let open = ["/auth/token", "/health"].contains(&path.as_str());
        assert_eq!(operation["security"].is_null(), open, "{path}");
    }
    assert!(undocumented.is_empty(), "{undocumented:?}");
}

#[tokio::test]
async fn every_reference_of_the_document_leads_somewhere_and_every_operation_has_a_name_of_its_own() {
    let app = TestApp::new().await;
    let (_, document) = get(&app.anonymous(), "/openapi.json").await;
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    assert!(references.len() > 10);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let paths = document["paths"].as_object().unwrap().values();
    let operations: Vec<&Value> = paths.flat_map(|path| path.as_object().unwrap().values()).collect();
    let names: BTreeSet<&str> = operations.iter().map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), operations.len());
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(String::from));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
