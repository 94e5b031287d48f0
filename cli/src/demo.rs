//! `gantry demo`: the main job from upload to preview, through the public API, as any client would do it.

mod client;
mod files;
mod watch;

use crate::{Outcome, serve};
use client::Client;
use domain::Config;
use std::path::PathBuf;

pub async fn run(config: Config, paths: Vec<PathBuf>, exit: bool) -> Outcome {
    let sources = files::collect(&paths)?;
    let stop = serve::stop_on_signal();
    let (app, listener) = serve::start(config, stop, true).await?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let base = format!("http://{address}");
    println!("Gantry serves on {base}");
    let server = tokio::spawn(api::serve(app.clone(), listener));
    let worker = tokio::spawn(worker::run(app.clone(), worker::Options::from_config(&app.config)));

    let outcome = tokio::select! {
        outcome = work(&base, sources) => outcome,
        () = app.stop.cancelled() => Ok(()),
    };
    if outcome.is_ok() && !exit && !app.stop.is_cancelled() {
        println!("\nGantry goes on serving; Ctrl-C ends it.");
        app.stop.cancelled().await;
    }
    app.stop.cancel();
    let _ = tokio::join!(server, worker);
    outcome
}

async fn work(base: &str, sources: files::Sources) -> Outcome {
    let client = Client::sign_in(base, "tech1", "tech").await?;
    let uploaded = client.upload(sources).await?;
    for file in &uploaded.skipped {
        println!("  skipped {file}");
    }
    watch::until_done(&client, &uploaded.studies).await?;
    for study in &uploaded.studies {
        watch::tell(&client, study).await?;
    }
    if let Some(study) = uploaded.studies.first() {
        watch::what_to_try(&client, study);
    }
    Ok(())
}
