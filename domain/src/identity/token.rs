//! JSON Web Tokens (RFC 7519), HS256: access tokens, refresh tokens and sessions of browsers, never taken for one another (contract X-10).

use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone)]
pub struct TokenKeys(Arc<Keys>);

struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// For signed URLs: a key of its own, derived from the secret.
    urls: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TokenType {
    Access,
    Refresh,
    Session,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    /// User name (contract S2-03).
    pub sub: String,
    pub user_id: i64,
    pub role: Option<String>,
    pub token_type: TokenType,
    pub iat: i64,
    pub exp: i64,
    pub jti: Uuid,
    /// `token_version` of the user when it was made.
    pub ver: i32,
}

impl TokenKeys {
    pub fn new(secret: &str) -> Self {
        Self(Arc::new(Keys {
            encoding: EncodingKey::from_secret(secret.as_bytes()),
            decoding: DecodingKey::from_secret(secret.as_bytes()),
            urls: hmac(secret.as_bytes(), b"signed urls"),
        }))
    }

    pub(super) fn sign(&self, claims: &Claims) -> Result<String> {
        encode(&Header::new(Algorithm::HS256), claims, &self.0.encoding).map_err(Error::internal)
    }

    pub(super) fn verify(&self, token: &str, wanted: TokenType) -> Result<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        let claims = decode::<Claims>(token, &self.0.decoding, &validation).map_err(|_| Error::Unauthenticated)?.claims;
        if claims.token_type != wanted {
            return Err(Error::Unauthenticated);
        }
        Ok(claims)
    }

    /// Hex signature of a URL's path and expiry.
    pub(crate) fn sign_url(&self, path: &str, expires: DateTime<Utc>) -> String {
        let bytes = hmac(&self.0.urls, format!("{path}\n{}", expires.timestamp()).as_bytes());
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Compares in constant time.
    pub(crate) fn verify_url(&self, path: &str, expires: i64, signature: &str) -> bool {
        let Some(bytes) = from_hex(signature) else { return false };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0.urls) else {
            return false;
        };
        mac.update(format!("{path}\n{expires}").as_bytes());
        mac.verify_slice(&bytes).is_ok() && expires >= Utc::now().timestamp()
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        },
    )
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    (0..32).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()).collect()
}
