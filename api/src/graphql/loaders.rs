//! DataLoaders: what the rows of a list refer to is read in one statement for all of them.

use async_graphql::dataloader::{DataLoader, Loader};
use domain::rows::{Centre, Job, Rendition, Series, Study, User};
use domain::{App, Context, Error, centres, jobs, studies, users};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use uuid::Uuid;

/// The loaders of one operation, each within what its caller may see.
pub struct Loaders {
    pub users: DataLoader<Reader<UserId>>,
    pub centres: DataLoader<Reader<CentreId>>,
    pub studies: DataLoader<Reader<StudyId>>,
    pub jobs: DataLoader<Reader<JobId>>,
    pub series: DataLoader<Reader<SeriesOf>>,
    pub renditions: DataLoader<Reader<RenditionsOf>>,
}

/// Reads for one caller; `K` says what.
pub struct Reader<K> {
    app: App,
    ctx: Context,
    kind: std::marker::PhantomData<K>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserId(pub i64);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CentreId(pub i64);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StudyId(pub i64);
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct JobId(pub Uuid);
/// The series of a study.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesOf(pub i64);
/// The renditions of a series.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RenditionsOf(pub i64);

impl Loaders {
    pub fn new(app: &App, ctx: &Context) -> Self {
        Self {
            users: loader(app, ctx),
            centres: loader(app, ctx),
            studies: loader(app, ctx),
            jobs: loader(app, ctx),
            series: loader(app, ctx),
            renditions: loader(app, ctx),
        }
    }
}

fn loader<K: Send + Sync + Hash + Eq + Clone + 'static>(app: &App, ctx: &Context) -> DataLoader<Reader<K>>
where
    Reader<K>: Loader<K>,
{
    let reader = Reader {
        app: app.clone(),
        ctx: ctx.clone(),
        kind: std::marker::PhantomData,
    };
    DataLoader::new(reader, tokio::spawn)
}

impl Loader<UserId> for Reader<UserId> {
    type Value = User;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[UserId]) -> Result<HashMap<UserId, User>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = users::users_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (UserId(row.id), row)).collect())
    }
}

impl Loader<CentreId> for Reader<CentreId> {
    type Value = Centre;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[CentreId]) -> Result<HashMap<CentreId, Centre>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = centres::centres_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (CentreId(row.id), row)).collect())
    }
}

impl Loader<StudyId> for Reader<StudyId> {
    type Value = Study;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[StudyId]) -> Result<HashMap<StudyId, Study>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let rows = studies::studies_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (StudyId(row.id), row)).collect())
    }
}

impl Loader<JobId> for Reader<JobId> {
    type Value = Job;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[JobId]) -> Result<HashMap<JobId, Job>, Arc<Error>> {
        let ids: Vec<Uuid> = keys.iter().map(|key| key.0).collect();
        let rows = jobs::jobs_by_id(&self.app, &self.ctx, &ids).await?;
        Ok(rows.into_iter().map(|row| (JobId(row.id), row)).collect())
    }
}

impl Loader<SeriesOf> for Reader<SeriesOf> {
    type Value = Vec<Series>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[SeriesOf]) -> Result<HashMap<SeriesOf, Vec<Series>>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let mut grouped: HashMap<SeriesOf, Vec<Series>> = HashMap::new();
        for row in studies::series_by_study(&self.app, &ids).await? {
            grouped.entry(SeriesOf(row.study_id)).or_default().push(row);
        }
        Ok(grouped)
    }
}

impl Loader<RenditionsOf> for Reader<RenditionsOf> {
    type Value = Vec<Rendition>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[RenditionsOf]) -> Result<HashMap<RenditionsOf, Vec<Rendition>>, Arc<Error>> {
        let ids: Vec<i64> = keys.iter().map(|key| key.0).collect();
        let mut grouped: HashMap<RenditionsOf, Vec<Rendition>> = HashMap::new();
        for row in studies::renditions_by_series(&self.app, &ids).await? {
            grouped.entry(RenditionsOf(row.series_id)).or_default().push(row);
        }
        Ok(grouped)
    }
}
