//! Studies: what was uploaded, as people and programs look for it.

mod assignment;
mod documented;
mod due;
pub mod frames;
mod instances;
mod list;
mod matching;
mod metadata;
mod order;
mod priors;
mod renditions;
mod rows;
mod series;
mod shown;
mod status;
mod transcodings;
mod urgency;
mod words;
mod worklist;

pub(crate) use assignment::assign_later;
pub use assignment::{
    Assigned, AssignmentMethod, Considered, LeftOut, assignment_considered, assignment_counts_by_study,
    assignment_reason, assignments_by_study, studies_assign_waiting, study_assign, study_assign_automatically,
    study_assign_now, study_claim, study_release, study_review,
};
pub use documented::{study_assign_or_claim, study_status_set};
pub use due::{is_overdue, overdue_tell, target_minutes, turnaround};
pub use frames::{FrameRequest, file_url, frame_picture, frame_url};
pub use instances::{Attributes, InstanceSummary, attributes_by_instance, instances_by_series, instances_by_uuid};
pub(crate) use list::instance_seen;
pub use list::{
    instance_find, instances_all, studies_by_id, studies_by_uuid, study_by_code, study_find, study_get, study_instance,
};
pub(crate) use matching::Moment;
pub use metadata::{series_indexed, series_to_index};
pub use order::{StudyKey, StudyOrder, StudyOrderField};
pub use priors::{prior_counts_by_study, prior_order, priors_by_study};
pub use renditions::{
    Drawn, RENDITION_FORMATS, RenditionKind, rendition_get, rendition_url, renditions_by_series, renditions_replace,
};
pub use rows::{Modality, dicom_day};
pub(crate) use rows::{new_row, new_series, slice_position, warning};
pub use series::{SeriesKey, series_all, series_by_id, series_by_study, series_by_uuid, series_key};
pub use shown::{ShownImage, shown_image, shown_window};
pub use status::StudyStatus;
pub(crate) use status::{Seen, Step, advance, hold, tell};
pub use transcodings::{NewTranscoding, transcoding_add, transcodings_done, transcodings_list};
pub use urgency::{Urgency, study_urgency_set};
pub(crate) use words::{of_study as words_of, words_write};
pub use words::{words_fill, words_renew};
pub use worklist::{StudyFilter, study_count, study_list, study_modality_counts, study_slice, study_status_counts};

use crate::App;
use crate::audit::{About, AuditKind};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::jobs::{self, NewJob, RenderStudyV1, TranscodeStudyV1};
use crate::policy::{Action, require, require_in};
use entity::{job, study};
use imaging::transcode::TargetSyntax;

/// Renders thumbnails and previews anew, of the study with this uuid or 8-character id; answers the job, which may be one that waits already.
pub async fn study_render(app: &App, ctx: &Context, key: &str) -> Result<job::Model> {
    let study = acted_on(app, ctx, Action::StudyRender, key).await?;
    let job = RenderStudyV1 { study_id: study.id };
    enqueue(app, ctx, &study, job).await
}

/// Makes a copy of every instance in another transfer syntax; `quality` (1 to 100) is for lossy ones.
pub async fn study_transcode(
    app: &App,
    ctx: &Context,
    key: &str,
    target: TargetSyntax,
    quality: Option<u8>,
) -> Result<job::Model> {
    let study = acted_on(app, ctx, Action::StudyTranscode, key).await?;
    if quality.is_some_and(|quality| !(1..=100).contains(&quality)) {
        return Err(Error::invalid("quality", "INVALID_QUALITY", "quality is from 1 to 100"));
    }
    let job = TranscodeStudyV1 {
        study_id: study.id,
        transfer_syntax: target.uid().into(),
        quality,
    };
    enqueue(app, ctx, &study, job).await
}

pub(crate) async fn acted_on(app: &App, ctx: &Context, action: Action, key: &str) -> Result<study::Model> {
    require(ctx, action)?;
    let study = list::by_key(app, ctx, key).await?;
    require_in(ctx, action, Some(study.centre_id), "Study")?;
    Ok(study)
}

/// Work on a study that somebody asked for.
pub(crate) async fn enqueue<J: jobs::Job>(
    app: &App,
    ctx: &Context,
    study: &study::Model,
    job: J,
) -> Result<job::Model> {
    let tx = app.db.begin().await?;
    let id = jobs::enqueue(&tx, NewJob::of_study(job, study).by(ctx.user_id())).await?;
    app.audit.record(&tx, ctx, AuditKind::StudyProcessed, About::study(study)).await?;
    tx.commit().await?;
    jobs::job_get(app, ctx, id).await
}
