//! `gantry jobs …`: what the workers do, read and changed in the database itself, also while no server runs.

use crate::arguments::{JobsCommand, ListedJobs};
use crate::table::table;
use crate::{Outcome, serve};
use comfy_table::{Cell, CellAlignment};
use domain::jobs::{self, JobFilter, JobKind, JobState, QueueChange, QueueStatus};
use domain::page::PageRequest;
use domain::rows::Job;
use domain::{App, Config, Context, studies};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub async fn jobs(config: Config, command: JobsCommand) -> Outcome {
    serve::up_to_date(&config).await?;
    let app = App::open(config, CancellationToken::new()).await.map_err(|error| error.to_string())?;
    let ctx = Context::command_line();
    let pause = |paused| QueueChange {
        paused: Some(paused),
        ..Default::default()
    };
    match command {
        JobsCommand::List(wanted) => list(&app, &ctx, wanted).await,
        JobsCommand::Show { id } => show(&jobs::job_get(&app, &ctx, id).await.map_err(text)?),
        JobsCommand::Retry { id } => changed(&jobs::job_retry(&app, &ctx, id).await.map_err(text)?),
        JobsCommand::Cancel { id } => changed(&jobs::job_cancel(&app, &ctx, id).await.map_err(text)?),
        JobsCommand::Queues => {
            tell_queues(&jobs::queue_list(&app, &ctx).await.map_err(text)?);
            Ok(())
        }
        JobsCommand::Pause { queue } => update(&app, &ctx, &queue, pause(true)).await,
        JobsCommand::Resume { queue } => update(&app, &ctx, &queue, pause(false)).await,
        JobsCommand::Slots { queue, slots, centre } => {
            let slots = match slots.as_str() {
                "default" => None,
                slots => Some(slots.parse().map_err(|_| format!("{slots} is no number; give one, or default"))?),
            };
            let change = match centre {
                true => QueueChange {
                    centre_slots: Some(slots),
                    ..Default::default()
                },
                false => QueueChange {
                    slots: Some(slots),
                    ..Default::default()
                },
            };
            update(&app, &ctx, &queue, change).await
        }
    }
}

fn text(error: domain::Error) -> String {
    error.to_string()
}

async fn list(app: &App, ctx: &Context, wanted: ListedJobs) -> Outcome {
    let words = |all: Vec<&str>| all.join(", ");
    let kind = wanted.kind.as_deref().map(|kind| {
        let kinds = || words(JobKind::ALL.map(JobKind::as_str).to_vec());
        JobKind::parse(kind).ok_or_else(|| format!("{kind} is no kind of job; there are {}", kinds()))
    });
    let state = wanted.state.as_deref().map(|state| {
        let states = || words(JobState::ALL.map(JobState::as_str).to_vec());
        JobState::parse(&state.to_uppercase()).ok_or_else(|| format!("{state} is no state; there are {}", states()))
    });
    let study_id = match &wanted.study {
        Some(study) => Some(studies::study_find(app, ctx, study).await.map_err(text)?.id),
        None => None,
    };
    let filter = JobFilter {
        study_id,
        kind: kind.transpose()?,
        state: state.transpose()?,
    };
    let page = PageRequest {
        limit: wanted.limit,
        ..Default::default()
    };
    let jobs = jobs::job_list(app, ctx, &filter, page).await.map_err(text)?;
    if jobs.items.is_empty() {
        println!("No such jobs.");
        return Ok(());
    }
    let mut table = table(&["ID", "KIND", "STATE", "DONE", "ATTEMPT", "AGE", "NEXT", "ERROR"]);
    for job in &jobs.items {
        table.add_row(row(job));
    }
    println!("{}", table.trim_fmt());
    if jobs.has_next {
        println!("... and older ones; --limit shows more");
    }
    Ok(())
}

