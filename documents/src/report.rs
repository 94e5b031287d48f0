//! The report of a study, as the radiologist signed it.

mod compose;

use crate::letterhead::Letterhead;
use chrono::{DateTime, NaiveDate, Utc};

pub use compose::report;

/// A report with all that is set of it. What is unknown is empty and is left out.
#[derive(Debug, Clone)]
pub struct Report {
    /// Names the report on each page; never a part of the patient's data.
    pub reference: String,
    pub letterhead: Letterhead,
    pub patient: Patient,
    pub study: Study,
    /// Such as `Preliminary report`; stands as the title.
    pub report_type: String,
    pub sections: Vec<Section>,
    pub standing: Standing,
    /// What the reader must know before the text, such as that names disagree.
    pub warnings: Vec<String>,
    pub addenda: Vec<Addendum>,
    pub key_images: Vec<KeyImage>,
    /// The language of the text, BCP 47: `en`.
    pub language: String,
    /// When the document was made: its own date.
    pub made_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Default)]
pub struct Patient {
    pub name: String,
    pub id: String,
    pub birth_date: Option<NaiveDate>,
    pub sex: String,
    /// As it is shown: `45 years`.
    pub age: String,
}

#[derive(Debug, Clone, Default)]
pub struct Study {
    pub code: String,
    pub accession_number: String,
    pub modality: String,
    pub description: String,
    pub date: Option<NaiveDate>,
    pub referring_physician: String,
    pub study_instance_uid: String,
}

/// A heading and its paragraphs; a section without text says so. A paragraph may hold line feeds.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// May be empty: then only the text is set.
    pub heading: String,
    pub paragraphs: Vec<String>,
}

/// Who stands for the text.
#[derive(Debug, Clone)]
pub enum Standing {
    Verified(Signature),
    /// Written by a person, and not verified: a banner says so.
    Unverified,
    /// Written by a program: a banner says that it is an aid and no finding.
    AiPreliminary,
}

/// An electronic signature.
#[derive(Debug, Clone)]
pub struct Signature {
    pub name: String,
    /// Such as `Radiologist, MD`.
    pub role: String,
    pub signed_at: DateTime<Utc>,
    /// Hashes in hexadecimal: of the text that was signed and of the study that it is about.
    pub text_hash: String,
    pub study_hash: String,
}

/// What was added after the report was verified; the text above it stays as it was signed.
#[derive(Debug, Clone)]
pub struct Addendum {
    pub paragraphs: Vec<String>,
    pub signature: Signature,
}

#[derive(Debug, Clone)]
pub struct KeyImage {
    /// A JPEG or PNG file.
    pub image: Vec<u8>,
    pub caption: String,
}
