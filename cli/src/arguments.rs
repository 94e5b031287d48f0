//! The command line.

use crate::audit::moment;
use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::audit::Head;
use std::path::PathBuf;
use uuid::Uuid;

/// A teleradiology server: studies go in, workers render them, radiologists read them, everybody watches live.
#[derive(Parser)]
#[command(
    version,
    after_help = "Settings come from gantry.toml and from GANTRY_* of the environment; `gantry config` shows them.\n\n\
                  Try it:\n  gantry demo                 a phantom study, from upload to preview\n  \
                  gantry demo scans/ ct.zip   the same with your files\n  gantry serve                a server for real use"
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Start a server with demo accounts, upload a study and show how it is worked on.
    Demo {
        /// DICOM files, folders or ZIP archives; without any a phantom CT is made.
        paths: Vec<PathBuf>,
        /// Leave when the work is done, instead of serving on.
        #[arg(long)]
        exit: bool,
    },
    /// Serve everything in one process: HTTP and workers.
    Serve {
        /// Make the demo accounts (admin/admin and others) in an empty database. Never do this in production.
        #[arg(long)]
        demo: bool,
    },
    /// Serve HTTP only; workers run elsewhere.
    Api,
    /// Work on jobs only.
    Worker,
    /// Bring the database up to date.
    Migrate,
    /// Print the GraphQL schema.
    Schema {
        /// Compare with this file instead, and fail when it differs.
        #[arg(long, value_name = "FILE")]
        check: Option<PathBuf>,
    },
    /// Show the settings in force, without their secrets.
    Config,
    /// Users.
    #[command(subcommand)]
    User(UserCommand),
    /// Jobs and their queues.
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Tokens with which workers outside the server claim jobs.
    #[command(subcommand)]
    WorkerToken(WorkerTokenCommand),
    /// Trained models that analyse images (docs/models.md).
    #[command(subcommand)]
    Model(ModelCommand),
    /// The audit trail: who saw and changed what.
    #[command(subcommand)]
    Audit(AuditCommand),
}

#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  gantry jobs list --state dead\n  gantry jobs retry 0199c2d0-...\n  gantry jobs queues\n  \
                        gantry jobs pause transcode\n  gantry jobs slots render 8\n  gantry jobs slots render 2 --centre"
)]
pub enum JobsCommand {
    /// The newest jobs, perhaps of one state, kind or study.
    List(ListedJobs),
    /// Everything about one job.
    Show {
        #[arg(value_parser = crate::jobs::id)]
        id: Uuid,
    },
    /// Give a dead or cancelled job a new set of attempts.
    Retry {
        #[arg(value_parser = crate::jobs::id)]
        id: Uuid,
    },
    /// Cancel a waiting job, or ask the worker of a running one to stop.
    Cancel {
        #[arg(value_parser = crate::jobs::id)]
        id: Uuid,
    },
    /// How full the queues are, and their settings.
    Queues,
    /// Let no more jobs of a queue begin; those that run go on.
    Pause {
        /// index, render, transcode, documents or maintenance.
        queue: String,
    },
    /// Let the jobs of a paused queue begin again.
    Resume {
        /// index, render, transcode, documents or maintenance.
        queue: String,
    },
    /// Change how many jobs of a queue run at the same time; running workers follow within a second.
    Slots {
        /// index, render, transcode, documents or maintenance.
        queue: String,
        /// A number, or `default`.
        slots: String,
        /// Jobs of one centre in the whole cluster, instead of jobs of each worker process.
        #[arg(long)]
        centre: bool,
    },
}

#[derive(Args)]
pub struct ListedJobs {
    /// pending, running, succeeded, dead or cancelled.
    #[arg(long)]
    pub state: Option<String>,
    /// Such as render_study.
    #[arg(long)]
    pub kind: Option<String>,
    /// A study's 8-character id, or its UUID.
    #[arg(long)]
    pub study: Option<String>,
    /// How many.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub limit: u64,
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Make a user; the password is read from GANTRY_PASSWORD, or made and printed.
    #[command(after_help = "Example:\n  gantry user add rita --email rita@example.org --role radiologist")]
    Add {
        /// The name to sign in with.
        username: String,
        /// E-mail address.
        #[arg(long)]
        email: String,
        /// The name to show; the user name when left out.
        #[arg(long)]
        full_name: Option<String>,
        /// admin, radiologist, technician or diagnostic_centre.
        #[arg(long)]
        role: String,
        /// Number of the centre, for technicians and diagnostic centres.
        #[arg(long)]
        centre: Option<i64>,
    },
}

