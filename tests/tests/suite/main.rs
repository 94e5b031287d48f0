//! One binary over the whole system: behaviour as users see it, on the database and store that the environment names.

#![allow(clippy::unwrap_used)]

mod analyses;
mod apidocs;
mod architecture;
mod assignment;
mod audit;
mod authorisation;
mod billing;
mod details;
mod docs_graphql;
mod edge;
mod external_workers;
mod faces;
mod faults;
mod graphiql;
mod graphql_attacks;
mod graphql_errors;
mod graphql_transport;
mod history;
mod identity;
mod jobs;
mod media;
mod models;
mod pacs;
mod prices;
mod processes;
mod queues;
mod rates;
mod reports;
mod schema;
mod settings;
mod storage;
mod subscriptions;
mod upload;
mod upload_hostile;
mod worklist;
