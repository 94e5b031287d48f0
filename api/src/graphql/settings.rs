//! From the settings of the server to those of the GraphQL transport.

use super::transport::{Documents, Limits, Registered, Settings};
use domain::Config;
use domain::config::Switch;
use tokio_util::sync::CancellationToken;

/// The transport as configured, but for the budget; an error when the file of registered operations cannot be used.
pub fn settings(config: &Config, shutdown: CancellationToken) -> Result<Settings, String> {
    let limits = Limits {
        tokens: config.graphql_max_tokens,
        aliases: config.graphql_max_aliases,
        directives: config.graphql_max_directives,
        depth: config.graphql_max_depth,
        cost: config.graphql_max_cost as usize,
        introspection: config.graphql_introspection == Switch::On,
        ..Limits::default()
    };
    let documents = match &config.graphql_operations {
        Some(path) => Documents::Registered(Registered::load(path, &limits)?),
        None => Documents::default(),
    };
    Ok(Settings {
        limits,
        documents,
        batch: config.graphql_max_batch,
        files: config.max_upload_files,
        shutdown,
        ..Settings::default()
    })
}
