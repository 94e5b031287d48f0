//! Templates: texts that reports begin with, for a modality and a body part. Radiologists keep some for themselves, administrators
//! for all or for one centre.

mod find;

pub use find::{TemplateFor, TemplateKey, report_template_count, report_template_list, templates_by_id};

use super::write::medical_text;
use crate::App;
use crate::centres;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::input::{self, Checks};
use crate::policy::{Action, Reach, refuse, require};
use crate::studies::Modality;
use chrono::Utc;
use entity::report_template::{self, Column, Entity, Model};
use find::visible;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

#[derive(Debug, Default)]
pub struct NewTemplate {
    pub name: String,
    /// None: for any.
    pub modality: Option<Modality>,
    /// Body Part Examined (0018,0015); none: any.
    pub body_part: Option<String>,
    pub report_type: Option<String>,
    pub findings: String,
    pub impression: String,
    /// Only for studies of this centre; administrators say so.
    pub centre_id: Option<i64>,
}

/// What is left out stays; an empty body part or report type is none.
#[derive(Debug, Default)]
pub struct TemplateChange {
    pub name: Option<String>,
    pub modality: Option<Modality>,
    pub body_part: Option<String>,
    pub report_type: Option<String>,
    pub findings: Option<String>,
    pub impression: Option<String>,
    pub is_active: Option<bool>,
}

/// Whose new templates and macros are: radiologists' their own, administrators' for all.
pub(super) fn owner(reach: Reach) -> Result<Option<i64>> {
    match reach {
        Reach::All => Ok(None),
        Reach::Own(own) => Ok(Some(own)),
        Reach::Centre(_) => Err(Error::Forbidden),
    }
}

/// As Body Part Examined is written (PS3.3 table C.7-5b): in upper case, without spaces around it.
fn body_part(text: String) -> Option<String> {
    Some(text.trim().to_uppercase()).filter(|text| !text.is_empty())
}

fn given(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

pub async fn report_template_create(app: &App, ctx: &Context, new: NewTemplate) -> Result<Model> {
    let owner_id = owner(require(ctx, Action::TemplateWrite)?)?;
    Checks::default()
        .add(input::line("name", &new.name, 100))
        .add(input::optional_line("bodyPart", new.body_part.as_deref(), 64))
        .add(input::optional_line("reportType", new.report_type.as_deref(), 100))
        .add(medical_text("findings", &new.findings))
        .add(medical_text("impression", &new.impression))
        .done()?;
    if let Some(centre_id) = new.centre_id {
        if owner_id.is_some() {
            return Err(refuse(ctx, Action::TemplateWrite));
        }
        centres::find(app.db.reader(), centre_id).await?;
    }
    let now = Utc::now();
    let row = report_template::ActiveModel {
        name: Set(new.name),
        modality: Set(new.modality.map(|modality| modality.as_str().into())),
        body_part: Set(new.body_part.and_then(body_part)),
        report_type: Set(new.report_type.and_then(given)),
        findings: Set(new.findings),
        impression: Set(new.impression),
        centre_id: Set(new.centre_id),
        owner_id: Set(owner_id),
        is_active: Set(true),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    Ok(row.insert(app.db.writer()).await?)
}

pub async fn report_template_update(app: &App, ctx: &Context, id: i64, change: TemplateChange) -> Result<Model> {
    let mut row = own(app, ctx, id).await?.into_active_model();
    Checks::default()
        .add(change.name.as_deref().and_then(|name| input::line("name", name, 100)))
        .add(input::optional_line("bodyPart", change.body_part.as_deref(), 64))
        .add(input::optional_line("reportType", change.report_type.as_deref(), 100))
        .add(change.findings.as_deref().and_then(|text| medical_text("findings", text)))
        .add(change.impression.as_deref().and_then(|text| medical_text("impression", text)))
        .done()?;
    if let Some(name) = change.name {
        row.name = Set(name);
    }
    if let Some(modality) = change.modality {
        row.modality = Set(Some(modality.as_str().into()));
    }
    if let Some(part) = change.body_part {
        row.body_part = Set(body_part(part));
    }
    if let Some(kind) = change.report_type {
        row.report_type = Set(given(kind));
    }
    if let Some(findings) = change.findings {
        row.findings = Set(findings);
    }
    if let Some(impression) = change.impression {
        row.impression = Set(impression);
    }
    if let Some(is_active) = change.is_active {
        row.is_active = Set(is_active);
    }
    row.updated_at = Set(Utc::now());
    Ok(row.update(app.db.writer()).await?)
}

/// Answers the template as it was. Reports that began with it keep their texts.
pub async fn report_template_delete(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    let row = own(app, ctx, id).await?;
    Entity::delete_by_id(row.id).exec(app.db.writer()).await?;
    Ok(row)
}

/// What the caller may change: radiologists their own, administrators the others.
async fn own(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    let owner_id = owner(require(ctx, Action::TemplateWrite)?)?;
    let found = visible(ctx)?.filter(Column::Id.eq(id)).one(app.db.reader()).await?;
    let row = found.ok_or(Error::NotFound("Template"))?;
    if row.owner_id == owner_id {
        Ok(row)
    } else {
        Err(refuse(ctx, Action::TemplateWrite))
    }
}

/// A template that a report of the centre may begin with.
pub(super) async fn usable(app: &App, ctx: &Context, id: i64, centre_id: i64) -> Result<Model> {
    let found = visible(ctx)?.filter(Column::Id.eq(id)).one(app.db.reader()).await?;
    let fits = |row: &Model| row.is_active && row.centre_id.is_none_or(|only| only == centre_id);
    found.filter(fits).ok_or(Error::NotFound("Template"))
}
