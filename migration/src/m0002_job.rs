//! Jobs, and on PostgreSQL the notifications that wake workers (SQLite wakes them from connection hooks, see `domain::db`).

use crate::dialect::run;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, JOB).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            run(manager, NOTIFY_POSTGRES).await?;
        }
        Ok(())
    }
}

/// `lease_token` grows with every fetch and is never reset: a holder of an older one can change nothing.
/// `rerun` remembers an enqueue that met the same job running. `lost_leases` counts attempts that ended with their worker.
const JOB: &str = r#"
CREATE TABLE job (
  id {uuid} PRIMARY KEY NOT NULL, kind text NOT NULL, queue text NOT NULL, payload {json} NOT NULL,
  unique_key text, rerun boolean NOT NULL DEFAULT false,
  state text NOT NULL DEFAULT 'PENDING' CHECK (state IN ('PENDING','RUNNING','SUCCEEDED','DEAD','CANCELLED')),
  priority integer NOT NULL DEFAULT 0, run_at {ts} NOT NULL,
  attempt integer NOT NULL DEFAULT 0, max_attempts integer NOT NULL, lost_leases integer NOT NULL DEFAULT 0,
  lease_token bigint NOT NULL DEFAULT 0, lease_until {ts}, worker text,
  progress double precision NOT NULL DEFAULT 0, last_error text, cancel_requested boolean NOT NULL DEFAULT false,
  centre_id bigint REFERENCES centre (id), study_id bigint REFERENCES study (id) ON DELETE CASCADE,
  created_by_id bigint REFERENCES "user" (id),
  created_at {ts} NOT NULL, updated_at {ts} NOT NULL, started_at {ts}, finished_at {ts});
CREATE INDEX job_fetch ON job (queue, priority DESC, run_at, id) WHERE state = 'PENDING';
CREATE INDEX job_lease ON job (lease_until) WHERE state = 'RUNNING';
CREATE INDEX job_suspect ON job (queue, priority DESC, run_at, id) WHERE lost_leases > 0 AND state IN ('PENDING','RUNNING');
CREATE UNIQUE INDEX job_unique ON job (kind, unique_key) WHERE unique_key IS NOT NULL AND state IN ('PENDING','RUNNING');
CREATE INDEX job_study ON job (study_id, id);
CREATE INDEX job_centre ON job (centre_id, id);
"#;

/// Channel `job` carries the queue that has work; with `!` before it, that somebody asked for a cancel.
const NOTIFY_POSTGRES: &str = r#"
CREATE FUNCTION job_notify() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM pg_notify('job', CASE WHEN NEW.cancel_requested THEN '!' ELSE '' END || NEW.queue); RETURN NULL; END $$;
CREATE TRIGGER job_wake_insert AFTER INSERT ON job FOR EACH ROW
  WHEN (NEW.state = 'PENDING' AND NEW.run_at <= clock_timestamp()) EXECUTE FUNCTION job_notify();
CREATE TRIGGER job_wake_update AFTER UPDATE ON job FOR EACH ROW
  WHEN (NEW.state = 'PENDING' AND OLD.state <> 'PENDING' AND NEW.run_at <= clock_timestamp()
        OR NEW.cancel_requested AND NOT OLD.cancel_requested) EXECUTE FUNCTION job_notify();
"#;
