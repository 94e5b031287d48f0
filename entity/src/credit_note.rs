//! Table `credit_note`: what takes back an invoice that was cancelled too late to be void.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "credit_note")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub uuid: Uuid,
    /// `CRN` and 8 digits.
    pub number: String,
    pub invoice_id: i64,
    pub centre_id: i64,
    /// Hundredths of the currency's unit, not above 0.
    pub amount_minor: i64,
    pub currency: String,
    pub reason: Option<String>,
    /// The object that holds the PDF.
    pub pdf_key: Option<String>,
    pub created_by_id: Option<i64>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::invoice::Entity",
        from = "Column::InvoiceId",
        to = "super::invoice::Column::Id"
    )]
    Invoice,
}

impl Related<super::invoice::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Invoice.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
