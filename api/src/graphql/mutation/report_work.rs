//! Working on reports: locks, key images and addenda.

use super::reports::{ReportPayload, payload};
use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::types::{Report, ReportAddendum, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::reports::{self, Changed, NewKeyImage};

#[derive(Default)]
pub struct ReportWorkMutation;

/// Which report.
#[derive(InputObject)]
pub struct ReportLockAcquireInput {
    /// Which report.
    id: ID,
}

/// Which report.
#[derive(InputObject)]
pub struct ReportLockReleaseInput {
    /// Which report.
    id: ID,
}

/// A frame to be shown with a report.
#[derive(InputObject)]
pub struct ReportKeyImageAddInput {
    /// Which report.
    report: ID,
    /// Id of the instance, of the report's study.
    instance: ID,
    /// Number of the frame, from 0.
    #[graphql(default)]
    frame: u32,
    /// What it shows, on one line of at most 200 characters.
    caption: Option<String>,
}

/// A frame to be shown no longer with a report.
#[derive(InputObject)]
pub struct ReportKeyImageRemoveInput {
    /// Which report.
    report: ID,
    /// Id of the instance.
    instance: ID,
    /// Number of the frame, from 0.
    #[graphql(default)]
    frame: u32,
}

/// What is added to a verified report.
#[derive(InputObject)]
pub struct ReportAddendumCreateInput {
    /// Which report.
    id: ID,
    /// What is added; at most 64 KiB.
    text: String,
}

/// The addendum, or what to mend.
#[derive(SimpleObject)]
pub struct ReportAddendumPayload {
    /// The addendum, signed by the caller.
    addendum: Option<ReportAddendum>,
    /// The report, whose own text stays as it was.
    report: Option<Report>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl ReportWorkMutation {
    /// Keeps others from changing or verifying a report for five minutes; acquire it again before they end. `REPORT_LOCKED` when
    /// somebody else has it.
    async fn report_lock_acquire(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report.")] input: ReportLockAcquireInput,
    ) -> Result<ReportPayload> {
        let report = async { reports::report_lock_acquire(app(ctx)?, acting(ctx)?, ids::report(&input.id)?).await };
        payload(report.await)
    }

    /// Lets others change a report again. Administrators may also break the lock of somebody else.
    async fn report_lock_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which report.")] input: ReportLockReleaseInput,
    ) -> Result<ReportPayload> {
        let report = async { reports::report_lock_release(app(ctx)?, acting(ctx)?, ids::report(&input.id)?).await };
        payload(report.await)
    }

    /// Shows a frame of the study with an unverified report and its PDF, at most 12; once more changes its caption.
    async fn report_key_image_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A frame to be shown with a report.")] input: ReportKeyImageAddInput,
    ) -> Result<ReportPayload> {
        let report = async {
            let new = NewKeyImage {
                instance: ids::instance(&input.instance)?,
                frame: input.frame,
                caption: input.caption,
            };
            reports::report_key_image_add(app(ctx)?, acting(ctx)?, ids::report(&input.report)?, new).await
        };
        payload(report.await.map(Changed::Done))
    }

    /// No longer shows a frame with an unverified report.
    async fn report_key_image_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A frame to be shown no longer with a report.")] input: ReportKeyImageRemoveInput,
    ) -> Result<ReportPayload> {
        let report = async {
            let (report, instance) = (ids::report(&input.report)?, ids::instance(&input.instance)?);
            reports::report_key_image_remove(app(ctx)?, acting(ctx)?, report, instance, input.frame).await
        };
        payload(report.await.map(Changed::Done))
    }

    /// Adds a text to a verified report and signs it. Nothing of it can be changed afterwards.
    async fn report_addendum_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is added to a verified report.")] input: ReportAddendumCreateInput,
    ) -> Result<ReportAddendumPayload> {
        let made = async {
            let id = ids::report(&input.id)?;
            reports::report_addendum_create(app(ctx)?, acting(ctx)?, id, input.text).await
        };
        let (made, user_errors) = outcome(made.await)?;
        let (report, addendum) = made.unzip();
        let study_id = report.as_ref().map(|report| report.study_id);
        Ok(ReportAddendumPayload {
            addendum: addendum.zip(study_id).map(|(row, study_id)| ReportAddendum { row, study_id }),
            report: report.map(Report),
            user_errors,
        })
    }
}
