//! Macros: texts with short names, which radiologists keep for themselves and administrators for all.

use super::write::text_given;
use crate::App;
use crate::context::Context;
use crate::error::{Error, Result, unique_or};
use crate::page::{Page, PageRequest, keyset};
use crate::policy::{Action, Reach, refuse, require};
use chrono::Utc;
use entity::report_macro::{self, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, Order, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select,
};
use std::collections::HashMap;

pub struct NewMacro {
    pub name: String,
    pub text: String,
}

/// What is left out stays.
#[derive(Debug, Default)]
pub struct MacroChange {
    pub name: Option<String>,
    pub text: Option<String>,
}

/// Names of macros that one text may ask for.
const NAMED: usize = 200;

fn check(name: Option<&str>, text: Option<&str>) -> Result<()> {
    let fits = |name: &str| {
        (1..=40).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if name.is_some_and(|name| !fits(name)) {
        let message = "A macro's name has 1 to 40 of a-z, 0-9 and -";
        return Err(Error::invalid("name", "INVALID_NAME", message));
    }
    text.map_or(Ok(()), |text| text_given("text", text))
}

fn taken(error: sea_orm::DbErr) -> Error {
    unique_or(error, |_| {
        Error::conflict("name", "NAME_TAKEN", "There is a macro of this name already")
    })
}

/// For oneself, or by an administrator for all.
pub async fn report_macro_create(app: &App, ctx: &Context, new: NewMacro) -> Result<Model> {
    let owner_id = super::templates::owner(require(ctx, Action::TemplateWrite)?)?;
    check(Some(&new.name), Some(&new.text))?;
    let now = Utc::now();
    let row = report_macro::ActiveModel {
        name: Set(new.name),
        text: Set(new.text),
        owner_id: Set(owner_id),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    row.insert(app.db.writer()).await.map_err(taken)
}

pub async fn report_macro_update(app: &App, ctx: &Context, id: i64, change: MacroChange) -> Result<Model> {
    let mut row = own(app, ctx, id).await?.into_active_model();
    check(change.name.as_deref(), change.text.as_deref())?;
    if let Some(name) = change.name {
        row.name = Set(name);
    }
    if let Some(text) = change.text {
        row.text = Set(text);
    }
    row.updated_at = Set(Utc::now());
    row.update(app.db.writer()).await.map_err(taken)
}

/// Answers the macro as it was. Texts that it was filled into keep what they have.
pub async fn report_macro_delete(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    let row = own(app, ctx, id).await?;
    Entity::delete_by_id(row.id).exec(app.db.writer()).await?;
    Ok(row)
}

/// What the caller may change: radiologists their own, administrators those for all.
async fn own(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    let owner_id = super::templates::owner(require(ctx, Action::TemplateWrite)?)?;
    let found = visible(ctx)?.filter(Column::Id.eq(id)).one(app.db.reader()).await?;
    let row = found.ok_or(Error::NotFound("Macro"))?;
    if row.owner_id == owner_id {
        Ok(row)
    } else {
        Err(refuse(ctx, Action::TemplateWrite))
    }
}

/// Those for all and one's own, in the order in which they were made.
pub async fn report_macro_list(app: &App, ctx: &Context, page: PageRequest<i64>) -> Result<Page<Model>> {
    let rows = keyset(visible(ctx)?, [Column::Id], Order::Asc, &page).all(app.db.reader()).await?;
    Ok(Page::new(rows, &page))
}

pub async fn report_macro_count(app: &App, ctx: &Context) -> Result<u64> {
    Ok(visible(ctx)?.count(app.db.reader()).await?)
}

/// For a DataLoader: those of the macros that the caller may see.
pub async fn macros_by_id(app: &App, ctx: &Context, ids: &[i64]) -> Result<Vec<Model>> {
    let query = visible(ctx)?.filter(Column::Id.is_in(ids.iter().copied()));
    Ok(query.all(app.db.reader()).await?)
}

/// Texts by name; one's own macro goes before one of the same name for all.
pub(super) async fn named(app: &App, ctx: &Context, names: &[String]) -> Result<HashMap<String, String>> {
    let names = names.iter().take(NAMED).cloned();
    let query = visible(ctx)?.filter(Column::Name.is_in(names)).order_by_asc(Column::OwnerId.is_not_null());
    let rows = query.limit(2 * NAMED as u64).all(app.db.reader()).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.text)).collect())
}

fn visible(ctx: &Context) -> Result<Select<Entity>> {
    let shared = Condition::any().add(Column::OwnerId.is_null());
    Ok(Entity::find().filter(match require(ctx, Action::TemplateRead)? {
        Reach::Own(own) => shared.add(Column::OwnerId.eq(own)),
        Reach::All | Reach::Centre(_) => shared,
    }))
}
