//! Every row of the authorisation table leaves the trace that is decided for it here; a field or a route without a decision fails.

use super::events;
use crate::authorisation::{self, GRAPHQL, Outcome, REST, outcome, world};
use Trace::{Elsewhere, Leaves, Nothing, Unheard};
use entity::audit_event::Model;
use futures::StreamExt;
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;
use tests::TestApp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trace {
    /// It gives out and changes no patient data.
    Nothing,
    /// Who is let through leaves this.
    Leaves(&'static str),
    /// It leaves this, but not as the table calls it; another test does so.
    Elsewhere(&'static str),
    /// It is refused before anybody is asked for: nothing is recorded.
    Unheard,
}

/// By the field; of `node`, with what its id is of.
#[rustfmt::skip]
const DECIDED: &[(&str, Trace)] = &[
    ("Query.me", Nothing),
    ("Query.node $study", Leaves("STUDY_READ")),
    ("Query.node $series", Leaves("STUDY_READ")),
    ("Query.node $instance", Leaves("STUDY_READ")),
    ("Query.node $report", Leaves("REPORT_READ")),
    ("Query.node $audit", Leaves("AUDIT_READ")),
    // A job has no patient data.
    ("Query.node $job", Nothing),
    ("Query.node $price", Nothing),
    ("Query.node $centre", Nothing),
    ("Query.node $user", Nothing),
    ("Query.node $token", Nothing),
    ("Query.node $machine", Nothing),
    ("Query.nodes", Leaves("STUDY_READ")),
    ("Query.user", Nothing),
    ("Query.users", Nothing),
    ("Query.centre", Nothing),
    ("Query.centres", Nothing),
    ("Query.study", Leaves("STUDY_READ")),
    ("Query.studies", Leaves("STUDY_LISTED")),
    ("Query.job", Nothing),
    ("Query.jobs", Nothing),
    ("Query.report", Leaves("REPORT_READ")),
    ("Query.reports", Leaves("REPORT_READ")),
    ("Query.prices", Nothing),
    ("Query.invoice", Leaves("INVOICE_READ")),
    ("Query.invoices", Leaves("INVOICE_READ")),
    ("Query.node $invoice", Leaves("INVOICE_READ")),
    // Amounts and addresses of files; the files name studies.
    ("Query.statements", Nothing),
    ("Query.node $statement", Nothing),
    // By the services of the REST routes below.
    ("Mutation.invoiceCreate", Elsewhere("INVOICE_CREATED")),
    ("Mutation.invoiceStatusSet", Elsewhere("INVOICE_UPDATED")),
    ("Mutation.statementCreate", Nothing),
    ("Query.node $finding", Leaves("REPORT_READ")),
    ("Query.node $analysis", Leaves("STUDY_READ")),
    ("Query.node $template", Nothing),
    ("Query.node $macro", Nothing),
    // It looks for the study.
    ("Query.reportTemplates $study", Leaves("STUDY_READ")),
    ("Query.reportTemplates", Nothing),
    ("Query.reportMacros", Nothing),
    ("Query.reportTextExpand", Leaves("STUDY_READ")),
    ("Query.radiologists", Nothing),
    ("Query.imagingMachines", Nothing),
    ("Query.queues", Nothing),
    ("Query.usage", Nothing),
    ("Query.workerTokens", Nothing),
    ("Query.auditEvents", Leaves("AUDIT_READ")),
    ("Mutation.queuePause", Nothing),
    ("Mutation.queueResume", Nothing),
    ("Mutation.queueUpdate", Nothing),
    ("Mutation.sessionCreate", Leaves("LOGIN")),
    ("Mutation.sessionRefresh", Nothing),
    // audit::signing_in_is_recorded…
    ("Mutation.sessionEnd", Elsewhere("LOGOUT")),
    // Here its password is too short; every test app makes users.
    ("Mutation.userCreate", Elsewhere("USER_CREATED")),
    ("Mutation.userUpdate", Leaves("USER_UPDATED")),
    ("Mutation.userDeactivate", Leaves("USER_UPDATED")),
    ("Mutation.userDelete", Leaves("USER_DELETED")),
    ("Mutation.centreCreate", Nothing),
    ("Mutation.centreDelete", Nothing),
    ("Mutation.imagingMachineCreate", Nothing),
    ("Mutation.imagingMachineUpdate", Nothing),
    ("Mutation.imagingMachineDelete", Nothing),
    ("Mutation.centreUpdate", Nothing),
    ("Mutation.centreDeactivate", Nothing),
    ("Mutation.studyRender", Leaves("STUDY_PROCESSED")),
    ("Mutation.studyAnalyze", Leaves("STUDY_PROCESSED")),
    ("Mutation.studyTranscode", Leaves("STUDY_PROCESSED")),
    ("Mutation.studyAssign", Leaves("STUDY_ASSIGNED")),
    // The study has a radiologist by then: audit::each_event_of_a_subscription…
    ("Mutation.studyClaim", Elsewhere("STUDY_ASSIGNED")),
    ("Mutation.studyRelease", Elsewhere("STUDY_RELEASED")),
    ("Mutation.studyReview", Elsewhere("STUDY_REVIEWED")),
    // audit::a_study_that_is_read…
    ("Mutation.studyUpload", Elsewhere("STUDY_CREATED")),
    ("Mutation.reportCreate", Leaves("REPORT_CREATED")),
    ("Mutation.reportUpdate", Elsewhere("REPORT_UPDATED")),
    ("Mutation.reportVerify", Leaves("REPORT_VERIFIED")),
    ("Mutation.reportLockAcquire", Leaves("REPORT_READ")),
    ("Mutation.reportLockRelease", Leaves("REPORT_READ")),
    ("Mutation.reportKeyImageAdd", Elsewhere("REPORT_UPDATED")),
    ("Mutation.reportKeyImageRemove", Elsewhere("REPORT_UPDATED")),
    ("Mutation.reportAddendumCreate", Leaves("REPORT_UPDATED")),
    ("Mutation.reportTemplateCreate", Nothing),
    ("Mutation.reportTemplateUpdate", Nothing),
    ("Mutation.reportTemplateDelete", Nothing),
    ("Mutation.reportMacroCreate", Nothing),
    ("Mutation.reportMacroUpdate", Nothing),
    ("Mutation.reportMacroDelete", Nothing),
    ("Mutation.criticalFindingFlag", Leaves("REPORT_UPDATED")),
    ("Mutation.criticalFindingAcknowledge", Leaves("REPORT_UPDATED")),
    ("Mutation.criticalFindingWithdraw", Leaves("REPORT_UPDATED")),
    ("Mutation.studyUrgencySet", Leaves("STUDY_UPDATED")),
    // The study has a radiologist by then; the job is as that of studyRender.
    ("Mutation.studyAssignAutomatically", Elsewhere("STUDY_PROCESSED")),
    ("Mutation.radiologistProfileSet", Nothing),
    ("Mutation.centreReadingSet", Nothing),
    ("Mutation.priceCreate", Nothing),
    ("Mutation.priceUpdate", Nothing),
    ("Mutation.jobRetry", Nothing),
    ("Mutation.jobCancel", Nothing),
    ("Mutation.workerTokenCreate", Leaves("WORKER_TOKEN_CREATED")),
    ("Mutation.workerTokenRevoke", Leaves("WORKER_TOKEN_REVOKED")),
    ("Subscription.studyUpdated", Leaves("STUDY_READ")),
    ("Subscription.worklistUpdated", Leaves("STUDY_LISTED")),
    ("Subscription.jobUpdated $job", Nothing),
    // It looks for the study.
    ("Subscription.jobUpdated $study", Leaves("STUDY_READ")),
];

#[rustfmt::skip]
const ROUTES: &[(&str, &str, Trace)] = &[
    ("GET", "/", Nothing),
    ("GET", "/openapi.json", Nothing),
    ("GET", "/health", Nothing),
    ("GET", "/healthz", Nothing),
    // No patient data; it asks for a token of its own.
    ("GET", "/metrics", Unheard),
    ("GET", "/docs", Nothing),
    ("GET", "/api/docs", Nothing),
    ("GET", "/redoc", Nothing),
    ("GET", "/docs/assets/:file", Nothing),
    ("GET", "/api/schema", Nothing),
    ("GET", "/api/schema/redoc", Nothing),
    ("GET", "/api/schema/swagger-ui", Nothing),
    ("GET", "/graphiql", Nothing),
    ("GET", "/graphiql/assets/:file", Nothing),
    ("GET", "/media/renditions/:id", Leaves("PICTURE_READ")),
    ("GET", "/media/instances/:uuid/frames/:frame", Leaves("PICTURE_READ")),
    ("GET", "/media/instances/:uuid/file", Leaves("FILE_READ")),
    ("GET", "/media/analyses/:uuid/overlay", Leaves("PICTURE_READ")),
    ("GET", "/media/reports/:uuid/documents/:addenda", Leaves("REPORT_READ")),
    ("GET", "/media/invoices/:uuid/pdf", Leaves("INVOICE_READ")),
    ("GET", "/media/credit-notes/:uuid/pdf", Leaves("INVOICE_READ")),
    // Of the studies on it, and it has none.
    ("GET", "/media/statements/:uuid/pdf", Elsewhere("INVOICE_READ")),
    ("GET", "/media/statements/:uuid/csv", Elsewhere("INVOICE_READ")),
    ("POST", "/auth/token", Leaves("LOGIN")),
    ("GET", "/auth/me", Nothing),
    ("POST", "/studies/upload", Leaves("STUDY_CREATED")),
    ("POST", "/studies", Leaves("STUDY_CREATED")),
    ("POST", "/auth/register", Leaves("USER_CREATED")),
    ("GET", "/users", Nothing),
    ("GET", "/users/me", Nothing),
    ("GET", "/users/:user_id", Nothing),
    ("PATCH", "/users/:user_id", Leaves("USER_UPDATED")),
    ("PATCH", "/users/:user_id/deactivate", Leaves("USER_UPDATED")),
    // Mutation.userDelete, by the same service: this user stands in the archive.
    ("DELETE", "/users/:user_id", Elsewhere("USER_DELETED")),
    ("GET", "/centres", Nothing),
    ("POST", "/centres", Nothing),
    ("GET", "/centres/:centre_id", Nothing),
    ("PATCH", "/centres/:centre_id", Nothing),
    ("PATCH", "/centres/:centre_id/deactivate", Nothing),
    ("DELETE", "/centres/:centre_id", Nothing),
    ("GET", "/imaging-machines", Nothing),
    ("POST", "/imaging-machines", Nothing),
    ("GET", "/imaging-machines/:machine_id", Nothing),
    ("PATCH", "/imaging-machines/:machine_id", Nothing),
    ("DELETE", "/imaging-machines/:machine_id", Nothing),
    ("GET", "/studies", Leaves("STUDY_LISTED")),
    ("GET", "/studies/:study_id", Leaves("STUDY_READ")),
    ("GET", "/studies/study_id/:study_id", Leaves("STUDY_READ")),
    ("GET", "/studies/:study_id/instance/:instance_number", Leaves("FILE_READ")),
    ("GET", "/studies/:study_id/instances/:instance_number", Leaves("FILE_READ")),
    ("GET", "/studies/:study_id/instances", Leaves("STUDY_READ")),
    ("PATCH", "/studies/:study_id/assign", Leaves("STUDY_ASSIGNED")),
    // The alias: it is assigned already.
    ("POST", "/studies/:study_id/assign", Elsewhere("STUDY_ASSIGNED")),
    // It has that status already, and is answered as it is.
    ("PATCH", "/studies/:study_id/status", Leaves("STUDY_READ")),
    ("GET", "/reports", Leaves("REPORT_READ")),
    ("POST", "/reports", Leaves("REPORT_CREATED")),
    ("GET", "/reports/:report_id", Leaves("REPORT_READ")),
    ("PATCH", "/reports/:report_id", Elsewhere("REPORT_UPDATED")),
    ("PATCH", "/reports/:report_id/verify", Leaves("REPORT_VERIFIED")),
    // The alias: it is verified already.
    ("POST", "/reports/:report_id/verify", Elsewhere("REPORT_VERIFIED")),
    ("GET", "/billing/pricing", Nothing),
    ("POST", "/billing/pricing", Nothing),
    ("PATCH", "/billing/pricing/:pricing_id", Nothing),
    ("GET", "/billing", Leaves("INVOICE_READ")),
    // The study of the table is billed when it is made.
    ("POST", "/billing", Elsewhere("INVOICE_CREATED")),
    ("GET", "/billing/:billing_id", Leaves("INVOICE_READ")),
    ("PATCH", "/billing/:billing_id/status", Elsewhere("INVOICE_UPDATED")),
    ("GET", "/login", Nothing),
    // Without its CSRF token.
    ("POST", "/login", Unheard),
    ("POST", "/logout", Nothing),
    ("POST", "/ai/process-study/:study_id", Leaves("STUDY_PROCESSED")),
    ("POST", "/ai/analyze-study/:study_id", Leaves("STUDY_PROCESSED")),
    ("GET", "/ai/report/:study_id", Leaves("REPORT_READ")),
    // audit::coverage::a_worker_outside_that_gets_a_study_is_recorded
    ("POST", "/workers/v1/claim", Elsewhere("STUDY_READ")),
    ("POST", "/workers/v1/jobs/:id/heartbeat", Nothing),
    ("POST", "/workers/v1/jobs/:id/outputs", Nothing),
    ("PUT", "/workers/v1/jobs/:id/outputs", Nothing),
    // The results of a job, which the job tells.
    ("POST", "/workers/v1/jobs/:id/complete", Nothing),
    ("POST", "/workers/v1/jobs/:id/fail", Nothing),
    ("POST", "/workers/v1/jobs/:id/release", Nothing),
    ("POST", "/workers/v1/jobs/:id/cancelled", Nothing),
];

/// The users of the table's callers, in their order; of nobody none.
fn names(app: &TestApp) -> [Option<String>; 7] {
    let (own, other) = (app.centre, app.other_centre);
    [
        Some("admin".into()),
        Some("radiologist".into()),
        Some(format!("technician{own}")),
        Some(format!("manager{own}")),
        Some(format!("technician{other}")),
        Some(format!("manager{other}")),
        None,
    ]
}

fn decision(name: &str, operation: &str) -> (String, Option<Trace>) {
    let thing = operation.split(['$', '"']).nth(2).unwrap_or_default();
    let of_thing = format!("{name} ${thing}");
    let find = |key: &str| DECIDED.iter().find(|(known, _)| *known == key).map(|(_, trace)| *trace);
    match find(&of_thing) {
        Some(trace) => (of_thing, Some(trace)),
        None => (name.to_owned(), find(name)),
    }
}

/// What the trail got since it had so many rows, and how many it has now.
async fn since(app: &TestApp, seen: &mut BTreeSet<uuid::Uuid>) -> Vec<Model> {
    events(app).await.into_iter().filter(|event| seen.insert(event.id)).collect()
}

/// What is wrong with the trace of one call.
fn wrong(left: &[Model], trace: Trace, outcome: Outcome, who: Option<&str>, must: bool) -> Option<String> {
    let of = |kind: &str| left.iter().find(|event| event.kind == kind);
    if left.iter().any(|event| event.username.as_deref() != who && event.kind != "LOGIN") {
        return Some(format!("not by {who:?}"));
    }
    match (outcome, trace) {
        (_, Unheard) => left.first().map(|event| format!("left {}", event.kind)),
        (Outcome::Denied, _) => match of("PERMISSION_REFUSED") {
            Some(event) if event.outcome == 4 && left.iter().all(|event| event.study_count == 0) => None,
            _ => Some("the refusal left no trace, or something was given out".into()),
        },
        (Outcome::Ok, Leaves(kind)) => match of(kind) {
            Some(event) if event.outcome != 0 => Some(format!("{kind} is not a success")),
            Some(event) if event.study_count > 0 && event.centre_id.is_none() => Some(format!("{kind} of no centre")),
            None if must => Some(format!("left no {kind}")),
            _ => None,
        },
        (Outcome::Hidden | Outcome::Nobody, _) | (Outcome::Ok, Nothing) => {
            let given = left.iter().find(|event| event.study_count > 0);
            given.map(|event| format!("left {}", event.kind))
        }
        (Outcome::Ok, Elsewhere(_)) => None,
    }
}

#[tokio::test]
async fn every_graphql_field_leaves_the_trace_that_is_decided() {
    let world = world().await;
    let names = names(&world.app);
    let (mut problems, mut seen) = (Vec::new(), BTreeSet::new());
    since(&world.app, &mut seen).await;
    for (name, operation, expected) in GRAPHQL {
        let field = name.split('.').nth(1).unwrap();
        let (key, Some(trace)) = decision(name, operation) else {
            problems.push(format!("{name} has no decision: {operation}"));
            continue;
        };
        let mut left_by_any = BTreeSet::new();
        for (n, (client, expected)) in world.callers.iter().zip(expected).enumerate() {
            let query = world.filled(operation);
            let answer = if operation.starts_with("subscription") {
                client.subscribe(&query, json!({})).await.next().await.unwrap()
            } else {
                client.gql(&query, json!({})).await
            };
            let mut left = since(&world.app, &mut seen).await;
            if operation.starts_with("subscription") {
                // The stream before this one may still have been given something while it ended.
                left.retain(|event| event.username.as_deref() == names[n].as_deref());
            }
            left_by_any.extend(left.iter().map(|event| event.kind.clone()));
            // Of changes some find that there is nothing to change any more.
            let must = !operation.starts_with("mutation");
            let is = outcome(&answer, field);
            assert_eq!(is, *expected, "{key} caller {n}: {answer}");
            if let Some(problem) = wrong(&left, trace, is, names[n].as_deref(), must) {
                problems.push(format!("{key} caller {n}: {problem}: {left:?}"));
            }
        }
        if let Leaves(kind) = trace
            && !left_by_any.contains(kind)
        {
            problems.push(format!("{key}: nobody left {kind}, but {left_by_any:?}"));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    super::whole(&world.app).await;
}

#[test]
fn every_graphql_field_has_a_decision() {
    let needed: BTreeSet<String> = GRAPHQL
        .iter()
        .map(|(name, operation, _)| decision(name, operation).0)
        .chain(authorisation::ELSEWHERE.iter().copied().map(String::from))
        .collect();
    let decided: BTreeSet<String> = DECIDED.iter().map(|(name, _)| (*name).to_owned()).collect();
    let missing: Vec<&String> = needed.difference(&decided).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn every_rest_route_leaves_the_trace_that_is_decided() {
    let world = world().await;
    let names = names(&world.app);
    let (mut problems, mut seen) = (Vec::new(), BTreeSet::new());
    let made: BTreeSet<String> = since(&world.app, &mut seen).await.into_iter().map(|event| event.kind).collect();
    for kind in ["USER_CREATED", "STUDY_CREATED", "REPORT_CREATED", "INVOICE_CREATED"] {
        assert!(made.contains(kind), "{kind} of what the table is about: {made:?}");
    }
    for (method, route, expected) in REST {
        let decided = ROUTES.iter().find(|(known, path, _)| known == method && path == route);
        let (_, _, trace) = decided.unwrap_or_else(|| panic!("{method} {route} has no decision"));
        let path = authorisation::path(&world, route).await;
        let mut left_by_any = BTreeSet::new();
        for (n, (client, expected)) in world.callers.iter().zip(expected).enumerate() {
            let request = client.rest(method.parse::<Method>().unwrap(), &path);
            let answer = authorisation::body(&world, &path, method, request).send().await.unwrap();
            let body = answer.bytes().await.unwrap();
            let left = since(&world.app, &mut seen).await;
            left_by_any.extend(left.iter().map(|event| event.kind.clone()));
            // An empty list gives nothing, and changes may find that there is nothing to change any more.
            let must = *method == "GET" && body.as_ref() != b"[]";
            if let Some(problem) = wrong(&left, *trace, *expected, names[n].as_deref(), must) {
                problems.push(format!("{method} {route} caller {n}: {problem}: {left:?}"));
            }
        }
        if let Leaves(kind) = trace
            && !left_by_any.contains(*kind)
        {
            problems.push(format!("{method} {route}: nobody left {kind}, but {left_by_any:?}"));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_rest_route_has_a_decision() {
    let routes: BTreeSet<(String, &str)> =
        api::routes::rest().into_iter().map(|route| (route.method.to_string(), route.path)).collect();
    let decided: BTreeSet<(String, &str)> = ROUTES.iter().map(|row| (row.0.to_owned(), row.1)).collect();
    let missing: Vec<_> = routes.difference(&decided).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn a_worker_outside_that_gets_a_study_is_recorded() {
    let app = TestApp::new().await;
    super::uploaded(&app, app.centre).await;
    let made = app
        .admin()
        .await
        .data(
            "mutation { workerTokenCreate(input: { name: \"gpu\", kinds: [RENDER_STUDY] }) { token } }",
            json!({}),
        )
        .await;
    let token = made["workerTokenCreate"]["token"].as_str().unwrap().to_owned();
    let worker = tests::Client::new(&app.base, Some(token));
    let claim = worker.rest(Method::POST, "/workers/v1/claim").json(&json!({ "worker": "box" }));
    let claimed: serde_json::Value = claim.send().await.unwrap().json().await.unwrap();
    assert_eq!(claimed["jobs"].as_array().unwrap().len(), 1, "{claimed}");
    let read = super::of_kind(&app, "STUDY_READ").await;
    let event = read.iter().find(|event| event.face == "workers").unwrap();
    assert_eq!(
        (event.username.as_deref(), event.role.as_deref()),
        (Some("gpu"), Some("worker"))
    );
    assert_eq!(event.centre_id, Some(app.centre));
    // Its input, by the address in its task.
    let input = claimed["jobs"][0]["task"]["series"][0]["image"]["url"].as_str().unwrap();
    app.anonymous().rest(Method::GET, input).send().await.unwrap().bytes().await.unwrap();
    let fetched = super::of_kind(&app, "FILE_READ").await;
    assert_eq!((fetched.len(), fetched[0].centre_id), (1, Some(app.centre)));
}
