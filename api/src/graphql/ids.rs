//! Opaque global ids: the type and the key, in base64.

use async_graphql::ID;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::{Error, Result};
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalId {
    User(i64),
    Centre(i64),
    Study(Uuid),
    Series(Uuid),
    Instance(Uuid),
    Job(Uuid),
    Report(Uuid),
    ReportTemplate(i64),
    ReportMacro(i64),
    CriticalFinding(Uuid),
    Analysis(Uuid),
    Price(i64),
    Invoice(Uuid),
    Statement(Uuid),
    WorkerToken(i64),
    ImagingMachine(i64),
    AuditEvent(Uuid),
}

impl From<GlobalId> for ID {
    fn from(id: GlobalId) -> Self {
        let text = match id {
            GlobalId::User(id) => format!("User:{id}"),
            GlobalId::Centre(id) => format!("Centre:{id}"),
            GlobalId::Study(id) => format!("Study:{id}"),
            GlobalId::Series(id) => format!("Series:{id}"),
            GlobalId::Instance(id) => format!("Instance:{id}"),
            GlobalId::Job(id) => format!("Job:{id}"),
            GlobalId::Report(id) => format!("Report:{id}"),
            GlobalId::ReportTemplate(id) => format!("ReportTemplate:{id}"),
            GlobalId::ReportMacro(id) => format!("ReportMacro:{id}"),
            GlobalId::Analysis(id) => format!("Analysis:{id}"),
            GlobalId::CriticalFinding(id) => format!("CriticalFinding:{id}"),
            GlobalId::Price(id) => format!("Price:{id}"),
            GlobalId::Invoice(id) => format!("Invoice:{id}"),
            GlobalId::Statement(id) => format!("Statement:{id}"),
            GlobalId::WorkerToken(id) => format!("WorkerToken:{id}"),
            GlobalId::ImagingMachine(id) => format!("ImagingMachine:{id}"),
            GlobalId::AuditEvent(id) => format!("AuditEvent:{id}"),
        };
        ID(BASE64_URL_SAFE_NO_PAD.encode(text))
    }
}

impl GlobalId {
    pub fn parse(id: &ID) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(id.as_str()).ok()?;
        let (kind, key) = std::str::from_utf8(&bytes).ok()?.split_once(':')?;
        match kind {
            "User" => Some(Self::User(key.parse().ok()?)),
            "Centre" => Some(Self::Centre(key.parse().ok()?)),
            "Study" => Some(Self::Study(key.parse().ok()?)),
            "Series" => Some(Self::Series(key.parse().ok()?)),
            "Instance" => Some(Self::Instance(key.parse().ok()?)),
            "Job" => Some(Self::Job(key.parse().ok()?)),
            "Report" => Some(Self::Report(key.parse().ok()?)),
            "ReportTemplate" => Some(Self::ReportTemplate(key.parse().ok()?)),
            "ReportMacro" => Some(Self::ReportMacro(key.parse().ok()?)),
            "Analysis" => Some(Self::Analysis(key.parse().ok()?)),
            "CriticalFinding" => Some(Self::CriticalFinding(key.parse().ok()?)),
            "Price" => Some(Self::Price(key.parse().ok()?)),
            "Invoice" => Some(Self::Invoice(key.parse().ok()?)),
            "Statement" => Some(Self::Statement(key.parse().ok()?)),
            "WorkerToken" => Some(Self::WorkerToken(key.parse().ok()?)),
            "ImagingMachine" => Some(Self::ImagingMachine(key.parse().ok()?)),
            "AuditEvent" => Some(Self::AuditEvent(key.parse().ok()?)),
            _ => None,
        }
    }
}

pub fn user(id: &ID) -> Result<i64> {
    match GlobalId::parse(id) {
        Some(GlobalId::User(id)) => Ok(id),
        _ => Err(Error::NotFound("User")),
    }
}

pub fn centre(id: &ID) -> Result<i64> {
    match GlobalId::parse(id) {
        Some(GlobalId::Centre(id)) => Ok(id),
        _ => Err(Error::NotFound("Centre")),
    }
}

pub fn job(id: &ID) -> Result<Uuid> {
    match GlobalId::parse(id) {
        Some(GlobalId::Job(id)) => Ok(id),
        _ => Err(Error::NotFound("Job")),
    }
}

pub fn instance(id: &ID) -> Result<Uuid> {
    match GlobalId::parse(id) {
        Some(GlobalId::Instance(id)) => Ok(id),
        _ => Err(Error::NotFound("Instance")),
    }
}

pub fn report(id: &ID) -> Result<Uuid> {
    match GlobalId::parse(id) {
        Some(GlobalId::Report(id)) => Ok(id),
        _ => Err(Error::NotFound("Report")),
    }
}

pub fn report_template(id: &ID) -> Result<i64> {
    match GlobalId::parse(id) {
        Some(GlobalId::ReportTemplate(id)) => Ok(id),
        _ => Err(Error::NotFound("Template")),
    }
}

pub fn report_macro(id: &ID) -> Result<i64> {
    match GlobalId::parse(id) {
        Some(GlobalId::ReportMacro(id)) => Ok(id),
        _ => Err(Error::NotFound("Macro")),
    }
}

pub fn critical_finding(id: &ID) -> Result<Uuid> {
    match GlobalId::parse(id) {
        Some(GlobalId::CriticalFinding(id)) => Ok(id),
        _ => Err(Error::NotFound("Critical finding")),
    }
}

pub fn price(id: &ID) -> Result<i64> {
    match GlobalId::parse(id) {
        Some(GlobalId::Price(id)) => Ok(id),
        _ => Err(Error::NotFound("Price")),
    }
}

pub fn imaging_machine(id: &ID) -> Result<i64> {
    match GlobalId::parse(id) {
        Some(GlobalId::ImagingMachine(id)) => Ok(id),
        _ => Err(Error::NotFound("Imaging machine")),
    }
}

pub fn invoice(id: &ID) -> Result<Uuid> {
    match GlobalId::parse(id) {
        Some(GlobalId::Invoice(id)) => Ok(id),
        _ => Err(Error::NotFound("Invoice")),
    }
}

pub fn worker_token(id: &ID) -> Result<i64> {
    match GlobalId::parse(id) {
        Some(GlobalId::WorkerToken(id)) => Ok(id),
        _ => Err(Error::NotFound("Worker token")),
    }
}

/// What finds a study: the uuid of its opaque id, or whatever else the client gave.
pub fn study(id: &ID) -> Result<String> {
    match GlobalId::parse(id) {
        Some(GlobalId::Study(uuid)) => Ok(uuid.to_string()),
        Some(_) => Err(Error::NotFound("Study")),
        None => Ok(id.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_the_way_out_and_back() {
        let uuid = Uuid::new_v4();
        for id in [GlobalId::User(7), GlobalId::Study(uuid), GlobalId::Job(uuid)] {
            assert_eq!(GlobalId::parse(&ID::from(id)), Some(id));
        }
        for wrong in ["", "x", "VXNlcg", "VXNlcjp4"] {
            assert_eq!(GlobalId::parse(&ID::from(wrong)), None);
        }
    }
}
