//! Rendered pictures: window arithmetic to the number, and what real files must look like.

mod image;

use dicom_dictionary_std::tags;
use image::Image;
use imaging::dataset::{DataSet, Element, Tag, VR, Value};
use imaging::pixels::{Photometric, PixelDescription, SampleData, SampleKind, Samples};
use imaging::render::{Format, Picture, PictureData, RenderOptions, Window, encode, render_frame};

fn description(columns: u32, photometric: Photometric) -> PixelDescription {
    PixelDescription {
        rows: 1,
        columns,
        samples_per_pixel: 1,
        bits_allocated: 16,
        bits_stored: 16,
        high_bit: 15,
        signed: true,
        photometric,
        planar: false,
        number_of_frames: 1,
        kind: SampleKind::Integer,
        swapped: false,
        transfer_syntax: "1.2.840.10008.1.2.1".to_owned(),
    }
}

fn header(texts: &[(Tag, &str)]) -> DataSet {
    let mut header = DataSet::default();
    for (tag, text) in texts {
        let vr = if text.parse::<f64>().is_ok() { VR::DS } else { VR::CS };
        header.push(Element {
            tag: *tag,
            vr,
            value: Value::Bytes(text.as_bytes().to_vec()),
        });
    }
    header
}

fn grey(header: &DataSet, photometric: Photometric, values: &[i16], window: Option<Window>) -> Vec<u8> {
    let desc = description(values.len() as u32, photometric);
    let data = SampleData::I16(values.to_vec());
    let samples = Samples {
        columns: values.len() as u32,
        rows: 1,
        channels: 1,
        photometric,
        data,
    };
    let options = RenderOptions { window, max_size: None };
    render_frame(header, &desc, &samples, 0, &options).expect("it renders").bytes().to_vec()
}

const MONO: Photometric = Photometric::Monochrome2;

#[test]
fn linear_window_follows_the_formula_of_c_11_2_1_2() {
    let header = header(&[(tags::WINDOW_CENTER, "40"), (tags::WINDOW_WIDTH, "400")]);
    // Black up to 40 - 0.5 - 399/2 = -160, white above 239.
    assert_eq!(
        grey(&header, MONO, &[-1000, -160, -159, 40, 239, 240, 1000], None),
        [0, 0, 1, 128, 255, 255, 255]
    );
}

#[test]
fn exact_and_sigmoid_windows_differ_from_the_linear_one() {
    let window = [(tags::WINDOW_CENTER, "0"), (tags::WINDOW_WIDTH, "100")];
    let with = |function| header(&[window[0], window[1], (tags::VOILUT_FUNCTION, function)]);
    assert_eq!(
        grey(&with("LINEAR_EXACT"), MONO, &[-50, 0, 25, 50], None),
        [0, 128, 191, 255]
    );
    assert_eq!(grey(&with("SIGMOID"), MONO, &[-50, 0, 50], None), [30, 128, 225]);
}

#[test]
fn rescale_comes_before_the_window_and_a_given_window_wins() {
    let header = header(&[
        (tags::WINDOW_CENTER, "0"),
        (tags::WINDOW_WIDTH, "2000"),
        (tags::RESCALE_INTERCEPT, "-1024"),
        (tags::RESCALE_SLOPE, "2"),
    ]);
    let window = Window {
        centre: 0.5,
        width: 257.0,
    };
    // 448 * 2 - 1024 = -128, the lower edge; 576 * 2 - 1024 = 128, the upper.
    assert_eq!(grey(&header, MONO, &[448, 512, 576], Some(window)), [0, 128, 255]);
}

#[test]
fn without_a_window_the_range_of_the_frame_is_used_and_padding_is_not() {
    let plain = DataSet::default();
    assert_eq!(grey(&plain, MONO, &[100, 150, 200], None), [0, 128, 255]);
    let padded = header(&[(tags::PIXEL_PADDING_VALUE, "-2000")]);
    assert_eq!(grey(&padded, MONO, &[-2000, 100, 150, 200], None), [0, 0, 128, 255]);
}

#[test]
fn monochrome1_and_inverse_shape_are_inverted_once() {
    let plain = DataSet::default();
    let inverse = header(&[(tags::PRESENTATION_LUT_SHAPE, "INVERSE")]);
    assert_eq!(grey(&plain, Photometric::Monochrome1, &[0, 255], None), [255, 0]);
    assert_eq!(grey(&inverse, Photometric::Monochrome2, &[0, 255], None), [255, 0]);
    assert_eq!(grey(&inverse, Photometric::Monochrome1, &[0, 255], None), [255, 0]);
}

