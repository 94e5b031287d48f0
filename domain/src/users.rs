//! Users: who may sign in, in which role and for which centre.

use crate::App;
use crate::audit::{About, AuditKind};
use crate::centres;
use crate::context::{Context, Role};
use crate::error::{Error, Result, referenced_or, unique_or};
use crate::identity::{password_hash, sessions_revoke};
use crate::input::{self, Checks};
use crate::page::{Page, PageRequest, Slice, keyset};
use crate::policy::{Action, Reach, refuse, require, require_in};
use chrono::Utc;
use entity::user::{self, Column, Entity, Model};
use entity::{radiologist_profile, refresh_token};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, Order, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

pub struct NewUser {
    pub username: String,
    pub email: String,
    pub full_name: String,
    pub password: String,
    pub role: Role,
    pub centre_id: Option<i64>,
}

#[derive(Default)]
pub struct UserUpdate {
    pub email: Option<String>,
    pub full_name: Option<String>,
    pub password: Option<String>,
    pub is_active: Option<bool>,
}

/// Roles that a centre's own manager may make and change (contract S2-17).
const MANAGED: [&str; 2] = ["technician", "diagnostic_centre"];

fn taken(error: sea_orm::DbErr) -> Error {
    unique_or(error, |what| {
        if what.contains("email") {
            Error::conflict("email", "EMAIL_TAKEN", "Email already registered")
        } else {
            Error::conflict("username", "USERNAME_TAKEN", "Username already taken")
        }
    })
}

