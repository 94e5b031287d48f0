//! The authorisation table: every GraphQL field and every REST route, asked by every role of its own and of another centre, and
//! by nobody. A new field or route without a row fails.

mod world;

use Outcome::{Denied, Hidden, Nobody, Ok as Yes};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tests::TestApp;
use tests::dicom::study;
pub use world::{body, path, world};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Ok,
    /// As if it were not there.
    Hidden,
    /// The role may not.
    Denied,
    /// Nobody is signed in.
    Nobody,
}

/// In this order: admin, radiologist, technician and manager of the thing's centre, technician and manager of another, nobody.
pub type Row = (&'static str, &'static str, [Outcome; 7]);

const ALL: [Outcome; 7] = [Yes, Yes, Yes, Yes, Yes, Yes, Nobody];
const OPEN: [Outcome; 7] = [Yes; 7];
const OWN_CENTRE: [Outcome; 7] = [Yes, Yes, Yes, Yes, Hidden, Hidden, Nobody];
const OWN_CENTRE_BUT_RADIOLOGIST: [Outcome; 7] = [Yes, Denied, Yes, Yes, Hidden, Hidden, Nobody];
/// Contract S2-56.
const OWN_TECHNICIAN: [Outcome; 7] = [Yes, Yes, Yes, Denied, Hidden, Denied, Nobody];
/// What is billed, which no radiologist sees.
const BILLED: [Outcome; 7] = [Yes, Hidden, Yes, Yes, Hidden, Hidden, Nobody];
const BILLING: [Outcome; 7] = [Yes, Denied, Denied, Yes, Denied, Hidden, Nobody];
const ADMIN: [Outcome; 7] = [Yes, Denied, Denied, Denied, Denied, Denied, Nobody];
const READERS: [Outcome; 7] = [Yes, Yes, Denied, Denied, Denied, Denied, Nobody];
const OWN_MANAGER: [Outcome; 7] = [Yes, Denied, Denied, Yes, Denied, Hidden, Nobody];
const RADIOLOGIST: [Outcome; 7] = [Denied, Yes, Denied, Denied, Denied, Denied, Nobody];
/// For worker tokens, which no person's token is.
const WORKERS: [Outcome; 7] = [Denied, Denied, Denied, Denied, Denied, Denied, Nobody];

