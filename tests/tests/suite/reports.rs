//! Reports: written, changed by one at a time, verified once, and unchangeable from then on.

mod addenda;
mod critical;
mod document;
mod history;
mod key_images;
mod lock;
mod signature;
mod statements;
mod templates;

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::dicom::study;
use tests::{Client, TestApp};

const FIELDS: &str = "report { id version findings impression reportType isAiGenerated isVerified verifiedAt contentHash
    createdBy { fullName } updatedBy { fullName } verifiedBy { fullName } study { status } } userErrors { code field message }";

async fn uploaded(app: &TestApp, centre: i64) -> Value {
    let technician = app.technician_of(centre).await;
    technician.upload(study(1)).await["studies"][0]["id"].clone()
}

async fn reader(app: &TestApp, name: &str) -> Client {
    app.user(name, domain::context::Role::Radiologist, None).await
}

/// The payload of a mutation of reports.
async fn done(client: &Client, name: &str, input: Value) -> Value {
    answered(client, name, input, FIELDS).await
}

/// The payload of a mutation, with these fields of it.
async fn answered(client: &Client, name: &str, input: Value, fields: &str) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let mutation = format!("mutation($input: {kind}!) {{ {name}(input: $input) {{ {fields} }} }}");
    client.data(&mutation, json!({ "input": input })).await[name].clone()
}

/// A report of the study, verified by its author.
async fn verified(client: &Client, study: &Value) -> Value {
    let report = create(client, study).await;
    done(client, "reportVerify", json!({ "id": report["id"], "version": 1 })).await["report"].clone()
}

/// What the timeline of a study says of its reports, the latest first.
async fn timeline(client: &Client, study: &Value) -> Vec<String> {
    let query = "query($id: ID!) { study(id: $id) { events(first: 100) { nodes { kind } } } }";
    let events = client.data(query, json!({ "id": study })).await["study"]["events"]["nodes"].clone();
    let kinds = events.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap().to_owned());
    kinds.filter(|kind| kind.starts_with("REPORT") || kind.starts_with("CRITICAL")).collect()
}

async fn create(client: &Client, study: &Value) -> Value {
    let input =
        json!({ "study": study, "findings": "No nodule.", "impression": "Normal.", "reportType": "Final Report" });
    let payload = done(client, "reportCreate", input).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["report"].clone()
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or_default()
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn s2_45_s2_47_s2_93_a_report_is_unverified_and_moves_its_study_on() {
    let app = TestApp::new().await;
    let study = uploaded(&app, app.centre).await;
    let report = create(&reader(&app, "rita").await, &study).await;
    let expected = json!({
        "id": report["id"], "version": 1, "findings": "No nodule.", "impression": "Normal.", "reportType": "Final Report",
        "isAiGenerated": false, "isVerified": false, "verifiedAt": null, "contentHash": null, "verifiedBy": null,
        "createdBy": { "fullName": "Test rita" }, "updatedBy": { "fullName": "Test rita" },
        "study": { "status": "REPORT_GENERATED" },
    });
    assert_eq!(report, expected);
    let query = "query($id: ID!) { study(id: $id) { reports { totalCount nodes { id impression } } } }";
    let seen = app.technician_of(app.centre).await.data(query, json!({ "id": study })).await;
    assert_eq!(
        seen["study"]["reports"],
        json!({ "totalCount": 1, "nodes": [{ "id": report["id"], "impression": "Normal." }] })
    );
}

#[tokio::test]
async fn s2_48_centres_list_their_own_reports_only_and_count_no_others() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let (north, south) = (uploaded(&app, app.centre).await, uploaded(&app, app.other_centre).await);
    let (ours, theirs) = (create(&rita, &north).await, create(&rita, &south).await);
    done(&rita, "reportVerify", json!({ "id": ours["id"], "version": 1 })).await;
    let query = "query($filter: ReportFilter) { reports(filter: $filter) { totalCount nodes { id } } }";
    let technician = app.technician_of(app.centre).await;
    for (client, filter, expected) in [
        (&rita, json!({}), vec![&theirs, &ours]),
        (&rita, json!({ "isVerified": false }), vec![&theirs]),
        (&rita, json!({ "study": north }), vec![&ours]),
        (&technician, json!({}), vec![&ours]),
        (&technician, json!({ "isVerified": true }), vec![&ours]),
        (&technician, json!({ "isVerified": false }), vec![]),
    ] {
        let reports = client.data(query, json!({ "filter": filter })).await["reports"].clone();
        let ids: Vec<Value> = expected.iter().map(|report| json!({ "id": report["id"] })).collect();
        assert_eq!(reports, json!({ "totalCount": ids.len(), "nodes": ids }), "{filter}");
    }
    let foreign = technician.gql(query, json!({ "filter": { "study": south } })).await;
    assert_eq!(foreign["errors"][0]["extensions"]["code"], "NOT_FOUND", "{foreign}");
}

