//! The trail in the forms of others: audit messages of DICOM and AuditEvent resources of FHIR, one a line.

mod dicom;
mod fhir;

use super::Face;
use super::kinds::AuditKind;
use super::read::between;
use super::rows::{About, named};
use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::policy::{Action, Reach, require};
use chrono::{DateTime, Utc};
use entity::audit_event::{Column, Entity, Model};
use entity::study;
use futures::Stream;
use sea_orm::{ColumnTrait, EntityTrait, IntoSimpleExpr, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Events that are held at a time.
const PAGE: u64 = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// AuditMessage (PS3.15 A.5.1). A message speaks of one patient only, so that an event may give several.
    Dicom,
    /// AuditEvent (FHIR R4), as newline-delimited JSON.
    Fhir,
}

/// What is said of a study: its Study Instance UID, the id that people read out, and its patient's id with the issuer of that id.
/// The trail itself has none of these; they are looked up now.
struct Subject {
    uid: String,
    code: String,
    patient: Option<(String, Option<String>)>,
}

/// All events from `since` to before `until`, the oldest first, as lines without their ends. For whoever may see the whole trail; the export
/// is recorded itself.
pub async fn audit_export(
    app: &App,
    ctx: &Context,
    format: ExportFormat,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> Result<impl Stream<Item = Result<String>> + use<>> {
    if require(ctx, Action::AuditRead)? != Reach::All {
        return Err(Error::Forbidden);
    }
    app.audit.record(app.db.writer(), ctx, AuditKind::AuditExported, About::default()).await?;
    let until = until.unwrap_or_else(Utc::now);
    let app = app.clone();
    Ok(async_stream::try_stream! {
        let mut after: Option<Uuid> = None;
        loop {
            let events = page(&app, since, until, after).await?;
            let Some(last) = events.last() else { break };
            after = Some(last.id);
            let subjects = subjects(&app, &events).await?;
            for event in &events {
                let about: Vec<&Subject> = named(event).filter_map(|uuid| subjects.get(&uuid)).collect();
                match format {
                    ExportFormat::Dicom => {
                        for message in dicom::messages(event, &about)? {
                            yield message;
                        }
                    }
                    ExportFormat::Fhir => yield fhir::resource(event, &about).to_string(),
                }
            }
        }
    })
}

async fn page(
    app: &App,
    since: Option<DateTime<Utc>>,
    until: DateTime<Utc>,
    after: Option<Uuid>,
) -> Result<Vec<Model>> {
    let mut events = between(Entity::find(), &Column::Id.into_simple_expr(), since, Some(until));
    if let Some(after) = after {
        events = events.filter(Column::Id.gt(after));
    }
    Ok(events.order_by_asc(Column::Id).limit(PAGE).all(app.db.reader()).await?)
}

async fn subjects(app: &App, events: &[Model]) -> Result<HashMap<Uuid, Subject>> {
    let uuids: HashSet<Uuid> = events.iter().flat_map(named).collect();
    let uuids: Vec<Uuid> = uuids.into_iter().collect();
    let mut all = HashMap::new();
    for uuids in uuids.chunks(5_000) {
        let rows = study::Entity::find().filter(study::Column::Uuid.is_in(uuids.iter().copied()));
        for row in rows.all(app.db.reader()).await? {
            let patient = row.patient_id.as_deref().filter(|id| !id.is_empty()).map(legal);
            let subject = Subject {
                uid: legal(&row.study_instance_uid),
                code: row.study_code,
                patient: patient.map(|id| (id, row.issuer_of_patient_id.as_deref().map(legal))),
            };
            all.insert(row.uuid, subject);
        }
    }
    Ok(all)
}

/// Files may say anything; XML 1.0 has no characters for some of it (section 2.2).
fn legal(text: &str) -> String {
    let known = |c: char| matches!(c, '\t' | ' '..='\u{FFFD}' | '\u{10000}'..);
    text.chars().map(|c| if known(c) { c } else { '\u{FFFD}' }).collect()
}

/// A concept of DCM (PS3.16 annex D): its code and its meaning.
type Code = (&'static str, &'static str);

/// EventID and EventTypeCode (PS3.15 A.5.3, PS3.16 CID 400 and 401).
fn event_codes(kind: &str) -> (Code, Option<Code>) {
    const ACCESSED: Code = ("110103", "DICOM Instances Accessed");
    const PROCEDURE: Code = ("110111", "Procedure Record");
    const SECURITY: Code = ("110113", "Security Alert");
    const AUTHENTICATION: Code = ("110114", "User Authentication");
    const LOG_USED: Code = ("110101", "Audit Log Used");
    const ATTRIBUTES: Code = ("110137", "User Security Attributes Changed");
    use AuditKind as K;
    match AuditKind::parse(kind) {
        Some(K::Login | K::LoginRefused) => (AUTHENTICATION, Some(("110122", "Login"))),
        Some(K::Logout) => (AUTHENTICATION, Some(("110123", "Logout"))),
        Some(K::PermissionRefused) | None => (SECURITY, Some(("110132", "Use of Restricted Function"))),
        Some(K::UserCreated | K::UserUpdated | K::UserDeleted | K::WorkerTokenCreated | K::WorkerTokenRevoked) => {
            (SECURITY, Some(ATTRIBUTES))
        }
        Some(K::AuditRead | K::AuditExported) => (LOG_USED, None),
        Some(K::StudyListed | K::StudyRead | K::StudyCreated | K::StudyUpdated | K::PictureRead | K::FileRead) => {
            (ACCESSED, None)
        }
        Some(
            K::StudyAssigned
            | K::StudyReleased
            | K::StudyReviewed
            | K::StudyProcessed
            | K::ReportRead
            | K::ReportCreated
            | K::ReportUpdated
            | K::ReportVerified
            | K::InvoiceRead
            | K::InvoiceCreated
            | K::InvoiceUpdated,
        ) => (PROCEDURE, None),
    }
}

/// Security messages have the action E (PS3.15 A.5.3.11), whatever was done to the account.
fn action(event: &Model, id: Code) -> &str {
    if id.0 == "110113" { "E" } else { &event.action }
}

/// Who it was, in one word.
fn participant(event: &Model) -> String {
    match (&event.username, event.user_id) {
        (Some(name), _) => name.clone(),
        (None, Some(id)) => format!("user {id}"),
        (None, None) if event.role.as_deref() == Some("system") => "system".into(),
        (None, None) if event.face == Face::Media.as_str() => "holder of a signed address".into(),
        (None, None) => "unknown".into(),
    }
}
