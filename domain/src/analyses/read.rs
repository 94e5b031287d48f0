//! Finding analyses, within what the caller may see of their studies.

use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::media::{self, SignedUrl};
use crate::page::{Lists, Page, PageRequest};
use crate::policy::{Action, Reach, require, require_in};
use entity::analysis::{Column, Entity, Model};
use entity::study;
use sea_orm::{
    ColumnTrait, EntityTrait, IntoSimpleExpr, Iterable, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
};
use std::collections::HashMap;
use uuid::Uuid;

/// All of a study that the caller has been given already, in the order of their series.
pub async fn analyses_of_study(app: &App, ctx: &Context, study_id: i64) -> Result<Vec<Model>> {
    require(ctx, Action::StudyRead)?;
    ctx.saw(AuditKind::StudyRead, [study_id]);
    let of_study = Entity::find().filter(Column::StudyId.eq(study_id)).order_by_asc(Column::SeriesId);
    Ok(of_study.all(app.db.reader()).await?)
}

/// The analysis behind an address, for the caller who may see its study.
pub async fn analysis_find(app: &App, ctx: &Context, uuid: Uuid) -> Result<Model> {
    require(ctx, Action::StudyRead)?;
    let row = Entity::find().filter(Column::Uuid.eq(uuid)).one(app.db.reader()).await?;
    let row = row.ok_or(Error::NotFound("Analysis"))?;
    let study = study::Entity::find_by_id(row.study_id)
        .one(app.db.reader())
        .await?
        .ok_or(Error::NotFound("Analysis"))?;
    require_in(ctx, Action::StudyRead, Some(study.centre_id), "Analysis")?;
    ctx.saw_part(AuditKind::PictureRead, study.id, format!("analysis:{}", row.uuid));
    Ok(row)
}

/// For a DataLoader: a page of the analyses of each of the studies, which the caller has been given already, the newest first.
pub async fn analyses_by_study(
    app: &App,
    ctx: &Context,
    study_ids: &[i64],
    request: &PageRequest<i64>,
) -> Result<HashMap<i64, Page<Model>>> {
    ctx.saw(AuditKind::StudyRead, study_ids.iter().copied());
    let lists = Lists {
        rows: Entity::find().filter(Column::StudyId.is_in(study_ids.iter().copied())),
        id: Column::Id,
        parent: Column::StudyId,
        keys: vec![Column::Id.into_simple_expr()],
        order: Order::Desc,
    };
    lists
        .pages(app.db.reader(), Column::iter(), request, |analysis: &Model| {
            analysis.study_id
        })
        .await
}

/// For a DataLoader: those of the analyses that the caller may see.
pub async fn analyses_by_uuid(app: &App, ctx: &Context, uuids: &[Uuid]) -> Result<Vec<Model>> {
    let query = Entity::find().filter(Column::Uuid.is_in(uuids.iter().copied()));
    let query = match require(ctx, Action::StudyRead)? {
        Reach::All => query,
        Reach::Centre(own) | Reach::Own(own) => {
            let studies = study::Entity::find()
                .select_only()
                .column(study::Column::Id)
                .filter(study::Column::CentreId.eq(own));
            query.filter(Column::StudyId.in_subquery(studies.into_query()))
        }
    };
    let found = query.all(app.db.reader()).await?;
    ctx.saw(AuditKind::StudyRead, found.iter().map(|analysis| analysis.study_id));
    Ok(found)
}

/// For a DataLoader: how many analyses each of the studies has.
pub async fn analysis_counts_by_study(app: &App, study_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let query = Entity::find()
        .filter(Column::StudyId.is_in(study_ids.iter().copied()))
        .select_only()
        .column(Column::StudyId)
        .column_as(Column::Id.count(), "analyses")
        .group_by(Column::StudyId);
    Ok(query.into_tuple::<(i64, i64)>().all(app.db.reader()).await?.into_iter().collect())
}

/// A signed address of the picture of the segmentation; none where there is none.
pub fn overlay_url(app: &App, ctx: &Context, analysis: &Model) -> Option<SignedUrl> {
    analysis.overlay_key.as_ref()?;
    Some(media::sign(
        app,
        ctx,
        &format!("/media/analyses/{}/overlay", analysis.uuid),
    ))
}
