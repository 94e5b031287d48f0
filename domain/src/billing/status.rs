//! What becomes of an invoice: it is paid, or cancelled for good.

use super::month::Month;
use super::number::{self, Series};
use super::read::{InvoiceKey, by_key};
use super::{WHAT, paper};
use crate::App;
use crate::audit::{About, AuditKind};
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, Result};
use crate::events::EventKind;
use crate::input::{self, Checks};
use crate::policy::{Action, require, require_in};
use crate::storage::release;
use crate::studies;
use chrono::{DateTime, Utc};
use entity::invoice::{self, Model};
use entity::{credit_note, invoice_change};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::json;
use uuid::Uuid;

/// Status of an invoice (contract S2-78).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InvoiceStatus {
    Pending,
    Paid,
    Cancelled,
}

impl InvoiceStatus {
    pub const ALL: [InvoiceStatus; 3] = [Self::Pending, Self::Paid, Self::Cancelled];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    pub fn of(invoice: &Model) -> Result<Self> {
        Self::parse(&invoice.status)
            .ok_or_else(|| Error::internal(anyhow::anyhow!("invoice {} has status {}", invoice.id, invoice.status)))
    }
}

/// Sets the status of the invoice with this number of its row, or uuid (contract S2-78). A payment may be taken back, because banks do; a
/// cancellation may not (a conflict, `INVOICE_CANCELLED`). The present status again changes nothing.
pub async fn invoice_status_set(
    app: &App,
    ctx: &Context,
    id: impl Into<InvoiceKey>,
    status: InvoiceStatus,
    reason: Option<String>,
) -> Result<Model> {
    require(ctx, Action::InvoiceUpdate)?;
    Checks::default().add(input::optional_line("reason", reason.as_deref(), 500)).done()?;
    let reason = reason.filter(|reason| !reason.is_empty());
    let found = by_key(app.db.reader(), id.into()).await?;
    require_in(ctx, Action::InvoiceUpdate, Some(found.centre_id), WHAT)?;
    let tx = app.db.begin().await?;
    let study = studies::hold(&tx, found.study_id).await?;
    let before = by_key(&tx, found.id.into()).await?;
    let from = InvoiceStatus::of(&before)?;
    if from == status {
        return Ok(before);
    }
    if from == InvoiceStatus::Cancelled {
        return Err(Error::conflict(
            "status",
            "INVOICE_CANCELLED",
            format!("A cancelled invoice stays cancelled; it cannot be {}", status.as_str()),
        ));
    }
    let now = Utc::now();
    // What was printed says the former status.
    release(&tx, before.pdf_key.as_slice()).await?;
    let row = invoice::ActiveModel {
        id: Set(before.id),
        status: Set(status.as_str().into()),
        pdf_key: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    let invoice = row.update(&tx).await?;
    keep(&tx, ctx, &invoice, Some(from), reason.clone()).await?;
    let payload = json!({ "invoice": invoice.uuid, "from": from.as_str(), "to": status.as_str() });
    studies::tell(&tx, ctx, &study, EventKind::InvoiceStatusChanged, payload).await?;
    app.audit
        .record(
            &tx,
            ctx,
            AuditKind::InvoiceUpdated,
            About::study(&study).and("invoice", invoice.uuid),
        )
        .await?;
    if status == InvoiceStatus::Cancelled && is_in_the_books(before.created_at, from, now) {
        credit(&tx, ctx, &invoice, reason, now).await?;
    }
    paper::ask(&tx, ctx, &invoice).await?;
    tx.commit().await?;
    Ok(invoice)
}

/// Whether cancelling needs a credit note: the invoice was paid, or the month in which it was issued is over, so that its statement
/// may have been sent. Any other one is void. Amounts of a month that is over therefore never change.
fn is_in_the_books(issued_at: DateTime<Utc>, status: InvoiceStatus, now: DateTime<Utc>) -> bool {
    status == InvoiceStatus::Paid || Month::of(issued_at) != Month::of(now)
}

async fn credit(
    tx: &Transaction,
    ctx: &Context,
    invoice: &Model,
    reason: Option<String>,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = credit_note::ActiveModel {
        uuid: Set(Uuid::new_v4()),
        number: Set(number::next(tx, Series::CreditNote).await?),
        invoice_id: Set(invoice.id),
        centre_id: Set(invoice.centre_id),
        amount_minor: Set(-invoice.amount_minor),
        currency: Set(invoice.currency.clone()),
        reason: Set(reason),
        created_by_id: Set(ctx.user_id()),
        created_at: Set(now),
        ..Default::default()
    };
    credit_note::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// The status that the invoice has now, for good.
pub(super) async fn keep(
    tx: &Transaction,
    ctx: &Context,
    invoice: &Model,
    from: Option<InvoiceStatus>,
    reason: Option<String>,
) -> Result<()> {
    let row = invoice_change::ActiveModel {
        invoice_id: Set(invoice.id),
        from_status: Set(from.map(|from| from.as_str().into())),
        to_status: Set(invoice.status.clone()),
        reason: Set(reason),
        user_id: Set(ctx.user_id()),
        created_at: Set(invoice.updated_at),
        ..Default::default()
    };
    invoice_change::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_paid_is_void_until_its_month_is_over() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let issued = at("2026-01-31T23:59:59Z");
        for (status, now, credited) in [
            (InvoiceStatus::Pending, "2026-01-31T23:59:59Z", false),
            (InvoiceStatus::Paid, "2026-01-31T23:59:59Z", true),
            (InvoiceStatus::Pending, "2026-02-01T00:00:00Z", true),
            (InvoiceStatus::Pending, "2027-01-31T00:00:00Z", true),
        ] {
            assert_eq!(is_in_the_books(issued, status, at(now)), credited, "{status:?} {now}");
        }
    }
}
