//! Thumbnails and previews of series.

use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::media::{self, SignedUrl};
use crate::policy::{Action, require, require_in};
use crate::storage::{StoredFile, release};
use chrono::Utc;
use entity::{rendition, series, study};
use imaging::render::Format;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RenditionKind {
    Thumbnail,
    Preview,
}

impl RenditionKind {
    pub const ALL: [RenditionKind; 2] = [Self::Thumbnail, Self::Preview];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Thumbnail => "thumbnail",
            Self::Preview => "preview",
        }
    }

    /// Longest side in pixels.
    pub fn max_side(self) -> u32 {
        match self {
            Self::Thumbnail => 256,
            Self::Preview => 1024,
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Every kind of picture is kept in these formats.
pub const RENDITION_FORMATS: [(Format, &str); 2] = [(Format::Jpeg, "jpeg"), (Format::Png, "png")];

/// A rendition that a worker made, or why it could not.
pub struct Drawn {
    pub kind: RenditionKind,
    /// `png` or `jpeg`.
    pub format: &'static str,
    /// The file, its columns and its rows.
    pub picture: Result<(StoredFile, u32, u32), String>,
}

impl Drawn {
    /// A series of which no picture can be made.
    pub fn none(why: &str) -> Vec<Self> {
        let kinds = RenditionKind::ALL.into_iter();
        kinds
            .flat_map(|kind| RENDITION_FORMATS.map(|(_, format)| (kind, format)))
            .map(|(kind, format)| Self {
                kind,
                format,
                picture: Err(why.to_owned()),
            })
            .collect()
    }
}

/// In the completing transaction of the job: the series' renditions are these from now on.
pub async fn renditions_replace(tx: &impl ConnectionTrait, series_id: i64, drawn: Vec<Drawn>) -> Result<()> {
    let old = rendition::Entity::find().filter(rendition::Column::SeriesId.eq(series_id)).all(tx).await?;
    let keys: Vec<String> = old.into_iter().filter_map(|row| row.object_key).collect();
    release(tx, &keys).await?;
    rendition::Entity::delete_many().filter(rendition::Column::SeriesId.eq(series_id)).exec(tx).await?;
    let side = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX);
    let rows = drawn.into_iter().map(|drawn| {
        let (file, error) = match drawn.picture {
            Ok(file) => (Some(file), None),
            Err(error) => (None, Some(error)),
        };
        rendition::ActiveModel {
            series_id: Set(series_id),
            kind: Set(drawn.kind.as_str().into()),
            format: Set(drawn.format.into()),
            width: Set(file.as_ref().map(|(_, width, _)| side(*width))),
            height: Set(file.as_ref().map(|(_, _, height)| side(*height))),
            object_key: Set(file.map(|(file, _, _)| file.key)),
            error: Set(error),
            created_at: Set(Utc::now()),
            ..Default::default()
        }
    });
    rendition::Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// For a DataLoader: the renditions of series that the caller has been given already.
pub async fn renditions_by_series(app: &App, series_ids: &[i64]) -> Result<Vec<rendition::Model>> {
    Ok(rendition::Entity::find()
        .filter(rendition::Column::SeriesId.is_in(series_ids.iter().copied()))
        .all(app.db.reader())
        .await?)
}

/// A signed address of the picture; none when it could not be drawn.
pub fn rendition_url(app: &App, ctx: &Context, rendition: &rendition::Model) -> Option<SignedUrl> {
    rendition.object_key.as_ref()?;
    Some(media::sign(app, ctx, &format!("/media/renditions/{}", rendition.id)))
}

/// The row behind an address, for the caller who may see the study.
pub async fn rendition_get(app: &App, ctx: &Context, id: i64) -> Result<rendition::Model> {
    require(ctx, Action::StudyRead)?;
    let row = rendition::Entity::find_by_id(id).one(app.db.reader()).await?.ok_or(Error::NotFound("Rendition"))?;
    let found = series::Entity::find_by_id(row.series_id)
        .find_also_related(study::Entity)
        .one(app.db.reader())
        .await?;
    let study = found.and_then(|(_, study)| study).ok_or(Error::NotFound("Rendition"))?;
    require_in(ctx, Action::StudyRead, Some(study.centre_id), "Rendition")?;
    ctx.saw_part(AuditKind::PictureRead, study.id, format!("rendition:{}", row.id));
    Ok(row)
}
