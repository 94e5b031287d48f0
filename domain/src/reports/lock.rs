//! The lock of a report: a lease that one radiologist holds while editing, so that two do not write over each other.
//!
//! It ends by itself, by the database's clock: a browser that was closed locks nobody out for long. The version of the text remains
//! what decides whether a change fits; the lock only tells earlier.

use super::{Changed, held, read, tell, verified};
use crate::App;
use crate::context::{Context, Role};
use crate::db::{Transaction, sql};
use crate::error::{FieldError, Result};
use crate::events::EventKind;
use crate::policy::{Action, require};
use entity::report::Model;
use entity::report_lock::{self, Entity};
use entity::user;
use sea_orm::{ConnectionTrait, EntityTrait, Value};
use uuid::Uuid;

/// Seconds that a lock lasts, unless it is acquired again.
pub const LOCK_SECONDS: i64 = 300;

/// Takes the lock of an unverified report, or renews it. Of several who take it at the same time one gets it; the others are told who.
pub async fn report_lock_acquire(app: &App, ctx: &Context, uuid: Uuid) -> Result<Changed> {
    require(ctx, Action::ReportWrite)?;
    let own = ctx.user()?.id;
    let found = read::by_uuid(app, uuid).await?;
    let tx = app.db.begin().await?;
    let (study, report) = held(&tx, ctx, Action::ReportWrite, &found).await?;
    if report.is_verified {
        return Ok(Changed::Refused(report, verified()));
    }
    let before = holding(&tx, report.id).await?;
    if let Some(told) = locked(&tx, ctx, before.as_ref()).await? {
        return Ok(Changed::Refused(report, told));
    }
    sql::execute(
        &tx,
        "INSERT INTO report_lock (report_id, holder_id, acquired_at, expires_at) VALUES ($1, $2, {now}, {now+$3})
         ON CONFLICT (report_id) DO UPDATE SET holder_id = excluded.holder_id, expires_at = excluded.expires_at,
           acquired_at = CASE WHEN report_lock.holder_id = excluded.holder_id AND report_lock.expires_at > {now}
             THEN report_lock.acquired_at ELSE excluded.acquired_at END",
        vec![report.id.into(), own.into(), LOCK_SECONDS.into()],
    )
    .await?;
    if before.is_none() {
        tell(&tx, ctx, &study, EventKind::ReportLocked, report.uuid).await?;
    }
    tx.commit().await?;
    Ok(Changed::Done(report))
}

/// Gives the lock back; administrators may also break another one's. Without a lock nothing changes.
pub async fn report_lock_release(app: &App, ctx: &Context, uuid: Uuid) -> Result<Changed> {
    require(ctx, Action::ReportWrite)?;
    let breaks = ctx.user()?.role == Some(Role::Admin);
    let found = read::by_uuid(app, uuid).await?;
    let tx = app.db.begin().await?;
    let (study, report) = held(&tx, ctx, Action::ReportWrite, &found).await?;
    let Some(lock) = holding(&tx, report.id).await? else {
        return Ok(Changed::Done(report));
    };
    if !breaks && let Some(told) = locked(&tx, ctx, Some(&lock)).await? {
        return Ok(Changed::Refused(report, told));
    }
    release(&tx, &report).await?;
    tell(&tx, ctx, &study, EventKind::ReportUnlocked, report.uuid).await?;
    tx.commit().await?;
    Ok(Changed::Done(report))
}

/// For a DataLoader: the locks of the reports, which the caller has been given already, that are not over.
pub async fn locks_by_report(app: &App, report_ids: &[i64]) -> Result<Vec<report_lock::Model>> {
    current(app.db.reader(), report_ids).await
}

/// What to tell who finds the report, which is held, locked by another one.
pub(super) async fn locked_by_another(tx: &Transaction, ctx: &Context, report: &Model) -> Result<Option<FieldError>> {
    let lock = holding(tx, report.id).await?;
    locked(tx, ctx, lock.as_ref()).await
}

pub(super) async fn release(tx: &Transaction, report: &Model) -> Result<()> {
    Entity::delete_by_id(report.id).exec(tx).await?;
    Ok(())
}

async fn holding(tx: &Transaction, report_id: i64) -> Result<Option<report_lock::Model>> {
    Ok(current(tx, &[report_id]).await?.pop())
}

async fn current(c: &impl ConnectionTrait, report_ids: &[i64]) -> Result<Vec<report_lock::Model>> {
    let template = format!(
        "SELECT * FROM report_lock WHERE report_id IN ({}) AND expires_at > {{now}}",
        sql::numbers(1, report_ids.len())
    );
    let ids: Vec<Value> = report_ids.iter().map(|id| (*id).into()).collect();
    let statement = sql::statement(c.get_database_backend(), &template, ids);
    Ok(Entity::find().from_raw_sql(statement).all(c).await?)
}

async fn locked(tx: &Transaction, ctx: &Context, lock: Option<&report_lock::Model>) -> Result<Option<FieldError>> {
    let Some(lock) = lock.filter(|lock| ctx.user_id() != Some(lock.holder_id)) else {
        return Ok(None);
    };
    let holder = user::Entity::find_by_id(lock.holder_id).one(tx).await?;
    let holder = holder.map_or("Somebody".into(), |holder| holder.full_name);
    Ok(Some(FieldError {
        field: "id",
        code: "REPORT_LOCKED",
        message: format!(
            "{holder} is editing the report, until {} at the latest unless the lock is renewed",
            lock.expires_at.format("%H:%M UTC")
        ),
    }))
}
