//! The binary `gantry`: wiring of the rooms, nothing else.

mod accounts;
mod arguments;
mod audit;
mod demo;
mod jobs;
mod models;
mod serve;
mod show;
mod table;
mod worker_tokens;

use arguments::{Arguments, Command};
use clap::Parser;
use domain::Config;
use std::process::ExitCode;
use std::time::Duration;

/// A problem, in one line that says what to do.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        eprintln!("gantry: another TLS provider was installed first");
        return ExitCode::FAILURE;
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("gantry: the runtime did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(arguments.command));
    // A decoder that is still busy must not hold the process.
    runtime.shutdown_timeout(Duration::from_millis(200));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("gantry: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Outcome {
    if let Command::Schema { check } = &command {
        return show::schema(check.as_deref());
    }
    let config = Config::load()?;
    log(&command);
    match command {
        Command::Serve { demo } => serve::all(config, demo).await,
        Command::Api => serve::api(config).await,
        Command::Worker => serve::worker(config).await,
        Command::Migrate => serve::migrate(config).await,
        Command::Demo { paths, exit } => demo::run(config, paths, exit).await,
        Command::Config => show::config(&config),
        Command::User(command) => accounts::user(config, command).await,
        Command::Jobs(command) => jobs::jobs(config, command).await,
        Command::Model(command) => models::model(&config, command).await,
        Command::Audit(command) => audit::audit(config, command).await,
        Command::WorkerToken(command) => worker_tokens::worker_token(config, command).await,
        Command::Schema { .. } => Ok(()),
    }
}

/// Logs go to standard error: readable on a terminal, JSON elsewhere. `demo` is for people: only what is wrong is logged.
fn log(command: &Command) {
    use std::io::IsTerminal;
    let default = match command {
        Command::Serve { .. } | Command::Api | Command::Worker => "info,sqlx=warn,sea_orm_migration=warn",
        _ => "warn",
    };
    let filter = std::env::var("GANTRY_LOG").unwrap_or_else(|_| default.into());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        builder.init();
    } else {
        builder.json().init();
    }
}
