//! The schema keeps its own conventions.

use serde_json::{Value, json};
use tests::TestApp;

const INTROSPECTION: &str = "{ __schema { types { kind name description interfaces { name }
    fields { name description type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } args { name description type { kind name ofType { kind name } } } }
    inputFields { name description } enumValues { name description } } } }";

async fn types() -> Vec<Value> {
    let app = TestApp::new().await;
    let data = app.anonymous().data(INTROSPECTION, json!({})).await;
    let types = data["__schema"]["types"].as_array().unwrap().clone();
    types.into_iter().filter(|kind| !kind["name"].as_str().unwrap().starts_with("__")).collect()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

#[tokio::test]
async fn everything_is_described() {
    let mut bare = Vec::new();
    for kind in types().await {
        let name = kind["name"].as_str().unwrap();
        if kind["description"].is_null()
            && !["String", "Int", "Float", "Boolean", "ID"].contains(&name)
            && !name.ends_with("Edge")
            && !name.ends_with("Connection")
        {
            bare.push(name.to_owned());
        }
        for part in ["fields", "inputFields", "enumValues"] {
            for member in list(&kind, part) {
                if member["description"].is_null() {
                    bare.push(format!("{name}.{}", member["name"].as_str().unwrap()));
                }
                for argument in list(member, "args").iter().filter(|argument| argument["description"].is_null()) {
                    bare.push(format!(
                        "{name}.{}({})",
                        member["name"].as_str().unwrap(),
                        argument["name"].as_str().unwrap()
                    ));
                }
            }
        }
    }
    assert!(bare.is_empty(), "without description: {bare:#?}");
}

#[tokio::test]
async fn a_mutation_takes_one_input_and_answers_a_payload_with_user_errors() {
    let types = types().await;
    let find = |name: &str| types.iter().find(|kind| kind["name"] == name).unwrap();
    for mutation in list(find("Mutation"), "fields") {
        let name = mutation["name"].as_str().unwrap();
        assert_eq!(list(mutation, "args").len(), 1, "{name}");
        assert_eq!(mutation["args"][0]["name"], "input", "{name}");
        assert_eq!(mutation["type"]["kind"], "NON_NULL", "{name}");
        let payload = mutation["type"]["ofType"]["name"].as_str().unwrap();
        assert!(payload.ends_with("Payload"), "{name}");
        assert!(
            list(find(payload), "fields").iter().any(|field| field["name"] == "userErrors"),
            "{payload}"
        );
        assert!(
            [
                "Create",
                "Update",
                "Deactivate",
                "Delete",
                "Refresh",
                "End",
                "Upload",
                "Render",
                "Analyze",
                "Transcode",
                "Retry",
                "Cancel",
                "Pause",
                "Resume",
                "Revoke",
                "Assign",
                "Claim",
                "Release",
                "Review",
                "Verify",
                "Set",
                "Automatically",
                "Acquire",
                "Flag",
                "Acknowledge",
                "Withdraw",
                "Add",
                "Remove"
            ]
            .iter()
            .any(|verb| name.ends_with(verb)),
            "{name}: object first"
        );
    }
}

#[tokio::test]
async fn a_list_of_nodes_is_a_connection_that_can_be_counted() {
    let types = types().await;
    let is_node = |name: &str| {
        let kind = types.iter().find(|kind| kind["name"] == name);
        kind.is_some_and(|kind| list(kind, "interfaces").iter().any(|interface| interface["name"] == "Node"))
    };
    // What one upload made is bounded by the upload.
    let bounded = [("Query", "nodes"), ("StudyUploadPayload", "studies")];
    for kind in types.iter().filter(|kind| kind["kind"] == "OBJECT") {
        let name = kind["name"].as_str().unwrap();
        let fields: Vec<&str> = list(kind, "fields").iter().map(|field| field["name"].as_str().unwrap()).collect();
        if name.ends_with("Connection") {
            for field in ["edges", "nodes", "pageInfo", "totalCount"] {
                assert!(fields.contains(&field), "{name}.{field}");
            }
            continue;
        }
        for field in list(kind, "fields") {
            let listed = field["type"].to_string().contains("\"LIST\"");
            let of_nodes = named(&field["type"]).is_some_and(&is_node);
            let place = (name, field["name"].as_str().unwrap());
            assert!(
                !(listed && of_nodes) || bounded.contains(&place),
                "{place:?} is a bare list"
            );
        }
    }
}

/// The type within lists and non-nulls.
fn named(kind: &Value) -> Option<&str> {
    kind["name"].as_str().or_else(|| named(kind.get("ofType").filter(|inner| !inner.is_null())?))
}

#[tokio::test]
async fn a_mutation_s_input_and_payload_are_its_own_or_of_its_object() {
    let types = types().await;
    let mutation = types.iter().find(|kind| kind["name"] == "Mutation").unwrap();
    for field in list(mutation, "fields") {
        let name = field["name"].as_str().unwrap();
        let input = named(&field["args"][0]["type"]).unwrap();
        assert_eq!(input.to_lowercase(), format!("{name}input").to_lowercase());
        assert_eq!(field["args"][0]["type"]["kind"], "NON_NULL", "{name}");
    }
}

#[tokio::test]
async fn enum_values_are_upper_case() {
    for kind in types().await.iter().filter(|kind| kind["kind"] == "ENUM") {
        for value in list(kind, "enumValues") {
            let name = value["name"].as_str().unwrap();
            assert!(
                name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'),
                "{name}"
            );
        }
    }
}
