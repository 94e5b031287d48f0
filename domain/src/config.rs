//! All settings: defaults, then a file, then `GANTRY_*` of the environment; one typed struct, checked at start.

mod edge;

pub use edge::{Hosts, Networks, Origins};

use crate::jobs::queues;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use imaging::transcode::TargetSyntax;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// A value that is never shown.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "(not set)" } else { "(set)" })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    On,
    Off,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address and port of the HTTP server.
    pub listen: SocketAddr,
    /// Folder of the database, the objects and temporary files, unless they are elsewhere.
    pub data_dir: PathBuf,
    /// `sqlite://path` or `postgres://user:password@host/database`; empty: SQLite in `data_dir`.
    pub database_url: Secret,
    /// `file:///folder` or `s3://bucket/prefix` (with `AWS_*` of the environment); empty: a folder in `data_dir`.
    pub storage_url: String,
    /// Folder of the models that plug in; unset: `models` in `data_dir`.
    pub models_dir: Option<PathBuf>,
    /// Signs tokens and URLs, at least 32 characters; empty: made at first start and kept in `data_dir`.
    pub secret: Secret,
    /// Lets monitoring read `/metrics` as a bearer token; administrators may always.
    pub metrics_token: Secret,
    pub access_token_minutes: i64,
    pub refresh_token_days: i64,
    /// Sessions of browsers end after this time.
    pub session_hours: i64,
    /// Signed URLs of pictures and files end after this time.
    pub signed_url_minutes: i64,
    /// Proxies that are believed about whom they speak for (contract X-35).
    pub trusted_proxies: Networks,
    /// Names by which the server may be called (contract X-34).
    pub allowed_hosts: Hosts,
    /// Sites whose pages may call the server (contract X-32).
    pub cors_origins: Origins,
    /// Rate limits (contract X-31) and the budget of GraphQL; `off` for load tests.
    pub rate_limits: Switch,
    /// Requests of one address in a minute.
    pub rate_limit_ip_per_minute: NonZeroU32,
    /// Requests of one user in an hour.
    pub rate_limit_user_per_hour: NonZeroU32,
    /// Uploads of one user in a minute.
    pub rate_limit_uploads_per_minute: NonZeroU32,
    /// Pictures and files that one address fetches in a minute.
    pub rate_limit_media_per_minute: NonZeroU32,
    /// Whether studies can be analysed by software (contract S2-66).
    pub ai: Switch,
    /// How long a request may wait for an analysis before it goes on in the background.
    pub analysis_wait_seconds: u64,
    /// Whether `/graphiql` serves its page; `off` where nobody should explore.
    pub graphiql: Switch,
    /// Largest file of an upload, in bytes (contract S2-29).
    pub max_file_bytes: u64,
    /// Largest upload in all, in bytes.
    pub max_upload_bytes: u64,
    /// Most files of one upload, those within ZIP archives counted singly.
    pub max_upload_files: usize,
    /// Centre of an administrator's upload that names none; unset: the first active one (contract S2-27).
    pub default_centre_id: Option<i64>,
    /// Who bills, on invoices and statements: the name and the lines of the address, with `|` between.
    pub invoice_issuer: String,
    /// Transfer syntax UID that every study is transcoded to besides the original; empty: none.
    pub transcode_to: String,
    /// Jobs that one worker process runs at the same time.
    pub worker_slots: usize,
    /// The queues that this process works on, with commas between; empty: all.
    pub worker_queues: String,
    /// A job whose worker is silent for so long is given to another.
    pub lease_seconds: f64,
    /// Jobs that ended are kept for so many days.
    pub job_history_days: i64,
    /// Events are kept, and subscribers can go on from their cursors, for so many days.
    pub event_history_days: i64,
    /// Every stored object is read and compared with its hash once in so many days.
    pub scrub_days: i64,
    /// The object store must answer a request within this time.
    pub storage_timeout_seconds: u64,
    /// Where `gantry worker` tells its health and metrics over HTTP; unset: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// An upload that is silent for so long is swept away.
    pub staging_minutes: i64,
    /// Connections to PostgreSQL of one process.
    pub database_connections: u32,
    /// Whether clients may ask for the GraphQL schema.
    pub graphql_introspection: Switch,
    /// File of the only GraphQL operations that run; unset: any.
    pub graphql_operations: Option<PathBuf>,
    /// Fields within fields of a GraphQL document.
    pub graphql_max_depth: usize,
    /// Cost of one GraphQL operation, in fields that it could answer.
    pub graphql_max_cost: u32,
    /// Cost of all GraphQL operations of one caller in a minute.
    pub graphql_cost_per_minute: NonZeroU32,
    /// Lexical tokens of a GraphQL document.
    pub graphql_max_tokens: usize,
    /// Aliases in a GraphQL document.
    pub graphql_max_aliases: usize,
    /// Directives in a GraphQL document.
    pub graphql_max_directives: usize,
    /// Operations of a GraphQL batch.
    pub graphql_max_batch: usize,
}

