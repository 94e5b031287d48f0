//! Content negotiation: which of the three response media types a request wants, and what it sends.

use poem::http::{HeaderMap, header};

/// What a response can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`, the older one.
    Json,
    /// `application/graphql-response+json`, of the GraphQL-over-HTTP specification.
    GraphQl,
    /// `text/event-stream`, GraphQL over SSE in distinct connections mode.
    EventStream,
}

impl Media {
    /// Value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphQl => "application/graphql-response+json; charset=utf-8",
            Self::EventStream => "text/event-stream; charset=utf-8",
        }
    }

    fn of_range(range: &str) -> Option<Self> {
        match range.trim().to_ascii_lowercase().as_str() {
            "application/graphql-response+json" => Some(Self::GraphQl),
            "application/json" | "application/*" | "*/*" => Some(Self::Json),
            "text/event-stream" | "text/*" => Some(Self::EventStream),
            _ => None,
        }
    }
}

/// The wanted media type: highest quality first, then order of the header. `None` when nothing on offer is wanted
/// (406). A request without `Accept` wants `application/json`.
pub fn accepted(headers: &HeaderMap) -> Option<Media> {
    if !headers.contains_key(header::ACCEPT) {
        return Some(Media::Json);
    }
    let mut best: Option<(f32, Media)> = None;
    for range in headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let mut parts = range.split(';');
        let Some(media) = parts.next().and_then(Media::of_range) else {
            continue;
        };
        let quality = parts.find_map(quality).unwrap_or(1.0);
        if quality > best.map_or(0.0, |(known, _)| known) {
            best = Some((quality, media));
        }
    }
    best.map(|(_, media)| media)
}

fn quality(parameter: &str) -> Option<f32> {
    let (name, value) = parameter.split_once('=')?;
    name.trim().eq_ignore_ascii_case("q").then(|| value.trim().parse().unwrap_or(0.0))
}

/// What the body of a POST is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// `application/json` in UTF-8.
    Json,
    /// `multipart/form-data`, of the multipart request specification.
    Multipart,
}

/// The media type of the body; `None` when it is missing or not served (415). Types that a form or a script can send
/// to a foreign site without a preflight (`text/plain`, forms, none at all) are never GraphQL.
pub fn sent(headers: &HeaderMap) -> Option<Sent> {
    let encoded = headers.get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity");
    if encoded {
        return None;
    }
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let mut parts = value.split(';');
    match parts.next()?.trim().to_ascii_lowercase().as_str() {
        "application/json" => parts.all(is_utf8_or_other).then_some(Sent::Json),
        "multipart/form-data" => Some(Sent::Multipart),
        _ => None,
    }
}

fn is_utf8_or_other(parameter: &str) -> bool {
    match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn accept(value: &'static str) -> Option<Media> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(value));
        accepted(&headers)
    }

    fn content_type(value: &'static str) -> Option<Sent> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
        sent(&headers)
    }

    #[test]
    fn quality_outranks_order_and_order_breaks_ties() {
        assert_eq!(
            accept("application/json;q=0.5, application/graphql-response+json"),
            Some(Media::GraphQl)
        );
        assert_eq!(
            accept("application/json, application/graphql-response+json"),
            Some(Media::Json)
        );
        assert_eq!(accept("text/html, */*;q=0.8"), Some(Media::Json));
        assert_eq!(accept("TEXT/Event-Stream"), Some(Media::EventStream));
    }

    #[test]
    fn what_cannot_be_produced_is_not_acceptable() {
        assert_eq!(accept("text/html"), None);
        assert_eq!(accept("application/json;q=0"), None);
        assert_eq!(accept(""), None);
        assert_eq!(accepted(&HeaderMap::new()), Some(Media::Json));
    }

    #[test]
    fn only_json_and_multipart_bodies_are_graphql() {
        assert_eq!(content_type("application/json; charset=UTF-8"), Some(Sent::Json));
        assert_eq!(content_type("application/json; charset=utf-16"), None);
        assert_eq!(content_type("text/plain"), None);
        assert_eq!(content_type("application/x-www-form-urlencoded"), None);
        assert_eq!(content_type("multipart/form-data; boundary=x"), Some(Sent::Multipart));
        assert_eq!(sent(&HeaderMap::new()), None);
    }

    #[test]
    fn a_compressed_body_is_not_taken_for_plain_json() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(sent(&headers), None);
    }
}
