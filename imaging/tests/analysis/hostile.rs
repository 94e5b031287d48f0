//! Headers that lie: every answer is a result or an error that names the reason, quickly and in bounded memory.

use imaging::analysis::{AnalysisError, ImageHeader, Options, Stack, analyze};
use imaging::dataset::{DataSet, Element, Tag, VR, Value};
use imaging::pixels::{Photometric, PixelDescription, PixelError, SampleData, SampleKind, Samples};

use crate::phantoms::{Noise, Phantom, header};

fn description(rows: u32, columns: u32) -> PixelDescription {
    PixelDescription {
        rows,
        columns,
        samples_per_pixel: 1,
        bits_allocated: 16,
        bits_stored: 12,
        high_bit: 11,
        signed: false,
        photometric: Photometric::Monochrome2,
        planar: false,
        number_of_frames: 1,
        kind: SampleKind::Integer,
        swapped: false,
        transfer_syntax: "1.2.840.10008.1.2.1".to_owned(),
    }
}

fn dataset(texts: &[(Tag, &str)]) -> DataSet {
    let mut set = DataSet::default();
    for (tag, text) in texts {
        set.push(Element {
            tag: *tag,
            vr: if *tag == Tag(0x0008, 0x0060) { VR::CS } else { VR::DS },
            value: Value::Bytes(text.as_bytes().to_vec()),
        });
    }
    set
}

const MODALITY: Tag = Tag(0x0008, 0x0060);
const POSITION: Tag = Tag(0x0020, 0x0032);
const ORIENTATION: Tag = Tag(0x0020, 0x0037);
const SPACING: Tag = Tag(0x0028, 0x0030);

#[test]
fn numbers_that_cannot_be_are_absent() {
    let read = |position: &str, orientation: &str, spacing: &str| {
        let set = dataset(&[
            (MODALITY, "CT"),
            (POSITION, position),
            (ORIENTATION, orientation),
            (SPACING, spacing),
        ]);
        ImageHeader::of_frame(&set, &description(8, 8), 0)
    };
    let good = read("1\\2\\3", "1\\0\\0\\0\\1\\0", "0.5\\0.7");
    assert_eq!((good.position, good.spacing), (Some([1.0, 2.0, 3.0]), Some([0.5, 0.7])));
    for spacing in [
        "0\\1", "nan\\1", "1e-9\\1", "inf\\1", "1", "-1\\1", "1e300\\1", "rubbish",
    ] {
        assert_eq!(read("0\\0\\0", "1\\0\\0\\0\\1\\0", spacing).spacing, None, "{spacing}");
    }
    for position in ["nan\\0\\0", "1e9\\0\\0", "1\\2", "inf\\0\\0"] {
        assert_eq!(read(position, "1\\0\\0\\0\\1\\0", "1\\1").position, None, "{position}");
    }
    for orientation in [
        "0\\0\\0\\0\\0\\0",
        "1\\0\\0\\1\\0\\0",
        "nan\\0\\0\\0\\1\\0",
        "2\\0\\0\\0\\1\\0",
        "1\\0\\0",
    ] {
        assert_eq!(read("0\\0\\0", orientation, "1\\1").orientation, None, "{orientation}");
    }
}

#[test]
fn without_geometry_a_volume_is_an_error_that_says_so() {
    let mut one = header("CT", 16, 1.0, 0.0);
    one.spacing = None;
    let error = Stack::of(&[one]).expect_err("it is refused");
    assert!(error.to_string().contains("no image has a usable position"), "{error}");
    let mut long = vec![header("CT", 65_535, 50.0, 0.0), header("CT", 65_535, 50.0, 1.0)];
    assert!(matches!(Stack::of(&long), Err(AnalysisError::Geometry(_))));
    long = vec![header("CT", 4, 1.0, 0.0); 20_001];
    assert!(matches!(Stack::of(&long), Err(AnalysisError::Geometry(_))));
}

#[test]
fn one_pixel_and_flat_images_are_analysed_without_findings() {
    for modality in ["CT", "MR", "DX"] {
        for size in [1, 2, 40] {
            for slices in [1, 2, 50] {
                let phantom = Phantom {
                    headers: (0..slices).map(|slice| header(modality, size, 1.0, f64::from(slice))).collect(),
                    images: vec![vec![7; (size * size) as usize]; slices as usize],
                };
                let analysis = phantom.analyze().expect("it can be analysed");
                assert_eq!(analysis.results.findings, [], "{modality} {size} {slices}");
                assert!(analysis.montage().png().is_ok());
                assert!(analysis.results.statistics.std.is_finite());
            }
        }
    }
}

#[test]
fn an_image_that_is_not_what_its_header_says_is_an_error_of_that_image() {
    let headers = vec![header("CT", 8, 1.0, 0.0), header("CT", 8, 1.0, 1.0)];
    let mut read = |image: usize| {
        let edge = if image == 1 { 7 } else { 8 };
        Ok(Samples {
            columns: edge,
            rows: edge,
            channels: 1,
            photometric: Photometric::Monochrome2,
            data: SampleData::I16(vec![0; (edge * edge) as usize]),
        })
    };
    let error = analyze(&headers, &mut read, &Options::default(), &|_, _| Ok(())).err();
    assert!(matches!(
        error,
        Some(AnalysisError::Pixels {
            image: 1,
            error: PixelError::Invalid { .. }
        })
    ));
}

#[test]
fn no_header_makes_it_panic_or_take_more_than_its_budget() {
    let mut random = Noise(99);
    let mut pick = |from: &[f64]| from[((random.next().abs() * 1e6) as usize) % from.len()];
    let options = Options {
        voxels: 20_000,
        finest_mm: 0.5,
    };
    let mut analysed = 0;
    for round in 0..400 {
        let modality = ["CT", "MR", "CR"][round % 3];
        let count = pick(&[1.0, 2.0, 3.0, 9.0]) as usize;
        let mut phantom = Phantom {
            headers: Vec::new(),
            images: Vec::new(),
        };
        let pixel = pick(&[0.005, 0.3, 1.0, 50.0]);
        let step = pick(&[0.0, 0.011, 1.0, 300.0]);
        for slice in 0..count {
            let mut header = header(modality, pick(&[1.0, 3.0, 17.0]) as u32, pixel, step * slice as f64);
            if round % 7 == 0 {
                header.rows = pick(&[1.0, 3.0, 17.0]) as u32;
            }
            let slope = pick(&[1.0, 1e30, -1e-30, f64::MAX]);
            header.units = imaging::render::lut::Modality::Rescale {
                slope,
                intercept: pick(&[0.0, f64::MAX, -1024.0]),
            };
            header.thickness = Some(pick(&[0.005, 1.0, 50.0]));
            header.padding = Some([pick(&[-5.0, 0.0]), 3.0]);
            let pixels = header.rows * header.columns;
            phantom
                .images
                .push((0..pixels).map(|_| pick(&[-32_768.0, -5.0, 0.0, 1.0, 300.0, 32_767.0]) as i16).collect());
            phantom.headers.push(header);
        }
        match phantom.analyze_with(&options) {
            Ok(analysis) => {
                analysed += 1;
                assert!(analysis.results.preprocessing.shape.iter().product::<usize>() <= options.voxels);
                assert!(analysis.montage().png().is_ok());
                assert!(!analysis.results.report().impression.is_empty());
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    assert!(analysed > 100, "{analysed}");
}
