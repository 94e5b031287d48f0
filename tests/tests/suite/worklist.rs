//! The worklist: filters, search, orders, counts, priors; the same number of statements however many studies.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tests::worklist::Change;
use tests::{Client, TestApp};

/// When the first of them is due.
const DUE: &str = "2024-01-01T00:00:00Z";

/// Nine studies with something to tell them apart, named by their descriptions.
async fn nine(app: &TestApp) -> Client {
    let of = app.study_to_copy().await;
    let (north, south) = (app.centre, app.other_centre);
    let rows = [
        ("a", "Müller^Jürgen", "ct", "uploaded", "2024-01-05", north),
        ("b", "MULLER^Anna", "mri", "uploaded", "2024-02-05", north),
        ("c", "Ødegård^Martin", "ct", "verified", "2024-03-05", north),
        (
            "d",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
            "xray",
            "assigned",
            "2024-04-05",
            south,
        ),
        ("e", "García Márquez^José", "ct", "uploaded", "2024-05-05", south),
        ("f", "Muller-Schmidt^Eva", "ct", "verified", "2024-06-05", south),
    ];
    let changes: Vec<Change> = rows
        .into_iter()
        .map(|(name, patient, modality, status, day, centre)| {
            Box::new(move |row: &mut entity::study::Model| {
                row.study_description = Some(name.into());
                row.patient_name = patient.into();
                row.dicom_patient_name = Some(patient.into());
                row.modality = modality.into();
                row.status = status.into();
                row.examined_on = day.into();
                row.centre_id = centre;
                row.patient_id = Some(format!("PID-{name}"));
                row.accession_number = Some(format!("ACC-{name}"));
                row.is_urgent = name == "c";
                // Due in the order of c, a, d, b, f, e.
                row.due_at =
                    DUE.parse::<DateTime<Utc>>().unwrap() + TimeDelta::hours("cadbfe".find(name).unwrap() as i64);
            }) as Change
        })
        .collect();
    app.copy_study(&of, changes).await;
    app.radiologist().await
}

const LIST: &str =
    "query($filter: StudyFilter!, $order: StudyOrder, $first: Int, $after: String, $last: Int, $before: String) {
    studies(filter: $filter, orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
      totalCount nodes { description } pageInfo { endCursor startCursor hasNextPage hasPreviousPage } } }";

fn names(answer: &Value) -> String {
    let nodes = answer["studies"]["nodes"].as_array().unwrap();
    nodes
        .iter()
        .filter_map(|node| node["description"].as_str())
        .filter(|name| name.len() == 1)
        .collect()
}

async fn list(client: &Client, filter: Value) -> String {
    let answer = client.data(LIST, json!({ "filter": filter })).await;
    let found = names(&answer);
    let uncounted = usize::from(answer["studies"]["nodes"].as_array().unwrap().len() != found.len());
    assert_eq!(answer["studies"]["totalCount"], found.len() + uncounted, "{filter}");
    found
}

#[tokio::test]
async fn each_filter_finds_what_it_names() {
    let app = TestApp::new().await;
    let client = nine(&app).await;
    let uid = client
        .data(
            "{ studies(filter: {text: \"jose\"}) { nodes { studyInstanceUid centre { id } } } }",
            json!({}),
        )
        .await;
    let (uid, south) = (
        &uid["studies"]["nodes"][0]["studyInstanceUid"],
        &uid["studies"]["nodes"][0]["centre"]["id"],
    );
    let cases = [
        (json!({ "status": ["VERIFIED"] }), "fc"),
        (json!({ "status": "VERIFIED" }), "fc"),
        (json!({ "status": ["ASSIGNED", "VERIFIED", "VERIFIED"] }), "fdc"),
        (json!({ "modality": ["MRI", "XRAY"] }), "db"),
        (
            json!({ "status": ["ASSIGNED", "VERIFIED"], "modality": ["CT", "XRAY"] }),
            "fdc",
        ),
        (json!({ "status": ["VERIFIED"], "modality": ["MRI"] }), ""),
        (json!({ "centre": south }), "fed"),
        (json!({ "centre": south, "status": ["UPLOADED"] }), "e"),
        (json!({ "urgent": true }), "c"),
        (json!({ "overdue": true, "text": "pid" }), "fedcba"),
        (json!({ "overdue": false, "text": "pid" }), ""),
        (json!({ "dueBefore": "2024-01-01T02:00:00Z" }), "ca"),
        (json!({ "urgent": false, "text": "pid" }), "fedba"),
        (
            json!({ "dateRange": { "from": "2024-02-05", "to": "2024-04-05" } }),
            "dcb",
        ),
        (json!({ "dateRange": { "to": "2024-01-05" } }), "a"),
        (json!({ "patientId": "PID-b" }), "b"),
        (json!({ "patientId": "PID" }), ""),
        (json!({ "accessionNumber": "ACC-d" }), "d"),
        (json!({ "studyInstanceUid": uid }), "e"),
        (json!({ "studyInstanceUid": "1.2.3" }), ""),
    ];
    for (filter, found) in cases {
        assert_eq!(list(&client, filter.clone()).await, found, "{filter}");
    }
}