/// `$name` is replaced by the id of that thing of the own centre.
#[rustfmt::skip]
pub const GRAPHQL: &[Row] = &[
    ("Query.me", "{ me { id } }", [Yes, Yes, Yes, Yes, Yes, Yes, Hidden]),
    ("Query.node", "{ node(id: \"$study\") { id } }", OWN_CENTRE),
    ("Query.node", "{ node(id: \"$series\") { id } }", OWN_CENTRE),
    ("Query.node", "{ node(id: \"$instance\") { id } }", OWN_CENTRE),
    ("Query.node", "{ node(id: \"$job\") { id } }", OWN_CENTRE),
    ("Query.node", "{ node(id: \"$report\") { id } }", OWN_CENTRE),
    ("Query.node", "{ node(id: \"$finding\") { id } }", OWN_CENTRE),
    ("Query.node", "{ node(id: \"$analysis\") { id } }", OWN_CENTRE),
    ("Query.node", "{ node(id: \"$template\") { id } }", READERS),
    ("Query.node", "{ node(id: \"$macro\") { id } }", READERS),
    ("Query.node", "{ node(id: \"$price\") { id } }", [Yes, Hidden, Yes, Yes, Hidden, Hidden, Nobody]),
    ("Query.node", "{ node(id: \"$centre\") { id } }", OWN_CENTRE),
    ("Query.node", "{ node(id: \"$user\") { id } }", [Yes, Hidden, Hidden, Yes, Hidden, Hidden, Nobody]),
    ("Query.node", "{ node(id: \"$token\") { id } }", ADMIN),
    ("Query.node", "{ node(id: \"$machine\") { id } }", [Yes, Denied, Yes, Yes, Hidden, Hidden, Nobody]),
    ("Query.node", "{ node(id: \"$audit\") { id } }", [Yes, Denied, Denied, Yes, Denied, Hidden, Nobody]),
    ("Query.nodes", "{ nodes(ids: [\"$study\"]) { id } }", OWN_CENTRE),
    ("Query.user", "{ user(id: \"$user\") { id } }", [Yes, Hidden, Hidden, Yes, Hidden, Hidden, Nobody]),
    ("Query.users", "{ users { nodes { id } } }", [Yes, Denied, Denied, Yes, Denied, Yes, Nobody]),
    ("Query.centre", "{ centre(id: \"$centre\") { id } }", OWN_CENTRE),
    ("Query.centres", "{ centres { nodes { id } } }", ALL),
    ("Query.study", "{ study(id: \"$study\") { id } }", OWN_CENTRE),
    ("Query.studies", "{ studies { nodes { id } } }", [Yes, Yes, Yes, Yes, Hidden, Hidden, Nobody]),
    ("Query.job", "{ job(id: \"$job\") { id } }", OWN_CENTRE),
    ("Query.jobs", "{ jobs { nodes { id } } }", [Yes, Yes, Yes, Yes, Hidden, Hidden, Nobody]),
    ("Query.report", "{ report(id: \"$report\") { id } }", OWN_CENTRE),
    ("Query.reports", "{ reports { nodes { id } } }", [Yes, Yes, Yes, Yes, Hidden, Hidden, Nobody]),
    ("Query.reportTemplates", "{ reportTemplates(study: \"$study\") { nodes { id } } }", READERS),
    ("Query.reportTemplates", "{ reportTemplates { nodes { id } } }", READERS),
    ("Query.reportMacros", "{ reportMacros { nodes { id } } }", READERS),
    ("Query.reportTextExpand", "{ reportTextExpand(study: \"$study\", text: \"{{patient.name}}\") { text } }", READERS),
    ("Query.prices", "{ prices { nodes { id } } }", [Yes, Hidden, Yes, Yes, Hidden, Hidden, Nobody]),
    ("Query.imagingMachines", "{ imagingMachines { nodes { id } } }", [Yes, Denied, Yes, Yes, Hidden, Hidden, Nobody]),
    ("Query.node", "{ node(id: \"$invoice\") { id } }", BILLED),
    ("Query.node", "{ node(id: \"$statement\") { id } }", BILLED),
    ("Query.invoice", "{ invoice(id: \"$invoice\") { id } }", BILLED),
    ("Query.invoices", "{ invoices { nodes { id } } }", BILLED),
    ("Query.statements", "{ statements { nodes { id } } }", BILLED),
    ("Mutation.invoiceCreate", "mutation { invoiceCreate(input: { study: \"$study\", amount: 1 }) { invoice { id } userErrors { code } } }", BILLING),
    ("Mutation.invoiceStatusSet", "mutation { invoiceStatusSet(input: { id: \"$invoice\", status: CANCELLED }) { invoice { id } userErrors { code } } }", ADMIN),
    ("Mutation.statementCreate", "mutation { statementCreate(input: { centre: \"$centre\", month: \"2026-01\" }) { statement { id } userErrors { code } } }", BILLING),
    ("Query.queues", "{ queues { name } }", ADMIN),
    ("Query.usage", "{ usage(centre: \"$centre\", first: \"2020-01-01\", last: \"2020-12-31\") { day } }", [Yes, Denied, Denied, Yes, Denied, Hidden, Nobody]),
    ("Query.auditEvents", "{ auditEvents { nodes { id } } }", [Yes, Denied, Denied, Yes, Denied, Hidden, Nobody]),
    ("Mutation.queuePause", "mutation { queuePause(input: { name: \"transcode\" }) { queue { name } userErrors { code } } }", ADMIN),
    ("Mutation.queueResume", "mutation { queueResume(input: { name: \"transcode\" }) { queue { name } userErrors { code } } }", ADMIN),
    ("Mutation.queueUpdate", "mutation { queueUpdate(input: { name: \"transcode\", slots: 1 }) { queue { name } userErrors { code } } }", ADMIN),
    ("Query.workerTokens", "{ workerTokens { nodes { id } } }", ADMIN),
    ("Mutation.sessionCreate", "mutation { sessionCreate(input: { username: \"technician$own\", password: \"a good password\" }) { session { expiresAt } } }", OPEN),
    ("Mutation.sessionRefresh", "mutation { sessionRefresh(input: { refreshToken: \"x\" }) { session { expiresAt } userErrors { code } } }", OPEN),
    ("Mutation.sessionEnd", "mutation { sessionEnd(input: { refreshToken: \"x\" }) { ended } }", OPEN),
    ("Mutation.userCreate", "mutation { userCreate(input: { username: \"$unique\", email: \"$unique@example.org\", fullName: \"X\", password: \"x\", role: TECHNICIAN, centre: \"$centre\" }) { user { id } userErrors { code } } }",
        [Yes, Denied, Denied, Yes, Denied, Denied, Nobody]),
    ("Mutation.userUpdate", "mutation { userUpdate(input: { id: \"$victim\", fullName: \"Y\" }) { user { id } userErrors { code } } }",
        [Yes, Denied, Denied, Yes, Denied, Hidden, Nobody]),
    ("Mutation.userDeactivate", "mutation { userDeactivate(input: { id: \"$victim\" }) { user { id } userErrors { code } } }",
        [Yes, Denied, Denied, Yes, Denied, Hidden, Nobody]),
    ("Mutation.centreCreate", "mutation { centreCreate(input: { name: \"$unique\" }) { centre { id } userErrors { code } } }", ADMIN),
    ("Mutation.centreUpdate", "mutation { centreUpdate(input: { id: \"$centre\", address: \"Y\" }) { centre { id } userErrors { code } } }", ADMIN),
    ("Mutation.centreDeactivate", "mutation { centreDeactivate(input: { id: \"$spare\" }) { centre { id } userErrors { code } } }", ADMIN),
    ("Mutation.userDelete", "mutation { userDelete(input: { id: \"$gone\" }) { user { id } userErrors { code } } }", ADMIN),
    ("Mutation.centreDelete", "mutation { centreDelete(input: { id: \"$spare\" }) { centre { id } userErrors { code } } }", ADMIN),
    ("Mutation.imagingMachineCreate", "mutation { imagingMachineCreate(input: { centre: \"$centre\", name: \"$unique\" }) { imagingMachine { id } userErrors { code } } }", OWN_MANAGER),
    ("Mutation.imagingMachineUpdate", "mutation { imagingMachineUpdate(input: { id: \"$machine\", port: 104 }) { imagingMachine { id } userErrors { code } } }", OWN_MANAGER),
    // The first who may removes it.
    ("Mutation.imagingMachineDelete", "mutation { imagingMachineDelete(input: { id: \"$machine\" }) { imagingMachine { id } userErrors { code } } }",
        [Yes, Denied, Denied, Hidden, Denied, Hidden, Nobody]),
    ("Mutation.studyRender", "mutation { studyRender(input: { id: \"$study\" }) { job { id } userErrors { code } } }", OWN_CENTRE),
    ("Mutation.studyAnalyze", "mutation { studyAnalyze(input: { id: \"$study\" }) { job { id } userErrors { code } } }", OWN_TECHNICIAN),
    ("Mutation.studyTranscode", "mutation { studyTranscode(input: { id: \"$study\", transferSyntax: RLE_LOSSLESS }) { job { id } userErrors { code } } }", OWN_CENTRE_BUT_RADIOLOGIST),
    ("Mutation.studyAssign", "mutation { studyAssign(input: { study: \"$study\", radiologist: \"$reader\" }) { study { id } userErrors { code } } }",
        [Yes, Denied, Denied, Yes, Denied, Hidden, Nobody]),
    ("Mutation.studyClaim", "mutation { studyClaim(input: { study: \"$study\" }) { study { id } userErrors { code } } }", RADIOLOGIST),
    ("Mutation.studyRelease", "mutation { studyRelease(input: { study: \"$study\" }) { study { id } userErrors { code } } }", READERS),
    ("Mutation.studyReview", "mutation { studyReview(input: { study: \"$study\" }) { study { id } userErrors { code } } }", READERS),
    ("Mutation.studyUrgencySet", "mutation { studyUrgencySet(input: { study: \"$study\", urgency: PRIORITY }) { study { id } userErrors { code } } }", OWN_CENTRE),
    ("Mutation.studyAssignAutomatically", "mutation { studyAssignAutomatically(input: { study: \"$study\" }) { job { id } userErrors { code } } }",
        [Yes, Denied, Denied, Yes, Denied, Hidden, Nobody]),
    ("Mutation.radiologistProfileSet", "mutation { radiologistProfileSet(input: { radiologist: \"$reader\", modalities: [CT] }) { user { id } userErrors { code } } }", READERS),
    ("Mutation.centreReadingSet", "mutation { centreReadingSet(input: { centre: \"$centre\", autoAssign: false }) { centre { id } userErrors { code } } }", ADMIN),
    ("Query.radiologists", "{ radiologists { nodes { id } } }", [Yes, Denied, Denied, Yes, Denied, Yes, Nobody]),
    ("Mutation.reportCreate", "mutation { reportCreate(input: { study: \"$study\", findings: \"F\", impression: \"I\" }) { report { id } userErrors { code } } }", READERS),
    ("Mutation.reportUpdate", "mutation { reportUpdate(input: { id: \"$report\", version: 1, findings: \"F\" }) { report { id } userErrors { code } } }", READERS),
    ("Mutation.reportVerify", "mutation { reportVerify(input: { id: \"$report\", version: 1 }) { report { id } userErrors { code } } }", READERS),
    ("Mutation.reportLockAcquire", "mutation { reportLockAcquire(input: { id: \"$report\" }) { report { id } userErrors { code } } }", READERS),
    ("Mutation.reportLockRelease", "mutation { reportLockRelease(input: { id: \"$report\" }) { report { id } userErrors { code } } }", READERS),
    ("Mutation.reportKeyImageAdd", "mutation { reportKeyImageAdd(input: { report: \"$report\", instance: \"$instance\" }) { report { id } userErrors { code } } }", READERS),
    ("Mutation.reportKeyImageRemove", "mutation { reportKeyImageRemove(input: { report: \"$report\", instance: \"$instance\" }) { report { id } userErrors { code } } }", READERS),
    ("Mutation.reportAddendumCreate", "mutation { reportAddendumCreate(input: { id: \"$report\", text: \"A\" }) { report { id } userErrors { code } } }", READERS),
    ("Mutation.reportTemplateCreate", "mutation { reportTemplateCreate(input: { name: \"$unique\" }) { template { id } userErrors { code } } }", READERS),
    ("Mutation.reportTemplateUpdate", "mutation { reportTemplateUpdate(input: { id: \"$template\", name: \"X\" }) { template { id } userErrors { code } } }", ADMIN),
    ("Mutation.reportTemplateDelete", "mutation { reportTemplateDelete(input: { id: \"$otherTemplate\" }) { template { id } userErrors { code } } }", [Yes, Hidden, Denied, Denied, Denied, Denied, Nobody]),
    ("Mutation.reportMacroCreate", "mutation { reportMacroCreate(input: { name: \"$unique\", text: \"X\" }) { macro { id } userErrors { code } } }", READERS),
    ("Mutation.reportMacroUpdate", "mutation { reportMacroUpdate(input: { id: \"$macro\", text: \"X\" }) { macro { id } userErrors { code } } }", ADMIN),
    ("Mutation.reportMacroDelete", "mutation { reportMacroDelete(input: { id: \"$otherMacro\" }) { macro { id } userErrors { code } } }", [Yes, Hidden, Denied, Denied, Denied, Denied, Nobody]),
    ("Mutation.criticalFindingFlag", "mutation { criticalFindingFlag(input: { study: \"$study\", text: \"T\", severity: URGENT }) { criticalFinding { id } userErrors { code } } }", READERS),
    ("Mutation.criticalFindingAcknowledge", "mutation { criticalFindingAcknowledge(input: { id: \"$finding\" }) { criticalFinding { id } userErrors { code } } }",
        [Denied, Denied, Yes, Yes, Hidden, Hidden, Nobody]),
    ("Mutation.criticalFindingWithdraw", "mutation { criticalFindingWithdraw(input: { id: \"$finding\", reason: \"R\" }) { criticalFinding { id } userErrors { code } } }", READERS),
    ("Mutation.priceCreate", "mutation { priceCreate(input: { centre: \"$centre\", modality: CT, amount: 1 }) { price { id } userErrors { code } } }", ADMIN),
    ("Mutation.priceUpdate", "mutation { priceUpdate(input: { id: \"$price\", amount: 2 }) { price { id } userErrors { code } } }", ADMIN),
    ("Mutation.jobRetry", "mutation { jobRetry(input: { id: \"$job\" }) { job { id } userErrors { code } } }", OWN_CENTRE_BUT_RADIOLOGIST),
    ("Mutation.jobCancel", "mutation { jobCancel(input: { id: \"$job\" }) { job { id } userErrors { code } } }", OWN_CENTRE_BUT_RADIOLOGIST),
    ("Mutation.workerTokenCreate", "mutation { workerTokenCreate(input: { name: \"$unique\", kinds: [RENDER_STUDY] }) { token userErrors { code } } }", ADMIN),
    ("Mutation.workerTokenRevoke", "mutation { workerTokenRevoke(input: { id: \"$token\" }) { workerToken { id } userErrors { code } } }", ADMIN),
    ("Subscription.studyUpdated", "subscription { studyUpdated(id: \"$study\") { study { id } } }", OWN_CENTRE),
    // With the cursor before all events, because a live list begins with the first change.
    ("Subscription.worklistUpdated", "subscription { worklistUpdated(filter: { centre: \"$centre\" }, after: \"MDow\") { study { id } } }", OWN_CENTRE),
    ("Subscription.jobUpdated", "subscription { jobUpdated(id: \"$job\") { job { id } } }", OWN_CENTRE),
    ("Subscription.jobUpdated", "subscription { jobUpdated(study: \"$study\") { job { id } } }", OWN_CENTRE),
];