/// Thirty of the dearest operations that are allowed, in each minute.
const COST_PER_MINUTE: NonZeroU32 = NonZeroU32::new(1_500_000).expect("not zero");
/// As the PACS document says (contract X-31).
const IP_PER_MINUTE: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
const USER_PER_HOUR: NonZeroU32 = NonZeroU32::new(1_000).expect("not zero");
const UPLOADS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(10).expect("not zero");
/// Several readers behind one address who each page through series.
const MEDIA_PER_MINUTE: NonZeroU32 = NonZeroU32::new(6_000).expect("not zero");

/// `GANTRY_*` names that are no settings of the server, or are read apart.
const ELSEWHERE: [&str; 16] = [
    "config",
    "log",
    "secret",
    "metrics_token",
    "database_url",
    "url",
    "username",
    "password",
    "token",
    "worker_token",
    "subscription",
    "subscription_variables",
    "test_backend",
    "test_postgres_url",
    "test_postgres_programs",
    "test_seed",
];

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8000)),
            data_dir: "./data".into(),
            database_url: Secret::default(),
            storage_url: String::new(),
            models_dir: None,
            secret: Secret::default(),
            metrics_token: Secret::default(),
            access_token_minutes: 30,
            refresh_token_days: 30,
            session_hours: 12,
            signed_url_minutes: 60,
            trusted_proxies: Networks::default(),
            allowed_hosts: Hosts::default(),
            cors_origins: Origins::default(),
            rate_limits: Switch::On,
            rate_limit_ip_per_minute: IP_PER_MINUTE,
            rate_limit_user_per_hour: USER_PER_HOUR,
            rate_limit_uploads_per_minute: UPLOADS_PER_MINUTE,
            rate_limit_media_per_minute: MEDIA_PER_MINUTE,
            ai: Switch::On,
            analysis_wait_seconds: 60,
            graphiql: Switch::On,
            max_file_bytes: 100_000_000,
            max_upload_bytes: 20_000_000_000,
            max_upload_files: 5_000,
            default_centre_id: None,
            invoice_issuer: "Gantry".into(),
            transcode_to: String::new(),
            worker_slots: std::thread::available_parallelism().map_or(2, usize::from),
            worker_queues: String::new(),
            lease_seconds: 30.0,
            job_history_days: 30,
            event_history_days: 7,
            scrub_days: 30,
            storage_timeout_seconds: 30,
            metrics_listen: None,
            staging_minutes: 60,
            database_connections: 16,
            graphql_introspection: Switch::On,
            graphql_operations: None,
            graphql_max_depth: 15,
            graphql_max_cost: 50_000,
            graphql_cost_per_minute: COST_PER_MINUTE,
            graphql_max_tokens: 1_000,
            graphql_max_aliases: 15,
            graphql_max_directives: 50,
            graphql_max_batch: 10,
        }
    }
}

impl Config {
    /// Reads `gantry.toml`, or the file that `GANTRY_CONFIG` names, and the environment.
    pub fn load() -> Result<Self, String> {
        let file = std::env::var_os("GANTRY_CONFIG").map_or_else(|| PathBuf::from("gantry.toml"), PathBuf::from);
        let mut config: Self = Figment::from(Serialized::defaults(Self::default()))
            .merge(Toml::file(file))
            .merge(Env::prefixed("GANTRY_").ignore(&ELSEWHERE))
            .extract()
            .map_err(|error| format!("{error}; `gantry config` shows the settings"))?;
        // Taken as they are: a secret of digits is a text all the same.
        for (name, secret) in [
            ("GANTRY_SECRET", &mut config.secret),
            ("GANTRY_METRICS_TOKEN", &mut config.metrics_token),
            ("GANTRY_DATABASE_URL", &mut config.database_url),
        ] {
            if let Ok(value) = std::env::var(name) {
                *secret = Secret::new(value);
            }
        }
        config.check()?;
        Ok(config)
    }

