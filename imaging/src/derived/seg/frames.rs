//! Bits of frames (PS3.5 8.1.1, PS3.3 C.8.20.2): the first pixel is the lowest bit, and frames follow each other without a gap.

/// The pixels of one image that belong to one segment.
pub struct Frame {
    /// From 1.
    pub segment: u16,
    /// Which of the source images.
    pub slice: usize,
    /// A bit for each pixel, the rest of the last byte 0.
    pub bits: Vec<u8>,
}

/// The bits of a segment, or `None` when no pixel belongs to it.
pub fn packed(labels: &[u8], label: u8) -> Option<Vec<u8>> {
    if !labels.contains(&label) {
        return None;
    }
    let byte = |pixels: &[u8]| {
        let bits = pixels.iter().enumerate().map(|(place, pixel)| u8::from(*pixel == label) << place);
        bits.fold(0, |byte, bit| byte | bit)
    };
    Some(labels.chunks(8).map(byte).collect())
}

/// All frames of `pixels` bits each, to an even number of bytes.
pub fn joined(frames: &[Frame], pixels: usize) -> Vec<u8> {
    let bits = frames.len() * pixels;
    let mut out = vec![0u8; bits.div_ceil(16) * 2];
    for (place, frame) in frames.iter().enumerate() {
        let (start, shift) = (place * pixels / 8, place * pixels % 8);
        for (offset, byte) in frame.bits.iter().enumerate() {
            out[start + offset] |= byte << shift;
            // Only bits of the frame are set, so what crosses into the next byte is there.
            let carried = u16::from(*byte) << shift >> 8;
            if carried > 0 {
                out[start + offset + 1] |= carried as u8;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_end_within_a_byte_lose_and_mix_nothing() {
        let pixels = 15;
        let patterns: Vec<Vec<u8>> = (1..6u32)
            .map(|seed| (0..pixels).map(|place| u8::from((seed * 7 + place * place * 3) % 5 < 2)).collect())
            .collect();
        let frames: Vec<Frame> = patterns
            .iter()
            .enumerate()
            .map(|(slice, pattern)| Frame {
                segment: 1,
                slice,
                bits: packed(pattern, 1).expect("it has pixels"),
            })
            .collect();
        let bytes = joined(&frames, pixels as usize);
        assert_eq!(bytes.len(), 10);
        let read: Vec<u8> = (0..75).map(|bit| bytes[bit / 8] >> (bit % 8) & 1).collect();
        assert_eq!(read, patterns.concat());
    }

    #[test]
    fn an_image_without_pixels_of_the_segment_has_no_frame() {
        assert_eq!(packed(&[0, 2, 0], 1), None);
        assert_eq!(packed(&[0, 2, 0], 2), Some(vec![2]));
    }
}
