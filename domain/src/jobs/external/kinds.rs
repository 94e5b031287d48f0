//! What a kind of job must say of itself so that workers outside the server can do it.

use super::outputs::Output;
use super::render_study::RenderStudy;
use crate::App;
use crate::db::Transaction;
use crate::error::Result;
use crate::jobs::JobKind;
use crate::storage::StoredFile;
use entity::job::Model;
use futures::future::BoxFuture;
use serde_json::Value;
use std::time::Duration;

pub trait ExternalKind: Send + Sync {
    fn kind(&self) -> JobKind;

    fn queue(&self) -> &'static str;

    /// The longest that an attempt may take.
    fn timeout(&self) -> Duration;

    /// What the worker needs to know, with signed addresses of its inputs.
    fn task<'a>(&'a self, app: &'a App, job: &'a Model) -> BoxFuture<'a, Result<Value>>;

    /// The content type of the output of that name; an error that says which names there are when the job wants none of that name.
    fn content_type<'a>(&'a self, app: &'a App, job: &'a Model, name: &'a str) -> BoxFuture<'a, Result<&'static str>>;

    /// Looks at the result and the outputs before anything is written; an error that says all that is missing or wrong.
    fn check<'a>(
        &'a self,
        app: &'a App,
        job: &'a Model,
        result: Value,
        outputs: Vec<Output>,
    ) -> BoxFuture<'a, Result<Checked>>;
}

/// Writes results in the completing transaction.
pub type Write = Box<dyn for<'a> FnOnce(&'a Transaction) -> BoxFuture<'a, Result<()>> + Send>;

/// Results that were found good.
pub struct Checked {
    /// The outputs that are kept.
    pub files: Vec<StoredFile>,
    pub write: Write,
}

static KINDS: [&dyn ExternalKind; 1] = [&RenderStudy];

/// The kinds that workers outside can do.
pub fn names() -> Vec<JobKind> {
    KINDS.iter().map(|kind| kind.kind()).collect()
}

pub fn find(kind: JobKind) -> Option<&'static dyn ExternalKind> {
    KINDS.into_iter().find(|known| known.kind() == kind)
}
