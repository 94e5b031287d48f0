//! Real files survive every transfer syntax: samples, attributes, private elements.

mod image;

use std::ops::ControlFlow;

use dicom_dictionary_std::tags;
use image::{Image, bytes_of, transcoded};
use imaging::dataset::{DataSet, Tag, Value};
use imaging::pixels::Photometric;
use imaging::transcode::{TargetSyntax, TranscodeError, transcode};

/// CT, MR, big endian, multi-frame, 12 of 16 bits, RGB of 8 and 16 bits, planar, palette, YBR, deflated, compressed, 32 bits, one bit.
const SOURCES: [&str; 17] = [
    "CT_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "emri_small.dcm",
    "examples_overlay.dcm",
    "ExplVR_BigEnd.dcm",
    "SC_rgb_rle_2frame.dcm",
    "SC_rgb_rle_16bit.dcm",
    "color-pl.dcm",
    "OT-PAL-8-face.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "image_dfl.dcm",
    "JPEG-LL.dcm",
    "693_J2KR.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "rtdose_rle.dcm",
    "liver.dcm",
];

/// What an encoding may change.
const ENCODING: [Tag; 6] = [
    tags::PIXEL_DATA,
    tags::PHOTOMETRIC_INTERPRETATION,
    tags::PLANAR_CONFIGURATION,
    tags::BITS_ALLOCATED,
    tags::BITS_STORED,
    tags::HIGH_BIT,
];

#[test]
fn lossless_targets_keep_every_sample_and_every_attribute() {
    let mut done = 0;
    for name in SOURCES {
        let source = bytes_of(name);
        let before = Image::open(&source).expect("it is an image");
        let samples = before.frames().expect("it decodes");
        for target in TargetSyntax::ALL.into_iter().filter(|target| !target.is_lossy()) {
            let result = match transcode(&source, target, None, &mut |_, _| ControlFlow::Continue(())) {
                Ok(result) => result,
                Err(TranscodeError::Unsuitable { .. }) => continue,
                Err(error) => panic!("{name} to {target:?}: {error}"),
            };
            let after = Image::open(&result.bytes).expect("the result is an image");
            assert_eq!(after.file.transfer_syntax, target.uid(), "{name}");
            let decoded = after.frames().unwrap_or_else(|error| panic!("{name} to {target:?}: {error}"));
            assert!(
                samples.iter().map(|s| &s.data).eq(decoded.iter().map(|s| &s.data)),
                "{name} to {target:?}"
            );
            same_attributes(
                &before.file.dataset,
                &after.file.dataset,
                &format!("{name} to {target:?}"),
            );
            done += 1;
        }
    }
    assert!(done >= 100, "only {done} results");
}

fn same_attributes(before: &DataSet, after: &DataSet, what: &str) {
    for element in before.iter().filter(|element| element.tag.1 != 0 && !ENCODING.contains(&element.tag)) {
        if element.tag == tags::DATA_SET_TRAILING_PADDING {
            continue;
        }
        let kept = after.get(element.tag).unwrap_or_else(|| panic!("{what}: {} is lost", element.tag));
        match (&element.value, &kept.value) {
            (Value::Items(a), Value::Items(b)) => {
                assert_eq!(a.len(), b.len(), "{what}: {}", element.tag);
                a.iter().zip(b).for_each(|(a, b)| same_attributes(a, b, what));
            }
            (Value::Bytes(a), Value::Bytes(b)) => assert_eq!(a, b, "{what}: {}", element.tag),
            (a, b) => assert_eq!(
                std::mem::discriminant(a),
                std::mem::discriminant(b),
                "{what}: {}",
                element.tag
            ),
        }
    }
}

