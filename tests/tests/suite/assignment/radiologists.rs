//! What radiologists read, when, and how much; and who may know it.

use super::*;

const SET: &str = "mutation($input: RadiologistProfileSetInput!) { radiologistProfileSet(input: $input) {
    user { id reading { modalities isAvailable availableUntil hours { day from to } timeZone maxOpenStudies load { openStudies } } }
    userErrors { code field } } }";
const LIST: &str = "query($available: Boolean, $modality: Modality, $first: Int, $after: String, $last: Int, $before: String) {
    radiologists(available: $available, modality: $modality, first: $first, after: $after, last: $last, before: $before) {
      totalCount nodes { fullName reading { modalities load { openStudies weight } } }
      pageInfo { endCursor startCursor hasNextPage hasPreviousPage } } }";

async fn set(client: &Client, input: Value) -> Value {
    client.data(SET, json!({ "input": input })).await["radiologistProfileSet"].clone()
}

fn names(answer: &Value) -> Vec<&str> {
    let nodes = answer["radiologists"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["fullName"].as_str().unwrap().trim_start_matches("Test ")).collect()
}

#[tokio::test]
async fn a_radiologist_says_what_is_read_when_and_how_much() {
    let app = TestApp::new().await;
    let (rita, id) = radiologist(&app, "rita").await;
    let first = set(&rita, json!({ "modalities": ["CT", "MRI"] })).await["user"]["reading"].clone();
    assert_eq!(
        first,
        json!({ "modalities": ["CT", "MRI"], "isAvailable": true, "availableUntil": null, "hours": [], "timeZone": "UTC",
                "maxOpenStudies": 10, "load": { "openStudies": 0 } })
    );
    let hours = json!([{ "day": "MONDAY", "from": "08:00", "to": "16:30" }]);
    let admin = app.admin().await;
    let more = json!({ "radiologist": id, "hours": hours, "timeZone": "Europe/Vienna", "maxOpenStudies": 3 });
    let second = set(&admin, more).await["user"]["reading"].clone();
    assert_eq!(
        (&second["hours"], &second["timeZone"]),
        (&hours, &json!("Europe/Vienna"))
    );
    assert_eq!(
        (&second["modalities"], &second["maxOpenStudies"]),
        (&json!(["CT", "MRI"]), &json!(3)),
        "the rest stays"
    );

    for (input, code, field) in [
        (json!({ "timeZone": "Middle/Earth" }), "INVALID_TIME_ZONE", "timeZone"),
        (
            json!({ "hours": [{ "day": "MONDAY", "from": "17:00", "to": "08:00" }] }),
            "INVALID_HOURS",
            "hours",
        ),
        (json!({ "maxOpenStudies": 1001 }), "OUT_OF_RANGE", "maxOpenStudies"),
    ] {
        let refused = set(&rita, input).await;
        assert_eq!(refused["userErrors"][0], json!({ "code": code, "field": field }));
    }
}

#[tokio::test]
async fn nobody_but_oneself_and_administrators_changes_a_profile() {
    let app = TestApp::new().await;
    let (_, ritas) = radiologist(&app, "rita").await;
    let (ravi, _) = radiologist(&app, "ravi").await;
    let foreign = set(&ravi, json!({ "radiologist": ritas, "isAvailable": false })).await;
    assert_eq!(code(&foreign), "NOT_FOUND");
    let admin = app.admin().await;
    let me = admin.data("{ me { id } }", json!({})).await["me"]["id"].clone();
    assert_eq!(
        code(&set(&admin, json!({ "radiologist": me })).await),
        "NOT_FOUND",
        "no radiologist"
    );
}

#[tokio::test]
async fn who_assigns_finds_who_works_now_and_reads_it() {
    let app = TestApp::new().await;
    let (rita, _) = radiologist(&app, "rita").await;
    set(&rita, json!({ "modalities": ["CT"] })).await;
    let (ravi, _) = radiologist(&app, "ravi").await;
    set(&ravi, json!({ "modalities": ["CT", "MRI"], "isAvailable": false })).await;
    let (rosa, _) = radiologist(&app, "rosa").await;
    set(&rosa, json!({ "modalities": ["MRI"] })).await;
    radiologist(&app, "newcomer").await;
    done(&rita, CLAIM, &uploaded(&app).await).await;

    let admin = app.admin().await;
    for (variables, found) in [
        (json!({}), vec!["rita", "ravi", "rosa", "newcomer"]),
        (json!({ "available": true }), vec!["rita", "rosa"]),
        (json!({ "available": false }), vec!["ravi", "newcomer"]),
        (json!({ "modality": "MRI" }), vec!["ravi", "rosa"]),
        (json!({ "modality": "CT", "available": true }), vec!["rita"]),
    ] {
        let answer = admin.data(LIST, variables.clone()).await;
        assert_eq!(names(&answer), found, "{variables}");
        assert_eq!(answer["radiologists"]["totalCount"], found.len());
    }
    let page = admin.data(LIST, json!({ "first": 3 })).await;
    assert_eq!(page["radiologists"]["pageInfo"]["hasNextPage"], true);
    let after = &page["radiologists"]["pageInfo"]["endCursor"];
    assert_eq!(
        names(&admin.data(LIST, json!({ "first": 3, "after": after })).await),
        ["newcomer"]
    );
    let back = admin.data(LIST, json!({ "last": 2, "before": after })).await;
    assert_eq!(
        (names(&back), &back["radiologists"]["pageInfo"]["hasPreviousPage"]),
        (vec!["rita", "ravi"], &json!(false))
    );
}

#[tokio::test]
async fn a_centre_never_sees_how_much_is_read_for_others() {
    let app = TestApp::new().await;
    let (rita, _) = radiologist(&app, "rita").await;
    set(&rita, json!({ "modalities": ["CT"] })).await;
    done(&rita, CLAIM, &uploaded(&app).await).await;
    let load = json!({ "openStudies": 1, "weight": 1 });
    let of = |answer: Value| answer["radiologists"]["nodes"][0]["reading"].clone();
    let admins = of(app.admin().await.data(LIST, json!({})).await);
    assert_eq!(admins["load"], load);
    let manager = app.manager_of(app.other_centre).await;
    let managers = of(manager.data(LIST, json!({})).await);
    assert_eq!(managers, json!({ "modalities": ["CT"], "load": null }));
    let own = rita.data("{ me { reading { load { openStudies weight } } } }", json!({})).await;
    assert_eq!(own["me"]["reading"]["load"], load);
    let query = "{ studies { nodes { assignee { reading { modalities } } } } }";
    let technician = app.technician_of(app.centre).await.data(query, json!({})).await;
    assert_eq!(
        technician["studies"]["nodes"][0]["assignee"]["reading"],
        Value::Null,
        "who may not assign"
    );
}
