//! Sets a verified report with its addenda as PDF.

use super::output::Output;
use super::words;
use crate::engine::{JobCtx, JobError};
use chrono::{DateTime, Utc};
use documents::{Addendum, KeyImage, Letterhead, Patient, Report, Section, Signature, Standing, Study};
use domain::jobs::ReportPdfV1;
use domain::reports::{self, Sheet, SheetPicture};
use domain::rows::{Centre, User};
use domain::studies::{self, frames};
use domain::{App, rows};
use imaging::person_name::PersonName;
use imaging::render::{Format, RenderOptions, encode};

/// Longest side of a key image in pixels.
const SIDE: u32 = 1024;
const JPEG_QUALITY: u8 = 90;
/// Lines of an address that a letterhead has room for.
const ADDRESS: usize = 8;
/// Warnings that the document has room for.
const WARNINGS: usize = 20;
/// Characters of one line of data.
const LINE: usize = 250;
/// Paragraphs of one text; what follows is set as one.
const PARAGRAPHS: usize = 1_000;
/// Characters of one paragraph; longer ones are divided.
const PARAGRAPH: usize = 20_000;

pub async fn run(app: App, job: ReportPdfV1, ctx: JobCtx) -> Result<(), JobError> {
    let output = Output::open(&app).await?;
    let made = make(&app, &job, &ctx, &output).await;
    output.close().await;
    made
}

async fn make(app: &App, job: &ReportPdfV1, ctx: &JobCtx, output: &Output) -> Result<(), JobError> {
    let Some(sheet) = reports::sheet_read(app, job.report_id).await? else {
        return ctx.completing().await?.commit().await;
    };
    let mut images = Vec::with_capacity(sheet.pictures.len());
    for picture in &sheet.pictures {
        ctx.check()?;
        images.extend(image(app, picture).await?);
    }
    let report = report(&sheet, images)?;
    let set = move || documents::report(&report);
    let bytes = tokio::task::spawn_blocking(set).await?.map_err(|error| JobError::permanent(error.to_string()))?;
    let file = output.put(bytes, "application/pdf").await?;
    let done = ctx.completing().await?;
    output.batch.commit(&*done, std::slice::from_ref(&file)).await?;
    reports::sheet_made(&done, &sheet, &file).await?;
    done.commit().await
}

/// None for a frame whose pixels cannot be shown: the text matters more.
async fn image(app: &App, picture: &SheetPicture) -> Result<Option<KeyImage>, JobError> {
    let (image, caption) = match picture {
        SheetPicture::Preview {
            object_key,
            series_number,
            series_description,
        } => (
            app.storage.get(object_key).await?.to_vec(),
            caption(*series_number, series_description.as_deref()),
        ),
        SheetPicture::Chosen(chosen, instance) => {
            let options = RenderOptions {
                max_size: Some((SIDE, SIDE)),
                ..RenderOptions::default()
            };
            let frame = u32::try_from(chosen.frame).unwrap_or(0);
            let Ok(drawn) = frames::draw(app, instance, frame, options).await? else {
                return Ok(None);
            };
            let encode = move || encode(&drawn, Format::Jpeg, JPEG_QUALITY);
            let bytes = tokio::task::spawn_blocking(encode).await?.map_err(anyhow::Error::from)?;
            (bytes, chosen.caption.clone().unwrap_or_default())
        }
    };
    Ok(Some(KeyImage { image, caption }))
}

/// The same rows give the same document.
fn report(sheet: &Sheet, key_images: Vec<KeyImage>) -> Result<Report, JobError> {
    let Sheet { report, study, .. } = sheet;
    let signed_at = report.verified_at.ok_or_else(|| JobError::permanent("the report has no signature"))?;
    let signed = signature(
        sheet.signers.get(&report.verified_by_id.unwrap_or_default()),
        signed_at,
        report.content_hash.as_deref(),
        report.study_hash.as_deref(),
    );
    let addendum = |row: &rows::ReportAddendum| Addendum {
        paragraphs: paragraphs(&row.text),
        signature: signature(
            sheet.signers.get(&row.signed_by_id.unwrap_or_default()),
            row.signed_at,
            Some(&row.text_hash),
            Some(&row.study_hash),
        ),
    };
    let section = |heading: &str, text: &str| Section {
        heading: heading.to_owned(),
        paragraphs: paragraphs(text),
    };
    Ok(Report {
        reference: format!("{}-{}", study.study_code, report.id),
        letterhead: letterhead(&sheet.centre),
        patient: patient(study),
        study: examined(study),
        report_type: report.report_type.clone().unwrap_or_else(|| "Radiology report".to_owned()),
        sections: vec![
            section("Findings", &report.findings),
            section("Impression", &report.impression),
        ],
        standing: Standing::Verified(signed),
        warnings: study.patient_warning.iter().flat_map(|text| text.lines()).take(WARNINGS).map(line).collect(),
        addenda: sheet.addenda.iter().map(addendum).collect(),
        key_images,
        language: "en".to_owned(),
        made_at: sheet.addenda.last().map_or(signed_at, |last| last.signed_at),
    })
}

