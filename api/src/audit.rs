//! What a request was given goes to the audit trail before it is answered.
//!
//! Operations of GraphQL have trails of their own, because a socket has many of them; see `graphql::executor`.

use domain::App;
use domain::audit::Trail;
use poem::{Endpoint, IntoResponse, Middleware, Request, Response};
use std::sync::Arc;

/// Gives every request a trail, and hands it over.
pub struct Audited {
    pub app: App,
}

impl<E: Endpoint> Middleware<E> for Audited {
    type Output = AuditedEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        AuditedEndpoint {
            app: self.app.clone(),
            inner,
        }
    }
}

pub struct AuditedEndpoint<E> {
    app: App,
    inner: E,
}

impl<E: Endpoint> Endpoint for AuditedEndpoint<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let trail = Arc::<Trail>::default();
        request.extensions_mut().insert(trail.clone());
        let answer = self.inner.call(request).await;
        // A body that is streamed begins only now.
        match self.app.audit.hand_over(&trail).await {
            Ok(()) => answer.map(IntoResponse::into_response),
            Err(error) => Err(crate::rest::PacsError::from(error).into()),
        }
    }
}
