//! Finding studies, series and instances; each within what the caller may see.

use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::policy::{Action, Reach, require, require_in};
use entity::{instance, study};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

pub(crate) async fn find(c: &impl ConnectionTrait, id: i64) -> Result<study::Model> {
    study::Entity::find_by_id(id).one(c).await?.ok_or(Error::NotFound("Study"))
}

pub async fn study_get(app: &App, ctx: &Context, id: i64) -> Result<study::Model> {
    require(ctx, Action::StudyRead)?;
    let study = find(app.db.reader(), id).await?;
    require_in(ctx, Action::StudyRead, Some(study.centre_id), "Study")?;
    ctx.saw(AuditKind::StudyRead, [study.id]);
    Ok(study)
}

/// By any of its ids: uuid, number, Study Instance UID, or the 8-character id that clients show.
pub async fn study_find(app: &App, ctx: &Context, text: &str) -> Result<study::Model> {
    require(ctx, Action::StudyRead)?;
    let study = by_key(app, ctx, text).await?;
    require_in(ctx, Action::StudyRead, Some(study.centre_id), "Study")?;
    ctx.saw(AuditKind::StudyRead, [study.id]);
    Ok(study)
}

/// By the 8-character id that clients show.
pub async fn study_by_code(app: &App, ctx: &Context, code: &str) -> Result<study::Model> {
    let is_code = code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match is_code && code.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        true => study_find(app, ctx, code).await,
        false => require(ctx, Action::StudyRead).and(Err(Error::NotFound("Study"))),
    }
}

/// The n-th file of a study, from 0, in the order of upload.
pub async fn study_instance(app: &App, ctx: &Context, study: &str, number: i64) -> Result<instance::Model> {
    let study = study_find(app, ctx, study).await?;
    let found = match i32::try_from(number) {
        Ok(number) => {
            let query = instance::Entity::find().filter(instance::Column::StudyId.eq(study.id));
            query.filter(instance::Column::Ordinal.eq(number)).one(app.db.reader()).await?
        }
        Err(_) => None,
    };
    let found = found.ok_or(Error::NotFound("Instance"))?;
    ctx.saw_part(AuditKind::FileRead, study.id, format!("instance:{}", found.uuid));
    Ok(found)
}

pub(super) async fn by_key(app: &App, ctx: &Context, text: &str) -> Result<study::Model> {
    if text.contains('\0') {
        return Err(Error::NotFound("Study"));
    }
    let query = study::Entity::find();
    let query = if let Ok(uuid) = Uuid::parse_str(text) {
        query.filter(study::Column::Uuid.eq(uuid))
    } else if let Ok(number) = text.parse::<i64>() {
        query.filter(study::Column::Id.eq(number))
    } else if text.contains('.') {
        // Unique within a centre only: the newest that the caller may see.
        visible(ctx)?
            .filter(study::Column::StudyInstanceUid.eq(text))
            .order_by_desc(study::Column::Id)
            .limit(1)
    } else {
        query.filter(study::Column::StudyCode.eq(text.to_uppercase()))
    };
    query.one(app.db.reader()).await?.ok_or(Error::NotFound("Study"))
}

/// The only centre whose studies the caller may see; none: all.
pub(super) fn only_centre(ctx: &Context) -> Result<Option<i64>> {
    Ok(match require(ctx, Action::StudyRead)? {
        Reach::All => None,
        Reach::Centre(own) | Reach::Own(own) => Some(own),
    })
}

/// The studies that the caller may see.
pub(super) fn visible(ctx: &Context) -> Result<Select<study::Entity>> {
    let own = only_centre(ctx)?;
    Ok(study::Entity::find().apply_if(own, |query, own| query.filter(study::Column::CentreId.eq(own))))
}

/// For a DataLoader: those of the studies that the caller may see.
pub async fn studies_by_id(app: &App, ctx: &Context, ids: &[i64]) -> Result<Vec<study::Model>> {
    let query = visible(ctx)?.filter(study::Column::Id.is_in(ids.iter().copied()));
    given(ctx, query.all(app.db.reader()).await?)
}

/// For a DataLoader: those of the studies that the caller may see.
pub async fn studies_by_uuid(app: &App, ctx: &Context, uuids: &[Uuid]) -> Result<Vec<study::Model>> {
    let query = visible(ctx)?.filter(study::Column::Uuid.is_in(uuids.iter().copied()));
    given(ctx, query.all(app.db.reader()).await?)
}

fn given(ctx: &Context, studies: Vec<study::Model>) -> Result<Vec<study::Model>> {
    ctx.saw(AuditKind::StudyRead, studies.iter().map(|study| study.id));
    Ok(studies)
}

/// For whoever fetches its file.
pub async fn instance_find(app: &App, ctx: &Context, uuid: Uuid) -> Result<instance::Model> {
    let instance = instance_seen(app, ctx, uuid).await?;
    ctx.saw_part(
        AuditKind::FileRead,
        instance.study_id,
        format!("instance:{}", instance.uuid),
    );
    Ok(instance)
}

/// For whoever does not fetch its file.
pub(crate) async fn instance_seen(app: &App, ctx: &Context, uuid: Uuid) -> Result<instance::Model> {
    require(ctx, Action::StudyRead)?;
    let found = instance::Entity::find()
        .filter(instance::Column::Uuid.eq(uuid))
        .find_also_related(study::Entity)
        .one(app.db.reader())
        .await?;
    let (instance, study) = found.ok_or(Error::NotFound("Instance"))?;
    require_in(ctx, Action::StudyRead, study.map(|study| study.centre_id), "Instance")?;
    Ok(instance)
}

/// All instances of a series for the workers, in order of upload.
pub async fn instances_all(app: &App, series_id: i64) -> Result<Vec<instance::Model>> {
    Ok(instance::Entity::find()
        .filter(instance::Column::SeriesId.eq(series_id))
        .order_by_asc(instance::Column::Ordinal)
        .all(app.db.reader())
        .await?)
}
