//! Scaling of rendered pictures: a triangle filter as wide as the reduction, so that thin structures fade instead of vanishing.

use super::{Picture, PictureData};

/// Weights are 16.16 fixed point.
const ONE: f64 = 65_536.0;

/// The source pixels of one target pixel: `weights.len()` of them from `start` on.
struct Taps {
    start: usize,
    weights: Vec<i32>,
}

/// Scales `picture` to exactly `width` x `height` pixels.
pub fn resize(picture: &Picture, width: u32, height: u32) -> Picture {
    if (width, height) == (picture.width, picture.height) {
        return picture.clone();
    }
    let channels = picture.channels();
    let (columns, rows) = (picture.width as usize, picture.height as usize);
    let narrow = rows_scaled(picture.bytes(), columns, channels, &taps(columns, width as usize));
    let scaled = columns_scaled(&narrow, width as usize * channels, &taps(rows, height as usize));
    let data = match picture.data {
        PictureData::Grey(_) => PictureData::Grey(scaled),
        PictureData::Rgb(_) => PictureData::Rgb(scaled),
    };
    Picture { width, height, data }
}

fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let support = scale.max(1.0);
    let target = |index: usize| {
        let centre = (index as f64 + 0.5) * scale;
        let start = (centre - support).floor().max(0.0) as usize;
        let end = ((centre + support).ceil() as usize).clamp(start + 1, from);
        let start = start.min(from - 1);
        let weight = |source: usize| (1.0 - ((source as f64 + 0.5 - centre) / support).abs()).max(0.0);
        let sum: f64 = (start..end).map(weight).sum();
        let weights = (start..end).map(|source| (weight(source) / sum * ONE).round() as i32).collect();
        Taps { start, weights }
    };
    (0..to).map(target).collect()
}

fn rows_scaled(bytes: &[u8], columns: usize, channels: usize, taps: &[Taps]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() / columns.max(1) * taps.len());
    for row in bytes.chunks_exact(columns * channels) {
        for tap in taps {
            let source = &row[tap.start * channels..];
            if channels == 1 {
                let sum: i32 = source.iter().zip(&tap.weights).map(|(byte, weight)| i32::from(*byte) * weight).sum();
                out.push(rounded(sum));
                continue;
            }
            let mut sums = [0i32; 3];
            for (pixel, weight) in source.as_chunks::<3>().0.iter().zip(&tap.weights) {
                for (sum, byte) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(*byte) * weight;
                }
            }
            out.extend(sums.map(rounded));
        }
    }
    out
}

fn columns_scaled(bytes: &[u8], stride: usize, taps: &[Taps]) -> Vec<u8> {
    let mut out = Vec::with_capacity(stride * taps.len());
    let mut sums = vec![0i32; stride];
    for tap in taps {
        sums.fill(0);
        for (row, weight) in bytes.chunks_exact(stride).skip(tap.start).zip(&tap.weights) {
            for (sum, byte) in sums.iter_mut().zip(row) {
                *sum += i32::from(*byte) * weight;
            }
        }
        out.extend(sums.iter().map(|sum| rounded(*sum)));
    }
    out
}

fn rounded(sum: i32) -> u8 {
    ((sum + (1 << 15)) >> 16).clamp(0, 255) as u8
}
