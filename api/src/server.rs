//! The HTTP server: answers until it is told to stop, then ends what runs and nothing new.

use crate::routes;
use domain::App;
use poem::Server;
use poem::listener::{Acceptor, TcpAcceptor};
use std::time::Duration;

/// How long requests may go on after the stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves on a bound listener until `app.stop` is cancelled.
pub async fn serve(app: App, listener: tokio::net::TcpListener) -> std::io::Result<()> {
    let acceptor = TcpAcceptor::from_tokio(listener)?;
    tracing::info!(address = ?acceptor.local_addr().first().map(ToString::to_string), "listening");
    let stop = app.stop.clone();
    Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(
            routes::endpoint(&app),
            async move { stop.cancelled().await },
            Some(GRACE),
        )
        .await
}
