//! How much each radiologist has to read.

use crate::db::sql::{numbers, query};
use crate::error::Result;
use crate::studies::{StudyStatus, Urgency};
use sea_orm::{ConnectionTrait, Value};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The studies that a radiologist has and that are not verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    pub open: i64,
    /// By `Urgency::weight`.
    pub weighted: i64,
    pub emergencies: i64,
    /// Begun and not reported.
    pub in_review: i64,
}

/// Of those who have anything, by one statement.
pub(super) async fn loads(c: &impl ConnectionTrait, ids: &[i64]) -> Result<HashMap<i64, Load>> {
    let mut loads: HashMap<i64, Load> = HashMap::new();
    if ids.is_empty() {
        return Ok(loads);
    }
    let sql = format!(
        "SELECT assigned_radiologist_id, urgency, status, count(*) FROM study
         WHERE assigned_radiologist_id IN ({}) AND status IN ('assigned','in_review','report_generated')
         GROUP BY assigned_radiologist_id, urgency, status",
        numbers(1, ids.len())
    );
    let values: Vec<Value> = ids.iter().map(|id| (*id).into()).collect();
    for row in query(c, &sql, values).await? {
        let (urgency, status): (String, String) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        let count: i64 = row.try_get_by_index(3)?;
        let urgency = Urgency::parse(&urgency).unwrap_or(Urgency::Routine);
        let load = loads.entry(row.try_get_by_index(0)?).or_default();
        load.open += count;
        load.weighted += count * urgency.weight();
        if urgency == Urgency::Emergency {
            load.emergencies += count;
        }
        if status == StudyStatus::InReview.as_str() {
            load.in_review += count;
        }
    }
    Ok(loads)
}
