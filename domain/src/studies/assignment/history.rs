//! Every assignment of a study is kept: who gave it when to whom, by which way, and what an automatic one was chosen by.

use super::automatic::Considered;
use crate::App;
use crate::context::Context;
use crate::db::Transaction;
use crate::db::sql::execute;
use crate::error::Result;
use crate::page::{Lists, Page, PageRequest};
use crate::policy::{Action, Reach, require};
use chrono::Utc;
use entity::assignment::{ActiveModel, Column, Entity, Model};
use entity::study;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoSimpleExpr, Iterable, Order, QueryFilter,
    QuerySelect,
};
use std::collections::HashMap;

/// How a study got its radiologist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AssignmentMethod {
    /// Somebody else gave it.
    Manual,
    /// The radiologist took it.
    Claim,
    /// The server gave it.
    Automatic,
}

impl AssignmentMethod {
    pub const ALL: [AssignmentMethod; 3] = [Self::Manual, Self::Claim, Self::Automatic];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Claim => "claim",
            Self::Automatic => "automatic",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

/// Keeps that the study, as it was before, goes to a radiologist.
pub(super) async fn keep(
    tx: &Transaction,
    ctx: &Context,
    before: &study::Model,
    radiologist_id: i64,
    method: AssignmentMethod,
    considered: Option<&[Considered]>,
) -> Result<()> {
    let row = ActiveModel {
        study_id: Set(before.id),
        radiologist_id: Set(radiologist_id),
        previous_id: Set(before.assigned_radiologist_id),
        assigned_by_id: Set(ctx.user_id()),
        method: Set(method.as_str().into()),
        considered: Set(considered.map(serde_json::to_value).transpose().map_err(crate::Error::internal)?),
        created_at: Set(Utc::now()),
        ..Default::default()
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// The present radiologist gives the study back.
pub(super) async fn release(tx: &Transaction, study: &study::Model) -> Result<()> {
    let sql =
        "UPDATE assignment SET released_at = $1 WHERE study_id = $2 AND radiologist_id = $3 AND released_at IS NULL";
    let values = vec![Utc::now().into(), study.id.into(), study.assigned_radiologist_id.into()];
    execute(tx, sql, values).await?;
    Ok(())
}

/// Who gave the study back once: the server does not give it to them again.
pub(super) async fn released_by(c: &impl ConnectionTrait, study_id: i64) -> Result<Vec<i64>> {
    let rows = Entity::find().filter(Column::StudyId.eq(study_id)).filter(Column::ReleasedAt.is_not_null());
    Ok(rows.select_only().column(Column::RadiologistId).distinct().into_tuple().all(c).await?)
}

/// For a DataLoader: a page of the assignments of each of the studies, which the caller has been given already, the latest first.
pub async fn assignments_by_study(
    app: &App,
    study_ids: &[i64],
    request: &PageRequest<i64>,
) -> Result<HashMap<i64, Page<Model>>> {
    let lists = Lists {
        rows: Entity::find().filter(Column::StudyId.is_in(study_ids.iter().copied())),
        id: Column::Id,
        parent: Column::StudyId,
        keys: vec![Column::Id.into_simple_expr()],
        order: Order::Desc,
    };
    lists.pages(app.db.reader(), Column::iter(), request, |row: &Model| row.study_id).await
}

/// For a DataLoader: how many assignments each of the studies has.
pub async fn assignment_counts_by_study(app: &App, study_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let query = Entity::find()
        .filter(Column::StudyId.is_in(study_ids.iter().copied()))
        .select_only()
        .column(Column::StudyId)
        .column_as(Column::Id.count(), "assignments")
        .group_by(Column::StudyId);
    Ok(query.into_tuple::<(i64, i64)>().all(app.db.reader()).await?.into_iter().collect())
}

/// The radiologists that an automatic assignment looked at; none for callers who may not see everybody's load, because it is made of the
/// studies of all centres.
pub fn assignment_considered(ctx: &Context, assignment: &Model) -> Result<Option<Vec<Considered>>> {
    let sees_loads = matches!(require(ctx, Action::RadiologistLoad), Ok(Reach::All));
    match assignment.considered.clone().filter(|_| sees_loads) {
        None => Ok(None),
        Some(considered) => Ok(Some(
            serde_json::from_value(considered).map_err(crate::Error::internal)?,
        )),
    }
}

/// Why the server chose this radiologist, in a sentence that tells nothing of others; none for what people decided.
pub fn assignment_reason(assignment: &Model) -> Result<Option<String>> {
    let Some(considered) = assignment.considered.clone() else {
        return Ok(None);
    };
    let considered: Vec<Considered> = serde_json::from_value(considered).map_err(crate::Error::internal)?;
    let able = considered.iter().filter(|one| one.left_out.is_none()).count();
    Ok(Some(match considered.iter().any(|one| one.for_emergency) {
        true => format!("Could begin soonest of the {able} who could take this emergency"),
        false => format!("Had the least to read of the {able} who could take it"),
    }))
}
