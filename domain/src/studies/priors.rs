//! Earlier studies of the same patient.
//!
//! The same patient is who has the same Patient ID of the same issuer in the same centre, and no other birth date: an id alone is
//! unique neither across centres nor, where ids are given again, within one.

use super::order::{StudyKey, StudyOrder, StudyOrderField};
use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::db::sql::{numbers, query};
use crate::error::Result;
use crate::page::{Key, Page, PageRequest};
use entity::study::Model;
use sea_orm::{FromQueryResult, Value};
use std::collections::HashMap;

/// The latest examination first.
pub fn prior_order() -> StudyOrder {
    StudyOrder {
        field: StudyOrderField::ExaminedOn,
        rising: false,
    }
}

const SAME_PATIENT: &str = "p.centre_id = s.centre_id AND p.patient_id = s.patient_id AND s.patient_id <> ''
  AND COALESCE(p.issuer_of_patient_id, '') = COALESCE(s.issuer_of_patient_id, '')
  AND COALESCE(p.patient_birth_date, s.patient_birth_date, '') = COALESCE(s.patient_birth_date, p.patient_birth_date, '')
  AND (p.examined_on, p.id) < (s.examined_on, s.id)";

/// For a DataLoader: a page of the priors of each of the studies, which the caller has been given already.
pub async fn priors_by_study(
    app: &App,
    ctx: &Context,
    study_ids: &[i64],
    request: &PageRequest<StudyKey>,
) -> Result<HashMap<i64, Page<Model>>> {
    let request = &prior_order().from(app, ctx, request).await?;
    let mut values: Vec<Value> = study_ids.iter().map(|id| (*id).into()).collect();
    let studies = numbers(1, values.len());
    let (order, beyond) = match request.backward {
        false => ("DESC", "<"),
        true => ("ASC", ">"),
    };
    let mut from = String::new();
    if let Some(key) = &request.from {
        let first = values.len() + 1;
        values.extend(key.values());
        from = format!("AND (p.examined_on, p.id) {beyond} ({})", numbers(first, 2));
    }
    let sql = format!(
        "SELECT study.*, places.of_study FROM (
           SELECT p.id AS prior_id, s.id AS of_study,
             row_number() OVER (PARTITION BY s.id ORDER BY p.examined_on {order}, p.id {order}) AS place
           FROM study s JOIN study p ON {SAME_PATIENT} WHERE s.id IN ({studies}) {from}) AS places
         JOIN study ON study.id = places.prior_id WHERE places.place <= {}
         ORDER BY places.of_study, study.examined_on {order}, study.id {order}",
        request.limit + 1
    );
    let mut priors: HashMap<i64, Vec<Model>> = HashMap::new();
    for row in query(app.db.reader(), &sql, values).await? {
        priors.entry(row.try_get("", "of_study")?).or_default().push(Model::from_query_result(&row, "")?);
    }
    let pages: HashMap<i64, Page<Model>> =
        priors.into_iter().map(|(study, rows)| (study, Page::new(rows, request))).collect();
    ctx.saw(
        AuditKind::StudyListed,
        pages.values().flat_map(|page| page.items.iter().map(|study| study.id)),
    );
    Ok(pages)
}

/// For a DataLoader: how many priors each of the studies has.
pub async fn prior_counts_by_study(app: &App, study_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let values: Vec<Value> = study_ids.iter().map(|id| (*id).into()).collect();
    let sql = format!(
        "SELECT s.id, count(*) FROM study s JOIN study p ON {SAME_PATIENT} WHERE s.id IN ({}) GROUP BY s.id",
        numbers(1, values.len())
    );
    let rows = query(app.db.reader(), &sql, values).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}
