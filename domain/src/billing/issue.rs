//! Issuing invoices: by request, and by itself when a report is verified.

use super::number::{self, Series};
use super::paper;
use super::status::{self, InvoiceStatus};
use crate::App;
use crate::audit::{About, AuditKind};
use crate::centres;
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, Result, unique_or};
use crate::events::EventKind;
use crate::money::{Currency, to_minor};
use crate::policy::Action;
use crate::prices;
use crate::studies;
use chrono::Utc;
use entity::invoice::{self, Column, Entity, Model};
use entity::{price, report, study};
use rust_decimal::Decimal;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use uuid::Uuid;

/// What is charged for a study.
struct Charge {
    amount_minor: i64,
    currency: String,
    /// Where the amount comes from: `price_table` or `request`.
    source: &'static str,
}

impl From<price::Model> for Charge {
    fn from(price: price::Model) -> Self {
        Self {
            amount_minor: price.amount_minor,
            currency: price.currency,
            source: "price_table",
        }
    }
}

/// Bills the study with this uuid, number or 8-character id to its centre (contract S2-73, S2-75). Without an amount the centre's price
/// for the modality is asked, and has to be in the currency, if one is given (else a conflict, `PRICE_MISSING`); an amount without a
/// currency is in US dollars. A study that has an invoice already is a conflict (`INVOICE_EXISTS`).
pub async fn invoice_create(
    app: &App,
    ctx: &Context,
    study: &str,
    amount: Option<Decimal>,
    currency: Option<Currency>,
) -> Result<Model> {
    let study = studies::acted_on(app, ctx, Action::InvoiceCreate, study).await?;
    let amount_minor = amount.map(|amount| to_minor("amount", amount)).transpose();
    let amount_minor = amount_minor.map_err(|wrong| Error::Invalid(vec![wrong]))?;
    let tx = app.db.begin().await?;
    let study = studies::hold(&tx, study.id).await?;
    if is_billed(&tx, study.id).await? {
        return Err(exists());
    }
    let charge = match amount_minor {
        Some(amount_minor) => Charge {
            amount_minor,
            currency: currency.unwrap_or(Currency::Usd).as_str().into(),
            source: "request",
        },
        None => {
            let price = prices::of_centre(&tx, study.centre_id, &study.modality).await?;
            let price = price.filter(|price| currency.is_none_or(|currency| price.currency == currency.as_str()));
            price.ok_or_else(|| no_price(&study.modality))?.into()
        }
    };
    let invoice = issue(app, &tx, ctx, &study, charge).await?;
    tx.commit().await?;
    Ok(invoice)
}

/// In the transaction that verifies a report of the study, which is held: bills it where its centre wants that, once (contract S2-80). A
/// study without a price is verified all the same, and its timeline says why it was not billed.
pub(crate) async fn bill_verified(app: &App, tx: &Transaction, ctx: &Context, study: &study::Model) -> Result<()> {
    let centre = centres::find(tx, study.centre_id).await?;
    if !centre.auto_billing || is_billed(tx, study.id).await? {
        return Ok(());
    }
    match prices::of_centre(tx, centre.id, &study.modality).await? {
        Some(price) => issue(app, tx, ctx, study, price.into()).await.map(drop),
        None => {
            let payload = json!({ "reason": "PRICE_MISSING", "modality": study.modality });
            studies::tell(tx, ctx, study, EventKind::BillingSkipped, payload).await
        }
    }
}

async fn is_billed(tx: &Transaction, study_id: i64) -> Result<bool> {
    Ok(Entity::find().filter(Column::StudyId.eq(study_id)).count(tx).await? > 0)
}

fn exists() -> Error {
    Error::conflict("study", "INVOICE_EXISTS", "Billing already exists for this study")
}

fn no_price(modality: &str) -> Error {
    Error::conflict(
        "amount",
        "PRICE_MISSING",
        format!("The centre has no price for {modality}; set one or give an amount"),
    )
}

async fn issue(app: &App, tx: &Transaction, ctx: &Context, study: &study::Model, charge: Charge) -> Result<Model> {
    let centre = centres::find(tx, study.centre_id).await?;
    let radiologist_id = reader(tx, study).await?;
    let fee = match radiologist_id {
        Some(id) => prices::of_radiologist(tx, id, &study.modality).await?,
        None => None,
    };
    let now = Utc::now();
    let row = invoice::ActiveModel {
        uuid: Set(Uuid::new_v4()),
        number: Set(number::next(tx, Series::Invoice).await?),
        study_id: Set(study.id),
        centre_id: Set(centre.id),
        amount_minor: Set(charge.amount_minor),
        currency: Set(charge.currency),
        status: Set(InvoiceStatus::Pending.as_str().into()),
        price_source: Set(charge.source.into()),
        issuer: Set(app.config.invoice_issuer.clone()),
        centre_name: Set(centre.name),
        centre_address: Set(centre.address),
        centre_email: Set(centre.contact_email),
        centre_phone: Set(centre.contact_phone),
        study_code: Set(study.study_code.clone()),
        modality: Set(study.modality.clone()),
        examined_on: Set(study.examined_on.clone()),
        patient_reference: Set(study.patient_id.clone()),
        radiologist_id: Set(radiologist_id),
        reading_fee_minor: Set(fee.as_ref().map(|fee| fee.amount_minor)),
        reading_fee_currency: Set(fee.map(|fee| fee.currency)),
        created_by_id: Set(ctx.user_id()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let invoice = row.insert(tx).await.map_err(|error| unique_or(error, |_| exists()))?;
    status::keep(tx, ctx, &invoice, None, None).await?;
    paper::ask(tx, ctx, &invoice).await?;
    let payload = json!({ "invoice": invoice.uuid });
    studies::tell(tx, ctx, study, EventKind::InvoiceCreated, payload).await?;
    let about = About::study(study).and("invoice", invoice.uuid);
    app.audit.record(tx, ctx, AuditKind::InvoiceCreated, about).await?;
    Ok(invoice)
}

/// Who reads the study: who verified its last report, or else to whom it is assigned.
async fn reader(tx: &Transaction, study: &study::Model) -> Result<Option<i64>> {
    let verified = report::Entity::find()
        .select_only()
        .column(report::Column::VerifiedById)
        .filter(report::Column::StudyId.eq(study.id))
        .filter(report::Column::IsVerified.eq(true))
        .order_by_desc(report::Column::Id);
    let verifier: Option<Option<i64>> = verified.into_tuple().one(tx).await?;
    Ok(verifier.flatten().or(study.assigned_radiologist_id))
}
