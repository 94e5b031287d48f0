//! The command line.

use clap::{Parser, Subcommand};
use std::path::PathBuf;

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
