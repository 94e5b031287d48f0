//! AuditEvent of FHIR R4 (4.0.1).

use super::{Subject, action, event_codes, participant};
use chrono::SecondsFormat;
use entity::audit_event::Model;
use serde_json::{Value, json};

const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";

pub(super) fn resource(event: &Model, about: &[&Subject]) -> Value {
    let (id, kind) = event_codes(&event.kind);
    let coding = |(code, display): (&str, &str)| json!({ "system": DCM, "code": code, "display": display });
    let mut resource = json!({
        "resourceType": "AuditEvent",
        "id": event.id,
        "type": coding(id),
        "action": action(event, id),
        "recorded": event.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "outcome": event.outcome.to_string(),
        "agent": [agent(event)],
        "source": {
            "observer": { "display": "gantry" },
            "type": [{ "system": SOURCE_TYPE, "code": "4", "display": "Application Server" }],
        },
    });
    if let Some(kind) = kind {
        resource["subtype"] = json!([coding(kind)]);
    }
    let entities = entities(event, about);
    // FHIR has no empty lists.
    if !entities.is_empty() {
        resource["entity"] = entities.into();
    }
    resource
}

fn agent(event: &Model) -> Value {
    let name = participant(event);
    let mut agent = json!({ "requestor": true, "name": name, "who": { "display": name } });
    if let Some(id) = event.user_id {
        agent["altId"] = id.to_string().into();
    }
    if let Some(role) = &event.role {
        agent["role"] = json!([{ "text": role }]);
    }
    if let Some(remote) = &event.remote {
        agent["network"] = json!({ "address": remote, "type": "2" });
    }
    agent
}

fn entities(event: &Model, about: &[&Subject]) -> Vec<Value> {
    let kind = |code: &str, display: &str| json!({ "system": ENTITY_TYPE, "code": code, "display": display });
    let role = |code: &str, display: &str| json!({ "system": OBJECT_ROLE, "code": code, "display": display });
    let mut entities = Vec::new();
    let mut patients = Vec::new();
    for subject in about {
        entities.push(json!({
            "what": { "identifier": { "system": "urn:dicom:uid", "value": format!("urn:oid:{}", subject.uid) } },
            "type": kind("2", "System Object"),
            "role": role("3", "Report"),
            "name": subject.code,
        }));
        if let Some(patient) = &subject.patient
            && !patients.contains(&patient)
        {
            patients.push(patient);
        }
    }
    for (id, issuer) in patients {
        let mut identifier = json!({ "value": id });
        if let Some(issuer) = issuer {
            identifier["assigner"] = json!({ "display": issuer });
        }
        entities.push(json!({
            "what": { "identifier": identifier },
            "type": kind("1", "Person"),
            "role": role("1", "Patient"),
        }));
    }
    if let Some(object) = &event.object {
        entities.push(json!({
            "what": { "identifier": { "system": "urn:gantry:object", "value": object } },
            "type": kind("2", "System Object"),
        }));
    }
    entities
}
