//! JPEG XL frames decode to the samples that went in, and hostile headers are refused before anything is rendered.

mod image;

use dicom_object::DefaultDicomObject;
use dicom_pixeldata::Transcode;
use dicom_transfer_syntax_registry::entries::JPEG_XL_LOSSLESS;
use image::{Image, bytes_of, transcoded};
use imaging::pixels::{Photometric, PixelDescription, PixelError, SampleData, decode_frame};
use imaging::transcode::TargetSyntax;

/// The named file in JPEG XL Lossless, by the encoder of dicom-rs.
fn jpeg_xl(name: &str) -> Image {
    let native = transcoded(&bytes_of(name), TargetSyntax::ExplicitVrLittleEndian).bytes;
    let mut object: DefaultDicomObject = dicom_object::from_reader(native.as_slice()).expect("dicom-rs reads it");
    object.transcode(&JPEG_XL_LOSSLESS.erased()).expect("dicom-rs encodes it");
    let mut bytes = Vec::new();
    object.write_all(&mut bytes).expect("dicom-rs writes it");
    Image::open(&bytes).expect("it is an image")
}

#[test]
fn lossless_frames_equal_their_originals() {
    for name in [
        "CT_small.dcm",
        "MR_small.dcm",
        "693_J2KR.dcm",
        "emri_small.dcm",
        "SC_rgb_rle_2frame.dcm",
        "SC_rgb_rle_16bit.dcm",
    ] {
        let (original, coded) = (Image::named(name), jpeg_xl(name));
        assert_eq!(coded.file.transfer_syntax, JPEG_XL_LOSSLESS.uid(), "{name}");
        let frames = |image: &Image| image.frames().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(frames(&original) == frames(&coded), "{name}");
    }
}

#[test]
fn the_other_two_syntaxes_of_jpeg_xl_decode_too() {
    let image = jpeg_xl("CT_small.dcm");
    let lossless = image.frame(0);
    for uid in ["1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112"] {
        let desc = PixelDescription {
            transfer_syntax: uid.to_owned(),
            ..image.desc.clone()
        };
        assert_eq!(decode_frame(&desc, 0, image.frame_bytes(0)), lossless);
    }
}

#[test]
fn samples_of_fewer_bits_than_allocated_are_not_stretched() {
    let image = jpeg_xl("SC_rgb_rle_2frame.dcm");
    let SampleData::U8(narrow) = image.frame(0).expect("it decodes").data else {
        panic!("eight bits")
    };
    let desc = PixelDescription {
        bits_allocated: 16,
        ..image.desc.clone()
    };
    let wide = decode_frame(&desc, 0, image.frame_bytes(0)).expect("it decodes").data;
    assert_eq!(wide, SampleData::U16(narrow.into_iter().map(u16::from).collect()));
}

#[test]
fn truncated_codestreams_are_errors() {
    let image = jpeg_xl("CT_small.dcm");
    let whole = &image.frame_bytes(0)[8..];
    for length in [0, 1, 2, 9, 40, whole.len() / 2, whole.len() - 64] {
        assert!(
            decode_frame(&image.desc, 0, &fragment(&whole[..length])).is_err(),
            "{length} bytes"
        );
    }
}

fn fragment(codestream: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xFE, 0xFF, 0x00, 0xE0];
    bytes.extend_from_slice(&(codestream.len() as u32).to_le_bytes());
    bytes.extend_from_slice(codestream);
    bytes
}

/// Fields of a codestream header, least significant bit first (ISO/IEC 18181-1 annex B).
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, count: u32, value: u32) {
        self.0.extend((0..count).map(|bit| value >> bit & 1 == 1));
    }

    /// Signature, size, and metadata all default: 8 bits, RGB, XYB-coded.
    fn of_image(columns: u32, rows: u32) -> Self {
        let mut bits = Self::default();
        for (count, value) in [
            (16, 0x0AFF),
            (1, 0),
            (2, 3),
            (30, rows - 1),
            (3, 0),
            (2, 3),
            (30, columns - 1),
        ] {
            bits.put(count, value);
        }
        bits.put(2, 0b11);
        bits.align();
        bits
    }

    /// A layer of `columns` by `rows` pixels at the corner of the picture, with `groups` empty groups.
    fn layer(mut self, columns: u32, rows: u32, groups: u32) -> Self {
        // Not all default, regular, VarDCT, no flags, no upsampling, quantisation 3 and 2, one pass, cropped.
        for (count, value) in [(1, 0), (2, 0), (1, 0), (2, 0), (2, 0), (3, 3), (3, 2), (2, 0), (1, 1)] {
            self.put(count, value);
        }
        for (count, value) in [(2, 0), (8, 0), (2, 0), (8, 0)] {
            self.put(count, value);
        }
        for length in [columns, rows] {
            self.put(2, 3);
            self.put(30, length - 18_688);
        }
        // Replaces what is there, last, no name, default filter, no extensions; then the sizes of its groups.
        for (count, value) in [(2, 0), (1, 1), (2, 0), (1, 1), (2, 0), (1, 0)] {
            self.put(count, value);
        }
        self.align();
        (0..groups).for_each(|_| self.put(12, 0));
        self.align();
        self
    }

    fn align(&mut self) {
        self.0.resize(self.0.len().next_multiple_of(8), false);
    }

    fn fragment(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
        fragment(&self.0.chunks(8).map(byte).collect::<Vec<u8>>())
    }
}

fn rgb_100() -> PixelDescription {
    let image = Image::named("SC_rgb_rle_2frame.dcm");
    assert_eq!(image.desc.photometric, Photometric::Rgb);
    PixelDescription {
        transfer_syntax: JPEG_XL_LOSSLESS.uid().to_owned(),
        ..image.desc
    }
}

#[test]
fn a_codestream_header_larger_than_the_data_set_is_refused() {
    let data = Bits::of_image(65_000, 65_000).fragment();
    let error = decode_frame(&rgb_100(), 0, &data).expect_err("65,000 x 65,000 pixels");
    assert!(
        matches!(
            error,
            PixelError::Mismatch {
                attribute: "columns",
                found: 65_000,
                expected: 100,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_layer_larger_than_the_picture_is_refused() {
    // 20,000 x 20,000 pixels are 79 x 79 groups in 10 x 10 larger ones.
    let data = Bits::of_image(100, 100).layer(20_000, 20_000, 1 + 100 + 1 + 79 * 79).fragment();
    let error = decode_frame(&rgb_100(), 0, &data).expect_err("a layer of 400 million pixels");
    assert!(error.to_string().contains("layer"), "{error}");
}

#[test]
fn mutations_neither_panic_nor_overrun() {
    let image = jpeg_xl("MR_small.dcm");
    let whole = image.frame_bytes(0)[8..].to_vec();
    let mut state = 0x5EEDu64;
    // Half of the damage goes to the headers, where it hurts most.
    for round in 0..1_000 {
        let mut data = whole.clone();
        let reach = if round % 2 == 0 { 60 } else { data.len() };
        for _ in 0..=round % 3 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            data[(state >> 33) as usize % reach] = (state >> 20) as u8;
        }
        if let Ok(samples) = decode_frame(&image.desc, 0, &fragment(&data)) {
            assert_eq!(samples.data.len() as u64, image.desc.frame_samples());
        }
    }
}