fn row(job: &Job) -> Vec<Cell> {
    let now = chrono::Utc::now();
    let next = match job.state.as_str() {
        "PENDING" if job.run_at > now => format!("in {}", short(job.run_at - now)),
        "PENDING" => "now".into(),
        _ => String::new(),
    };
    // A job that recurs has no number of attempts.
    let attempts = match job.max_attempts {
        i32::MAX => job.attempt.to_string(),
        most => format!("{}/{most}", job.attempt),
    };
    vec![
        Cell::new(job.id),
        Cell::new(&job.kind),
        Cell::new(&job.state),
        Cell::new(format!("{:.0} %", job.progress * 100.0)).set_alignment(CellAlignment::Right),
        Cell::new(attempts).set_alignment(CellAlignment::Right),
        Cell::new(short(now - job.created_at)).set_alignment(CellAlignment::Right),
        Cell::new(next),
        Cell::new(job.last_error.as_deref().unwrap_or_default()),
    ]
}

fn show(job: &Job) -> Outcome {
    let mut table = table(&[]);
    let time = |time: Option<chrono::DateTime<chrono::Utc>>| {
        time.map_or_else(|| "-".into(), |time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string())
    };
    let number = |number: Option<i64>| number.map_or_else(|| "-".into(), |number| number.to_string());
    let lines = [
        ("id", job.id.to_string()),
        ("kind", job.kind.clone()),
        ("queue", job.queue.clone()),
        ("state", job.state.clone()),
        ("progress", format!("{:.0} %", job.progress * 100.0)),
        ("priority", job.priority.to_string()),
        ("attempt", job.attempt.to_string()),
        ("lost workers", job.lost_leases.to_string()),
        ("put off by outages", job.deferrals.to_string()),
        ("worker", job.worker.clone().unwrap_or_else(|| "-".into())),
        ("centre", number(job.centre_id)),
        ("payload", job.payload.to_string()),
        ("asked for", time(Some(job.created_at))),
        ("due", time(Some(job.run_at))),
        ("started", time(job.started_at)),
        ("finished", time(job.finished_at)),
        ("error", job.last_error.clone().unwrap_or_else(|| "-".into())),
    ];
    for (name, value) in lines {
        table.add_row([name.to_owned(), value]);
    }
    println!("{}", table.trim_fmt());
    Ok(())
}

fn changed(job: &Job) -> Outcome {
    match (job.state.as_str(), job.cancel_requested) {
        ("RUNNING", true) => println!("{} was asked to stop", job.id),
        (state, _) => println!("{} is {state}", job.id),
    }
    Ok(())
}

async fn update(app: &App, ctx: &Context, queue: &str, change: QueueChange) -> Outcome {
    let known = || jobs::queues::ALL.join(", ");
    match jobs::queue_update(app, ctx, queue, change).await {
        Ok(queue) => tell_queues(&[queue]),
        Err(domain::Error::NotFound(_)) => return Err(format!("{queue} is no queue; there are {}", known())),
        Err(error) => return Err(text(error)),
    }
    Ok(())
}

fn tell_queues(queues: &[QueueStatus]) {
    let mut table = table(&["QUEUE", "STATE", "WAITING", "RUNNING", "OLDEST", "SLOTS", "PER CENTRE"]);
    let slots = |slots: Option<i32>, default: &str| slots.map_or_else(|| default.into(), |slots| slots.to_string());
    for queue in queues {
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let oldest = queue.oldest_due.map_or_else(|| "-".into(), |due| short(chrono::Utc::now() - due));
        table.add_row([
            Cell::new(queue.name),
            Cell::new(if queue.paused { "paused" } else { "works" }),
            right(queue.waiting.to_string()),
            right(queue.running.to_string()),
            right(oldest),
            right(slots(queue.slots, "as configured")),
            right(slots(queue.centre_slots, "no limit")),
        ]);
    }
    println!("{}", table.trim_fmt());
}

/// `45 s`, `12 min`, `3 h`, `9 d`.
fn short(time: chrono::TimeDelta) -> String {
    let seconds = time.to_std().unwrap_or(Duration::ZERO).as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A job's id as it was typed.
pub fn id(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "not the id of a job; `gantry jobs list` shows them".to_owned())
}
