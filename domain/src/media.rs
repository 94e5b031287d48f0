//! Signed, expiring addresses of pictures and files: whoever holds one may read that one thing until it ends.

use crate::App;
use crate::context::{Context, Identity};
use crate::error::{Error, Result};
use chrono::{DateTime, TimeDelta, Utc};

/// The parameter that says whom an address was given to.
const BY: &str = "by=";

#[derive(Debug, Clone)]
pub struct SignedUrl {
    /// Path and query, without host.
    pub path: String,
    pub expires_at: DateTime<Utc>,
}

/// Signs a path (`/media/frames/…?format=png`); everything in it is covered by the signature. Whom it is given to stands in it, so that it is
/// known whose address was used.
pub(crate) fn sign(app: &App, ctx: &Context, path: &str) -> SignedUrl {
    // In steps of five minutes, so that the same picture keeps its address for a while and caches work.
    let end = Utc::now() + TimeDelta::minutes(app.config.signed_url_minutes);
    let rounded = end.timestamp() - end.timestamp() % 300 + 300;
    let expires_at = DateTime::from_timestamp(rounded, 0).unwrap_or(end);
    let joint = |path: &str| if path.contains('?') { '&' } else { '?' };
    let path = match ctx.user_id() {
        Some(id) => format!("{path}{}{BY}{id}", joint(path)),
        None => path.to_owned(),
    };
    let signature = app.tokens.sign_url(&path, expires_at);
    SignedUrl {
        path: format!(
            "{path}{}expires={}&signature={signature}",
            joint(&path),
            expires_at.timestamp()
        ),
        expires_at,
    }
}

/// Splits path and query as they came into what was signed, and checks the signature; answers who it stands for.
pub fn verify(app: &App, path_and_query: &str) -> Result<Identity> {
    let refused = || Error::Unauthenticated;
    let (rest, signature) = path_and_query.rsplit_once("&signature=").ok_or_else(refused)?;
    let (path, expires) = rest.rsplit_once("expires=").ok_or_else(refused)?;
    let path = path.strip_suffix(['?', '&']).ok_or_else(refused)?;
    let expires = expires.parse().map_err(|_| refused())?;
    match app.tokens.verify_url(path, expires, signature) {
        true => Ok(Identity::Holder {
            user_id: path.rsplit_once(BY).and_then(|(_, id)| id.parse().ok()),
        }),
        false => Err(refused()),
    }
}