#[tokio::test]
async fn text_is_found_without_regard_to_case_accents_order_and_writing() {
    let app = TestApp::new().await;
    let client = nine(&app).await;
    let cases = [
        ("muller", "fba"),
        ("MÜLLER jür", "a"),
        ("jürgen, Müller", "a"),
        ("odegard", "c"),
        ("ØDEGÅRD", "c"),
        ("marquez garcia", "e"),
        ("山田", "d"),
        ("やまだ", "d"),
        ("yama", "d"),
        ("pid-c", "c"),
        ("acc f", "f"),
        ("schmidt muller", "f"),
        ("ller", ""),
        ("muller nobody", ""),
        ("%", "refused"),
        ("_", "refused"),
    ];
    for (text, found) in cases {
        let answer = client.gql(LIST, json!({ "filter": { "text": text } })).await;
        match found {
            "refused" => assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{text}"),
            _ => assert_eq!(names(&answer["data"]), found, "{text}"),
        }
    }
}

#[tokio::test]
async fn every_order_is_paged_without_gap_or_repetition_in_both_directions() {
    let app = TestApp::new().await;
    let client = nine(&app).await;
    let filter = json!({ "text": "pid", "status": ["UPLOADED", "VERIFIED", "ASSIGNED"] });
    let cases = [
        (json!({ "field": "UPLOADED_AT" }), "fedcba"),
        (json!({ "field": "UPLOADED_AT", "direction": "ASC" }), "abcdef"),
        (json!({ "field": "EXAMINED_ON" }), "fedcba"),
        (json!({ "field": "PATIENT_NAME", "direction": "ASC" }), "ebafcd"),
        (json!({ "field": "PATIENT_NAME" }), "dcfabe"),
        (json!({ "field": "DUE_AT", "direction": "ASC" }), "cadbfe"),
        (json!({ "field": "DUE_AT" }), "efbdac"),
    ];
    for (order, whole) in cases {
        let (mut forward, mut after) = (String::new(), Value::Null);
        loop {
            let page = json!({ "filter": filter, "order": order, "first": 2, "after": after });
            let answer = client.data(LIST, page).await;
            forward += &names(&answer);
            after = answer["studies"]["pageInfo"]["endCursor"].clone();
            if answer["studies"]["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(forward, whole, "{order}");
        let (mut backward, mut before) = (String::new(), Value::Null);
        loop {
            let page = json!({ "filter": filter, "order": order, "last": 4, "before": before });
            let answer = client.data(LIST, page).await;
            backward = names(&answer) + &backward;
            before = answer["studies"]["pageInfo"]["startCursor"].clone();
            if answer["studies"]["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
        }
        assert_eq!(backward, whole, "{order}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_order_or_of_nowhere_is_refused() {
    let app = TestApp::new().await;
    let client = nine(&app).await;
    let page = client.data(LIST, json!({ "filter": {}, "first": 2 })).await;
    let cursor = &page["studies"]["pageInfo"]["endCursor"];
    for (order, after) in [
        (json!({ "field": "PATIENT_NAME" }), cursor),
        (json!({ "field": "UPLOADED_AT" }), &json!("nonsense")),
        (json!({ "field": "PATIENT_NAME" }), &json!("OTk5OTk5Om5hbWU")),
    ] {
        let answer = client.gql(LIST, json!({ "filter": {}, "order": order, "after": after })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
    }
}

#[tokio::test]
async fn facets_count_each_group_by_what_the_filter_says_of_the_others() {
    let app = TestApp::new().await;
    let client = nine(&app).await;
    let query = "query($filter: StudyFilter!) { studies(filter: $filter, first: 0) { totalCount
        facets { status { status count } modality { modality count } } } }";
    let answer = client.data(query, json!({ "filter": { "text": "pid", "status": ["VERIFIED"] } })).await;
    assert_eq!(
        answer["studies"],
        json!({ "totalCount": 2, "facets": {
            "status": [{ "status": "UPLOADED", "count": 3 }, { "status": "ASSIGNED", "count": 1 }, { "status": "VERIFIED", "count": 2 }],
            "modality": [{ "modality": "CT", "count": 2 }] } })
    );
    let technician = app.technician_of(app.other_centre).await;
    let answer = technician.data(query, json!({ "filter": {} })).await;
    assert_eq!(answer["studies"]["totalCount"], 3, "a centre counts its own alone");
    assert_eq!(
        answer["studies"]["facets"]["modality"][0],
        json!({ "modality": "CT", "count": 2 })
    );
}

#[tokio::test]
async fn a_study_is_found_by_any_of_its_ids_by_who_may_see_it() {
    let app = TestApp::new().await;
    let client = nine(&app).await;
    let ids = client
        .data(
            "{ studies(first: 1) { nodes { id uuid number studyId studyInstanceUid } } }",
            json!({}),
        )
        .await;
    let stranger = app.technician_of(app.centre).await;
    let find = "query($id: ID!) { study(id: $id) { description } }";
    for (name, id) in ids["studies"]["nodes"][0].as_object().unwrap() {
        let id = json!({ "id": id });
        assert_eq!(
            client.data(find, id.clone()).await["study"]["description"],
            "f",
            "{name}"
        );
        assert_eq!(
            stranger.data(find, id).await["study"],
            Value::Null,
            "{name} of another centre"
        );
    }
}

#[tokio::test]
async fn priors_are_earlier_studies_of_the_same_patient_in_the_same_centre() {
    let app = TestApp::new().await;
    let of = app.study_to_copy().await;
    let (north, south) = (app.centre, app.other_centre);
    let rows = [
        ("a", "7", None, Some("19700101"), "2020-01-01", north),
        ("b", "7", None, None, "2021-01-01", north),
        ("c", "7", Some("Elsewhere"), Some("19700101"), "2021-02-01", north),
        ("d", "7", None, Some("19991231"), "2021-03-01", north),
        ("e", "7", None, Some("19700101"), "2021-04-01", south),
        ("f", "8", None, Some("19700101"), "2021-05-01", north),
        ("g", "7", None, Some("19700101"), "2022-01-01", north),
        ("h", "7", None, Some("19700101"), "2023-01-01", north),
        ("i", "", None, None, "2023-01-01", north),
        ("j", "", None, None, "2024-01-01", north),
    ];
    let changes = rows.map(|(name, patient, issuer, birth, day, centre)| {
        Box::new(move |row: &mut entity::study::Model| {
            row.study_description = Some(name.into());
            row.patient_id = Some(patient.into());
            row.issuer_of_patient_id = issuer.map(str::to_owned);
            row.patient_birth_date = birth.map(str::to_owned);
            row.examined_on = day.into();
            row.centre_id = centre;
        }) as Change
    });
    app.copy_study(&of, Vec::from(changes)).await;
    let query = "{ studies(orderBy: { field: UPLOADED_AT, direction: ASC }) { nodes { description
        priors { totalCount nodes { description } }
        first: priors(first: 1) { nodes { description } pageInfo { hasNextPage endCursor } } } } }";
    let answer = app.radiologist().await.data(query, json!({})).await;
    let studies = answer["studies"]["nodes"].as_array().unwrap();
    let priors = |name: &str| {
        let study = studies.iter().find(|study| study["description"] == name).unwrap();
        let names = study["priors"]["nodes"].as_array().unwrap().iter();
        let names: String = names.map(|prior| prior["description"].as_str().unwrap()).collect();
        assert_eq!(study["priors"]["totalCount"], names.len(), "{name}");
        assert_eq!(study["first"]["pageInfo"]["hasNextPage"], names.len() > 1, "{name}");
        names
    };
    let found: Vec<String> = "abcdefghij".chars().map(|name| priors(&name.to_string())).collect();
    assert_eq!(found, ["", "a", "", "b", "", "", "ba", "gba", "", ""]);
}

/// Everything that a radiologist's page shows, three levels deep.
const PAGE: &str = "query($first: Int!) { studies(first: $first, filter: { status: [UPLOADED, ASSIGNED] }) { nodes {
    id patientName status centre { name } createdBy { fullName } assignee { fullName reading { isAvailable load { openStudies } } }
    reports(first: 3) { nodes { findings } } assignments(first: 3) { totalCount nodes { method } }
    series(first: 5) { nodes { modality instances(first: 5) { nodes { sopInstanceUid } } } }
    jobs(first: 3) { nodes { kind state } } } pageInfo { hasNextPage } } }";

