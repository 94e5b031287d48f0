//! The indexes of the tables that are filled: made when all rows are there, which takes a fraction of the time of keeping them up.

use anyhow::Result;
use domain::App;
use domain::db::sql::query;
use sea_orm::{ConnectionTrait, DbBackend};

/// Those that belong to no constraint; SQLite's others have no statement.
const OF_SQLITE: &str = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL
  AND tbl_name IN ('study', 'study_word', 'series', 'instance', 'job')";
const OF_POSTGRES: &str = "SELECT indexname AS name, indexdef AS sql FROM pg_indexes WHERE schemaname = 'public'
  AND tablename IN ('study', 'study_word', 'series', 'instance', 'job')
  AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = format('%I.%I', schemaname, indexname)::regclass)";

/// Statements that make the indexes again.
pub struct Indexes(Vec<String>);

impl Indexes {
    pub async fn drop(app: &App) -> Result<Self> {
        let all = match app.db.backend() {
            DbBackend::Sqlite => OF_SQLITE,
            _ => OF_POSTGRES,
        };
        let mut made_by = Vec::new();
        for row in query(app.db.writer(), all, vec![]).await? {
            let name: String = row.try_get("", "name")?;
            made_by.push(row.try_get("", "sql")?);
            app.db.writer().execute_unprepared(&format!("DROP INDEX \"{name}\"")).await?;
        }
        Ok(Self(made_by))
    }

    pub async fn make(self, app: &App) -> Result<()> {
        for sql in self.0 {
            app.db.writer().execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
