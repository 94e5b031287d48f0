//! Radiologists as those to whom studies are given: what each of them reads, when he works, and how much he has to read.
//!
//! Invariant: how much somebody has to read is made of the studies of all centres, so centres never see it.

mod hours;
mod list;
mod load;

pub use hours::WorkingHours;
pub use list::{RadiologistFilter, radiologist_count, radiologist_list, readings_by_user};
pub use load::Load;

use crate::App;
use crate::context::Context;
use crate::db::Transaction;
use crate::db::sql::execute;
use crate::error::{Error, FieldError, Result};
use crate::input::Checks;
use crate::jobs::{self, AssignStudyV1, NewJob};
use crate::policy::{Action, Reach, require};
use crate::studies::Modality;
use crate::users;
use chrono::{DateTime, Utc};
use entity::radiologist_profile::{ActiveModel, Column, Entity, Model};
use entity::{study, user};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::de::DeserializeOwned;
use std::collections::HashSet;

/// Open studies at a time, where nobody has said otherwise.
const USUAL_MAXIMUM: i32 = 10;
/// Of one radiologist in a week.
const HOURS: usize = 50;

/// A profile as services use it.
#[derive(Debug, Clone)]
pub struct Reading {
    pub profile: Model,
    /// None for callers who may not see it.
    pub load: Option<Load>,
}

/// Somebody to whom a study might be given, held until the transaction ends.
pub(crate) struct Reader {
    pub profile: Model,
    pub is_active: bool,
    pub load: Load,
}

/// What is left out stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    pub modalities: Option<Vec<Modality>>,
    /// Whether he takes studies, until `available_until` or until he says otherwise.
    pub is_available: Option<bool>,
    pub available_until: Option<DateTime<Utc>>,
    pub hours: Option<Vec<WorkingHours>>,
    /// A name of the IANA time zone database.
    pub time_zone: Option<String>,
    pub max_open_studies: Option<i32>,
}

impl ProfileChange {
    fn check(&self) -> Result<()> {
        let zone = self.time_zone.as_deref().filter(|zone| hours::zone(zone).is_none());
        let most = self.max_open_studies.filter(|most| !(0..=1000).contains(most));
        let hours = self.hours.as_ref().filter(|hours| hours.len() > HOURS);
        Checks::default()
            .add(zone.map(|_| FieldError {
                field: "timeZone",
                code: "INVALID_TIME_ZONE",
                message: "timeZone is a name of the IANA time zone database, such as Europe/Vienna".into(),
            }))
            .add(most.map(|_| FieldError {
                field: "maxOpenStudies",
                code: "OUT_OF_RANGE",
                message: "maxOpenStudies is from 0 to 1000".into(),
            }))
            .add(hours.map(|_| FieldError {
                field: "hours",
                code: "INVALID_HOURS",
                message: format!("A week has at most {HOURS} working hours"),
            }))
            .done()
    }

    fn apply(self, row: &mut ActiveModel) -> Result<()> {
        if let Some(modalities) = self.modalities {
            let words: Vec<&str> = modalities.into_iter().map(Modality::as_str).collect();
            row.modalities = Set(serde_json::to_value(words).map_err(Error::internal)?);
        }
        if let Some(is_available) = self.is_available {
            row.is_available = Set(is_available);
            row.available_until = Set(self.available_until.filter(|_| is_available));
        } else if self.available_until.is_some() {
            row.available_until = Set(self.available_until);
        }
        if let Some(hours) = self.hours {
            row.hours = Set(serde_json::to_value(hours).map_err(Error::internal)?);
        }
        if let Some(zone) = self.time_zone {
            row.time_zone = Set(zone);
        }
        if let Some(most) = self.max_open_studies {
            row.max_open_studies = Set(most);
        }
        row.updated_at = Set(Utc::now());
        Ok(())
    }
}

