//! How limits are told to clients: `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-10, which are structured
//! fields (RFC 9651), and `X-RateLimit-*` for the clients of today.

use super::{Limiter, Standing};
use poem::http::{HeaderMap, HeaderName, HeaderValue};

/// Sets the headers by where the caller stands with each limit. The old headers know one limit: the one of which least is left.
pub fn tell(headers: &mut HeaderMap, standings: &[(&Limiter, Standing)]) {
    let share = |standing: &Standing| f64::from(standing.remaining) / f64::from(standing.limit);
    let Some((_, tightest)) = standings.iter().min_by(|(_, one), (_, other)| share(one).total_cmp(&share(other)))
    else {
        return;
    };
    let list = |item: fn(&Limiter, &Standing) -> String| {
        let items: Vec<_> = standings.iter().map(|(limiter, standing)| item(limiter, standing)).collect();
        HeaderValue::from_str(&items.join(", "))
    };
    let policy = list(|limiter, _| {
        format!(
            "\"{}\";q={};w={}",
            limiter.name,
            limiter.limit,
            limiter.window.as_secs()
        )
    });
    let left = list(|limiter, standing| format!("\"{}\";r={};t={}", limiter.name, standing.remaining, standing.reset));
    for (name, value) in [("ratelimit-policy", policy), ("ratelimit", left)] {
        if let Ok(value) = value {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    for (name, value) in [
        ("x-ratelimit-limit", tightest.limit.into()),
        ("x-ratelimit-remaining", tightest.remaining.into()),
        ("x-ratelimit-reset", tightest.reset),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;
    use std::time::Duration;

    #[test]
    fn every_limit_is_told_and_the_tightest_to_old_clients() {
        let limiter = |name, n, seconds| Limiter::new(name, NonZeroU32::new(n).unwrap(), Duration::from_secs(seconds));
        let (ip, user) = (limiter("ip", 100, 60), limiter("user", 1_000, 3_600));
        let standing = |limit, remaining, reset| Standing {
            limit,
            remaining,
            reset,
        };
        let mut headers = HeaderMap::new();
        tell(
            &mut headers,
            &[(&ip, standing(100, 40, 36)), (&user, standing(1_000, 300, 2_520))],
        );
        let header = |name: &str| headers[name].to_str().unwrap();
        assert_eq!(header("ratelimit-policy"), r#""ip";q=100;w=60, "user";q=1000;w=3600"#);
        assert_eq!(header("ratelimit"), r#""ip";r=40;t=36, "user";r=300;t=2520"#);
        assert_eq!(
            (
                header("x-ratelimit-limit"),
                header("x-ratelimit-remaining"),
                header("x-ratelimit-reset")
            ),
            ("1000", "300", "2520")
        );
    }
}
