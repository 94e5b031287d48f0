//! The state machine that reads elements, items and fragments, a chunk at a time.

mod structure;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::header::Syntax;
use super::open::Open;
use super::pixels::Fragments;
use super::value::{Capture, innermost};
use crate::dataset::DataSet;
use crate::file::PixelDataLayout;
use crate::guard::{ELEMENT_COST, Limits, Refusal};

/// Reads the file meta information, then (`into_data_set`) the data set.
#[derive(Debug)]
pub(super) struct Elements {
    limits: Limits,
    length: Option<u64>,
    /// Where the next header begins, or the next byte of the value that is being read.
    position: u64,
    /// The beginning of a header that was cut by the end of a chunk.
    carry: Vec<u8>,
    state: State,
    open: Open,
    fragments: Option<Fragments>,
    pixel_data: Option<PixelDataLayout>,
    part: Part,
    /// The value that was begun last: the file must not end before it does.
    last: Span,
    count: u32,
    captured: usize,
}

#[derive(Debug)]
enum Part {
    /// File meta information, and where it ends by its own group length.
    Meta { declared_end: Option<u64> },
    /// The data set; `undeclared` where no transfer syntax is named and the first element tells.
    DataSet { undeclared: bool },
}

#[derive(Debug)]
enum State {
    Header,
    Capture(Capture),
    /// The basic offset table: so many bytes are missing.
    Table(usize),
    /// The beginning of a fragment: so many bytes, and what is to be skipped after them.
    Marker {
        bytes: Vec<u8>,
        wanted: usize,
        rest: u64,
    },
    Skip(u64),
    /// Padding and other bytes after the data set.
    Trailing,
}

impl State {
    /// The bytes that the value lacks.
    fn missing(&self) -> u64 {
        match self {
            State::Header | State::Trailing => 0,
            State::Capture(capture) => capture.remaining() as u64,
            State::Table(missing) => *missing as u64,
            State::Marker { bytes, wanted, .. } => (wanted - bytes.len()) as u64,
            State::Skip(remaining) => *remaining,
        }
    }
}

/// A value as its header declares it.
#[derive(Debug, Clone, Copy)]
struct Span {
    tag: Tag,
    offset: u64,
    start: u64,
    declared: u64,
}

impl Span {
    fn end(self) -> u64 {
        self.start + self.declared
    }

    fn check(self, length: u64) -> Result<(), Refusal> {
        let Span {
            tag,
            offset,
            start,
            declared,
        } = self;
        if self.end() <= length {
            return Ok(());
        }
        Err(Refusal::Truncated {
            tag,
            offset,
            declared,
            present: length.saturating_sub(start),
        })
    }
}

/// What `push` came to.
#[derive(Debug)]
pub(super) enum Flow<'b> {
    /// The chunk is used up.
    More,
    /// The file meta information ended before these bytes (and before the carry).
    MetaEnded { rest: &'b [u8] },
}

enum Step {
    More,
    Next,
    MetaEnded,
}

impl Elements {
    /// Reads file meta information from this offset on; `length` is that of the file, if it is known.
    pub(super) fn of_meta(limits: Limits, position: u64, length: Option<u64>) -> Elements {
        Elements {
            limits,
            length,
            position,
            carry: Vec::with_capacity(12),
            state: State::Header,
            open: Open::root(Syntax::EXPLICIT_LITTLE, position),
            fragments: None,
            pixel_data: None,
            part: Part::Meta { declared_end: None },
            last: Span {
                tag: Tag(0, 0),
                offset: 0,
                start: 0,
                declared: 0,
            },
            count: 0,
            captured: 0,
        }
    }

    /// Ends the file meta information and reads the data set that follows it; its budget counts on.
    pub(super) fn into_data_set(self, syntax: Syntax, undeclared: bool, length: Option<u64>) -> Elements {
        let open = Open::root(syntax, self.position);
        Elements {
            length,
            carry: Vec::with_capacity(12),
            open,
            part: Part::DataSet { undeclared },
            ..self
        }
    }

