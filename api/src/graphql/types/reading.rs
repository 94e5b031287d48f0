//! What is known of a radiologist as a reader.

use super::{Modality, Weekday};
use crate::graphql::errors::top_level;
use async_graphql::{Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::radiologists::{self, Load};

pub struct RadiologistReading(pub radiologists::Reading);

/// What a radiologist reads, when, and how much: by this the server gives studies.
#[Object]
impl RadiologistReading {
    /// What is read.
    async fn modalities(&self) -> async_graphql::Result<Vec<Modality>> {
        let modalities = radiologists::modalities(&self.0.profile).map_err(top_level)?;
        Ok(modalities.into_iter().map(Into::into).collect())
    }

    /// Whether studies are taken now: switched on, and within the working hours.
    async fn is_available(&self) -> async_graphql::Result<bool> {
        radiologists::is_available(&self.0.profile, Utc::now()).map_err(top_level)
    }

    /// When availability ends by itself.
    async fn available_until(&self) -> Option<DateTime<Utc>> {
        self.0.profile.available_until
    }

    /// The working hours of a week; empty: at all times.
    async fn hours(&self) -> async_graphql::Result<Vec<WorkingHours>> {
        let hours = radiologists::working_hours(&self.0.profile).map_err(top_level)?;
        Ok(hours.into_iter().map(Into::into).collect())
    }

    /// Of the working hours: a name of the IANA time zone database.
    async fn time_zone(&self) -> &str {
        &self.0.profile.time_zone
    }

    /// With so many open studies the server gives no more.
    async fn max_open_studies(&self) -> i32 {
        self.0.profile.max_open_studies
    }

    /// What there is to read now; for administrators and the radiologist, null for others, because it comes from all centres.
    async fn load(&self) -> Option<ReadingLoad> {
        self.0.load.map(Into::into)
    }
}

/// Working hours of one day of the week.
#[derive(SimpleObject)]
pub struct WorkingHours {
    /// Which day.
    day: Weekday,
    /// From when, such as `08:30`.
    from: String,
    /// Up to when; `24:00` is the end of the day.
    to: String,
}

impl From<radiologists::WorkingHours> for WorkingHours {
    fn from(hours: radiologists::WorkingHours) -> Self {
        Self {
            day: hours.day.into(),
            from: hours.from(),
            to: hours.to(),
        }
    }
}

/// The studies that a radiologist has and that are not verified.
#[derive(SimpleObject)]
pub struct ReadingLoad {
    /// How many.
    open_studies: i64,
    /// An emergency counts 8, an urgent study 4, one with priority 2, a routine one 1.
    weight: i64,
    /// How many of them are emergencies.
    emergencies: i64,
    /// How many are being read.
    in_review: i64,
}

impl From<Load> for ReadingLoad {
    fn from(load: Load) -> Self {
        Self {
            open_studies: load.open,
            weight: load.weighted,
            emergencies: load.emergencies,
            in_review: load.in_review,
        }
    }
}
