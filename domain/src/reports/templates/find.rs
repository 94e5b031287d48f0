//! Finding the template that fits best.

use crate::App;
use crate::context::Context;
use crate::error::Result;
use crate::input::{self, Checks};
use crate::page::{Key, Page, PageRequest, keyset};
use crate::policy::{Action, Reach, require};
use crate::studies::{self, Modality};
use entity::report_template::{Column, Entity, Model};
use entity::{series, study};
use sea_orm::sea_query::{CaseStatement, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, FromQueryResult, IntoSimpleExpr, Order, PaginatorTrait, QueryFilter,
    QuerySelect, QueryTrait, Select, Value,
};
use std::fmt;
use std::str::FromStr;

/// Words of a study's description that may name a body part.
const WORDS: usize = 20;

/// What a template is wanted for; empty fields match everything.
#[derive(Debug, Clone, Default)]
pub struct TemplateFor {
    pub modality: Option<Modality>,
    /// In upper case; the first template is one for any of these.
    pub body_parts: Vec<String>,
    pub centre_id: Option<i64>,
}

impl TemplateFor {
    /// For the study with this uuid or 8-character id: by its modality, its centre, and the body parts that its series or its
    /// description name.
    pub async fn study(app: &App, ctx: &Context, key: &str) -> Result<Self> {
        require(ctx, Action::TemplateRead)?;
        let study = studies::study_find(app, ctx, key).await?;
        let parts: Vec<Option<String>> = series::Entity::find()
            .filter(series::Column::StudyId.eq(study.id))
            .select_only()
            .column(series::Column::BodyPartExamined)
            .distinct()
            .into_tuple()
            .all(app.db.reader())
            .await?;
        let mut body_parts: Vec<String> = parts.into_iter().flatten().map(|part| part.to_uppercase()).collect();
        body_parts.extend(words(&study));
        Ok(Self {
            modality: Modality::parse(&study.modality),
            body_parts,
            centre_id: Some(study.centre_id),
        })
    }

    /// For this modality, those for this body part first.
    pub fn of(modality: Option<Modality>, body_part: Option<&str>) -> Result<Self> {
        Checks::default().add(input::optional_line("bodyPart", body_part, 64)).done()?;
        Ok(Self {
            modality,
            body_parts: body_part.map(|part| part.trim().to_uppercase()).into_iter().collect(),
            centre_id: None,
        })
    }

    /// Higher fits better: the body part first, then the modality, then what is one's own, then what is the centre's.
    fn score(&self) -> Expr {
        let each =
            |condition: Expr, points: i64| -> Expr { CaseStatement::new().case(condition, points).finally(0).into() };
        // Without a body part that is asked for, those for any come first.
        let part = Column::BodyPart.is_in(self.body_parts.iter().cloned());
        each(part, 16)
            .add(each(Column::BodyPart.is_null(), 8))
            .add(each(Column::Modality.is_not_null(), 4))
            .add(each(Column::OwnerId.is_not_null(), 2))
            .add(each(Column::CentreId.is_not_null(), 1))
    }

    fn matching(&self, ctx: &Context) -> Result<Select<Entity>> {
        let or_any = |column: Column, value: Value| Condition::any().add(column.is_null()).add(column.eq(value));
        Ok(visible(ctx)?
            .filter(Column::IsActive.eq(true))
            .apply_if(self.modality, |query, modality| {
                query.filter(or_any(Column::Modality, modality.as_str().into()))
            })
            .apply_if(self.centre_id, |query, centre| {
                query.filter(or_any(Column::CentreId, centre.into()))
            }))
    }
}

fn words(study: &study::Model) -> impl Iterator<Item = String> {
    let texts = [&study.study_type, &study.study_description].into_iter().flatten();
    let words = texts.flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    words.filter(|word| word.len() > 2).take(WORDS).map(str::to_uppercase)
}

/// The place of a template in the order of how well it fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TemplateKey {
    score: i64,
    id: i64,
}

impl Key for TemplateKey {
    fn values(&self) -> Vec<Value> {
        vec![self.score.into(), self.id.into()]
    }
}

impl fmt::Display for TemplateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.score, self.id)
    }
}

impl FromStr for TemplateKey {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (score, id) = text.split_once(':').ok_or(())?;
        Ok(Self {
            score: score.parse().map_err(drop)?,
            id: id.parse().map_err(drop)?,
        })
    }
}

#[derive(FromQueryResult)]
struct Scored {
    score: i64,
    #[sea_orm(nested)]
    template: Model,
}

/// What fits best comes first; what fits alike, the newest first. Those for all and one's own.
pub async fn report_template_list(
    app: &App,
    ctx: &Context,
    wanted: &TemplateFor,
    page: PageRequest<TemplateKey>,
) -> Result<Page<(TemplateKey, Model)>> {
    let keys = [wanted.score(), Column::Id.into_simple_expr()];
    let query = keyset(wanted.matching(ctx)?, keys, Order::Desc, &page).expr_as(wanted.score(), "score");
    let rows = query.into_model::<Scored>().all(app.db.reader()).await?;
    let keyed = rows.into_iter().map(|Scored { score, template }| {
        let key = TemplateKey { score, id: template.id };
        (key, template)
    });
    Ok(Page::new(keyed.collect(), &page))
}

pub async fn report_template_count(app: &App, ctx: &Context, wanted: &TemplateFor) -> Result<u64> {
    Ok(wanted.matching(ctx)?.count(app.db.reader()).await?)
}

/// For a DataLoader: those of the templates that the caller may see.
pub async fn templates_by_id(app: &App, ctx: &Context, ids: &[i64]) -> Result<Vec<Model>> {
    let query = visible(ctx)?.filter(Column::Id.is_in(ids.iter().copied()));
    Ok(query.all(app.db.reader()).await?)
}

pub(super) fn visible(ctx: &Context) -> Result<Select<Entity>> {
    let shared = Condition::any().add(Column::OwnerId.is_null());
    Ok(Entity::find().filter(match require(ctx, Action::TemplateRead)? {
        Reach::Own(own) => shared.add(Column::OwnerId.eq(own)),
        Reach::All | Reach::Centre(_) => shared,
    }))
}
