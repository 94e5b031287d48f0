//! An archive as it is after some years, to be measured: centres of very different size, most studies verified, few unread, patients
//! who come again.
//!
//! The rows are those of the entities, and what the services derive from them is derived by the services: nothing here knows the
//! schema. The same number of studies always makes the same archive, but for the days.

mod indexes;
mod people;
mod studies;

use anyhow::{Context as _, Result};
use chrono::Utc;
use domain::App;
use domain::centres::{CentreInput, centre_create};
use domain::context::{Context, Role};
use domain::studies::words_fill;
use domain::users::{NewUser, user_create};
use indexes::Indexes;
use people::Names;
pub use people::family_names;
use sea_orm::{
    ActiveModelBehavior, ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, Iterable,
    TransactionTrait,
};
use std::time::Instant;
use studies::Maker;
use tests::app::PASSWORD;
use tests::seed::Chance;

const SEED: u64 = 20_261;
const CENTRES: i32 = 20;
const RADIOLOGISTS: usize = 12;
/// Studies of ten patients.
const VISITS: i64 = 16;
/// Studies of one transaction.
const AT_ONCE: i64 = 5_000;
/// Parameters of one statement: SQLite takes 32,766, PostgreSQL 65,535.
const PARAMETERS: usize = 32_000;
/// Takes the place of the number of studies, to try a measure quickly.
const SIZE: &str = "BENCH_STUDIES";
/// Who looks at it.
pub const READER: &str = "radiologist0";

/// How many studies an archive has that should have so many.
pub fn size(studies: i64) -> Result<i64> {
    match std::env::var(SIZE) {
        Ok(text) => text.parse().with_context(|| format!("{SIZE}={text}")),
        Err(_) => Ok(studies),
    }
}

pub struct Archive {
    pub studies: i64,
    /// With series, instances and jobs; without them the studies only count them.
    pub images: bool,
}

impl Archive {
    /// Fills a database that was just migrated.
    pub async fn fill(&self, app: &App, name: &str) -> Result<()> {
        let mut maker = self.maker(app).await?;
        prepare(app).await?;
        let indexes = Indexes::drop(app).await?;
        let began = Instant::now();
        for first in (1..=self.studies).step_by(AT_ONCE as usize) {
            let last = self.studies.min(first + AT_ONCE - 1);
            self.part(app, &mut maker, first..=last).await?;
            if last % (AT_ONCE * 40) == 0 && last < self.studies {
                println!("  {name}: {last} studies, {:.0} s", began.elapsed().as_secs_f64());
            }
        }
        indexes.make(app).await?;
        finish(app).await?;
        println!(
            "  {name}: {} studies, {:.0} s",
            self.studies,
            began.elapsed().as_secs_f64()
        );
        Ok(())
    }

    async fn maker(&self, app: &App) -> Result<Maker> {
        let system = Context::system("bench");
        let (mut centres, mut radiologists) = (Vec::new(), Vec::new());
        for number in 1..=CENTRES {
            let input = CentreInput {
                name: Some(format!("Centre {number}")),
                ..CentreInput::default()
            };
            centres.push(centre_create(app, &system, input).await?.id);
        }
        for number in 0..RADIOLOGISTS {
            let new = NewUser {
                username: format!("radiologist{number}"),
                email: format!("radiologist{number}@example.org"),
                full_name: format!("Dr. Number {number}"),
                password: PASSWORD.into(),
                role: Role::Radiologist,
                centre_id: None,
            };
            radiologists.push(user_create(app, &system, new).await?.id);
        }
        let (mut chance, names) = (Chance::new(SEED), Names::new());
        // The size of a centre falls with its number: the first has a third of all patients, the last one in a hundred.
        let shares: Vec<u64> = (1..=CENTRES).map(|number| (1000.0 / f64::from(number).powf(1.2)) as u64).collect();
        let mut patients = Vec::new();
        for _ in 0..(self.studies * 10 / VISITS).max(1) {
            let mut left = chance.within(0..shares.iter().sum());
            let mut centre = 0;
            while left >= shares[centre] {
                left -= shares[centre];
                centre += 1;
            }
            patients.push(names.patient(&mut chance, centre));
        }
        Ok(Maker {
            chance,
            names,
            patients,
            centres,
            radiologists,
            studies: self.studies,
            now: Utc::now(),
        })
    }

    async fn part(&self, app: &App, maker: &mut Maker, ids: std::ops::RangeInclusive<i64>) -> Result<()> {
        let (mut studies, mut words) = (Vec::new(), Vec::new());
        let (mut series, mut instances, mut jobs) = (Vec::new(), Vec::new(), Vec::new());
        for id in ids {
            let mut study = maker.study(id);
            words.extend(words_fill(&mut study));
            if self.images {
                let (its_series, its_instances) = maker.images(&mut study);
                series.extend(its_series);
                instances.extend(its_instances);
                jobs.extend(maker.jobs(&study));
            }
            studies.push(study);
        }
        let tx = app.db.writer().begin().await?;
        if app.db.backend() == DbBackend::Postgres {
            // Every row refers to one that was made here; asking for each would take most of the time.
            tx.execute_unprepared("SET LOCAL session_replication_role = replica").await?;
        }
        insert(&tx, studies).await?;
        insert(&tx, words).await?;
        insert(&tx, series).await?;
        insert(&tx, instances).await?;
        insert(&tx, jobs).await?;
        Ok(tx.commit().await?)
    }
}

async fn insert<R, A>(c: &impl ConnectionTrait, rows: Vec<R>) -> Result<()>
where
    R: IntoActiveModel<A>,
    A: ActiveModelTrait + ActiveModelBehavior + Send,
{
    let columns = <A::Entity as EntityTrait>::Column::iter().count();
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        let some: Vec<A> = rows.by_ref().take(PARAMETERS / columns).collect();
        A::Entity::insert_many(some).exec_without_returning(c).await?;
    }
    Ok(())
}

/// SQLite fills a large file far faster when its indexes stay in memory.
async fn prepare(app: &App) -> Result<()> {
    if app.db.backend() == DbBackend::Sqlite {
        app.db
            .writer()
            .execute_unprepared("PRAGMA cache_size = -1000000; PRAGMA foreign_keys = OFF")
            .await?;
    }
    Ok(())
}

/// What the databases do by themselves in the course of time.
async fn finish(app: &App) -> Result<()> {
    let sql = match app.db.backend() {
        DbBackend::Sqlite => "PRAGMA wal_checkpoint(TRUNCATE)",
        _ => "VACUUM (ANALYZE)",
    };
    app.db.writer().execute_unprepared(sql).await?;
    Ok(())
}
