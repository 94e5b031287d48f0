//! Makes the statement of a month: one PDF for people, one CSV for their programs, of the same lines.

mod csv;

use super::output::Output;
use super::{letterhead, words};
use crate::engine::{JobCtx, JobError};
use documents::{Statement, StatementLine};
use domain::billing::{self, StatementContent};
use domain::jobs::BillingStatementV1;
use domain::{App, money};

const PDF: &str = "application/pdf";
/// RFC 4180, section 3.
const CSV: &str = "text/csv; charset=utf-8; header=present";

pub async fn run(app: App, job: BillingStatementV1, ctx: JobCtx) -> Result<(), JobError> {
    let output = Output::open(&app).await?;
    let made = make(&app, &job, &ctx, &output).await;
    output.close().await;
    made
}

async fn make(app: &App, job: &BillingStatementV1, ctx: &JobCtx, output: &Output) -> Result<(), JobError> {
    let content = billing::statement_read(app, job.statement_id).await?;
    let (as_of, issuer) = (content.as_of, app.config.invoice_issuer.clone());
    let (pdf, csv) = tokio::task::spawn_blocking(move || {
        let pdf = documents::statement(&statement(&content, &issuer));
        let pdf = pdf.map_err(|error| JobError::permanent(error.to_string()))?;
        Ok::<_, JobError>((pdf, csv::write(&content)?))
    })
    .await??;
    ctx.check()?;
    let files = [output.put(pdf, PDF).await?, output.put(csv, CSV).await?];
    let done = ctx.completing().await?;
    output.batch.commit(&*done, &files).await?;
    billing::statement_made(&done, job.statement_id, &files[0], &files[1], as_of).await?;
    done.commit().await
}

fn statement(content: &StatementContent, issuer: &str) -> Statement {
    let centre = &content.centre;
    let details = [&centre.address, &centre.contact_email, &centre.contact_phone];
    let lines = content.lines.iter().map(|line| StatementLine {
        date: line.issued_at.date_naive(),
        number: line.number.clone(),
        study_code: line.invoice.study_code.clone(),
        modality: words::modality(&line.invoice.modality).to_owned(),
        status: line.status.clone(),
        currency: line.invoice.currency.to_uppercase(),
        amount: money::amount(line.amount_minor),
    });
    let unfinished = "This month is not over: the statement is not final";
    Statement {
        month: content.month.first_day(),
        seller: letterhead::issuer(issuer),
        centre: letterhead::party(&centre.name, details.map(Option::as_deref)),
        lines: lines.collect(),
        notes: if content.is_final() {
            Vec::new()
        } else {
            vec![unfinished.to_owned()]
        },
        made_at: content.as_of,
    }
}
