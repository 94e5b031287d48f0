//! Frames of real files decode to the samples that pydicom sees, and damaged ones to errors.

mod image;

use image::{Image, bytes_of, expected, transcoded};
use imaging::file::{DicomFile, PIXEL_DATA_START};
use imaging::guard::Limits;
use imaging::pixels::{Photometric, PixelDescription, PixelError, SampleData, SampleKind, decode_frame};
use imaging::transcode::TargetSyntax;
use sha2::{Digest, Sha256};

/// Lossy JPEG: pydicom's hashes are of YCbCr samples or differ by one; other tests look at these.
const LOSSY: [&str; 7] = [
    "JPGExtended.dcm",
    "SC_rgb_dcmtk_+eb+cy+np.dcm",
    "SC_rgb_dcmtk_+eb+cy+s4.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "SC_rgb_jpeg_lossy_gdcm.dcm",
    "SC_rgb_small_odd_jpeg.dcm",
    "examples_ybr_color.dcm",
];
const REFUSED: [&str; 1] = ["SC_rgb_small_odd_big_endian.dcm"];

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// numpy lays big endian files out big endian.
fn laid_out(data: &SampleData, dtype: &str) -> Vec<u8> {
    let bytes = data.to_le_bytes();
    let width = if dtype.starts_with('>') {
        bytes.len() / data.len()
    } else {
        1
    };
    bytes.chunks(width).flat_map(|word| word.iter().rev().copied()).collect()
}

