//! Who is counted.

use domain::Context;
use domain::context::Identity;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Whose limit is used up.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Payer {
    /// Somebody who is signed in, wherever they are.
    Account(String),
    /// Whoever calls from an address; see [`Payer::at`].
    Address(IpAddr),
    /// Everybody of whom nothing is known.
    Unknown,
}

impl Payer {
    /// The payer for an address. IPv6 is counted by its first 64 bits, because a single host has all addresses below them.
    pub fn at(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V6(address)) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                Self::Address(IpAddr::V6(network.into()))
            }
            Some(address) => Self::Address(address),
            None => Self::Unknown,
        }
    }

    /// Users and workers pay wherever they are; who is not signed in, with all others at the same address.
    pub fn of(caller: &Context) -> Self {
        match &caller.identity {
            Identity::User(user) => Self::Account(format!("user {}", user.id)),
            Identity::Worker(worker) => Self::Account(format!("worker {}", worker.name)),
            Identity::Anonymous | Identity::Holder { .. } | Identity::System => Self::at(caller.remote),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_host_pay_together() {
        let at = |text: &str| Payer::at(Some(text.parse().unwrap()));
        assert_eq!(at("2001:db8:1:2:3:4:5:6"), at("2001:db8:1:2::1"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
