//! The attributes of a file that worklists show and QIDO-RS searches (PS3.18 tables 10.6.3-3, 10.6.3-4 and 10.6.3-5).
//!
//! Texts are decoded to UTF-8 and without padding; person names keep all their writings as "alphabetic=ideographic=phonetic".

use dicom_dictionary_std::{tags, uids};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::dataset::{DataSet, Tag};
use crate::file::DicomFile;

/// What one file says of its study, its series and itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attributes {
    pub study: StudyAttributes,
    pub series: SeriesAttributes,
    pub instance: InstanceAttributes,
}

/// Patient and study. Dates are DA (`YYYYMMDD`), times TM.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StudyAttributes {
    pub study_instance_uid: String,
    pub study_id: Option<String>,
    pub study_date: Option<String>,
    pub study_time: Option<String>,
    pub study_description: Option<String>,
    pub accession_number: Option<String>,
    pub timezone_offset_from_utc: Option<String>,
    pub referring_physician_name: Option<String>,
    pub institution_name: Option<String>,
    pub patient_name: Option<String>,
    pub patient_id: Option<String>,
    pub issuer_of_patient_id: Option<String>,
    pub patient_birth_date: Option<String>,
    pub patient_sex: Option<String>,
    pub patient_age: Option<String>,
    /// Requested Procedure Priority (0040,1003): STAT, HIGH, MEDIUM, ROUTINE or LOW.
    pub requested_procedure_priority: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SeriesAttributes {
    pub series_instance_uid: String,
    pub modality: Option<String>,
    pub series_number: Option<i64>,
    pub series_description: Option<String>,
    pub series_date: Option<String>,
    pub series_time: Option<String>,
    pub body_part_examined: Option<String>,
    pub laterality: Option<String>,
    pub manufacturer: Option<String>,
    pub station_name: Option<String>,
    pub performed_procedure_step_start_date: Option<String>,
    pub performed_procedure_step_start_time: Option<String>,
    pub request_attributes: Vec<RequestAttributes>,
}

/// One item of Request Attributes Sequence (0040,0275).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestAttributes {
    pub scheduled_procedure_step_id: Option<String>,
    pub requested_procedure_id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InstanceAttributes {
    pub sop_instance_uid: String,
    pub sop_class_uid: Option<String>,
    pub transfer_syntax_uid: String,
    pub instance_number: Option<i64>,
    pub content_date: Option<String>,
    pub content_time: Option<String>,
    pub rows: Option<u16>,
    pub columns: Option<u16>,
    pub bits_allocated: Option<u16>,
    pub bits_stored: Option<u16>,
    pub samples_per_pixel: Option<u16>,
    pub photometric_interpretation: Option<String>,
    /// 0 for a file without pixel data.
    pub number_of_frames: u32,
    pub has_pixels: bool,
    /// Millimetres in the patient's coordinates: x to the left, y to the back, z to the head (PS3.3 C.7.6.2.1.1).
    pub image_position_patient: Option<[f64; 3]>,
    /// Direction cosines of the rows and of the columns.
    pub image_orientation_patient: Option<[f64; 6]>,
}

