//! The guided tour of docs/graphql.md takes place: every operation on that page runs as it stands, one after another on one server,
//! and answers what the page says; and every code that clients may meet is told there.

mod page;

use api::graphql::Code;
use domain::setup::demo_accounts;
use futures::StreamExt;
use page::{Example, differences};
use reqwest::multipart::Part;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::dicom::study;
use tests::{Client, TestApp};

/// Codes of the services that no mutation answers: queries make them `BAD_USER_INPUT`, pictures a status.
const NO_MUTATION: [&str; 6] = [
    "INVALID_CURSOR",
    "INVALID_PAGE",
    "TOO_MANY_DAYS",
    "NOT_RENDERABLE",
    "RADIOLOGIST_REQUIRED",
    "NOT_FOLLOWED",
];
/// Parts of the services that answer other faces than GraphQL, or the operator.
const OTHER_FACES: [&str; 5] = [
    "src/jobs/external",
    "src/db.rs",
    "src/db/",
    "src/error.rs",
    "src/config.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn document() -> String {
    fs::read_to_string(root().join("docs/graphql.md")).unwrap()
}

/// The people of the tour, and what the words in angle brackets stand for.
struct Tour {
    _app: TestApp,
    callers: BTreeMap<&'static str, Client>,
    words: BTreeMap<&'static str, String>,
}

impl Tour {
    async fn begin() -> Self {
        let app = TestApp::new().await;
        demo_accounts(&app.app).await.unwrap();
        let technician = Client::sign_in(&app.base, "tech1", "tech").await;
        let callers = BTreeMap::from([
            ("nobody", app.anonymous()),
            ("admin", Client::sign_in(&app.base, "admin", "admin").await),
            ("radiologist", Client::sign_in(&app.base, "radiologist1", "radio").await),
            ("", technician.clone()),
        ]);
        // Two studies of one patient, so that the second has a prior.
        technician.upload(study(2)).await;
        let uploaded = technician.upload(study(2)).await;
        app.run_pending_jobs().await;
        let mut tour = Self {
            _app: app,
            callers,
            words: BTreeMap::new(),
        };
        tour.learn(&uploaded["studies"][0]["id"]).await;
        tour
    }

    async fn learn(&mut self, study: &Value) {
        let query = "query($study: ID!) { me { centre { id } } study(id: $study) { events(last: 1) { nodes { cursor } }
            series { nodes { id instances { nodes { id } } } } } }";
        let known = self.callers[""].data(query, json!({ "study": study })).await;
        let radiologist = self.callers["radiologist"].data("{ me { id } }", json!({})).await;
        let series = &known["study"]["series"]["nodes"][0];
        let sign_in = "mutation { sessionCreate(input: { username: \"tech1\", password: \"tech\" }) { session { refreshToken } } }";
        let session = self.callers["nobody"].data(sign_in, json!({})).await;
        for (word, value) in [
            ("study", study),
            ("series", &series["id"]),
            ("instance", &series["instances"]["nodes"][0]["id"]),
            ("centre", &known["me"]["centre"]["id"]),
            ("cursor", &known["study"]["events"]["nodes"][0]["cursor"]),
            ("radiologist", &radiologist["me"]["id"]),
            ("refreshToken", &session["sessionCreate"]["session"]["refreshToken"]),
        ] {
            self.note(word, value);
        }
    }

    fn note(&mut self, word: &'static str, value: &Value) {
        let value = value.as_str().unwrap_or_else(|| panic!("{word} is {value}"));
        self.words.insert(word, value.into());
    }

    fn variables(&self, example: &Example) -> Value {
        let mut text = example.variables.clone();
        for (word, value) in &self.words {
            text = text.replace(&format!("<{word}>"), value);
        }
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("line {}: {error}: {text}", example.line))
    }

    /// The answer's `data`, after what later operations need of it was noted.
    async fn run(&mut self, example: &Example) -> Value {
        let caller = &self.callers[example.caller.as_str()];
        let variables = self.variables(example);
        let answer = if example.is_subscription() {
            let mut events = caller.subscribe(&example.text, variables).await;
            let event = tokio::time::timeout(Duration::from_secs(20), events.next()).await;
            event.ok().flatten().unwrap_or_else(|| panic!("line {}: no event", example.line))
        } else if variables["files"].is_array() {
            let parts = study(1).into_iter().map(|(name, bytes)| Part::bytes(bytes).file_name(name)).collect();
            caller.send_files(&example.text, variables, parts).await.unwrap()
        } else {
            caller.gql(&example.text, variables).await
        };
        assert!(answer["errors"].is_null(), "line {}: {answer}", example.line);
        let data = answer["data"].clone();
        for payload in data.as_object().unwrap().values() {
            for made in ["job", "report", "price", "criticalFinding", "invoice"] {
                if payload[made]["id"].is_string() {
                    self.note(made, &payload[made]["id"]);
                }
            }
        }
        data
    }
}

