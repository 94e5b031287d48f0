//! Worker tokens: what lets a worker outside the server (a GPU box, a partner) claim jobs of some kinds, of one centre or of all.
//!
//! Invariant: only the hash of a token is kept; the token itself is told once, when it is made. It has 256 bits from the random
//! generator, so that a plain SHA-256 is enough and no one can guess one.

use crate::App;
use crate::audit::{About, AuditKind};
use crate::centres;
use crate::context::{ActingWorker, Context};
use crate::error::{Error, FieldError, Result, unique_or};
use crate::input::{self, Checks};
use crate::jobs::{JobKind, external};
use crate::page::{Page, PageRequest, keyset};
use crate::policy::{Action, require};
use crate::setup::random_text;
use chrono::{DateTime, TimeDelta, Utc};
use entity::worker_token::{self, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, Order, PaginatorTrait,
    QueryFilter,
};
use sha2::{Digest, Sha256};

/// Tells a worker token from a user's.
const PREFIX: &str = "gwt_";
const RANDOM_CHARACTERS: usize = 43;
const USED_EVERY: TimeDelta = TimeDelta::minutes(1);

pub struct NewWorkerToken {
    pub name: String,
    /// What it may claim.
    pub kinds: Vec<JobKind>,
    /// Only jobs of this centre; none: of all.
    pub centre_id: Option<i64>,
    /// None: good until it is revoked.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Makes a token; the text is told only now.
pub async fn worker_token_create(app: &App, ctx: &Context, new: NewWorkerToken) -> Result<(Model, String)> {
    require(ctx, Action::WorkerWrite)?;
    let now = Utc::now();
    Checks::default()
        .add(name(&new.name))
        .add(kinds(&new.kinds))
        .add(new.expires_at.filter(|at| *at <= now).map(|_| FieldError {
            field: "expiresAt",
            code: "INVALID_EXPIRY",
            message: "expiresAt must be in the future; leave it out for a token without end".into(),
        }))
        .done()?;
    if let Some(id) = new.centre_id {
        centres::find(app.db.reader(), id).await?;
    }
    let token = format!("{PREFIX}{}", random_text(RANDOM_CHARACTERS));
    let words: Vec<&str> = new.kinds.iter().map(|kind| kind.as_str()).collect();
    let row = worker_token::ActiveModel {
        name: Set(new.name.trim().to_owned()),
        sha256: Set(hash(&token)),
        kinds: Set(serde_json::json!(words)),
        centre_id: Set(new.centre_id),
        created_by_id: Set(ctx.user_id()),
        created_at: Set(now),
        expires_at: Set(new.expires_at),
        ..Default::default()
    };
    let tx = app.db.begin().await?;
    let row = row.insert(&tx).await.map_err(|error| {
        unique_or(error, |_| {
            Error::conflict(
                "name",
                "NAME_TAKEN",
                "Another token has this name; revoke it first, or choose another name",
            )
        })
    })?;
    app.audit
        .record(
            &tx,
            ctx,
            AuditKind::WorkerTokenCreated,
            About::object("worker token", row.id),
        )
        .await?;
    tx.commit().await?;
    Ok((row, token))
}

/// The slash divides the token's name from the worker's in the rows of jobs.
fn name(name: &str) -> Option<FieldError> {
    let slash = name.contains('/').then(|| FieldError {
        field: "name",
        code: "INVALID_TEXT",
        message: "name has no /".into(),
    });
    input::line("name", name, 100).or(slash)
}

fn kinds(kinds: &[JobKind]) -> Option<FieldError> {
    let possible = external::kinds();
    let fits = !kinds.is_empty() && kinds.iter().all(|kind| possible.contains(kind));
    (!fits).then(|| {
        let words: Vec<&str> = possible.iter().map(|kind| kind.as_str()).collect();
        FieldError {
            field: "kinds",
            code: "INVALID_KIND",
            message: format!(
                "kinds are one or more of those that workers outside can do: {}",
                words.join(", ")
            ),
        }
    })
}

/// In the order in which they were made, those that are no longer good included.
pub async fn worker_token_list(app: &App, ctx: &Context, page: PageRequest<i64>) -> Result<Page<Model>> {
    require(ctx, Action::WorkerRead)?;
    let rows = keyset(Entity::find(), [Column::Id], Order::Asc, &page).all(app.db.reader()).await?;
    Ok(Page::new(rows, &page))
}

pub async fn worker_token_count(app: &App, ctx: &Context) -> Result<u64> {
    require(ctx, Action::WorkerRead)?;
    Ok(Entity::find().count(app.db.reader()).await?)
}

/// For a DataLoader.
pub async fn worker_tokens_by_id(app: &App, ctx: &Context, ids: &[i64]) -> Result<Vec<Model>> {
    require(ctx, Action::WorkerRead)?;
    Ok(Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(app.db.reader()).await?)
}

pub async fn worker_token_get(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    require(ctx, Action::WorkerRead)?;
    Entity::find_by_id(id).one(app.db.reader()).await?.ok_or(Error::NotFound("Worker token"))
}

/// It opens nothing any more; what its workers hold returns to the queue when their leases end. Doing it twice changes nothing.
pub async fn worker_token_revoke(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    require(ctx, Action::WorkerWrite)?;
    let row = worker_token_get(app, ctx, id).await?;
    if row.revoked_at.is_some() {
        return Ok(row);
    }
    let mut row = row.into_active_model();
    row.revoked_at = Set(Some(Utc::now()));
    let tx = app.db.begin().await?;
    let row = row.update(&tx).await?;
    app.audit
        .record(
            &tx,
            ctx,
            AuditKind::WorkerTokenRevoked,
            About::object("worker token", id),
        )
        .await?;
    tx.commit().await?;
    Ok(row)
}

/// Whether a bearer token says of itself that it is one of these.
pub fn is_worker_token(token: &str) -> bool {
    token.starts_with(PREFIX)
}

/// Who a token belongs to and when it ends, asked of the database each time, so that revocation works at once.
pub async fn authenticate(app: &App, token: &str) -> Result<(ActingWorker, Option<DateTime<Utc>>)> {
    let now = Utc::now();
    let row = Entity::find()
        .filter(Column::Sha256.eq(hash(token)))
        .one(app.db.reader())
        .await?
        .filter(|row| row.revoked_at.is_none() && row.expires_at.is_none_or(|at| at > now))
        .ok_or(Error::Unauthenticated)?;
    if row.last_used_at.is_none_or(|at| at < now - USED_EVERY) {
        used(app, row.id, now).await?;
    }
    let worker = ActingWorker {
        kinds: kinds_of(&row),
        name: row.name,
        centre_id: row.centre_id,
    };
    Ok((worker, row.expires_at))
}

async fn used(app: &App, id: i64, now: DateTime<Utc>) -> Result<()> {
    let long_ago = Condition::any().add(Column::LastUsedAt.is_null()).add(Column::LastUsedAt.lt(now - USED_EVERY));
    Entity::update_many()
        .col_expr(Column::LastUsedAt, now.into())
        .filter(Column::Id.eq(id))
        .filter(long_ago)
        .exec(app.db.writer())
        .await?;
    Ok(())
}

/// The kinds that a token may claim.
pub fn kinds_of(token: &Model) -> Vec<JobKind> {
    let words = token.kinds.as_array().map_or(&[][..], Vec::as_slice);
    words.iter().filter_map(|word| JobKind::parse(word.as_str()?)).collect()
}

fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
