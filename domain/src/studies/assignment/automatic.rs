//! The server gives studies to radiologists: to one who reads the modality, works now and has room for more, the one with the least to do.
//!
//! Invariant: a study's row is held before the rows of the radiologists, and these in the order of their ids, by all who assign; so that
//! loads are counted while nobody else adds to them, and nobody gets more than his maximum.

use super::history::{self, AssignmentMethod};
use super::{give, hold};
use crate::context::Context;
use crate::db::{Db, Transaction};
use crate::error::Result;
use crate::events::EventKind;
use crate::radiologists::{self, Load, Reader};
use crate::studies::status::{StudyStatus, tell};
use crate::studies::urgency::Urgency;
use chrono::{DateTime, Utc};
use entity::study::{self, Column, Entity};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// Studies that one run tries to give away.
const AT_ONCE: u64 = 500;

/// Why a radiologist did not come into question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// Does not read the modality.
    Modality,
    /// The account is not active.
    Inactive,
    /// Does not work now.
    Unavailable,
    /// Has as many open studies as allowed.
    Full,
    /// Gave the study back.
    Released,
}

/// A radiologist as an automatic assignment saw him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    pub radiologist_id: i64,
    pub load: Load,
    pub max_open_studies: i32,
    pub last_assigned_at: Option<DateTime<Utc>>,
    /// None: came into question.
    pub left_out: Option<LeftOut>,
    /// The study was an emergency: who can begin soonest gets it.
    pub for_emergency: bool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    To(i64),
    /// Somebody has it already.
    Before,
    /// Nobody came into question.
    Nobody,
}

/// Gives a study that waits for a radiologist to one; where nobody comes into question it waits on, and people are told once.
pub async fn study_assign_now(db: &Db, study_id: i64) -> Result<Assigned> {
    let ctx = Context::system("assign_study");
    let tx = db.begin().await?;
    let study = hold(&tx, study_id).await?;
    if study.assigned_radiologist_id.is_some() || StudyStatus::of(&study)? != StudyStatus::Uploaded {
        return Ok(Assigned::Before);
    }
    let considered = considered(&tx, &study).await?;
    let Some(chosen) = chosen(&considered) else {
        wait(&tx, &ctx, &study).await?;
        tx.commit().await?;
        return Ok(Assigned::Nobody);
    };
    give(&tx, &ctx, study, chosen, AssignmentMethod::Automatic, Some(&considered)).await?;
    tx.commit().await?;
    metrics::counter!("gantry_studies_assigned_automatically_total").increment(1);
    Ok(Assigned::To(chosen))
}

/// Gives away the studies for which nobody was found before, the soonest due first; answers how many went.
pub async fn studies_assign_waiting(db: &Db) -> Result<usize> {
    let rows = Entity::find().filter(Column::AssignmentWaitsAt.is_not_null());
    let rows = rows.order_by_asc(Column::DueAt).order_by_asc(Column::Id).limit(AT_ONCE);
    let waiting: Vec<(i64, String)> =
        rows.select_only().columns([Column::Id, Column::Modality]).into_tuple().all(db.reader()).await?;
    let (mut went, mut nobody_reads) = (0, BTreeSet::new());
    for (id, modality) in waiting {
        if nobody_reads.contains(&modality) {
            continue;
        }
        match study_assign_now(db, id).await? {
            Assigned::To(_) => went += 1,
            Assigned::Before => {}
            // The next one of the modality would find nobody either; whom this one's giving back left out gets it at the next run.
            Assigned::Nobody => drop(nobody_reads.insert(modality)),
        }
    }
    Ok(went)
}

async fn wait(tx: &Transaction, ctx: &Context, study: &study::Model) -> Result<()> {
    if study.assignment_waits_at.is_some() {
        return Ok(());
    }
    let row = study::ActiveModel {
        id: Set(study.id),
        assignment_waits_at: Set(Some(Utc::now())),
        ..Default::default()
    };
    row.update(tx).await?;
    tell(tx, ctx, study, EventKind::AutoAssignmentWaiting, json!({})).await
}

/// Every radiologist with a profile, by id, each held.
async fn considered(tx: &Transaction, study: &study::Model) -> Result<Vec<Considered>> {
    let readers = radiologists::hold_all(tx).await?;
    let released = history::released_by(tx, study.id).await?;
    let (for_emergency, now) = (Urgency::of(study)? == Urgency::Emergency, Utc::now());
    let one = |reader: Reader| {
        let left_out = left_out(&reader, study, &released, now)?;
        Ok(Considered {
            radiologist_id: reader.profile.user_id,
            load: reader.load,
            max_open_studies: reader.profile.max_open_studies,
            last_assigned_at: reader.profile.last_assigned_at,
            left_out,
            for_emergency,
        })
    };
    readers.into_iter().map(one).collect()
}

fn left_out(reader: &Reader, study: &study::Model, released: &[i64], now: DateTime<Utc>) -> Result<Option<LeftOut>> {
    let profile = &reader.profile;
    Ok(if !reader.is_active {
        Some(LeftOut::Inactive)
    } else if !radiologists::reads(profile, &study.modality)? {
        Some(LeftOut::Modality)
    } else if !radiologists::is_available(profile, now)? {
        Some(LeftOut::Unavailable)
    } else if released.contains(&profile.user_id) {
        Some(LeftOut::Released)
    } else if reader.load.open >= profile.max_open_studies.into() {
        Some(LeftOut::Full)
    } else {
        None
    })
}

/// An emergency goes before everything but other emergencies and what is being read, so these decide who can begin soonest; else the
/// weighted load does. Then whoever has got nothing for the longest time, then the lower id.
fn chosen(considered: &[Considered]) -> Option<i64> {
    let able = considered.iter().filter(|one| one.left_out.is_none());
    let key = |one: &&Considered| {
        let ahead = if one.for_emergency {
            one.load.emergencies + one.load.in_review
        } else {
            0
        };
        (ahead, one.load.weighted, one.last_assigned_at, one.radiologist_id)
    };
    able.min_by_key(key).map(|one| one.radiologist_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(id: i64, weighted: i64, emergencies: i64) -> Considered {
        Considered {
            radiologist_id: id,
            load: Load {
                open: weighted,
                weighted,
                emergencies,
                in_review: 0,
            },
            max_open_studies: 10,
            last_assigned_at: None,
            left_out: None,
            for_emergency: false,
        }
    }

    #[test]
    fn the_least_load_is_chosen_then_the_longest_idle_then_the_lower_id() {
        let mut all = vec![one(3, 2, 0), one(1, 1, 0), one(2, 1, 0)];
        assert_eq!(chosen(&all), Some(1));
        all[1].last_assigned_at = Some(Utc::now());
        assert_eq!(chosen(&all), Some(2), "who never got one is idle the longest");
        all[2].left_out = Some(LeftOut::Full);
        all[1].left_out = Some(LeftOut::Unavailable);
        assert_eq!(chosen(&all), Some(3));
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn an_emergency_goes_to_whoever_can_begin_soonest() {
        let mut all = vec![one(1, 8, 1), one(2, 9, 0)];
        assert_eq!(chosen(&all), Some(1));
        all.iter_mut().for_each(|one| one.for_emergency = true);
        assert_eq!(chosen(&all), Some(2));
    }
}
