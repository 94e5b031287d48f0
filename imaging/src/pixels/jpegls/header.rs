//! Marker segments of a JPEG-LS codestream (ISO 14495-1 annex C).

use crate::pixels::error::PixelError;

/// The frame header (SOF55).
pub struct Frame {
    pub precision: u8,
    pub rows: u32,
    pub columns: u32,
    pub component_ids: Vec<u8>,
}

impl Frame {
    /// Component ids that spell RGB.
    pub fn is_rgb(&self) -> bool {
        matches!(self.component_ids.as_slice(), b"RGB" | b"rgb")
    }
}

/// Preset coding parameters (LSE, id 1); zero means "the default".
#[derive(Default, Clone, Copy)]
pub struct Presets {
    pub max_value: u16,
    pub t1: u16,
    pub t2: u16,
    pub t3: u16,
    pub reset: u16,
}

/// How the components of a scan follow each other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Interleave {
    None,
    Line,
    Sample,
}

/// The scan header (SOS).
pub struct Scan {
    pub component_ids: Vec<u8>,
    pub near: u8,
    pub interleave: Interleave,
}

impl Scan {
    /// Where the components of this scan are in the frame.
    pub fn component_indices(&self, frame: &Frame, syntax: &str) -> Result<Vec<usize>, PixelError> {
        self.component_ids
            .iter()
            .map(|id| frame.component_ids.iter().position(|known| known == id))
            .collect::<Option<Vec<usize>>>()
            .ok_or_else(|| PixelError::damaged(syntax, "a scan names a component that the frame does not have"))
    }
}

/// What the decoder acts on.
pub enum Segment<'a> {
    Frame(Frame),
    Presets(Presets),
    /// A scan header and its entropy-coded bytes.
    Scan(Scan, &'a [u8]),
}

/// Walks the marker segments of a codestream.
pub struct Segments<'a> {
    rest: &'a [u8],
    syntax: &'a str,
}

impl<'a> Segments<'a> {
    pub fn new(codestream: &'a [u8], syntax: &'a str) -> Result<Self, PixelError> {
        let rest = codestream
            .strip_prefix(&[0xFF, 0xD8])
            .ok_or_else(|| PixelError::damaged(syntax, "it has no start of image"))?;
        Ok(Self { rest, syntax })
    }

    /// The next segment that matters, or `None` at the end of the image.
    pub fn next(&mut self) -> Result<Option<Segment<'a>>, PixelError> {
        loop {
            let (marker, body) = match self.marker_segment()? {
                Some(found) => found,
                None => return Ok(None),
            };
            match marker {
                0xF7 => {
                    return frame(body)
                        .map(|frame| Some(Segment::Frame(frame)))
                        .ok_or_else(|| self.damaged("its frame header is short"));
                }
                0xF8 => {
                    return self.presets(body).map(|presets| Some(Segment::Presets(presets)));
                }
                0xDA => {
                    let scan = self.scan(body)?;
                    return Ok(Some(Segment::Scan(scan, self.entropy())));
                }
                0xDD if body.iter().any(|byte| *byte != 0) => {
                    return Err(self.unsupported("JPEG-LS with restart intervals"));
                }
                0xE8 if body.starts_with(b"mrfx") && body.get(4).is_some_and(|transform| *transform != 0) => {
                    return Err(self.unsupported("JPEG-LS with a vendor's colour transform"));
                }
                0xC0..=0xCF => return Err(self.damaged("it is a JPEG, not a JPEG-LS codestream")),
                _ => {}
            }
        }
    }

    fn marker_segment(&mut self) -> Result<Option<(u8, &'a [u8])>, PixelError> {
        while self.rest.starts_with(&[0xFF, 0xFF]) {
            self.rest = &self.rest[1..];
        }
        let [0xFF, marker, tail @ ..] = self.rest else {
            return if self.rest.is_empty() {
                Ok(None)
            } else {
                Err(self.damaged("a marker is missing"))
            };
        };
        if *marker == 0xD9 {
            return Ok(None);
        }
        let [high, low, ..] = tail else {
            return Err(self.damaged("a marker segment is short"));
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let body = tail.get(2..length).ok_or_else(|| self.damaged("a marker segment is short"))?;
        self.rest = &tail[length..];
        Ok(Some((*marker, body)))
    }

    /// Entropy-coded bytes end at the first FF that a byte of 80 or more follows: bit stuffing forbids that inside.
    fn entropy(&mut self) -> &'a [u8] {
        let end = self.rest.windows(2).position(|pair| pair[0] == 0xFF && pair[1] >= 0x80).unwrap_or(self.rest.len());
        let (entropy, rest) = self.rest.split_at(end);
        self.rest = rest;
        entropy
    }

    fn presets(&self, body: &[u8]) -> Result<Presets, PixelError> {
        let word = |index: usize| u16::from_be_bytes([body[index], body[index + 1]]);
        match body {
            [1, parameters @ ..] if parameters.len() >= 10 => Ok(Presets {
                max_value: word(1),
                t1: word(3),
                t2: word(5),
                t3: word(7),
                reset: word(9),
            }),
            _ => Err(self.unsupported("JPEG-LS with mapping tables or extended dimensions")),
        }
    }

    fn scan(&self, body: &[u8]) -> Result<Scan, PixelError> {
        let short = || self.damaged("a scan header is short");
        let (&count, tail) = body.split_first().ok_or_else(short)?;
        let ids = tail.get(..usize::from(count) * 2).ok_or_else(short)?;
        let [near, interleave, point_transform, ..] = tail[ids.len()..] else {
            return Err(short());
        };
        if point_transform != 0 || ids.chunks_exact(2).any(|component| component[1] != 0) {
            return Err(self.unsupported("JPEG-LS with point transform or mapping tables"));
        }
        let interleave = match (interleave, count) {
            (_, 0) => return Err(self.damaged("a scan has no component")),
            (_, 1) => Interleave::None,
            (1, _) => Interleave::Line,
            (2, 3) => Interleave::Sample,
            _ => {
                return Err(self.damaged("a scan's interleave mode does not go with its components"));
            }
        };
        Ok(Scan {
            component_ids: ids.chunks_exact(2).map(|component| component[0]).collect(),
            near,
            interleave,
        })
    }

    fn damaged(&self, reason: &str) -> PixelError {
        PixelError::damaged(self.syntax, reason)
    }

    fn unsupported(&self, what: &str) -> PixelError {
        PixelError::unsupported(self.syntax, what)
    }
}

fn frame(body: &[u8]) -> Option<Frame> {
    let [
        precision,
        rows_high,
        rows_low,
        columns_high,
        columns_low,
        count,
        components @ ..,
    ] = body
    else {
        return None;
    };
    let components = components.get(..usize::from(*count) * 3)?;
    Some(Frame {
        precision: *precision,
        rows: u32::from(u16::from_be_bytes([*rows_high, *rows_low])),
        columns: u32::from(u16::from_be_bytes([*columns_high, *columns_low])),
        component_ids: components.chunks_exact(3).map(|component| component[0]).collect(),
    })
}
