//! What each header means at its place: an element, an item, a fragment, a delimiter, or the end of it all.

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;

use super::{Elements, Part, Span, State, Step};
use crate::dataset::{Element, Value};
use crate::file::{PixelDataLayout, PixelEncoding};
use crate::guard::Refusal;
use crate::walk::header::{Explicit, Header, HeaderVr, UNDEFINED, dictionary_vr, is_vr_shaped, short_vr};
use crate::walk::open::Sequence;
use crate::walk::pixels::{Fragments, MARKER, is_offset_table, is_pixel_data};
use crate::walk::value::Capture;

const ITEM: Tag = Tag(0xfffe, 0xe000);
const ITEM_DELIMITER: Tag = Tag(0xfffe, 0xe00d);
const SEQUENCE_DELIMITER: Tag = Tag(0xfffe, 0xe0dd);

impl Elements {
    /// Reads the next header, whatever it belongs to.
    pub(super) fn header(&mut self, bytes: &mut &[u8]) -> Result<Step, Refusal> {
        if self.fragments.is_none() {
            self.open.close_ended(self.position);
        }
        if self.meta_ends_by_length() {
            return Ok(Step::MetaEnded);
        }
        let Some(first) = self.fill::<8>(bytes) else {
            return Ok(Step::More);
        };
        if self.fragments.is_some() {
            return self.fragment(first);
        }
        if self.open.sequence.is_some() {
            return self.item(first);
        }
        self.detect_syntax(first);
        let tag = self.syntax().tag(first);
        if self.open.is_root() {
            match self.part {
                Part::Meta { .. } if tag.0 != 0x0002 => return Ok(Step::MetaEnded),
                Part::DataSet { .. } if self.is_trailing(tag, first) => {
                    self.state = State::Trailing;
                    return Ok(Step::Next);
                }
                _ => {}
            }
        }
        if tag.0 == 0xfffe {
            return self.delimiter(tag);
        }
        let Some(header) = self.element_header(first, bytes) else {
            return Ok(Step::More);
        };
        self.begin_value(header)?;
        Ok(Step::Next)
    }

    /// The header of an element that begins with these bytes; `None` when the rest of it is in the next chunk.
    fn element_header(&mut self, first: [u8; 8], bytes: &mut &[u8]) -> Option<Header> {
        let syntax = self.syntax();
        let (tag, offset) = (syntax.tag(first), self.position);
        let explicit = if syntax.implicit {
            Explicit::None
        } else {
            Explicit::of(first, syntax)
        };
        let (size, vr, length) = match explicit {
            Explicit::None => (8, dictionary_vr(tag), syntax.item_length(first)),
            Explicit::Short(vr, length) => (8, HeaderVr::Exact(vr), length),
            Explicit::Long(vr) => {
                let [.., l0, l1, l2, l3] = self.fill::<12>(bytes)?;
                (12, HeaderVr::Exact(vr), syntax.u32([l0, l1, l2, l3]))
            }
        };
        self.consume(size);
        Some(Header {
            tag,
            vr,
            length,
            offset,
        })
    }

    /// A deflated data set may begin with any bytes, so that only the group length of the meta information tells where it begins.
    fn meta_ends_by_length(&self) -> bool {
        let Part::Meta { declared_end } = self.part else {
            return false;
        };
        let dataset = &self.open.item.dataset;
        declared_end == Some(self.position)
            && self.open.is_root()
            && dataset.texts(tags::TRANSFER_SYNTAX_UID).first().is_some_and(|uid| crate::walk::is_deflated(uid))
    }

    /// Lets the first element of a data set tell how it is written, for files that do not keep to their transfer syntax.
    fn detect_syntax(&mut self, first: [u8; 8]) {
        let root = self.open.is_root();
        let item = &mut self.open.item;
        let [g0, g1, _, _, v0, v1, ..] = first;
        if !std::mem::take(&mut item.fresh) || item.syntax.tag(first).0 == 0xfffe {
            return;
        }
        let explicit = is_vr_shaped([v0, v1]);
        if root && let Part::DataSet { undeclared: true } = self.part {
            // A group of at least 0x0400 is one below 0x0100 in big endian.
            item.syntax.big = explicit && u16::from_le_bytes([g0, g1]) >= 0x0400;
        }
        // Items may be implicit in an explicit file (PS3.5 section 6.2.2), but not the other way round.
        item.syntax.implicit = !explicit || (item.syntax.implicit && !root);
    }

