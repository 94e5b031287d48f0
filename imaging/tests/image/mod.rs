//! The committed real files, read as the server reads them.
#![allow(dead_code)] // Each test binary uses its part.

use std::ops::{ControlFlow, Range};
use std::path::PathBuf;

use imaging::file::DicomFile;
use imaging::guard::Limits;
use imaging::pixels::{PixelDescription, PixelError, Samples, decode_frame};
use imaging::transcode::{TargetSyntax, Transcoded, transcode};

pub fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).expect("the corpus is committed")
}

pub fn expected() -> serde_json::Map<String, serde_json::Value> {
    let text = std::fs::read_to_string(folder().join("expected.json")).expect("expected.json is committed");
    serde_json::from_str(&text).expect("expected.json is JSON")
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/dicom")
}

/// A file with its pixel data located.
pub struct Image {
    pub file: DicomFile,
    pub desc: PixelDescription,
    pub bytes: Vec<u8>,
    pub ranges: Vec<Range<u64>>,
}

impl Image {
    pub fn open(bytes: &[u8]) -> Result<Self, PixelError> {
        let limits = Limits::default();
        let file = DicomFile::read(bytes, &limits).expect("the file passes the guard");
        let desc = PixelDescription::from_dataset(&file.dataset, &file.transfer_syntax)?;
        let bytes = file.inflated(bytes, &limits).expect("the file inflates").into_owned();
        let ranges = file.frame_ranges().expect("the file has frames");
        Ok(Self {
            file,
            desc,
            bytes,
            ranges,
        })
    }

    pub fn named(name: &str) -> Self {
        Self::open(&bytes_of(name)).expect("the file has an image")
    }

    pub fn frame_bytes(&self, index: usize) -> &[u8] {
        &self.bytes[self.ranges[index].start as usize..self.ranges[index].end as usize]
    }

    pub fn frame(&self, index: usize) -> Result<Samples, PixelError> {
        decode_frame(&self.desc, index as u32, self.frame_bytes(index))
    }

    pub fn frames(&self) -> Result<Vec<Samples>, PixelError> {
        (0..self.ranges.len()).map(|index| self.frame(index)).collect()
    }
}

pub fn transcoded(bytes: &[u8], target: TargetSyntax) -> Transcoded {
    transcode(bytes, target, None, &mut |_, _| ControlFlow::Continue(())).expect("the file can be transcoded")
}