#[tokio::test]
async fn s2_52_a_part_of_a_report_is_changed_and_every_text_is_kept() {
    let app = TestApp::new().await;
    let report = create(&reader(&app, "rita").await, &uploaded(&app, app.centre).await).await;
    let ravi = reader(&app, "ravi").await;
    let input = json!({ "id": report["id"], "version": 1, "impression": "A nodule." });
    let changed = done(&ravi, "reportUpdate", input).await["report"].clone();
    assert_eq!(
        (&changed["version"], &changed["findings"], &changed["impression"]),
        (&json!(2), &json!("No nodule."), &json!("A nodule."))
    );
    assert_eq!(changed["updatedBy"]["fullName"], "Test ravi");
    let same = done(
        &ravi,
        "reportUpdate",
        json!({ "id": report["id"], "version": 2, "impression": "A nodule." }),
    )
    .await;
    assert_eq!(same["report"]["version"], 2, "nothing new: {same}");
    let query =
        "query($id: ID!) { report(id: $id) { versions { nodes { version impression createdBy { fullName } } } } }";
    let versions = app.technician_of(app.centre).await.data(query, json!({ "id": report["id"] })).await;
    let expected = json!([
        { "version": 2, "impression": "A nodule.", "createdBy": { "fullName": "Test ravi" } },
        { "version": 1, "impression": "Normal.", "createdBy": { "fullName": "Test rita" } },
    ]);
    assert_eq!(versions["report"]["versions"]["nodes"], expected);
}

#[tokio::test]
async fn who_edited_an_older_text_is_told_who_was_faster_and_shown_the_present_one() {
    let app = TestApp::new().await;
    let (rita, ravi) = (reader(&app, "rita").await, reader(&app, "ravi").await);
    let study = uploaded(&app, app.centre).await;
    for _ in 0..5 {
        let report = create(&rita, &study).await;
        let edit = |text: &str| json!({ "id": report["id"], "version": 1, "findings": text });
        let answers = tokio::join!(
            done(&rita, "reportUpdate", edit("by rita")),
            done(&ravi, "reportUpdate", edit("by ravi")),
        );
        let (winner, loser) = match code(&answers.0) {
            "" => ("rita", &answers.1),
            _ => ("ravi", &answers.0),
        };
        let error = &loser["userErrors"][0];
        assert_eq!(error["code"], "VERSION_CONFLICT", "{answers:?}");
        assert_eq!(error["field"], "version");
        let told = format!("Test {winner} changed the report");
        assert!(error["message"].as_str().unwrap().starts_with(&told), "{error}");
        let (version, text) = (&loser["report"]["version"], &loser["report"]["findings"]);
        assert_eq!((version, text), (&json!(2), &json!(format!("by {winner}"))));
    }
}

#[tokio::test]
async fn s2_50_verifying_signs_the_text_that_was_read() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let report = create(&rita, &uploaded(&app, app.centre).await).await;
    let unread = done(&rita, "reportVerify", json!({ "id": report["id"], "version": 2 })).await;
    assert_eq!(
        (code(&unread), &unread["report"]["isVerified"]),
        ("VERSION_CONFLICT", &json!(false))
    );
    let verified = done(&rita, "reportVerify", json!({ "id": report["id"], "version": 1 })).await["report"].clone();
    assert_eq!(verified["contentHash"], sha256("No nodule.\0Normal.\0Final Report"));
    assert_eq!(
        (
            &verified["isVerified"],
            &verified["verifiedBy"]["fullName"],
            &verified["study"]["status"]
        ),
        (&json!(true), &json!("Test rita"), &json!("VERIFIED"))
    );
}

