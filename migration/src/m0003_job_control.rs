//! Control of queues, shares of centres, outages that cost no attempt, bounded history, verified objects and counted usage.

use crate::dialect::run;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, JOB).await?;
        run(manager, QUEUE).await?;
        run(manager, HISTORY).await?;
        run(manager, OBJECTS).await?;
        run(manager, USAGE).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            run(manager, NOTIFY_POSTGRES).await?;
        }
        Ok(())
    }
}

/// `deferrals` counts how often in a row the job was put off because something that it needs was out of order.
/// Waiting jobs are found by centre, so that one centre's backlog is passed over and not read through.
const JOB: &str = r#"
ALTER TABLE job ADD COLUMN deferrals integer NOT NULL DEFAULT 0;
DROP INDEX job_fetch;
CREATE INDEX job_fetch ON job (queue, (COALESCE(centre_id, 0)), priority DESC, run_at, id) WHERE state = 'PENDING' AND lost_leases = 0;
CREATE INDEX job_running ON job (queue, (COALESCE(centre_id, 0))) WHERE state = 'RUNNING';
CREATE INDEX job_served ON job (queue, (COALESCE(centre_id, 0)), started_at) WHERE started_at IS NOT NULL;
CREATE INDEX job_dead ON job (id) WHERE state = 'DEAD';
CREATE INDEX job_finished ON job (finished_at) WHERE finished_at IS NOT NULL;
"#;

/// What operators changed while Gantry runs; a queue without a row has the defaults.
/// `slots`: of each worker process. `centre_slots`: jobs of one centre that run at the same time, in the whole cluster.
const QUEUE: &str = r#"
CREATE TABLE queue (
  name text PRIMARY KEY NOT NULL, paused boolean NOT NULL DEFAULT false,
  slots integer CHECK (slots >= 1), centre_slots integer CHECK (centre_slots >= 1), updated_at {ts} NOT NULL);
"#;

/// One row: the last event that is no longer kept.
const HISTORY: &str = r#"
CREATE TABLE event_horizon (id integer PRIMARY KEY NOT NULL CHECK (id = 1), xid bigint NOT NULL, event_id bigint NOT NULL);
INSERT INTO event_horizon (id, xid, event_id) VALUES (1, 0, 0);
"#;

/// `damage` says what is wrong with an object that the scrub found changed or gone.
const OBJECTS: &str = r#"
ALTER TABLE stored_object ADD COLUMN verified_at {ts};
ALTER TABLE stored_object ADD COLUMN damage text;
CREATE INDEX stored_object_verified ON stored_object ((COALESCE(verified_at, created_at)));
CREATE INDEX stored_object_damage ON stored_object (key) WHERE damage IS NOT NULL;
"#;

const USAGE: &str = r#"
CREATE TABLE usage_day (
  centre_id bigint NOT NULL REFERENCES centre (id), day text NOT NULL,
  studies bigint NOT NULL, instances bigint NOT NULL, bytes bigint NOT NULL, PRIMARY KEY (centre_id, day));
CREATE INDEX usage_day_day ON usage_day (day, centre_id);
CREATE INDEX instance_created ON instance (created_at);
"#;

/// A queue that was changed is looked at again.
const NOTIFY_POSTGRES: &str = r#"
CREATE FUNCTION queue_notify() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('job', NEW.name); RETURN NULL; END $$;
CREATE TRIGGER queue_wake AFTER INSERT OR UPDATE ON queue FOR EACH ROW EXECUTE FUNCTION queue_notify();
"#;
