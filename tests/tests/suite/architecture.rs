//! The arrows of ARCHITECTURE.md, held by a test: who may depend on whom, and what may be named where.
//!
//! Dependencies are read from `cargo metadata`; names are looked for in the sources with comments and strings taken away, SQL in
//! the strings. What ships is bound: a room's own tests may look at everything below it, `tests` into every room.

mod source;

use serde_json::Value;
use source::{Source, names, runs_sql};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each room and the rooms it may depend on. Arrows point down only.
const ARROWS: &[(&str, &[&str])] = &[
    (
        "gantry",
        &["api", "worker", "dimse", "domain", "imaging", "inference", "migration"],
    ),
    ("api", &["domain", "imaging"]),
    ("worker", &["documents", "domain", "imaging", "inference"]),
    ("dimse", &["domain", "imaging"]),
    ("domain", &["entity", "imaging", "migration"]),
    ("migration", &["entity"]),
    ("entity", &[]),
    ("inference", &["imaging"]),
    ("imaging", &[]),
    ("documents", &[]),
    (
        "tests",
        &[
            "gantry",
            "api",
            "worker",
            "dimse",
            "documents",
            "domain",
            "entity",
            "imaging",
            "inference",
            "migration",
        ],
    ),
    ("xtask", &[]),
];

/// Crates, by the first word of their name, and the only rooms that may depend on them or name them.
const KEPT: &[(&str, &[&str])] = &[
    ("poem", &["api"]),
    ("async_graphql", &["api"]),
    ("apalis", &["worker"]),
    ("sea_orm", &["domain", "entity", "migration"]),
    ("sqlx", &["domain", "migration"]),
    ("object_store", &["domain"]),
    ("tract", &["inference"]),
];

/// Rooms whose strings may hold SQL.
const SQL: &[&str] = &["domain", "entity", "migration"];

/// Rooms of pure functions.
const PURE: &[&str] = &["imaging", "documents"];

/// What a room of pure functions has no use for.
const IMPURE: &[&str] = &[
    "async",
    "await",
    "tokio",
    "reqwest",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
];

/// Rooms that are not bound by `KEPT` and `SQL`.
const FREE: &[&str] = &["tests", "xtask"];

struct Room {
    name: String,
    folder: PathBuf,
    /// Names with underscores.
    dependencies: Vec<String>,
    /// The same, for its tests only.
    of_tests: Vec<String>,
}