#[tokio::test]
async fn s2_51_of_many_who_verify_at_once_the_first_is_kept() {
    let app = TestApp::new().await;
    let (rita, ravi) = (reader(&app, "rita").await, reader(&app, "ravi").await);
    let study = uploaded(&app, app.centre).await;
    for _ in 0..5 {
        let report = create(&rita, &study).await;
        let verify = |client| done(client, "reportVerify", json!({ "id": report["id"], "version": 1 }));
        let mut answers = futures::future::join_all([&rita, &ravi, &rita, &ravi].map(verify)).await;
        answers.push(verify(&ravi).await);
        let first = &answers[0]["report"];
        assert!(first["verifiedAt"].is_string(), "{first}");
        assert!(answers.iter().all(|answer| answer["report"] == *first), "{answers:?}");
    }
}

#[tokio::test]
async fn s2_53_a_verified_report_never_changes() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let report = create(&rita, &uploaded(&app, app.centre).await).await;
    let verified = done(&rita, "reportVerify", json!({ "id": report["id"], "version": 1 })).await["report"].clone();
    for client in [&rita, &app.admin().await] {
        let refused = done(
            client,
            "reportUpdate",
            json!({ "id": report["id"], "version": 1, "findings": "X" }),
        )
        .await;
        assert_eq!(code(&refused), "REPORT_VERIFIED");
        assert_eq!(refused["report"], verified, "the report as it is now");
    }
}

#[tokio::test]
async fn s2_95_the_database_itself_keeps_verified_reports_and_earlier_texts() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let report = create(&rita, &uploaded(&app, app.centre).await).await;
    let db = app.app.db.writer();
    db.execute_unprepared("UPDATE report SET findings = 'Unverified.'").await.unwrap();
    done(&rita, "reportVerify", json!({ "id": report["id"], "version": 1 })).await;
    for statement in [
        "UPDATE report SET findings = 'X'",
        "UPDATE report SET is_verified = false, verified_at = NULL, content_hash = NULL",
        "DELETE FROM report",
        "UPDATE report_version SET findings = 'X'",
        "DELETE FROM report_version",
    ] {
        assert!(db.execute_unprepared(statement).await.is_err(), "{statement}");
    }
    let query = "query($id: ID!) { report(id: $id) { findings isVerified versions { nodes { findings } } } }";
    let kept = rita.data(query, json!({ "id": report["id"] })).await["report"].clone();
    let expected = json!({ "findings": "Unverified.", "isVerified": true, "versions": { "nodes": [{ "findings": "No nodule." }] } });
    assert_eq!(kept, expected);
}

#[tokio::test]
async fn a_change_beside_a_verification_is_either_verified_or_refused() {
    let app = TestApp::new().await;
    let (rita, ravi) = (reader(&app, "rita").await, reader(&app, "ravi").await);
    let study = uploaded(&app, app.centre).await;
    for _ in 0..10 {
        let report = create(&rita, &study).await;
        let (changed, verified) = tokio::join!(
            done(
                &ravi,
                "reportUpdate",
                json!({ "id": report["id"], "version": 1, "findings": "Changed." })
            ),
            done(&rita, "reportVerify", json!({ "id": report["id"], "version": 1 })),
        );
        let outcome = (code(&changed), code(&verified));
        assert!(
            [("REPORT_VERIFIED", ""), ("", "VERSION_CONFLICT")].contains(&outcome),
            "{outcome:?}"
        );
        let query = "query($id: ID!) { report(id: $id) { findings isVerified contentHash } }";
        let now = rita.data(query, json!({ "id": report["id"] })).await["report"].clone();
        let expected = match outcome.1 {
            "" => {
                json!({ "findings": "No nodule.", "isVerified": true, "contentHash": sha256("No nodule.\0Normal.\0Final Report") })
            }
            _ => json!({ "findings": "Changed.", "isVerified": false, "contentHash": null }),
        };
        assert_eq!(now, expected);
    }
}

