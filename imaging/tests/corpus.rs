//! Real files: accepted or refused as they should be, with the attributes, the frames and the JSON that pydicom reads.

#![allow(clippy::unwrap_used)]

mod support;

use imaging::file::DicomFile;
use imaging::guard::{Limits, Refusal, check_pixels};
use imaging::index::{Unindexable, attributes};
use imaging::json::Json;
use serde_json::{Number, Value};

/// The files that are refused, and what the refusal begins with.
const REFUSED: [(&str, &str); 3] = [
    (
        "MR_truncated.dcm",
        "element (7FE0,0010) at byte 1488 declares 8192 bytes, but the file ends after 8130",
    ),
    ("no_meta.dcm", "this is not a DICOM file"),
    (
        "rtplan_truncated.dcm",
        "element (300A,012C) at byte 2092 declares 50 bytes, but the file ends after 29",
    ),
];

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(support::folder().join("expected.json")).unwrap()).unwrap()
}

/// Every accepted file with what pydicom says of it.
fn accepted() -> Vec<(String, DicomFile, Value)> {
    let mut expected = expected();
    let read = |(name, bytes): (String, Vec<u8>)| {
        let file = DicomFile::read(&bytes, &Limits::default()).ok()?;
        let expected = expected[&name].take();
        Some((name, file, expected))
    };
    support::corpus().into_iter().filter_map(read).collect()
}

#[test]
fn only_truncated_and_foreign_files_are_refused() {
    let mut refused = Vec::new();
    for (name, bytes) in support::corpus() {
        if let Err(refusal) = DicomFile::read(&bytes, &Limits::default()) {
            refused.push((name, refusal.to_string()));
        }
    }
    let expected: Vec<_> = REFUSED.iter().map(|(name, refusal)| (name.to_string(), refusal.to_string())).collect();
    assert_eq!(refused, expected);
}

#[test]
fn pixel_descriptions_of_real_files_pass_the_guard() {
    for (name, file, _) in accepted() {
        assert_eq!(check_pixels(&file, &Limits::default()), Ok(()), "{name}");
    }
}

#[test]
fn attributes_equal_those_of_pydicom() {
    let mut indexed = 0;
    for (name, file, expected) in accepted() {
        let found = match attributes(&file) {
            Ok(found) => found,
            Err(refusal) => {
                let missing = ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"]
                    .iter()
                    .any(|uid| expected[*uid].is_null());
                // An anonymised file whose UIDs are hexadecimal.
                let invalid = name == "bad_sequence.dcm" && matches!(refusal, Unindexable::InvalidUid { .. });
                assert!(
                    invalid || missing && matches!(refusal, Unindexable::Missing { .. }),
                    "{name}: {refusal}"
                );
                continue;
            }
        };
        indexed += 1;
        let text = |keyword: &str| expected[keyword].as_str().map(str::to_owned);
        let number = |keyword: &str| expected[keyword].as_i64();
        assert_eq!(
            found.instance.transfer_syntax_uid, expected["transfer_syntax"],
            "{name}"
        );
        assert_eq!(Some(found.study.study_instance_uid), text("StudyInstanceUID"), "{name}");
        assert_eq!(
            Some(found.series.series_instance_uid),
            text("SeriesInstanceUID"),
            "{name}"
        );
        assert_eq!(Some(found.instance.sop_instance_uid), text("SOPInstanceUID"), "{name}");
        assert_eq!(found.instance.sop_class_uid, text("SOPClassUID"), "{name}");
        assert_eq!(found.study.patient_name, text("PatientName"), "{name}");
        assert_eq!(found.study.patient_id, text("PatientID"), "{name}");
        assert_eq!(found.series.modality, text("Modality"), "{name}");
        assert_eq!(
            found.instance.photometric_interpretation,
            text("PhotometricInterpretation"),
            "{name}"
        );
        assert_eq!(found.series.series_number, number("SeriesNumber"), "{name}");
        assert_eq!(found.instance.rows.map(i64::from), number("Rows"), "{name}");
        assert_eq!(found.instance.columns.map(i64::from), number("Columns"), "{name}");
        assert_eq!(
            found.instance.bits_allocated.map(i64::from),
            number("BitsAllocated"),
            "{name}"
        );
        assert_eq!(
            found.instance.bits_stored.map(i64::from),
            number("BitsStored"),
            "{name}"
        );
        assert_eq!(found.instance.has_pixels, expected["pixels"].is_string(), "{name}");
    }
    assert!(indexed > 70, "only {indexed} files have all three UIDs");
}

#[test]
fn every_frame_of_real_files_is_located() {
    for (name, file, expected) in accepted() {
        let Some(frames) = expected["frames_sha256"].as_array() else {
            continue;
        };
        let ranges = file.frame_ranges().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(ranges.len(), frames.len(), "{name}");
        let inside = ranges.iter().all(|range| range.start < range.end && range.end <= file.length);
        assert!(inside && ranges.is_sorted_by(|a, b| a.end <= b.end), "{name}");
    }
}