    /// Takes the attributes of the file meta information, and the beginning of the header after it.
    pub(super) fn take_meta(&mut self) -> (DataSet, Vec<u8>) {
        (
            std::mem::take(&mut self.open.item.dataset),
            std::mem::take(&mut self.carry),
        )
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn captured_bytes(&self) -> usize {
        self.captured
    }

    /// How the elements of the root are written.
    pub(super) fn syntax(&self) -> Syntax {
        self.open.item.syntax
    }

    pub(super) fn finish(mut self, length: u64) -> Result<(DataSet, Option<PixelDataLayout>), Refusal> {
        self.check_complete(length)?;
        Ok((self.open.item.dataset, self.pixel_data))
    }

    /// Refuses a file of this length that ends inside of an element; less than a header is trailing bytes.
    pub(super) fn check_complete(&mut self, length: u64) -> Result<(), Refusal> {
        self.last.check(length)?;
        self.open.close_ended(self.position);
        let fragments = self.fragments.as_ref().map(|fragments| (fragments.tag, fragments.offset));
        let header = self.carry.first_chunk().map(|first| (self.syntax().tag(*first), self.position));
        match fragments.or_else(|| self.open.innermost()).or(header) {
            Some((tag, offset)) => Err(Refusal::Unfinished { tag, offset, length }),
            None => Ok(()),
        }
    }

    pub(super) fn push<'b>(&mut self, mut bytes: &'b [u8]) -> Result<Flow<'b>, Refusal> {
        loop {
            match &mut self.state {
                State::Header => match self.header(&mut bytes)? {
                    Step::More => return Ok(Flow::More),
                    Step::Next => {}
                    Step::MetaEnded => return Ok(Flow::MetaEnded { rest: bytes }),
                },
                State::Trailing => return Ok(Flow::More),
                _ => {
                    if !self.value(&mut bytes) {
                        return Ok(Flow::More);
                    }
                }
            }
        }
    }

    /// Reads on in a value; false when it is not complete and the chunk is used up.
    fn value(&mut self, bytes: &mut &[u8]) -> bool {
        let missing = self.state.missing();
        let taken = take(bytes, usize::try_from(missing).unwrap_or(usize::MAX));
        self.position += taken.len() as u64;
        match &mut self.state {
            State::Header | State::Trailing => {}
            State::Capture(capture) => capture.bytes.extend_from_slice(taken),
            State::Marker { bytes, .. } => bytes.extend_from_slice(taken),
            State::Skip(remaining) => *remaining -= taken.len() as u64,
            State::Table(remaining) => {
                *remaining -= taken.len();
                if let Some(Fragments { table: Some(table), .. }) = &mut self.fragments {
                    table.extend_from_slice(taken);
                }
            }
        }
        let complete = taken.len() as u64 == missing;
        if complete {
            self.complete_value();
        }
        complete
    }

    fn complete_value(&mut self) {
        match std::mem::replace(&mut self.state, State::Header) {
            State::Capture(capture) => self.captured(capture),
            State::Marker { bytes, rest, .. } => {
                if let Some(fragments) = &mut self.fragments {
                    fragments.begins_with(&bytes);
                }
                self.state = State::Skip(rest);
            }
            _ => {}
        }
    }

    fn captured(&mut self, capture: Capture) {
        let element = capture.into_element(|tag| innermost(self.open.datasets(), tag));
        if let (Part::Meta { declared_end }, tags::FILE_META_INFORMATION_GROUP_LENGTH, Some(bytes)) =
            (&mut self.part, element.tag, element.bytes())
            && let Some(length) = bytes.first_chunk()
        {
            *declared_end = Some(self.position + u64::from(u32::from_le_bytes(*length)));
        }
        self.open.item.dataset.push(element);
    }

    /// Notes a value that begins here, and refuses it where the file is known to end before it does.
    fn value_span(&mut self, span: Span) -> Result<(), Refusal> {
        self.last = span;
        self.length.map_or(Ok(()), |length| span.check(length))
    }

    /// Counts one element, item or fragment.
    fn charge(&mut self) -> Result<(), Refusal> {
        self.count += 1;
        if self.count > self.limits.elements {
            return Err(Refusal::TooManyElements {
                limit: self.limits.elements,
            });
        }
        self.charge_bytes(ELEMENT_COST)
    }

    fn charge_bytes(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.captured += bytes;
        let limit = self.limits.captured_bytes;
        if self.captured > limit {
            Err(Refusal::TooManyAttributes { limit })
        } else {
            Ok(())
        }
    }

    /// Fills the carry to N bytes, if the chunk has them.
    fn fill<const N: usize>(&mut self, bytes: &mut &[u8]) -> Option<[u8; N]> {
        let taken = take(bytes, N.saturating_sub(self.carry.len()));
        self.carry.extend_from_slice(taken);
        self.carry.first_chunk().copied()
    }

    /// Moves past so many bytes of the carry.
    fn consume(&mut self, count: usize) {
        self.carry.drain(..count.min(self.carry.len()));
        self.position += count as u64;
    }
}

/// Takes up to `count` bytes from the front.
fn take<'b>(bytes: &mut &'b [u8], count: usize) -> &'b [u8] {
    let (taken, rest) = bytes.split_at(count.min(bytes.len()));
    *bytes = rest;
    taken
}