#[test]
fn what_a_syntax_cannot_hold_is_refused_by_name() {
    for (name, target, words) in [
        ("CT_small.dcm", TargetSyntax::JpegBaseline, "8 bits"),
        ("OT-PAL-8-face.dcm", TargetSyntax::JpegBaseline, "palette"),
        ("liver.dcm", TargetSyntax::JpegLsLossless, "one-bit"),
        ("rtdose_rle.dcm", TargetSyntax::Htj2kLossless, "16 bits"),
        ("SC_ybr_full_422_uncompressed.dcm", TargetSyntax::JpegLosslessSv1, "YBR"),
    ] {
        let error = transcode(&bytes_of(name), target, None, &mut |_, _| ControlFlow::Continue(()));
        let message = error.expect_err("it does not fit").to_string();
        assert!(message.contains(words), "{name}: {message}");
    }
}

#[test]
fn reversible_colour_transform_is_declared() {
    let result = transcoded(&bytes_of("color-pl.dcm"), TargetSyntax::Jpeg2000Lossless);
    let image = Image::open(&result.bytes).expect("it is an image");
    assert_eq!(image.desc.photometric, Photometric::YbrRct);
    assert_eq!(image.frame(0).expect("it decodes").photometric, Photometric::Rgb);
}

#[test]
fn a_lossy_result_is_another_image_and_says_so() {
    let source = bytes_of("color-pl.dcm");
    let before = Image::open(&source).expect("it is an image");
    let result = transcoded(&source, TargetSyntax::JpegBaseline);
    let after = Image::open(&result.bytes).expect("it is an image");
    let text = |tag| after.file.dataset.text(tag).unwrap_or_default();
    let uid = before.file.dataset.text(tags::SOP_INSTANCE_UID).unwrap_or_default();
    assert_ne!(text(tags::SOP_INSTANCE_UID), uid);
    assert_eq!(text(tags::SOP_INSTANCE_UID), result.sop_instance_uid);
    assert_eq!(
        after.file.meta.text(tags::MEDIA_STORAGE_SOP_INSTANCE_UID),
        Some(result.sop_instance_uid)
    );
    assert!(text(tags::IMAGE_TYPE).starts_with("DERIVED\\"));
    assert_eq!(text(tags::LOSSY_IMAGE_COMPRESSION), "01");
    assert_eq!(text(tags::LOSSY_IMAGE_COMPRESSION_METHOD), "ISO_10918_1");
    let sources = after.file.dataset.items(tags::SOURCE_IMAGE_SEQUENCE);
    assert_eq!(
        sources.last().and_then(|item| item.text(tags::REFERENCED_SOP_INSTANCE_UID)),
        Some(uid)
    );
    assert_eq!(after.desc.photometric, Photometric::YbrFull422);
    let (a, b) = (
        before.frame(0).expect("it decodes"),
        after.frame(0).expect("it decodes"),
    );
    let differences = a
        .data
        .to_le_bytes()
        .iter()
        .zip(b.data.to_le_bytes())
        .map(|(a, b)| u64::from(a.abs_diff(b)))
        .sum::<u64>();
    assert!(differences / (a.data.len() as u64) < 6, "the picture changed");
}

#[test]
fn a_second_lossy_step_appends_its_ratio_and_method() {
    let once = transcoded(&bytes_of("color-pl.dcm"), TargetSyntax::JpegBaseline);
    let twice = transcoded(&once.bytes, TargetSyntax::JpegBaseline);
    let image = Image::open(&twice.bytes).expect("it is an image");
    assert_eq!(
        image.file.dataset.texts(tags::LOSSY_IMAGE_COMPRESSION_METHOD),
        ["ISO_10918_1", "ISO_10918_1"]
    );
    assert_eq!(image.file.dataset.floats(tags::LOSSY_IMAGE_COMPRESSION_RATIO).len(), 2);
}

#[test]
fn progress_is_told_after_each_frame_and_can_stop() {
    let source = bytes_of("emri_small.dcm");
    let mut seen = Vec::new();
    let stopped = transcode(&source, TargetSyntax::RleLossless, None, &mut |done, total| {
        seen.push((done, total));
        if done == 3 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    assert!(matches!(stopped, Err(TranscodeError::Cancelled)));
    assert_eq!(seen, [(1, 10), (2, 10), (3, 10)]);
}
