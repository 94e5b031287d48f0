//! Looking at the trail: administrators at all of it, centres at what was done with their own studies.

use super::kinds::{AuditKind, AuditOutcome};
use super::rows::named;
use crate::App;
use crate::context::{Context, Role};
use crate::db::sql::{numbers, query};
use crate::error::Result;
use crate::page::{Key, Page, PageRequest, keyset};
use crate::policy::{Action, Reach, require};
use crate::studies;
use chrono::{DateTime, Utc};
use entity::audit_event::{Column, Entity, Model};
use entity::audit_study;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, IntoSimpleExpr, JoinType, Order, PaginatorTrait, QueryFilter,
    QuerySelect, RelationTrait, Select, Value,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Which events; empty fields match everything.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// About this study, by any of its ids.
    pub study: Option<String>,
    pub user_id: Option<i64>,
    pub since: Option<DateTime<Utc>>,
    /// Not included.
    pub until: Option<DateTime<Utc>>,
    pub kind: Option<AuditKind>,
    pub outcome: Option<AuditOutcome>,
}

/// The newest first.
pub async fn audit_list(
    app: &App,
    ctx: &Context,
    filter: &AuditFilter,
    page: PageRequest<Uuid>,
) -> Result<Page<Model>> {
    let reach = require(ctx, Action::AuditRead)?;
    let (events, place) = matching(app, ctx, reach, filter).await?;
    let rows = keyset(events, [place], Order::Desc, &page).all(app.db.reader()).await?;
    ctx.did(AuditKind::AuditRead);
    Ok(Page::new(rows, &page).map(|row| shown(reach, row)))
}

pub async fn audit_count(app: &App, ctx: &Context, filter: &AuditFilter) -> Result<u64> {
    let reach = require(ctx, Action::AuditRead)?;
    let (events, _) = matching(app, ctx, reach, filter).await?;
    Ok(events.count(app.db.reader()).await?)
}

/// The events that a filter finds, and what they are ordered by: where they are about one study, its index, so that a page of a few is read
/// and not all of them.
async fn matching(app: &App, ctx: &Context, reach: Reach, filter: &AuditFilter) -> Result<(Select<Entity>, Expr)> {
    let mut events = visible(reach);
    let mut place = Column::Id.into_simple_expr();
    if let Some(key) = &filter.study {
        // Not noted: what is given out is the trail.
        let study = studies::acted_on(app, ctx, Action::StudyRead, key).await?;
        events = events
            .join(JoinType::InnerJoin, entity::audit_event::Relation::AuditStudy.def())
            .filter(audit_study::Column::StudyUuid.eq(study.uuid));
        place = audit_study::Column::EventId.into_simple_expr();
    }
    if let Some(id) = filter.user_id {
        events = events.filter(Column::UserId.eq(id));
        if let Reach::Centre(own) | Reach::Own(own) = reach {
            // Whose name is not shown is not found by it either.
            events = events.filter(known_to(own));
        }
    }
    if let Some(kind) = filter.kind {
        events = events.filter(Column::Kind.eq(kind.as_str()));
    }
    events = match filter.outcome {
        // As the partial index has it.
        Some(AuditOutcome::MinorFailure) => events.filter(Expr::cust("outcome <> 0")),
        Some(AuditOutcome::Success) => events.filter(Column::Outcome.eq(0)),
        None => events,
    };
    Ok((between(events, &place, filter.since, filter.until), place))
}

/// Ids begin with the time in milliseconds, so that they are the index of time.
pub(super) fn between(
    mut events: Select<Entity>,
    place: &Expr,
    since: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
) -> Select<Entity> {
    if let Some(since) = since {
        events = events.filter(Column::At.gte(since)).filter(place.clone().gte(first_of(since.timestamp_millis())));
    }
    if let Some(until) = until {
        events = events.filter(Column::At.lt(until)).filter(place.clone().lt(first_of(until.timestamp_millis() + 1)));
    }
    events
}

/// No id that was made in this millisecond or later is less (RFC 9562, section 5.7).
fn first_of(millisecond: i64) -> Uuid {
    let time = u128::try_from(millisecond.clamp(0, (1 << 48) - 1)).unwrap_or(0);
    Uuid::from_u128(time << 80)
}

