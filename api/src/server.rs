//! The HTTP server: answers until it is told to stop, then ends what runs and nothing new.

use crate::graphql;
use crate::rates::{self, Rates};
use crate::routes;
use domain::{App, Config};
use poem::listener::{Acceptor, TcpAcceptor};
use poem::{Endpoint, Server};
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long requests may go on after the stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves on a bound listener until `app.stop` is cancelled.
pub async fn serve(app: App, listener: tokio::net::TcpListener) -> std::io::Result<()> {
    let rates = Rates::new(&app.config);
    let endpoint = routes::endpoint(&app, rates.clone()).map_err(std::io::Error::other)?;
    if let Some(rates) = rates {
        tokio::spawn(rates::exchange(app.clone(), rates));
    }
    run(app, listener, endpoint).await
}

/// Looks at what only the HTTP server reads of the settings, so that a process can end before it has begun anything.
pub fn check(config: &Config) -> Result<(), String> {
    graphql::settings(config, CancellationToken::new()).map(drop)
}

/// Serves health and metrics only, as a process does that has no other HTTP.
pub async fn serve_operations(app: App, listener: tokio::net::TcpListener) -> std::io::Result<()> {
    let endpoint = routes::operations(&app);
    run(app, listener, endpoint).await
}

async fn run(app: App, listener: tokio::net::TcpListener, endpoint: impl Endpoint + 'static) -> std::io::Result<()> {
    let (acceptor, audit) = (TcpAcceptor::from_tokio(listener)?, app.audit.clone());
    tracing::info!(address = ?acceptor.local_addr().first().map(ToString::to_string), "listening");
    let served = Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(endpoint, async move { app.stop.cancelled().await }, Some(GRACE))
        .await;
    if timeout(GRACE, audit.written()).await.is_err() {
        tracing::error!("the last records of the audit trail were not written");
    }
    served
}
