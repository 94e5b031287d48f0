//! `gantry audit …`: the audit trail, read in the database itself, also while no server runs.

use crate::arguments::{AuditCommand, AuditFormat};
use crate::{Outcome, serve};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::audit::{self, ExportFormat, Head};
use domain::{App, Config, Context};
use futures::TryStreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::pin::pin;
use tokio_util::sync::CancellationToken;

pub async fn audit(config: Config, command: AuditCommand) -> Outcome {
    serve::up_to_date(&config).await?;
    let app = App::open(config, CancellationToken::new()).await.map_err(text)?;
    match command {
        AuditCommand::Verify {
            from,
            head,
            former_secrets,
        } => verify(&app, from, head.as_ref(), &former_secrets).await,
        AuditCommand::Head => {
            println!("{}", audit::head(app.db.reader()).await.map_err(text)?);
            Ok(())
        }
        AuditCommand::Export {
            format,
            since,
            until,
            out,
        } => export(&app, format, (since, until), out.as_deref()).await,
    }
}

fn text(error: domain::Error) -> String {
    error.to_string()
}

async fn verify(app: &App, from: i64, head: Option<&Head>, former: &[PathBuf]) -> Outcome {
    let read = |path: &PathBuf| match std::fs::read_to_string(path) {
        Ok(secret) => Ok(secret.trim().to_owned()),
        Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
    };
    let former = former.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let bar = bar();
    let progress = |read, of| {
        bar.set_length(of);
        bar.set_position(read);
    };
    let found = audit::verify(app, &former, from, head, progress).await;
    bar.finish_and_clear();
    let verified = found.map_err(text)?.map_err(|damage| format!("the audit trail is damaged: {damage}"))?;
    if verified.late > 0 {
        eprintln!(
            "gantry: {} events have waited for their place in the chain for more than a minute; is a server running?",
            verified.late
        );
    }
    println!("{} events are as they were written", verified.rows);
    println!("head {}", verified.head);
    Ok(())
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} events, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

async fn export(
    app: &App,
    format: AuditFormat,
    (since, until): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    out: Option<&Path>,
) -> Outcome {
    let format = match format {
        AuditFormat::Dicom => ExportFormat::Dicom,
        AuditFormat::Fhir => ExportFormat::Fhir,
    };
    let failed = |error: std::io::Error| match out {
        Some(path) => format!("{} cannot be written: {error}", path.display()),
        None => format!("the export cannot be written: {error}"),
    };
    let to: Box<dyn Write> = match out {
        // Patient IDs are for the server's own user only.
        Some(path) => {
            let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
            Box::new(file.map_err(failed)?)
        }
        None => Box::new(std::io::stdout().lock()),
    };
    let mut to = BufWriter::new(to);
    let lines = audit::audit_export(app, &Context::command_line(), format, since, until).await.map_err(text)?;
    let mut lines = pin!(lines);
    while let Some(line) = lines.try_next().await.map_err(text)? {
        writeln!(to, "{line}").map_err(failed)?;
    }
    to.flush().map_err(failed)
}

/// A day (UTC), which is its beginning, or a moment.
pub fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return Ok(day.and_time(NaiveTime::MIN).and_utc());
    }
    let moment = DateTime::parse_from_rfc3339(text);
    moment
        .map(|moment| moment.with_timezone(&Utc))
        .map_err(|_| "neither a day such as 2026-01-31 nor a moment such as 2026-01-31T12:00:00Z".to_owned())
}
