//! Settings of the edge: whom the server believes, by which names it is called, and which other sites may call it.
//!
//! Each is a list with commas between, checked when it is read.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};
use std::net::IpAddr;

/// Networks of proxies whose word about the caller counts: `10.0.0.0/8, 127.0.0.1`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Networks(Vec<IpNet>);

impl Networks {
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

impl TryFrom<String> for Networks {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let network = |word: &str| {
            let address = || word.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
            let network = word.parse::<IpNet>().or_else(|_| address());
            network.map_err(|_| format!("{word} is no address and no network such as 10.0.0.0/8"))
        };
        words(&text).map(network).collect::<Result<_, _>>().map(Self)
    }
}

/// Names by which the server may be called, without ports: `pacs.example.org, *.example.org`; none: any.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Whether a `Host` header, with or without a port, has one of the names.
    pub fn permit(&self, host: &str) -> bool {
        let name = without_port(host).trim_end_matches('.');
        let has = |known: &String| match known.strip_prefix('*') {
            Some(domain) => name.len() > domain.len() && ends_with(name, domain),
            None => name.eq_ignore_ascii_case(known),
        };
        self.0.is_empty() || self.0.iter().any(has)
    }
}

impl TryFrom<String> for Hosts {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let host = |word: &str| {
            let name = word.strip_prefix("*.").unwrap_or(word);
            let sound = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
            match sound && without_port(name) == name {
                true => Ok(word.to_ascii_lowercase()),
                false => Err(format!(
                    "{word} is no host name, without scheme and port, such as pacs.example.org"
                )),
            }
        };
        words(&text).map(host).collect::<Result<_, _>>().map(Self)
    }
}

/// Origins of other sites whose pages may call the server with the credentials of their users: `https://viewer.example.org`.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origins(Vec<String>);

impl Origins {
    pub fn contain(&self, origin: &[u8]) -> bool {
        self.0.iter().any(|known| known.as_bytes() == origin)
    }
}

impl TryFrom<String> for Origins {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let origin = |word: &str| {
            let host = ["https://", "http://"].iter().find_map(|scheme| word.strip_prefix(scheme));
            let visible = |host: &str| !host.is_empty() && host.bytes().all(|b| b.is_ascii_graphic());
            match host.is_some_and(|host| visible(host) && !host.contains(['/', '*', '@', '?', '#'])) {
                true => Ok(word.to_ascii_lowercase()),
                false => Err(format!(
                    "{word} is no origin, with scheme and without path, such as https://viewer.example.org"
                )),
            }
        };
        words(&text).map(origin).collect::<Result<_, _>>().map(Self)
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty())
}

/// `pacs.example.org:8000` and `[::1]:8000` without what follows the last colon outside of brackets.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') && !name.is_empty() => name,
        _ => host,
    }
}

fn ends_with(name: &str, end: &str) -> bool {
    name.as_bytes()
        .get(name.len() - end.len()..)
        .is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
}

fn joined<T: Display>(list: &[T]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

macro_rules! shown_as_a_list {
    ($($name:ident)*) => {
        $(impl From<$name> for String {
            fn from(list: $name) -> Self {
                joined(&list.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", joined(&self.0))
            }
        })*
    };
}

shown_as_a_list!(Networks Hosts Origins);

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: TryFrom<String, Error = String>>(text: &str) -> Result<T, String> {
        T::try_from(text.to_owned())
    }

    #[test]
    fn networks_contain_addresses_of_both_families() {
        let networks: Networks = read(" 10.0.0.0/8,127.0.0.1, 2001:db8::/32 ,").unwrap();
        let contain = |text: &str| networks.contain(text.parse().unwrap());
        assert!(["10.9.8.7", "127.0.0.1", "2001:db8::7", "::ffff:10.1.1.1"].into_iter().all(contain));
        assert!(!["11.0.0.1", "127.0.0.2", "2001:db9::"].into_iter().any(contain));
        assert_eq!(String::from(networks), "10.0.0.0/8, 127.0.0.1/32, 2001:db8::/32");
        assert!(read::<Networks>("10.0.0.0/33").unwrap_err().starts_with("10.0.0.0/33 is no address"));
    }

    #[test]
    fn hosts_are_compared_without_case_and_port() {
        let hosts: Hosts = read("PACS.example.org, *.clinic.example, 127.0.0.1, [::1]").unwrap();
        for known in [
            "pacs.example.org:8000",
            "Pacs.Example.ORG.",
            "a.clinic.example",
            "127.0.0.1:1",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(hosts.permit(known), "{known}");
        }
        for other in [
            "example.org",
            "clinic.example",
            ".clinic.example",
            "pacs.example.org.evil.example",
            "",
            "é",
        ] {
            assert!(!hosts.permit(other), "{other}");
        }
        assert!(Hosts::default().permit("anything"));
        assert!(read::<Hosts>("https://pacs.example.org").is_err() && read::<Hosts>("pacs:8000").is_err());
    }

    #[test]
    fn origins_are_whole_and_never_anything() {
        let origins: Origins = read("https://viewer.example.org,http://localhost:3000").unwrap();
        assert!(origins.contain(b"https://viewer.example.org") && origins.contain(b"http://localhost:3000"));
        assert!(!origins.contain(b"http://viewer.example.org") && !origins.contain(b"null"));
        for wrong in [
            "*",
            "null",
            "viewer.example.org",
            "https://viewer.example.org/",
            "https://*.example.org",
        ] {
            assert!(read::<Origins>(wrong).is_err(), "{wrong}");
        }
    }
}
