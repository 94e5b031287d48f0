//! How each kind of job is done, one file a kind.

mod analyze_study;
mod assign_study;
mod billing_statement;
mod index_series;
mod invoice_pdf;
mod letterhead;
mod output;
mod render_study;
mod report_pdf;
mod roll_up_usage;
mod scrub_objects;
mod sweep_orphans;
mod transcode_study;
mod trim_history;
mod watch_worklist;
mod words;

use crate::engine::{JobCtx, JobError, Registry};
use domain::App;
use domain::jobs::Job;

pub fn registry(app: &App) -> Registry {
    Registry::default()
        .with(with_app(app, index_series::run))
        .with(with_app(app, render_study::run))
        .with(with_app(app, transcode_study::run))
        .with(with_app(app, analyze_study::run))
        .with(with_app(app, report_pdf::run))
        .with(with_app(app, invoice_pdf::run))
        .with(with_app(app, billing_statement::run))
        .with(with_app(app, sweep_orphans::run))
        .with(with_app(app, scrub_objects::run))
        .with(with_app(app, trim_history::run))
        .with(with_app(app, roll_up_usage::run))
        .with(with_app(app, assign_study::run))
        .with(with_app(app, watch_worklist::run))
}

fn with_app<J, F, R>(app: &App, run: F) -> impl Fn(J, JobCtx) -> R + Send + Sync + 'static + use<J, F, R>
where
    J: Job,
    F: Fn(App, J, JobCtx) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), JobError>>,
{
    let app = app.clone();
    move |job, ctx| run(app.clone(), job, ctx)
}
