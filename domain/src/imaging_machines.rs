//! Imaging machines: the scanners and gateways of a centre, as they are known on the DICOM network (contract S2-87).

use crate::App;
use crate::centres;
use crate::context::Context;
use crate::error::{Error, FieldError, Result, unique_or};
use crate::input::{self, Checks};
use crate::page::{Page, PageRequest, Slice, keyset};
use crate::policy::{Action, Reach, require, require_in};
use chrono::Utc;
use entity::imaging_machine::{self, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, Order, PaginatorTrait, QueryFilter,
    Select,
};
use std::net::IpAddr;

/// What is left out stays, or is unknown of a new machine.
#[derive(Debug, Clone, Default)]
pub struct MachineInput {
    pub name: Option<String>,
    pub ip_address: Option<String>,
    /// TCP port of its DICOM service.
    pub port: Option<i64>,
    pub ae_title: Option<String>,
    pub description: Option<String>,
    pub is_active: Option<bool>,
}

impl MachineInput {
    fn check(&self) -> Result<()> {
        let address = self.ip_address.as_deref().filter(|text| !text.is_empty() && text.parse::<IpAddr>().is_err());
        let port = self.port.filter(|port| !(1..=65_535).contains(port));
        let title = self.ae_title.as_deref().filter(|title| !is_ae_title(title));
        let no_address = address.map(|_| FieldError {
            field: "ipAddress",
            code: "INVALID_ADDRESS",
            message: "ipAddress is an IPv4 or IPv6 address".into(),
        });
        let no_port = port.map(|_| FieldError {
            field: "port",
            code: "INVALID_PORT",
            message: "port is from 1 to 65535".into(),
        });
        let no_title = title.map(|_| FieldError {
            field: "aeTitle",
            code: "INVALID_AE_TITLE",
            message: "aeTitle has at most 16 ASCII characters, without backslash and control characters".into(),
        });
        Checks::default()
            .add(self.name.as_deref().and_then(|name| input::line("name", name, 200)))
            .add(input::optional_line("description", self.description.as_deref(), 500))
            .add(no_address)
            .add(no_port)
            .add(no_title)
            .done()
    }

    fn apply(self, row: &mut imaging_machine::ActiveModel) {
        if let Some(name) = self.name {
            row.name = Set(name.trim().to_owned());
        }
        let text = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        if let Some(address) = self.ip_address {
            row.ip_address = Set(text(address));
        }
        if let Some(port) = self.port {
            row.port = Set(i32::try_from(port).ok());
        }
        if let Some(title) = self.ae_title {
            row.ae_title = Set(text(title));
        }
        if let Some(description) = self.description {
            row.description = Set(text(description));
        }
        if let Some(is_active) = self.is_active {
            row.is_active = Set(is_active);
        }
        row.updated_at = Set(Utc::now());
    }
}

/// VR AE (PS3.5 section 6.2); empty says that there is none.
fn is_ae_title(text: &str) -> bool {
    text.len() <= 16 && text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'\\')
}

fn name_taken(error: sea_orm::DbErr) -> Error {
    unique_or(error, |_| {
        Error::conflict("name", "NAME_TAKEN", "The centre has a machine of this name already")
    })
}

/// `centre_id` may be left out by whoever belongs to one.
pub async fn machine_create(app: &App, ctx: &Context, centre_id: Option<i64>, new: MachineInput) -> Result<Model> {
    let own = match require(ctx, Action::MachineWrite)? {
        Reach::Centre(own) | Reach::Own(own) => Some(own),
        Reach::All => None,
    };
    let centre_id = centre_id.or(own).ok_or_else(|| Error::invalid("centreId", "CENTRE_REQUIRED", "Name a centre"))?;
    require_in(ctx, Action::MachineWrite, Some(centre_id), "Centre")?;
    Checks::default().add(input::line("name", new.name.as_deref().unwrap_or_default(), 200)).done()?;
    new.check()?;
    let centre = centres::find(app.db.reader(), centre_id).await?;
    let mut row = imaging_machine::ActiveModel {
        centre_id: Set(centre.id),
        is_active: Set(true),
        created_at: Set(Utc::now()),
        ..Default::default()
    };
    new.apply(&mut row);
    row.insert(app.db.writer()).await.map_err(name_taken)
}

pub async fn machine_update(app: &App, ctx: &Context, id: i64, update: MachineInput) -> Result<Model> {
    require(ctx, Action::MachineWrite)?;
    let machine = find(app, ctx, Action::MachineWrite, id).await?;
    update.check()?;
    let mut row = machine.into_active_model();
    update.apply(&mut row);
    row.update(app.db.writer()).await.map_err(name_taken)
}

pub async fn machine_delete(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    require(ctx, Action::MachineWrite)?;
    let machine = find(app, ctx, Action::MachineWrite, id).await?;
    Entity::delete_by_id(id).exec(app.db.writer()).await?;
    Ok(machine)
}

pub async fn machine_get(app: &App, ctx: &Context, id: i64) -> Result<Model> {
    require(ctx, Action::MachineRead)?;
    find(app, ctx, Action::MachineRead, id).await
}

async fn find(app: &App, ctx: &Context, action: Action, id: i64) -> Result<Model> {
    let machine = Entity::find_by_id(id).one(app.db.reader()).await?.ok_or(Error::NotFound("Imaging machine"))?;
    require_in(ctx, action, Some(machine.centre_id), "Imaging machine")?;
    Ok(machine)
}

/// In the order in which they were made, of one centre or of all that the caller may see.
pub async fn machine_list(
    app: &App,
    ctx: &Context,
    centre_id: Option<i64>,
    page: PageRequest<i64>,
) -> Result<Page<Model>> {
    let rows = keyset(listed(ctx, centre_id)?, [Column::Id], Order::Asc, &page).all(app.db.reader()).await?;
    Ok(Page::new(rows, &page))
}

/// As `machine_list`, by place.
pub async fn machine_slice(app: &App, ctx: &Context, centre_id: Option<i64>, slice: Slice) -> Result<Vec<Model>> {
    Ok(slice.of(listed(ctx, centre_id)?, Column::Id, Order::Asc).all(app.db.reader()).await?)
}

pub async fn machine_count(app: &App, ctx: &Context, centre_id: Option<i64>) -> Result<u64> {
    Ok(listed(ctx, centre_id)?.count(app.db.reader()).await?)
}

/// For a DataLoader: those of the machines that the caller may see.
pub async fn machines_by_id(app: &App, ctx: &Context, ids: &[i64]) -> Result<Vec<Model>> {
    let query = listed(ctx, None)?.filter(Column::Id.is_in(ids.iter().copied()));
    Ok(query.all(app.db.reader()).await?)
}

fn listed(ctx: &Context, centre_id: Option<i64>) -> Result<Select<Entity>> {
    let query = match require(ctx, Action::MachineRead)? {
        Reach::All => Entity::find(),
        Reach::Centre(own) | Reach::Own(own) => Entity::find().filter(Column::CentreId.eq(own)),
    };
    Ok(match centre_id {
        Some(centre_id) => query.filter(Column::CentreId.eq(centre_id)),
        None => query,
    })
}
