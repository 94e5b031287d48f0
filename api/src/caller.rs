//! Who calls: reads the credentials of a request into the `Context` that every service wants.

use crate::cookies::{self, CsrfCheck};
use crate::edge::Peer;
use crate::rates::Meter;
use chrono::{DateTime, Utc};
use domain::audit::{Face, Trail};
use domain::context::Identity;
use domain::{App, Context, Error, Result, identity, worker_tokens};
use poem::http::HeaderMap;
use poem::{FromRequest, Request, RequestBody};
use std::sync::Arc;

/// The id of a request, made or taken over by the telemetry middleware.
#[derive(Clone)]
pub struct RequestId(pub String);

/// The acting identity of a REST request, which must be signed in.
pub struct Caller(pub Context);

impl<'a> FromRequest<'a> for Caller {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let refused = |error| poem::Error::from(crate::rest::PacsError::from(error));
        let (ctx, _) = context(request).await.map_err(refused)?;
        match ctx.identity {
            Identity::Anonymous => Err(refused(Error::Unauthenticated)),
            _ => Ok(Self(ctx)),
        }
    }
}

/// As `Caller` for forms, whose CSRF token may be among their fields.
pub struct FormCaller {
    pub ctx: Context,
    pub csrf: CsrfCheck,
}

impl<'a> FromRequest<'a> for FormCaller {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> poem::Result<Self> {
        let refused = |error| poem::Error::from(crate::rest::PacsError::from(error));
        let (ctx, _, csrf) = identified(request).await.map_err(refused)?;
        match ctx.identity {
            Identity::Anonymous => Err(refused(Error::Unauthenticated)),
            _ => Ok(Self { ctx, csrf }),
        }
    }
}

/// The context of a request and when its credentials end. Wrong credentials are an error, none are nobody (contract X-11). A browser's
/// session changes nothing without its CSRF token.
pub async fn context(request: &Request) -> Result<(Context, Option<DateTime<Utc>>)> {
    let (ctx, expires, csrf) = identified(request).await?;
    csrf.done(None)?;
    Ok((ctx, expires))
}

async fn identified(request: &Request) -> Result<(Context, Option<DateTime<Utc>>, CsrfCheck)> {
    let known = known(request).await?;
    if let Some(meter) = request.data::<Meter>() {
        meter.called_by(&known.0)?;
    }
    Ok(known)
}

async fn known(request: &Request) -> Result<(Context, Option<DateTime<Utc>>, CsrfCheck)> {
    let app: &App = request.data().ok_or_else(|| {
        Error::internal(std::io::Error::other(
            "the server was put together without its services",
        ))
    })?;
    let token = bearer(request.headers())?;
    if token.is_none()
        && let Some(session) = cookies::read(request.headers(), cookies::SESSION)
        // A session that has ended is no credential: whoever has one must be able to reach the page where one signs in.
        && let Ok((user, expires)) = identity::web_session_find(app, session).await
    {
        let ctx = Context {
            identity: user.into(),
            ..anonymous(request)
        };
        return Ok((ctx, Some(expires), CsrfCheck::of(request)?));
    }
    let (ctx, expires) = authenticated(app, anonymous(request), token).await?;
    Ok((ctx, expires, CsrfCheck::Passed))
}

pub fn anonymous(request: &Request) -> Context {
    let id = request.data::<RequestId>().map_or_else(String::new, |id| id.0.clone());
    Context {
        remote: Peer::of(request).address,
        face: face(request.original_uri().path()),
        trail: request.data::<Arc<Trail>>().cloned().unwrap_or_default(),
        ..Context::anonymous(id)
    }
}

pub async fn authenticated(
    app: &App,
    mut ctx: Context,
    token: Option<&str>,
) -> Result<(Context, Option<DateTime<Utc>>)> {
    let Some(token) = token else { return Ok((ctx, None)) };
    if worker_tokens::is_worker_token(token) {
        let (worker, expires) = worker_tokens::authenticate(app, token).await?;
        ctx.identity = Identity::Worker(worker);
        return Ok((ctx, expires));
    }
    let (user, expires) = identity::authenticate(app, token).await?;
    ctx.identity = user.into();
    Ok((ctx, Some(expires)))
}

/// Whether the client came over TLS, to a proxy that is trusted (contract X-35).
pub fn is_https(request: &Request) -> bool {
    Peer::of(request).https
}

/// By which door a request came.
fn face(path: &str) -> Face {
    match path.split('/').nth(1) {
        Some("graphql") => Face::Graphql,
        Some("media") => Face::Media,
        Some("workers") => Face::Workers,
        _ => Face::Rest,
    }
}

/// The token of `Authorization: Bearer …` or `Authorization: JWT …`, scheme names in any case (contract X-08).
fn bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    match headers.get("authorization") {
        None => Ok(None),
        Some(value) => token(value.to_str().map_err(|_| Error::Unauthenticated)?).map(Some),
    }
}

/// The token within the value of an `Authorization` header.
pub fn token(value: &str) -> Result<&str> {
    let (scheme, token) = value.trim().split_once(' ').ok_or(Error::Unauthenticated)?;
    let known = ["bearer", "jwt"].iter().any(|name| scheme.eq_ignore_ascii_case(name));
    if known {
        Ok(token.trim())
    } else {
        Err(Error::Unauthenticated)
    }
}
