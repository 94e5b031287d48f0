//! What the transport needs to know of callers, so that it knows nothing of users, tokens or roles.
//!
//! The server implements [`Gate`] once; GraphQL over HTTP, SSE and WebSocket all pass through it.

use std::future::Future;

use async_graphql::Data;
use chrono::{DateTime, Utc};
use poem::Request;
use tokio_util::sync::CancellationToken;

use super::refusal::Refusal;
use crate::rates::Payer;

/// JSON object that a client sends with `connection_init`, for example `{"Authorization": "Bearer …"}`.
pub type InitPayload = serde_json::Map<String, serde_json::Value>;

/// Decides who calls. Anonymous callers are the gate's business: it may answer with a caller that is nobody.
pub trait Gate: Clone + Send + Sync + 'static {
    /// The identity that a request or socket acts as; cheap to clone.
    type Caller: Clone + Send + Sync + 'static;

    /// Reads the credentials of one HTTP request from its headers.
    fn http(&self, request: &Request) -> impl Future<Output = Result<Session<Self::Caller>, Refusal>> + Send;

    /// Reads the credentials of a socket from `connection_init`, or from the request that asked for the upgrade.
    ///
    /// A gate that accepts cookies here must compare `Origin` with its own host: browsers let any page open a socket.
    fn socket(
        &self,
        upgrade: &Request,
        payload: InitPayload,
    ) -> impl Future<Output = Result<Session<Self::Caller>, Refusal>> + Send;

    /// Whose budget the caller's operations are charged to.
    fn payer(&self, caller: &Self::Caller) -> Payer;

    /// Data that the resolvers of one operation see. Called once an operation, also within a batch or socket, so
    /// that data loaders made here never outlive the operation.
    fn operation(&self, caller: &Self::Caller) -> Data;
}

/// A caller, and when it stops being one.
pub struct Session<C> {
    /// Who acts.
    pub caller: C,
    /// When the credentials run out; streams and sockets end then.
    pub expires_at: Option<DateTime<Utc>>,
    /// Cancelled when the credentials are revoked; streams and sockets end at once. A token of this session alone: it
    /// is cancelled as well when the session is dropped, so that whoever watches for it ends with it.
    pub ended: CancellationToken,
}

impl<C> Drop for Session<C> {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

/// Why a session stopped while somebody was still listening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// `expires_at` passed.
    Expired,
    /// `ended` was cancelled.
    Revoked,
}

impl SessionEnd {
    /// Words for the client: what happened and what to do.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Expired => "Token expired: connect again with a fresh one",
            Self::Revoked => "Session ended: sign in again",
        }
    }
}

impl<C> Session<C> {
    /// A session without an end, as an anonymous caller has.
    pub fn endless(caller: C) -> Self {
        Self {
            caller,
            expires_at: None,
            ended: CancellationToken::new(),
        }
    }

    /// Waits until the session is over; for ever when nothing ends it.
    pub(super) async fn over(&self) -> SessionEnd {
        tokio::select! {
            () = self.ended.cancelled() => SessionEnd::Revoked,
            () = wait_until(self.expires_at) => SessionEnd::Expired,
        }
    }
}

async fn wait_until(moment: Option<DateTime<Utc>>) {
    match moment {
        // A moment in the past has no positive distance: it is over at once.
        Some(moment) => {
            let left = (moment - Utc::now()).to_std().unwrap_or_default();
            tokio::time::sleep(left).await;
        }
        None => std::future::pending().await,
    }
}