fn visible(reach: Reach) -> Select<Entity> {
    match reach {
        Reach::All => Entity::find(),
        Reach::Centre(own) | Reach::Own(own) => Entity::find().filter(Column::CentreId.eq(own)),
    }
}

/// Whom a centre knows by name: its own people, and radiologists.
fn known_to(centre: i64) -> Condition {
    Condition::any()
        .add(Column::UserCentreId.eq(centre))
        .add(Column::Role.eq(Role::Radiologist.as_str()))
}

/// A row as the caller may see it: a centre sees the role of everybody, and who it was of those it knows.
fn shown(reach: Reach, mut row: Model) -> Model {
    let Reach::Centre(own) = reach else { return row };
    let is_own = row.user_centre_id == Some(own);
    if !is_own {
        row.remote = None;
        row.user_centre_id = None;
    }
    if !is_own && row.role.as_deref() != Some(Role::Radiologist.as_str()) {
        row.user_id = None;
        row.username = None;
    }
    row
}

/// For a DataLoader: those of the events that the caller may see.
pub async fn audits_by_id(app: &App, ctx: &Context, ids: &[Uuid]) -> Result<Vec<Model>> {
    let reach = require(ctx, Action::AuditRead)?;
    let rows = visible(reach).filter(Column::Id.is_in(ids.iter().copied())).all(app.db.reader()).await?;
    ctx.did(AuditKind::AuditRead);
    Ok(rows.into_iter().map(|row| shown(reach, row)).collect())
}

/// For a DataLoader: a page of the events about each of the studies, which the caller has been given already, the newest first.
pub async fn accesses_by_study(
    app: &App,
    ctx: &Context,
    study_ids: &[i64],
    request: &PageRequest<Uuid>,
) -> Result<HashMap<i64, Page<Model>>> {
    let reach = require(ctx, Action::AuditRead)?;
    let mut values: Vec<Value> = study_ids.iter().map(|id| (*id).into()).collect();
    let studies = numbers(1, values.len());
    let (order, beyond) = match request.backward {
        false => ("DESC", "<"),
        true => ("ASC", ">"),
    };
    let mut from = String::new();
    if let Some(key) = &request.from {
        values.extend(key.values());
        from = format!("AND a.event_id {beyond} ${}", values.len());
    }
    let sql = format!(
        "SELECT audit_event.*, places.study_id FROM (
           SELECT s.id AS study_id, a.event_id, row_number() OVER (PARTITION BY s.id ORDER BY a.event_id {order}) AS place
           FROM study s JOIN audit_study a ON a.study_uuid = s.uuid WHERE s.id IN ({studies}) {from}) AS places
         JOIN audit_event ON audit_event.id = places.event_id WHERE places.place <= {}
         ORDER BY places.study_id, audit_event.id {order}",
        request.limit + 1
    );
    let mut lists: HashMap<i64, Vec<Model>> = HashMap::new();
    for row in query(app.db.reader(), &sql, values).await? {
        let event = shown(reach, Model::from_query_result(&row, "")?);
        lists.entry(row.try_get("", "study_id")?).or_default().push(event);
    }
    ctx.did(AuditKind::AuditRead);
    Ok(lists.into_iter().map(|(study, rows)| (study, Page::new(rows, request))).collect())
}

/// For a DataLoader: how many events are about each of the studies.
pub async fn access_counts_by_study(app: &App, ctx: &Context, study_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    require(ctx, Action::AuditRead)?;
    let values: Vec<Value> = study_ids.iter().map(|id| (*id).into()).collect();
    let sql = format!(
        "SELECT s.id, count(*) FROM study s JOIN audit_study a ON a.study_uuid = s.uuid WHERE s.id IN ({}) GROUP BY s.id",
        numbers(1, values.len())
    );
    let rows = query(app.db.reader(), &sql, values).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// The studies that an event names.
pub fn studies_of(event: &Model) -> Vec<Uuid> {
    named(event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::{NoContext, Timestamp};

    #[test]
    fn ids_are_bounded_by_their_time() {
        let id = Uuid::new_v7(Timestamp::from_unix(NoContext, 1_700_000_000, 123_000_000));
        assert!(first_of(1_700_000_000_123) <= id);
        assert!(id < first_of(1_700_000_000_124));
    }
}