#[test]
fn native_frames_are_the_bytes_that_pydicom_decodes() {
    use sha2::{Digest, Sha256};
    let mut compared = 0;
    let all = expected();
    for (name, bytes) in support::corpus() {
        let expected = &all[&name];
        let native = [support::EXPLICIT, support::IMPLICIT, support::DEFLATED]
            .iter()
            .any(|uid| expected["transfer_syntax"] == *uid);
        let plain =
            expected["BitsAllocated"].as_i64() >= Some(8) && expected["PhotometricInterpretation"] != "YBR_FULL_422";
        let (true, true, Some(frames)) = (native, plain, expected["frames_sha256"].as_array()) else {
            continue;
        };
        let file = DicomFile::read(&bytes, &Limits::default()).unwrap();
        if file.dataset.int(dicom_dictionary_std::tags::PLANAR_CONFIGURATION) == Some(1) {
            continue;
        }
        let bytes = file.inflated(&bytes, &Limits::default()).unwrap();
        for (range, expected) in file.frame_ranges().unwrap().into_iter().zip(frames) {
            let frame = &bytes[range.start as usize..range.end as usize];
            let digest: String = Sha256::digest(frame).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(expected, &digest, "{name}");
            compared += 1;
        }
    }
    assert!(compared > 40, "only {compared} frames were compared");
}

#[test]
fn a_file_is_read_again_from_its_header_alone() {
    for (name, bytes) in support::corpus() {
        let Ok(file) = DicomFile::read(&bytes, &Limits::default()) else {
            continue;
        };
        if file.deflated || file.pixel_data.is_none() {
            continue;
        }
        let header = DicomFile::read_header(&bytes[..file.header_end as usize], &Limits::default()).unwrap();
        assert_eq!(header.pixel_data, None, "{name}");
        assert_eq!(
            (&header.meta, &header.transfer_syntax),
            (&file.meta, &file.transfer_syntax),
            "{name}"
        );
        assert!(
            header.dataset.iter().eq(file.dataset.iter().take(header.dataset.len())),
            "{name}"
        );
    }
}

#[test]
fn json_equals_that_of_pydicom() {
    let mut compared = 0;
    for (name, file, mut expected) in accepted() {
        let Value::Object(expected) = expected["json"].take() else {
            continue;
        };
        let json = Json {
            bulk_prefix: "bulk",
            inline_limit: 768,
        }
        .to_vec(&file.dataset);
        let Value::Object(found) = serde_json::from_slice(&json).unwrap() else {
            panic!("{name}")
        };
        let big_endian = file.transfer_syntax == "1.2.840.10008.1.2.2";
        compare(&name, &found, &expected, big_endian);
        compared += 1;
    }
    assert!(compared > 75, "only {compared} files were compared");
}

type Object = serde_json::Map<String, Value>;

fn compare(place: &str, found: &Object, expected: &Object, big_endian: bool) {
    assert!(
        found.keys().eq(expected.keys()),
        "{place}: {:?} {:?}",
        found.keys(),
        expected.keys()
    );
    for (tag, element) in found {
        let (place, other) = (format!("{place}/{tag}"), &expected[tag]);
        // pydicom knows the private attributes of some makers; without that dictionary they stay bytes.
        let private = u16::from_str_radix(&tag[..4], 16).unwrap() % 2 == 1;
        if private && element["vr"] == "UN" && other["vr"] != "UN" {
            continue;
        }
        assert_eq!(element["vr"], other["vr"], "{place}");
        let (values, others) = (values(element), values(other));
        assert_eq!(values.len(), others.len(), "{place}: {element} {other}");
        for (value, other) in values.iter().zip(&others) {
            match (value, other) {
                (Value::Object(item), Value::Object(other)) if element["vr"] == "SQ" => {
                    compare(&place, item, other, big_endian)
                }
                (Value::Number(number), Value::Number(other)) => {
                    assert!(same(number, other), "{place}: {number} {other}")
                }
                _ => assert_eq!(value, other, "{place}"),
            }
        }
        // pydicom leaves words of big endian files as they are (PS3.18 wants little endian), and inlines small pixel data.
        let left_out = (big_endian && element["vr"] == "OW") || tag == "7FE00010";
        if !left_out {
            assert_eq!(element.get("InlineBinary"), other.get("InlineBinary"), "{place}");
            assert_eq!(
                element.get("BulkDataURI").is_some(),
                other.get("BulkDataURI").is_some(),
                "{place}"
            );
        }
    }
}

/// Whether two numbers are the same as far as the JSON parser reads their last digit.
fn same(number: &Number, other: &Number) -> bool {
    let (number, other) = (number.as_f64().unwrap(), other.as_f64().unwrap());
    (number - other).abs() <= 1e-15 * other.abs()
}

/// The values of an element: empty texts are null, empty name groups absent, and nothing but nulls is no value (PS3.18 section F.2.5).
fn values(element: &Value) -> Vec<Value> {
    let normal = |value: &Value| match value {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map_or(Value::Null, Value::from),
        Value::Object(name) if element["vr"] == "PN" => {
            let groups: Object = name.clone().into_iter().filter(|(_, text)| text.as_str() != Some("")).collect();
            if groups.is_empty() {
                Value::Null
            } else {
                Value::Object(groups)
            }
        }
        _ => value.clone(),
    };
    let values: Vec<Value> =
        element["Value"].as_array().map(|values| values.iter().map(normal).collect()).unwrap_or_default();
    if values.iter().all(Value::is_null) {
        Vec::new()
    } else {
        values
    }
}

#[test]
fn a_directory_of_files_is_named_as_one() {
    let class = support::element(0x0002, 0x0002, "UI", b"1.2.840.10008.1.3.10");
    let bytes = [&[0; 128][..], b"DICM", &class].concat();
    let file = DicomFile::read(&bytes, &Limits::default()).unwrap();
    assert_eq!(attributes(&file), Err(Unindexable::Directory));
}

#[test]
fn refusals_of_foreign_bytes_are_recognised() {
    let refusal = DicomFile::read(b"PK\x03\x04 this is an archive", &Limits::default()).unwrap_err();
    assert!(refusal.is_not_dicom() && refusal == Refusal::NotDicom);
}
