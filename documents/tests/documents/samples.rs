//! Data of people who do not exist.

use chrono::{DateTime, NaiveDate, Utc};
use documents::{Addendum, KeyImage, Letterhead, Patient, Report, Section, Signature, Standing, Study};

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn letterhead() -> Letterhead {
    Letterhead {
        name: "Meridian Imaging Centre".into(),
        address: vec!["12 Harbour Street".into(), "400001 Mumbai, India".into()],
        email: Some("reports@meridian.example".into()),
        phone: Some("+91 22 5550 0100".into()),
        logo: Some(picture(240, 80)),
    }
}

pub fn signature(name: &str) -> Signature {
    Signature {
        name: name.into(),
        role: "Consultant radiologist".into(),
        signed_at: at("2026-03-05T14:31:00Z"),
        text_hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
        study_hash: "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752".into(),
    }
}

/// A report of one page.
pub fn report() -> Report {
    Report {
        reference: "RPT-00012345".into(),
        letterhead: letterhead(),
        patient: Patient {
            name: "Łucja Ωmega-Иванова".into(),
            id: "MRN-0042".into(),
            birth_date: Some(date("1981-07-02")),
            sex: "Female".into(),
            age: "44 years".into(),
        },
        study: Study {
            code: "STD-20260305-0007".into(),
            accession_number: "ACC-991".into(),
            modality: "MR".into(),
            description: "MRI brain with and without contrast".into(),
            date: Some(date("2026-03-05")),
            referring_physician: "Dr. A. Müller".into(),
            study_instance_uid: "2.25.329800735698586629295641978511506172918".into(),
        },
        report_type: "Radiology report".into(),
        sections: vec![
            section("Clinical information", "Headache for three weeks."),
            section(
                "Findings",
                "The ventricles are of normal size. There is no midline shift.\nNo restricted diffusion.",
            ),
            section("Impression", "Normal MRI of the brain."),
        ],
        standing: Standing::Verified(signature("Dr. Priya Raman")),
        warnings: Vec::new(),
        addenda: Vec::new(),
        key_images: Vec::new(),
        language: "en".into(),
        made_at: at("2026-03-05T14:31:00Z"),
    }
}

pub fn section(heading: &str, text: &str) -> Section {
    Section {
        heading: heading.into(),
        paragraphs: vec![text.into()],
    }
}

pub fn addendum(text: &str) -> Addendum {
    Addendum {
        paragraphs: vec![text.into()],
        signature: signature("Dr. Chen Wei"),
    }
}

pub fn key_image(caption: &str) -> KeyImage {
    KeyImage {
        image: picture(256, 200),
        caption: caption.into(),
    }
}

/// A grey wedge as PNG.
pub fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| ((x + y) * 255 / (width + height)) as u8))
        .collect();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    bytes
}