fn letterhead(centre: &Centre) -> Letterhead {
    let address = centre.address.as_deref().unwrap_or_default().lines().take(ADDRESS);
    Letterhead {
        name: centre.name.clone(),
        address: address.map(line).collect(),
        email: centre.contact_email.clone(),
        phone: centre.contact_phone.clone(),
        logo: None,
    }
}

fn patient(study: &rows::Study) -> Patient {
    Patient {
        name: line(&PersonName::parse(&study.patient_name).display()),
        id: study.patient_id.as_deref().map(line).unwrap_or_default(),
        birth_date: study.patient_birth_date.as_deref().and_then(studies::dicom_day),
        sex: study.patient_gender.as_deref().map(line).unwrap_or_default(),
        age: study.patient_age.map(|years| format!("{years} years")).unwrap_or_default(),
    }
}

fn examined(study: &rows::Study) -> Study {
    let referrer = study.referring_physician_name.as_deref().map(PersonName::parse);
    Study {
        code: study.study_code.clone(),
        accession_number: study.accession_number.as_deref().map(line).unwrap_or_default(),
        modality: words::modality(&study.modality).to_owned(),
        description: study.study_description.as_deref().map(line).unwrap_or_default(),
        date: study.examined_on.parse().ok(),
        referring_physician: referrer.map(|name| line(&name.display())).unwrap_or_default(),
        study_instance_uid: study.study_instance_uid.clone(),
    }
}

fn signature(
    signer: Option<&User>,
    signed_at: DateTime<Utc>,
    text_hash: Option<&str>,
    study_hash: Option<&str>,
) -> Signature {
    let role = match signer.and_then(|signer| signer.role.as_deref()) {
        Some("radiologist") => "Radiologist",
        Some("admin") => "Administrator",
        _ => "",
    };
    Signature {
        name: signer.map_or_else(|| "the server".to_owned(), |signer| signer.full_name.clone()),
        role: role.to_owned(),
        signed_at,
        text_hash: text_hash.unwrap_or_default().to_owned(),
        study_hash: study_hash.unwrap_or_default().to_owned(),
    }
}

/// What files say may be of any length; a line of the document is not.
fn line(text: &str) -> String {
    match text.char_indices().nth(LINE) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Divided at empty lines.
fn paragraphs(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let paragraphs = text.splitn(PARAGRAPHS, "\n\n").map(|paragraph| paragraph.trim_matches('\n'));
    paragraphs.filter(|paragraph| !paragraph.is_empty()).flat_map(divided).collect()
}

fn divided(paragraph: &str) -> Vec<String> {
    if paragraph.len() <= PARAGRAPH {
        return vec![paragraph.to_owned()];
    }
    let characters: Vec<char> = paragraph.chars().collect();
    characters.chunks(PARAGRAPH).map(|part| part.iter().collect()).collect()
}

fn caption(number: Option<i64>, description: Option<&str>) -> String {
    let number = number.map_or_else(|| "Series".to_owned(), |number| format!("Series {number}"));
    let description = description.unwrap_or_default();
    // Of a file: as long as its author wished.
    let description: String = description.chars().take(100).collect();
    match description.trim() {
        "" => number,
        description => format!("{number}: {description}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_any_length_fit() {
        assert_eq!(line("Müller"), "Müller");
        assert_eq!(line(&"ü".repeat(251)), format!("{}…", "ü".repeat(250)));
    }

    #[test]
    fn texts_are_divided_at_empty_lines_and_where_they_are_too_long() {
        assert_eq!(paragraphs("a\nb\r\n\r\nc\n\n\n\nd\n"), ["a\nb", "c", "d"]);
        assert_eq!(paragraphs(" "), [" "]);
        let long = paragraphs(&"ä".repeat(50_000));
        assert_eq!(
            long.iter().map(|part| part.chars().count()).collect::<Vec<_>>(),
            [20_000, 20_000, 10_000]
        );
    }
}
