//! How urgent a study is and until when it is to be read; who can read what and when; who got a study, and why.

use crate::dialect::run;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, COLUMNS).await?;
        let [due_at, now] = match manager.get_database_backend() {
            DbBackend::Postgres => [
                "date_trunc('second', created_at + make_interval(mins => CASE WHEN is_urgent THEN 60 ELSE 1440 END))",
                "now()",
            ],
            // In the text form of sqlx, which leaves out a fraction of a second that is none.
            _ => [
                "strftime('%Y-%m-%dT%H:%M:%S+00:00', created_at, CASE WHEN is_urgent THEN '+60 minutes' ELSE '+1440 minutes' END)",
                "strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now')",
            ],
        };
        run(manager, &PRESENT.replace("{due_at}", due_at).replace("{now}", now)).await?;
        run(manager, INDEXES).await?;
        run(manager, TABLES).await
    }
}

/// Targets are in minutes; none: the server's. `due_at` is in whole seconds. `overdue_at`: when people were told, which happens once.
/// `assignment_waits_at`: since when nobody could be found who reads the study.
const COLUMNS: &str = r#"
ALTER TABLE centre ADD COLUMN target_emergency integer;
ALTER TABLE centre ADD COLUMN target_urgent integer;
ALTER TABLE centre ADD COLUMN target_priority integer;
ALTER TABLE centre ADD COLUMN target_routine integer;
ALTER TABLE centre ADD COLUMN auto_assign boolean NOT NULL DEFAULT false;

ALTER TABLE study ADD COLUMN urgency text NOT NULL DEFAULT 'routine'
  CHECK (urgency IN ('emergency','urgent','priority','routine'));
ALTER TABLE study ADD COLUMN due_at {ts} NOT NULL DEFAULT '1970-01-01T00:00:00+00:00';
ALTER TABLE study ADD COLUMN verified_at {ts};
ALTER TABLE study ADD COLUMN overdue_at {ts};
ALTER TABLE study ADD COLUMN assignment_waits_at {ts};
"#;

/// Of the studies that are there already nobody is told that they are late.
const PRESENT: &str = r#"
UPDATE study SET urgency = CASE WHEN is_urgent THEN 'urgent' ELSE 'routine' END, due_at = {due_at},
  verified_at = CASE WHEN status = 'verified' THEN COALESCE(
    (SELECT min(report.verified_at) FROM report WHERE report.study_id = study.id), updated_at) END;
UPDATE study SET overdue_at = due_at WHERE due_at < {now};
"#;

const INDEXES: &str = r#"
CREATE INDEX study_due ON study (due_at, id);
CREATE INDEX study_status_due ON study (status, due_at, id);
CREATE INDEX study_centre_due ON study (centre_id, due_at, id);
CREATE INDEX study_centre_status_due ON study (centre_id, status, due_at, id);
CREATE INDEX study_assigned_due ON study (assigned_radiologist_id, due_at, id);
CREATE INDEX study_open_due ON study (due_at, id) WHERE verified_at IS NULL;
CREATE INDEX study_centre_open_due ON study (centre_id, due_at, id) WHERE verified_at IS NULL;
CREATE INDEX study_untold_due ON study (due_at, id) WHERE verified_at IS NULL AND overdue_at IS NULL;
CREATE INDEX study_waits ON study (due_at, id) WHERE assignment_waits_at IS NOT NULL;
"#;

/// `hours`: when a radiologist works, in his time zone; empty: at all times. `last_assigned_at`: for who has been idle the longest.
/// `considered`: what an automatic assignment was chosen by. `released_at`: the study was given back.
const TABLES: &str = r#"
CREATE TABLE radiologist_profile (
  user_id bigint PRIMARY KEY NOT NULL REFERENCES "user" (id), modalities {json} NOT NULL,
  is_available boolean NOT NULL, available_until {ts}, hours {json} NOT NULL, time_zone text NOT NULL,
  max_open_studies integer NOT NULL CHECK (max_open_studies >= 0), last_assigned_at {ts},
  created_at {ts} NOT NULL, updated_at {ts} NOT NULL);

CREATE TABLE assignment (
  id {id}, study_id bigint NOT NULL REFERENCES study (id), radiologist_id bigint NOT NULL REFERENCES "user" (id),
  previous_id bigint REFERENCES "user" (id), assigned_by_id bigint REFERENCES "user" (id),
  method text NOT NULL CHECK (method IN ('manual','claim','automatic')), considered {json},
  released_at {ts}, created_at {ts} NOT NULL);
CREATE INDEX assignment_study ON assignment (study_id, id);
CREATE INDEX assignment_radiologist ON assignment (radiologist_id, id);
"#;
