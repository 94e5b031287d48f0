//! Reports: what is said of a study, from the first text to the verified one (contract S2-45..54).
//!
//! Invariants: a verified report never changes again. No text vanishes: each one stands in `report_version`, whose rows are only ever
//! added. Whoever writes holds the study's row first (`studies::hold`), so that two who write at the same time follow each other.

mod addenda;
mod changes;
mod document;
mod expand;
mod fill;
mod key_images;
mod lock;
mod macros;
mod read;
mod signature;
mod software;
mod templates;
mod verify;
mod write;

pub use addenda::{addenda_by_report, addendum_counts_by_report, report_addendum_create};
pub use changes::{Change, ChangeKind, VersionChanges, version_changes};
pub use document::{Sheet, SheetPicture, document_find, document_url, documents_by_report, sheet_made, sheet_read};
pub use expand::{Expanded, Warning};
pub use fill::{report_create_from, report_text_expand};
pub use key_images::{
    NewKeyImage, key_image_counts_by_report, key_images_by_report, report_key_image_add, report_key_image_remove,
};
pub use lock::{LOCK_SECONDS, locks_by_report, report_lock_acquire, report_lock_release};
pub use macros::{
    MacroChange, NewMacro, macros_by_id, report_macro_count, report_macro_create, report_macro_delete,
    report_macro_list, report_macro_update,
};

pub use read::{
    ReportFilter, ReportKey, report_count, report_counts_by_study, report_find, report_get, report_list, report_slice,
    reports_by_id, reports_by_study, reports_by_uuid, versions_by_number, versions_by_report,
};
pub use signature::{StudyContent, contents_by_study};
pub(crate) use software::report_by_software;
pub use templates::{
    NewTemplate, TemplateChange, TemplateFor, TemplateKey, report_template_count, report_template_create,
    report_template_delete, report_template_list, report_template_update, templates_by_id,
};
pub use verify::report_verify;
pub use write::{NewReport, ReportUpdate, report_create, report_update};

use crate::audit::AuditKind;
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, FieldError, Result};
use crate::events::EventKind;
use crate::policy::{Action, require_in};
use crate::studies;
use entity::report::{self, Model};
use entity::{study, user};
use sea_orm::EntityTrait;
use uuid::Uuid;

/// What became of a change of a report.
#[derive(Debug)]
pub enum Changed {
    Done(Model),
    /// The report as it is now, and why it stays so: somebody else changed it meanwhile (`VERSION_CONFLICT`) or is editing it
    /// (`REPORT_LOCKED`), or it is verified (`REPORT_VERIFIED`).
    Refused(Model, FieldError),
}

/// A report and its study, held until the transaction ends, for whoever may do this to it.
async fn held(tx: &Transaction, ctx: &Context, action: Action, found: &Model) -> Result<(study::Model, Model)> {
    require_in(ctx, action, Some(found.centre_id), "Report")?;
    let study = studies::hold(tx, found.study_id).await?;
    let report = report::Entity::find_by_id(found.id).one(tx).await?.ok_or(Error::NotFound("Report"))?;
    // Whether it is changed or not, it is answered as it is.
    ctx.saw(AuditKind::ReportRead, [study.id]);
    Ok((study, report))
}

fn verified() -> FieldError {
    FieldError {
        field: "id",
        code: "REPORT_VERIFIED",
        message: "Report is verified; add an addendum".into(),
    }
}

/// What to tell who worked with another version than the present one; `None` when it is the present one.
async fn stale(tx: &Transaction, report: &Model, version: Option<i32>) -> Result<Option<FieldError>> {
    if version.is_none_or(|version| version == report.version) {
        return Ok(None);
    }
    let author = match report.updated_by_id {
        Some(id) => user::Entity::find_by_id(id).one(tx).await?,
        None => None,
    };
    let author = author.map_or("The server".into(), |author| author.full_name);
    Ok(Some(FieldError {
        field: "version",
        code: "VERSION_CONFLICT",
        message: format!(
            "{author} changed the report at {}; it is version {} now",
            report.updated_at.format("%Y-%m-%d %H:%M UTC"),
            report.version
        ),
    }))
}

async fn tell(tx: &Transaction, ctx: &Context, study: &study::Model, kind: EventKind, report: Uuid) -> Result<()> {
    studies::tell(tx, ctx, study, kind, serde_json::json!({ "report": report })).await
}