#[test]
fn dependencies_follow_the_arrows() {
    let rooms = rooms();
    let wrong: Vec<_> = rooms.iter().flat_map(|room| wrong_arrows(&rooms, room)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn frameworks_and_queries_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for room in rooms().iter().filter(|room| !FREE.contains(&room.name.as_str())) {
        for path in sources(&room.folder.join("src")) {
            seen += 1;
            let text = fs::read_to_string(&path).unwrap();
            wrong.extend(misplaced(&room.name, &text).iter().map(|what| format!("{}: {what}", path.display())));
        }
    }
    assert!(seen > 20, "only {seen} sources were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn wrong_arrows(rooms: &[Room], room: &Room) -> Vec<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == room.name) else {
        return vec![format!(
            "{} is a room without a place in the table of arrows",
            room.name
        )];
    };
    let is_room = |name: &String| rooms.iter().any(|room| room.name == *name);
    let mut wrong = Vec::new();
    for name in &room.dependencies {
        let free = FREE.contains(&room.name.as_str());
        if is_room(name) && !allowed.contains(&name.as_str()) {
            wrong.push(format!("{} must not depend on {name}", room.name));
        } else if !is_room(name) && !free && is_kept_from(&room.name, name) {
            wrong.push(format!("{} must not depend on the crate {name}", room.name));
        }
    }
    let upwards = room.of_tests.iter().filter(|name| is_room(name) && !is_below(name, &room.name));
    wrong.extend(upwards.map(|name| format!("the tests of {} must not depend on {name}", room.name)));
    wrong
}

fn is_kept_from(room: &str, name: &str) -> bool {
    KEPT.iter().any(|(kept, rooms)| is_family(name, kept) && !rooms.contains(&room))
}

/// Whether arrows lead from one room down to another.
fn is_below(lower: &str, upper: &str) -> bool {
    let next = ARROWS.iter().find(|(name, _)| *name == upper).map_or(&[][..], |(_, next)| *next);
    next.iter().any(|&next| next == lower || is_below(lower, next))
}

/// What a source of a room names although it belongs elsewhere.
fn misplaced(room: &str, text: &str) -> Vec<String> {
    let source = Source::read(text);
    let names = names(&source.code);
    let mut wrong = Vec::new();
    for (kept, rooms) in KEPT.iter().filter(|(_, rooms)| !rooms.contains(&room)) {
        if names.iter().any(|name| is_family(name.word, kept)) {
            wrong.push(format!("{kept} is named in {room}, it belongs to {}", rooms.join(", ")));
        }
    }
    if !SQL.contains(&room) {
        let queries = names.iter().any(|name| name.word == "entity" && name.opens_path);
        let sql = source.strings.iter().find(|string| runs_sql(string));
        wrong.extend(queries.then(|| format!("entity is named in {room}")));
        wrong.extend(sql.map(|sql| format!("SQL in {room}: {sql}")));
    }
    if PURE.contains(&room) {
        let impure = names.iter().find(|name| IMPURE.contains(&name.word));
        wrong.extend(impure.map(|name| format!("{room} is pure, but names {}", name.word)));
    }
    wrong
}

/// `apalis_core` is of the family `apalis`; `apalisade` is not.
fn is_family(name: &str, kept: &str) -> bool {
    name.strip_prefix(kept).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

fn rooms() -> Vec<Room> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(cargo).args(arguments).current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().iter().map(room).collect()
}

fn room(package: &Value) -> Room {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (of_tests, dependencies): (Vec<_>, Vec<_>) =
        package["dependencies"].as_array().unwrap().iter().partition(|found| found["kind"] == "dev");
    let names = |found: Vec<&Value>| found.iter().map(|found| text(&found["name"]).replace('-', "_")).collect();
    Room {
        name: text(&package["name"]),
        folder: Path::new(&text(&package["manifest_path"])).parent().unwrap().to_owned(),
        dependencies: names(dependencies),
        of_tests: names(of_tests),
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

fn made_up(name: &str, dependencies: &[&str]) -> Room {
    Room {
        name: name.into(),
        folder: PathBuf::new(),
        dependencies: dependencies.iter().map(|&name| name.into()).collect(),
        of_tests: Vec::new(),
    }
}

#[test]
fn an_arrow_upwards_or_sideways_is_told() {
    let rooms = ["gantry", "api", "worker", "domain", "entity", "imaging", "migration"].map(|name| made_up(name, &[]));
    let wrong = |name, dependencies: &[&str]| wrong_arrows(&rooms, &made_up(name, dependencies)).len();
    assert_eq!(
        wrong("api", &["domain", "imaging", "poem", "async_graphql", "serde"]),
        0
    );
    assert_eq!(wrong("api", &["worker"]), 1);
    assert_eq!(wrong("api", &["entity"]), 1);
    assert_eq!(wrong("domain", &["api"]), 1);
    assert_eq!(wrong("entity", &["domain", "migration"]), 2);
    assert_eq!(wrong("gantry", &["poem", "apalis_core", "sea_orm_migration"]), 3);
    assert_eq!(wrong("attic", &[]), 1);
}

#[test]
fn tests_of_a_room_look_downwards_only() {
    let rooms = ["api", "worker", "domain", "entity"].map(|name| made_up(name, &[]));
    let wrong = |name, of_tests: &[&str]| {
        let of_tests = made_up(name, of_tests).dependencies;
        let room = Room {
            of_tests,
            ..made_up(name, &[])
        };
        wrong_arrows(&rooms, &room).len()
    };
    assert_eq!(wrong("worker", &["entity", "sea_orm"]), 0);
    assert_eq!(wrong("worker", &["api"]), 1);
    assert_eq!(wrong("entity", &["domain"]), 1);
}

#[test]
fn a_name_in_the_wrong_room_is_told() {
    assert_eq!(misplaced("domain", "use poem::Route;").len(), 1);
    assert_eq!(
        misplaced("gantry", "fn f() -> async_graphql::Value { apalis_core::x() }").len(),
        2
    );
    assert_eq!(misplaced("api", "use entity::study;").len(), 1);
    assert_eq!(misplaced("api", r#"f("SELECT 1 FROM study")"#).len(), 1);
    assert_eq!(misplaced("imaging", "async fn f() {}").len(), 1);
    assert!(misplaced("api", "let entity = poem::x(entity); // sqlx::query and apalis").is_empty());
    assert!(misplaced("domain", r##"sqlx::query("SELECT 1 FROM study"); "poem""##).is_empty());
    assert!(misplaced("worker", "fn poemless(apalisade: apalis::X) {}").is_empty());
}
