//! SQL that is written once for both databases: their clock, and locking of rows.
//!
//! Times of jobs are always the database's, so that the clocks of workers never matter.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

/// Milliseconds in the text form in which sqlx writes `DateTime<Utc>`, so that both compare and decode alike.
const SQLITE_FORMAT: &str = "'%Y-%m-%dT%H:%M:%f000+00:00'";

/// Makes a statement of a template: `{now}` is the database's clock, `{now+$n}` that clock plus the parameter `n` in seconds,
/// `{lock}` locks the selected rows, `{skip locked}` too, but passes over those that others have locked (SQLite has one writer and
/// needs neither).
pub fn statement(backend: DbBackend, template: &str, values: Vec<Value>) -> Statement {
    let mut sql = String::with_capacity(template.len() + 200);
    let mut pieces = template.split('{');
    sql.extend(pieces.next());
    for piece in pieces {
        match piece.split_once('}') {
            Some((name, rest)) => {
                sql.push_str(&render(backend, name));
                sql.push_str(rest);
            }
            None => sql.push_str(piece),
        }
    }
    Statement::from_sql_and_values(backend, sql, values)
}

fn render(backend: DbBackend, name: &str) -> String {
    let sqlite = backend == DbBackend::Sqlite;
    match (name, name.strip_prefix("now+")) {
        ("now", _) if sqlite => format!("strftime({SQLITE_FORMAT},'now')"),
        ("now", _) => "clock_timestamp()".to_owned(),
        (_, Some(seconds)) if sqlite => format!("strftime({SQLITE_FORMAT},'now',{seconds}||' seconds')"),
        (_, Some(seconds)) => format!("(clock_timestamp()+make_interval(secs=>{seconds}))"),
        ("lock" | "skip locked", _) if sqlite => String::new(),
        ("lock", _) => "FOR UPDATE".to_owned(),
        ("skip locked", _) => "FOR UPDATE SKIP LOCKED".to_owned(),
        _ => format!("{{{name}}}"),
    }
}

/// `$1,$2,$3`: the parameters of a list, with the first one's number.
pub fn numbers(first: usize, count: usize) -> String {
    let numbers: Vec<_> = (first..first + count).map(|number| format!("${number}")).collect();
    numbers.join(",")
}

/// `($1,$2),($3,$4)`: the parameters of `rows` rows of `columns` values.
pub fn tuples(rows: usize, columns: usize) -> String {
    let row = |row: usize| format!("({})", numbers(1 + row * columns, columns));
    (0..rows).map(row).collect::<Vec<_>>().join(",")
}

pub async fn execute(c: &impl ConnectionTrait, template: &str, values: Vec<Value>) -> Result<u64, DbErr> {
    let statement = statement(c.get_database_backend(), template, values);
    Ok(c.execute_raw(statement).await?.rows_affected())
}

pub async fn query(c: &impl ConnectionTrait, template: &str, values: Vec<Value>) -> Result<Vec<QueryResult>, DbErr> {
    c.query_all_raw(statement(c.get_database_backend(), template, values)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_number_their_parameters() {
        assert_eq!(tuples(2, 3), "($1,$2,$3),($4,$5,$6)");
        assert_eq!(numbers(4, 2), "$4,$5");
    }

    #[test]
    fn a_template_is_rendered_for_both_databases() {
        let template = "UPDATE job SET run_at={now+$2} WHERE run_at<={now} {skip locked}";
        assert_eq!(
            statement(DbBackend::Postgres, template, vec![]).sql,
            "UPDATE job SET run_at=(clock_timestamp()+make_interval(secs=>$2)) WHERE run_at<=clock_timestamp() FOR UPDATE SKIP LOCKED"
        );
        let sqlite = statement(DbBackend::Sqlite, template, vec![]).sql;
        assert!(sqlite.contains("'now',$2||' seconds')"), "{sqlite}");
        assert!(!sqlite.contains(['{', '}']), "{sqlite}");
    }
}