#[tokio::test]
async fn every_operation_of_the_tour_runs_as_it_stands() {
    let examples = Example::read(&document());
    assert!(examples.len() > 20, "{} operations", examples.len());
    let mut tour = Tour::begin().await;
    for example in &examples {
        let data = tour.run(example).await;
        let payloads = data.as_object().unwrap();
        if let Some(answer) = &example.answer {
            assert_eq!(
                differences(answer, &data, "data"),
                Vec::<String>::new(),
                "line {}: {data}",
                example.line
            );
        } else {
            let refused = payloads.values().filter(|payload| payload["userErrors"].get(0).is_some());
            assert_eq!(refused.count(), 0, "line {}: {data}", example.line);
        }
        let nothing = payloads.iter().filter(|(_, value)| value.is_null()).map(|(field, _)| field);
        assert_eq!(
            nothing.collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "line {}",
            example.line
        );
    }
}

/// Words in code style in the tables of a section.
fn told(page: &str, section: &str) -> BTreeSet<String> {
    let (_, rest) = page.split_once(&format!("\n### {section}\n")).unwrap_or_else(|| panic!("no section {section}"));
    let rows = rest.lines().take_while(|line| !line.starts_with('#')).filter_map(|line| line.strip_prefix("| `"));
    rows.flat_map(|row| row.split('|').next().unwrap_or_default().split('`').map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| is_code(word))
        .collect()
}

fn is_code(word: &str) -> bool {
    word.len() > 4 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') && !word.starts_with('_')
}

#[test]
fn every_code_of_errors_is_told_and_no_other() {
    let codes: BTreeSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    assert_eq!(told(&document(), "Codes of `errors`"), codes);
}

#[test]
fn every_code_of_user_errors_is_told_and_no_other() {
    let mut codes = BTreeSet::new();
    for part in ["domain/src", "api/src/graphql/mutation"] {
        collect(&root().join(part), &mut codes);
    }
    codes.extend(["NOT_FOUND", "BAD_CREDENTIALS", "TOO_LARGE"].map(str::to_owned));
    let told = told(&document(), "Codes of `userErrors`");
    let codes: BTreeSet<String> = codes.into_iter().filter(|code| !NO_MUTATION.contains(&code.as_str())).collect();
    assert_eq!(told, codes);
}

/// Codes that the sources of a folder give to errors.
fn collect(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let shown = path.to_string_lossy().into_owned();
        if OTHER_FACES.iter().any(|part| shown.contains(part)) {
            continue;
        }
        if path.is_dir() {
            collect(&path, codes);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for mark in ["Error::invalid(", "Error::conflict(", "code: ", "plain("] {
            // The code is the first or the second argument.
            let literals = text
                .split(mark)
                .skip(1)
                .filter_map(|rest| rest.split('"').skip(1).step_by(2).take(2).find(|word| is_code(word)));
            codes.extend(literals.filter(|word| word.contains('_')).map(str::to_owned));
        }
    }
}
