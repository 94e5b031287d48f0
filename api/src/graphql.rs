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
mod subscription;
pub mod transport;
mod types;

use async_graphql::{Schema, SchemaBuilder};

pub use gate::ServerGate;
pub use loaders::Loaders;

pub type GantrySchema = Schema<query::Query, mutation::Mutation, subscription::Subscription>;

fn builder() -> SchemaBuilder<query::Query, mutation::Mutation, subscription::Subscription> {
    Schema::build(query::Query, mutation::Mutation::default(), subscription::Subscription)
        .register_output_type::<types::Node>()
        .limit_depth(12)
        .limit_complexity(20_000)
        .limit_recursive_depth(32)
}

/// The schema as it runs.
pub fn schema() -> GantrySchema {
    builder().finish()
}

/// The schema as clients see it, for `schema.graphql`.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    schema().sdl_with_options(options)
}
