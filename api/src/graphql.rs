//! The GraphQL face: schema, resolvers and transport.
//!
//! Invariant: the number of SQL statements of a request does not depend on the number of rows; everything nested is loaded by
//! a DataLoader.

mod connection;
mod errors;
mod gate;
mod ids;
mod loaders;
mod mutation;
mod query;
mod settings;
mod subscription;
pub mod transport;
mod types;

use async_graphql::{Schema, SchemaBuilder};

pub use gate::ServerGate;
pub use loaders::Loaders;
pub use settings::settings;
pub use transport::Code;

pub type GantrySchema = Schema<query::Query, mutation::Mutation, subscription::Subscription>;

fn builder() -> SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription> {
    Schema::build(query::Query, mutation::Mutation::default(), subscription::Subscription)
        .register_output_type::<types::Node>()
        .limit_recursive_depth(32)
        // They cost a comparison with every field of a type, and tell strangers what they did not ask for.
        .disable_suggestions()
        .extension(transport::Metering)
}

/// The schema as it runs. Introspection that the operator switched off is refused by the transport, and does not exist here either.
pub fn schema(introspection: bool) -> GantrySchema {
    match introspection {
        true => builder().finish(),
        false => builder().disable_introspection().finish(),
    }
}

/// The schema as clients see it, for `schema.graphql`.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    schema(true).sdl_with_options(options)
}
