//! The modes of the server.

use crate::Outcome;
use domain::signals::Signals;
use domain::{App, Config, setup, studies};
use migration::{Migrator, MigratorTrait};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// HTTP and workers in one process; brings the database up to date itself.
pub async fn all(config: Config, demo: bool) -> Outcome {
    let stop = stop_on_signal();
    let (app, listener) = start(config, stop, demo).await?;
    tell(&listener)?;
    let worker = tokio::spawn(worker::run(app.clone(), worker::Options::from_config(&app.config)));
    let served = api::serve(app.clone(), listener).await.map_err(|error| error.to_string());
    app.stop.cancel();
    // The worker returns what it has not finished.
    let _ = worker.await;
    served
}

/// Opens everything that a server needs, with its listener bound first, so that a busy port costs nothing.
pub async fn start(config: Config, stop: CancellationToken, demo: bool) -> Result<(App, TcpListener), String> {
    api::check(&config)?;
    let listener = bind(config.listen, "GANTRY_LISTEN").await?;
    migrate(config.clone()).await?;
    let app = App::open(config, stop).await.map_err(|error| error.to_string())?;
    if demo {
        setup::demo_accounts(&app).await.map_err(|error| error.to_string())?;
    }
    if let Some(password) = setup::first_admin(&app).await.map_err(|error| error.to_string())? {
        println!("First start: sign in as admin with the password {password} (shown only now)");
    }
    Ok((app, listener))
}

async fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "{address} is in use by another program; stop it, or choose another address: {setting}=127.0.0.1:8001"
        ),
        _ => format!("cannot listen on {address}: {error}; choose another address with {setting}"),
    })
}

pub async fn api(config: Config) -> Outcome {
    api::check(&config)?;
    let listener = bind(config.listen, "GANTRY_LISTEN").await?;
    up_to_date(&config).await?;
    let app = App::open(config, stop_on_signal()).await.map_err(|error| error.to_string())?;
    if let Some(password) = setup::first_admin(&app).await.map_err(|error| error.to_string())? {
        println!("First start: sign in as admin with the password {password} (shown only now)");
    }
    tell(&listener)?;
    api::serve(app, listener).await.map_err(|error| error.to_string())
}

/// One line on standard output once requests are answered; scripts read the port from it.
fn tell(listener: &TcpListener) -> Outcome {
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    println!("Gantry serves on http://{address}");
    Ok(())
}

pub async fn worker(config: Config) -> Outcome {
    let operations = match config.metrics_listen {
        Some(address) => Some(bind(address, "GANTRY_METRICS_LISTEN").await?),
        None => None,
    };
    up_to_date(&config).await?;
    let app = App::open(config, stop_on_signal()).await.map_err(|error| error.to_string())?;
    if let Some(listener) = operations {
        tokio::spawn(api::serve_operations(app.clone(), listener));
    }
    let options = worker::Options::from_config(&app.config);
    worker::run(app, options).await.map_err(|error| error.to_string())
}

pub async fn migrate(config: Config) -> Outcome {
    let db = connect(&config).await?;
    Migrator::up(db.writer(), None)
        .await
        .map_err(|error| format!("the database could not be brought up to date: {error}"))?;
    studies::words_renew(&db)
        .await
        .map_err(|error| format!("the words by which studies are found could not be made: {error}"))
}

/// Refuses a database that lacks migrations.
pub async fn up_to_date(config: &Config) -> Outcome {
    let db = connect(config).await?;
    let pending = Migrator::get_pending_migrations(db.writer()).await.map_err(|error| error.to_string())?;
    if pending.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the database lacks {} migrations; run: gantry migrate",
        pending.len()
    ))
}

async fn connect(config: &Config) -> Result<domain::db::Db, String> {
    setup::connect(config, &Arc::new(Signals::default())).await.map_err(|error| error.to_string())
}

/// Cancelled by Ctrl-C or SIGTERM; a second Ctrl-C ends the process at once.
pub fn stop_on_signal() -> CancellationToken {
    let stop = CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        asked_to_stop().await;
        told.cancel();
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    stop
}

async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}
