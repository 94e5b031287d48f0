//! DICOM files that tests make: phantom slices, small ones for many.

use imaging::phantom;

/// A study of one series of small CT slices, with new UIDs each time.
pub fn study(slices: u32) -> Vec<(String, Vec<u8>)> {
    sized(slices, 64)
}

pub fn sized(slices: u32, size: u32) -> Vec<(String, Vec<u8>)> {
    phantom::ct_series(slices, size)
        .enumerate()
        .map(|(n, slice)| (format!("slice-{n:04}.dcm"), slice))
        .collect()
}
