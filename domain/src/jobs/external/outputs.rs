//! The files that an attempt outside the server makes: announced by name, uploaded to a signed address, kept for the completion.
//!
//! Invariant: all outputs of an attempt are in one batch, which counts as alive until the lease ends; what is not completed goes
//! with the batch, when the attempt ends or when the sweeper finds it. A name that is uploaded again is a new object.

use super::attempt::{held, lease_lost};
use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::jobs::store::{self, Lease};
use crate::media::{self, SignedUrl};
use crate::policy::{Action, require};
use crate::storage::{self, Batch, StoredFile};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use entity::external_output::{ActiveModel, Column, Entity, Model};
use futures::{Stream, StreamExt};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

/// An output that was uploaded.
#[derive(Debug, Clone)]
pub struct Output {
    pub name: String,
    pub key: String,
    pub size_bytes: u64,
    pub sha256: String,
}

/// Where an output is to be put.
#[derive(Debug, Clone)]
pub struct Announced {
    pub url: SignedUrl,
    pub content_type: &'static str,
}

/// What was put.
#[derive(Debug, Clone)]
pub struct Received {
    pub name: String,
    pub size_bytes: u64,
    pub sha256: String,
}

/// Says that an output of that name is coming; `path` is the path and query that it is put to, which names job, lease and output.
pub async fn job_output_announce(
    app: &App,
    ctx: &Context,
    id: Uuid,
    token: i64,
    (name, content_type): (&str, &str),
    path: &str,
) -> Result<Announced> {
    let held = held(app, ctx, id, token).await?;
    let wanted = held.kind.content_type(app, &held.job, name).await?;
    if content_type != wanted {
        return Err(Error::invalid(
            "contentType",
            "WRONG_CONTENT_TYPE",
            format!("contentType of this output is {wanted}"),
        ));
    }
    let tx = app.db.begin().await?;
    // Outputs that are announced at the same time wait for each other here, and find one batch.
    let until = store::lock(&tx, &held.lease).await?.ok_or_else(lease_lost)?;
    let batch = match batch_of(&tx, &held.lease).await? {
        Some(batch) => batch,
        None => new_batch(&tx, until).await?,
    };
    let row = ActiveModel {
        job_id: Set(id),
        lease_token: Set(token),
        batch_id: Set(batch),
        name: Set(name.to_owned()),
        content_type: Set(wanted.to_owned()),
        created_at: Set(Utc::now()),
        ..Default::default()
    };
    let known = OnConflict::columns([Column::JobId, Column::LeaseToken, Column::Name]).do_nothing().to_owned();
    Entity::insert(row).on_conflict(known).exec_without_returning(&tx).await?;
    tx.commit().await?;
    Ok(Announced {
        url: media::sign(app, ctx, path),
        content_type: wanted,
    })
}

async fn new_batch(c: &impl ConnectionTrait, until: DateTime<Utc>) -> Result<Uuid> {
    let id = Uuid::new_v4();
    storage::announce(c, id, until).await?;
    Ok(id)
}

/// Streams an announced output into the store while hashing it. A signed address stands for `Context::system`.
pub async fn job_output_receive(
    app: &App,
    ctx: &Context,
    lease: &Lease,
    name: &str,
    body: impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
) -> Result<Received> {
    require(ctx, Action::JobWork)?;
    let row = of_attempt(lease).filter(Column::Name.eq(name)).one(app.db.reader()).await?.ok_or_else(lease_lost)?;
    store::elapsed(app.db.reader(), lease).await?.ok_or_else(lease_lost)?;
    let file = write(app, &row, body).await?;
    if !known(app, lease, &row, &file).await? {
        // The attempt ended meanwhile, and its batch with it: the sweeper is to look once more.
        storage::release(app.db.writer(), std::slice::from_ref(&file.key)).await?;
        return Err(lease_lost());
    }
    Ok(Received {
        name: row.name,
        size_bytes: file.size_bytes,
        sha256: file.sha256,
    })
}

async fn write(
    app: &App,
    row: &Model,
    mut body: impl Stream<Item = std::io::Result<Bytes>> + Send + Unpin,
) -> Result<StoredFile> {
    let (key, mut writer) = Batch::resume(&app.db, &app.storage, row.batch_id).writer();
    let most = app.config.max_file_bytes;
    let mut size = 0;
    while let Some(chunk) = body.next().await {
        let written = match chunk {
            Ok(chunk) => {
                size += chunk.len() as u64;
                if size > most {
                    Err(Error::TooLarge(format!("An output has at most {most} bytes")))
                } else {
                    writer.write(chunk).await
                }
            }
            Err(broken) => Err(broken.into()),
        };
        if let Err(error) = written {
            writer.abort().await?;
            return Err(error);
        }
    }
    Ok(Batch::finished(key, writer.finish().await?, ""))
}

/// From now on this object is the output of that name; false when the attempt has ended.
async fn known(app: &App, lease: &Lease, row: &Model, file: &StoredFile) -> Result<bool> {
    let tx = app.db.begin().await?;
    if store::lock(&tx, lease).await?.is_none() {
        return Ok(false);
    }
    let size = i64::try_from(file.size_bytes).unwrap_or(i64::MAX);
    let updated = Entity::update_many()
        .col_expr(Column::ObjectKey, file.key.clone().into())
        .col_expr(Column::SizeBytes, size.into())
        .col_expr(Column::Sha256, file.sha256.clone().into())
        .filter(Column::Id.eq(row.id))
        .exec(&tx)
        .await?;
    tx.commit().await?;
    Ok(updated.rows_affected == 1)
}

fn of_attempt(lease: &Lease) -> Select<Entity> {
    Entity::find().filter(Column::JobId.eq(lease.job_id)).filter(Column::LeaseToken.eq(lease.token))
}

/// What the attempt has uploaded.
pub(super) async fn uploaded(c: &impl ConnectionTrait, lease: &Lease) -> Result<Vec<Output>> {
    let rows = of_attempt(lease).all(c).await?;
    let output = |row: Model| {
        Some(Output {
            name: row.name,
            key: row.object_key?,
            size_bytes: u64::try_from(row.size_bytes?).ok()?,
            sha256: row.sha256?,
        })
    };
    Ok(rows.into_iter().filter_map(output).collect())
}

pub(super) async fn batch_of(c: &impl ConnectionTrait, lease: &Lease) -> Result<Option<Uuid>> {
    Ok(of_attempt(lease).select_only().column(Column::BatchId).limit(1).into_tuple().one(c).await?)
}

/// Keeps the sweeper away from the outputs while the lease lasts.
pub(super) async fn keep(app: &App, lease: &Lease, until: DateTime<Utc>) -> Result<()> {
    match batch_of(app.db.reader(), lease).await? {
        Some(batch) => storage::keep_alive(app.db.writer(), batch, until).await,
        None => Ok(()),
    }
}

/// After the end of the attempt: what nobody names goes, and the outputs' rows with it.
pub(super) async fn drop_batch(app: &App, batch: Option<Uuid>) {
    let Some(batch) = batch else { return };
    if let Err(error) = Batch::resume(&app.db, &app.storage, batch).close().await {
        tracing::warn!(%error, "outputs of an attempt outside wait for the sweeper");
    }
}
