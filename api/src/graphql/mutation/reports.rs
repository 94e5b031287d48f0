//! Reports.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::types::{Report, TextWarning, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::reports::{self, Changed, NewReport, ReportUpdate};

#[derive(Default)]
pub struct ReportMutation;

/// A new report.
#[derive(InputObject)]
pub struct ReportCreateInput {
    /// Id of the study, or its 8-character id.
    study: ID,
    /// Id of a template that gives the texts that are left out here.
    template: Option<ID>,
    /// What is seen; at most 64 KiB.
    #[graphql(default)]
    findings: String,
    /// What is concluded; at most 64 KiB.
    #[graphql(default)]
    impression: String,
    /// What kind of report it is, in its author's words.
    report_type: Option<String>,
    /// Whether a program wrote it.
    #[graphql(default)]
    is_ai_generated: bool,
}

/// Changes of a report; what is left out stays.
#[derive(InputObject)]
pub struct ReportUpdateInput {
    /// Which report.
    id: ID,
    /// The version of the text that was edited.
    version: i32,
    /// What is seen; at most 64 KiB.
    findings: Option<String>,
    /// What is concluded; at most 64 KiB.
    impression: Option<String>,
    /// What kind of report it is, in its author's words; empty for none.
    report_type: Option<String>,
}

/// Which report, and which text of it.
#[derive(InputObject)]
pub struct ReportVerifyInput {
    /// Which report.
    id: ID,
    /// The version that was read: nobody verifies a text unseen.
    version: i32,
}

/// The report, and what to mend.
#[derive(SimpleObject)]
pub struct ReportPayload {
    /// The report as it is now, also where it could not be changed: after `VERSION_CONFLICT`, `REPORT_LOCKED` and `REPORT_VERIFIED`.
    report: Option<Report>,
    /// What of a template could not be filled in.
    warnings: Vec<TextWarning>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl ReportMutation {
    /// Writes a report of a study, perhaps with the texts of a template; the study's status is `REPORT_GENERATED` from then on.
    async fn report_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A new report.")] input: ReportCreateInput,
    ) -> Result<ReportPayload> {
        let new = NewReport {
            findings: input.findings,
            impression: input.impression,
            report_type: input.report_type,
            is_ai_generated: input.is_ai_generated,
        };
        let mut warnings = Vec::new();
        let report = async {
            let study = ids::study(&input.study)?;
            let Some(template) = &input.template else {
                return reports::report_create(app(ctx)?, acting(ctx)?, &study, new).await;
            };
            let template = ids::report_template(template)?;
            let (report, told) = reports::report_create_from(app(ctx)?, acting(ctx)?, &study, template, new).await?;
            warnings = told;
            Ok(report)
        };
        let payload = payload(report.await.map(Changed::Done))?;
        Ok(ReportPayload {
            warnings: warnings.into_iter().map(TextWarning::from).collect(),
            ..payload
        })
    }

    /// Changes an unverified report, unless somebody else changed it meanwhile. Earlier texts are kept.
    async fn report_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Changes of a report; what is left out stays.")] input: ReportUpdateInput,
    ) -> Result<ReportPayload> {
        let update = ReportUpdate {
            version: Some(input.version),
            findings: input.findings,
            impression: input.impression,
            report_type: input.report_type,
        };
        let report = async { reports::report_update(app(ctx)?, acting(ctx)?, ids::report(&input.id)?, update).await };
        payload(report.await)
    }

    /// Answers for a report: it never changes again, and its study is `VERIFIED`. Doing it twice changes nothing.
    async fn report_verify(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report, and which text of it.")] input: ReportVerifyInput,
    ) -> Result<ReportPayload> {
        let report = async {
            let id = ids::report(&input.id)?;
            reports::report_verify(app(ctx)?, acting(ctx)?, id, Some(input.version)).await
        };
        payload(report.await)
    }
}

pub(super) fn payload(changed: domain::Result<Changed>) -> Result<ReportPayload> {
    let (changed, mut user_errors) = outcome(changed)?;
    let report = changed.map(|changed| match changed {
        Changed::Done(report) => Report(report),
        Changed::Refused(report, why) => {
            user_errors.push(why.into());
            Report(report)
        }
    });
    Ok(ReportPayload {
        report,
        warnings: Vec::new(),
        user_errors,
    })
}
