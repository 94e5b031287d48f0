//! The phantom is a valid, reproducible CT series.

mod image;

use std::collections::HashSet;

use dicom_dictionary_std::tags;
use image::Image;
use imaging::phantom::ct_series;
use imaging::render::{RenderOptions, render_frame};

#[test]
fn slices_share_study_and_series_and_rise_from_feet_to_head() {
    let images: Vec<Image> = ct_series(5, 64).map(|bytes| Image::open(&bytes).expect("it is an image")).collect();
    let distinct = |tag| images.iter().map(|image| image.file.dataset.text(tag)).collect::<HashSet<_>>().len();
    assert_eq!(images.len(), 5);
    assert_eq!(
        (distinct(tags::STUDY_INSTANCE_UID), distinct(tags::SERIES_INSTANCE_UID)),
        (1, 1)
    );
    assert_eq!(
        (distinct(tags::SOP_INSTANCE_UID), distinct(tags::INSTANCE_NUMBER)),
        (5, 5)
    );
    let heights: Vec<f64> = images.iter().map(|i| i.file.dataset.floats(tags::IMAGE_POSITION_PATIENT)[2]).collect();
    assert!(heights.is_sorted_by(|a, b| a < b));
}

#[test]
fn pixels_are_the_same_each_time_and_uids_are_not() {
    let frame = || Image::open(&ct_series(3, 96).nth(1).expect("three slices")).expect("it is an image");
    let (a, b) = (frame(), frame());
    assert_eq!(a.frame(0).expect("it decodes"), b.frame(0).expect("it decodes"));
    assert_ne!(
        a.file.dataset.text(tags::SOP_INSTANCE_UID),
        b.file.dataset.text(tags::SOP_INSTANCE_UID)
    );
}

#[test]
fn a_middle_slice_shows_black_lungs_grey_tissue_and_white_bone() {
    let image = Image::open(&ct_series(4, 128).nth(1).expect("four slices")).expect("it is an image");
    let samples = image.frame(0).expect("it decodes");
    let options = RenderOptions::default();
    let picture = render_frame(&image.file.dataset, &image.desc, &samples, 0, &options).expect("it renders");
    let level = |x_mm: f64, y_mm: f64| {
        let index = |mm: f64| ((mm + 200.0) / 400.0 * 128.0) as usize;
        picture.bytes()[index(y_mm) * 128 + index(x_mm)]
    };
    assert_eq!(level(-90.0, 40.0), 0);
    assert!(level(0.0, 68.0) > 200);
    assert!((90..180).contains(&level(-15.0, 40.0)));
}
