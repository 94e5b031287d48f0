//! Files that ended other readers: each is refused or read with little memory, and the refusal says what is wrong.

#![allow(clippy::unwrap_used)]

mod support;

use flate2::{Compress, Compression, FlushCompress};
use imaging::file::DicomFile;
use imaging::guard::{Limits, Refusal, check_pixels};
use imaging::walk::Walker;
use support::{DEFLATED, EXPLICIT, JPEG, element, encapsulated, file, header, item, us};

/// Peak memory that a single file may cost, in bytes.
const MEMORY: usize = 64 << 20;

/// Reads a file in chunks as an upload brings it, without knowing its length, and checks the memory that it is charged with.
fn read(bytes: &[u8]) -> Result<DicomFile, Refusal> {
    let mut walker = Walker::new(Limits::default());
    for chunk in bytes.chunks(64 << 10) {
        let pushed = walker.push(chunk);
        assert!(walker.captured_bytes() <= MEMORY + (256 << 10));
        pushed?;
    }
    let file = walker.finish()?;
    check_pixels(&file, &Limits::default()).map(|()| file)
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn a_hundred_thousand_nested_items_are_too_deep() {
    let open = [header(0x0040, 0xa730, "SQ", u32::MAX), item(0xe000, u32::MAX)].concat().repeat(100_000);
    let close = [item(0xe00d, 0), item(0xe0dd, 0)].concat().repeat(100_000);
    let bytes = file(EXPLICIT, &[&open, &close]);
    assert!(bytes.len() > 3_600_000);
    assert_eq!(
        refusal(&bytes),
        "sequence (0040,A730) at byte 1452 is nested deeper than 64 levels"
    );
}

#[test]
fn sixty_four_levels_are_read() {
    let open = [header(0x0040, 0xa730, "SQ", u32::MAX), item(0xe000, u32::MAX)].concat().repeat(64);
    let close = [item(0xe00d, 0), item(0xe0dd, 0)].concat().repeat(64);
    assert!(read(&file(EXPLICIT, &[&open, &close])).is_ok());
}

#[test]
fn a_declared_length_beyond_the_file_is_refused_at_its_header() {
    let mut bytes = file(
        EXPLICIT,
        &[
            &element(0x0010, 0x0010, "PN", &[b'a'; 220]),
            &header(0x7fe0, 0x0010, "OB", 0xf000_0000),
        ],
    );
    bytes.extend_from_slice(&[1, 2, 3, 4]);
    let offset = bytes.len() - 16;
    let expected = format!("element (7FE0,0010) at byte {offset} declares 4026531840 bytes, but the file ends after 4");
    assert_eq!(refusal(&bytes), expected);
    let mut walker = Walker::new(Limits::default());
    walker.expect_length(bytes.len() as u64);
    assert_eq!(
        walker.push(&bytes[..bytes.len() - 4]).unwrap_err().to_string(),
        expected
    );
}

#[test]
fn a_declared_length_beyond_the_file_inside_of_a_sequence_is_refused() {
    let sequence = [
        header(0x0040, 0xa730, "SQ", u32::MAX),
        item(0xe000, u32::MAX),
        header(0x0009, 0x1001, "UN", 0xfff0_0000),
    ]
    .concat();
    assert!(refusal(&file(EXPLICIT, &[&sequence])).contains("declares 4293918720 bytes, but the file ends after 0"));
}

/// A raw deflate stream of `header` and then so many mebibytes of zeros, made from one deflated mebibyte repeated.
fn deflated(header: &[u8], mebibytes: usize) -> Vec<u8> {
    let zeros = vec![0; 1 << 20];
    let mut stream = Compress::new(Compression::best(), false);
    let mut deflate = |input: &[u8], flush| {
        let mut output = Vec::with_capacity(input.len() + 1024);
        stream.compress_vec(input, &mut output, flush).unwrap();
        output
    };
    let mut bytes = deflate(header, FlushCompress::Full);
    let block = deflate(&zeros, FlushCompress::Full);
    bytes.extend(block.repeat(mebibytes));
    bytes.extend(deflate(&[], FlushCompress::Finish));
    bytes
}

#[test]
fn a_deflated_gibibyte_of_zeros_is_refused_while_it_inflates() {
    let dataset = deflated(&header(0x7fe0, 0x0010, "OB", 1 << 30), 1024);
    assert!(dataset.len() < 2 << 20, "{}", dataset.len());
    assert_eq!(
        refusal(&file(DEFLATED, &[&dataset])),
        "the deflated data set inflates more than 200-fold"
    );
}

#[test]
fn a_small_blank_image_deflates_as_well_as_it_likes() {
    let dataset = deflated(&header(0x7fe0, 0x0010, "OB", 16 << 20), 16);
    let bytes = file(DEFLATED, &[&dataset]);
    let read = read(&bytes).unwrap();
    assert!(read.deflated);
    let inflated = read.inflated(&bytes, &Limits::default()).unwrap();
    assert_eq!(inflated.len() as u64, read.length);
    assert_eq!(&inflated[read.header_end as usize..][..4], &[0xe0, 0x7f, 0x10, 0x00]);
}

#[test]
fn what_follows_a_deflate_stream_is_padding() {
    let dataset = deflated(&header(0x7fe0, 0x0010, "OB", 1 << 20), 1);
    assert!(read(&file(DEFLATED, &[&dataset, &[0; 513]])).is_ok());
    let cut = file(DEFLATED, &[&dataset[..dataset.len() - 6]]);
    assert!(matches!(read(&cut), Err(Refusal::UnfinishedDeflate { .. })));
}

#[test]
fn an_unknown_sequence_of_undefined_length_is_read_at_once() {
    let bytes = std::fs::read(support::folder().join("UN_sequence.dcm")).unwrap();
    let file = read(&bytes).unwrap();
    assert_eq!((bytes.len(), file.dataset.len()), (674, 1));
}

/// The description of a million frames of 65535 x 65535 pixels.
fn enormous() -> Vec<u8> {
    let frames = element(0x0028, 0x0008, "IS", b"1000000 ");
    [
        us(0x0028, 0x0002, 1),
        frames,
        us(0x0028, 0x0010, 65535),
        us(0x0028, 0x0011, 65535),
        us(0x0028, 0x0100, 16),
    ]
    .concat()
}

#[test]
fn a_million_enormous_frames_are_refused_by_arithmetic() {
    let native = file(EXPLICIT, &[&enormous(), &element(0x7fe0, 0x0010, "OW", &[0; 64])]);
    assert_eq!(
        refusal(&native),
        "one decoded frame would need 8589672450 bytes; at most 1073741824 are allowed"
    );
    let encapsulated = file(JPEG, &[&enormous(), &encapsulated(&[], &[&[0xff, 0xd8, 0xff, 0xd9]])]);
    assert_eq!(
        refusal(&encapsulated),
        "one decoded frame would need 8589672450 bytes; at most 1073741824 are allowed"
    );
}

#[test]
fn pixels_that_are_described_but_absent_are_refused() {
    let frames = element(0x0028, 0x0008, "IS", b"1000000 ");
    let described = [
        frames,
        us(0x0028, 0x0010, 4096),
        us(0x0028, 0x0011, 4096),
        us(0x0028, 0x0100, 16),
    ]
    .concat();
    let bytes = file(EXPLICIT, &[&described, &element(0x7fe0, 0x0010, "OW", &[0; 64])]);
    assert_eq!(
        refusal(&bytes),
        "the file describes 33554432000000 bytes of pixels but holds 64"
    );
}

#[test]
fn countless_tiny_frames_are_refused_before_a_table_of_them_is_made() {
    let frames = element(0x0028, 0x0008, "IS", b"4000000000");
    for rows in [0, 1] {
        let described = [
            frames.clone(),
            us(0x0028, 0x0010, rows),
            us(0x0028, 0x0011, 1),
            us(0x0028, 0x0100, 0),
        ]
        .concat();
        let bytes = file(EXPLICIT, &[&described, &element(0x7fe0, 0x0010, "OW", &[0; 64])]);
        let file = DicomFile::read(&bytes, &Limits::default()).unwrap();
        assert_eq!(
            file.frame_ranges().unwrap_err().to_string(),
            "the file describes 4000000000 frames; at most 1048576 are allowed"
        );
    }
}

#[test]
fn millions_of_empty_elements_items_or_fragments_are_too_many() {
    let elements = element(0x0009, 0x1001, "LO", b"").repeat(3_000_000);
    assert!(refusal(&file(EXPLICIT, &[&elements])).contains("need more than 50331648 bytes of memory"));
    let items = [
        header(0x0040, 0xa730, "SQ", u32::MAX),
        item(0xe000, 0).repeat(3_000_000),
    ]
    .concat();
    assert!(refusal(&file(EXPLICIT, &[&items])).contains("need more than 50331648 bytes of memory"));
    let fragments = [
        header(0x7fe0, 0x0010, "OB", u32::MAX),
        item(0xe000, 0).repeat(3_000_000),
    ]
    .concat();
    assert!(refusal(&file(EXPLICIT, &[&fragments])).contains("need more than 50331648 bytes of memory"));
}

#[test]
fn a_boundless_offset_table_is_refused() {
    let table = [
        header(0x7fe0, 0x0010, "OB", u32::MAX),
        item(0xe000, 64 << 20),
        vec![0; 64 << 20],
    ]
    .concat();
    assert!(refusal(&file(JPEG, &[&table])).contains("the offset table is too long"));
}

#[test]
fn large_values_are_located_and_not_held() {
    let value = vec![7; 32 << 20];
    let bytes = file(
        EXPLICIT,
        &[
            &element(0x0009, 0x1001, "OB", &value),
            &element(0x7fe0, 0x0010, "OW", &value),
        ],
    );
    let mut walker = Walker::new(Limits::default());
    for chunk in bytes.chunks(1 << 20) {
        walker.push(chunk).unwrap();
        assert!(walker.captured_bytes() < 1024);
    }
    assert_eq!(walker.finish().unwrap().dataset.len(), 2);
}