    /// Whether the bytes at this place of the root are none of its elements: zeros, or anything that cannot follow the pixel data.
    fn is_trailing(&self, tag: Tag, first: [u8; 8]) -> bool {
        let [_, _, _, _, v0, v1, ..] = first;
        let known = if self.syntax().implicit {
            dictionary_vr(tag) != HeaderVr::Exact(VR::UN)
        } else {
            short_vr([v0, v1]).is_some()
        };
        tag.0 == 0 || self.pixel_data.as_ref().is_some_and(|pixels| tag <= pixels.tag || !known)
    }

    fn delimiter(&mut self, tag: Tag) -> Result<Step, Refusal> {
        let offset = self.position;
        self.consume(8);
        match tag {
            ITEM_DELIMITER => self.open.close_item(),
            // The item's own delimiter is missing.
            SEQUENCE_DELIMITER if !self.open.is_root() => {
                self.open.close_item();
                self.open.close_sequence();
            }
            SEQUENCE_DELIMITER => {}
            _ => {
                return Err(Refusal::Malformed {
                    tag,
                    offset,
                    problem: "an item outside of a sequence",
                });
            }
        }
        Ok(Step::Next)
    }

    /// Reads a header between the items of a sequence.
    fn item(&mut self, first: [u8; 8]) -> Result<Step, Refusal> {
        let Some(sequence) = self.open.sequence.take() else {
            return Ok(Step::Next);
        };
        let (tag, length) = (sequence.syntax.tag(first), sequence.syntax.item_length(first));
        let offset = self.position;
        match tag {
            ITEM => {
                self.consume(8);
                self.charge()?;
                let end = (length != UNDEFINED).then(|| self.position + u64::from(length));
                self.open.open_item(sequence, offset, end);
            }
            SEQUENCE_DELIMITER => {
                self.consume(8);
                self.open.sequence = Some(sequence);
                self.open.close_sequence();
            }
            _ => {
                let Sequence {
                    tag,
                    start,
                    end: Some(end),
                    ..
                } = sequence
                else {
                    return Err(Refusal::Malformed {
                        tag,
                        offset,
                        problem: "neither an item nor the end of its sequence",
                    });
                };
                // Not the items that its VR promises: located as a whole, and not looked into.
                self.value_span(Span {
                    tag,
                    offset: sequence.offset,
                    start,
                    declared: end - start,
                })?;
                self.open.item.dataset.push(Element {
                    tag,
                    vr: VR::UN,
                    value: Value::Bulk(start..end),
                });
                let held = self.carry.len().min(usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX));
                self.consume(held);
                self.state = State::Skip(end.saturating_sub(self.position));
            }
        }
        Ok(Step::Next)
    }

    /// Reads a header between the fragments of an encapsulated value.
    fn fragment(&mut self, first: [u8; 8]) -> Result<Step, Refusal> {
        let syntax = self.syntax();
        let (tag, length, offset) = (syntax.tag(first), syntax.item_length(first), self.position);
        if tag == SEQUENCE_DELIMITER {
            self.close_fragments();
            self.consume(8);
            return Ok(Step::Next);
        }
        if tag != ITEM || length == UNDEFINED {
            let problem = "neither a fragment nor the end of the pixel data";
            return Err(Refusal::Malformed { tag, offset, problem });
        }
        self.consume(8);
        self.charge()?;
        self.value_span(Span {
            tag,
            offset,
            start: self.position,
            declared: u64::from(length),
        })?;
        let end = self.position + u64::from(length);
        let limit = self.limits.offset_table;
        let Some(fragments) = &mut self.fragments else {
            return Ok(Step::Next);
        };
        if fragments.table.is_none() {
            if length as usize > limit {
                return Err(Refusal::Malformed {
                    tag,
                    offset,
                    problem: "the offset table is too long",
                });
            }
            fragments.table = Some(Vec::new());
            self.state = State::Table(length as usize);
            self.charge_bytes(length as usize)?;
            return Ok(Step::Next);
        }
        if !fragments.located {
            self.state = State::Skip(u64::from(length));
            return Ok(Step::Next);
        }
        fragments.fragments.push(self.position..end);
        let wanted = MARKER.min(length as usize);
        self.state = State::Marker {
            bytes: Vec::with_capacity(wanted),
            wanted,
            rest: u64::from(length) - wanted as u64,
        };
        Ok(Step::Next)
    }

    fn close_fragments(&mut self) {
        let Some(fragments) = self.fragments.take() else {
            return;
        };
        let value = Value::Bulk(fragments.start..self.position);
        let dataset = &mut self.open.item.dataset;
        dataset.push(Element {
            tag: fragments.tag,
            vr: fragments.vr,
            value,
        });
        if fragments.located {
            self.pixel_data = Some(fragments.into_layout(dataset));
        }
    }

    fn begin_value(&mut self, mut header: Header) -> Result<(), Refusal> {
        // Writers that do not know an attribute write it as UN; the dictionary knows it (PS3.5 section 6.2.2).
        if header.vr == HeaderVr::Exact(VR::UN) && header.length < 0xffff {
            header.vr = dictionary_vr(header.tag);
        }
        self.charge()?;
        let Header {
            tag, length, offset, ..
        } = header;
        if length == UNDEFINED {
            return self.begin_undefined(header);
        }
        let end = self.position + u64::from(length);
        if header.vr == HeaderVr::Exact(VR::SQ) {
            return self.open_sequence(header, Some(end));
        }
        self.value_span(Span {
            tag,
            offset,
            start: self.position,
            declared: u64::from(length),
        })?;
        let limit = if is_offset_table(tag) {
            self.limits.offset_table
        } else {
            self.limits.captured_value
        };
        let located = self.is_located(tag) && length > 0;
        if located {
            let encoding = PixelEncoding::Native(self.position..end);
            self.pixel_data = Some(PixelDataLayout { tag, offset, encoding });
        }
        if located || length as usize > limit {
            let vr = relaxed(header.vr);
            self.open.item.dataset.push(Element {
                tag,
                vr,
                value: Value::Bulk(self.position..end),
            });
            self.state = State::Skip(u64::from(length));
            return Ok(());
        }
        self.charge_bytes(length as usize)?;
        let bytes = Vec::with_capacity(length as usize);
        self.state = State::Capture(Capture {
            header,
            bytes,
            big: self.syntax().big,
        });
        Ok(())
    }

    fn begin_undefined(&mut self, header: Header) -> Result<(), Refusal> {
        let Header { tag, vr, offset, .. } = header;
        if matches!(vr, HeaderVr::Exact(VR::SQ | VR::UN)) {
            return self.open_sequence(header, None);
        }
        // Fragments are bytes; without VRs the dictionary could only guess (PS3.5 annex A.4).
        let vr = if self.syntax().implicit { VR::OB } else { relaxed(vr) };
        self.fragments = Some(Fragments {
            tag,
            vr,
            offset,
            start: self.position,
            located: self.is_located(tag),
            table: None,
            fragments: Vec::new(),
            codestream_starts: Vec::new(),
        });
        Ok(())
    }

    fn open_sequence(&mut self, header: Header, end: Option<u64>) -> Result<(), Refusal> {
        let Header { tag, vr, offset, .. } = header;
        if self.open.depth() >= self.limits.depth {
            return Err(Refusal::TooDeep {
                tag,
                offset,
                limit: self.limits.depth,
            });
        }
        let mut syntax = self.syntax();
        if vr == HeaderVr::Exact(VR::UN) {
            // Always little endian; `detect_syntax` finds out that it is implicit (PS3.5 section 6.2.2).
            syntax.big = false;
        }
        let start = self.position;
        self.open.sequence = Some(Sequence {
            tag,
            vr: VR::SQ,
            offset,
            start,
            end,
            syntax,
            items: Vec::new(),
        });
        Ok(())
    }

    /// Whether this is the pixel data of the file itself.
    fn is_located(&self, tag: Tag) -> bool {
        is_pixel_data(tag) && self.open.is_root() && matches!(self.part, Part::DataSet { .. })
    }
}

fn relaxed(vr: HeaderVr) -> VR {
    match vr {
        HeaderVr::Exact(vr) => vr,
        HeaderVr::UnsignedOrSigned => VR::US,
        HeaderVr::LutData => VR::OW,
    }
}