#[tokio::test]
async fn a_further_report_leaves_a_verified_study_verified() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    let first = create(&rita, &study).await;
    done(&rita, "reportVerify", json!({ "id": first["id"], "version": 1 })).await;
    let further = create(&rita, &study).await;
    assert_eq!(
        (&further["isVerified"], &further["study"]["status"]),
        (&json!(false), &json!("VERIFIED"))
    );
}

#[tokio::test]
async fn s2_54_a_text_of_a_program_is_unverified_until_a_radiologist_verifies_it() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    let input = json!({ "study": study, "findings": "F", "impression": "", "isAiGenerated": true });
    let report = done(&rita, "reportCreate", input).await["report"].clone();
    assert_eq!(
        (&report["isAiGenerated"], &report["isVerified"]),
        (&json!(true), &json!(false))
    );
    let verified = done(&rita, "reportVerify", json!({ "id": report["id"], "version": 1 })).await["report"].clone();
    assert_eq!(
        (&verified["isAiGenerated"], &verified["isVerified"]),
        (&json!(true), &json!(true))
    );
}

#[tokio::test]
async fn texts_are_bounded_and_an_empty_report_cannot_be_verified() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let study = uploaded(&app, app.centre).await;
    for (findings, impression, field) in [
        ("x".repeat(64 * 1024 + 1), String::new(), "findings"),
        (String::new(), "a\0b".into(), "impression"),
    ] {
        let input = json!({ "study": study, "findings": findings, "impression": impression });
        let refused = done(&rita, "reportCreate", input).await;
        assert_eq!(
            (code(&refused), &refused["userErrors"][0]["field"]),
            ("INVALID_TEXT", &json!(field))
        );
    }
    let longest = "ä".repeat(32 * 1024);
    let input = json!({ "study": study, "findings": longest, "impression": "Line\n\tline" });
    assert_eq!(done(&rita, "reportCreate", input).await["report"]["findings"], longest);
    let empty = done(
        &rita,
        "reportCreate",
        json!({ "study": study, "findings": " ", "impression": "\n" }),
    )
    .await;
    let refused = done(
        &rita,
        "reportVerify",
        json!({ "id": empty["report"]["id"], "version": 1 }),
    )
    .await;
    assert_eq!(code(&refused), "REPORT_EMPTY", "{refused}");
}

#[tokio::test]
async fn reports_within_studies_are_paged_for_each_study() {
    let app = TestApp::new().await;
    let rita = reader(&app, "rita").await;
    let mut expected = Vec::new();
    for count in [3, 0, 1] {
        let study = uploaded(&app, app.centre).await;
        let mut newest = Vec::new();
        for _ in 0..count {
            newest.insert(0, create(&rita, &study).await["id"].clone());
        }
        expected.insert(0, (newest.clone(), newest.len()));
    }
    let query = "query($after: String) { studies { nodes { reports(first: 2, after: $after) {
        totalCount pageInfo { hasNextPage } edges { cursor node { id } } } } } }";
    let lists = rita.data(query, json!({})).await["studies"]["nodes"].clone();
    for (list, (ids, count)) in lists.as_array().unwrap().iter().zip(&expected) {
        let list = &list["reports"];
        let page: Vec<&Value> = list["edges"].as_array().unwrap().iter().map(|edge| &edge["node"]["id"]).collect();
        assert_eq!(page, ids.iter().take(2).collect::<Vec<_>>());
        assert_eq!(list["totalCount"], *count);
        assert_eq!(list["pageInfo"]["hasNextPage"], *count > 2);
    }
    let after = &lists[2]["reports"]["edges"][1]["cursor"];
    let rest = rita.data(query, json!({ "after": after })).await["studies"]["nodes"][2]["reports"].clone();
    assert_eq!(rest["edges"][0]["node"]["id"], expected[2].0[2], "{rest}");
}
