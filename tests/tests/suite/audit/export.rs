//! The exports: messages as the schema of PS3.15 A.5.1 has them, resources with what FHIR R4 requires of an AuditEvent.

use super::{events, uploaded, uuid_of};
use domain::Context;
use domain::audit::{AuditKind, ExportFormat, audit_export};
use futures::TryStreamExt;
use quick_xml::Reader;
use quick_xml::events::Event;
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tests::TestApp;

/// An element of XML.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    fn read(text: &str) -> Self {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        let begin = |start: &quick_xml::events::BytesStart<'_>| Self {
            name: String::from_utf8(start.name().as_ref().to_vec()).unwrap(),
            attributes: start
                .attributes()
                .map(|attribute| {
                    let attribute = attribute.unwrap();
                    let value = quick_xml::escape::unescape(std::str::from_utf8(&attribute.value).unwrap()).unwrap();
                    (
                        String::from_utf8(attribute.key.as_ref().to_vec()).unwrap(),
                        value.into_owned(),
                    )
                })
                .collect(),
            ..Self::default()
        };
        loop {
            match reader.read_event().unwrap() {
                Event::Start(start) => open.push(begin(&start)),
                Event::Empty(start) => open.last_mut().unwrap().children.push(begin(&start)),
                Event::End(_) => {
                    let done = open.pop().unwrap();
                    open.last_mut().unwrap().children.push(done);
                }
                Event::Text(text) => open.last_mut().unwrap().text += &text.decode().unwrap(),
                Event::GeneralRef(_) => open.last_mut().unwrap().text.push('?'),
                Event::Eof => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(open[0].children.len(), 1, "one root");
        open.remove(0).children.remove(0)
    }

    fn all(&self, name: &str) -> Vec<&Element> {
        self.children.iter().filter(|child| child.name == name).collect()
    }

    fn code(&self, name: &str) -> Option<&str> {
        self.all(name).first()?.attributes.get("csd-code").map(String::as_str)
    }
}

/// An element of the schema: its attributes and children, each with whether it must be there (`!`), may (`?`), or may repeat (`*`, `+`).
struct Rule {
    attributes: &'static [(&'static str, char, &'static [&'static str])],
    children: &'static [(&'static str, char)],
}

const ANY: &[&str] = &[];
const CODED: Rule = Rule {
    attributes: &[
        ("csd-code", '!', ANY),
        ("codeSystemName", '!', ANY),
        ("displayName", '?', ANY),
        ("originalText", '!', ANY),
    ],
    children: &[],
};

/// PS3.15 A.5.1.1, in the order of its children.
fn rule(name: &str) -> Rule {
    match name {
        "AuditMessage" => Rule {
            attributes: &[],
            children: &[
                ("EventIdentification", '!'),
                ("ActiveParticipant", '+'),
                ("AuditSourceIdentification", '!'),
                ("ParticipantObjectIdentification", '*'),
            ],
        },
        "EventIdentification" => Rule {
            attributes: &[
                ("EventActionCode", '?', &["C", "R", "U", "D", "E"]),
                ("EventDateTime", '!', ANY),
                ("EventOutcomeIndicator", '!', &["0", "4", "8", "12"]),
            ],
            children: &[
                ("EventID", '!'),
                ("EventTypeCode", '*'),
                ("EventOutcomeDescription", '?'),
            ],
        },
        "ActiveParticipant" => Rule {
            attributes: &[
                ("UserID", '!', ANY),
                ("AlternativeUserID", '?', ANY),
                ("UserName", '?', ANY),
                ("UserIsRequestor", '!', &["true", "false", "1", "0"]),
                ("NetworkAccessPointID", '?', ANY),
                ("NetworkAccessPointTypeCode", '?', &["1", "2", "3", "4", "5"]),
            ],
            children: &[("RoleIDCode", '*'), ("MediaIdentifier", '?')],
        },
        "AuditSourceIdentification" => Rule {
            attributes: &[("AuditEnterpriseSiteID", '?', ANY), ("AuditSourceID", '!', ANY)],
            children: &[("AuditSourceTypeCode", '*')],
        },
        "AuditSourceTypeCode" => Rule {
            attributes: &[("csd-code", '!', ANY)],
            children: &[],
        },
        "ParticipantObjectIdentification" => Rule {
            attributes: &[
                ("ParticipantObjectID", '!', ANY),
                ("ParticipantObjectTypeCode", '?', &["1", "2", "3", "4"]),
                ("ParticipantObjectTypeCodeRole", '?', &["1", "3", "11", "13"]),
            ],
            children: &[
                ("ParticipantObjectIDTypeCode", '!'),
                ("ParticipantObjectName", '!'),
                ("ParticipantObjectDetail", '*'),
            ],
        },
        "ParticipantObjectDetail" => Rule {
            attributes: &[("type", '!', ANY), ("value", '!', ANY)],
            children: &[],
        },
        "ParticipantObjectName" => Rule {
            attributes: &[],
            children: &[],
        },
        "EventID" | "EventTypeCode" | "RoleIDCode" | "ParticipantObjectIDTypeCode" => CODED,
        other => panic!("the schema has no {other}"),
    }
}

