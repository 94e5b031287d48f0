//! Texts for one study: templates and macros with what is known of patient, study and radiologist.

use super::expand::{DEPTH, Expanded, Values, Warning, expand, macros_named};
use super::write::{MAX_TEXT, medical_text};
use super::{NewReport, macros, report_create, templates};
use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::input::Checks;
use crate::policy::Action;
use crate::studies;
use chrono::Utc;
use entity::{centre, report, study, user};
use imaging::person_name::PersonName;
use sea_orm::EntityTrait;
use std::collections::HashMap;

/// A text with its placeholders and macros filled in for the study with this uuid or 8-character id.
pub async fn report_text_expand(app: &App, ctx: &Context, study: &str, text: &str) -> Result<Expanded> {
    let study = studies::acted_on(app, ctx, Action::ReportWrite, study).await?;
    Checks::default().add(medical_text("text", text)).done()?;
    ctx.saw(AuditKind::StudyRead, [study.id]);
    let values = values(app, ctx, &study, &[text]).await?;
    filled("text", text, &values)
}

/// As `report_create`, with texts of a template where `new` has none.
pub async fn report_create_from(
    app: &App,
    ctx: &Context,
    study: &str,
    template_id: i64,
    mut new: NewReport,
) -> Result<(report::Model, Vec<Warning>)> {
    let found = studies::acted_on(app, ctx, Action::ReportWrite, study).await?;
    let template = templates::usable(app, ctx, template_id, found.centre_id).await?;
    let values = values(app, ctx, &found, &[&template.findings, &template.impression]).await?;
    let mut warnings = Vec::new();
    for (field, text, of_template) in [
        ("findings", &mut new.findings, &template.findings),
        ("impression", &mut new.impression, &template.impression),
    ] {
        if text.is_empty() {
            let expanded = filled(field, of_template, &values)?;
            *text = expanded.text;
            warnings.extend(expanded.warnings);
        }
    }
    new.report_type = new.report_type.or(template.report_type);
    Ok((report_create(app, ctx, study, new).await?, warnings))
}

fn filled(field: &'static str, text: &str, values: &Values) -> Result<Expanded> {
    expand(text, values, MAX_TEXT).ok_or_else(|| {
        let message = format!("{field} would have more than {MAX_TEXT} bytes with its macros and values");
        Error::invalid(field, "TEXT_TOO_LONG", message)
    })
}

async fn values(app: &App, ctx: &Context, study: &study::Model, texts: &[&str]) -> Result<Values> {
    let c = app.db.reader();
    let centre = centre::Entity::find_by_id(study.centre_id).one(c).await?;
    let writer = match ctx.user_id() {
        Some(id) => user::Entity::find_by_id(id).one(c).await?,
        None => None,
    };
    Ok(Values {
        values: known(study, centre, writer),
        macros: macros_for(app, ctx, texts).await?,
    })
}

/// What can be named. `study.date` is the day of the examination, `today` the day in UTC.
fn known(
    study: &study::Model,
    centre: Option<centre::Model>,
    writer: Option<user::Model>,
) -> HashMap<&'static str, Option<String>> {
    let name = |name: &str| PersonName::parse(name).display();
    let day = |text: &String| studies::dicom_day(text).map(|day| day.to_string());
    HashMap::from([
        ("patient.name", Some(name(&study.patient_name))),
        ("patient.id", study.patient_id.clone()),
        ("patient.age", study.patient_age.map(|age| age.to_string())),
        ("patient.sex", study.patient_gender.clone()),
        ("patient.birthdate", study.patient_birth_date.as_ref().and_then(day)),
        ("study.id", Some(study.study_code.clone())),
        ("study.date", Some(study.examined_on.clone())),
        ("study.modality", Some(study.modality.to_uppercase())),
        ("study.description", study.study_description.clone()),
        ("study.accession", study.accession_number.clone()),
        ("referrer.name", study.referring_physician_name.as_deref().map(name)),
        ("centre.name", centre.map(|centre| centre.name)),
        ("radiologist.name", writer.map(|writer| writer.full_name)),
        ("today", Some(Utc::now().date_naive().to_string())),
    ])
}

/// The macros that texts ask for, those of macros included; one statement for each level.
async fn macros_for(app: &App, ctx: &Context, texts: &[&str]) -> Result<HashMap<String, String>> {
    let mut known: HashMap<String, String> = HashMap::new();
    let mut asked: Vec<String> = texts.iter().flat_map(|text| macros_named(text)).map(str::to_owned).collect();
    for _ in 0..DEPTH {
        asked.sort_unstable();
        asked.dedup();
        asked.retain(|name| !known.contains_key(name));
        if asked.is_empty() {
            break;
        }
        let found = macros::named(app, ctx, &asked).await?;
        asked = found.values().flat_map(|text| macros_named(text)).map(str::to_owned).collect();
        known.extend(found);
    }
    Ok(known)
}
