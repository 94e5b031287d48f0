//! Derived objects as dicom-object, which shares no code with their writer, and our own walker read them.

mod derived_objects;

use derived_objects::{Source, asked, report, uid};
use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileDicomObject, InMemDicomObject};
use imaging::dataset::DataSet;
use imaging::derived::DerivedError;
use imaging::derived::seg::{LabelledImage, Segmentation, segmentation};
use imaging::derived::sr::measurement_report;
use imaging::file::DicomFile;
use imaging::guard::Limits;

type Object = FileDicomObject<InMemDicomObject>;

fn read(bytes: &[u8]) -> Object {
    dicom_object::from_reader(bytes).expect("it is a DICOM file")
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let text = object.element(tag).expect("the attribute is there").to_str().expect("it is a text");
    text.trim_end_matches(['\0', ' ']).to_owned()
}

fn items(object: &InMemDicomObject, tag: Tag) -> Vec<InMemDicomObject> {
    object.element(tag).expect("the sequence is there").items().unwrap_or_default().to_vec()
}

fn item(object: &InMemDicomObject, tag: Tag) -> InMemDicomObject {
    items(object, tag).into_iter().next().expect("the sequence has an item")
}

/// The bits of frame `index`.
fn bits(object: &Object, index: usize, pixels: usize) -> Vec<bool> {
    let bytes = object.element(tags::PIXEL_DATA).expect("pixels").to_bytes().expect("bytes").into_owned();
    (index * pixels..(index + 1) * pixels).map(|bit| bytes[bit / 8] >> (bit % 8) & 1 == 1).collect()
}

fn made(source: &Source, asked: &Segmentation) -> Object {
    read(&segmentation(asked, source.images()).expect("it is made"))
}

