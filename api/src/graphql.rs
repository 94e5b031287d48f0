//! The GraphQL face: schema, resolvers and transport.
//!
//! Invariant: the number of SQL statements of a request does not depend on the number of rows; everything nested is loaded by
//! a DataLoader.

mod batches;
mod connection;
mod errors;
mod executor;
mod gate;
mod ids;
mod loaders;
mod mutation;
mod query;
mod settings;
mod subscription;
pub mod transport;
mod types;

use async_graphql::{Schema, SchemaBuilder, ValidationMode};
use connection::{AuditedStudies, Of, PriorStudies, Total};
use domain::events::Cursor;
use domain::reports::TemplateKey;
use domain::studies::{SeriesKey, StudyKey};
use uuid::Uuid;

pub use executor::GantryExecutor;
pub use gate::ServerGate;
pub use loaders::Loaders;
pub use settings::settings;
pub use transport::Code;

pub type GantrySchema = Schema<query::Query, mutation::Mutation, subscription::Subscription>;

type Builder = SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription>;

fn builder() -> Builder {
    Schema::build(
        query::Query::default(),
        mutation::Mutation::default(),
        subscription::Subscription,
    )
    .register_output_type::<types::Node>()
    .limit_recursive_depth(32)
    // They cost a comparison with every field of a type, and tell strangers what they did not ask for.
    .disable_suggestions()
}

/// Connections are made by the library, which describes none.
fn described(builder: Builder) -> Builder {
    builder
        .override_output_type_description::<Of<Uuid, types::AuditEvent>>("A page of audit events.")
        .override_output_type_description::<Of<u32, types::Study, Total, AuditedStudies, AuditedStudies>>(
            "A page of the studies of an audit event.",
        )
        .override_output_type_description::<Of<i64, types::Centre>>("A page of centres.")
        .override_output_type_description::<Of<u32, types::Frame>>("A page of the frames of an instance.")
        .override_output_type_description::<Of<i64, types::ImagingMachine>>("A page of imaging machines.")
        .override_output_type_description::<Of<i64, types::Instance>>("A page of instances.")
        .override_output_type_description::<Of<i64, types::Invoice>>("A page of invoices.")
        .override_output_type_description::<Of<i64, types::InvoiceChange>>("A page of the statuses of an invoice.")
        .override_output_type_description::<Of<i64, types::Statement>>("A page of statements.")
        .override_output_type_description::<Of<Uuid, types::Job>>("A page of jobs.")
        .override_output_type_description::<Of<SeriesKey, types::Series>>("A page of the series of a study.")
        .override_output_type_description::<Of<StudyKey, types::Study, types::Counts>>("A page of studies.")
        .override_output_type_description::<Of<StudyKey, types::Study, Total, PriorStudies>>("A page of priors.")
        .override_output_type_description::<Of<Cursor, types::StudyEvent>>("A page of what happened to a study.")
        .override_output_type_description::<Of<i64, types::Price>>("A page of prices.")
        .override_output_type_description::<Of<i64, types::Assignment>>("A page of the assignments of a study.")
        .override_output_type_description::<Of<i64, types::Report>>("A page of reports.")
        .override_output_type_description::<Of<i64, types::ReportAddendum>>("A page of the addenda of a report.")
        .override_output_type_description::<Of<i64, types::ReportKeyImage>>("A page of the key images of a report.")
        .override_output_type_description::<Of<i64, types::ReportMacro>>("A page of macros.")
        .override_output_type_description::<Of<TemplateKey, types::ReportTemplate>>("A page of templates.")
        .override_output_type_description::<Of<i64, types::Analysis>>("A page of analyses.")
        .override_output_type_description::<Of<i64, types::CriticalFinding>>("A page of critical findings.")
        .override_output_type_description::<Of<i64, types::ReportVersion>>("A page of the texts of a report.")
        .override_output_type_description::<Of<i64, types::User>>("A page of users.")
        .override_output_type_description::<Of<i64, types::WorkerToken>>("A page of worker tokens.")
}

/// What runs operations. Introspection that the operator switched off is refused by the transport, and does not exist here either.
pub fn executor(introspection: bool) -> GantryExecutor {
    let builder = || match introspection {
        true => described(builder()),
        false => described(builder()).disable_introspection(),
    };
    GantryExecutor {
        // The appraisal has validated the document by every rule.
        schema: builder().validation_mode(ValidationMode::Fast).finish(),
        appraisal: builder().extension(executor::Unexecuted).extension(transport::Metering).finish(),
    }
}

/// The schema as clients see it, for `schema.graphql`.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    described(builder()).finish().sdl_with_options(options)
}