fn assert_valid(element: &Element) {
    let rule = rule(&element.name);
    for (name, value) in &element.attributes {
        let known = rule.attributes.iter().find(|(known, ..)| known == name);
        let (_, _, values) = known.unwrap_or_else(|| panic!("{}/@{name}", element.name));
        assert!(
            values.is_empty() || values.contains(&value.as_str()),
            "{}/@{name}={value}",
            element.name
        );
        assert!(!value.is_empty(), "{}/@{name}", element.name);
    }
    for (name, times, _) in rule.attributes {
        assert!(
            *times == '?' || element.attributes.contains_key(*name),
            "{}/@{name} is missing",
            element.name
        );
    }
    let places: Vec<usize> = element
        .children
        .iter()
        .map(|child| {
            rule.children
                .iter()
                .position(|(name, _)| *name == child.name)
                .unwrap_or_else(|| panic!("{}/{}", element.name, child.name))
        })
        .collect();
    assert!(places.is_sorted(), "{}: {places:?}", element.name);
    for (name, times) in rule.children {
        let count = element.all(name).len();
        let fits = match times {
            '!' => count == 1,
            '?' => count <= 1,
            '+' => count >= 1,
            _ => true,
        };
        assert!(fits, "{}/{name}: {count}", element.name);
    }
    element.children.iter().for_each(assert_valid);
}

async fn export(app: &TestApp, format: ExportFormat) -> Vec<String> {
    let lines = audit_export(&app.app, &Context::command_line(), format, None, None).await.unwrap();
    lines.try_collect().await.unwrap()
}

/// Something of every sort, about two patients; one has an id that XML must escape.
async fn busy() -> TestApp {
    let app = TestApp::new().await;
    let (one, other) = (uploaded(&app, app.centre).await, uploaded(&app, app.centre).await);
    let radiologist = app.radiologist().await;
    for (id, patient) in [(&one, "A<&\"1"), (&other, "B2")] {
        let uuid = uuid_of(&radiologist, id).await;
        let sql = "UPDATE study SET patient_id = $1, issuer_of_patient_id = 'Hospital' WHERE uuid = $2";
        domain::db::sql::execute(app.app.db.writer(), sql, vec![patient.into(), uuid.into()]).await.unwrap();
    }
    radiologist.data("{ studies { nodes { id } } }", json!({})).await;
    radiologist.gql("{ queues { name } }", json!({})).await;
    let report = "mutation($id: ID!) { reportCreate(input: { study: $id, findings: \"F\", impression: \"I\" }) { report { id } } }";
    radiologist.data(report, json!({ "id": one })).await;
    app.app.audit.written().await;
    app
}

