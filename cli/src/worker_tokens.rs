//! `gantry worker-token …`.

use crate::arguments::WorkerTokenCommand;
use crate::table::table;
use crate::{Outcome, serve};
use chrono::{TimeDelta, Utc};
use domain::jobs::{JobKind, external};
use domain::page::PageRequest;
use domain::rows::WorkerToken;
use domain::worker_tokens::{self, NewWorkerToken};
use domain::{App, Config, Context};
use tokio_util::sync::CancellationToken;

pub async fn worker_token(config: Config, command: WorkerTokenCommand) -> Outcome {
    serve::migrate(config.clone()).await?;
    let app = App::open(config, CancellationToken::new()).await.map_err(|error| error.to_string())?;
    match command {
        WorkerTokenCommand::Add {
            name,
            kinds,
            centre,
            expires_days,
        } => {
            let new = NewWorkerToken {
                name,
                kinds: kinds.iter().map(|word| kind(word)).collect::<Result<_, _>>()?,
                centre_id: centre,
                expires_at: expires_days.map(|days| Utc::now() + TimeDelta::days(i64::from(days))),
            };
            add(&app, new).await
        }
        WorkerTokenCommand::List => list(&app).await,
        WorkerTokenCommand::Revoke { id } => {
            let revoked = worker_tokens::worker_token_revoke(&app, &acting(), id).await;
            let token = revoked.map_err(|error| format!("{error}; `gantry worker-token list` shows them"))?;
            println!("worker token {} revoked: {}", token.id, token.name);
            Ok(())
        }
    }
}

fn acting() -> Context {
    Context::command_line()
}

fn kind(word: &str) -> Result<JobKind, String> {
    let possible: Vec<&str> = external::kinds().into_iter().map(JobKind::as_str).collect();
    JobKind::parse(word).filter(|kind| possible.contains(&kind.as_str())).ok_or_else(|| {
        format!(
            "{word} is no kind that workers outside can do; choose {}",
            possible.join(" or ")
        )
    })
}

async fn add(app: &App, new: NewWorkerToken) -> Outcome {
    let made = worker_tokens::worker_token_create(app, &acting(), new).await;
    let (row, token) = made.map_err(|error| error.to_string())?;
    println!("worker token {} made: {}", row.id, row.name);
    println!("token, shown only now: {token}");
    Ok(())
}

async fn list(app: &App) -> Outcome {
    let mut page = PageRequest::default();
    let mut table = table(&["ID", "NAME", "KINDS", "CENTRE", "STATE", "LAST USED"]);
    loop {
        let found = worker_tokens::worker_token_list(app, &acting(), page).await.map_err(|error| error.to_string())?;
        table.add_rows(found.items.iter().map(row));
        page.from = found.items.last().map(|row| row.id);
        if !found.has_next {
            println!("{}", table.trim_fmt());
            return Ok(());
        }
    }
}

fn row(row: &WorkerToken) -> [String; 6] {
    let kinds: Vec<&str> = worker_tokens::kinds_of(row).into_iter().map(JobKind::as_str).collect();
    let centre = row.centre_id.map_or_else(|| "all".to_owned(), |id| id.to_string());
    let now = Utc::now();
    let state = match (row.revoked_at, row.expires_at) {
        (Some(at), _) => format!("revoked {}", at.format("%F")),
        (None, Some(at)) if at <= now => format!("expired {}", at.format("%F")),
        (None, Some(at)) => format!("good until {}", at.format("%F")),
        (None, None) => "good".to_owned(),
    };
    let used = row.last_used_at.map_or_else(|| "never".to_owned(), |at| at.format("%F %R").to_string());
    [
        row.id.to_string(),
        row.name.clone(),
        kinds.join(","),
        centre,
        state,
        used,
    ]
}
