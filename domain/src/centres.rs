//! Centres: the tenants.

mod reading;

pub use reading::{CentreReading, TargetMinutes, centre_reading_set};

use crate::App;
use crate::context::Context;
use crate::error::{Error, Result, referenced_or, unique_or};
use crate::input::{self, Checks};
use crate::page::{Page, PageRequest, Slice, keyset};
use crate::policy::{Action, Reach, require, require_in};
use chrono::Utc;
use entity::centre::{self, Column, Entity, Model};
use entity::user;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Order,
    PaginatorTrait, QueryFilter, QueryOrder, Select,
};

#[derive(Debug, Clone, Default)]
pub struct CentreInput {
    pub name: Option<String>,
    pub address: Option<String>,
    pub contact_email: Option<String>,
    pub contact_phone: Option<String>,
    pub is_active: Option<bool>,
    /// Whether verifying a report bills its study (contract S2-80).
    pub auto_billing: Option<bool>,
    /// Whether software analyses what is uploaded.
    pub auto_analyze: Option<bool>,
}

impl CentreInput {
    fn check(&self) -> Result<()> {
        let email = self.contact_email.as_deref().filter(|email| !email.is_empty());
        Checks::default()
            .add(self.name.as_deref().and_then(|name| input::line("name", name, 200)))
            .add(input::optional_line("address", self.address.as_deref(), 500))
            .add(input::optional_line("contactPhone", self.contact_phone.as_deref(), 50))
            .add(email.and_then(|email| input::email("contactEmail", email)))
            .done()
    }
}

fn name_taken(error: sea_orm::DbErr) -> Error {
    unique_or(error, |_| {
        Error::conflict("name", "NAME_TAKEN", "Centre name already exists")
    })
}

pub async fn centre_create(app: &App, ctx: &Context, input: CentreInput) -> Result<Model> {
    require(ctx, Action::CentreWrite)?;
    Checks::default().add(input::line("name", input.name.as_deref().unwrap_or_default(), 200)).done()?;
    input.check()?;
    let now = Utc::now();
    let row = centre::ActiveModel {
        name: Set(input.name.unwrap_or_default().trim().to_owned()),
        address: Set(input.address),
        contact_email: Set(input.contact_email),
        contact_phone: Set(input.contact_phone),
        is_active: Set(true),
        auto_billing: Set(input.auto_billing.unwrap_or_default()),
        auto_analyze: Set(input.auto_analyze.unwrap_or_default()),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    row.insert(app.db.writer()).await.map_err(name_taken)
}

pub async fn centre_update(app: &App, ctx: &Context, id: i64, input: CentreInput) -> Result<Model> {
    require_in(ctx, Action::CentreWrite, Some(id), "Centre")?;
    input.check()?;
    let mut row = find(app.db.reader(), id).await?.into_active_model();
    if let Some(name) = input.name {
        row.name = Set(name.trim().to_owned());
    }
    if input.address.is_some() {
        row.address = Set(input.address);
    }
    if input.contact_email.is_some() {
        row.contact_email = Set(input.contact_email);
    }
    if input.contact_phone.is_some() {
        row.contact_phone = Set(input.contact_phone);
    }
    if let Some(is_active) = input.is_active {
        row.is_active = Set(is_active);
    }
    if let Some(auto_billing) = input.auto_billing {
        row.auto_billing = Set(auto_billing);
    }
    if let Some(auto_analyze) = input.auto_analyze {
        row.auto_analyze = Set(auto_analyze);
    }
    row.updated_at = Set(Utc::now());
    row.update(app.db.writer()).await.map_err(name_taken)
}

/// Its users can no longer upload (contract S2-85).
pub async fn centre_deactivate(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    let input = CentreInput {
        is_active: Some(false),
        ..Default::default()
    };
    centre_update(app, ctx, id, input).await
}

/// Only one that nothing belongs to (contract S2-86, S2-95).
pub async fn centre_delete(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    require_in(ctx, Action::CentreWrite, Some(id), "Centre")?;
    let centre = find(app.db.reader(), id).await?;
    Entity::delete_by_id(id).exec(app.db.writer()).await.map_err(|error| {
        referenced_or(error, || {
            let message = "The centre has users, studies, prices or machines; deactivate it instead";
            Error::conflict("id", "CENTRE_IN_USE", message)
        })
    })?;
    Ok(centre)
}

pub async fn centre_get(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    require_in(ctx, Action::CentreRead, Some(id), "Centre")?;
    find(app.db.reader(), id).await
}

/// In the order in which they were made.
pub async fn centre_list(
    app: &App,
    ctx: &Context,
    is_active: Option<bool>,
    page: PageRequest<i64>,
) -> Result<Page<Model>> {
    let query = listed(ctx, is_active)?;
    let rows = keyset(query, [Column::Id], Order::Asc, &page).all(app.db.reader()).await?;
    Ok(Page::new(rows, &page))
}

/// As `centre_list`, by place.
pub async fn centre_slice(app: &App, ctx: &Context, is_active: Option<bool>, slice: Slice) -> Result<Vec<Model>> {
    Ok(slice.of(listed(ctx, is_active)?, Column::Id, Order::Asc).all(app.db.reader()).await?)
}

pub async fn centre_count(app: &App, ctx: &Context, is_active: Option<bool>) -> Result<u64> {
    Ok(listed(ctx, is_active)?.count(app.db.reader()).await?)
}

fn listed(ctx: &Context, is_active: Option<bool>) -> Result<Select<Entity>> {
    let query = match require(ctx, Action::CentreRead)? {
        Reach::All => Entity::find(),
        Reach::Centre(own) | Reach::Own(own) => Entity::find().filter(Column::Id.eq(own)),
    };
    Ok(match is_active {
        Some(is_active) => query.filter(Column::IsActive.eq(is_active)),
        None => query,
    })
}

/// For a DataLoader: those of the centres that the caller may see.
pub async fn centres_by_id(app: &App, ctx: &Context, ids: &[i64]) -> Result<Vec<Model>> {
    let mut query = Entity::find().filter(Column::Id.is_in(ids.iter().copied()));
    if let Reach::Centre(own) | Reach::Own(own) = require(ctx, Action::CentreRead)? {
        query = query.filter(Column::Id.eq(own));
    }
    Ok(query.all(app.db.reader()).await?)
}

/// The centre of a user who has just signed in.
pub async fn centre_of_session(app: &App, user: &user::Model) -> Result<Option<Model>> {
    match user.centre_id {
        Some(id) => Ok(Entity::find_by_id(id).one(app.db.reader()).await?),
        None => Ok(None),
    }
}

pub(crate) async fn find(c: &impl ConnectionTrait, id: i64) -> Result<Model> {
    Entity::find_by_id(id).one(c).await?.ok_or(Error::NotFound("Centre"))
}

/// The centre that an administrator's upload goes to when it names none (contract S2-27).
pub(crate) async fn default_centre(app: &App) -> Result<Option<Model>> {
    let query = Entity::find().filter(Column::IsActive.eq(true)).order_by_asc(Column::Id);
    let query = match app.config.default_centre_id {
        Some(id) => query.filter(Column::Id.eq(id)),
        None => query,
    };
    Ok(query.one(app.db.reader()).await?)
}
