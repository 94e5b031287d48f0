//! What is billed: prices of radiologists, invoices, credit notes, and statements of a month.

use crate::dialect::run;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        run(manager, if postgres { PRICE_POSTGRES } else { PRICE_SQLITE }).await?;
        run(manager, PRICE_INDEXES).await?;
        run(manager, CENTRE).await?;
        run(manager, INVOICE).await?;
        run(manager, STATEMENT).await?;
        run(manager, if postgres { KEPT_POSTGRES } else { KEPT_SQLITE }).await
    }
}

/// A price is a centre's (what it pays) or a radiologist's (what reading earns), never both.
const PRICE_POSTGRES: &str = r#"
ALTER TABLE price ALTER COLUMN centre_id DROP NOT NULL;
ALTER TABLE price ADD COLUMN radiologist_id bigint REFERENCES "user" (id);
ALTER TABLE price ADD CONSTRAINT price_of_one CHECK ((centre_id IS NULL) <> (radiologist_id IS NULL));
DROP INDEX price_of;
DROP INDEX price_centre;
"#;

/// SQLite cannot change a column; nothing refers to the table yet.
const PRICE_SQLITE: &str = r#"
CREATE TABLE price_new (
  id {id}, centre_id bigint REFERENCES centre (id), radiologist_id bigint REFERENCES "user" (id), modality text NOT NULL,
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0), currency text NOT NULL CHECK (currency IN ('usd','inr','aed')),
  created_by_id bigint REFERENCES "user" (id), created_at {ts} NOT NULL, updated_at {ts} NOT NULL,
  CONSTRAINT price_of_one CHECK ((centre_id IS NULL) <> (radiologist_id IS NULL)));
INSERT INTO price_new (id, centre_id, modality, amount_minor, currency, created_by_id, created_at, updated_at)
  SELECT id, centre_id, modality, amount_minor, currency, created_by_id, created_at, updated_at FROM price;
DROP TABLE price;
ALTER TABLE price_new RENAME TO price;
"#;

const PRICE_INDEXES: &str = r#"
CREATE UNIQUE INDEX price_of ON price (centre_id, modality) WHERE centre_id IS NOT NULL;
CREATE UNIQUE INDEX price_of_radiologist ON price (radiologist_id, modality) WHERE radiologist_id IS NOT NULL;
CREATE INDEX price_centre ON price (centre_id, id);
CREATE INDEX price_radiologist ON price (radiologist_id, id);
"#;

const CENTRE: &str = "ALTER TABLE centre ADD COLUMN auto_billing boolean NOT NULL DEFAULT false;";

/// What an invoice says it says for good: centre, study and price are copied into it. `document_number` counts invoices and credit
/// notes, in the transaction that makes one.
const INVOICE: &str = r#"
CREATE TABLE document_number (series text PRIMARY KEY NOT NULL, last bigint NOT NULL);
INSERT INTO document_number (series, last) VALUES ('INV', 0), ('CRN', 0);

CREATE TABLE invoice (
  id {id}, uuid {uuid} NOT NULL UNIQUE, number text NOT NULL UNIQUE,
  study_id bigint NOT NULL UNIQUE REFERENCES study (id), centre_id bigint NOT NULL REFERENCES centre (id),
  amount_minor bigint NOT NULL CHECK (amount_minor >= 0), currency text NOT NULL CHECK (currency IN ('usd','inr','aed')),
  status text NOT NULL CHECK (status IN ('pending','paid','cancelled')),
  price_source text NOT NULL, issuer text NOT NULL, centre_name text NOT NULL, centre_address text, centre_email text, centre_phone text,
  study_code text NOT NULL, modality text NOT NULL, examined_on text NOT NULL, patient_reference text,
  radiologist_id bigint REFERENCES "user" (id), reading_fee_minor bigint, reading_fee_currency text,
  pdf_key text, created_by_id bigint REFERENCES "user" (id), created_at {ts} NOT NULL, updated_at {ts} NOT NULL,
  CHECK ((reading_fee_minor IS NULL) = (reading_fee_currency IS NULL)));
CREATE INDEX invoice_centre ON invoice (centre_id, id);
CREATE INDEX invoice_status ON invoice (status, id);
CREATE INDEX invoice_centre_status ON invoice (centre_id, status, id);
CREATE INDEX invoice_centre_created ON invoice (centre_id, created_at);

CREATE TABLE invoice_change (
  id {id}, invoice_id bigint NOT NULL REFERENCES invoice (id), from_status text, to_status text NOT NULL, reason text,
  user_id bigint REFERENCES "user" (id), created_at {ts} NOT NULL);
CREATE INDEX invoice_change_of ON invoice_change (invoice_id, id);

