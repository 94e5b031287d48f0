//! Frames from stored bytes to a JPEG, as previews and frames on demand are made.
//!
//! The inputs are made here: the phantom's slices, and from them what has the shape of an angiography; the ultrasound is a sector
//! of speckle.

use crate::row;
use anyhow::{Context, Result, anyhow};
use imaging::file::DicomFile;
use imaging::guard::Limits;
use imaging::phantom;
use imaging::pixels::{PixelDescription, decode_frame};
use imaging::render::{Format, RenderOptions, encode, render_frame};
use imaging::transcode::{TargetSyntax, transcode};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};
use tests::dicom::Image;

const LONG_ENOUGH: Duration = Duration::from_millis(1500);
const QUALITY: u8 = 85;
const XA_FRAMES: usize = 96;

pub fn measure() -> Result<()> {
    let ct = slice(512)?;
    frames("CT 512x512, 12 bit (phantom)", &ct)?;
    frames("CR-like 2048x2048, 12 in 16 bit (phantom)", &slice(2048)?)?;
    frames("US-like 640x480 RGB (synthetic speckle)", &ultrasound())?;
    frames(
        "XA-like 512x512, 8 bit, 96 frames (phantom, shifted)",
        &angiography(&ct)?,
    )?;
    let compressed = |target: &TargetSyntax| !target.is_lossy() && *target != TargetSyntax::ExplicitVrLittleEndian;
    for target in TargetSyntax::ALL.into_iter().filter(compressed) {
        let copy = transcode(&ct, target, None, &mut |_, _| ControlFlow::Continue(()))?;
        frames(&format!("CT 512x512, 12 bit (phantom), {target:?}"), &copy.bytes)?;
    }
    Ok(())
}

/// Draws the frames of a file again and again.
fn frames(what: &str, bytes: &[u8]) -> Result<()> {
    let limits = Limits::default();
    let file = DicomFile::read(bytes, &limits)?;
    let desc = PixelDescription::from_dataset(&file.dataset, &file.transfer_syntax)?;
    let bytes = file.inflated(bytes, &limits)?;
    let ranges = file.frame_ranges()?;
    let began = Instant::now();
    let mut drawn = 0_u32;
    while began.elapsed() < LONG_ENOUGH {
        let index = drawn as usize % ranges.len();
        let range = ranges[index].start as usize..ranges[index].end as usize;
        let samples = decode_frame(&desc, index as u32, &bytes[range])?;
        let picture = render_frame(&file.dataset, &desc, &samples, index as u32, &RenderOptions::default())?;
        encode(&picture, Format::Jpeg, QUALITY)?;
        drawn += 1;
    }
    let rate = f64::from(drawn) / began.elapsed().as_secs_f64();
    let megapixels = rate * f64::from(desc.rows) * f64::from(desc.columns) / 1e6;
    row(what, format!("{rate:.0} frames/s, {megapixels:.0} MP/s"));
    Ok(())
}

fn slice(side: u32) -> Result<Vec<u8>> {
    phantom::ct_series(3, side).nth(1).context("the phantom has a middle")
}

/// Speckle in a sector that opens downwards, black elsewhere.
fn ultrasound() -> Vec<u8> {
    let image = Image {
        samples: 3,
        ..Image::grey(640, 480, 8)
    };
    let noise = image.noise(1);
    let pixels = (0..image.length() / 3).flat_map(|at| {
        let (x, y) = ((at % 640) as i32 - 320, (at / 640) as i32);
        let inside = x.abs() < y && x * x + y * y < 460 * 460;
        // Three neighbours share a speck, as the beam is wide.
        let grey = if inside { noise[at - at % 3] / 2 + 20 } else { 0 };
        [grey; 3]
    });
    image.file(&pixels.collect::<Vec<u8>>())
}

/// The slice in eight bits, moved by some rows from frame to frame.
fn angiography(ct: &[u8]) -> Result<Vec<u8>> {
    let image = Image {
        frames: XA_FRAMES as u32,
        ..Image::grey(512, 512, 8)
    };
    let one = image.length() / XA_FRAMES;
    let words = ct.get(ct.len() - 2 * one..).ok_or_else(|| anyhow!("the slice is too short"))?;
    let grey: Vec<u8> = words.chunks_exact(2).map(|word| (u16::from_le_bytes([word[0], word[1]]) >> 4) as u8).collect();
    let frame = |number: usize| (0..one).map(move |at| (at + number * 3 * 512) % one);
    let pixels: Vec<u8> = (0..XA_FRAMES).flat_map(frame).map(|at| grey[at]).collect();
    Ok(image.file(&pixels))
}
