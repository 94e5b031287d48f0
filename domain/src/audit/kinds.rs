//! What can be recorded, and the codes of PS3.15 A.5.1 that belong to it.

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditKind {
    Login,
    LoginRefused,
    Logout,
    PermissionRefused,
    StudyListed,
    StudyRead,
    StudyCreated,
    StudyUpdated,
    StudyAssigned,
    StudyReleased,
    StudyReviewed,
    StudyProcessed,
    PictureRead,
    FileRead,
    ReportRead,
    ReportCreated,
    ReportUpdated,
    ReportVerified,
    InvoiceRead,
    InvoiceCreated,
    InvoiceUpdated,
    UserCreated,
    UserUpdated,
    UserDeleted,
    WorkerTokenCreated,
    WorkerTokenRevoked,
    AuditRead,
    AuditExported,
}

/// Whether it was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditOutcome {
    Success,
    /// It was refused, and nothing was given out or changed.
    MinorFailure,
}

impl AuditOutcome {
    /// EventOutcomeIndicator of PS3.15 A.5.1.
    pub fn indicator(self) -> i32 {
        match self {
            Self::Success => 0,
            Self::MinorFailure => 4,
        }
    }

    pub fn of_indicator(indicator: i32) -> Self {
        if indicator == 0 {
            Self::Success
        } else {
            Self::MinorFailure
        }
    }
}

use AuditOutcome::{MinorFailure, Success};

/// A kind, its word, its EventActionCode (PS3.15 A.5.1) and its outcome.
type Row = (AuditKind, &'static str, &'static str, AuditOutcome);

#[rustfmt::skip]
const TABLE: [Row; 28] = [
    (AuditKind::Login,              "LOGIN",                "E", Success),
    (AuditKind::LoginRefused,       "LOGIN_REFUSED",        "E", MinorFailure),
    (AuditKind::Logout,             "LOGOUT",               "E", Success),
    (AuditKind::PermissionRefused,  "PERMISSION_REFUSED",   "E", MinorFailure),
    (AuditKind::StudyListed,        "STUDY_LISTED",         "R", Success),
    (AuditKind::StudyRead,          "STUDY_READ",           "R", Success),
    (AuditKind::StudyCreated,       "STUDY_CREATED",        "C", Success),
    (AuditKind::StudyUpdated,       "STUDY_UPDATED",        "U", Success),
    (AuditKind::StudyAssigned,      "STUDY_ASSIGNED",       "U", Success),
    (AuditKind::StudyReleased,      "STUDY_RELEASED",       "U", Success),
    (AuditKind::StudyReviewed,      "STUDY_REVIEWED",       "U", Success),
    (AuditKind::StudyProcessed,     "STUDY_PROCESSED",      "E", Success),
    (AuditKind::PictureRead,        "PICTURE_READ",         "R", Success),
    (AuditKind::FileRead,           "FILE_READ",            "R", Success),
    (AuditKind::ReportRead,         "REPORT_READ",          "R", Success),
    (AuditKind::ReportCreated,      "REPORT_CREATED",       "C", Success),
    (AuditKind::ReportUpdated,      "REPORT_UPDATED",       "U", Success),
    (AuditKind::ReportVerified,     "REPORT_VERIFIED",      "U", Success),
    (AuditKind::InvoiceRead,        "INVOICE_READ",         "R", Success),
    (AuditKind::InvoiceCreated,     "INVOICE_CREATED",      "C", Success),
    (AuditKind::InvoiceUpdated,     "INVOICE_UPDATED",      "U", Success),
    (AuditKind::UserCreated,        "USER_CREATED",         "C", Success),
    (AuditKind::UserUpdated,        "USER_UPDATED",         "U", Success),
    (AuditKind::UserDeleted,        "USER_DELETED",         "D", Success),
    (AuditKind::WorkerTokenCreated, "WORKER_TOKEN_CREATED", "C", Success),
    (AuditKind::WorkerTokenRevoked, "WORKER_TOKEN_REVOKED", "U", Success),
    (AuditKind::AuditRead,          "AUDIT_READ",           "R", Success),
    (AuditKind::AuditExported,      "AUDIT_EXPORTED",       "R", Success),
];

impl AuditKind {
    pub const ALL: [AuditKind; 28] = {
        let mut all = [AuditKind::Login; 28];
        let mut n = 0;
        while n < all.len() {
            all[n] = TABLE[n].0;
            n += 1;
        }
        all
    };

    /// The kinds are in the order of the table.
    fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    pub fn as_str(self) -> &'static str {
        self.row().1
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// EventActionCode of PS3.15 A.5.1: C, R, U, D or E.
    pub fn action(self) -> &'static str {
        self.row().2
    }

    pub fn outcome(self) -> AuditOutcome {
        self.row().3
    }
}

/// The door by which somebody came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    Graphql,
    Rest,
    /// Pictures and files.
    Media,
    /// Workers outside the server.
    Workers,
    /// The command line.
    Cli,
    /// The server itself.
    Server,
}

impl Face {
    pub const ALL: [Face; 6] = [
        Self::Graphql,
        Self::Rest,
        Self::Media,
        Self::Workers,
        Self::Cli,
        Self::Server,
    ];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|face| face.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Graphql => "graphql",
            Self::Rest => "rest",
            Self::Media => "media",
            Self::Workers => "workers",
            Self::Cli => "cli",
            Self::Server => "server",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_kinds() {
        for kind in AuditKind::ALL {
            assert_eq!(kind.row().0, kind);
            assert_eq!(AuditKind::parse(kind.as_str()), Some(kind));
        }
    }
}