#[tokio::test]
async fn the_number_of_statements_does_not_depend_on_the_number_of_studies() {
    let app = TestApp::new().await;
    let of = app.study_to_copy().await;
    let client = app.admin().await;
    app.radiologist().await;
    let radiologist = client.data("{ users(role: RADIOLOGIST) { nodes { number } } }", json!({})).await;
    let radiologist = radiologist["users"]["nodes"][0]["number"].as_i64();
    let grow = |count: usize| {
        let assigned = move |row: &mut entity::study::Model| row.assigned_radiologist_id = radiologist;
        app.copy_study(&of, (0..count).map(|_| Box::new(assigned) as Change).collect())
    };
    // Beside a request the server's own tasks may send a statement: the least of some tries is the request's alone.
    let statements = async |first: usize| {
        let mut least = u64::MAX;
        for _ in 0..5 {
            let before = app.app.db.statements();
            let answer = client.data(PAGE, json!({ "first": first })).await;
            assert_eq!(answer["studies"]["nodes"].as_array().unwrap().len(), first);
            assert!(answer["studies"]["nodes"][0]["series"]["nodes"][1]["instances"]["nodes"][0].is_object());
            assert!(answer["studies"]["nodes"][first - 1]["jobs"]["nodes"][0].is_object());
            assert_eq!(
                answer["studies"]["nodes"][0]["assignee"]["fullName"],
                "Test radiologist"
            );
            assert_eq!(answer["studies"]["nodes"][0]["reports"]["nodes"][0]["findings"], "None");
            least = least.min(app.app.db.statements() - before);
        }
        least
    };
    grow(9).await;
    let of_ten = statements(10).await;
    grow(990).await;
    let of_many = statements(100).await;
    assert_eq!(of_many, of_ten);
    assert!(of_many <= 12, "{of_many} statements");
}

