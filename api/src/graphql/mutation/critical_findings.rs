//! Critical findings.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::types::{CriticalFinding, CriticalSeverity, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::critical_findings::{self, NewFinding, Subject};
use domain::{Error, rows};

#[derive(Default)]
pub struct CriticalFindingMutation;

/// What the centre must hear at once: of a study, or of a report of it.
#[derive(InputObject)]
pub struct CriticalFindingFlagInput {
    /// Id of the study, or its 8-character id; left out when a report is named.
    study: Option<ID>,
    /// Id of the report that tells it; left out when a study is named.
    report: Option<ID>,
    /// What was found; at most 4,000 bytes.
    text: String,
    /// How soon somebody must be told.
    severity: CriticalSeverity,
}

/// Which finding, and what was done.
#[derive(InputObject)]
pub struct CriticalFindingAcknowledgeInput {
    /// Which finding.
    id: ID,
    /// What was done, such as who was told; at most 4,000 bytes.
    note: Option<String>,
}

/// Which finding, and why.
#[derive(InputObject)]
pub struct CriticalFindingWithdrawInput {
    /// Which finding.
    id: ID,
    /// Why; at most 4,000 bytes.
    reason: String,
}

/// The finding, or what to mend.
#[derive(SimpleObject)]
pub struct CriticalFindingPayload {
    /// The finding as it is now.
    critical_finding: Option<CriticalFinding>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl CriticalFindingMutation {
    /// Tells the centre of something that cannot wait for the report.
    async fn critical_finding_flag(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the centre must hear at once.")] input: CriticalFindingFlagInput,
    ) -> Result<CriticalFindingPayload> {
        let flagged = async {
            let new = NewFinding {
                subject: subject(&input)?,
                text: input.text,
                severity: input.severity.into(),
            };
            critical_findings::critical_finding_flag(app(ctx)?, acting(ctx)?, new).await
        };
        payload(flagged.await)
    }

    /// Says for the centre that it heard of a finding. Doing it twice keeps who was first.
    async fn critical_finding_acknowledge(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which finding, and what was done.")] input: CriticalFindingAcknowledgeInput,
    ) -> Result<CriticalFindingPayload> {
        let acknowledged = async {
            let id = ids::critical_finding(&input.id)?;
            critical_findings::critical_finding_acknowledge(app(ctx)?, acting(ctx)?, id, input.note).await
        };
        payload(acknowledged.await)
    }

    /// Takes a finding back. It stays in the record, with the reason.
    async fn critical_finding_withdraw(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which finding, and why.")] input: CriticalFindingWithdrawInput,
    ) -> Result<CriticalFindingPayload> {
        let withdrawn = async {
            let id = ids::critical_finding(&input.id)?;
            critical_findings::critical_finding_withdraw(app(ctx)?, acting(ctx)?, id, input.reason).await
        };
        payload(withdrawn.await)
    }
}

fn subject(input: &CriticalFindingFlagInput) -> domain::Result<Subject> {
    match (&input.study, &input.report) {
        (Some(study), None) => Ok(Subject::Study(ids::study(study)?)),
        (None, Some(report)) => Ok(Subject::Report(ids::report(report)?)),
        _ => Err(Error::invalid(
            "study",
            "STUDY_OR_REPORT",
            "Name either a study or a report",
        )),
    }
}

fn payload(finding: domain::Result<rows::CriticalFinding>) -> Result<CriticalFindingPayload> {
    let (finding, user_errors) = outcome(finding)?;
    Ok(CriticalFindingPayload {
        critical_finding: finding.map(CriticalFinding),
        user_errors,
    })
}
