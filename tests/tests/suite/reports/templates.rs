//! Templates and macros: who sees which, what fits best, and what is filled in.

use super::{answered, code, done, reader, uploaded};
use serde_json::{Value, json};
use tests::{Client, TestApp};

const TEMPLATE: &str = "template { id name modality bodyPart findings isActive owner { fullName } centre { name } } userErrors { code field }";
const MACRO: &str = "macro { id name text owner { fullName } } userErrors { code field }";
const LIST: &str = "query($study: ID, $modality: Modality, $part: String, $first: Int, $after: String) {
    reportTemplates(study: $study, modality: $modality, bodyPart: $part, first: $first, after: $after) {
        totalCount pageInfo { endCursor hasNextPage } nodes { name } } }";

async fn template(client: &Client, input: Value) -> Value {
    answered(client, "reportTemplateCreate", input, TEMPLATE).await
}

async fn of_macro(client: &Client, name: &str, text: &str) -> Value {
    answered(
        client,
        "reportMacroCreate",
        json!({ "name": name, "text": text }),
        MACRO,
    )
    .await
}

async fn names(client: &Client, variables: Value) -> Vec<String> {
    let list = client.data(LIST, variables).await["reportTemplates"].clone();
    list["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_new_server_offers_templates_and_the_best_fit_comes_first() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    assert_eq!(names(&rita, json!({})).await.len(), 5);
    let chest = names(&rita, json!({ "modality": "CT", "part": "chest" })).await;
    assert_eq!(chest, ["CT chest, normal", "CT head, without contrast, normal"]);
    let brain = names(&rita, json!({ "modality": "MRI", "part": "BRAIN" })).await;
    assert_eq!(brain, ["MR brain, normal"]);
    template(&rita, json!({ "name": "Any CT", "modality": "CT" })).await;
    template(&rita, json!({ "name": "Mine", "modality": "CT", "bodyPart": " head " })).await;
    let head = [
        "Mine",
        "CT head, without contrast, normal",
        "Any CT",
        "CT chest, normal",
    ];
    assert_eq!(names(&rita, json!({ "modality": "CT", "part": "Head" })).await, head);

    let mut paged = Vec::new();
    let mut after = Value::Null;
    for _ in 0..4 {
        let variables = json!({ "modality": "CT", "part": "HEAD", "first": 1, "after": after });
        let list = rita.data(LIST, variables).await["reportTemplates"].clone();
        assert_eq!(list["totalCount"], 4);
        paged.push(list["nodes"][0]["name"].as_str().unwrap().to_owned());
        after = list["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(paged, head);
}

#[tokio::test]
async fn a_study_says_itself_which_template_fits() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    let admin = app.admin().await;
    let centres = admin.data("{ centres { nodes { id number } } }", json!({})).await["centres"]["nodes"].clone();
    let id = |number: i64| {
        let centre = centres.as_array().unwrap().iter().find(|centre| centre["number"] == number);
        centre.unwrap()["id"].clone()
    };
    template(
        &admin,
        json!({ "name": "Ours", "modality": "CT", "bodyPart": "CHEST", "centre": id(app.centre) }),
    )
    .await;
    template(
        &admin,
        json!({ "name": "Theirs", "modality": "CT", "bodyPart": "CHEST", "centre": id(app.other_centre) }),
    )
    .await;
    use sea_orm::ConnectionTrait;
    let db = app.app.db.writer();
    db.execute_unprepared("UPDATE series SET body_part_examined = 'Chest'").await.unwrap();
    let fitting = names(&rita, json!({ "study": study })).await;
    assert_eq!(
        fitting,
        ["Ours", "CT chest, normal", "CT head, without contrast, normal"]
    );
    db.execute_unprepared("UPDATE series SET body_part_examined = NULL").await.unwrap();
    db.execute_unprepared("UPDATE study SET study_description = 'CT head/neck'").await.unwrap();
    assert_eq!(
        names(&rita, json!({ "study": study })).await[0],
        "CT head, without contrast, normal"
    );
}

#[tokio::test]
async fn templates_and_macros_are_ones_own_or_for_all() {
    let app = TestApp::new().await;
    let (rita, ravi, admin) = (
        reader(&app, "rita").await,
        reader(&app, "ravi").await,
        app.admin().await,
    );
    let mine = template(&rita, json!({ "name": "Mine", "modality": "PET" })).await["template"].clone();
    let shared = template(&admin, json!({ "name": "Shared", "modality": "PET" })).await["template"].clone();
    assert_eq!(
        (&mine["owner"]["fullName"], &shared["owner"]),
        (&json!("Test rita"), &Value::Null)
    );
    assert_eq!(names(&rita, json!({ "modality": "PET" })).await, ["Mine", "Shared"]);
    for client in [&ravi, &admin] {
        assert_eq!(names(client, json!({ "modality": "PET" })).await, ["Shared"]);
        let input = json!({ "id": mine["id"], "name": "X" });
        assert_eq!(
            code(&answered(client, "reportTemplateUpdate", input, TEMPLATE).await),
            "NOT_FOUND"
        );
    }
    let refused = rita
        .gql(
            "mutation($id: ID!) { reportTemplateDelete(input: { id: $id }) { userErrors { code } } }",
            json!({ "id": shared["id"] }),
        )
        .await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "FORBIDDEN",
        "those for all are an administrator's"
    );
    let hidden = json!({ "id": mine["id"], "isActive": false, "bodyPart": "" });
    let hidden = answered(&rita, "reportTemplateUpdate", hidden, TEMPLATE).await["template"].clone();
    assert_eq!((&hidden["isActive"], &hidden["name"]), (&json!(false), &json!("Mine")));
    assert_eq!(names(&rita, json!({ "modality": "PET" })).await, ["Shared"]);
    answered(&rita, "reportTemplateDelete", json!({ "id": mine["id"] }), TEMPLATE).await;
    let node = rita.data("query($id: ID!) { node(id: $id) { id } }", json!({ "id": mine["id"] })).await;
    assert_eq!(node["node"], Value::Null);

    of_macro(&admin, "normal", "Shared text.").await;
    assert_eq!(of_macro(&rita, "normal", "Rita's text.").await["userErrors"], json!([]));
    assert_eq!(code(&of_macro(&rita, "normal", "Again.").await), "NAME_TAKEN");
    for (name, text, expected) in [("Not Good", "x", "INVALID_NAME"), ("good", " ", "INVALID_TEXT")] {
        assert_eq!(code(&of_macro(&rita, name, text).await), expected);
    }
    let list = |client: Client| async move {
        client.data("{ reportMacros { totalCount nodes { text } } }", json!({})).await["reportMacros"].clone()
    };
    assert_eq!(list(rita.clone()).await["totalCount"], 2);
    assert_eq!(
        list(ravi.clone()).await,
        json!({ "totalCount": 1, "nodes": [{ "text": "Shared text." }] })
    );
    let study = uploaded(&app, app.centre).await;
    let expand = "query($study: ID!) { reportTextExpand(study: $study, text: \"{{.normal}}\") { text } }";
    for (client, text) in [(&rita, "Rita's text."), (&ravi, "Shared text.")] {
        let expanded = client.data(expand, json!({ "study": study })).await;
        assert_eq!(expanded["reportTextExpand"]["text"], text);
    }
}

#[tokio::test]
async fn a_report_begins_with_the_texts_of_a_template() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    of_macro(&rita, "lungs", "Lungs of {{patient.name}} are clear.").await;
    let input = json!({ "name": "T", "findings": "{{.lungs}} {{.none}}", "impression": "By {{radiologist.name}}.", "reportType": "CT" });
    let made = template(&rita, input).await["template"]["id"].clone();
    let fields =
        "report { findings impression reportType version } warnings { placeholder message } userErrors { code }";
    let report = answered(
        &rita,
        "reportCreate",
        json!({ "study": study, "template": made }),
        fields,
    )
    .await;
    let query = "query($id: ID!) { study(id: $id) { patientName } }";
    let name = rita.data(query, json!({ "id": study })).await["study"]["patientName"].as_str().unwrap().to_owned();
    let name = imaging::person_name::PersonName::parse(&name).display();
    let expected = json!({
        "report": { "findings": format!("Lungs of {name} are clear. {{{{.none}}}}"), "impression": "By Test rita.",
            "reportType": "CT", "version": 1 },
        "warnings": [{ "placeholder": ".none", "message": "There is no macro of this name" }],
        "userErrors": [],
    });
    assert_eq!(report, expected);
    let input = json!({ "study": study, "template": made, "findings": "My own.", "reportType": "Final" });
    let own = done(&rita, "reportCreate", input).await["report"].clone();
    assert_eq!(
        (&own["findings"], &own["impression"], &own["reportType"]),
        (&json!("My own."), &json!("By Test rita."), &json!("Final"))
    );
    let ravi = reader(&app, "ravi").await;
    let foreign = done(&ravi, "reportCreate", json!({ "study": study, "template": made })).await;
    assert_eq!(code(&foreign), "NOT_FOUND", "another one's template");
}

#[tokio::test]
async fn macros_that_grow_without_end_are_refused() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    of_macro(&rita, "big", &"x".repeat(60_000)).await;
    let query = "query($study: ID!, $text: String!) { reportTextExpand(study: $study, text: $text) { text warnings { placeholder } } }";
    let refused = rita.gql(query, json!({ "study": study, "text": "{{.big}}{{.big}}" })).await;
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "{refused}"
    );
    of_macro(&rita, "loop", "{{.loop}}{{.loop}}").await;
    let told = rita.data(query, json!({ "study": study, "text": "{{.loop}}" })).await["reportTextExpand"].clone();
    assert_eq!(told["warnings"], json!([{ "placeholder": ".loop" }]));
}
