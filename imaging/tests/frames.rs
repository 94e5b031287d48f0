//! Frames are found by the offset table, by their number, or by the start markers of their codestreams (PS3.5 annex A.4).

#![allow(clippy::unwrap_used)]

mod support;

use imaging::file::{DicomFile, FrameError, PixelEncoding};
use imaging::guard::Limits;
use support::{EXPLICIT, JPEG, RLE, element, encapsulated, file, us};

const SOI: [u8; 6] = [0xff, 0xd8, 0xff, 0xe0, 1, 2];
const REST: [u8; 4] = [9, 9, 9, 9];

fn described(frames: &str) -> Vec<u8> {
    let frames = element(0x0028, 0x0008, "IS", frames.as_bytes());
    [
        us(0x0028, 0x0002, 1),
        frames,
        us(0x0028, 0x0010, 2),
        us(0x0028, 0x0011, 3),
        us(0x0028, 0x0100, 8),
    ]
    .concat()
}

fn read(transfer_syntax: &str, frames: &str, pixels: &[u8]) -> (Vec<u8>, DicomFile) {
    let bytes = file(transfer_syntax, &[&described(frames), pixels]);
    let file = DicomFile::read(&bytes, &Limits::default()).unwrap();
    (bytes, file)
}

/// The bytes of each frame, item headers included.
fn frames(transfer_syntax: &str, frames: &str, pixels: &[u8]) -> Result<Vec<Vec<u8>>, FrameError> {
    let (bytes, file) = read(transfer_syntax, frames, pixels);
    let ranges = file.frame_ranges()?;
    Ok(ranges.into_iter().map(|range| bytes[range.start as usize..range.end as usize].to_vec()).collect())
}

fn fragment(value: &[u8]) -> Vec<u8> {
    [support::item(0xe000, value.len() as u32), value.to_vec()].concat()
}

#[test]
fn native_frames_follow_each_other() {
    let pixels = element(0x7fe0, 0x0010, "OW", &[1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
    assert_eq!(frames(EXPLICIT, "2 ", &pixels), Ok(vec![vec![1; 6], vec![2; 6]]));
    assert_eq!(frames(EXPLICIT, "3 ", &pixels), Err(FrameError::Short { frames: 3 }));
}

#[test]
fn one_fragment_a_frame_needs_no_table() {
    let pixels = encapsulated(&[], &[&SOI, &SOI]);
    assert_eq!(frames(JPEG, "2 ", &pixels), Ok(vec![fragment(&SOI), fragment(&SOI)]));
}

#[test]
fn the_basic_offset_table_joins_fragments() {
    let pixels = encapsulated(&[0, 26], &[&SOI, &REST, &REST]);
    let joined = [fragment(&SOI), fragment(&REST)].concat();
    assert_eq!(frames(RLE, "2 ", &pixels), Ok(vec![joined, fragment(&REST)]));
}

#[test]
fn the_extended_offset_table_joins_fragments() {
    let offsets: Vec<u8> = [0u64, 26].iter().flat_map(|offset| offset.to_le_bytes()).collect();
    let lengths: Vec<u8> = [18u64, 4].iter().flat_map(|length| length.to_le_bytes()).collect();
    let table = [
        element(0x7fe0, 0x0001, "OV", &offsets),
        element(0x7fe0, 0x0002, "OV", &lengths),
    ]
    .concat();
    let pixels = [table, encapsulated(&[], &[&SOI, &REST, &REST])].concat();
    let (_, file) = read(RLE, "2 ", &pixels);
    let ranges = file.frame_ranges().unwrap();
    assert_eq!(
        ranges.iter().map(|range| range.end - range.start).collect::<Vec<_>>(),
        [26, 12]
    );
    let Some(PixelEncoding::Encapsulated { extended_lengths, .. }) = file.pixel_data.map(|pixels| pixels.encoding)
    else {
        panic!()
    };
    assert_eq!(extended_lengths, [18, 4]);
}

#[test]
fn a_wrong_offset_table_gives_way_to_start_markers() {
    let pixels = encapsulated(&[0, 5], &[&SOI, &REST, &SOI]);
    let joined = [fragment(&SOI), fragment(&REST)].concat();
    assert_eq!(frames(JPEG, "2 ", &pixels), Ok(vec![joined, fragment(&SOI)]));
}

#[test]
fn a_single_frame_takes_all_fragments() {
    let pixels = encapsulated(&[], &[&SOI, &REST, &SOI]);
    assert_eq!(
        frames(JPEG, "1 ", &pixels),
        Ok(vec![[fragment(&SOI), fragment(&REST), fragment(&SOI)].concat()])
    );
}

#[test]
fn frames_that_cannot_be_told_apart_are_an_error() {
    let pixels = encapsulated(&[], &[&REST, &REST, &REST]);
    assert_eq!(
        frames(JPEG, "2 ", &pixels),
        Err(FrameError::Ambiguous {
            frames: 2,
            fragments: 3
        })
    );
    assert_eq!(
        frames(JPEG, "4 ", &pixels),
        Err(FrameError::Ambiguous {
            frames: 4,
            fragments: 3
        })
    );
}

#[test]
fn a_video_has_no_frames_of_its_own() {
    let pixels = encapsulated(&[], &[&REST]);
    assert!(matches!(
        frames("1.2.840.10008.1.2.4.102", "30", &pixels),
        Err(FrameError::Video { .. })
    ));
}

#[test]
fn frames_of_single_bits_share_the_byte_at_their_border() {
    let described = [
        us(0x0028, 0x0002, 1),
        element(0x0028, 0x0008, "IS", b"2 "),
        us(0x0028, 0x0010, 3),
        us(0x0028, 0x0011, 4),
        us(0x0028, 0x0100, 1),
    ];
    let bytes = file(
        EXPLICIT,
        &[
            &described.concat(),
            &element(0x7fe0, 0x0010, "OB", &[0xab, 0xcd, 0xef, 0]),
        ],
    );
    let ranges = DicomFile::read(&bytes, &Limits::default()).unwrap().frame_ranges().unwrap();
    let start = bytes.len() as u64 - 4;
    assert_eq!(ranges, [start..start + 2, start + 1..start + 3]);
}
