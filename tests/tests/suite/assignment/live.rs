//! Worklists that are kept up to date: what comes into a list, changes in it and leaves it.

use super::*;
use domain::events::{EventKind, NewEvent};
use futures::future::join_all;
use tests::client::Events;
use tests::worklist::Change;

const LIVE: &str =
    "subscription($filter: StudyFilter, $after: Cursor) { worklistUpdated(filter: $filter, after: $after) {
    cursor kind event studyId study { id status patientName } } }";
/// The cursor before all events.
const BEGINNING: &str = "MDow";

async fn next(events: &mut Events) -> Value {
    let event = tokio::time::timeout(Duration::from_secs(20), events.next()).await;
    let event = event.expect("an event in time").expect("the stream goes on");
    assert!(event["errors"].is_null(), "{event}");
    event["data"]["worklistUpdated"].clone()
}

/// The next changes, in short.
async fn heard(events: &mut Events, count: usize) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for _ in 0..count {
        let update = next(events).await;
        let text = |name: &str| update[name].as_str().unwrap().to_owned();
        assert_eq!(update["study"].is_null(), update["kind"] == "LEFT", "{update}");
        all.push((text("kind"), text("event")));
    }
    all
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(kind, event)| (String::from(*kind), String::from(*event))).collect()
}

#[tokio::test]
async fn a_study_enters_a_list_changes_in_it_and_leaves_it() {
    let app = TestApp::new().await;
    let ((rita, ritas), (_, ravis)) = (radiologist(&app, "rita").await, radiologist(&app, "ravi").await);
    let admin = app.admin().await;
    let mut mine = rita.subscribe(LIVE, json!({ "filter": { "assignee": ritas }, "after": BEGINNING })).await;
    let mut new = admin
        .subscribe(
            LIVE,
            json!({ "filter": { "status": ["UPLOADED"] }, "after": BEGINNING }),
        )
        .await;
    let (mine_first, new_first) = (uploaded(&app).await, uploaded(&app).await);
    assert_eq!(
        heard(&mut new, 2).await,
        pairs(&[("ENTERED", "STUDY_CREATED"), ("ENTERED", "STUDY_CREATED")])
    );
    done(&rita, CLAIM, &mine_first).await;
    assert_eq!(heard(&mut new, 1).await, pairs(&[("LEFT", "STUDY_ASSIGNED")]));
    assert_eq!(
        heard(&mut mine, 2).await,
        pairs(&[("ENTERED", "STUDY_ASSIGNED"), ("CHANGED", "STUDY_STATUS_CHANGED")])
    );
    done(&rita, REVIEW, &mine_first).await;
    assert_eq!(heard(&mut mine, 1).await, pairs(&[("CHANGED", "STUDY_STATUS_CHANGED")]));
    assign(&admin, &mine_first, &ravis).await;
    let left = next(&mut mine).await;
    assert_eq!(
        (&left["kind"], &left["studyId"], &left["study"]),
        (&json!("LEFT"), &mine_first, &Value::Null)
    );
    assign(&admin, &new_first, &ritas).await;
    let entered = next(&mut mine).await;
    assert_eq!(
        (&entered["kind"], &entered["study"]["id"]),
        (&json!("ENTERED"), &new_first)
    );
}

