//! Reports: what stands on them, and where their pages end.

use crate::reading::{Paper, says};
use crate::samples::{addendum, key_image, picture, report as sample, section, signature};
use documents::{Error, Report, Standing, report};

fn paper(name: &str, of: &Report) -> Paper {
    Paper::read(name, &report(of).unwrap())
}

fn long_text(words: usize) -> String {
    (0..words).map(|number| format!("finding{number}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_report_says_everything_that_was_signed() {
    let paper = paper("report", &sample());
    assert_eq!(paper.pages.len(), 1);
    for text in [
        "Meridian Imaging Centre",
        "Łucja Ωmega-Иванова",
        "MRN-0042",
        "2 Jul 1981",
        "STD-20260305-0007",
        "Dr. A. Müller",
        "No restricted diffusion.",
        "Electronically signed by Dr. Priya Raman",
        "5 Mar 2026, 14:31 UTC",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "RPT-00012345",
        "Page 1 of 1",
    ] {
        assert!(paper.says(text), "{text} in {}", paper.text());
    }
    assert!(!paper.says("NOT VERIFIED"));
}

#[test]
fn equal_data_give_equal_bytes() {
    assert!(report(&sample()).unwrap() == report(&sample()).unwrap());
}

#[test]
fn a_file_is_archivable_tagged_and_says_what_it_is() {
    let paper = paper("report", &sample());
    let xmp = paper.xmp();
    for text in [
        "Radiology report RPT-00012345",
        "Dr. Priya Raman",
        "<pdfaid:part>2",
        "<pdfuaid:part>1",
        "2026-03-05T14:31:00",
    ] {
        assert!(xmp.contains(text), "{text} in {xmp}");
    }
    assert!(["StructTreeRoot", "Lang", "Outlines", "MarkInfo"].iter().all(|key| paper.root_has(key)));
}

#[test]
fn what_nobody_verified_says_so() {
    let mut draft = sample();
    draft.standing = Standing::Unverified;
    draft.warnings = vec!["The patient's name in the images differs from the form.".into()];
    let text = paper("unverified", &draft).text();
    assert!(says(&text, "NOT VERIFIED") && says(&text, "differs from the form"));
    assert!(!says(&text, "signed by Dr"));
    draft.standing = Standing::AiPreliminary;
    assert!(paper("preliminary", &draft).says("AI PRELIMINARY, UNVERIFIED AID"));
}

#[test]
fn long_reports_number_their_pages_and_name_patient_and_report_on_each() {
    let mut long = sample();
    long.sections[1].paragraphs = vec![long_text(1500), long_text(900)];
    let paper = paper("long", &long);
    let count = paper.pages.len();
    assert!(count > 2);
    for (index, page) in paper.pages.iter().enumerate() {
        assert!(says(page, &format!("Page {} of {count}", index + 1)), "{page}");
        assert!(
            says(page, "Łucja Ωmega-Иванова") && says(page, "RPT-00012345"),
            "{page}"
        );
    }
    let text = paper.text();
    assert!((0..1500).all(|number| says(&text, &format!("finding{number}"))));
}

#[test]
fn a_signature_never_stands_alone_on_a_page() {
    let mut crossed = false;
    for lines in 20..60 {
        let mut report = sample();
        report.sections = vec![
            section("Findings", &"Normal.\n".repeat(lines)),
            section("Impression", "The last words."),
        ];
        let paper = paper("signature", &report);
        let page = paper.page_of("Electronically signed");
        assert_eq!(paper.page_of("The last words."), page, "{lines} lines");
        assert_eq!(paper.page_of("Study SHA-256"), page, "{lines} lines");
        assert_eq!(paper.page_of("Impression"), page, "{lines} lines");
        crossed |= page == 1;
    }
    assert!(crossed, "no report reached the second page");
}

#[test]
fn names_of_any_script_are_set() {
    let mut foreign = sample();
    foreign.patient.name = "नरेन्द्र · 山田太郎 · 张伟 · 김민준 · Ελένη".into();
    foreign.letterhead.name = "مركز الأشعة".into();
    foreign.sections = vec![
        section("النتائج", "لا يوجد كسر في العظام. حجم البطينات طبيعي 12 mm ولا انزياح."),
        section("निष्कर्ष", "मस्तिष्क का एमआरआई सामान्य है। ক খ / தமிழ் / ไทย / שלום"),
    ];
    let paper = paper("scripts", &foreign);
    let text = paper.text();
    // What the glyphs do not spell is spelled beside them.
    let said = paper.actual_texts();
    for part in ["र्ष", "स्ति"] {
        assert!(said.iter().any(|said| said == part), "{part} in {said:?}");
    }
    // This reader tells characters from left to right: the last letters of Arabic words come first.
    for part in ["山田太郎", "张伟", "김민준", "Ελένη", "ةعشلأا"] {
        assert!(says(&text, part), "{part} in {text}");
    }
    assert!(!says(&text, "[U+"), "{text}");
}

#[test]
fn a_character_that_no_font_covers_is_shown_as_its_code() {
    let mut odd = sample();
    odd.patient.name = "ᚠᚢᚦ".into();
    odd.sections = vec![section(
        "Findings",
        "A \u{0} control, \u{e000} private, \u{202e}turned, 🩻.",
    )];
    let text = paper("codes", &odd).text();
    for code in ["[U+16A0]", "[U+0000]", "[U+E000]", "[U+202E]turned", "[U+1FA7B]"] {
        assert!(says(&text, code), "{code} in {text}");
    }
}

#[test]
fn empty_sections_and_unknown_data_are_said_to_be_so() {
    let mut empty = sample();
    empty.patient = Default::default();
    empty.study = Default::default();
    empty.sections = vec![section("Findings", "  \n ")];
    let text = paper("empty", &empty).text();
    assert!(says(&text, "Findings (no text)"), "{text}");
    assert!(says(&text, "Patient ID –"), "{text}");
}

#[test]
fn addenda_follow_the_signature_and_are_signed_themselves() {
    let mut added = sample();
    added.addenda = vec![
        addendum("Comparison with the study of 2024: unchanged."),
        addendum("Second thought."),
    ];
    let text = paper("addenda", &added).text();
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    assert!(place("signed by Dr. Priya Raman") < place("Addendum 1"));
    assert!(place("unchanged.") < place("Addendum electronically signed by Dr. Chen Wei"));
    assert!(place("Addendum 1") < place("Addendum 2"));
}

#[test]
fn key_images_stand_in_pairs_with_their_captions() {
    let mut pictured = sample();
    pictured.key_images = (1..=7).map(|number| key_image(&format!("Series 2, image {number}"))).collect();
    let paper = paper("images", &pictured);
    assert!((1..=7).all(|number| paper.says(&format!("Series 2, image {number}"))));
    assert_eq!(paper.page_of("image 1"), paper.page_of("image 2"));
}

#[test]
fn what_is_too_long_or_no_picture_is_refused_by_name() {
    let refused = |change: &dyn Fn(&mut Report)| {
        let mut wrong = sample();
        change(&mut wrong);
        report(&wrong).unwrap_err().to_string()
    };
    let name = "n".repeat(301);
    assert_eq!(
        refused(&|wrong| wrong.patient.name.clone_from(&name)),
        "the patient's name has 301 characters, and at most 300 are set"
    );
    assert!(refused(&|wrong| wrong.sections[0].paragraphs = vec!["x".repeat(50_001)]).contains("a paragraph"));
    assert!(refused(&|wrong| wrong.sections[0].paragraphs = vec!["x".into(); 5_001]).contains("paragraphs"));
    assert!(
        refused(&|wrong| wrong.sections[0].paragraphs = vec!["x y ".repeat(10_000); 11]).starts_with("the report has")
    );
    assert!(refused(&|wrong| wrong.letterhead.logo = Some(b"<svg/>".to_vec())).starts_with("logo cannot be shown"));
    let broken = [&picture(64, 64)[..40], &[0; 400]].concat();
    assert!(refused(&|wrong| wrong.letterhead.logo = Some(broken.clone())).contains("cannot be shown"));
    assert!(refused(&|wrong| wrong.standing = Standing::Verified(signature(" "))).contains("signature is empty"));
    assert!(refused(&|wrong| wrong.key_images = vec![key_image("x"); 61]).contains("key images"));
    let mut endless = sample();
    endless.sections[0].paragraphs = vec!["x\n".repeat(24_000); 2];
    assert_eq!(report(&endless).unwrap_err(), Error::TooManyPages { limit: 500 });
}
