//! Radiologists as readers.

use super::users::{UserPayload, payload};
use crate::graphql::ids;
use crate::graphql::types::{Modality, Weekday, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result};
use chrono::{DateTime, Utc};
use domain::radiologists::{self, ProfileChange, WorkingHours};

#[derive(Default)]
pub struct RadiologistMutation;

/// Working hours of one day of the week; a night is two of them.
#[derive(InputObject)]
pub struct WorkingHoursInput {
    /// Which day.
    day: Weekday,
    /// From when, such as `08:30`.
    from: String,
    /// Up to when; `24:00` is the end of the day.
    to: String,
}

/// What a radiologist reads, when, and how much; what is left out stays.
#[derive(InputObject)]
pub struct RadiologistProfileSetInput {
    /// Left out: oneself. Others are for administrators.
    radiologist: Option<ID>,
    /// What is read. At first: nothing.
    #[graphql(validator(max_items = 20))]
    modalities: Option<Vec<Modality>>,
    /// Whether studies are taken, until `availableUntil` or until it is said otherwise. At first: yes.
    is_available: Option<bool>,
    /// When availability ends by itself; left out beside `isAvailable`: never.
    available_until: Option<DateTime<Utc>>,
    /// The working hours of a week; empty, as at first: at all times.
    #[graphql(validator(max_items = 50))]
    hours: Option<Vec<WorkingHoursInput>>,
    /// Of the working hours: a name of the IANA time zone database, such as `Europe/Vienna`. At first: UTC.
    time_zone: Option<String>,
    /// With so many open studies the server gives no more; 0 to 1000. At first: 10.
    max_open_studies: Option<i32>,
}

#[Object]
impl RadiologistMutation {
    /// Says what a radiologist reads, when, and how much. Studies that wait for somebody are then tried again.
    async fn radiologist_profile_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What a radiologist reads, when, and how much; what is left out stays.")]
        input: RadiologistProfileSetInput,
    ) -> Result<UserPayload> {
        let user = async {
            let id = match &input.radiologist {
                Some(id) => ids::user(id)?,
                None => acting(ctx)?.user()?.id,
            };
            let hours = input.hours.map(|all| all.into_iter().map(parsed).collect()).transpose()?;
            let change = ProfileChange {
                modalities: input.modalities.map(|all| all.into_iter().map(Into::into).collect()),
                is_available: input.is_available,
                available_until: input.available_until,
                hours,
                time_zone: input.time_zone,
                max_open_studies: input.max_open_studies,
            };
            radiologists::radiologist_profile_set(app(ctx)?, acting(ctx)?, id, change).await
        };
        payload(user.await)
    }
}

fn parsed(hours: WorkingHoursInput) -> domain::Result<WorkingHours> {
    WorkingHours::parse(hours.day.into(), &hours.from, &hours.to)
}