pub async fn user_create(app: &App, ctx: &Context, new: NewUser) -> Result<Model> {
    if let Reach::Centre(own) | Reach::Own(own) = require(ctx, Action::UserCreate)?
        && (new.centre_id != Some(own) || !new.role.needs_centre())
    {
        return Err(refuse(ctx, Action::UserCreate));
    }
    Checks::default()
        .add(input::username("username", &new.username))
        .add(input::line("fullName", &new.full_name, 200))
        .add(input::email("email", &new.email))
        .add(crate::identity::password_check("password", &new.password))
        .done()?;
    match new.centre_id {
        Some(id) => match centres::find(app.db.reader(), id).await {
            Err(Error::NotFound(_)) => return Err(no_centre()),
            found => drop(found?),
        },
        None if new.role.needs_centre() => return Err(no_centre()),
        None => {}
    }
    let now = Utc::now();
    let row = user::ActiveModel {
        username: Set(new.username.trim().to_owned()),
        email: Set(new.email),
        full_name: Set(new.full_name.trim().to_owned()),
        password_hash: Set(password_hash(new.password).await?),
        role: Set(Some(new.role.as_str().into())),
        centre_id: Set(new.centre_id),
        is_active: Set(true),
        token_version: Set(0),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let tx = app.db.begin().await?;
    let user = row.insert(&tx).await.map_err(taken)?;
    app.audit.record(&tx, ctx, AuditKind::UserCreated, About::object("user", user.id)).await?;
    tx.commit().await?;
    Ok(user)
}

fn no_centre() -> Error {
    Error::conflict("centre", "CENTRE_REQUIRED", "This role needs an existing centre")
}

pub async fn user_update(app: &App, ctx: &Context, id: i64, update: UserUpdate) -> Result<Model> {
    require(ctx, Action::UserUpdate)?;
    Checks::default()
        .add(update.email.as_deref().and_then(|email| input::email("email", email)))
        .add(update.full_name.as_deref().and_then(|name| input::line("fullName", name, 200)))
        .add(
            update
                .password
                .as_deref()
                .and_then(|password| crate::identity::password_check("password", password)),
        )
        .done()?;
    let hash = match update.password {
        Some(password) => Some(password_hash(password).await?),
        None => None,
    };
    let tx = app.db.begin().await?;
    let user = changeable(&tx, ctx, id).await?;
    let mut ends = hash.is_some();
    let mut row = user.clone().into_active_model();
    if let Some(email) = update.email {
        row.email = Set(email);
    }
    if let Some(name) = update.full_name {
        row.full_name = Set(name.trim().to_owned());
    }
    if let Some(hash) = hash {
        row.password_hash = Set(hash);
    }
    if let Some(is_active) = update.is_active {
        if user.is_active && !is_active {
            keep_an_admin(&tx, &user).await?;
            ends = true;
        }
        row.is_active = Set(is_active);
    }
    row.updated_at = Set(Utc::now());
    let user = row.update(&tx).await.map_err(taken)?;
    if ends {
        sessions_revoke(&tx, id).await?;
    }
    app.audit.record(&tx, ctx, AuditKind::UserUpdated, About::object("user", id)).await?;
    tx.commit().await?;
    Ok(user)
}

/// Ends all sessions and tokens of the user at once (contract X-16); doing it twice changes nothing.
pub async fn user_deactivate(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    let update = UserUpdate {
        is_active: Some(false),
        ..Default::default()
    };
    user_update(app, ctx, id, update).await
}

/// Only one that nothing in the archive names, with the user's sessions and reading profile (contract S2-19, S2-20, S2-95).
pub async fn user_delete(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    require(ctx, Action::UserDelete)?;
    let tx = app.db.begin().await?;
    let user = Entity::find_by_id(id).one(&tx).await?.ok_or(Error::NotFound("User"))?;
    keep_an_admin(&tx, &user).await?;
    refresh_token::Entity::delete_many().filter(refresh_token::Column::UserId.eq(id)).exec(&tx).await?;
    radiologist_profile::Entity::delete_by_id(id).exec(&tx).await?;
    Entity::delete_by_id(id).exec(&tx).await.map_err(|error| {
        referenced_or(error, || {
            let message = "The user stands in studies, reports or other records; deactivate the account instead";
            Error::conflict("id", "USER_IN_USE", message)
        })
    })?;
    app.audit.record(&tx, ctx, AuditKind::UserDeleted, About::object("user", id)).await?;
    tx.commit().await?;
    Ok(user)
}

async fn changeable(tx: &DatabaseTransaction, ctx: &Context, id: i64) -> Result<Model> {
    let user = Entity::find_by_id(id).one(tx).await?.ok_or(Error::NotFound("User"))?;
    require_in(ctx, Action::UserUpdate, user.centre_id, "User")?;
    let managed = user.role.as_deref().is_some_and(|role| MANAGED.contains(&role));
    match require(ctx, Action::UserUpdate)? {
        Reach::All => Ok(user),
        _ if managed => Ok(user),
        _ => Err(refuse(ctx, Action::UserUpdate)),
    }
}

/// The last active administrator cannot go (contract S2-20).
async fn keep_an_admin(tx: &DatabaseTransaction, user: &Model) -> Result<()> {
    if user.role.as_deref() != Some(Role::Admin.as_str()) {
        return Ok(());
    }
    // Locks the administrators, so that two cannot deactivate each other at the same time.
    let admins: Vec<Model> = Entity::find()
        .filter(Column::Role.eq(Role::Admin.as_str()))
        .filter(Column::IsActive.eq(true))
        .order_by_asc(Column::Id)
        .lock_exclusive()
        .all(tx)
        .await?;
    match admins.iter().any(|admin| admin.id != user.id) {
        true => Ok(()),
        false => Err(Error::conflict(
            "id",
            "LAST_ADMIN",
            "The last active administrator cannot be deactivated or deleted",
        )),
    }
}

/// Radiologists too, for everybody in the PACS: their names stand at studies and under reports.
pub async fn user_get(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    let reach = require(ctx, Action::UserRead)?;
    let user = Entity::find_by_id(id).one(app.db.reader()).await?.ok_or(Error::NotFound("User"))?;
    let visible = match reach {
        Reach::All => true,
        Reach::Centre(own) => user.centre_id == Some(own),
        Reach::Own(own) => user.id == own,
    };
    if visible || is_radiologist(&user) || ctx.user_id() == Some(user.id) {
        Ok(user)
    } else {
        Err(Error::OutOfScope("User"))
    }
}

/// The acting user.
pub async fn user_self(app: &App, ctx: &Context) -> Result<Model> {
    require(ctx, Action::SelfRead)?;
    let id = ctx.user()?.id;
    Entity::find_by_id(id).one(app.db.reader()).await?.ok_or(Error::Unauthenticated)
}

/// Users with a PACS role, by id. Radiologists are listed for everybody who may assign studies to them (contract S2-15).
pub async fn user_list(app: &App, ctx: &Context, role: Option<Role>, page: PageRequest<i64>) -> Result<Page<Model>> {
    let query = listed(ctx, role)?;
    let rows = keyset(query, [Column::Id], Order::Asc, &page).all(app.db.reader()).await?;
    Ok(Page::new(rows, &page))
}

/// As `user_list`, by place.
pub async fn user_slice(app: &App, ctx: &Context, role: Option<Role>, slice: Slice) -> Result<Vec<Model>> {
    Ok(slice.of(listed(ctx, role)?, Column::Id, Order::Asc).all(app.db.reader()).await?)
}

pub async fn user_count(app: &App, ctx: &Context, role: Option<Role>) -> Result<u64> {
    Ok(listed(ctx, role)?.count(app.db.reader()).await?)
}

fn listed(ctx: &Context, role: Option<Role>) -> Result<Select<Entity>> {
    let query = Entity::find().filter(Column::Role.is_not_null());
    let query = match require(ctx, Action::UserRead)? {
        Reach::All => query,
        Reach::Centre(_) if role == Some(Role::Radiologist) => query.filter(Column::IsActive.eq(true)),
        Reach::Centre(own) => query.filter(Column::CentreId.eq(own)),
        Reach::Own(_) => return Err(refuse(ctx, Action::UserRead)),
    };
    Ok(match role {
        Some(role) => query.filter(Column::Role.eq(role.as_str())),
        None => query,
    })
}

/// For a DataLoader: those of the users that the caller may see, as in `user_get`.
pub async fn users_by_id(app: &App, ctx: &Context, ids: &[i64]) -> Result<Vec<Model>> {
    let radiologist = || Condition::any().add(Column::Role.eq(Role::Radiologist.as_str()));
    let query = Entity::find().filter(Column::Id.is_in(ids.iter().copied()));
    let query = match require(ctx, Action::UserRead)? {
        Reach::All => query,
        Reach::Centre(own) => query.filter(radiologist().add(Column::CentreId.eq(own))),
        Reach::Own(own) => query.filter(radiologist().add(Column::Id.eq(own))),
    };
    Ok(query.all(app.db.reader()).await?)
}

/// For a DataLoader: the names of those whom a record names that the caller has been given already. They belong to the record: who signed or heard a finding is
/// told also to those who may not see the account.
pub async fn user_names(app: &App, ids: &[i64]) -> Result<Vec<(i64, String)>> {
    let query = Entity::find().filter(Column::Id.is_in(ids.iter().copied()));
    let query = query.select_only().columns([Column::Id, Column::FullName]);
    Ok(query.into_tuple().all(app.db.reader()).await?)
}

pub(crate) fn is_radiologist(user: &Model) -> bool {
    user.role.as_deref() == Some(Role::Radiologist.as_str())
}

/// Whether nobody can sign in yet.
pub(crate) async fn none_yet(c: &impl ConnectionTrait) -> Result<bool> {
    Ok(Entity::find().count(c).await? == 0)
}