#[test]
fn frames_of_enhanced_objects_take_their_own_group_before_the_shared_one() {
    let item = |elements: Vec<Element>| {
        elements.into_iter().fold(DataSet::default(), |mut item, element| {
            item.push(element);
            item
        })
    };
    let sequence = |tag, items| Element {
        tag,
        vr: VR::SQ,
        value: Value::Items(items),
    };
    let window = |centre, width| header(&[(tags::WINDOW_CENTER, centre), (tags::WINDOW_WIDTH, width)]);
    let groups = |voi| item(vec![sequence(tags::FRAME_VOILUT_SEQUENCE, vec![voi])]);
    let dataset = item(vec![
        sequence(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![groups(window("0", "2"))]),
        sequence(
            tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE,
            vec![groups(window("100.5", "201"))],
        ),
    ]);
    assert_eq!(grey(&dataset, MONO, &[0, 100, 200], None), [0, 128, 255]);
}

fn rendered(name: &str, max_size: Option<(u32, u32)>) -> Picture {
    let image = Image::named(name);
    let samples = image.frame(0).expect("it decodes");
    let options = RenderOptions { window: None, max_size };
    render_frame(&image.file.dataset, &image.desc, &samples, 0, &options).expect("it renders")
}

#[test]
fn palette_files_render_in_colour() {
    for name in ["OT-PAL-8-face.dcm", "OBXXXX1A_rle.dcm", "examples_palette.dcm"] {
        let picture = rendered(name, None);
        let PictureData::Rgb(pixels) = &picture.data else {
            panic!("{name} is grey")
        };
        let coloured = pixels.chunks_exact(3).filter(|pixel| pixel[0].abs_diff(pixel[2]) > 20).count();
        assert!(coloured > 100, "{name} has {coloured} coloured pixels");
    }
}

#[test]
fn uncompressed_ybr_bars_are_red_green_and_blue() {
    for name in ["SC_ybr_full_422_uncompressed.dcm", "SC_ybr_full_uncompressed.dcm"] {
        let picture = rendered(name, None);
        let pixel = |row: usize| &picture.bytes()[(row * 100 + 50) * 3..][..3];
        for (row, colour) in [(5, [254, 0, 0]), (25, [0, 255, 0]), (45, [0, 0, 254])] {
            let close = pixel(row).iter().zip(colour).all(|(found, expected)| found.abs_diff(expected) <= 6);
            assert!(close, "{name} row {row}: {:?}", pixel(row));
        }
    }
}

#[test]
fn previews_fit_and_keep_their_proportions() {
    let picture = rendered("JPEG-LL.dcm", Some((128, 128)));
    assert_eq!((picture.width, picture.height), (32, 128));
    let picture = rendered("CT_small.dcm", Some((4096, 4096)));
    assert_eq!((picture.width, picture.height), (128, 128));
}

#[test]
fn pixels_that_are_not_square_are_shown_in_proportion() {
    let aspect = header(&[(tags::PIXEL_ASPECT_RATIO, "2\\1")]);
    let photometric = MONO;
    let desc = PixelDescription {
        rows: 10,
        ..description(10, photometric)
    };
    let data = SampleData::I16((0..100).collect());
    let samples = Samples {
        columns: 10,
        rows: 10,
        channels: 1,
        photometric,
        data,
    };
    let options = RenderOptions {
        window: None,
        max_size: Some((100, 100)),
    };
    let picture = render_frame(&aspect, &desc, &samples, 0, &options).expect("it renders");
    assert_eq!((picture.width, picture.height), (10, 20));
}

#[test]
fn reduction_averages() {
    let pixels: Vec<u8> = (0..64 * 64).map(|at| if (at + at / 64) % 2 == 0 { 0 } else { 255 }).collect();
    let board = Picture {
        width: 64,
        height: 64,
        data: PictureData::Grey(pixels),
    };
    let small = imaging::render::resize::resize(&board, 8, 8);
    assert!(
        small.bytes().iter().all(|level| level.abs_diff(128) < 8),
        "{:?}",
        small.bytes()
    );
}

#[test]
fn png_files_hold_the_picture_and_jpeg_files_nearly() {
    for name in ["CT_small.dcm", "color-pl.dcm"] {
        let picture = rendered(name, None);
        let file = encode(&picture, Format::Png, 0).expect("it encodes");
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().expect("it is a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("it has a size")];
        reader.next_frame(&mut pixels).expect("it decodes");
        assert_eq!(pixels, picture.bytes(), "{name}");
        let file = encode(&picture, Format::Jpeg, 90).expect("it encodes");
        let decoded = libjpeg_turbo_rs::decompress(&file).expect("it is a JPEG");
        let difference: u64 = decoded.data.iter().zip(picture.bytes()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        assert!(difference / (decoded.data.len() as u64) < 4, "{name}");
    }
}
