//! The measures of `cargo xtask bench`: what a release build does in a second, and how much memory it takes.
//!
//! `--large` uploads 2 GB for the measure of memory, instead of 200 MB. PostgreSQL and S3 are measured when
//! `GANTRY_TEST_POSTGRES_URL` names a server; S3 is `s3s-fs` in this process, which shares the cores with what is measured.
//! `--peer MEASURE` does one measure of the job engine for `cargo xtask bench peers`, `--graphql FOLDER LINE ...` measures the API beside
//! peers for `cargo xtask bench graphql`. `worklist [sqlite|postgres]` compares a large archive with a small one, `audit` reads with and
//! without the audit trail.

mod archive;
mod audit;
mod events;
mod graphql;
mod load;
mod memory;
mod peer;
mod pictures;
mod queue;
mod upload;
mod worklist;

use anyhow::{Result, bail};

/// A pair of database and store.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Backend {
    Sqlite,
    Postgres,
}

impl Backend {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite, folder",
            Self::Postgres => "PostgreSQL, S3",
        }
    }

    async fn install(self) -> tests::process::Installation {
        tests::process::Installation::on(self == Self::Postgres, &[]).await
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => all(false).await,
        ["--large"] => all(true).await,
        ["--peer", ref rest @ ..] => peer::measure(rest).await,
        ["--graphql", ref rest @ ..] => graphql::measure(rest).await,
        ["audit"] => audit::measure(&backends()).await,
        ["worklist"] => worklist::measure(&backends()).await,
        ["worklist", "sqlite"] => worklist::measure(&[Backend::Sqlite]).await,
        ["worklist", "postgres"] => worklist::measure(&[Backend::Postgres]).await,
        _ => bail!(
            "not understood: {}; there are --large, --peer, --graphql, audit and worklist",
            arguments.join(" ")
        ),
    }
}

async fn all(large: bool) -> Result<()> {
    let backends = backends();
    title("Upload: 200 files of 0.5 MB in one request, one client, answered when stored");
    for backend in &backends {
        upload::measure(*backend).await?;
    }
    title("Pictures: decode, window, JPEG of whole frames; one thread");
    pictures::measure()?;
    title("Jobs: one worker process");
    for backend in &backends {
        queue::measure(*backend).await?;
    }
    if backends.contains(&Backend::Postgres) {
        title("Events: 1,000 subscribers by server-sent events, 20 events/s, one gantry api, PostgreSQL");
        events::measure().await?;
    }
    title("Memory of gantry serve (resident, highest), SQLite, folder");
    memory::measure(if large { 1_000 } else { 100 }).await
}

/// Those that there are.
fn backends() -> Vec<Backend> {
    let mut backends = vec![Backend::Sqlite];
    if std::env::var_os(tests::postgres::SERVER).is_some() {
        backends.push(Backend::Postgres);
    }
    backends
}

fn title(text: &str) {
    println!("\n{text}");
}

/// A row of the table: what, and how much.
fn row(what: &str, value: impl std::fmt::Display) {
    println!("  {what:<58} {value:>24}");
}