#[test]
fn every_frame_of_the_corpus_equals_pydicoms() {
    let mut compared = 0;
    for (name, entry) in expected() {
        let Some(hashes) = entry["frames_sha256"].as_array().filter(|hashes| !hashes.is_empty()) else {
            continue;
        };
        if LOSSY.contains(&name.as_str()) || REFUSED.contains(&name.as_str()) {
            continue;
        }
        let dtype = entry["frame_dtype"].as_str().unwrap_or_default();
        let frames = Image::named(&name).frames().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(frames.len(), hashes.len(), "{name}");
        for (frame, expected) in frames.iter().zip(hashes) {
            let same = [hash(&laid_out(&frame.data, dtype)), hash(&frame.data.to_le_bytes())];
            assert!(same.iter().any(|hash| expected == hash), "{name}");
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared} frames were compared");
}

#[test]
fn colour_bars_come_out_red_green_and_blue_however_the_jpeg_is_coded() {
    for name in LOSSY.iter().filter(|name| name.starts_with("SC_rgb_") && !name.contains("small")) {
        let frame = Image::named(name).frame(0).expect("it decodes");
        assert_eq!(frame.photometric, Photometric::Rgb, "{name}");
        let SampleData::U8(data) = &frame.data else {
            panic!("{name}: eight bits")
        };
        let pixel = |row: usize| &data[(row * 100 + 50) * 3..][..3];
        for (row, colour) in [
            (5, [254, 0, 0]),
            (25, [0, 255, 0]),
            (45, [0, 0, 254]),
            (95, [255, 255, 255]),
        ] {
            let close = pixel(row).iter().zip(colour).all(|(found, expected)| found.abs_diff(expected) <= 6);
            assert!(close, "{name} row {row}: {:?}", pixel(row));
        }
    }
}

#[test]
fn twelve_bit_jpeg_keeps_its_twelve_bits() {
    let frame = Image::named("JPGExtended.dcm").frame(0).expect("it decodes");
    let SampleData::U16(data) = &frame.data else {
        panic!("sixteen bits")
    };
    assert!((256..4096).contains(data.iter().max().expect("it has pixels")));
}

#[test]
fn what_is_not_decoded_names_the_transfer_syntax() {
    let mut image = Image::named("MR_small_RLE.dcm");
    image.desc.transfer_syntax = "1.2.840.10008.1.2.4.102".to_owned();
    let message = image.frame(0).expect_err("video is not decoded").to_string();
    assert!(
        message.contains("1.2.840.10008.1.2.4.102") && message.contains("H.264"),
        "{message}"
    );
    let message = Image::named(REFUSED[0]).frame(0).expect_err("it is not decoded").to_string();
    assert!(message.contains("1.2.840.10008.1.2.2"), "{message}");
}

#[test]
fn a_frame_that_does_not_exist_is_an_error() {
    let image = Image::named("emri_small.dcm");
    let error = decode_frame(&image.desc, 10, image.frame_bytes(0)).expect_err("there are ten frames");
    assert_eq!(error, PixelError::NoSuchFrame { index: 10, count: 10 });
}

#[test]
fn truncated_frames_are_errors_in_every_syntax() {
    for name in [
        "MR_small.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_jp2klossless.dcm",
    ] {
        let image = Image::named(name);
        let whole = image.frame_bytes(0);
        for length in [0, 4, 9, 40, whole.len() / 2] {
            let mut part = whole[..length].to_vec();
            if part.len() >= 8 && !image.desc.transfer_syntax.ends_with("1.2.1") {
                part[4..8].copy_from_slice(&(length as u32 - 8).to_le_bytes());
            }
            assert!(
                decode_frame(&image.desc, 0, &part).is_err(),
                "{name} cut to {length} bytes"
            );
        }
    }
}

fn native(bits_allocated: u16, bits_stored: u16, high_bit: u16, signed: bool) -> PixelDescription {
    PixelDescription {
        rows: 1,
        columns: 3,
        bits_allocated,
        bits_stored,
        high_bit,
        signed,
        number_of_frames: 3,
        ..Image::named("MR_small.dcm").desc
    }
}

#[test]
fn one_bit_frames_start_inside_of_bytes() {
    let desc = native(1, 1, 0, false);
    // Nine bits: 101 011 100, least significant first; the second frame spans bits 3 to 5, the third bits 6 to 8.
    let bytes = [0b0111_0101, 0b0000_0000];
    let frame = |index, data: &[u8]| decode_frame(&desc, index, data).map(|samples| samples.data);
    assert_eq!(frame(0, &bytes[..1]), Ok(SampleData::U8(vec![1, 0, 1])));
    assert_eq!(frame(1, &bytes[..1]), Ok(SampleData::U8(vec![0, 1, 1])));
    assert_eq!(frame(2, &bytes), Ok(SampleData::U8(vec![1, 0, 0])));
}

#[test]
fn bits_that_are_not_stored_are_cleared_or_take_the_sign() {
    let bytes = [0xFF, 0xF7, 0xFF, 0x0F, 0x00, 0x18];
    let decoded = |desc: &PixelDescription| decode_frame(desc, 0, &bytes).map(|samples| samples.data);
    assert_eq!(
        decoded(&native(16, 12, 11, false)),
        Ok(SampleData::U16(vec![0x7FF, 0xFFF, 0x800]))
    );
    assert_eq!(
        decoded(&native(16, 12, 11, true)),
        Ok(SampleData::I16(vec![0x7FF, -1, -2048]))
    );
    assert_eq!(
        decoded(&native(16, 12, 15, false)),
        Ok(SampleData::U16(vec![0xF7F, 0x0FF, 0x180]))
    );
}

#[test]
fn planes_become_pixels_and_floats_stay_floats() {
    let planar = PixelDescription {
        samples_per_pixel: 3,
        planar: true,
        photometric: Photometric::Rgb,
        ..native(8, 8, 7, false)
    };
    let samples = decode_frame(&planar, 0, &[1, 2, 3, 11, 12, 13, 21, 22, 23]).expect("nine samples");
    assert_eq!(samples.data, SampleData::U8(vec![1, 11, 21, 2, 12, 22, 3, 13, 23]));
    let float = PixelDescription {
        kind: SampleKind::Float,
        ..native(32, 32, 31, false)
    };
    let bytes: Vec<u8> = [0.5f32, -1.0, 1e6].iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_eq!(
        decode_frame(&float, 0, &bytes).map(|s| s.data),
        Ok(SampleData::F32(vec![0.5, -1.0, 1e6]))
    );
    let double = PixelDescription {
        kind: SampleKind::Double,
        ..native(64, 64, 63, false)
    };
    let bytes: Vec<u8> = [0.5f64, -1.0, 1e9].iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_eq!(
        decode_frame(&double, 0, &bytes).map(|s| s.data),
        Ok(SampleData::F64(vec![0.5, -1.0, 1e9]))
    );
}

#[test]
fn runs_and_literals_of_every_length_survive_rle() {
    let source = bytes_of("OT-PAL-8-face.dcm");
    let image = Image::open(&transcoded(&source, TargetSyntax::RleLossless).bytes).expect("it is an image");
    let original = Image::open(&source).expect("it is an image");
    assert_eq!(image.frame(0).map(|s| s.data), original.frame(0).map(|s| s.data));
}

#[test]
fn eight_bit_big_endian_frames_decode_once_the_vr_of_their_pixel_data_is_known() {
    let whole = Image::named("ExplVR_BigEnd.dcm");
    let end = whole.file.header_end as usize;
    let mut file = DicomFile::read_header(&whole.bytes[..end], &Limits::default()).expect("the header is whole");
    let description = |file: &DicomFile| PixelDescription::from_dataset(&file.dataset, &file.transfer_syntax);
    assert!(description(&file).is_err(), "its samples may lie in either order");
    file.note_pixel_data(&whole.bytes[end..end + PIXEL_DATA_START as usize]);
    let desc = description(&file).expect("the VR tells");
    assert_eq!(decode_frame(&desc, 0, whole.frame_bytes(0)), whole.frame(0));
}

/// A frame whose codestream header says 65,000 x 65,000 pixels.
fn oversized(name: &str) -> (PixelDescription, Vec<u8>) {
    let image = Image::named(name);
    let mut data = image.frame_bytes(0).to_vec();
    let find = |data: &[u8], marker: [u8; 2]| data.windows(2).position(|pair| pair == marker);
    let jpeg = [[0xFF, 0xC0], [0xFF, 0xC1], [0xFF, 0xC3], [0xFF, 0xF7]];
    if let Some(size) = find(&data, [0xFF, 0x51]) {
        data[size + 6..size + 10].copy_from_slice(&65_000u32.to_be_bytes());
        data[size + 10..size + 14].copy_from_slice(&65_000u32.to_be_bytes());
    } else {
        let frame = jpeg.iter().find_map(|marker| find(&data, *marker)).expect("a frame header");
        data[frame + 5..frame + 7].copy_from_slice(&65_000u16.to_be_bytes());
        data[frame + 7..frame + 9].copy_from_slice(&65_000u16.to_be_bytes());
    }
    (image.desc, data)
}

#[test]
fn a_codestream_header_larger_than_the_data_set_is_refused_before_decoding() {
    for name in [
        "JPEG-LL.dcm",
        "JPGExtended.dcm",
        "SC_rgb_jpeg_dcmtk.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_jp2klossless.dcm",
    ] {
        let (desc, data) = oversized(name);
        let error = decode_frame(&desc, 0, &data).expect_err("65,000 x 65,000 pixels");
        assert!(matches!(error, PixelError::Mismatch { .. }), "{name}: {error}");
    }
}

#[test]
fn large_frames_out_of_almost_nothing_are_refused() {
    for name in [
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_RLE.dcm",
    ] {
        let image = Image::named(name);
        let desc = PixelDescription {
            rows: 16_000,
            columns: 16_000,
            ..image.desc.clone()
        };
        let error = decode_frame(&desc, 0, image.frame_bytes(0)).expect_err("512 MB out of kilobytes");
        assert!(matches!(error, PixelError::Bomb { .. }), "{name}: {error}");
    }
}

/// A reproducible sequence of numbers (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

#[test]
fn two_thousand_mutations_of_each_codestream_neither_panic_nor_overrun() {
    let source = bytes_of("MR_small.dcm");
    let of = |target| Image::open(&transcoded(&source, target).bytes).expect("it is an image");
    let images = [
        Image::named("MR_small_RLE.dcm"),
        Image::named("MR_small_jpeg_ls_lossless.dcm"),
        Image::named("SC_rgb_jls_lossy_sample.dcm"),
        Image::named("MR_small_jp2klossless.dcm"),
        Image::named("SC_rgb_jpeg_dcmtk.dcm"),
        Image::named("SC_rgb_small_odd_jpeg.dcm"),
        of(TargetSyntax::JpegLosslessSv1),
        of(TargetSyntax::Htj2kLossless),
    ];
    for image in images {
        let mut numbers = Numbers(0x5EED);
        let whole = image.frame_bytes(0).to_vec();
        for _ in 0..2_000 {
            let mut data = whole.clone();
            for _ in 0..=numbers.below(4) {
                // Half of the damage goes to the headers, where it hurts most.
                let reach = if numbers.below(2) == 0 {
                    data.len().min(120)
                } else {
                    data.len()
                };
                let at = numbers.below(reach);
                data[at] = numbers.below(256) as u8;
            }
            if let Ok(samples) = decode_frame(&image.desc, 0, &data) {
                assert_eq!(samples.data.len() as u64, image.desc.frame_samples());
            }
        }
    }
}
