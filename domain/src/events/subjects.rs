//! What an event is about, as it is when the first listener asks: read once for all listeners of a process, because a thousand
//! of them would ask the database the same.
//!
//! Whoever is handed an event may see its study and job: topics are bounded by what the caller reaches.

use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::studies;
use entity::{job, study};
use sea_orm::EntityTrait;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use tokio::sync::OnceCell;
use uuid::Uuid;

#[derive(Debug, Default)]
pub struct Subjects {
    study_id: Option<i64>,
    job_id: Option<Uuid>,
    study: OnceCell<Option<study::Model>>,
    job: OnceCell<Option<job::Model>>,
    words: OnceLock<BTreeSet<String>>,
}

impl Subjects {
    pub(super) fn new(study_id: Option<i64>, job_id: Option<Uuid>) -> Self {
        Self {
            study_id,
            job_id,
            ..Self::default()
        }
    }

    /// None when the event is about no study.
    pub(super) async fn study(&self, app: &App) -> Result<Option<study::Model>> {
        let Some(id) = self.study_id else { return Ok(None) };
        let read = || async { Ok::<_, Error>(study::Entity::find_by_id(id).one(app.db.reader()).await?) };
        Ok(self.study.get_or_try_init(read).await?.clone())
    }

    /// The same, given to somebody.
    pub async fn study_for(&self, app: &App, ctx: &Context) -> Result<Option<study::Model>> {
        let study = self.study(app).await?;
        ctx.saw(AuditKind::StudyRead, study.iter().map(|study| study.id));
        Ok(study)
    }

    /// The words by which the event's study is found.
    pub(super) fn words(&self, study: &study::Model) -> &BTreeSet<String> {
        self.words.get_or_init(|| studies::words_of(study))
    }

    /// None when the event is about no job, or when the job is no longer kept.
    pub async fn job(&self, app: &App) -> Result<Option<job::Model>> {
        let Some(id) = self.job_id else { return Ok(None) };
        let read = || async { Ok::<_, Error>(job::Entity::find_by_id(id).one(app.db.reader()).await?) };
        Ok(self.job.get_or_try_init(read).await?.clone())
    }
}
