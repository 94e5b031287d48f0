//! Writes a synthetic CT series with a segmentation and a structured report into a folder, for viewers and other readers to look at:
//! `cargo run -p imaging --example derived_objects -- FOLDER`.

#[path = "../tests/derived_objects/mod.rs"]
mod derived_objects;

use derived_objects::{Source, asked, report};
use imaging::derived::seg::segmentation;
use imaging::derived::sr::measurement_report;
use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    std::fs::create_dir_all(&folder)?;
    let source = Source::phantom(12, 100);
    for (place, bytes) in source.bytes.iter().enumerate() {
        std::fs::write(folder.join(format!("image{place:02}.dcm")), bytes)?;
    }
    std::fs::write(
        folder.join("segmentation.dcm"),
        segmentation(&asked(), source.images())?,
    )?;
    let labels = source.labels.concat();
    std::fs::write(folder.join("labels.raw"), labels)?;
    let reported = measurement_report(&report(&source), &source.files[0].dataset)?;
    std::fs::write(folder.join("report.dcm"), reported)?;
    Ok(())
}
