//! What stands between the network and the routes: who calls through which proxy, by which name, from which other site.

mod cors;
mod hosts;
mod peer;

pub use cors::Cors;
pub use hosts::AllowedHosts;
pub use peer::{Forwarding, Peer};
