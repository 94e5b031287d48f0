//! How a report is set.

use super::{Addendum, Report, Section, Signature, Standing};
use crate::layout::page::{BODY, COLUMN, FAINT, HEADING, STRONG, TINY, TITLE};
use crate::layout::table::{Align, Column};
use crate::money::{day, moment};
use crate::picture::Picture;
use crate::sheet::{About, Sheet, Tone};
use crate::{Error, limits};

const UNVERIFIED: &str = "NOT VERIFIED: this report has not been checked and signed by a radiologist.";
const PRELIMINARY: &str =
    "AI PRELIMINARY, UNVERIFIED AID: written by a program, not checked by a radiologist. Not a diagnosis.";
const MAX_SECTIONS: usize = 200;
const MAX_WARNINGS: usize = 20;
const MAX_ADDENDA: usize = 200;

/// A report as PDF.
pub fn report(report: &Report) -> Result<Vec<u8>, Error> {
    check(report)?;
    let mut sheet = Sheet::default();
    report.letterhead.set(&mut sheet)?;
    sheet.heading(1, &report.report_type, TITLE);
    facts(&mut sheet, report);
    match report.standing {
        Standing::Verified(_) => {}
        Standing::Unverified => sheet.banner(UNVERIFIED, Tone::Warning),
        Standing::AiPreliminary => sheet.banner(PRELIMINARY, Tone::Warning),
    }
    report.warnings.iter().for_each(|warning| sheet.banner(warning, Tone::Warning));
    report.sections.iter().for_each(|part| section(&mut sheet, part));
    if let Standing::Verified(signed) = &report.standing {
        signature(&mut sheet, "Electronically signed by", signed);
    }
    for (place, added) in report.addenda.iter().enumerate() {
        addendum(&mut sheet, place + 1, added);
    }
    images(&mut sheet, report)?;
    let patient = &report.patient;
    let parts = [report.reference.as_str(), patient.name.as_str(), patient.id.as_str()];
    let footer = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ·  ");
    sheet.finish(&About {
        title: &format!("{} {}", report.report_type, report.reference),
        author: author(report),
        language: &report.language,
        footer: &footer,
        made_at: report.made_at,
    })
}

fn author(report: &Report) -> &str {
    match &report.standing {
        Standing::Verified(signature) => &signature.name,
        _ => &report.letterhead.name,
    }
}

/// Patient and study in one table; what is unknown is a dash, so that nobody looks for it.
fn facts(sheet: &mut Sheet, report: &Report) {
    let (patient, study) = (&report.patient, &report.study);
    let date = |date: Option<chrono::NaiveDate>| date.map(day).unwrap_or_default();
    let pairs = [
        ("Patient", patient.name.clone(), "Study", study.code.clone()),
        ("Patient ID", patient.id.clone(), "Study date", date(study.date)),
        (
            "Birth date",
            date(patient.birth_date),
            "Modality",
            study.modality.clone(),
        ),
        ("Sex", patient.sex.clone(), "Description", study.description.clone()),
        (
            "Age",
            patient.age.clone(),
            "Accession no.",
            study.accession_number.clone(),
        ),
        (
            "Referred by",
            study.referring_physician.clone(),
            "Study UID",
            study.study_instance_uid.clone(),
        ),
    ];
    let columns = [72.0, COLUMN / 2.0 - 72.0, 76.0, COLUMN / 2.0 - 76.0].map(|width| Column(width, Align::Left));
    let or_dash = |text: String| {
        if text.trim().is_empty() {
            "\u{2013}".to_owned()
        } else {
            text
        }
    };
    sheet.table(&columns, 6.0, |table| {
        for (name, value, other_name, other_value) in pairs {
            table.pairs(vec![
                name.into(),
                or_dash(value),
                other_name.into(),
                or_dash(other_value),
            ]);
        }
    });
}

fn section(sheet: &mut Sheet, section: &Section) {
    let is_headed = !section.heading.trim().is_empty();
    if is_headed {
        sheet.heading(2, &section.heading, HEADING);
    }
    let first = if is_headed { 2.0 } else { 10.0 };
    let texts: Vec<_> = section.paragraphs.iter().filter(|text| !text.trim().is_empty()).collect();
    if texts.is_empty() {
        sheet.paragraph("(no text)", FAINT, first);
    }
    for (place, text) in texts.into_iter().enumerate() {
        sheet.paragraph(text, BODY, if place == 0 { first } else { 5.0 });
    }
}

