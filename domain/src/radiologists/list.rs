//! Finding radiologists, for those who give studies to them.
//!
//! Who works now depends on working hours and time zones, which the database does not know: all radiologists are read and sifted here. They
//! are the readers of one service, some hundreds at most.

use super::{Entity, Reading, is_available, load, modalities};
use crate::App;
use crate::context::{Context, Role};
use crate::error::Result;
use crate::page::{Page, PageRequest};
use crate::policy::{Action, Reach, may, require};
use crate::studies::Modality;
use chrono::Utc;
use entity::radiologist_profile::{Column, Model};
use entity::user;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use std::collections::HashMap;

/// Which radiologists; empty fields match everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct RadiologistFilter {
    /// Whether they take studies now.
    pub is_available: Option<bool>,
    /// What they read.
    pub modality: Option<Modality>,
}

/// Active radiologists, by id; for those who may assign studies.
pub async fn radiologist_list(
    app: &App,
    ctx: &Context,
    filter: RadiologistFilter,
    request: PageRequest<i64>,
) -> Result<Page<user::Model>> {
    let mut found = found(app, ctx, filter).await?;
    let beyond = |id: i64| request.from.is_none_or(|from| if request.backward { id < from } else { id > from });
    found.retain(|user| beyond(user.id));
    if request.backward {
        found.reverse();
    }
    found.truncate(usize::try_from(request.limit + 1).unwrap_or(usize::MAX));
    Ok(Page::new(found, &request))
}

pub async fn radiologist_count(app: &App, ctx: &Context, filter: RadiologistFilter) -> Result<u64> {
    Ok(found(app, ctx, filter).await?.len() as u64)
}

async fn found(app: &App, ctx: &Context, filter: RadiologistFilter) -> Result<Vec<user::Model>> {
    require(ctx, Action::StudyAssign)?;
    let users = user::Entity::find()
        .filter(user::Column::Role.eq(Role::Radiologist.as_str()))
        .filter(user::Column::IsActive.eq(true))
        .order_by_asc(user::Column::Id);
    let users = users.all(app.db.reader()).await?;
    let profiles: HashMap<i64, Model> = Entity::find()
        .all(app.db.reader())
        .await?
        .into_iter()
        .map(|profile| (profile.user_id, profile))
        .collect();
    let mut found = Vec::new();
    for user in users {
        if fits(profiles.get(&user.id), filter)? {
            found.push(user);
        }
    }
    Ok(found)
}

/// Without a profile nobody reads or works as far as the server knows.
fn fits(profile: Option<&Model>, filter: RadiologistFilter) -> Result<bool> {
    if let Some(modality) = filter.modality
        && !profile.map(modalities).transpose()?.is_some_and(|reads| reads.contains(&modality))
    {
        return Ok(false);
    }
    let available = profile.map(|profile| is_available(profile, Utc::now())).transpose()?.unwrap_or(false);
    Ok(filter.is_available.is_none_or(|wanted| wanted == available))
}

/// For a DataLoader: the profiles of users that the caller has been given already: all for those who may assign studies, else the own one.
pub async fn readings_by_user(app: &App, ctx: &Context, ids: &[i64]) -> Result<HashMap<i64, Reading>> {
    let own = ctx.user_id();
    let all = may(ctx, Action::StudyAssign).is_some();
    let shown: Vec<i64> = ids.iter().copied().filter(|id| all || own == Some(*id)).collect();
    if shown.is_empty() {
        return Ok(HashMap::new());
    }
    let profiles = Entity::find().filter(Column::UserId.is_in(shown.iter().copied())).all(app.db.reader()).await?;
    let weighed: Vec<i64> = match may(ctx, Action::RadiologistLoad) {
        Some(Reach::All) => shown,
        Some(Reach::Own(own)) => shown.into_iter().filter(|id| *id == own).collect(),
        _ => Vec::new(),
    };
    let loads = load::loads(app.db.reader(), &weighed).await?;
    let reading = |profile: Model| {
        let id = profile.user_id;
        let load = weighed.contains(&id).then(|| loads.get(&id).copied().unwrap_or_default());
        (id, Reading { profile, load })
    };
    Ok(profiles.into_iter().map(reading).collect())
}
