//! What `transcode` writes, an independent reader (dicom-rs) opens and decodes to the same samples.

mod image;

use std::ops::ControlFlow;

use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use dicom_pixeldata::PixelDecoder;
use image::{Image, bytes_of};
use imaging::pixels::{SampleData, Samples};
use imaging::transcode::{TargetSyntax, TranscodeError, transcode};

/// CT, MR, multi-frame, RGB in planes and by pixel, of 8 and 16 bits, and a palette.
const SOURCES: [&str; 9] = [
    "CT_small.dcm",
    "MR_small_bigendian.dcm",
    "693_J2KR.dcm",
    "emri_small.dcm",
    "examples_overlay.dcm",
    "color-pl.dcm",
    "SC_rgb_rle_2frame.dcm",
    "SC_rgb_rle_16bit.dcm",
    "OT-PAL-8-face.dcm",
];

/// What dicom-rs decodes without C libraries; of the other targets it reads everything but the samples.
const DECODED: [TargetSyntax; 5] = [
    TargetSyntax::ExplicitVrLittleEndian,
    TargetSyntax::DeflatedExplicitVrLittleEndian,
    TargetSyntax::JpegBaseline,
    TargetSyntax::JpegLosslessSv1,
    TargetSyntax::RleLossless,
];

/// A result and how both readers see it.
struct Result {
    what: String,
    ours: Image,
    theirs: DefaultDicomObject,
}

/// Every source in `target`, where it fits.
fn results(target: TargetSyntax) -> Vec<Result> {
    let result = |name: &&str| {
        let what = format!("{name} to {target:?}");
        let bytes = match transcode(&bytes_of(name), target, None, &mut |_, _| ControlFlow::Continue(())) {
            Ok(result) => result.bytes,
            Err(TranscodeError::Unsuitable { .. }) => return None,
            Err(error) => panic!("{what}: {error}"),
        };
        let ours = Image::open(&bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
        let theirs = dicom_object::from_reader(bytes.as_slice()).unwrap_or_else(|error| panic!("{what}: {error}"));
        Some(Result { what, ours, theirs })
    };
    SOURCES.iter().filter_map(result).collect()
}

fn decoded_by_both(result: &Result, frame: usize) -> (Samples, Vec<u8>) {
    let ours = result.ours.frame(frame).unwrap_or_else(|error| panic!("{}: {error}", result.what));
    let theirs = result.theirs.decode_pixel_data_frame(frame as u32);
    let theirs = theirs.unwrap_or_else(|error| panic!("{}: {error}", result.what));
    (ours, theirs.data().to_vec())
}

/// Samples without the bits above the stored ones: dicom-rs leaves them as the codec does, we repeat the sign in them.
fn stored_bits(bytes: &[u8], data: &SampleData, bits_stored: u16) -> Vec<u16> {
    let mask = ((1u32 << bits_stored) - 1) as u16;
    match bytes.len() / data.len() {
        1 => bytes.iter().map(|byte| u16::from(*byte) & mask).collect(),
        _ => bytes.as_chunks::<2>().0.iter().map(|word| u16::from_le_bytes(*word) & mask).collect(),
    }
}

#[test]
fn lossless_results_decode_to_the_same_samples_elsewhere() {
    let mut compared = 0;
    for target in DECODED.into_iter().filter(|target| !target.is_lossy()) {
        for result in results(target) {
            for frame in 0..result.ours.ranges.len() {
                let (ours, theirs) = decoded_by_both(&result, frame);
                let bits = result.ours.desc.bits_stored;
                let expected = stored_bits(&ours.data.to_le_bytes(), &ours.data, bits);
                assert!(stored_bits(&theirs, &ours.data, bits) == expected, "{}", result.what);
                compared += 1;
            }
        }
    }
    assert!(compared >= 70, "only {compared} frames were compared");
}

#[test]
fn lossy_results_look_the_same_elsewhere() {
    let results = results(TargetSyntax::JpegBaseline);
    assert!(results.len() >= 2, "only {} results", results.len());
    for result in &results {
        for frame in 0..result.ours.ranges.len() {
            let (ours, theirs) = decoded_by_both(result, frame);
            let ours = ours.data.to_le_bytes();
            assert_eq!(ours.len(), theirs.len(), "{}", result.what);
            let difference: u64 = ours.iter().zip(&theirs).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            // Decoders may round the cosine transform and interpolate chroma in their own ways.
            assert!(difference / ours.len() as u64 <= 2, "{}: {difference}", result.what);
        }
    }
}

#[test]
fn every_result_opens_elsewhere_with_its_frames_and_attributes() {
    let mut opened = 0;
    for target in TargetSyntax::ALL {
        for Result { what, ours, theirs } in results(target) {
            assert_eq!(theirs.meta().transfer_syntax(), target.uid(), "{what}");
            let uid = theirs.element(tags::SOP_INSTANCE_UID).expect("it has one").to_str().expect("it is text");
            assert_eq!(theirs.meta().media_storage_sop_instance_uid(), uid, "{what}");
            assert_eq!(
                ours.file.dataset.text(tags::SOP_INSTANCE_UID).as_deref(),
                Some(&*uid),
                "{what}"
            );
            let count = ours.file.dataset.iter().filter(|element| element.tag.1 != 0).count();
            assert_eq!(theirs.iter().count(), count, "{what}");
            let pixels = theirs.element(tags::PIXEL_DATA).expect("it has pixel data");
            if let Some(fragments) = pixels.fragments() {
                assert_eq!(fragments.len(), ours.ranges.len(), "{what}");
                let codestreams = (0..fragments.len()).map(|frame| &ours.frame_bytes(frame)[8..]);
                assert!(codestreams.eq(fragments.iter().map(Vec::as_slice)), "{what}");
            }
            opened += 1;
        }
    }
    assert!(opened >= 50, "only {opened} results");
}
