//! The audit trail: who saw and changed what, chained so that a row that was changed or removed is found.

use crate::dialect::run;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, EVENT).await?;
        match manager.get_database_backend() {
            DbBackend::Postgres => run(manager, POSTGRES).await,
            _ => run(manager, SQLITE).await,
        }
    }
}

/// `id` is a UUID of version 7 made of `at`, so that its order is that of time. `studies` are their UUIDs, 16 bytes each. Names of users are
/// kept as they were; nothing refers to other tables, because the trail outlives what it tells of.
const EVENT: &str = "
CREATE TABLE audit_event (
  id {uuid} NOT NULL PRIMARY KEY, at {ts} NOT NULL, face text NOT NULL, kind text NOT NULL, action text NOT NULL, outcome integer NOT NULL,
  user_id bigint, username text, role text, user_centre_id bigint, remote text, request_id text NOT NULL,
  centre_id bigint, object text, study_count integer NOT NULL, studies {blob} NOT NULL,
  key_id text NOT NULL, seq bigint, hash {blob} NOT NULL);
CREATE UNIQUE INDEX audit_event_seq ON audit_event (seq);
CREATE INDEX audit_event_unsealed ON audit_event (id) WHERE seq IS NULL;
CREATE INDEX audit_event_centre ON audit_event (centre_id, id);
CREATE INDEX audit_event_user ON audit_event (user_id, id);
CREATE INDEX audit_event_kind ON audit_event (kind, id);
CREATE INDEX audit_event_failed ON audit_event (outcome, id) WHERE outcome <> 0;
";

/// `audit_study` finds the events of a study; `audit_head` is the end of the chain.
const POSTGRES: &str = r#"
CREATE TABLE audit_study (study_uuid uuid NOT NULL, event_id uuid NOT NULL, PRIMARY KEY (study_uuid, event_id));
CREATE TABLE audit_head (id integer PRIMARY KEY CHECK (id = 1), seq bigint NOT NULL, hash bytea NOT NULL);
INSERT INTO audit_head VALUES (1, 0, decode(repeat('00', 32), 'hex'));
CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'the audit trail is only ever added to'; END $$;
CREATE TRIGGER audit_event_unchanged
  BEFORE UPDATE OF id, at, face, kind, action, outcome, user_id, username, role, user_centre_id, remote, request_id, centre_id, object, study_count, studies
  ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_event_sealed_once BEFORE UPDATE ON audit_event
  FOR EACH ROW WHEN (OLD.seq IS NOT NULL OR NEW.seq IS NULL) EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_event_not_removed BEFORE DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_event_not_emptied BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_study_kept BEFORE UPDATE OR DELETE ON audit_study FOR EACH ROW EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_study_not_emptied BEFORE TRUNCATE ON audit_study FOR EACH STATEMENT EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head
  FOR EACH ROW WHEN (NEW.seq <= OLD.seq) EXECUTE FUNCTION audit_kept();
CREATE TRIGGER audit_head_not_removed BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_kept();
"#;

const SQLITE: &str = r#"
CREATE TABLE audit_study (study_uuid blob NOT NULL, event_id blob NOT NULL, PRIMARY KEY (study_uuid, event_id)) WITHOUT ROWID;
CREATE TABLE audit_head (id integer PRIMARY KEY CHECK (id = 1), seq bigint NOT NULL, hash blob NOT NULL);
INSERT INTO audit_head VALUES (1, 0, zeroblob(32));
CREATE TRIGGER audit_event_unchanged
  BEFORE UPDATE OF id, at, face, kind, action, outcome, user_id, username, role, user_centre_id, remote, request_id, centre_id, object, study_count, studies
  ON audit_event BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;
CREATE TRIGGER audit_event_sealed_once BEFORE UPDATE ON audit_event
  WHEN OLD.seq IS NOT NULL OR NEW.seq IS NULL BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;
CREATE TRIGGER audit_event_not_removed BEFORE DELETE ON audit_event
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;
CREATE TRIGGER audit_study_unchanged BEFORE UPDATE ON audit_study
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;
CREATE TRIGGER audit_study_not_removed BEFORE DELETE ON audit_study
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;
CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head
  WHEN NEW.seq <= OLD.seq BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;
CREATE TRIGGER audit_head_not_removed BEFORE DELETE ON audit_head
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only ever added to'); END;
"#;
