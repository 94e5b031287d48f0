//! Who reads a study.

use super::jobs::{self, JobPayload};
use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::types::{Study, Urgency, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::{rows, studies};

#[derive(Default)]
pub struct AssignmentMutation;

/// Which study, to whom.
#[derive(InputObject)]
pub struct StudyAssignInput {
    /// Id of the study, or its 8-character id.
    study: ID,
    /// An active user with the role of a radiologist.
    radiologist: ID,
}

/// Which study.
#[derive(InputObject)]
pub struct StudyClaimInput {
    /// Id of the study, or its 8-character id.
    study: ID,
}

/// Which study.
#[derive(InputObject)]
pub struct StudyReleaseInput {
    /// Id of the study, or its 8-character id.
    study: ID,
}

/// Which study.
#[derive(InputObject)]
pub struct StudyReviewInput {
    /// Id of the study, or its 8-character id.
    study: ID,
}

/// Which study.
#[derive(InputObject)]
pub struct StudyAssignAutomaticallyInput {
    /// Id of the study, or its 8-character id.
    study: ID,
}

/// Which study, and how urgent it is.
#[derive(InputObject)]
pub struct StudyUrgencySetInput {
    /// Id of the study, or its 8-character id.
    study: ID,
    /// How soon it is to be reported.
    urgency: Urgency,
    /// Why, at most 500 characters on one line; kept with the event. Whoever sees the study reads it.
    reason: Option<String>,
}

/// The study, or what to mend.
#[derive(SimpleObject)]
pub struct StudyPayload {
    /// The study as it is now.
    study: Option<Study>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl AssignmentMutation {
    /// Gives a study to a radiologist. Administrators may give it to another one until it is verified.
    async fn study_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which study, to whom.")] input: StudyAssignInput,
    ) -> Result<StudyPayload> {
        let study = async {
            let radiologist = ids::user(&input.radiologist)?;
            studies::study_assign(app(ctx)?, acting(ctx)?, &ids::study(&input.study)?, radiologist).await
        };
        payload(study.await)
    }

    /// Lets the server give a study to a radiologist, also where its centre has not switched that on.
    async fn study_assign_automatically(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which study.")] input: StudyAssignAutomaticallyInput,
    ) -> Result<JobPayload> {
        let job =
            async { studies::study_assign_automatically(app(ctx)?, acting(ctx)?, &ids::study(&input.study)?).await };
        jobs::payload(job.await)
    }

    /// Says how urgent a study is; when it is due changes with it.
    async fn study_urgency_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which study, and how urgent it is.")] input: StudyUrgencySetInput,
    ) -> Result<StudyPayload> {
        let study = async {
            let (key, urgency) = (ids::study(&input.study)?, input.urgency.into());
            studies::study_urgency_set(app(ctx)?, acting(ctx)?, &key, urgency, input.reason.as_deref()).await
        };
        payload(study.await)
    }

    /// A radiologist takes a study that nobody has. Of several who try at the same time one gets it.
    async fn study_claim(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which study.")] input: StudyClaimInput,
    ) -> Result<StudyPayload> {
        let study = async { studies::study_claim(app(ctx)?, acting(ctx)?, &ids::study(&input.study)?).await };
        payload(study.await)
    }

    /// A study that has no report yet waits for a radiologist again.
    async fn study_release(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which study.")] input: StudyReleaseInput,
    ) -> Result<StudyPayload> {
        let study = async { studies::study_release(app(ctx)?, acting(ctx)?, &ids::study(&input.study)?).await };
        payload(study.await)
    }

    /// Its radiologist begins to read a study.
    async fn study_review(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which study.")] input: StudyReviewInput,
    ) -> Result<StudyPayload> {
        let study = async { studies::study_review(app(ctx)?, acting(ctx)?, &ids::study(&input.study)?).await };
        payload(study.await)
    }
}

fn payload(study: domain::Result<rows::Study>) -> Result<StudyPayload> {
    let (study, user_errors) = outcome(study)?;
    Ok(StudyPayload {
        study: study.map(Study),
        user_errors,
    })
}
