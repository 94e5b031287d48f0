//! `ImagingMachine`: a scanner or gateway of a centre.

use super::{Centre, load, loaders};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::CentreId;
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::rows;

pub struct ImagingMachine(pub rows::ImagingMachine);

/// A scanner or gateway of a centre, as it is known on the DICOM network.
#[Object]
impl ImagingMachine {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::ImagingMachine(self.0.id).into()
    }

    /// The number by which the REST API knows the machine.
    async fn number(&self) -> i64 {
        self.0.id
    }

    /// The centre that it belongs to.
    async fn centre(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Centre>> {
        Ok(load(&loaders(ctx)?.centres, CentreId(self.0.centre_id)).await?.map(Centre))
    }

    /// Unique within the centre.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// IPv4 or IPv6.
    async fn ip_address(&self) -> Option<&str> {
        self.0.ip_address.as_deref()
    }

    /// TCP port of its DICOM service.
    async fn port(&self) -> Option<i32> {
        self.0.port
    }

    /// Application Entity Title (PS3.5, VR AE).
    async fn ae_title(&self) -> Option<&str> {
        self.0.ae_title.as_deref()
    }

    /// What people should know of it.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Whether it is in use.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// When it was added.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }
}
