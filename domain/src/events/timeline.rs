//! What happened to studies, the latest first, as far back as events are kept.

use super::{Cursor, Event, EventKind, Row, event};
use crate::App;
use crate::context::Context;
use crate::db::sql::numbers;
use crate::error::Result;
use crate::page::{Page, PageRequest};
use sea_orm::{DbBackend, FromQueryResult, QueryResult, Statement, Value};
use std::collections::HashMap;

/// For a DataLoader: a page of the events of each of the studies, which the caller has been given already; without those of which the
/// caller does not hear.
pub async fn events_by_study(
    app: &App,
    ctx: &Context,
    study_ids: &[i64],
    request: &PageRequest<Cursor>,
) -> Result<HashMap<i64, Page<Event>>> {
    let backend = app.db.backend();
    let mut values: Vec<Value> = study_ids.iter().map(|id| (*id).into()).collect();
    let studies = numbers(1, values.len());
    let (order, beyond) = match request.backward {
        false => ("DESC", "<"),
        true => ("ASC", ">"),
    };
    let (xid, is_final, place) = match backend {
        DbBackend::Postgres => ("event.xid::text::bigint", FINAL_POSTGRES, "::text::xid8"),
        _ => ("event.xid", "true", ""),
    };
    let mut from = String::new();
    if let Some(cursor) = request.from {
        let first = values.len() + 1;
        let xid = match backend {
            DbBackend::Postgres => cursor.xid.to_string().into(),
            _ => cursor.xid.into(),
        };
        values.extend::<[Value; 2]>([xid, cursor.id.into()]);
        from = format!("AND (event.xid, event.id) {beyond} (${first}{place}, ${})", first + 1);
    }
    let heard = heard(ctx);
    let sql = format!(
        "SELECT event.id, {xid} AS xid, true AS is_final, kind, centre_id, study_id, job_id, user_id, payload, created_at FROM (
           SELECT event.id AS event_id,
             row_number() OVER (PARTITION BY study_id ORDER BY event.xid {order}, event.id {order}) AS place
           FROM event WHERE study_id IN ({studies}) AND {is_final} {from} {heard}) AS places
         JOIN event ON event.id = places.event_id WHERE places.place <= {}
         ORDER BY event.study_id, event.xid {order}, event.id {order}",
        request.limit + 1
    );
    let mut lists: HashMap<i64, Vec<Event>> = HashMap::new();
    let rows = Row::find_by_statement(Statement::from_sql_and_values(backend, sql, values));
    for row in rows.all(app.db.reader()).await? {
        lists.entry(row.study_id.unwrap_or_default()).or_default().push(event(row)?);
    }
    Ok(lists.into_iter().map(|(study, events)| (study, Page::new(events, request))).collect())
}

const FINAL_POSTGRES: &str = "event.xid < pg_snapshot_xmin(pg_current_snapshot())";

/// The condition that leaves out what the caller does not hear of.
fn heard(ctx: &Context) -> String {
    let hidden: Vec<String> = EventKind::hidden_from(ctx).iter().map(|kind| format!("'{}'", kind.as_str())).collect();
    match hidden.is_empty() {
        true => String::new(),
        false => format!("AND kind NOT IN ({})", hidden.join(",")),
    }
}

/// For a DataLoader: how many events of each study are kept, of those that the caller hears of.
pub async fn event_counts_by_study(app: &App, ctx: &Context, study_ids: &[i64]) -> Result<HashMap<i64, i64>> {
    let values: Vec<Value> = study_ids.iter().map(|id| (*id).into()).collect();
    let sql = format!(
        "SELECT study_id, count(*) FROM event WHERE study_id IN ({}) {} GROUP BY study_id",
        numbers(1, values.len()),
        heard(ctx)
    );
    let rows = crate::db::sql::query(app.db.reader(), &sql, values).await?;
    let pair = |row: &QueryResult| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    rows.iter().map(pair).collect()
}
