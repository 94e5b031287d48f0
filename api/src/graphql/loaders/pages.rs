//! Lists within rows: the same page of all of them in one statement.

use super::Reader;
use async_graphql::dataloader::Loader;
use domain::events::{self, Cursor, Event};
use domain::page::{Page, PageRequest};
use domain::rows::{
    Assignment, CriticalFinding, InstanceSummary, Job, Report, ReportAddendum, ReportKeyImage, ReportVersion, Series,
    Study,
};
use domain::studies::{self, SeriesKey, StudyKey};
use domain::{Error, critical_findings, jobs, reports};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use uuid::Uuid;

/// The series of a study.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SeriesOf(pub i64, pub PageRequest<SeriesKey>);
/// The instances of a series.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct InstancesOf(pub i64, pub PageRequest<i64>);
/// The jobs of a study.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct JobsOf(pub i64, pub PageRequest<Uuid>);
/// The events of a study.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EventsOf(pub i64, pub PageRequest<Cursor>);
/// The priors of a study.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PriorsOf(pub i64, pub PageRequest<StudyKey>);
/// The assignments of a study.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AssignmentsOf(pub i64, pub PageRequest<i64>);
/// The reports of a study.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ReportsOf(pub i64, pub PageRequest<i64>);
/// The texts of a report.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct VersionsOf(pub i64, pub PageRequest<i64>);

/// The addenda of a report.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AddendaOf(pub i64, pub PageRequest<i64>);
/// The key images of a report.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyImagesOf(pub i64, pub PageRequest<i64>);
/// The critical findings of a study.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FindingsOf(pub i64, pub PageRequest<i64>);

/// One statement is needed for each page that the document asks for, of however many parents.
pub(super) fn by_page<K: Eq + Hash + Clone>(
    wanted: impl Iterator<Item = (i64, PageRequest<K>)>,
) -> HashMap<PageRequest<K>, Vec<i64>> {
    let mut parents: HashMap<PageRequest<K>, Vec<i64>> = HashMap::new();
    for (parent, request) in wanted {
        parents.entry(request).or_default().push(parent);
    }
    parents
}

impl Loader<SeriesOf> for Reader<SeriesOf> {
    type Value = Page<Series>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[SeriesOf]) -> Result<HashMap<SeriesOf, Page<Series>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = studies::series_by_study(&self.app, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (SeriesOf(parent, page), list)));
        }
        Ok(all)
    }
}

impl Loader<InstancesOf> for Reader<InstancesOf> {
    type Value = Page<InstanceSummary>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[InstancesOf]) -> Result<HashMap<InstancesOf, Page<InstanceSummary>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = studies::instances_by_series(&self.app, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (InstancesOf(parent, page), list)));
        }
        Ok(all)
    }
}

impl Loader<JobsOf> for Reader<JobsOf> {
    type Value = Page<Job>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[JobsOf]) -> Result<HashMap<JobsOf, Page<Job>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = jobs::jobs_by_study(&self.app, &self.ctx, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (JobsOf(parent, page), list)));
        }
        Ok(all)
    }
}

impl Loader<EventsOf> for Reader<EventsOf> {
    type Value = Page<Event>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[EventsOf]) -> Result<HashMap<EventsOf, Page<Event>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = events::events_by_study(&self.app, &self.ctx, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (EventsOf(parent, page), list)));
        }
        Ok(all)
    }
}

impl Loader<PriorsOf> for Reader<PriorsOf> {
    type Value = Page<Study>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[PriorsOf]) -> Result<HashMap<PriorsOf, Page<Study>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = studies::priors_by_study(&self.app, &self.ctx, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (PriorsOf(parent, page), list)));
        }
        Ok(all)
    }
}

impl Loader<AssignmentsOf> for Reader<AssignmentsOf> {
    type Value = Page<Assignment>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[AssignmentsOf]) -> Result<HashMap<AssignmentsOf, Page<Assignment>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = studies::assignments_by_study(&self.app, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (AssignmentsOf(parent, page), list)));
        }
        Ok(all)
    }
}

impl Loader<ReportsOf> for Reader<ReportsOf> {
    type Value = Page<Report>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[ReportsOf]) -> Result<HashMap<ReportsOf, Page<Report>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = reports::reports_by_study(&self.app, &self.ctx, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (ReportsOf(parent, page), list)));
        }
        Ok(all)
    }
}

impl Loader<VersionsOf> for Reader<VersionsOf> {
    type Value = Page<ReportVersion>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[VersionsOf]) -> Result<HashMap<VersionsOf, Page<ReportVersion>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = reports::versions_by_report(&self.app, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (VersionsOf(parent, page), list)));
        }
        Ok(all)
    }
}

impl Loader<AddendaOf> for Reader<AddendaOf> {
    type Value = Page<ReportAddendum>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[AddendaOf]) -> Result<HashMap<AddendaOf, Page<ReportAddendum>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = reports::addenda_by_report(&self.app, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (AddendaOf(parent, page), list)));
        }
        Ok(all)
    }
}

impl Loader<FindingsOf> for Reader<FindingsOf> {
    type Value = Page<CriticalFinding>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[FindingsOf]) -> Result<HashMap<FindingsOf, Page<CriticalFinding>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = critical_findings::findings_by_study(&self.app, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (FindingsOf(parent, page), list)));
        }
        Ok(all)
    }
}

impl Loader<KeyImagesOf> for Reader<KeyImagesOf> {
    type Value = Page<ReportKeyImage>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[KeyImagesOf]) -> Result<HashMap<KeyImagesOf, Page<ReportKeyImage>>, Arc<Error>> {
        let mut all = HashMap::new();
        for (page, parents) in by_page(keys.iter().map(|key| (key.0, key.1))) {
            let lists = reports::key_images_by_report(&self.app, &parents, &page).await?;
            all.extend(lists.into_iter().map(|(parent, list)| (KeyImagesOf(parent, page), list)));
        }
        Ok(all)
    }
}
