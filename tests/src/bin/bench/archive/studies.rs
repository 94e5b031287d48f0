//! The rows of an archive's studies, each a function of its number and of chance.

use super::people::{Names, Patient};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use entity::{instance, job, series, study};
use serde_json::json;
use tests::seed::Chance;
use uuid::Uuid;

/// A study every two and a half minutes, whatever the size of the archive: a larger one is older.
const EVERY: TimeDelta = TimeDelta::seconds(150);
/// The part of the studies that came in last and of which most are unread; of the older ones few were left over.
const RECENT: f64 = 0.02;
/// Of a hundred: words of the worklist, words of DICOM, what is written on them.
const MODALITIES: [(u64, &str, &str, &str); 6] = [
    (38, "xray", "DX", "Chest PA and lateral"),
    (30, "ct", "CT", "CT Abdomen with contrast"),
    (15, "mri", "MR", "MR Knee left"),
    (11, "ultrasound", "US", "US Abdomen"),
    (5, "mammography", "MG", "Screening mammography"),
    (1, "pet", "PT", "PET whole body"),
];
const UNREAD: [(u64, &str); 4] = [
    (60, "uploaded"),
    (25, "assigned"),
    (10, "in_review"),
    (5, "report_generated"),
];
const CT_IMAGE: &str = "1.2.840.10008.5.1.4.1.1.2";
const EXPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";
pub const SERIES: i64 = 2;

pub struct Maker {
    pub chance: Chance,
    pub names: Names,
    pub patients: Vec<Patient>,
    /// Ids of centres and radiologists.
    pub centres: Vec<i64>,
    pub radiologists: Vec<i64>,
    /// How many studies there will be.
    pub studies: i64,
    pub now: DateTime<Utc>,
}

impl Maker {
    /// The study with this id, from 1.
    pub fn study(&mut self, id: i64) -> study::Model {
        let number = self.chance.index(self.patients.len());
        let patient = &self.patients[number];
        let (patient_name, dicom_name) = self.names.of(patient);
        let (_, modality, _, description) = picked(&mut self.chance, &MODALITIES, |row| row.0);
        let is_recent = id as f64 > self.studies as f64 * (1.0 - RECENT);
        let is_unread = self.chance.within(0..1000) < if is_recent { 800 } else { 25 };
        let status = if is_unread {
            picked(&mut self.chance, &UNREAD, |row| row.0).1
        } else {
            "verified"
        };
        let assigned = (status != "uploaded").then(|| self.radiologists[self.chance.index(self.radiologists.len())]);
        let created_at = self.now - EVERY * i32::try_from(self.studies - id).unwrap_or(i32::MAX);
        let day = created_at.date_naive();
        let is_urgent = self.chance.one_in(20);
        let due_at = (created_at + TimeDelta::minutes(if is_urgent { 60 } else { 1_440 })).trunc_subsecs(0);
        study::Model {
            id,
            uuid: uuid(&mut self.chance),
            study_code: code(id),
            centre_id: self.centres[patient.centre],
            created_by_id: None,
            assigned_radiologist_id: assigned,
            assigned_at: assigned.map(|_| created_at),
            study_instance_uid: uid(&mut self.chance),
            status: status.into(),
            is_urgent,
            urgency: if is_urgent { "urgent" } else { "routine" }.into(),
            due_at,
            verified_at: (!is_unread).then_some(due_at),
            overdue_at: None,
            assignment_waits_at: None,
            patient_name,
            patient_age: day.years_since(patient.birth).and_then(|age| i32::try_from(age).ok()),
            patient_gender: Some(if patient.is_female { "female" } else { "male" }.into()),
            modality: modality.into(),
            study_type: None,
            study_description: Some(description.into()),
            patient_warning: None,
            dicom_patient_name: Some(dicom_name),
            patient_id: Some(format!("P{number:07}")),
            issuer_of_patient_id: None,
            patient_birth_date: Some(patient.birth.format("%Y%m%d").to_string()),
            patient_sex: Some(if patient.is_female { "F" } else { "M" }.into()),
            dicom_patient_age: None,
            accession_number: Some(format!("A{id:08}")),
            referring_physician_name: None,
            study_date: Some(day.format("%Y%m%d").to_string()),
            study_time: Some(created_at.format("%H%M%S").to_string()),
            dicom_study_id: None,
            dicom_study_description: Some(description.into()),
            institution_name: None,
            examined_on: day.to_string(),
            patient_sort: String::new(),
            words_version: 0,
            number_of_series: SERIES as i32,
            number_of_instances: 0,
            created_at,
            updated_at: created_at,
        }
    }

    /// Two series, and 3 to 5 instances of each.
    pub fn images(&mut self, study: &mut study::Model) -> (Vec<series::Model>, Vec<instance::Model>) {
        let (mut all_series, mut all_instances) = (Vec::new(), Vec::new());
        for number in 1..=SERIES {
            let count = 3 + self.chance.index(3) as i32;
            let series = self.series(study, number, count);
            for place in 0..count {
                all_instances.push(self.instance(&series, study.number_of_instances, place));
                study.number_of_instances += 1;
            }
            all_series.push(series);
        }
        (all_series, all_instances)
    }

