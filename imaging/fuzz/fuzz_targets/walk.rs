//! Any bytes at all: read whole and in two pieces, with the same answer, and used in every way when accepted.

#![no_main]

use imaging::file::DicomFile;
use imaging::guard::{Limits, Refusal, check_pixels};
use imaging::index::attributes;
use imaging::json::Json;
use imaging::walk::Walker;
use libfuzzer_sys::fuzz_target;

fn in_two_pieces(bytes: &[u8]) -> Result<DicomFile, Refusal> {
    let middle = bytes.first().map_or(0, |byte| usize::from(*byte) * bytes.len() / 256);
    let (before, after) = bytes.split_at(middle);
    let mut walker = Walker::new(Limits::default());
    walker.expect_length(bytes.len() as u64);
    walker.push(before)?;
    walker.push(after)?;
    walker.finish()
}

fuzz_target!(|bytes: &[u8]| {
    let whole = DicomFile::read(bytes, &Limits::default());
    let pieces = in_two_pieces(bytes);
    assert_eq!(whole.is_ok(), pieces.is_ok());
    if let Ok(file) = whole {
        let json = Json { bulk_prefix: "bulk", inline_limit: 768 }.to_vec(&file.dataset);
        assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&json).is_ok());
        let _ = attributes(&file);
        if check_pixels(&file, &Limits::default()).is_ok() {
            let _ = file.frame_ranges();
        }
    }
});