#[tokio::test]
async fn who_comes_back_hears_what_left_in_the_meantime() {
    let app = TestApp::new().await;
    let ((rita, ritas), (_, ravis)) = (radiologist(&app, "rita").await, radiologist(&app, "ravi").await);
    let (admin, study) = (app.admin().await, uploaded(&app).await);
    let filter = json!({ "assignee": ritas, "status": ["IN_REVIEW"] });
    let mut list = rita.subscribe(LIVE, json!({ "filter": filter, "after": BEGINNING })).await;
    done(&rita, CLAIM, &study).await;
    done(&rita, REVIEW, &study).await;
    let mut entered = next(&mut list).await;
    // Who claims and reviews faster than events are read is told at the claim.
    while entered["event"] != "STUDY_STATUS_CHANGED" || entered["study"]["status"] != "IN_REVIEW" {
        entered = next(&mut list).await;
    }
    drop(list);
    // Radiologist and status change in one transaction: neither event alone shows that it was in the list.
    assign(&admin, &study, &ravis).await;
    let marker = uploaded(&app).await;
    done(&rita, CLAIM, &marker).await;
    done(&rita, REVIEW, &marker).await;
    let resume = json!({ "filter": filter, "after": entered["cursor"] });
    let mut list = rita.subscribe(LIVE, resume).await;
    let mut left = 0;
    loop {
        let update = next(&mut list).await;
        if update["studyId"] == marker {
            break;
        }
        assert_eq!(update["studyId"], study);
        left += usize::from(update["kind"] == "LEFT");
    }
    assert_eq!(left, 1, "once");
}

#[tokio::test]
async fn what_is_late_moves_between_lists() {
    let app = TestApp::new().await;
    let study = uploaded(&app).await;
    let technician = app.technician_of(app.centre).await;
    let list = |overdue: bool| json!({ "filter": { "overdue": overdue }, "after": BEGINNING });
    let mut timely = technician.subscribe(LIVE, list(false)).await;
    assert_eq!(next(&mut timely).await["kind"], "ENTERED");
    let past = chrono::Utc::now() - chrono::TimeDelta::minutes(1);
    let sql = "UPDATE study SET due_at = $1";
    domain::db::sql::execute(app.app.db.writer(), sql, vec![past.into()]).await.unwrap();
    domain::studies::overdue_tell(&app.app.db).await.unwrap();
    let mut late = technician.subscribe(LIVE, list(true)).await;
    let left = next(&mut timely).await;
    assert_eq!(
        (&left["kind"], &left["event"], &left["studyId"]),
        (&json!("LEFT"), &json!("STUDY_OVERDUE"), &study)
    );
    let mut entered = next(&mut late).await;
    while entered["event"] != "STUDY_OVERDUE" {
        entered = next(&mut late).await;
    }
    assert_eq!(entered["study"]["id"], study);
}

#[tokio::test]
async fn another_centre_hears_nothing_of_it() {
    let app = TestApp::new().await;
    let south = app.technician_of(app.other_centre).await;
    let mut list = south.subscribe(LIVE, json!({ "after": BEGINNING })).await;
    uploaded(&app).await;
    let ours = south.upload(study(1)).await["studies"][0]["id"].clone();
    assert_eq!(next(&mut list).await["studyId"], ours, "the first is our own");
    let centre = app.technician_of(app.centre).await.data("{ me { centre { id } } }", json!({})).await;
    let filter = json!({ "centre": centre["me"]["centre"]["id"] });
    let refused = south.subscribe(LIVE, json!({ "filter": filter })).await.next().await.unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "NOT_FOUND", "{refused}");
    let text = json!({ "filter": { "text": "%" } });
    let refused = south.subscribe(LIVE, text).await.next().await.unwrap();
    assert_eq!(
        refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
        "{refused}"
    );
}