/// Fields that are tried in another way than by a plain operation.
pub const ELSEWHERE: &[&str] = &["Mutation.studyUpload"];

#[rustfmt::skip]
pub const REST: &[(&str, &str, [Outcome; 7])] = &[
    ("GET", "/", OPEN),
    ("GET", "/openapi.json", OPEN),
    ("GET", "/health", OPEN),
    ("GET", "/healthz", OPEN),
    ("GET", "/metrics", ADMIN),
    ("GET", "/docs", OPEN),
    ("GET", "/docs/assets/:file", OPEN),
    ("GET", "/api/docs", OPEN),
    ("GET", "/redoc", OPEN),
    ("GET", "/api/schema", OPEN),
    ("GET", "/api/schema/swagger-ui", OPEN),
    ("GET", "/api/schema/redoc", OPEN),
    ("GET", "/graphiql", OPEN),
    ("GET", "/graphiql/assets/:file", OPEN),
    ("GET", "/media/renditions/:id", OWN_CENTRE),
    ("GET", "/media/instances/:uuid/frames/:frame", OWN_CENTRE),
    ("GET", "/media/analyses/:uuid/overlay", OWN_CENTRE),
    ("GET", "/media/instances/:uuid/file", OWN_CENTRE),
    ("GET", "/media/reports/:uuid/documents/:addenda", OWN_CENTRE),
    ("GET", "/media/invoices/:uuid/pdf", BILLED),
    ("GET", "/media/credit-notes/:uuid/pdf", BILLED),
    ("GET", "/media/statements/:uuid/pdf", BILLED),
    ("GET", "/media/statements/:uuid/csv", BILLED),
    ("POST", "/auth/token", OPEN),
    ("GET", "/auth/me", ALL),
    ("POST", "/studies/upload", [Yes, Denied, Yes, Yes, Yes, Yes, Nobody]),
    ("POST", "/studies", [Yes, Denied, Yes, Yes, Yes, Yes, Nobody]),
    ("POST", "/auth/register", [Yes, Denied, Denied, Yes, Denied, Denied, Nobody]),
    ("GET", "/users", [Yes, Denied, Denied, Yes, Denied, Yes, Nobody]),
    ("GET", "/users/me", ALL),
    ("GET", "/users/:user_id", [Yes, Hidden, Hidden, Yes, Hidden, Hidden, Nobody]),
    ("PATCH", "/users/:user_id", OWN_MANAGER),
    ("PATCH", "/users/:user_id/deactivate", OWN_MANAGER),
    ("DELETE", "/users/:user_id", ADMIN),
    ("GET", "/centres", ALL),
    ("POST", "/centres", ADMIN),
    ("GET", "/centres/:centre_id", OWN_CENTRE),
    ("PATCH", "/centres/:centre_id", ADMIN),
    ("GET", "/imaging-machines", [Yes, Denied, Yes, Yes, Yes, Yes, Nobody]),
    ("POST", "/imaging-machines", OWN_MANAGER),
    ("GET", "/imaging-machines/:machine_id", [Yes, Denied, Yes, Yes, Hidden, Hidden, Nobody]),
    ("PATCH", "/imaging-machines/:machine_id", OWN_MANAGER),
    // The first who may removes it.
    ("DELETE", "/imaging-machines/:machine_id", [Yes, Denied, Denied, Hidden, Denied, Hidden, Nobody]),
    ("GET", "/studies", ALL),
    ("GET", "/studies/:study_id", OWN_CENTRE),
    ("GET", "/studies/study_id/:study_id", OWN_CENTRE),
    ("GET", "/studies/:study_id/instance/:instance_number", OWN_CENTRE),
    ("GET", "/studies/:study_id/instances/:instance_number", OWN_CENTRE),
    ("GET", "/studies/:study_id/instances", OWN_CENTRE),
    ("PATCH", "/studies/:study_id/assign", [Yes, Yes, Denied, Yes, Denied, Hidden, Nobody]),
    ("POST", "/studies/:study_id/assign", [Yes, Yes, Denied, Yes, Denied, Hidden, Nobody]),
    ("PATCH", "/studies/:study_id/status", READERS),
    ("GET", "/reports", ALL),
    ("POST", "/reports", READERS),
    ("GET", "/reports/:report_id", OWN_CENTRE),
    ("PATCH", "/reports/:report_id", READERS),
    ("PATCH", "/reports/:report_id/verify", READERS),
    ("POST", "/reports/:report_id/verify", READERS),
    ("GET", "/billing/pricing", ALL),
    ("POST", "/billing/pricing", ADMIN),
    ("PATCH", "/billing/pricing/:pricing_id", ADMIN),
    ("GET", "/billing", ALL),
    ("POST", "/billing", OWN_MANAGER),
    ("GET", "/billing/:billing_id", [Yes, Hidden, Yes, Yes, Hidden, Hidden, Nobody]),
    ("PATCH", "/billing/:billing_id/status", ADMIN),
    // The session of a browser; without its CSRF token nobody signs in.
    ("GET", "/login", OPEN),
    ("POST", "/login", [Denied; 7]),
    ("POST", "/logout", OPEN),
    ("POST", "/ai/process-study/:study_id", OWN_TECHNICIAN),
    ("POST", "/ai/analyze-study/:study_id", OWN_TECHNICIAN),
    ("GET", "/ai/report/:study_id", OWN_CENTRE),
    // Last, because nothing is uploaded to an inactive centre.
    ("PATCH", "/centres/:centre_id/deactivate", ADMIN),
    // It has studies: refused, by who may ask.
    ("DELETE", "/centres/:centre_id", ADMIN),
    ("POST", "/workers/v1/claim", WORKERS),
    ("POST", "/workers/v1/jobs/:id/heartbeat", WORKERS),
    ("POST", "/workers/v1/jobs/:id/outputs", WORKERS),
    // A signed address alone opens it.
    ("PUT", "/workers/v1/jobs/:id/outputs", [Nobody; 7]),
    ("POST", "/workers/v1/jobs/:id/complete", WORKERS),
    ("POST", "/workers/v1/jobs/:id/fail", WORKERS),
    ("POST", "/workers/v1/jobs/:id/release", WORKERS),
    ("POST", "/workers/v1/jobs/:id/cancelled", WORKERS),
];

