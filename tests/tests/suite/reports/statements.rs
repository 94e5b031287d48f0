//! What stands around reports is read by the same number of statements however many reports there are.

use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use serde_json::json;
use tests::TestApp;
use tests::worklist::Change;
use uuid::Uuid;

const PAGE: &str = "query($first: Int!) { studies(first: $first) { nodes {
    criticalFindings(first: 2) { totalCount nodes { text flaggedBy report { id } } }
    reports(first: 2) { nodes { pdfUrl lock { holderName } signature { signerName isStudyUnchanged laterInstances }
        addenda(first: 2) { totalCount nodes { number signature { signerName isStudyUnchanged } } }
        versions(first: 2) { nodes { version changes { findings { kind text } } } } } } } } }";

/// Of reports that have nothing of this yet.
const AROUND: [&str; 5] = [
    "INSERT INTO report_version (report_id, version, findings, impression, created_at)
        SELECT report.id, number, 'Text ' || number, 'I', created_at FROM report, (SELECT 1 AS number UNION SELECT 2) AS numbers
        WHERE NOT is_verified",
    "INSERT INTO report_addendum (report_id, number, text, signed_by_id, signed_at, text_hash, study_hash, signed_instances, seal)
        SELECT id, 1, 'A', (SELECT min(id) FROM \"user\"), created_at, 'x', 'x', 1, 'x' FROM report WHERE NOT is_verified",
    "INSERT INTO report_document (report_id, addenda, object_key, sha256, size_bytes, created_at)
        SELECT id, 1, 'x', 'x', 1, created_at FROM report WHERE NOT is_verified",
    "INSERT INTO report_lock (report_id, holder_id, acquired_at, expires_at)
        SELECT id, (SELECT min(id) FROM \"user\"), created_at, '2999-01-01T00:00:00+00:00' FROM report WHERE NOT is_verified",
    "UPDATE report SET version = 2, is_verified = true, verified_at = created_at, verified_by_id = (SELECT min(id) FROM \"user\"),
        content_hash = 'x', study_hash = 'x', signed_instances = 1, seal = 'x' WHERE NOT is_verified",
];

async fn grow(app: &TestApp, of: &entity::study::Model, count: usize) {
    let changes = (0..count).map(|_| Box::new(|_: &mut entity::study::Model| {}) as Change);
    app.copy_study(of, changes.collect()).await;
    let db = app.app.db.writer();
    let fresh = entity::report::Entity::find().all(db).await.unwrap().into_iter().filter(|row| !row.is_verified);
    let findings = fresh.map(|report| entity::critical_finding::ActiveModel {
        uuid: Set(Uuid::new_v4()),
        study_id: Set(report.study_id),
        centre_id: Set(report.centre_id),
        report_id: Set(Some(report.id)),
        text: Set("T".into()),
        severity: Set("urgent".into()),
        flagged_at: Set(report.created_at),
        ..Default::default()
    });
    entity::critical_finding::Entity::insert_many(findings).exec_without_returning(db).await.unwrap();
    for statement in AROUND {
        db.execute_unprepared(statement).await.unwrap();
    }
}

#[tokio::test]
async fn the_number_of_statements_does_not_depend_on_the_number_of_reports() {
    let app = TestApp::new().await;
    let of = app.study_to_copy().await;
    let client = app.admin().await;
    // Beside a request the server's own tasks may send a statement, and reads that end late make their followers wait alone: the least of
    // some tries is the request's alone.
    let statements = async |first: usize| {
        let mut least = u64::MAX;
        for _ in 0..20 {
            let before = app.app.db.statements();
            let answer = client.data(PAGE, json!({ "first": first })).await;
            let last = &answer["studies"]["nodes"][first - 1];
            let report = &last["reports"]["nodes"][0];
            assert!(
                report["pdfUrl"].is_string() && report["lock"]["holderName"].is_string(),
                "{report}"
            );
            assert_eq!(
                report["addenda"]["nodes"][0]["signature"]["isStudyUnchanged"], false,
                "{report}"
            );
            assert!(
                report["versions"]["nodes"][0]["changes"]["findings"][0].is_object(),
                "{report}"
            );
            assert!(
                last["criticalFindings"]["nodes"][0]["report"]["id"].is_string(),
                "{last}"
            );
            least = least.min(app.app.db.statements() - before);
        }
        least
    };
    grow(&app, &of, 10).await;
    let of_ten = statements(10).await;
    grow(&app, &of, 30).await;
    let of_many = statements(40).await;
    assert_eq!(of_many, of_ten);
    assert!(of_many <= 16, "{of_many} statements");
}
