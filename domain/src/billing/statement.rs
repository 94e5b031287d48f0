//! Statements: what a centre was billed in a month, made by a worker as PDF and as CSV.
//!
//! A statement of a month that is not over may be made again, and says so; once the month is over its amounts are final, because a
//! cancellation after that is a credit note of a later month.

use super::lines::statement_read;
use super::month::Month;
use super::paper::Paper;
use crate::App;
use crate::audit::AuditKind;
use crate::centres;
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, Result};
use crate::jobs::{self, BillingStatementV1, NewJob};
use crate::media::{self, SignedUrl};
use crate::page::{Page, PageRequest, keyset};
use crate::policy::{Action, Reach, require, require_in};
use crate::storage::{StoredFile, release};
use chrono::{DateTime, Utc};
use entity::statement::{self, Column, Entity, Model};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, Order, PaginatorTrait, QueryFilter,
    QuerySelect, Select,
};
use uuid::Uuid;

/// The two files of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementFormat {
    Pdf,
    Csv,
}

impl StatementFormat {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Csv => "csv",
        }
    }

    fn key(self, statement: &Model) -> Option<&String> {
        match self {
            Self::Pdf => statement.pdf_key.as_ref(),
            Self::Csv => statement.csv_key.as_ref(),
        }
    }
}

/// Asks for the statement of a month, and answers it with the job that makes it. Asking again while it is being made is the same job; a
/// statement that was made after its month is answered as it is, without a job.
pub async fn statement_create(app: &App, ctx: &Context, centre_id: i64, month: &str) -> Result<(Model, Option<Uuid>)> {
    require_in(ctx, Action::StatementCreate, Some(centre_id), "Centre")?;
    let month: Month = month.parse()?;
    let now = Utc::now();
    if month.start() > now {
        return Err(Error::invalid("month", "INVALID_MONTH", "The month has not begun"));
    }
    let centre = centres::find(app.db.reader(), centre_id).await?;
    let tx = app.db.begin().await?;
    let statement = held(&tx, ctx, centre.id, month, now).await?;
    if statement.made_at.is_some_and(|made| made >= month.end()) {
        return Ok((statement, None));
    }
    let mut row = statement.into_active_model();
    row.is_final = Set(now >= month.end());
    row.updated_at = Set(now);
    let statement = row.update(&tx).await?;
    let job = NewJob {
        centre_id: Some(centre.id),
        ..NewJob::new(BillingStatementV1 {
            statement_id: statement.id,
        })
    };
    let job = jobs::enqueue(&tx, job.by(ctx.user_id())).await?;
    tx.commit().await?;
    Ok((statement, Some(job)))
}

/// The statement's row, made if it is new, for this transaction alone.
async fn held(tx: &Transaction, ctx: &Context, centre_id: i64, month: Month, now: DateTime<Utc>) -> Result<Model> {
    let row = statement::ActiveModel {
        uuid: Set(Uuid::new_v4()),
        centre_id: Set(centre_id),
        month: Set(month.to_string()),
        is_final: Set(false),
        created_by_id: Set(ctx.user_id()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let once = OnConflict::columns([Column::CentreId, Column::Month]).do_nothing().to_owned();
    Entity::insert(row).on_conflict(once).exec_without_returning(tx).await?;
    let query = Entity::find().filter(Column::CentreId.eq(centre_id)).filter(Column::Month.eq(month.to_string()));
    query.lock_exclusive().one(tx).await?.ok_or(Error::NotFound("Statement"))
}

/// In the completing transaction of the job: the statement as of `made_at` is in these files from now on.
pub async fn statement_made(
    tx: &Transaction,
    statement_id: i64,
    pdf: &StoredFile,
    csv: &StoredFile,
    made_at: DateTime<Utc>,
) -> Result<()> {
    let before = Entity::find_by_id(statement_id).one(tx).await?.ok_or(Error::NotFound("Statement"))?;
    let old: Vec<String> = before.pdf_key.iter().chain(&before.csv_key).cloned().collect();
    release(tx, &old).await?;
    let mut row = before.into_active_model();
    row.pdf_key = Set(Some(pdf.key.clone()));
    row.csv_key = Set(Some(csv.key.clone()));
    row.made_at = Set(Some(made_at));
    row.update(tx).await?;
    Ok(())
}

/// The newest first, of one centre or of all that the caller may see.
pub async fn statement_list(
    app: &App,
    ctx: &Context,
    centre_id: Option<i64>,
    page: PageRequest<i64>,
) -> Result<Page<Model>> {
    let query = matching(require(ctx, Action::StatementRead)?, centre_id);
    let rows = keyset(query, [Column::Id], Order::Desc, &page).all(app.db.reader()).await?;
    Ok(Page::new(rows, &page))
}

pub async fn statement_count(app: &App, ctx: &Context, centre_id: Option<i64>) -> Result<u64> {
    let query = matching(require(ctx, Action::StatementRead)?, centre_id);
    Ok(query.count(app.db.reader()).await?)
}

/// For a DataLoader: those of the statements that the caller may see.
pub async fn statements_by_uuid(app: &App, ctx: &Context, uuids: &[Uuid]) -> Result<Vec<Model>> {
    let query = matching(require(ctx, Action::StatementRead)?, None);
    Ok(query.filter(Column::Uuid.is_in(uuids.iter().copied())).all(app.db.reader()).await?)
}

fn matching(reach: Reach, centre_id: Option<i64>) -> Select<Entity> {
    let query = match reach {
        Reach::All => Entity::find(),
        Reach::Centre(own) => Entity::find().filter(Column::CentreId.eq(own)),
        // No statement is a radiologist's.
        Reach::Own(_) => Entity::find().filter(Column::Id.is_null()),
    };
    match centre_id {
        Some(centre_id) => query.filter(Column::CentreId.eq(centre_id)),
        None => query,
    }
}

/// A signed address of a statement's file; none while it is being made.
pub fn statement_url(app: &App, ctx: &Context, statement: &Model, format: StatementFormat) -> Option<SignedUrl> {
    format.key(statement)?;
    let path = format!("/media/statements/{}/{}", statement.uuid, format.as_str());
    Some(media::sign(app, ctx, &path))
}

/// A statement's file, for the caller who may see it.
pub async fn statement_paper(app: &App, ctx: &Context, uuid: Uuid, format: StatementFormat) -> Result<Paper> {
    require(ctx, Action::StatementRead)?;
    let query = Entity::find().filter(Column::Uuid.eq(uuid));
    let statement = query.one(app.db.reader()).await?.ok_or(Error::NotFound("Statement"))?;
    require_in(ctx, Action::StatementRead, Some(statement.centre_id), "Statement")?;
    let lines = statement_read(app, statement.id).await?.lines;
    ctx.saw(AuditKind::InvoiceRead, lines.iter().map(|line| line.invoice.study_id));
    Ok(Paper {
        key: format.key(&statement).cloned().ok_or(Error::NotFound("File"))?,
        file_name: format!("statement-{}.{}", statement.month, format.as_str()),
    })
}