fn signature(sheet: &mut Sheet, how: &str, signature: &Signature) {
    let first = sheet.rows.len();
    sheet.rule(14.0);
    sheet.label(&format!("{how} {}", signature.name), STRONG, 0.0);
    let role = [signature.role.clone(), moment(signature.signed_at)];
    let role = role.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ·  ");
    sheet.label(&role, FAINT, 0.0);
    for (name, hash) in [("Text", &signature.text_hash), ("Study", &signature.study_hash)] {
        if !hash.is_empty() {
            sheet.label(&format!("{name} SHA-256 {hash}"), TINY, 0.0);
        }
    }
    sheet.keep_from(first);
}

fn addendum(sheet: &mut Sheet, number: usize, addendum: &Addendum) {
    let heading = format!("Addendum {number}, {}", moment(addendum.signature.signed_at));
    section(
        sheet,
        &Section {
            heading,
            paragraphs: addendum.paragraphs.clone(),
        },
    );
    signature(sheet, "Addendum electronically signed by", &addendum.signature);
}

fn images(sheet: &mut Sheet, report: &Report) -> Result<(), Error> {
    if report.key_images.is_empty() {
        return Ok(());
    }
    let read = |image: &super::KeyImage| Ok((Picture::read("a key image", &image.image)?, image.caption.clone()));
    let pictures = report.key_images.iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    sheet.heading(2, "Key images", HEADING);
    sheet.pictures(&pictures);
    Ok(())
}

fn check(report: &Report) -> Result<(), Error> {
    let (patient, study) = (&report.patient, &report.study);
    limits::filled("the report's type", &report.report_type)?;
    limits::filled("the report's reference", &report.reference)?;
    limits::filled("the report's language", &report.language)?;
    for (field, text) in [
        ("the report's type", &report.report_type),
        ("the report's reference", &report.reference),
        ("the report's language", &report.language),
        ("the patient's name", &patient.name),
        ("the patient's ID", &patient.id),
        ("the patient's sex", &patient.sex),
        ("the patient's age", &patient.age),
        ("the study's code", &study.code),
        ("the accession number", &study.accession_number),
        ("the modality", &study.modality),
        ("the study's description", &study.description),
        ("the referring physician's name", &study.referring_physician),
        ("the Study Instance UID", &study.study_instance_uid),
    ] {
        limits::text(field, text, limits::SHORT)?;
    }
    limits::count("sections", report.sections.len(), MAX_SECTIONS)?;
    limits::count("warnings", report.warnings.len(), MAX_WARNINGS)?;
    limits::count("addenda", report.addenda.len(), MAX_ADDENDA)?;
    limits::count("key images", report.key_images.len(), limits::PICTURES)?;
    for image in &report.key_images {
        limits::text("a caption", &image.caption, limits::SHORT)?;
    }
    for warning in &report.warnings {
        limits::text("a warning", warning, limits::SHORT)?;
    }
    for section in &report.sections {
        limits::text("a heading", &section.heading, limits::SHORT)?;
    }
    let signed = if let Standing::Verified(signature) = &report.standing {
        Some(signature)
    } else {
        None
    };
    signed
        .into_iter()
        .chain(report.addenda.iter().map(|added| &added.signature))
        .try_for_each(check_signature)?;
    check_texts(report)
}

fn check_signature(signature: &Signature) -> Result<(), Error> {
    limits::filled("the name of a signature", &signature.name)?;
    let texts = [
        &signature.name,
        &signature.role,
        &signature.text_hash,
        &signature.study_hash,
    ];
    texts.into_iter().try_for_each(|text| limits::text("a signature", text, limits::SHORT))
}

fn check_texts(report: &Report) -> Result<(), Error> {
    let of_sections = report.sections.iter().flat_map(|section| &section.paragraphs);
    let texts: Vec<_> = of_sections.chain(report.addenda.iter().flat_map(|added| &added.paragraphs)).collect();
    limits::count("paragraphs", texts.len(), limits::PARAGRAPHS)?;
    for text in &texts {
        limits::text("a paragraph", text, limits::PARAGRAPH)?;
    }
    let length = texts.iter().map(|text| text.chars().count()).sum();
    if length > limits::DOCUMENT {
        return Err(Error::TooLong {
            field: "the report",
            length,
            limit: limits::DOCUMENT,
        });
    }
    Ok(())
}