#[test]
fn each_frame_holds_the_voxels_of_one_segment_on_one_image() {
    let source = Source::phantom(5, 37);
    let object = made(&source, &asked());
    let frames = items(&object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    assert_eq!(text(&object, tags::NUMBER_OF_FRAMES), frames.len().to_string());
    let mut seen = 0;
    for (index, frame) in frames.iter().enumerate() {
        let segment = item(frame, tags::SEGMENT_IDENTIFICATION_SEQUENCE);
        let number: u8 = segment.element(tags::REFERENCED_SEGMENT_NUMBER).unwrap().to_int().unwrap();
        let derivation = item(frame, tags::DERIVATION_IMAGE_SEQUENCE);
        let reference = item(&derivation, tags::SOURCE_IMAGE_SEQUENCE);
        let instance = text(&reference, tags::REFERENCED_SOP_INSTANCE_UID);
        let slice = source
            .files
            .iter()
            .position(|file| file.dataset.text(tags::SOP_INSTANCE_UID) == Some(instance.clone()));
        let slice = slice.expect("the source has this image");
        let labels: Vec<bool> = source.labels[slice].iter().map(|label| *label == number).collect();
        assert_eq!(bits(&object, index, 37 * 37), labels, "frame {index}");
        let place = item(frame, tags::PLANE_POSITION_SEQUENCE);
        let position = source.files[slice].dataset.text(tags::IMAGE_POSITION_PATIENT).expect("a position");
        assert_eq!(text(&place, tags::IMAGE_POSITION_PATIENT), position);
        seen += labels.iter().filter(|inside| **inside).count();
    }
    let expected = source.labels.concat().iter().filter(|label| [1, 2].contains(*label)).count();
    assert_eq!(seen, expected);
}

#[test]
fn frames_without_voxels_are_left_out_and_the_rest_is_ordered_by_segment_and_place() {
    let mut source = Source::phantom(6, 32);
    source.labels[2].fill(0);
    source.files.reverse();
    source.labels.reverse();
    let object = made(&source, &asked());
    let frames = items(&object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE);
    let indices: Vec<Vec<u32>> = frames
        .iter()
        .map(|frame| {
            let content = item(frame, tags::FRAME_CONTENT_SEQUENCE);
            content.element(tags::DIMENSION_INDEX_VALUES).unwrap().to_multi_int().unwrap()
        })
        .collect();
    assert!(indices.is_sorted());
    assert!(
        indices.iter().any(|index| index[1] == 6) && indices.iter().all(|index| index[1] != 3),
        "{indices:?}"
    );
}

#[test]
fn the_object_belongs_to_the_patient_the_study_and_the_frame_of_reference_of_its_source() {
    let mut source = Source::phantom(3, 32);
    let named = |file: &DicomFile| {
        let mut dataset = DataSet::default();
        file.dataset.iter().for_each(|element| {
            let mut element = element.clone();
            if element.tag == tags::PATIENT_NAME {
                element.value = imaging::dataset::Value::Bytes(b"M\xfcller^Zo\xeb".to_vec());
            }
            dataset.push(element);
        });
        dataset
    };
    for file in &mut source.files {
        file.dataset = named(file);
    }
    let object = made(&source, &asked());
    let header = &source.files[0].dataset;
    for tag in [
        tags::STUDY_INSTANCE_UID,
        tags::FRAME_OF_REFERENCE_UID,
        tags::PATIENT_ID,
        tags::ACCESSION_NUMBER,
    ] {
        assert_eq!(Some(text(&object, tag)), header.text(tag), "{tag}");
    }
    assert_ne!(
        Some(text(&object, tags::SERIES_INSTANCE_UID)),
        header.text(tags::SERIES_INSTANCE_UID)
    );
    assert_eq!(text(&object, tags::PATIENT_NAME), "Müller^Zoë");
    assert_eq!(text(&object, tags::SPECIFIC_CHARACTER_SET), "ISO_IR 192");
    assert_eq!(
        object.meta().media_storage_sop_class_uid.trim_end_matches('\0'),
        uids::SEGMENTATION_STORAGE
    );
}

#[test]
fn our_own_guard_takes_what_is_written() {
    let source = Source::phantom(3, 32);
    let segmented = segmentation(&asked(), source.images()).expect("it is made");
    let reported = measurement_report(&report(&source), &source.files[0].dataset).expect("it is made");
    for bytes in [segmented, reported] {
        DicomFile::read(&bytes, &Limits::default()).expect("it passes the guard");
    }
}

#[test]
fn images_that_make_no_volume_are_refused_by_name() {
    let refused = |change: &dyn Fn(&mut Source)| {
        let mut source = Source::phantom(3, 16);
        change(&mut source);
        segmentation(&asked(), source.images()).expect_err("it is refused").to_string()
    };
    let without = |tag: Tag| {
        refused(&move |source| {
            let kept: Vec<Tag> =
                source.files[0].dataset.iter().map(|element| element.tag).filter(|other| *other != tag).collect();
            source.files[0].dataset = source.files[0].dataset.only(&kept);
        })
    };
    assert_eq!(
        without(tags::IMAGE_POSITION_PATIENT),
        "Image Position (Patient) is missing in the source"
    );
    assert_eq!(without(tags::PIXEL_SPACING), "Pixel Spacing is missing in the source");
    assert_eq!(
        without(tags::FRAME_OF_REFERENCE_UID),
        "Frame of Reference UID is missing in the source"
    );
    assert_eq!(
        refused(&|source| source.labels[1].truncate(255)),
        "image 1 has 255 labels and 256 pixels"
    );
    assert!(refused(&|source| source.labels.iter_mut().for_each(|labels| labels.fill(9))).contains("no voxel"));
    let other = Source::phantom(1, 16);
    assert!(
        refused(&|source| source.files[2].dataset = other.files[0].dataset.clone())
            .contains("image 2 of the source differs")
    );
    assert!(matches!(
        segmentation(&asked(), Vec::<LabelledImage>::new()),
        Err(DerivedError::NoImages)
    ));
}

#[test]
fn texts_and_uids_that_are_none_are_refused() {
    let source = Source::phantom(1, 16);
    let refused = |change: &dyn Fn(&mut Segmentation)| {
        let mut wrong = asked();
        change(&mut wrong);
        segmentation(&wrong, source.images()).expect_err("it is refused").to_string()
    };
    assert!(refused(&|wrong| wrong.segments[0].name = "a\\b".into()).starts_with("a segment's name"));
    assert!(refused(&|wrong| wrong.segments[0].kind.meaning = "x".repeat(65)).starts_with("a code's meaning"));
    assert!(refused(&|wrong| wrong.segments[1].label = 1).contains("label"));
    assert!(refused(&|wrong| wrong.authoring.sop_instance_uid = "2.25.01".into()).starts_with("the SOP Instance UID"));
    assert!(refused(&|wrong| wrong.authoring.date = "2026-01-05".into()).starts_with("the date or time"));
}

#[test]
fn a_report_refers_to_its_segments_and_says_that_it_is_unverified() {
    let source = Source::phantom(3, 32);
    let object = read(&measurement_report(&report(&source), &source.files[0].dataset).expect("it is made"));
    assert_eq!(text(&object, tags::VERIFICATION_FLAG), "UNVERIFIED");
    assert_eq!(text(&object, tags::PRELIMINARY_FLAG), "PRELIMINARY");
    let content = items(&object, tags::CONTENT_SEQUENCE);
    let named = |items: &[InMemDicomObject], code: &str| {
        let is_it = |found: &&InMemDicomObject| {
            let concept = found.element(tags::CONCEPT_NAME_CODE_SEQUENCE).ok();
            concept.is_some_and(|concept| text(&concept.items().unwrap_or_default()[0], tags::CODE_VALUE) == code)
        };
        items.iter().find(is_it).cloned().unwrap_or_else(|| panic!("no item {code}"))
    };
    let groups = items(&named(&content, "126010"), tags::CONTENT_SEQUENCE);
    assert_eq!(groups.len(), 2);
    let first = items(&groups[0], tags::CONTENT_SEQUENCE);
    assert_eq!(text(&named(&first, "112040"), tags::UID), uid(21));
    let segment = item(&named(&first, "121191"), tags::REFERENCED_SOP_SEQUENCE);
    assert_eq!(
        segment.element(tags::REFERENCED_SEGMENT_NUMBER).unwrap().to_int::<u16>().unwrap(),
        1
    );
    let volume = item(&named(&first, "118565006"), tags::MEASURED_VALUE_SEQUENCE);
    assert_eq!(text(&volume, tags::NUMERIC_VALUE), "1250.5");
    let evidence = item(&object, tags::CURRENT_REQUESTED_PROCEDURE_EVIDENCE_SEQUENCE);
    assert_eq!(items(&evidence, tags::REFERENCED_SERIES_SEQUENCE).len(), 2);
}

#[test]
fn a_report_without_numbers_or_with_impossible_ones_is_refused() {
    let source = Source::phantom(1, 16);
    let header = &source.files[0].dataset;
    let mut wrong = report(&source);
    wrong.groups[0].measurements[0].value = f64::NAN;
    assert!(matches!(
        measurement_report(&wrong, header),
        Err(DerivedError::Number(_))
    ));
    wrong.groups.clear();
    assert!(matches!(
        measurement_report(&wrong, header),
        Err(DerivedError::NoMeasurements)
    ));
}
