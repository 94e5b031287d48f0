//! What radiologists look for in a worklist.

use super::Side;
use crate::archive::family_names;
use anyhow::{Context, Result};
use chrono::{Days, NaiveDate, Utc};
use domain::App;
use entity::study;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use tests::Client;

pub const QUERY: &str = "query($first: Int!, $after: String, $filter: StudyFilter!, $orderBy: StudyOrder) {
  studies(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    nodes { id studyId patientName patientId accessionNumber modality status isUrgent createdAt numberOfInstances centre { name } }
    pageInfo { hasNextPage endCursor } } }";

const IDS: &str = "{ me { id } centres(first: 100) { nodes { id name } } }";
const UNREAD: [&str; 2] = ["UPLOADED", "ASSIGNED"];

pub struct Filter {
    pub name: &'static str,
    /// `filter` and `orderBy`, for a sample of the archive and a rare name.
    pub variables: fn(&Sample, &str) -> Value,
    pub second_page: bool,
}

/// What is in an archive, to be looked for.
pub struct Sample {
    reader: Value,
    large_centre: Value,
    small_centre: Value,
    patient_name: String,
    patient_id: String,
    accession_number: String,
    today: NaiveDate,
}

impl Sample {
    pub async fn of(app: &App, client: &Client, studies: i64) -> Result<Self> {
        let study = study::Entity::find_by_id(studies / 2).one(app.db.reader()).await?.context("no study")?;
        let ids = client.data(IDS, json!({})).await;
        let centre = |name: &str| {
            let mut centres = ids["centres"]["nodes"].as_array().into_iter().flatten();
            let centre = centres.find(|centre| centre["name"] == name).map(|centre| centre["id"].clone());
            centre.with_context(|| format!("no {name}"))
        };
        Ok(Self {
            reader: ids["me"]["id"].clone(),
            large_centre: centre("Centre 1")?,
            small_centre: centre("Centre 20")?,
            patient_name: study.patient_name,
            patient_id: study.patient_id.context("no Patient ID")?,
            accession_number: study.accession_number.context("no Accession Number")?,
            today: Utc::now().date_naive(),
        })
    }
}

/// The rarest family name that both archives have.
pub async fn rare_name(small: &Side, large: &Side) -> Result<&'static str> {
    for name in family_names().rev() {
        let variables = json!({ "first": 1, "filter": { "text": name } });
        let (one, other) = (small.answer(&variables).await?, large.answer(&variables).await?);
        if [one, other].iter().all(|answer| answer["studies"]["nodes"][0].is_object()) {
            return Ok(name);
        }
    }
    anyhow::bail!("no name is in both archives")
}

pub const FILTERS: &[Filter] = &[
    first_page("newest", |_, _| json!({ "filter": {} })),
    first_page("unread", |_, _| json!({ "filter": { "status": UNREAD } })),
    first_page(
        "unread CT",
        |_, _| json!({ "filter": { "status": UNREAD, "modality": ["CT"] } }),
    ),
    first_page(
        "a large centre's unread",
        |sample, _| json!({ "filter": { "status": UNREAD, "centre": sample.large_centre } }),
    ),
    first_page(
        "a small centre's verified",
        |sample, _| json!({ "filter": { "status": ["VERIFIED"], "centre": sample.small_centre } }),
    ),
    first_page(
        "a small centre's unread",
        |sample, _| json!({ "filter": { "status": UNREAD, "centre": sample.small_centre } }),
    ),
    first_page(
        "assigned to the reader and unread",
        |sample, _| json!({ "filter": { "status": ["ASSIGNED", "IN_REVIEW"], "assignee": sample.reader } }),
    ),
    first_page("overdue", |_, _| json!({ "filter": { "overdue": true } })),
    first_page(
        "overdue, the soonest due first",
        |_, _| json!({ "filter": { "overdue": true }, "orderBy": { "field": "DUE_AT", "direction": "ASC" } }),
    ),
    first_page(
        "unread, the soonest due first",
        |_, _| json!({ "filter": { "status": UNREAD }, "orderBy": { "field": "DUE_AT", "direction": "ASC" } }),
    ),
    first_page(
        "due within a day",
        |sample, _| json!({ "filter": { "status": UNREAD, "dueBefore": format!("{}T23:59:59Z", sample.today) } }),
    ),
    first_page("urgent", |_, _| json!({ "filter": { "urgent": true } })),
    first_page(
        "urgent and unread",
        |_, _| json!({ "filter": { "urgent": true, "status": UNREAD } }),
    ),
    first_page(
        "examined in the last week",
        |sample, _| json!({ "filter": { "dateRange": { "from": sample.today - Days::new(7), "to": sample.today } } }),
    ),
    first_page(
        "examined in the last week, MRI",
        |sample, _| json!({ "filter": { "modality": ["MRI"], "dateRange": { "from": sample.today - Days::new(7) } } }),
    ),
    first_page(
        "text: a rare family name",
        |_, rare| json!({ "filter": { "text": rare } }),
    ),
    first_page(
        "text: the most frequent family name",
        |_, _| json!({ "filter": { "text": "müller" } }),
    ),
    first_page(
        "text: the most frequent name, unread",
        |_, _| json!({ "filter": { "text": "müller", "status": UNREAD } }),
    ),
    first_page(
        "text: a patient's whole name",
        |sample, _| json!({ "filter": { "text": sample.patient_name } }),
    ),
    first_page("text: two letters", |_, _| json!({ "filter": { "text": "sc" } })),
    first_page(
        "Patient ID",
        |sample, _| json!({ "filter": { "patientId": sample.patient_id } }),
    ),
    first_page(
        "Accession Number",
        |sample, _| json!({ "filter": { "accessionNumber": sample.accession_number } }),
    ),
    Filter {
        second_page: true,
        ..first_page("unread, second page", |_, _| json!({ "filter": { "status": UNREAD } }))
    },
    first_page(
        "by patient's name",
        |_, _| json!({ "filter": {}, "orderBy": { "field": "PATIENT_NAME", "direction": "ASC" } }),
    ),
    first_page(
        "unread, by patient's name",
        |_, _| json!({ "filter": { "status": UNREAD }, "orderBy": { "field": "PATIENT_NAME", "direction": "ASC" } }),
    ),
    first_page(
        "by day of examination",
        |_, _| json!({ "filter": {}, "orderBy": { "field": "EXAMINED_ON" } }),
    ),
    first_page(
        "unread, by day of examination",
        |_, _| json!({ "filter": { "status": UNREAD }, "orderBy": { "field": "EXAMINED_ON" } }),
    ),
];

const fn first_page(name: &'static str, variables: fn(&Sample, &str) -> Value) -> Filter {
    Filter {
        name,
        variables,
        second_page: false,
    }
}
