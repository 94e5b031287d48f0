//! Damaged real files: no panic, bounded memory, the same answer however the bytes are cut, and whatever is accepted can be used.

#![allow(clippy::unwrap_used)]

mod support;

use imaging::file::DicomFile;
use imaging::guard::{Limits, Refusal, check_pixels};
use imaging::index::attributes;
use imaging::json::Json;
use imaging::walk::Walker;

const MUTATIONS: usize = 24_000;

/// SplitMix64, so that a failure can be repeated from the number that the message names.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// A place of the file, most often in its first kilobytes where the headers are.
fn place(random: &mut Random, bytes: &[u8]) -> usize {
    let bound = if random.below(4) > 0 {
        bytes.len().min(4096)
    } else {
        bytes.len()
    };
    random.below(bound)
}

fn mutate(random: &mut Random, bytes: &mut Vec<u8>, other: &[u8]) {
    let at = place(random, bytes);
    match random.below(8) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.next() as u8,
        2 => bytes.truncate(at),
        3 => {
            let length = [0u32, 1, 0xffff_ffff, 0xffff_fffe, 0xf000_0000, 0x7fff_ffff, 8, 0xffff][random.below(8)];
            bytes.iter_mut().skip(at).zip(length.to_le_bytes()).for_each(|(byte, new)| *byte = new);
        }
        4 => {
            let from = random.below(other.len());
            let length = random.below(512).min(other.len() - from);
            bytes.splice(at..at, other[from..from + length].iter().copied());
        }
        5 => {
            let length = random.below(64).min(bytes.len() - at);
            bytes.drain(at..at + length);
        }
        6 => {
            let inserted = match random.below(5) {
                0 => support::header(0x0040, 0xa730, "SQ", u32::MAX),
                1 => support::item(0xe000, u32::MAX),
                2 => support::item([0xe000, 0xe00d, 0xe0dd][random.below(3)], random.below(64) as u32),
                3 => support::header(0x7fe0, 0x0010, "OB", u32::MAX),
                _ => support::element(
                    random.next() as u16,
                    random.next() as u16,
                    ["UN", "US", "LO", "PN", "DS"][random.below(5)],
                    b"1\\2=^",
                ),
            };
            bytes.splice(at..at, inserted);
        }
        _ => {
            let from = place(random, bytes);
            let length = random.below(256).min(bytes.len() - from);
            let copy = bytes[from..from + length].to_vec();
            bytes.splice(at..at, copy);
        }
    }
}

fn walk_in_chunks(random: &mut Random, bytes: &[u8]) -> Result<DicomFile, Refusal> {
    let limits = Limits::default();
    let mut walker = Walker::new(limits.clone());
    walker.expect_length(bytes.len() as u64);
    let bound = [3, 64, 4096, 100_000][random.below(4)];
    let mut rest = bytes;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at((1 + random.below(bound)).min(rest.len()));
        let pushed = walker.push(chunk);
        assert!(walker.captured_bytes() <= limits.captured_bytes + limits.offset_table);
        pushed?;
        rest = after;
    }
    walker.finish()
}

/// Uses an accepted file in every way that the rest of the house does.
fn use_file(bytes: &[u8], file: &DicomFile) {
    let limits = Limits::default();
    let json = Json {
        bulk_prefix: "bulk",
        inline_limit: 768,
    }
    .to_vec(&file.dataset);
    serde_json::from_slice::<serde::de::IgnoredAny>(&json).expect("DICOM JSON is JSON");
    let _ = attributes(file);
    if check_pixels(file, &limits).is_ok()
        && let Ok(ranges) = file.frame_ranges()
    {
        assert!(ranges.iter().all(|range| range.start <= range.end && range.end <= file.length));
    }
    assert!(file.header_end <= file.length);
    if file.deflated {
        assert_eq!(file.inflated(bytes, &limits).unwrap().len() as u64, file.length);
    } else {
        let header = DicomFile::read_header(&bytes[..file.header_end as usize], &limits)
            .expect("an accepted header is accepted again");
        assert!(header.dataset.iter().zip(file.dataset.iter()).all(|(a, b)| a.tag == b.tag));
    }
}

#[test]
fn damaged_files_never_harm() {
    let corpus: Vec<Vec<u8>> = support::corpus().into_iter().map(|(_, bytes)| bytes).collect();
    let (mut accepted, mut refused) = (0, 0);
    for seed in 0..MUTATIONS {
        let mut random = Random(seed as u64);
        let mut bytes = corpus[seed % corpus.len()].clone();
        let other = &corpus[random.below(corpus.len())];
        for _ in 0..1 + random.below(4) {
            if !bytes.is_empty() {
                mutate(&mut random, &mut bytes, other);
            }
        }
        let whole = DicomFile::read(&bytes, &Limits::default());
        let chunked = walk_in_chunks(&mut random, &bytes);
        match (&whole, &chunked) {
            // Damage inside of a deflate stream is found sooner or later, depending on the chunks.
            (Err(_), Err(Refusal::BrokenDeflate)) | (Err(Refusal::BrokenDeflate), Err(_)) => {}
            _ => assert_eq!(whole, chunked, "mutation {seed}"),
        }
        match whole {
            Ok(file) => {
                use_file(&bytes, &file);
                accepted += 1;
            }
            Err(_) => refused += 1,
        }
    }
    assert!(
        accepted > MUTATIONS / 10 && refused > MUTATIONS / 10,
        "{accepted} accepted, {refused} refused: the mutations test nothing"
    );
}