#[tokio::test]
async fn nodes_of_all_kinds_are_read_by_one_statement_a_kind() {
    let app = TestApp::new().await;
    let of = app.study_to_copy().await;
    app.copy_study(
        &of,
        (0..30).map(|_| Box::new(|_: &mut entity::study::Model| {}) as Change).collect(),
    )
    .await;
    let client = app.admin().await;
    let ids = "{ studies(first: 30) { nodes { id series(first: 1) { nodes { id instances(first: 1) { nodes { id } } } } } } }";
    let ids = client.data(ids, json!({})).await;
    let studies = ids["studies"]["nodes"].as_array().unwrap();
    let all = |count: usize| -> Vec<Value> {
        let of = |study: &Value| {
            let series = &study["series"]["nodes"][0];
            [
                study["id"].clone(),
                series["id"].clone(),
                series["instances"]["nodes"][0]["id"].clone(),
            ]
        };
        studies.iter().take(count).flat_map(of).chain([json!("nonsense")]).collect()
    };
    let statements = async |ids: Vec<Value>| {
        let mut least = u64::MAX;
        for _ in 0..5 {
            let before = app.app.db.statements();
            let answer = client.data("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": ids })).await;
            let found: Vec<Value> = answer["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
            assert_eq!(found[..ids.len() - 1], ids[..ids.len() - 1]);
            assert_eq!(answer["nodes"][ids.len() - 1], Value::Null);
            least = least.min(app.app.db.statements() - before);
        }
        least
    };
    assert_eq!(statements(all(30)).await, statements(all(1)).await);
}