/// What an answer to one field means.
pub fn outcome(answer: &Value, field: &str) -> Outcome {
    if let Some(code) = answer["errors"][0]["extensions"]["code"].as_str() {
        return match code {
            "UNAUTHENTICATED" => Nobody,
            "FORBIDDEN" => Denied,
            "NOT_FOUND" => Hidden,
            other => panic!("{field}: {other}: {answer}"),
        };
    }
    let value = &answer["data"][field];
    let empty = value.is_null()
        || value == &json!([null])
        || value["nodes"] == json!([])
        || value["userErrors"][0]["code"] == "NOT_FOUND";
    if empty { Hidden } else { Yes }
}

#[tokio::test]
async fn every_graphql_field_answers_as_the_table_says() {
    let world = world().await;
    let mut wrong = Vec::new();
    for (name, operation, expected) in GRAPHQL {
        let field = name.split('.').nth(1).unwrap();
        for (n, (client, expected)) in world.callers.iter().zip(expected).enumerate() {
            let query = world.filled(operation);
            let answer = if operation.starts_with("subscription") {
                futures::StreamExt::next(&mut client.subscribe(&query, json!({})).await).await.unwrap()
            } else {
                client.gql(&query, json!({})).await
            };
            let is = outcome(&answer, field);
            if is != *expected {
                wrong.push(format!("{name} caller {n}: {is:?} instead of {expected:?}: {answer}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn every_graphql_field_has_a_row() {
    let app = TestApp::new().await;
    let query = "{ __schema { queryType { name fields { name } } mutationType { name fields { name } } subscriptionType { name fields { name } } } }";
    let schema = app.anonymous().data(query, json!({})).await["__schema"].clone();
    let mut fields = BTreeSet::new();
    for kind in ["queryType", "mutationType", "subscriptionType"] {
        for field in schema[kind]["fields"].as_array().unwrap() {
            fields.insert(format!(
                "{}.{}",
                schema[kind]["name"].as_str().unwrap(),
                field["name"].as_str().unwrap()
            ));
        }
    }
    let rows: BTreeSet<String> =
        GRAPHQL.iter().map(|row| row.0).chain(ELSEWHERE.iter().copied()).map(String::from).collect();
    assert_eq!(fields, rows);
}

#[tokio::test]
async fn who_may_upload_by_graphql() {
    let world = world().await;
    let centre = world.filled("$centre");
    let mut outcomes = Vec::new();
    for client in &world.callers {
        let answer = client.upload_answer(study(1), Some(&centre)).await;
        outcomes.push(outcome(&answer, "studyUpload"));
    }
    assert_eq!(outcomes, [Yes, Denied, Yes, Yes, Hidden, Hidden, Nobody]);
}

#[tokio::test]
async fn every_rest_route_answers_as_the_table_says() {
    let world = world().await;
    let mut wrong = Vec::new();
    for (method, path, expected) in REST {
        let path = self::path(&world, path).await;
        for (n, (client, expected)) in world.callers.iter().zip(expected).enumerate() {
            let request = client.rest(method.parse::<Method>().unwrap(), &path);
            let status = body(&world, &path, method, request).send().await.unwrap().status().as_u16();
            // Family A tells a foreign thing from an unknown one by 403 (contract S2-33).
            let is = match status {
                // As things are it cannot be done, but the caller may try.
                200 | 202 | 400 => Yes,
                401 => Nobody,
                403 if *expected == Hidden => Hidden,
                403 => Denied,
                404 => Hidden,
                other => panic!("{path} caller {n}: {other}"),
            };
            if is != *expected {
                wrong.push(format!("{method} {path} caller {n}: {is:?} instead of {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    drop(world.app);
}

#[test]
fn every_rest_route_has_a_row() {
    let routes: BTreeSet<(String, &str)> =
        api::routes::rest().into_iter().map(|route| (route.method.to_string(), route.path)).collect();
    let rows: BTreeSet<(String, &str)> = REST.iter().map(|row| (row.0.to_owned(), row.1)).collect();
    assert_eq!(routes, rows);
}
