//! What one request is given and refused, as its services note it, until the face hands it over to be written.

use super::kinds::{AuditKind, Face};
use crate::context::{Context, Identity};
use crate::policy::Action;
use chrono::{DateTime, Utc};
use std::sync::{Mutex, PoisonError};

/// Of one request, or of one operation where a connection has many. Its lock is held for the time of a push, and hardly ever by two.
#[derive(Debug, Default)]
pub struct Trail(Mutex<Vec<Note>>);

/// Studies that were given out in one way, or something that was refused.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub at: DateTime<Utc>,
    pub who: Who,
    pub kind: AuditKind,
    /// Row ids; several times the same perhaps. Whoever writes the record asks for the rest, so that the request need not.
    pub studies: Vec<i64>,
    pub object: Option<String>,
}

/// Who did something, and from where, as it was then.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub face: Face,
    pub user_id: Option<i64>,
    /// None where only the number is known.
    pub username: Option<String>,
    pub role: Option<&'static str>,
    pub centre_id: Option<i64>,
    pub remote: Option<String>,
    pub request_id: String,
}

impl Who {
    pub fn of(ctx: &Context) -> Self {
        let nobody = Self {
            face: ctx.face,
            user_id: None,
            username: None,
            role: None,
            centre_id: None,
            remote: ctx.remote.map(|address| address.to_string()),
            request_id: ctx.request_id.clone(),
        };
        match &ctx.identity {
            Identity::User(user) => Self {
                user_id: Some(user.id),
                username: Some(user.username.clone()),
                role: user.role.map(|role| role.as_str()),
                centre_id: user.centre_id,
                ..nobody
            },
            Identity::Worker(worker) => Self {
                username: Some(worker.name.clone()),
                role: Some("worker"),
                centre_id: worker.centre_id,
                ..nobody
            },
            Identity::Holder { user_id } => Self {
                user_id: *user_id,
                ..nobody
            },
            Identity::System => Self {
                role: Some("system"),
                ..nobody
            },
            Identity::Anonymous => nobody,
        }
    }
}

impl Trail {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Note>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(&self) -> Vec<Note> {
        std::mem::take(&mut *self.lock())
    }
}

impl Context {
    /// Studies are given to the caller, by their row ids. What the server reads for itself is given to nobody.
    pub(crate) fn saw(&self, kind: AuditKind, studies: impl IntoIterator<Item = i64>) {
        if matches!(self.identity, Identity::System) {
            return;
        }
        let mut studies = studies.into_iter().peekable();
        if studies.peek().is_none() {
            return;
        }
        let mut notes = self.trail.lock();
        match notes.iter_mut().find(|note| note.kind == kind && note.object.is_none()) {
            Some(note) => note.studies.extend(studies),
            None => notes.push(self.note(kind, studies.collect(), None)),
        }
    }

    /// One thing of a study is given to the caller; `object` is its kind and opaque id.
    pub(crate) fn saw_part(&self, kind: AuditKind, study_id: i64, object: String) {
        if !matches!(self.identity, Identity::System) {
            self.trail.lock().push(self.note(kind, vec![study_id], Some(object)));
        }
    }

    /// Something is read that belongs to no study; noted once a request.
    pub(crate) fn did(&self, kind: AuditKind) {
        let mut notes = self.trail.lock();
        if !notes.iter().any(|note| note.kind == kind) {
            notes.push(self.note(kind, Vec::new(), None));
        }
    }

    /// The caller is known, and may not do this; noted once a request for each action.
    pub(crate) fn refused(&self, action: Action) {
        let object = format!("action:{action:?}");
        let mut notes = self.trail.lock();
        let same =
            |note: &Note| note.kind == AuditKind::PermissionRefused && note.object.as_deref() == Some(object.as_str());
        if !notes.iter().any(same) {
            let note = self.note(AuditKind::PermissionRefused, Vec::new(), Some(object));
            notes.push(note);
        }
    }

    fn note(&self, kind: AuditKind, studies: Vec<i64>, object: Option<String>) -> Note {
        Note {
            at: Utc::now(),
            who: Who::of(self),
            kind,
            studies,
            object,
        }
    }
}