CREATE TABLE credit_note (
  id {id}, uuid {uuid} NOT NULL UNIQUE, number text NOT NULL UNIQUE, invoice_id bigint NOT NULL UNIQUE REFERENCES invoice (id),
  centre_id bigint NOT NULL REFERENCES centre (id), amount_minor bigint NOT NULL CHECK (amount_minor <= 0),
  currency text NOT NULL, reason text, pdf_key text, created_by_id bigint REFERENCES "user" (id), created_at {ts} NOT NULL);
CREATE INDEX credit_note_centre_created ON credit_note (centre_id, created_at);
"#;

const STATEMENT: &str = r#"
CREATE TABLE statement (
  id {id}, uuid {uuid} NOT NULL UNIQUE, centre_id bigint NOT NULL REFERENCES centre (id), month text NOT NULL,
  is_final boolean NOT NULL, made_at {ts}, pdf_key text, csv_key text,
  created_by_id bigint REFERENCES "user" (id), created_at {ts} NOT NULL, updated_at {ts} NOT NULL);
CREATE UNIQUE INDEX statement_of ON statement (centre_id, month);
CREATE INDEX statement_centre ON statement (centre_id, id);
"#;

/// Whatever a program asks for: what was billed stays as it was billed, and what is cancelled stays cancelled.
const KEPT_POSTGRES: &str = r#"
CREATE FUNCTION billing_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'invoices and credit notes are kept as they were issued'; END $$;
CREATE TRIGGER invoice_unchanged
  BEFORE UPDATE OF uuid, number, study_id, centre_id, amount_minor, currency, price_source, issuer, centre_name, centre_address, centre_email,
    centre_phone, study_code, modality, examined_on, patient_reference, radiologist_id, reading_fee_minor, reading_fee_currency,
    created_by_id, created_at ON invoice FOR EACH ROW EXECUTE FUNCTION billing_kept();
CREATE TRIGGER invoice_stays_cancelled BEFORE UPDATE OF status ON invoice
  FOR EACH ROW WHEN (OLD.status = 'cancelled' AND NEW.status <> 'cancelled') EXECUTE FUNCTION billing_kept();
CREATE TRIGGER invoice_not_removed BEFORE DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION billing_kept();
CREATE TRIGGER invoice_change_unchanged BEFORE UPDATE OR DELETE ON invoice_change FOR EACH ROW EXECUTE FUNCTION billing_kept();
CREATE TRIGGER credit_note_unchanged
  BEFORE UPDATE OF uuid, number, invoice_id, centre_id, amount_minor, currency, reason, created_by_id, created_at ON credit_note
  FOR EACH ROW EXECUTE FUNCTION billing_kept();
CREATE TRIGGER credit_note_not_removed BEFORE DELETE ON credit_note FOR EACH ROW EXECUTE FUNCTION billing_kept();
"#;

const KEPT_SQLITE: &str = r#"
CREATE TRIGGER invoice_unchanged
  BEFORE UPDATE OF uuid, number, study_id, centre_id, amount_minor, currency, price_source, issuer, centre_name, centre_address, centre_email,
    centre_phone, study_code, modality, examined_on, patient_reference, radiologist_id, reading_fee_minor, reading_fee_currency,
    created_by_id, created_at ON invoice
  BEGIN SELECT RAISE(ABORT, 'invoices and credit notes are kept as they were issued'); END;
CREATE TRIGGER invoice_stays_cancelled BEFORE UPDATE OF status ON invoice
  WHEN OLD.status = 'cancelled' AND NEW.status <> 'cancelled'
  BEGIN SELECT RAISE(ABORT, 'invoices and credit notes are kept as they were issued'); END;
CREATE TRIGGER invoice_not_removed BEFORE DELETE ON invoice
  BEGIN SELECT RAISE(ABORT, 'invoices and credit notes are kept as they were issued'); END;
CREATE TRIGGER invoice_change_unchanged BEFORE UPDATE ON invoice_change
  BEGIN SELECT RAISE(ABORT, 'invoices and credit notes are kept as they were issued'); END;
CREATE TRIGGER invoice_change_not_removed BEFORE DELETE ON invoice_change
  BEGIN SELECT RAISE(ABORT, 'invoices and credit notes are kept as they were issued'); END;
CREATE TRIGGER credit_note_unchanged
  BEFORE UPDATE OF uuid, number, invoice_id, centre_id, amount_minor, currency, reason, created_by_id, created_at ON credit_note
  BEGIN SELECT RAISE(ABORT, 'invoices and credit notes are kept as they were issued'); END;
CREATE TRIGGER credit_note_not_removed BEFORE DELETE ON credit_note
  BEGIN SELECT RAISE(ABORT, 'invoices and credit notes are kept as they were issued'); END;
"#;