#[tokio::test]
async fn a_live_list_has_what_a_query_finds() {
    let app = TestApp::new().await;
    let of = app.study_to_copy().await;
    let rows = [
        ("Müller^Jürgen", "ct", "uploaded", "2024-01-05", 1),
        ("MULLER^Anna", "mri", "assigned", "2024-02-05", -1),
        ("Ødegård^Martin", "ct", "verified", "2024-03-05", -2),
        (
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
            "xray",
            "in_review",
            "2024-04-05",
            3,
        ),
    ];
    let changes = rows.map(|(name, modality, status, day, hours)| {
        Box::new(move |row: &mut entity::study::Model| {
            row.patient_name = name.into();
            row.dicom_patient_name = Some(name.into());
            row.modality = modality.into();
            row.status = status.into();
            row.examined_on = day.into();
            row.patient_id = Some(format!("PID-{modality}"));
            row.due_at = of_now(hours);
            row.verified_at = (status == "verified").then(chrono::Utc::now);
            (row.urgency, row.is_urgent) = (if hours < 0 { "urgent" } else { "priority" }.into(), hours < 0);
        }) as Change
    });
    app.copy_study(&of, Vec::from(changes)).await;
    let admin = app.admin().await;
    let all =
        admin.data("{ studies { nodes { number studyInstanceUid } } }", json!({})).await["studies"]["nodes"].clone();
    let numbers: Vec<i64> = all.as_array().unwrap().iter().map(|study| study["number"].as_i64().unwrap()).collect();
    // Twice, so that what should not be heard at the end of the first round is heard in the second.
    for number in numbers.iter().chain(&numbers) {
        let event = NewEvent {
            kind: EventKind::StudyUpdated,
            centre_id: Some(app.centre),
            study_id: Some(*number),
            job_id: None,
            user_id: None,
            payload: json!({}),
        };
        domain::events::append(app.app.db.writer(), event).await.unwrap();
    }
    let head = admin.subscribe(LIVE, json!({ "after": BEGINNING })).await.next().await.unwrap();
    // The upload of the study that was copied.
    let after = &head["data"]["worklistUpdated"]["cursor"];
    let filters = [
        json!({}),
        json!({ "status": ["UPLOADED", "VERIFIED"] }),
        json!({ "modality": ["CT", "XRAY"] }),
        json!({ "urgent": true }),
        json!({ "urgent": false }),
        json!({ "overdue": true }),
        json!({ "overdue": false }),
        json!({ "dueBefore": of_now(2) }),
        json!({ "dateRange": { "from": "2024-02-05", "to": "2024-03-05" } }),
        json!({ "text": "muller" }),
        json!({ "text": "müller a" }),
        json!({ "text": "山田" }),
        json!({ "patientId": "PID-mri" }),
        json!({ "studyInstanceUid": all[0]["studyInstanceUid"] }),
    ];
    for filter in filters {
        let query = "query($filter: StudyFilter!) { studies(filter: $filter) { nodes { id } } }";
        let found = admin.data(query, json!({ "filter": filter })).await["studies"]["nodes"].clone();
        let expected: Vec<&Value> = found.as_array().unwrap().iter().map(|study| &study["id"]).collect();
        assert!(!expected.is_empty(), "{filter}");
        let mut live = admin.subscribe(LIVE, json!({ "filter": filter, "after": after })).await;
        for id in expected.iter().chain(&expected) {
            assert_eq!(&next(&mut live).await["studyId"], *id, "{filter}");
        }
    }
}

fn of_now(hours: i64) -> chrono::DateTime<chrono::Utc> {
    use chrono::SubsecRound;
    (chrono::Utc::now() + chrono::TimeDelta::hours(hours)).trunc_subsecs(0)
}

#[tokio::test]
async fn many_listeners_cost_the_database_no_more_than_one() {
    let app = TestApp::new().await;
    let (rita, ritas) = radiologist(&app, "rita").await;
    let (study, other) = (uploaded(&app).await, uploaded(&app).await);
    let mut lists = Vec::new();
    for number in 0..60 {
        let filter = match number % 3 {
            0 => json!({ "assignee": ritas }),
            1 => json!({ "status": ["ASSIGNED"], "text": "phantom" }),
            _ => json!({ "status": ["ASSIGNED"], "overdue": false }),
        };
        lists.push(rita.subscribe(LIVE, json!({ "filter": filter, "after": BEGINNING })).await);
    }
    // Each has read the history when it has heard of this one.
    done(&rita, CLAIM, &other).await;
    join_all(lists.iter_mut().map(assigned)).await;
    let before = app.app.db.statements();
    done(&rita, CLAIM, &study).await;
    join_all(lists.iter_mut().map(assigned)).await;
    let statements = app.app.db.statements() - before;
    assert!(statements < 50, "{statements} statements for 60 listeners");
}

/// Reads until a study has the status of one that is assigned.
async fn assigned(events: &mut Events) {
    while next(events).await["event"] != "STUDY_STATUS_CHANGED" {}
}
