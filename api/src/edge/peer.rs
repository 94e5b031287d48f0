//! Who is at the other end (contract X-35): the caller's address, scheme and host, by what trusted proxies say and by nothing else.
//!
//! Read are `X-Forwarded-For`, `-Proto` and `-Host`, each from its end, because proxies append to what callers sent. `Forwarded`
//! (RFC 7239) is not: a proxy that sets one kind passes the other one through as the caller invented it.

use domain::config::Networks;
use poem::http::{HeaderMap, header};
use poem::{Endpoint, Middleware, Request, Result};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Nobody has more proxies before the server; what is further left is not looked at.
const MOST_PROXIES: usize = 16;
const LONGEST_HOST: usize = 255;

/// The caller as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    pub address: Option<IpAddr>,
    /// `pacs.example.org:8443`, as the caller addressed it.
    pub host: Option<String>,
    /// Whether the caller speaks TLS, with a proxy.
    pub https: bool,
}

impl Peer {
    /// Of a request that passed [`Forwarding`]; else nothing is known.
    pub fn of(request: &Request) -> Self {
        request.data::<Self>().cloned().unwrap_or_default()
    }

    fn read(connection: Option<IpAddr>, headers: &HeaderMap, trusted: &Networks) -> Self {
        let host = last(headers, header::HOST.as_str());
        let direct = Self {
            address: connection,
            host: host.and_then(sensible),
            https: false,
        };
        match connection {
            Some(proxy) if trusted.contain(proxy) => Self {
                address: Some(behind(proxy, headers, trusted)),
                host: last(headers, "x-forwarded-host").and_then(sensible).or(direct.host),
                https: last(headers, "x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")),
            },
            _ => direct,
        }
    }
}

/// The rightmost address that is no trusted proxy; the last one before something that is no address.
fn behind(proxy: IpAddr, headers: &HeaderMap, trusted: &Networks) -> IpAddr {
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let words = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    let mut nearest = proxy;
    for word in words.take(MOST_PROXIES) {
        let Some(address) = address(word) else { break };
        nearest = address;
        if !trusted.contain(address) {
            break;
        }
    }
    nearest
}

/// `192.0.2.1`, `2001:db8::1`, and both as some proxies write them, with a port.
fn address(word: &[u8]) -> Option<IpAddr> {
    let word = std::str::from_utf8(word.trim_ascii()).ok()?;
    let address = word.parse().or_else(|_| word.parse::<SocketAddr>().map(|socket| socket.ip())).ok()?;
    Some(address.to_canonical())
}

fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let line = headers.get_all(name).iter().next_back()?.as_bytes();
    let word = line.rsplit(|byte| *byte == b',').next()?;
    std::str::from_utf8(word.trim_ascii()).ok()
}

/// A host that may stand in an address that the server writes.
fn sensible(host: &str) -> Option<String> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    let sound = (1..=LONGEST_HOST).contains(&host.len()) && host.bytes().all(known);
    sound.then(|| host.to_owned())
}

/// Finds out who calls, before anything else is done.
pub struct Forwarding(pub Arc<domain::Config>);

impl<E: Endpoint> Middleware<E> for Forwarding {
    type Output = ForwardingEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        ForwardingEndpoint {
            inner,
            config: self.0.clone(),
        }
    }
}

pub struct ForwardingEndpoint<E> {
    inner: E,
    config: Arc<domain::Config>,
}

impl<E: Endpoint> Endpoint for ForwardingEndpoint<E> {
    type Output = E::Output;

    async fn call(&self, mut request: Request) -> Result<E::Output> {
        let connection = request.remote_addr().as_socket_addr().map(|socket| socket.ip().to_canonical());
        let peer = Peer::read(connection, request.headers(), &self.config.trusted_proxies);
        request.extensions_mut().insert(peer);
        self.inner.call(request).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::http::HeaderValue;

    fn peer(connection: &str, headers: &[(&'static str, &str)]) -> Peer {
        let trusted = Networks::try_from("10.0.0.0/8, 2001:db8::/32".to_owned()).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Peer::read(Some(connection.parse().unwrap()), &map, &trusted)
    }

    fn address(connection: &str, lines: &[&str]) -> String {
        let headers: Vec<_> = lines.iter().map(|line| ("x-forwarded-for", *line)).collect();
        peer(connection, &headers).address.unwrap().to_string()
    }

    #[test]
    fn x_35_the_rightmost_address_that_is_no_trusted_proxy_calls() {
        assert_eq!(address("10.0.0.1", &["192.0.2.7"]), "192.0.2.7");
        assert_eq!(address("10.0.0.1", &["198.51.100.1, 192.0.2.7, 10.0.0.2"]), "192.0.2.7");
        assert_eq!(
            address("10.0.0.1", &["198.51.100.1", "192.0.2.7:4711", "[2001:db8::1]:80"]),
            "192.0.2.7"
        );
        assert_eq!(address("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        assert_eq!(address("2001:db8::1", &["::ffff:192.0.2.7"]), "192.0.2.7");
    }

    #[test]
    fn x_35_what_others_than_trusted_proxies_say_counts_for_nothing() {
        let headers = [
            ("x-forwarded-for", "10.0.0.9"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
            ("host", "pacs.example.org"),
        ];
        let stranger = peer("192.0.2.1", &headers);
        assert_eq!(stranger.address, Some("192.0.2.1".parse().unwrap()));
        assert_eq!(
            (stranger.host.as_deref(), stranger.https),
            (Some("pacs.example.org"), false)
        );
        let proxy = peer("10.0.0.1", &headers);
        assert_eq!((proxy.host.as_deref(), proxy.https), (Some("evil.example"), true));
    }

    #[test]
    fn x_35_garbage_ends_the_search_and_long_headers_cost_little() {
        assert_eq!(address("10.0.0.1", &["192.0.2.7, unknown"]), "10.0.0.1");
        assert_eq!(address("10.0.0.1", &["192.0.2.7, _hidden, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(address("10.0.0.1", &[""]), "10.0.0.1");
        let far = |proxies: usize| format!("192.0.2.7{}", ", 10.0.0.2".repeat(proxies));
        assert_eq!(address("10.0.0.1", &[&far(MOST_PROXIES - 1)]), "192.0.2.7");
        assert_eq!(
            address("10.0.0.1", &[&far(MOST_PROXIES)]),
            "10.0.0.2",
            "what is further left is not looked at"
        );
        assert_eq!(address("10.0.0.1", &[&far(100_000)]), "10.0.0.2");
        assert_eq!(peer("192.0.2.1", &[("host", "a b<script>")]).host, None);
    }
}
