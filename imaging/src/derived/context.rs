//! What segmentations and reports have in common: patient, study, who made them, codes, references.

use dicom_dictionary_std::tags;

use super::DerivedError;
use super::attributes::Attributes;
use crate::dataset::{DataSet, VR};

/// A coded concept (PS3.3 section 8.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// At most 16 characters.
    pub value: String,
    /// Coding Scheme Designator: `SCT` for SNOMED CT, `DCM`, `UCUM`.
    pub scheme: String,
    /// At most 64 characters.
    pub meaning: String,
}

impl Code {
    pub fn new(value: &str, scheme: &str, meaning: &str) -> Self {
        Self {
            value: value.to_owned(),
            scheme: scheme.to_owned(),
            meaning: meaning.to_owned(),
        }
    }

    /// A concept of SNOMED CT.
    pub fn sct(value: &str, meaning: &str) -> Self {
        Self::new(value, "SCT", meaning)
    }

    pub(super) fn check(&self) -> Result<(), DerivedError> {
        text("a code's value", &self.value, 16)?;
        text("a code's scheme", &self.scheme, 16)?;
        text("a code's meaning", &self.meaning, 64)
    }

    pub(super) fn item(&self) -> Attributes {
        Attributes::default()
            .text(tags::CODE_VALUE, VR::SH, &self.value)
            .text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, &self.scheme)
            .text(tags::CODE_MEANING, VR::LO, &self.meaning)
    }
}

/// The identity of a new object in its new series.
#[derive(Debug, Clone)]
pub struct Authoring {
    pub series_instance_uid: String,
    pub sop_instance_uid: String,
    pub series_number: u32,
    pub instance_number: u32,
    /// Of series and content: DA, `YYYYMMDD`.
    pub date: String,
    /// TM, `HHMMSS`.
    pub time: String,
    pub series_description: String,
    pub device: Device,
}

/// The software that made the object.
#[derive(Debug, Clone)]
pub struct Device {
    pub manufacturer: String,
    pub model: String,
    pub serial_number: String,
    pub version: String,
    /// Names the installation (Device Observer UID of TID 1004).
    pub uid: String,
}

/// An instance of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub sop_class_uid: String,
    pub sop_instance_uid: String,
}

impl Reference {
    /// The instance that a header describes.
    pub fn of(header: &DataSet) -> Result<Self, DerivedError> {
        Ok(Self {
            sop_class_uid: header.text(tags::SOP_CLASS_UID).ok_or(DerivedError::Missing("SOP Class UID"))?,
            sop_instance_uid: header.text(tags::SOP_INSTANCE_UID).ok_or(DerivedError::Missing("SOP Instance UID"))?,
        })
    }

    pub(super) fn item(&self) -> Attributes {
        Attributes::default()
            .uid(tags::REFERENCED_SOP_CLASS_UID, &self.sop_class_uid)
            .uid(tags::REFERENCED_SOP_INSTANCE_UID, &self.sop_instance_uid)
    }
}

impl Authoring {
    pub(super) fn check(&self) -> Result<(), DerivedError> {
        uid("the Series Instance UID", &self.series_instance_uid)?;
        uid("the SOP Instance UID", &self.sop_instance_uid)?;
        uid("the device's UID", &self.device.uid)?;
        let is_number = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(&self.date, 8) || !is_number(&self.time, 6) {
            return Err(DerivedError::Text("the date or time"));
        }
        for part in [
            &self.series_description,
            &self.device.manufacturer,
            &self.device.model,
            &self.device.serial_number,
            &self.device.version,
        ] {
            text("the series' description or the device", part, 64)?;
        }
        Ok(())
    }
}

/// The modules Patient, General Study, General Series, Enhanced General Equipment and SOP Common (PS3.3 C.7.1 to C.7.5, C.12.1).
pub(super) fn context(
    source: &DataSet,
    authoring: &Authoring,
    modality: &str,
    sop_class: &str,
) -> Result<Attributes, DerivedError> {
    let study = source.text(tags::STUDY_INSTANCE_UID).ok_or(DerivedError::Missing("Study Instance UID"))?;
    let device = &authoring.device;
    let attributes = Attributes::default()
        .copied(
            source,
            &[
                (tags::PATIENT_NAME, VR::PN),
                (tags::PATIENT_ID, VR::LO),
                (tags::PATIENT_BIRTH_DATE, VR::DA),
                (tags::PATIENT_SEX, VR::CS),
                (tags::STUDY_DATE, VR::DA),
                (tags::STUDY_TIME, VR::TM),
                (tags::REFERRING_PHYSICIAN_NAME, VR::PN),
                (tags::STUDY_ID, VR::SH),
                (tags::ACCESSION_NUMBER, VR::SH),
            ],
        )
        .copied_if_present(
            source,
            &[
                (tags::ISSUER_OF_PATIENT_ID, VR::LO),
                (tags::PATIENT_AGE, VR::AS),
                (tags::STUDY_DESCRIPTION, VR::LO),
                (tags::TIMEZONE_OFFSET_FROM_UTC, VR::SH),
            ],
        )
        .uid(tags::STUDY_INSTANCE_UID, &study)
        .uid(tags::SERIES_INSTANCE_UID, &authoring.series_instance_uid)
        .uid(tags::SOP_INSTANCE_UID, &authoring.sop_instance_uid)
        .uid(tags::SOP_CLASS_UID, sop_class)
        .text(tags::MODALITY, VR::CS, modality)
        .text(tags::SERIES_NUMBER, VR::IS, &authoring.series_number.to_string())
        .text(tags::INSTANCE_NUMBER, VR::IS, &authoring.instance_number.to_string())
        .text(tags::SERIES_DESCRIPTION, VR::LO, &authoring.series_description)
        .text(tags::SERIES_DATE, VR::DA, &authoring.date)
        .text(tags::SERIES_TIME, VR::TM, &authoring.time)
        .text(tags::CONTENT_DATE, VR::DA, &authoring.date)
        .text(tags::CONTENT_TIME, VR::TM, &authoring.time)
        .text(tags::MANUFACTURER, VR::LO, &device.manufacturer)
        .text(tags::MANUFACTURER_MODEL_NAME, VR::LO, &device.model)
        .text(tags::DEVICE_SERIAL_NUMBER, VR::LO, &device.serial_number)
        .text(tags::SOFTWARE_VERSIONS, VR::LO, &device.version);
    Ok(attributes)
}

/// A text that its VR holds: not empty, not too long, on one line and without the backslash that parts values.
pub(super) fn text(field: &'static str, text: &str, limit: usize) -> Result<(), DerivedError> {
    let fits = !text.trim().is_empty() && text.chars().count() <= limit;
    match fits && !text.chars().any(|character| character.is_control() || character == '\\') {
        true => Ok(()),
        false => Err(DerivedError::Text(field)),
    }
}

/// A UID: at most 64 digits and dots (PS3.5 section 9.1).
pub(super) fn uid(field: &'static str, uid: &str) -> Result<(), DerivedError> {
    let part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    match uid.len() <= 64 && uid.contains('.') && uid.split('.').all(part) {
        true => Ok(()),
        false => Err(DerivedError::Text(field)),
    }
}
