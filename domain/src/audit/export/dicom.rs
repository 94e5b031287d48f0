//! Audit messages as PS3.15 A.5.1 has their schema, and A.5.3 what is in which.

use super::{Code, Subject, action, event_codes, participant};
use crate::error::{Error, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::SecondsFormat;
use entity::audit_event::Model;
use quick_xml::Writer;
use quick_xml::events::BytesText;
use std::io;

type Xml = Writer<Vec<u8>>;
type Written = io::Result<()>;

/// One message for each patient that the event is about, and one when it is about none.
pub(super) fn messages(event: &Model, about: &[&Subject]) -> Result<Vec<String>> {
    let mut patients: Vec<Vec<&Subject>> = Vec::new();
    for subject in about {
        let same = |group: &&mut Vec<&Subject>| subject.patient.is_some() && group[0].patient == subject.patient;
        match patients.iter_mut().find(same) {
            Some(group) => group.push(subject),
            None => patients.push(vec![subject]),
        }
    }
    if patients.is_empty() {
        patients.push(Vec::new());
    }
    patients.iter().map(|studies| message(event, studies)).collect()
}

fn message(event: &Model, studies: &[&Subject]) -> Result<String> {
    let mut xml = Writer::new(Vec::new());
    xml.create_element("AuditMessage")
        .write_inner_content(|xml| {
            identification(xml, event)?;
            active_participant(xml, event)?;
            source(xml)?;
            objects(xml, event, studies)
        })
        .map_err(Error::internal)?;
    String::from_utf8(xml.into_inner()).map_err(Error::internal)
}

fn code(xml: &mut Xml, element: &str, system: &str, (code, meaning): (&str, &str)) -> Written {
    xml.create_element(element)
        .with_attributes([
            ("csd-code", code),
            ("codeSystemName", system),
            ("originalText", meaning),
        ])
        .write_empty()
        .map(drop)
}

fn identification(xml: &mut Xml, event: &Model) -> Written {
    let (id, kind) = event_codes(&event.kind);
    let at = event.at.to_rfc3339_opts(SecondsFormat::Micros, true);
    xml.create_element("EventIdentification")
        .with_attributes([
            ("EventActionCode", action(event, id)),
            ("EventDateTime", at.as_str()),
            ("EventOutcomeIndicator", event.outcome.to_string().as_str()),
        ])
        .write_inner_content(|xml| {
            code(xml, "EventID", "DCM", id)?;
            match kind {
                Some(kind) => code(xml, "EventTypeCode", "DCM", kind),
                None => Ok(()),
            }
        })
        .map(drop)
}

fn active_participant(xml: &mut Xml, event: &Model) -> Written {
    let name = participant(event);
    let number = event.user_id.map(|id| id.to_string());
    let mut attributes = vec![("UserID", name.as_str()), ("UserIsRequestor", "true")];
    attributes.extend(number.as_deref().map(|number| ("AlternativeUserID", number)));
    if let Some(remote) = &event.remote {
        attributes.extend([
            ("NetworkAccessPointID", remote.as_str()),
            ("NetworkAccessPointTypeCode", "2"),
        ]);
    }
    let element = xml.create_element("ActiveParticipant").with_attributes(attributes);
    match &event.role {
        None => element.write_empty().map(drop),
        Some(role) => element.write_inner_content(|xml| code(xml, "RoleIDCode", "99GANTRY", (role, role))).map(drop),
    }
}

fn source(xml: &mut Xml) -> Written {
    xml.create_element("AuditSourceIdentification")
        .with_attribute(("AuditSourceID", "gantry"))
        .write_inner_content(|xml| {
            xml.create_element("AuditSourceTypeCode").with_attribute(("csd-code", "4")).write_empty().map(drop)
        })
        .map(drop)
}

/// ParticipantObjectTypeCode, its role, what its id is (system, code, meaning), the id and a name for it.
struct Object<'a> {
    kind: &'a str,
    role: &'a str,
    id_type: (&'a str, Code),
    id: &'a str,
    name: &'a str,
    /// `ParticipantObjectDetail`s.
    details: Vec<(&'a str, &'a str)>,
}

fn objects(xml: &mut Xml, event: &Model, studies: &[&Subject]) -> Written {
    let of_event: Vec<(&str, &str)> = event.object.iter().map(|object| ("object", object.as_str())).collect();
    for study in studies {
        let object = Object {
            kind: "2",
            role: "3",
            id_type: ("DCM", ("110180", "Study Instance UID")),
            id: &study.uid,
            name: &study.code,
            details: of_event.clone(),
        };
        write(xml, &object)?;
    }
    if let Some((id, issuer)) = studies.first().and_then(|study| study.patient.as_ref()) {
        let object = Object {
            kind: "1",
            role: "1",
            id_type: ("RFC-3881", ("2", "Patient Number")),
            id,
            name: id,
            details: issuer.iter().map(|issuer| ("issuer", issuer.as_str())).collect(),
        };
        write(xml, &object)?;
    }
    match (event_codes(&event.kind).0.0, &event.object) {
        ("110101", _) => write(
            xml,
            &Object {
                kind: "2",
                role: "13",
                id_type: ("RFC-3881", ("12", "URI")),
                id: "urn:gantry:audit",
                name: "Security Audit Log",
                details: Vec::new(),
            },
        ),
        ("110113", Some(object)) => write(
            xml,
            &Object {
                kind: if object.starts_with("user:") { "1" } else { "2" },
                role: if object.starts_with("user:") { "11" } else { "13" },
                id_type: ("99GANTRY", ("object", "Object of Gantry")),
                id: object,
                name: object,
                details: Vec::new(),
            },
        ),
        _ => Ok(()),
    }
}

fn write(xml: &mut Xml, object: &Object<'_>) -> Written {
    xml.create_element("ParticipantObjectIdentification")
        .with_attributes([
            ("ParticipantObjectID", object.id),
            ("ParticipantObjectTypeCode", object.kind),
            ("ParticipantObjectTypeCodeRole", object.role),
        ])
        .write_inner_content(|xml| {
            let (system, id_type) = object.id_type;
            code(xml, "ParticipantObjectIDTypeCode", system, id_type)?;
            xml.create_element("ParticipantObjectName").write_text_content(BytesText::new(object.name))?;
            for (kind, value) in &object.details {
                let value = BASE64_STANDARD.encode(value);
                xml.create_element("ParticipantObjectDetail")
                    .with_attributes([("type", *kind), ("value", value.as_str())])
                    .write_empty()?;
            }
            Ok(())
        })
        .map(drop)
}
