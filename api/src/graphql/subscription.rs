//! Subscriptions: live, ordered, and resumable by cursor.

use super::errors::top_level;
use super::ids;
use super::types::{Cursor, JobEvent, StudyEvent, StudyFilter, WorklistUpdate, acting, app};
use async_graphql::{Context, ID, Result, Subscription as GraphQlSubscription};
use domain::events::{self, Wanted};
use futures::{Stream, StreamExt};

pub struct Subscription;

/// What can be watched.
#[GraphQlSubscription]
impl Subscription {
    /// Everything that happens to a study, or to all that the caller may see. Without `after` and with a study, its state
    /// now comes first.
    async fn study_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the study, or its 8-character id.")] id: Option<ID>,
        #[graphql(desc = "Only studies of this centre.")] centre: Option<ID>,
        #[graphql(desc = "Only what happened after this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<StudyEvent>> + use<>> {
        let updates = async {
            let wanted = Wanted {
                study: id.as_ref().map(ids::study).transpose()?,
                centre_id: centre.as_ref().map(ids::centre).transpose()?,
                after: after.map(|cursor| cursor.0),
                ..Default::default()
            };
            events::study_updates(app(ctx)?, acting(ctx)?, wanted).await
        };
        let updates = updates.await.map_err(top_level)?;
        Ok(updates.map(|update| update.map(StudyEvent::Heard).map_err(top_level)))
    }

    /// What happens in a list of studies: which ones come into it, change in it and leave it. It begins with what happens after it was
    /// opened, or after the cursor: query the list when it is open.
    async fn worklist_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which studies the list has.")] filter: Option<StudyFilter>,
        #[graphql(desc = "Only what happened after this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<WorklistUpdate>> + use<>> {
        let updates = async {
            let after = after.map(|cursor| cursor.0);
            events::worklist_updates(app(ctx)?, acting(ctx)?, filter.unwrap_or_default().parse()?, after).await
        };
        let updates = updates.await.map_err(top_level)?;
        Ok(updates.map(|update| update.map(WorklistUpdate).map_err(top_level)))
    }

    /// Everything that happens to a job, to the jobs of a study, or to all that the caller may see. Without `after` and with
    /// a job or a study, the jobs as they are now come first.
    async fn job_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Id of the job.")] id: Option<ID>,
        #[graphql(desc = "Id of the study, or its 8-character id.")] study: Option<ID>,
        #[graphql(desc = "Only what happened after this cursor.")] after: Option<Cursor>,
    ) -> Result<impl Stream<Item = Result<JobEvent>> + use<>> {
        let updates = async {
            let wanted = Wanted {
                study: study.as_ref().map(ids::study).transpose()?,
                job: id.as_ref().map(ids::job).transpose()?,
                after: after.map(|cursor| cursor.0),
                ..Default::default()
            };
            events::job_updates(app(ctx)?, acting(ctx)?, wanted).await
        };
        let updates = updates.await.map_err(top_level)?;
        Ok(updates.map(|update| update.map(JobEvent).map_err(top_level)))
    }
}