#[tokio::test]
async fn every_message_fits_the_schema_of_dicom_and_speaks_of_one_patient() {
    let app = busy().await;
    let count = events(&app).await.len();
    let messages: Vec<Element> =
        export(&app, ExportFormat::Dicom).await.iter().map(|line| Element::read(line)).collect();
    assert!(messages.len() > count, "a list of two patients is two messages");
    let mut seen = BTreeSet::new();
    for message in &messages {
        assert_valid(message);
        let identification = message.all("EventIdentification")[0];
        seen.insert((
            identification.code("EventID").unwrap().to_owned(),
            identification.attributes["EventActionCode"].clone(),
        ));
        let objects = message.all("ParticipantObjectIdentification");
        let patients: Vec<_> =
            objects.iter().filter(|object| object.code("ParticipantObjectIDTypeCode") == Some("2")).collect();
        assert!(patients.len() <= 1, "{message:?}");
        let studies =
            objects.iter().filter(|object| object.code("ParticipantObjectIDTypeCode") == Some("110180")).count();
        assert_eq!(studies > 0, !patients.is_empty(), "{message:?}");
        for patient in patients {
            assert!(
                ["A<&\"1", "B2"].contains(&patient.attributes["ParticipantObjectID"].as_str()),
                "{patient:?}"
            );
        }
    }
    for (code, action) in [
        ("110103", "R"),
        ("110103", "C"),
        ("110111", "C"),
        ("110113", "E"),
        ("110114", "E"),
        ("110101", "R"),
    ] {
        assert!(
            seen.contains(&(code.to_owned(), action.to_owned())),
            "{code} {action}: {seen:?}"
        );
    }
}

/// FHIR R4, AuditEvent: required elements, value sets of `action`, `outcome` and `agent.network.type`, and the invariants of the resource.
#[tokio::test]
async fn every_resource_has_what_fhir_requires() {
    let app = busy().await;
    let lines = export(&app, ExportFormat::Fhir).await;
    let rows = events(&app).await;
    // The export records itself before it reads.
    assert_eq!(lines.len(), rows.len());
    for (line, row) in lines.iter().zip(&rows) {
        let event: Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["resourceType"], "AuditEvent");
        assert_eq!(event["id"], row.id.to_string());
        assert_eq!(event["type"]["system"], "http://dicom.nema.org/resources/ontology/DCM");
        assert!(event["type"]["code"].as_str().unwrap().starts_with("1101"), "{event}");
        assert!(
            ["C", "R", "U", "D", "E"].contains(&event["action"].as_str().unwrap()),
            "{event}"
        );
        assert!(
            ["0", "4", "8", "12"].contains(&event["outcome"].as_str().unwrap()),
            "{event}"
        );
        let recorded = chrono::DateTime::parse_from_rfc3339(event["recorded"].as_str().unwrap()).unwrap();
        assert_eq!(recorded, row.at);
        let agents = event["agent"].as_array().unwrap();
        assert!(agents.iter().all(|agent| agent["requestor"].is_boolean()) && !agents.is_empty());
        assert!(event["source"]["observer"].is_object(), "{event}");
        for agent in agents.iter().filter(|agent| !agent["network"].is_null()) {
            assert_eq!(agent["network"]["type"], "2", "{event}");
        }
        for entity in event["entity"].as_array().map_or(&[][..], Vec::as_slice) {
            assert!(entity["what"]["identifier"]["value"].is_string(), "{event}");
            // sev-1: a name or a query, not both.
            assert!(entity["query"].is_null(), "{event}");
        }
        assert!(!line.contains("[]") && !line.contains("null"), "{line}");
    }
    let listed = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let patients = |event: &Value| {
        let entities = event["entity"].as_array().cloned().unwrap_or_default();
        entities.iter().filter(|entity| entity["role"]["code"] == "1").count()
    };
    assert!(
        listed.into_iter().any(|event| patients(&event) == 2),
        "a list of two patients"
    );
}

/// A row of every kind, so that none is without a code.
#[tokio::test]
async fn every_kind_has_its_codes() {
    let app = busy().await;
    let one = events(&app).await.remove(0);
    for (n, kind) in AuditKind::ALL.into_iter().enumerate() {
        let row = entity::audit_event::Model {
            id: uuid::Uuid::now_v7(),
            at: chrono::Utc::now(),
            kind: kind.as_str().into(),
            action: kind.action().into(),
            outcome: kind.outcome().indicator(),
            request_id: format!("kind {n}"),
            seq: None,
            ..one.clone()
        };
        let row = row.into_active_model().reset_all();
        entity::audit_event::Entity::insert(row).exec_without_returning(app.app.db.writer()).await.unwrap();
    }
    for line in export(&app, ExportFormat::Dicom).await {
        assert_valid(&Element::read(&line));
    }
}