/// Says what an active radiologist reads, when and how much: for oneself, or by an administrator. The first time what is left out is: no
/// modality, available, at all hours, UTC, 10 studies. Studies that wait for somebody are then tried again.
pub async fn radiologist_profile_set(
    app: &App,
    ctx: &Context,
    user_id: i64,
    change: ProfileChange,
) -> Result<user::Model> {
    if let Reach::Own(own) | Reach::Centre(own) = require(ctx, Action::RadiologistWrite)?
        && own != user_id
    {
        return Err(Error::OutOfScope("Radiologist"));
    }
    change.check()?;
    let tx = app.db.begin().await?;
    let radiologist = user::Entity::find_by_id(user_id).one(&tx).await?;
    let radiologist = radiologist.filter(|user| user.is_active && users::is_radiologist(user));
    let radiologist = radiologist.ok_or(Error::NotFound("Radiologist"))?;
    let known = Entity::find_by_id(user_id).lock_exclusive().one(&tx).await?;
    let is_new = known.is_none();
    let mut row = known.map_or_else(|| first(user_id), IntoActiveModel::into_active_model);
    change.apply(&mut row)?;
    let profile = match is_new {
        true => row.insert(&tx).await.map_err(twice)?,
        false => row.update(&tx).await?,
    };
    if is_available(&profile, Utc::now())? && somebody_is_waited_for(&tx).await? {
        jobs::enqueue(&tx, NewJob::new(AssignStudyV1::waiting())).await?;
    }
    tx.commit().await?;
    Ok(radiologist)
}

/// Two who made a profile for the same person at the same time.
fn twice(error: sea_orm::DbErr) -> Error {
    crate::error::unique_or(error, |_| {
        Error::conflict(
            "radiologist",
            "PROFILE_EXISTS",
            "Somebody else has just made this profile; try again",
        )
    })
}

fn first(user_id: i64) -> ActiveModel {
    let now = Utc::now();
    ActiveModel {
        user_id: Set(user_id),
        modalities: Set(serde_json::json!([])),
        is_available: Set(true),
        available_until: Set(None),
        hours: Set(serde_json::json!([])),
        time_zone: Set("UTC".into()),
        max_open_studies: Set(USUAL_MAXIMUM),
        last_assigned_at: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    }
}

async fn somebody_is_waited_for(c: &impl ConnectionTrait) -> Result<bool> {
    let waiting = study::Entity::find().filter(study::Column::AssignmentWaitsAt.is_not_null());
    let one: Option<i64> = waiting.select_only().column(study::Column::Id).limit(1).into_tuple().one(c).await?;
    Ok(one.is_some())
}

/// Whether he takes studies at this time.
pub fn is_available(profile: &Model, at: DateTime<Utc>) -> Result<bool> {
    let on = profile.is_available && profile.available_until.is_none_or(|until| at < until);
    Ok(on && hours::covered(&working_hours(profile)?, &profile.time_zone, at))
}

pub fn working_hours(profile: &Model) -> Result<Vec<WorkingHours>> {
    read(&profile.hours)
}

pub fn modalities(profile: &Model) -> Result<Vec<Modality>> {
    let words: Vec<String> = read(&profile.modalities)?;
    Ok(words.iter().filter_map(|word| Modality::parse(word)).collect())
}

/// Whether he reads a modality, by its word.
pub(crate) fn reads(profile: &Model, modality: &str) -> Result<bool> {
    Ok(modalities(profile)?.iter().any(|one| one.as_str() == modality))
}

fn read<T: DeserializeOwned>(json: &serde_json::Value) -> Result<T> {
    T::deserialize(json).map_err(Error::internal)
}

/// Every radiologist with a profile, by id; whoever else assigns waits until the transaction ends.
pub(crate) async fn hold_all(tx: &Transaction) -> Result<Vec<Reader>> {
    let profiles = Entity::find().order_by_asc(Column::UserId).lock_exclusive().all(tx).await?;
    let ids: Vec<i64> = profiles.iter().map(|profile| profile.user_id).collect();
    let active = user::Entity::find()
        .filter(user::Column::Id.is_in(ids.iter().copied()))
        .filter(user::Column::IsActive.eq(true))
        .select_only()
        .column(user::Column::Id)
        .into_tuple::<i64>();
    let active: HashSet<i64> = active.all(tx).await?.into_iter().collect();
    let mut loads = load::loads(tx, &ids).await?;
    let reader = |profile: Model| Reader {
        is_active: active.contains(&profile.user_id),
        load: loads.remove(&profile.user_id).unwrap_or_default(),
        profile,
    };
    Ok(profiles.into_iter().map(reader).collect())
}

/// He gets a study: holds his profile, if he has one, so that no load is counted before this is committed.
pub(crate) async fn assigned(tx: &Transaction, user_id: i64) -> Result<()> {
    let sql = "UPDATE radiologist_profile SET last_assigned_at = $1 WHERE user_id = $2";
    execute(tx, sql, vec![Utc::now().into(), user_id.into()]).await?;
    Ok(())
}
