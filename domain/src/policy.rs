//! Who may do what: one table, asked by every service function before it touches data.
//!
//! Invariant: no face authorises anything itself; GraphQL, REST, DICOMweb and DIMSE all pass through `require` or `require_in`.

use crate::context::{Context, Identity, Role};
use crate::error::{Error, Result};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    SelfRead,
    UserRead,
    UserCreate,
    UserUpdate,
    UserDelete,
    CentreRead,
    CentreWrite,
    StudyRead,
    StudyUpload,
    StudyRender,
    StudyTranscode,
    AnalysisRun,
    StudyAssign,
    StudyClaim,
    StudyRelease,
    StudyReview,
    StudyUrgency,
    RadiologistLoad,
    RadiologistWrite,
    ReportRead,
    ReportWrite,
    ReportVerify,
    TemplateRead,
    TemplateWrite,
    CriticalFindingFlag,
    CriticalFindingWithdraw,
    CriticalFindingAcknowledge,
    PriceRead,
    PriceWrite,
    MachineRead,
    MachineWrite,
    InvoiceRead,
    InvoiceCreate,
    InvoiceUpdate,
    /// What reading earned a radiologist.
    ReadingFeeRead,
    StatementRead,
    StatementCreate,
    JobRead,
    JobRetry,
    JobCancel,
    QueueRead,
    QueueUpdate,
    UsageRead,
    /// Doing jobs from outside the server.
    JobWork,
    /// The tokens of workers outside.
    WorkerRead,
    WorkerWrite,
    /// The audit trail: all of it, or what was done with the studies of one's centre.
    AuditRead,
}

/// How far a permission reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Nothing,
    /// The acting user alone.
    Own,
    /// The acting user's centre.
    Centre,
    All,
}

use Scope::{All, Centre, Nothing, Own};

/// Contract S2-89, S2-15..17, S2-27, S2-33, S2-38, S2-43..52, S2-68..73, S2-76..78, S2-82..85.
#[rustfmt::skip]
const TABLE: &[(Action, [Scope; 4])] = &[
    //                        admin  radiologist  technician  diagnostic_centre
    (Action::SelfRead,       [All,   Own,         Own,        Own]),
    (Action::UserRead,       [All,   Own,         Own,        Centre]),
    (Action::UserCreate,     [All,   Nothing,     Nothing,    Centre]),
    (Action::UserUpdate,     [All,   Nothing,     Nothing,    Centre]),
    (Action::UserDelete,     [All,   Nothing,     Nothing,    Nothing]),
    (Action::CentreRead,     [All,   All,         Centre,     Centre]),
    (Action::CentreWrite,    [All,   Nothing,     Nothing,    Nothing]),
    (Action::StudyRead,      [All,   All,         Centre,     Centre]),
    (Action::StudyUpload,    [All,   Nothing,     Centre,     Centre]),
    (Action::StudyRender,    [All,   All,         Centre,     Centre]),
    (Action::StudyTranscode, [All,   Nothing,     Centre,     Centre]),
    // Contract S2-56.
    (Action::AnalysisRun,    [All,   All,         Centre,     Nothing]),
    (Action::StudyAssign,    [All,   Nothing,     Nothing,    Centre]),
    (Action::StudyClaim,     [Nothing, All,       Nothing,    Nothing]),
    // Own: the studies that are assigned to oneself.
    (Action::StudyRelease,   [All,   Own,         Nothing,    Nothing]),
    (Action::StudyReview,    [All,   Own,         Nothing,    Nothing]),
    (Action::StudyUrgency,   [All,   All,         Centre,     Centre]),
    // How much radiologists have to read is made of the studies of all centres.
    (Action::RadiologistLoad, [All,  Own,         Nothing,    Nothing]),
    (Action::RadiologistWrite, [All, Own,         Nothing,    Nothing]),
    (Action::ReportRead,     [All,   All,         Centre,     Centre]),
    (Action::ReportWrite,    [All,   All,         Nothing,    Nothing]),
    (Action::ReportVerify,   [All,   All,         Nothing,    Nothing]),
    // Templates and macros. Own: those for all, and one's own; an administrator keeps those for all.
    (Action::TemplateRead,   [All,   Own,         Nothing,    Nothing]),
    (Action::TemplateWrite,  [All,   Own,         Nothing,    Nothing]),
    (Action::CriticalFindingFlag,        [All, All, Nothing, Nothing]),
    // Own: what one flagged oneself.
    (Action::CriticalFindingWithdraw,    [All, Own, Nothing, Nothing]),
    // By whoever received it: nobody may say so for the centre.
    (Action::CriticalFindingAcknowledge, [Nothing, Nothing, Centre, Centre]),
    // Own: what reading earns the radiologist.
    (Action::PriceRead,      [All,   Own,         Centre,     Centre]),
    (Action::PriceWrite,     [All,   Nothing,     Nothing,    Nothing]),
    (Action::MachineRead,    [All,   Nothing,     Centre,     Centre]),
    (Action::MachineWrite,   [All,   Nothing,     Nothing,    Centre]),
    // Own: no invoice is a radiologist's, so that the list is empty instead of refused.
    (Action::InvoiceRead,    [All,   Own,         Centre,     Centre]),
    (Action::InvoiceCreate,  [All,   Nothing,     Nothing,    Centre]),
    (Action::InvoiceUpdate,  [All,   Nothing,     Nothing,    Nothing]),
    (Action::ReadingFeeRead, [All,   Nothing,     Nothing,    Nothing]),
    (Action::StatementRead,  [All,   Own,         Centre,     Centre]),
    (Action::StatementCreate, [All,  Nothing,     Nothing,    Centre]),
    (Action::JobRead,        [All,   All,         Centre,     Centre]),
    (Action::JobRetry,       [All,   Nothing,     Centre,     Centre]),
    (Action::JobCancel,      [All,   Nothing,     Centre,     Centre]),
    (Action::QueueRead,      [All,   Nothing,     Nothing,    Nothing]),
    (Action::QueueUpdate,    [All,   Nothing,     Nothing,    Nothing]),
    (Action::UsageRead,      [All,   Nothing,     Nothing,    Centre]),
    // No role may; worker tokens may, see `require`.
    (Action::JobWork,        [Nothing, Nothing,   Nothing,    Nothing]),
    (Action::WorkerRead,     [All,   Nothing,     Nothing,    Nothing]),
    (Action::WorkerWrite,    [All,   Nothing,     Nothing,    Nothing]),
    (Action::AuditRead,      [All,   Nothing,     Nothing,    Centre]),
];

