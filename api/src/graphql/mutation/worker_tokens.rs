//! Tokens of workers outside the server.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::types::{JobKind, WorkerToken, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use domain::worker_tokens::{self, NewWorkerToken};

#[derive(Default)]
pub struct WorkerTokenMutation;

/// A new worker token.
#[derive(InputObject)]
pub struct WorkerTokenCreateInput {
    /// Unique among the tokens that were not revoked; shown with the jobs of its workers.
    name: String,
    /// What it may claim; only kinds that workers outside can do.
    kinds: Vec<JobKind>,
    /// Only jobs of this centre. Left out: of all.
    centre: Option<ID>,
    /// When it ends. Left out: it is good until it is revoked.
    expires_at: Option<DateTime<Utc>>,
}

/// Which worker token.
#[derive(InputObject)]
pub struct WorkerTokenRevokeInput {
    /// Which worker token.
    id: ID,
}

/// The new worker token, or what to mend.
#[derive(SimpleObject)]
pub struct WorkerTokenCreatePayload {
    /// What is known of the token.
    worker_token: Option<WorkerToken>,
    /// The token itself, shown only now: `gwt_` and 43 characters.
    token: Option<String>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// The worker token, or what to mend.
#[derive(SimpleObject)]
pub struct WorkerTokenRevokePayload {
    /// The worker token as it is now.
    worker_token: Option<WorkerToken>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl WorkerTokenMutation {
    /// Makes a token with which workers outside the server may claim jobs.
    async fn worker_token_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A new worker token.")] input: WorkerTokenCreateInput,
    ) -> Result<WorkerTokenCreatePayload> {
        let made = async {
            let new = NewWorkerToken {
                name: input.name,
                kinds: input.kinds.into_iter().map(Into::into).collect(),
                centre_id: input.centre.as_ref().map(ids::centre).transpose()?,
                expires_at: input.expires_at,
            };
            worker_tokens::worker_token_create(app(ctx)?, acting(ctx)?, new).await
        };
        let (made, user_errors) = outcome(made.await)?;
        let (worker_token, token) = made.unzip();
        Ok(WorkerTokenCreatePayload {
            worker_token: worker_token.map(WorkerToken),
            token,
            user_errors,
        })
    }

    /// Makes a worker token useless at once. Jobs that its workers hold return to the queue when their leases end.
    async fn worker_token_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which worker token.")] input: WorkerTokenRevokeInput,
    ) -> Result<WorkerTokenRevokePayload> {
        let revoked = async {
            let id = ids::worker_token(&input.id)?;
            worker_tokens::worker_token_revoke(app(ctx)?, acting(ctx)?, id).await
        };
        let (worker_token, user_errors) = outcome(revoked.await)?;
        Ok(WorkerTokenRevokePayload {
            worker_token: worker_token.map(WorkerToken),
            user_errors,
        })
    }
}
