//! Centres.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::types::{Centre, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::centres::{self, CentreInput, CentreReading, TargetMinutes};
use domain::rows;

#[derive(Default)]
pub struct CentreMutation;

/// A new centre.
#[derive(InputObject)]
pub struct CentreCreateInput {
    /// Unique.
    name: String,
    /// Where it is.
    address: Option<String>,
    /// Where it reads mail.
    contact_email: Option<String>,
    /// Where it answers the telephone.
    contact_phone: Option<String>,
    /// Whether verifying a report bills its study; off when left out.
    auto_billing: Option<bool>,
    /// Whether software analyses what is uploaded; off when left out.
    auto_analyze: Option<bool>,
}

/// Changes of a centre; what is left out stays.
#[derive(InputObject)]
pub struct CentreUpdateInput {
    /// Which centre.
    id: ID,
    /// Unique.
    name: Option<String>,
    /// Where it is.
    address: Option<String>,
    /// Where it reads mail.
    contact_email: Option<String>,
    /// Where it answers the telephone.
    contact_phone: Option<String>,
    /// Users of an inactive centre cannot upload.
    is_active: Option<bool>,
    /// Whether verifying a report bills its study.
    auto_billing: Option<bool>,
    /// Whether software analyses what is uploaded.
    auto_analyze: Option<bool>,
}

/// Which centre; one that nothing belongs to.
#[derive(InputObject)]
pub struct CentreDeleteInput {
    /// Which centre.
    id: ID,
}

/// Minutes from upload to verification, 1 to 44640; what is left out is the server's.
#[derive(InputObject)]
pub struct TargetMinutesInput {
    /// Of emergencies; usually 30.
    emergency: Option<i32>,
    /// Of urgent studies; usually 60.
    urgent: Option<i32>,
    /// Of studies with priority; usually 240.
    priority: Option<i32>,
    /// Of all others; usually 1440.
    routine: Option<i32>,
}

/// How a centre's studies are read; what is left out stays.
#[derive(InputObject)]
pub struct CentreReadingSetInput {
    /// Which centre.
    centre: ID,
    /// Of studies that are uploaded from now on.
    target_minutes: Option<TargetMinutesInput>,
    /// Whether the server gives new studies to radiologists.
    auto_assign: Option<bool>,
}

/// Which centre.
#[derive(InputObject)]
pub struct CentreDeactivateInput {
    /// Which centre.
    id: ID,
}

/// The centre, or what to mend.
#[derive(SimpleObject)]
pub struct CentrePayload {
    /// The centre as it is now, or was when it was removed.
    centre: Option<Centre>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl CentreMutation {
    /// Makes a centre.
    async fn centre_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A new centre.")] input: CentreCreateInput,
    ) -> Result<CentrePayload> {
        let new = CentreInput {
            name: Some(input.name),
            address: input.address,
            contact_email: input.contact_email,
            contact_phone: input.contact_phone,
            is_active: None,
            auto_billing: input.auto_billing,
            auto_analyze: input.auto_analyze,
        };
        let centre = async { centres::centre_create(app(ctx)?, acting(ctx)?, new).await };
        payload(centre.await)
    }

    /// Changes a centre.
    async fn centre_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Changes of a centre; what is left out stays.")] input: CentreUpdateInput,
    ) -> Result<CentrePayload> {
        let update = CentreInput {
            name: input.name,
            address: input.address,
            contact_email: input.contact_email,
            contact_phone: input.contact_phone,
            is_active: input.is_active,
            auto_billing: input.auto_billing,
            auto_analyze: input.auto_analyze,
        };
        let centre = async { centres::centre_update(app(ctx)?, acting(ctx)?, ids::centre(&input.id)?, update).await };
        payload(centre.await)
    }

    /// Says until when a centre's studies are to be reported, and whether the server gives them to radiologists.
    async fn centre_reading_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How a centre's studies are read; what is left out stays.")] input: CentreReadingSetInput,
    ) -> Result<CentrePayload> {
        let targets = input.target_minutes.map(|minutes| TargetMinutes {
            emergency: minutes.emergency,
            urgent: minutes.urgent,
            priority: minutes.priority,
            routine: minutes.routine,
        });
        let reading = CentreReading {
            targets,
            auto_assign: input.auto_assign,
        };
        let centre =
            async { centres::centre_reading_set(app(ctx)?, acting(ctx)?, ids::centre(&input.centre)?, reading).await };
        payload(centre.await)
    }

    /// Its users can no longer upload; its studies stay.
    async fn centre_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which centre.")] input: CentreDeactivateInput,
    ) -> Result<CentrePayload> {
        let centre = async { centres::centre_deactivate(app(ctx)?, acting(ctx)?, ids::centre(&input.id)?).await };
        payload(centre.await)
    }

    /// Removes a centre that has no users, studies, prices or machines; the others are deactivated.
    async fn centre_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which centre; one that nothing belongs to.")] input: CentreDeleteInput,
    ) -> Result<CentrePayload> {
        let centre = async { centres::centre_delete(app(ctx)?, acting(ctx)?, ids::centre(&input.id)?).await };
        payload(centre.await)
    }
}

fn payload(centre: domain::Result<rows::Centre>) -> Result<CentrePayload> {
    let (centre, user_errors) = outcome(centre)?;
    Ok(CentrePayload {
        centre: centre.map(Centre),
        user_errors,
    })
}
