//! Table `invoice`: what a centre owes for the reading of one study, with a copy of all that it says.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub uuid: Uuid,
    /// `INV` and 8 digits (contract S2-74).
    pub number: String,
    pub study_id: i64,
    pub centre_id: i64,
    /// Hundredths of the currency's unit.
    pub amount_minor: i64,
    /// `usd`, `inr` or `aed`.
    pub currency: String,
    /// `pending`, `paid` or `cancelled`.
    pub status: String,
    /// `price_table` or `request`.
    pub price_source: String,
    /// Who bills: the name and the lines of the address, with `|` between.
    pub issuer: String,
    pub centre_name: String,
    pub centre_address: Option<String>,
    pub centre_email: Option<String>,
    pub centre_phone: Option<String>,
    pub study_code: String,
    pub modality: String,
    /// Day of the examination, `YYYY-MM-DD`.
    pub examined_on: String,
    /// Patient ID (0010,0020) of the files.
    pub patient_reference: Option<String>,
    /// Who earns the reading fee.
    pub radiologist_id: Option<i64>,
    pub reading_fee_minor: Option<i64>,
    pub reading_fee_currency: Option<String>,
    /// The object that holds the newest PDF.
    pub pdf_key: Option<String>,
    pub created_by_id: Option<i64>,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(has_one = "super::credit_note::Entity")]
    CreditNote,
}

impl Related<super::credit_note::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::CreditNote.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