/// What a caller may see or change, ready to be put into a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    All,
    Centre(i64),
    /// The user with this id.
    Own(i64),
}

pub fn scope(action: Action, role: Role) -> Scope {
    let column = match role {
        Role::Admin => 0,
        Role::Radiologist => 1,
        Role::Technician => 2,
        Role::DiagnosticCentre => 3,
    };
    TABLE.iter().find(|(row, _)| *row == action).map_or(Nothing, |(_, scopes)| scopes[column])
}

/// How far the caller reaches with an action; an error when not at all, which leaves a trace.
pub fn require(ctx: &Context, action: Action) -> Result<Reach> {
    reach(ctx, action).inspect_err(|error| {
        if matches!(error, Error::Forbidden) {
            ctx.refused(action);
        }
    })
}

/// How far the caller reaches with an action that nobody asked for: for a choice between two ways, or for what is shown besides.
pub(crate) fn may(ctx: &Context, action: Action) -> Option<Reach> {
    reach(ctx, action).ok()
}

/// Says that the caller may not, where policy alone does not decide.
pub(crate) fn refuse(ctx: &Context, action: Action) -> Error {
    ctx.refused(action);
    Error::Forbidden
}

fn reach(ctx: &Context, action: Action) -> Result<Reach> {
    let user = match &ctx.identity {
        Identity::System => return Ok(Reach::All),
        Identity::Anonymous => return Err(Error::Unauthenticated),
        Identity::Worker(worker) => {
            return match action {
                Action::JobWork => Ok(worker.centre_id.map_or(Reach::All, Reach::Centre)),
                _ => Err(Error::Forbidden),
            };
        }
        Identity::Holder { .. } => {
            return match action {
                Action::StudyRead | Action::ReportRead | Action::InvoiceRead | Action::StatementRead => Ok(Reach::All),
                _ => Err(Error::Forbidden),
            };
        }
        Identity::User(user) => user,
    };
    let Some(role) = user.role else {
        return match action {
            Action::SelfRead => Ok(Reach::Own(user.id)),
            _ => Err(Error::Forbidden),
        };
    };
    match scope(action, role) {
        All => Ok(Reach::All),
        Own => Ok(Reach::Own(user.id)),
        // A user of a centre role without a centre sees nothing: no centre has the id 0.
        Centre => Ok(Reach::Centre(user.centre_id.unwrap_or(0))),
        Nothing => Err(Error::Forbidden),
    }
}

/// For one thing that belongs to a centre.
pub fn require_in(ctx: &Context, action: Action, centre_id: Option<i64>, what: &'static str) -> Result<()> {
    match require(ctx, action)? {
        Reach::All => Ok(()),
        Reach::Centre(own) if centre_id == Some(own) => Ok(()),
        Reach::Centre(_) | Reach::Own(_) => {
            ctx.refused(action);
            Err(Error::OutOfScope(what))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_exactly_one_row() {
        for (action, _) in TABLE {
            assert_eq!(TABLE.iter().filter(|(row, _)| row == action).count(), 1, "{action:?}");
        }
    }
}