    fn series(&mut self, study: &study::Model, number: i64, count: i32) -> series::Model {
        let modality = MODALITIES.iter().find(|row| row.1 == study.modality).map(|row| row.2.to_owned());
        series::Model {
            id: (study.id - 1) * SERIES + number,
            uuid: uuid(&mut self.chance),
            study_id: study.id,
            series_instance_uid: uid(&mut self.chance),
            modality,
            series_number: Some(number),
            series_description: study.study_description.clone(),
            body_part_examined: None,
            laterality: None,
            series_date: study.study_date.clone(),
            series_time: study.study_time.clone(),
            performed_procedure_step_start_date: None,
            performed_procedure_step_start_time: None,
            station_name: None,
            manufacturer: Some("Example Imaging".into()),
            request_attributes: None,
            number_of_instances: count,
            metadata_object_key: None,
            created_at: study.created_at,
        }
    }

    fn instance(&mut self, series: &series::Model, ordinal: i32, place: i32) -> instance::Model {
        let uuid = uuid(&mut self.chance);
        instance::Model {
            // At most 10 of a study.
            id: (series.study_id - 1) * 10 + i64::from(ordinal) + 1,
            uuid,
            study_id: series.study_id,
            series_id: series.id,
            sop_instance_uid: uid(&mut self.chance),
            sop_class_uid: Some(CT_IMAGE.into()),
            transfer_syntax_uid: EXPLICIT_LITTLE_ENDIAN.into(),
            instance_number: Some(i64::from(place) + 1),
            ordinal,
            rows: Some(512),
            columns: Some(512),
            bits_allocated: Some(16),
            bits_stored: Some(12),
            samples_per_pixel: Some(1),
            photometric_interpretation: Some("MONOCHROME2".into()),
            number_of_frames: if self.chance.one_in(20) { 40 } else { 1 },
            content_date: series.series_date.clone(),
            content_time: series.series_time.clone(),
            slice_position: Some(f64::from(place) * 2.5),
            object_key: format!("batches/00/{uuid}/{ordinal}"),
            size_bytes: 525_312,
            sha256: format!("{:0>64x}", uuid.as_u128()),
            header_end: 1_024,
            deflated: false,
            frame_ranges: vec![0; 24],
            created_at: series.created_at,
        }
    }

    /// Two jobs that are done.
    pub fn jobs(&mut self, study: &study::Model) -> Vec<job::Model> {
        ["index_series", "render_study"].map(|kind| job(uuid(&mut self.chance), kind, study)).into()
    }
}

fn job(id: Uuid, kind: &str, study: &study::Model) -> job::Model {
    job::Model {
        id,
        kind: kind.into(),
        queue: "render".into(),
        payload: json!({ "study": study.id }),
        unique_key: Some(study.id.to_string()),
        rerun: false,
        state: "SUCCEEDED".into(),
        priority: 0,
        run_at: study.created_at,
        attempt: 1,
        max_attempts: 5,
        lost_leases: 0,
        deferrals: 0,
        lease_token: 1,
        lease_until: None,
        worker: None,
        progress: 1.0,
        last_error: None,
        cancel_requested: false,
        centre_id: Some(study.centre_id),
        study_id: Some(study.id),
        created_by_id: None,
        created_at: study.created_at,
        updated_at: study.created_at,
        started_at: Some(study.created_at),
        finished_at: Some(study.created_at),
    }
}

/// By weights that add up to 100.
fn picked<T: Copy>(chance: &mut Chance, rows: &[T], weight: impl Fn(&T) -> u64) -> T {
    let mut left = chance.within(0..100);
    let mut found = rows[0];
    for row in rows {
        found = *row;
        if left < weight(row) {
            break;
        }
        left -= weight(row);
    }
    found
}

fn uuid(chance: &mut Chance) -> Uuid {
    let half = |chance: &mut Chance| chance.within(0..u64::MAX);
    let (high, low) = (half(chance), half(chance));
    uuid::Builder::from_u128(u128::from(high) << 64 | u128::from(low))
        .with_version(uuid::Version::Random)
        .with_variant(uuid::Variant::RFC4122)
        .into_uuid()
}

/// PS3.5 annex B.2.
fn uid(chance: &mut Chance) -> String {
    format!("2.25.{}", uuid(chance).as_u128())
}

/// Eight of `A-Z0-9`, a letter first, different for each number; neighbours look different.
fn code(number: i64) -> String {
    const CHARACTERS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    const SIZE: u64 = 36_u64.pow(7);
    // Odd and no multiple of 3, so that no two numbers meet.
    let mut rest = number.unsigned_abs().wrapping_mul(25_214_903_917) % SIZE;
    let mut text = String::from(char::from(CHARACTERS[(rest % 26) as usize]));
    for _ in 0..7 {
        text.push(char::from(CHARACTERS[(rest % 36) as usize]));
        rest /= 36;
    }
    text
}

#[cfg(test)]
mod cases {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_begin_with_a_letter_and_never_repeat() {
        let codes: HashSet<String> = (1..=50_000).map(code).collect();
        assert_eq!(codes.len(), 50_000);
        assert!(codes.iter().all(|code| code.len() == 8 && code.as_bytes()[0].is_ascii_uppercase()));
    }

    #[test]
    fn weights_are_shares_of_a_hundred() {
        assert_eq!(MODALITIES.iter().map(|row| row.0).sum::<u64>(), 100);
        assert_eq!(UNREAD.iter().map(|row| row.0).sum::<u64>(), 100);
        let mut chance = Chance::new(1);
        let rare = (0..10_000).filter(|_| picked(&mut chance, &MODALITIES, |row| row.0).1 == "pet").count();
        assert!((50..200).contains(&rare), "{rare} of 10,000 where 100 are expected");
    }
}
