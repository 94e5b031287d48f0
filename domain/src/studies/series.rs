//! Series of studies, in reading order: by Series Number, those without one last, and then as they came.

use super::list::only_centre;
use crate::App;
use crate::audit::AuditKind;
use crate::context::Context;
use crate::error::Result;
use crate::page::{Key, Lists, Page, PageRequest};
use entity::{series, study};
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, EntityTrait, IntoSimpleExpr, Iterable, Order, QueryFilter, QueryOrder, QueryTrait, Value};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

const UNNUMBERED: i64 = i64::MAX;

/// The place of a series in its study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesKey {
    number: i64,
    id: i64,
}

pub fn series_key(series: &series::Model) -> SeriesKey {
    SeriesKey {
        number: series.series_number.unwrap_or(UNNUMBERED),
        id: series.id,
    }
}

impl Key for SeriesKey {
    fn values(&self) -> Vec<Value> {
        vec![self.number.into(), self.id.into()]
    }
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, self.id)
    }
}

impl FromStr for SeriesKey {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (number, id) = text.split_once(':').ok_or(())?;
        Ok(Self {
            number: number.parse().map_err(drop)?,
            id: id.parse().map_err(drop)?,
        })
    }
}

fn number() -> Expr {
    Func::coalesce([series::Column::SeriesNumber.into_simple_expr(), Expr::val(UNNUMBERED)]).into()
}

/// For a DataLoader: those of the series that the caller may see.
pub async fn series_by_uuid(app: &App, ctx: &Context, uuids: &[Uuid]) -> Result<Vec<series::Model>> {
    let query = series::Entity::find().filter(series::Column::Uuid.is_in(uuids.iter().copied()));
    let query = query.apply_if(only_centre(ctx)?, |query, centre| {
        query.inner_join(study::Entity).filter(study::Column::CentreId.eq(centre))
    });
    let found = query.all(app.db.reader()).await?;
    ctx.saw(AuditKind::StudyRead, found.iter().map(|series| series.study_id));
    Ok(found)
}

/// For a DataLoader: series of things that the caller has been given already.
pub async fn series_by_id(app: &App, ids: &[i64]) -> Result<Vec<series::Model>> {
    Ok(series::Entity::find()
        .filter(series::Column::Id.is_in(ids.iter().copied()))
        .all(app.db.reader())
        .await?)
}

/// All series of a study, for the workers.
pub async fn series_all(app: &App, study_id: i64) -> Result<Vec<series::Model>> {
    Ok(series::Entity::find()
        .filter(series::Column::StudyId.eq(study_id))
        .order_by_asc(number())
        .order_by_asc(series::Column::Id)
        .all(app.db.reader())
        .await?)
}

/// For a DataLoader: a page of the series of each of the studies, which the caller has been given already.
pub async fn series_by_study(
    app: &App,
    study_ids: &[i64],
    request: &PageRequest<SeriesKey>,
) -> Result<HashMap<i64, Page<series::Model>>> {
    let lists = Lists {
        rows: series::Entity::find().filter(series::Column::StudyId.is_in(study_ids.iter().copied())),
        id: series::Column::Id,
        parent: series::Column::StudyId,
        keys: vec![number(), series::Column::Id.into_simple_expr()],
        order: Order::Asc,
    };
    let of_study = |series: &series::Model| series.study_id;
    lists.pages(app.db.reader(), series::Column::iter(), request, of_study).await
}