/// Why a DICOM file cannot take a place in a study.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unindexable {
    #[error("the file has no {keyword}")]
    Missing { keyword: &'static str },
    #[error("the file's {keyword} is no UID: digits and dots, at most 64 characters")]
    InvalidUid { keyword: &'static str },
    #[error("the file is a DICOMDIR, a directory of other files")]
    Directory,
}

/// Reads the attributes of a file.
///
/// # Errors
/// `Missing` and `InvalidUid` for Study, Series and SOP Instance UID, `Directory` for a DICOMDIR.
pub fn attributes(file: &DicomFile) -> Result<Attributes, Unindexable> {
    let class = |dataset: &DataSet, tag| dataset.text(tag).map(|uid| uid.trim().to_owned());
    if class(&file.meta, tags::MEDIA_STORAGE_SOP_CLASS_UID).as_deref() == Some(uids::MEDIA_STORAGE_DIRECTORY_STORAGE) {
        return Err(Unindexable::Directory);
    }
    let dataset = &file.dataset;
    Ok(Attributes {
        study: study(dataset)?,
        series: series(dataset)?,
        instance: instance(file)?,
    })
}

fn study(dataset: &DataSet) -> Result<StudyAttributes, Unindexable> {
    let text = |tag| first_text(dataset, tag);
    Ok(StudyAttributes {
        study_instance_uid: uid(dataset, tags::STUDY_INSTANCE_UID, "Study Instance UID (0020,000D)")?,
        study_id: text(tags::STUDY_ID),
        study_date: date(dataset, tags::STUDY_DATE),
        study_time: text(tags::STUDY_TIME),
        study_description: text(tags::STUDY_DESCRIPTION),
        accession_number: text(tags::ACCESSION_NUMBER),
        timezone_offset_from_utc: text(tags::TIMEZONE_OFFSET_FROM_UTC),
        referring_physician_name: person_name(dataset, tags::REFERRING_PHYSICIAN_NAME),
        institution_name: text(tags::INSTITUTION_NAME),
        patient_name: person_name(dataset, tags::PATIENT_NAME),
        patient_id: text(tags::PATIENT_ID),
        issuer_of_patient_id: text(tags::ISSUER_OF_PATIENT_ID),
        patient_birth_date: date(dataset, tags::PATIENT_BIRTH_DATE),
        patient_sex: text(tags::PATIENT_SEX),
        patient_age: text(tags::PATIENT_AGE),
        requested_procedure_priority: text(tags::REQUESTED_PROCEDURE_PRIORITY),
    })
}

fn series(dataset: &DataSet) -> Result<SeriesAttributes, Unindexable> {
    let text = |tag| first_text(dataset, tag);
    let requests = dataset.items(tags::REQUEST_ATTRIBUTES_SEQUENCE).iter().map(|item| RequestAttributes {
        scheduled_procedure_step_id: first_text(item, tags::SCHEDULED_PROCEDURE_STEP_ID),
        requested_procedure_id: first_text(item, tags::REQUESTED_PROCEDURE_ID),
    });
    Ok(SeriesAttributes {
        series_instance_uid: uid(dataset, tags::SERIES_INSTANCE_UID, "Series Instance UID (0020,000E)")?,
        modality: text(tags::MODALITY),
        series_number: dataset.int(tags::SERIES_NUMBER),
        series_description: text(tags::SERIES_DESCRIPTION),
        series_date: date(dataset, tags::SERIES_DATE),
        series_time: text(tags::SERIES_TIME),
        body_part_examined: text(tags::BODY_PART_EXAMINED),
        laterality: text(tags::LATERALITY),
        manufacturer: text(tags::MANUFACTURER),
        station_name: text(tags::STATION_NAME),
        performed_procedure_step_start_date: date(dataset, tags::PERFORMED_PROCEDURE_STEP_START_DATE),
        performed_procedure_step_start_time: text(tags::PERFORMED_PROCEDURE_STEP_START_TIME),
        request_attributes: requests.collect(),
    })
}

fn instance(file: &DicomFile) -> Result<InstanceAttributes, Unindexable> {
    let dataset = &file.dataset;
    let short = |tag| dataset.int(tag).and_then(|number| u16::try_from(number).ok());
    let has_pixels = file.pixel_data.is_some();
    Ok(InstanceAttributes {
        sop_instance_uid: uid(dataset, tags::SOP_INSTANCE_UID, "SOP Instance UID (0008,0018)")?,
        sop_class_uid: first_text(dataset, tags::SOP_CLASS_UID),
        transfer_syntax_uid: file.transfer_syntax.clone(),
        instance_number: dataset.int(tags::INSTANCE_NUMBER),
        content_date: date(dataset, tags::CONTENT_DATE),
        content_time: first_text(dataset, tags::CONTENT_TIME),
        rows: short(tags::ROWS),
        columns: short(tags::COLUMNS),
        bits_allocated: short(tags::BITS_ALLOCATED),
        bits_stored: short(tags::BITS_STORED),
        samples_per_pixel: short(tags::SAMPLES_PER_PIXEL),
        photometric_interpretation: first_text(dataset, tags::PHOTOMETRIC_INTERPRETATION),
        number_of_frames: if has_pixels { file.number_of_frames() } else { 0 },
        has_pixels,
        image_position_patient: dataset.floats(tags::IMAGE_POSITION_PATIENT).try_into().ok(),
        image_orientation_patient: dataset.floats(tags::IMAGE_ORIENTATION_PATIENT).try_into().ok(),
    })
}

/// The first value that is a text, without the spaces around it.
fn first_text(dataset: &DataSet, tag: Tag) -> Option<String> {
    dataset.texts(tag).into_iter().next().filter(|text| !text.is_empty())
}

/// A name with its writings, without the `=` of those that are empty at its end.
fn person_name(dataset: &DataSet, tag: Tag) -> Option<String> {
    let name = first_text(dataset, tag)?;
    Some(name.trim_end_matches(['=', ' ']).to_owned()).filter(|name| !name.is_empty())
}

/// A date as `YYYYMMDD`; the dots of ACR-NEMA dates are taken out.
fn date(dataset: &DataSet, tag: Tag) -> Option<String> {
    let date = first_text(dataset, tag)?;
    let bytes = date.as_bytes();
    let dotted = bytes.len() == 10 && bytes.get(4) == Some(&b'.') && bytes.get(7) == Some(&b'.');
    Some(if dotted { date.replace('.', "") } else { date })
}

fn uid(dataset: &DataSet, tag: Tag, keyword: &'static str) -> Result<String, Unindexable> {
    let uid = first_text(dataset, tag).ok_or(Unindexable::Missing { keyword })?;
    let valid = uid.len() <= 64 && uid.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if valid {
        Ok(uid)
    } else {
        Err(Unindexable::InvalidUid { keyword })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Element, VR, Value};

    fn dataset(elements: &[(Tag, VR, &[u8])]) -> DataSet {
        let mut dataset = DataSet::default();
        for &(tag, vr, value) in elements {
            dataset.push(Element {
                tag,
                vr,
                value: Value::Bytes(value.to_vec()),
            });
        }
        dataset
    }

    #[test]
    fn dates_of_acr_nema_lose_their_dots() {
        let dataset = dataset(&[
            (tags::STUDY_DATE, VR::DA, b"1997.10.28"),
            (tags::SERIES_DATE, VR::DA, b"19971028"),
        ]);
        assert_eq!(date(&dataset, tags::STUDY_DATE), date(&dataset, tags::SERIES_DATE));
    }

    #[test]
    fn uids_are_digits_and_dots_with_any_padding() {
        let long = [b'1'; 66];
        let read = |value: &[u8]| {
            uid(
                &dataset(&[(tags::SOP_INSTANCE_UID, VR::UI, value)]),
                tags::SOP_INSTANCE_UID,
                "uid",
            )
        };
        assert_eq!(read(b"1.2.3 \0"), Ok("1.2.3".to_owned()));
        assert_eq!(read(b" \0"), Err(Unindexable::Missing { keyword: "uid" }));
        for wrong in [&b"1.2/../3"[..], b"abc", &long] {
            assert_eq!(read(wrong), Err(Unindexable::InvalidUid { keyword: "uid" }));
        }
    }

    #[test]
    fn a_name_keeps_its_writings_but_not_its_empty_end() {
        let names = dataset(&[
            (tags::REFERRING_PHYSICIAN_NAME, VR::PN, b"=="),
            (tags::PATIENT_NAME, VR::PN, b"A^B=C="),
        ]);
        assert_eq!(person_name(&names, tags::PATIENT_NAME).as_deref(), Some("A^B=C"));
        assert_eq!(person_name(&names, tags::REFERRING_PHYSICIAN_NAME), None);
    }
}
