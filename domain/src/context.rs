//! Who acts. Every service function takes a `Context` first.

use crate::audit::{Face, Trail};
use crate::error::{Error, Result};
use crate::jobs::JobKind;
use std::net::IpAddr;
use std::sync::Arc;

/// PACS roles (contract X-13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Admin,
    Radiologist,
    Technician,
    DiagnosticCentre,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Admin, Role::Radiologist, Role::Technician, Role::DiagnosticCentre];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Radiologist => "radiologist",
            Self::Technician => "technician",
            Self::DiagnosticCentre => "diagnostic_centre",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Users of these roles belong to a centre (contract S2-10).
    pub fn needs_centre(self) -> bool {
        matches!(self, Self::Technician | Self::DiagnosticCentre)
    }
}

#[derive(Debug, Clone)]
pub enum Identity {
    Anonymous,
    User(ActingUser),
    /// A worker outside the server, by its token.
    Worker(ActingWorker),
    /// Whoever holds a signed address; it was given to this user.
    Holder {
        user_id: Option<i64>,
    },
    /// The server itself: workers, sweeper, command line.
    System,
}

#[derive(Debug, Clone)]
pub struct ActingUser {
    pub id: i64,
    pub username: String,
    pub role: Option<Role>,
    pub centre_id: Option<i64>,
    /// Of the token by which the user came.
    pub token_version: i32,
}

#[derive(Debug, Clone)]
pub struct ActingWorker {
    /// Of the token.
    pub name: String,
    /// What it may claim.
    pub kinds: Vec<JobKind>,
    /// Only jobs of this centre; none: of all.
    pub centre_id: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct Context {
    pub identity: Identity,
    pub request_id: String,
    pub remote: Option<IpAddr>,
    pub face: Face,
    /// What is given to the caller, until the face hands it to `App::audit`.
    pub trail: Arc<Trail>,
}

impl Context {
    pub fn anonymous(request_id: impl Into<String>) -> Self {
        Self {
            identity: Identity::Anonymous,
            request_id: request_id.into(),
            remote: None,
            face: Face::Server,
            trail: Arc::default(),
        }
    }

    pub fn system(request_id: impl Into<String>) -> Self {
        Self {
            identity: Identity::System,
            ..Self::anonymous(request_id)
        }
    }

    /// Whoever may use the command line of the server.
    pub fn command_line() -> Self {
        Self {
            face: Face::Cli,
            ..Self::system("command line")
        }
    }

    /// The same caller with a trail of its own: for one operation of many.
    pub fn apart(&self) -> Self {
        Self {
            trail: Arc::default(),
            ..self.clone()
        }
    }

    pub fn user(&self) -> Result<&ActingUser> {
        match &self.identity {
            Identity::User(user) => Ok(user),
            Identity::Anonymous => Err(Error::Unauthenticated),
            Identity::Worker(_) | Identity::Holder { .. } | Identity::System => Err(Error::Forbidden),
        }
    }

    pub fn worker(&self) -> Result<&ActingWorker> {
        match &self.identity {
            Identity::Worker(worker) => Ok(worker),
            Identity::Anonymous => Err(Error::Unauthenticated),
            Identity::User(_) | Identity::Holder { .. } | Identity::System => Err(Error::Forbidden),
        }
    }

    pub fn user_id(&self) -> Option<i64> {
        match &self.identity {
            Identity::User(user) => Some(user.id),
            Identity::Anonymous | Identity::Worker(_) | Identity::Holder { .. } | Identity::System => None,
        }
    }
}
