//! The HTTP server: answers until it is told to stop, then ends what runs and nothing new.

use crate::routes;
use domain::App;
use poem::listener::{Acceptor, TcpAcceptor};
use poem::{Endpoint, Server};
use std::time::Duration;

/// How long requests may go on after the stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves on a bound listener until `app.stop` is cancelled.
pub async fn serve(app: App, listener: tokio::net::TcpListener) -> std::io::Result<()> {
    let endpoint = routes::endpoint(&app);
    run(app, listener, endpoint).await
}

/// Serves health and metrics only, as a process does that has no other HTTP.
pub async fn serve_operations(app: App, listener: tokio::net::TcpListener) -> std::io::Result<()> {
    let endpoint = routes::operations(&app);
    run(app, listener, endpoint).await
}

async fn run(app: App, listener: tokio::net::TcpListener, endpoint: impl Endpoint + 'static) -> std::io::Result<()> {
    let acceptor = TcpAcceptor::from_tokio(listener)?;
    tracing::info!(address = ?acceptor.local_addr().first().map(ToString::to_string), "listening");
    Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(endpoint, async move { app.stop.cancelled().await }, Some(GRACE))
        .await
}