#[derive(Subcommand)]
pub enum WorkerTokenCommand {
    /// Make a token and print it; it is shown only now.
    #[command(after_help = "Example:\n  gantry worker-token add gpu-box --kind render_study --expires-days 365")]
    Add {
        /// Unique among the tokens that were not revoked; shown with the jobs of its workers.
        name: String,
        /// A kind of job that it may claim; may be given more than once.
        #[arg(long = "kind", value_name = "KIND", required = true)]
        kinds: Vec<String>,
        /// Number of the only centre whose jobs it may claim; those of all when left out.
        #[arg(long)]
        centre: Option<i64>,
        /// Days until it ends; good until it is revoked when left out.
        #[arg(long, value_name = "N")]
        expires_days: Option<u16>,
    },
    /// Show all tokens that were ever made.
    List,
    /// Make a token useless at once.
    Revoke {
        /// Its number in the list.
        id: i64,
    },
}

#[derive(Subcommand)]
#[command(
    after_help = "Models are in the folder `models_dir` (GANTRY_MODELS_DIR), models in the data folder by default.\n\n\
                        Examples:\n  gantry model add downloads/lung-nodules\n  gantry model list\n  gantry model check lung-nodules"
)]
pub enum ModelCommand {
    /// The models that are there, and what is wrong with folders that are none.
    List,
    /// Copy a model to where the server finds it. Workers see it with their next analysis.
    #[command(
        after_help = "The folder holds model.toml, whose keys docs/models.md tells, and the weights that it names.\n\n\
                            Example:\n  gantry model add downloads/lung-nodules"
    )]
    Add {
        /// A folder with model.toml and weights.
        folder: PathBuf,
    },
    /// Verify the weights and ask the network once, about zeros. Fails when one of the models does not run.
    #[command(after_help = "Examples:\n  gantry model check\n  gantry model check lung-nodules")]
    Check {
        /// Only this model, in all its versions.
        name: Option<String>,
    },
}

#[derive(Subcommand)]
#[command(
    after_help = "Examples:\n  gantry audit head > kept-elsewhere\n  gantry audit verify --head $(cat kept-elsewhere)\n  \
                        gantry audit export --format fhir --since 2026-01-01 --out audit.ndjson"
)]
pub enum AuditCommand {
    /// Read the trail again: whether every event is there, unchanged and in its place. Fails at the first that is not.
    Verify {
        /// Begin at this place of the chain, and trust what lies before it.
        #[arg(long, value_name = "PLACE", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..))]
        from: i64,
        /// What `gantry audit head` printed before: without it nobody sees that the end was cut off.
        #[arg(long)]
        head: Option<Head>,
        /// A file with a secret that the server had before; may be given more than once.
        #[arg(long = "former-secret", value_name = "FILE")]
        former_secrets: Vec<PathBuf>,
    },
    /// Print the end of the chain, to be kept where whoever can change the database cannot.
    Head,
    /// Write the trail in a form that others read, an event a line, the oldest first. It names Patient IDs.
    Export {
        /// How.
        #[arg(long)]
        format: AuditFormat,
        /// From this day (UTC) or moment on, such as 2026-01-31 or 2026-01-31T12:00:00Z.
        #[arg(long, value_parser = moment)]
        since: Option<DateTime<Utc>>,
        /// Before this day or moment; until now when left out.
        #[arg(long, value_parser = moment)]
        until: Option<DateTime<Utc>>,
        /// The file; standard output when left out.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub enum AuditFormat {
    /// Audit messages of DICOM (PS3.15 A.5), XML.
    Dicom,
    /// AuditEvent resources of FHIR R4, newline-delimited JSON.
    Fhir,
}
