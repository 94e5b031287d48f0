//! What stands around the text of a report: names, locks, signed content, templates, critical findings.

use super::Reader;
use async_graphql::dataloader::Loader;
use domain::reports::StudyContent;
use domain::rows::{CriticalFinding, Report, ReportDocument, ReportLock, ReportMacro, ReportTemplate, ReportVersion};
use domain::{Error, critical_findings, reports, users};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReportId(pub i64);
/// The name of the user with this id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserName(pub i64);
/// The files of the study with this id, as they are now.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentOf(pub i64);
/// The PDF of the report with this id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DocumentOf(pub i64);
/// The lock of the report with this id.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LockOf(pub i64);
/// The text of this report with this number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VersionNumber(pub i64, pub i32);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FindingUuid(pub Uuid);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TemplateId(pub i64);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MacroId(pub i64);

impl Loader<ReportId> for Reader<ReportId> {
    type Value = Report;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[ReportId]) -> Result<HashMap<ReportId, Report>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = reports::reports_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (ReportId(row.id), row)).collect())
    }
}

impl Loader<UserName> for Reader<UserName> {
    type Value = String;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[UserName]) -> Result<HashMap<UserName, String>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let names = users::user_names(&self.app, &ids).await?;
        Ok(names.into_iter().map(|(id, name)| (UserName(id), name)).collect())
    }
}

impl Loader<ContentOf> for Reader<ContentOf> {
    type Value = StudyContent;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[ContentOf]) -> Result<HashMap<ContentOf, StudyContent>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let contents = reports::contents_by_study(&self.app, &ids).await?;
        Ok(contents.into_iter().map(|(study, content)| (ContentOf(study), content)).collect())
    }
}

impl Loader<DocumentOf> for Reader<DocumentOf> {
    type Value = ReportDocument;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[DocumentOf]) -> Result<HashMap<DocumentOf, ReportDocument>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = reports::documents_by_report(&self.app, &ids).await?;
        Ok(rows.into_iter().map(|row| (DocumentOf(row.report_id), row)).collect())
    }
}

impl Loader<LockOf> for Reader<LockOf> {
    type Value = ReportLock;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[LockOf]) -> Result<HashMap<LockOf, ReportLock>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = reports::locks_by_report(&self.app, &ids).await?;
        Ok(rows.into_iter().map(|row| (LockOf(row.report_id), row)).collect())
    }
}

impl Loader<VersionNumber> for Reader<VersionNumber> {
    type Value = ReportVersion;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[VersionNumber]) -> Result<HashMap<VersionNumber, ReportVersion>, Arc<Error>> {
        let wanted: Vec<(i64, i32)> = keys.iter().map(|key| (key.0, key.1)).collect();
        let rows = reports::versions_by_number(&self.app, &wanted).await?;
        Ok(rows.into_iter().map(|row| (VersionNumber(row.report_id, row.version), row)).collect())
    }
}

impl Loader<FindingUuid> for Reader<FindingUuid> {
    type Value = CriticalFinding;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[FindingUuid]) -> Result<HashMap<FindingUuid, CriticalFinding>, Arc<Error>> {
        let uuids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = critical_findings::findings_by_uuid(&self.app, &self.ctx, &uuids).await?;
        Ok(rows.into_iter().map(|row| (FindingUuid(row.uuid), row)).collect())
    }
}

impl Loader<TemplateId> for Reader<TemplateId> {
    type Value = ReportTemplate;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[TemplateId]) -> Result<HashMap<TemplateId, ReportTemplate>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = reports::templates_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (TemplateId(row.id), row)).collect())
    }
}

impl Loader<MacroId> for Reader<MacroId> {
    type Value = ReportMacro;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[MacroId]) -> Result<HashMap<MacroId, ReportMacro>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = reports::macros_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (MacroId(row.id), row)).collect())
    }
}
