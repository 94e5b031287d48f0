//! Imaging machines.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::types::{ImagingMachine, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::imaging_machines::{self, MachineInput};
use domain::rows;

#[derive(Default)]
pub struct ImagingMachineMutation;

/// A new machine.
#[derive(InputObject)]
pub struct ImagingMachineCreateInput {
    /// The centre that it belongs to; left out: one's own.
    centre: Option<ID>,
    /// Unique within the centre.
    name: String,
    /// IPv4 or IPv6.
    ip_address: Option<String>,
    /// TCP port of its DICOM service.
    port: Option<i32>,
    /// At most 16 characters.
    ae_title: Option<String>,
    /// What people should know of it.
    description: Option<String>,
}

/// Changes of a machine; what is left out stays.
#[derive(InputObject)]
pub struct ImagingMachineUpdateInput {
    /// Which machine.
    id: ID,
    /// Unique within the centre.
    name: Option<String>,
    /// IPv4 or IPv6.
    ip_address: Option<String>,
    /// TCP port of its DICOM service.
    port: Option<i32>,
    /// At most 16 characters.
    ae_title: Option<String>,
    /// What people should know of it.
    description: Option<String>,
    /// Whether it is in use.
    is_active: Option<bool>,
}

/// Which machine.
#[derive(InputObject)]
pub struct ImagingMachineDeleteInput {
    /// Which machine.
    id: ID,
}

/// The machine, or what to mend.
#[derive(SimpleObject)]
pub struct ImagingMachinePayload {
    /// The machine as it is now, or was when it was removed.
    imaging_machine: Option<ImagingMachine>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl ImagingMachineMutation {
    /// Adds a machine to a centre.
    async fn imaging_machine_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A new machine.")] input: ImagingMachineCreateInput,
    ) -> Result<ImagingMachinePayload> {
        let machine = async {
            let centre = input.centre.as_ref().map(ids::centre).transpose()?;
            let new = MachineInput {
                name: Some(input.name),
                ip_address: input.ip_address,
                port: input.port.map(i64::from),
                ae_title: input.ae_title,
                description: input.description,
                is_active: None,
            };
            imaging_machines::machine_create(app(ctx)?, acting(ctx)?, centre, new).await
        };
        payload(machine.await)
    }

    /// Changes a machine.
    async fn imaging_machine_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Changes of a machine; what is left out stays.")] input: ImagingMachineUpdateInput,
    ) -> Result<ImagingMachinePayload> {
        let machine = async {
            let id = ids::imaging_machine(&input.id)?;
            let update = MachineInput {
                name: input.name,
                ip_address: input.ip_address,
                port: input.port.map(i64::from),
                ae_title: input.ae_title,
                description: input.description,
                is_active: input.is_active,
            };
            imaging_machines::machine_update(app(ctx)?, acting(ctx)?, id, update).await
        };
        payload(machine.await)
    }

    /// Removes a machine.
    async fn imaging_machine_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which machine.")] input: ImagingMachineDeleteInput,
    ) -> Result<ImagingMachinePayload> {
        let machine = async {
            let id = ids::imaging_machine(&input.id)?;
            imaging_machines::machine_delete(app(ctx)?, acting(ctx)?, id).await
        };
        payload(machine.await)
    }
}

fn payload(machine: domain::Result<rows::ImagingMachine>) -> Result<ImagingMachinePayload> {
    let (machine, user_errors) = outcome(machine)?;
    Ok(ImagingMachinePayload {
        imaging_machine: machine.map(ImagingMachine),
        user_errors,
    })
}
