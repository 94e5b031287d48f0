//! The preliminary report of the software: one for each study, unverified, replaced by the next run (contract S2-57, S2-58, S2-65).

use crate::App;
use crate::context::Context;
use crate::db::Transaction;
use crate::error::{Error, Result};
use crate::policy::{Action, require_in};
use crate::reports;
use crate::studies;
use entity::report::{Column, Entity, Model};
use imaging::analysis::ReportText;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select};

/// The latest report that software wrote of a study.
pub async fn analysis_report(app: &App, ctx: &Context, key: &str) -> Result<Model> {
    super::available(app)?;
    let study = studies::study_find(app, ctx, key).await?;
    require_in(ctx, Action::ReportRead, Some(study.centre_id), "Report")?;
    let found = of_study(study.id).one(app.db.reader()).await?.ok_or(Error::NotFound("AI report"))?;
    reports::report_get(app, ctx, found.id).await
}

fn of_study(study_id: i64) -> Select<Entity> {
    Entity::find()
        .filter(Column::StudyId.eq(study_id))
        .filter(Column::IsAiGenerated.eq(true))
        .order_by_desc(Column::Id)
}

/// In the completing transaction of the job: the texts of the software's report, unless a radiologist has taken it over by editing,
/// locking or verifying it. Then it stays as it is, and the results are beside it.
pub(super) async fn replace(app: &App, tx: &Transaction, study_id: i64, text: &ReportText) -> Result<()> {
    let ctx = Context::system("analyze_study");
    let study = studies::hold(tx, study_id).await?;
    let present = of_study(study_id).filter(Column::CreatedById.is_null()).one(tx).await?;
    reports::report_by_software(app, tx, &ctx, &study, present, text).await
}