    pub fn check(&self) -> Result<(), String> {
        let positive = [
            ("access_token_minutes", self.access_token_minutes),
            ("refresh_token_days", self.refresh_token_days),
            ("session_hours", self.session_hours),
            ("signed_url_minutes", self.signed_url_minutes),
            ("staging_minutes", self.staging_minutes),
            ("job_history_days", self.job_history_days),
            ("event_history_days", self.event_history_days),
            ("scrub_days", self.scrub_days),
        ];
        if let Some((name, _)) = positive.iter().find(|(_, value)| *value < 1) {
            return Err(format!("{name} must be at least 1"));
        }
        if !self.transcode_to.is_empty() && TargetSyntax::from_uid(&self.transcode_to).is_none() {
            let known: Vec<&str> = TargetSyntax::ALL.into_iter().map(TargetSyntax::uid).collect();
            return Err(format!("transcode_to must be one of {}", known.join(", ")));
        }
        if self.worker_slots < 1 || self.database_connections < 4 {
            return Err("worker_slots must be at least 1 and database_connections at least 4".into());
        }
        if let Some(unknown) = self.worker_queues().find(|name| !queues::ALL.contains(name)) {
            return Err(format!(
                "worker_queues names {unknown}, which is no queue; there are {}",
                queues::ALL.join(", ")
            ));
        }
        let issuer: Vec<&str> = self.invoice_issuer.split('|').collect();
        if issuer[0].trim().is_empty() || issuer.len() > 9 || issuer.iter().any(|line| line.chars().count() > 200) {
            return Err("invoice_issuer is a name and up to 8 lines of an address, with | between; a line has up to 200 characters".into());
        }
        if self.storage_timeout_seconds < 1 {
            return Err("storage_timeout_seconds must be at least 1".into());
        }
        let sizes = [
            ("graphql_max_depth", self.graphql_max_depth),
            ("graphql_max_cost", self.graphql_max_cost as usize),
            ("graphql_max_tokens", self.graphql_max_tokens),
            ("graphql_max_batch", self.graphql_max_batch),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, value)| *value < 1) {
            return Err(format!("{name} must be at least 1"));
        }
        if self.graphql_cost_per_minute.get() < self.graphql_max_cost {
            return Err("graphql_cost_per_minute must be at least graphql_max_cost".into());
        }
        if !(0.1..=86_400.0).contains(&self.lease_seconds) {
            return Err("lease_seconds must be from 0.1 to 86400".into());
        }
        let secret = self.secret.expose();
        if !secret.is_empty() && secret.len() < 32 {
            return Err("secret must have at least 32 characters; make one with: openssl rand -hex 32".into());
        }
        if secret.is_empty() && self.is_postgres() {
            return Err("secret must be set when PostgreSQL is used, the same for every process; make one with: openssl rand -hex 32".into());
        }
        Ok(())
    }

    /// The queues that this process works on; none: all.
    pub fn worker_queues(&self) -> impl Iterator<Item = &str> {
        self.worker_queues.split(',').map(str::trim).filter(|name| !name.is_empty())
    }

    pub fn is_postgres(&self) -> bool {
        self.database_url.expose().starts_with("postgres")
    }

    pub fn database_url(&self) -> String {
        match self.database_url.expose() {
            "" => format!("sqlite://{}", self.data_dir.join("gantry.db").display()),
            url => url.to_owned(),
        }
    }

    pub fn models_dir(&self) -> PathBuf {
        self.models_dir.clone().unwrap_or_else(|| self.data_dir.join("models"))
    }

    pub fn storage_url(&self) -> String {
        match self.storage_url.as_str() {
            "" => format!("file://{}", self.data_dir.join("objects").display()),
            url => url.to_owned(),
        }
    }
}
