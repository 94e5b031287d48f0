//! Cutting text into runs of one direction, script and font, and shaping them.

use super::Run;
use crate::fonts::{Typeface, covering};
use krilla::text::{GlyphId, KrillaGlyph};
use rustybuzz::{Direction, GlyphBuffer, UnicodeBuffer};
use std::ops::Range;
use unicode_bidi::{BidiInfo, Level, ParagraphInfo};
use unicode_script::{Script, UnicodeScript};

/// A piece of text that is shaped at once.
struct Piece {
    range: Range<usize>,
    typeface: &'static Typeface,
    script: Script,
    rtl: bool,
}

/// Beginnings of clusters and their widths in em, in the order of the text.
pub fn advances(text: &str, levels: &[Level], bold: bool) -> Vec<(usize, f32)> {
    let mut advances: Vec<(usize, f32)> = Vec::new();
    for piece in pieces(text, 0..text.len(), levels, bold) {
        let glyphs = shaped(text, &piece);
        let of_piece = glyphs.glyph_infos().iter().zip(glyphs.glyph_positions()).map(|(info, position)| {
            (
                piece.range.start + info.cluster as usize,
                position.x_advance as f32 / piece.typeface.units(),
            )
        });
        advances.extend(of_piece);
    }
    advances.sort_by_key(|(start, _)| *start);
    advances.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0.0 };
        same
    });
    advances
}

/// The runs of one line, from left to right (UAX #9, rule L2).
pub fn visual(bidi: &BidiInfo<'_>, paragraph: &ParagraphInfo, line: Range<usize>, bold: bool) -> Vec<Run> {
    if line.is_empty() {
        return Vec::new();
    }
    let (levels, ordered) = bidi.visual_runs(paragraph, line);
    let mut runs = Vec::new();
    for range in ordered {
        let rtl = levels[range.start].is_rtl();
        let mut pieces = pieces(bidi.text, range, &levels, bold);
        if rtl {
            pieces.reverse();
        }
        runs.extend(pieces.iter().map(|piece| run(bidi.text, piece)));
    }
    runs
}

fn pieces(text: &str, range: Range<usize>, levels: &[Level], bold: bool) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (offset, character) in text[range.clone()].char_indices() {
        let start = range.start + offset;
        let end = start + character.len_utf8();
        let rtl = levels[start].is_rtl();
        let script = character.script();
        let last = pieces.last_mut().filter(|last| last.rtl == rtl && last.range.end == start);
        // A mark belongs to the letter before it, whatever other fonts cover it too.
        let typeface = match &last {
            Some(last) if script == Script::Inherited && last.typeface.covers(character) => Some(last.typeface),
            _ => covering(character, bold),
        };
        let Some(typeface) = typeface else { continue };
        match last {
            Some(last) if std::ptr::eq(last.typeface, typeface) && agree(last.script, script) => {
                last.range.end = end;
                if is_shared(last.script) {
                    last.script = script;
                }
            }
            _ => pieces.push(Piece {
                range: start..end,
                typeface,
                script,
                rtl,
            }),
        }
    }
    pieces
}

/// Whether a script is written with characters of all others: spaces, digits, marks.
fn is_shared(script: Script) -> bool {
    matches!(script, Script::Common | Script::Inherited)
}

fn agree(one: Script, other: Script) -> bool {
    one == other || is_shared(one) || is_shared(other)
}

fn shaped(text: &str, piece: &Piece) -> GlyphBuffer {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(&text[piece.range.clone()]);
    buffer.guess_segment_properties();
    buffer.set_direction(if piece.rtl {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    });
    rustybuzz::shape(&piece.typeface.face, &[], buffer)
}

fn run(text: &str, piece: &Piece) -> Run {
    let buffer = shaped(text, piece);
    let text = text[piece.range.clone()].to_owned();
    let units = piece.typeface.units();
    let mut starts: Vec<usize> = buffer.glyph_infos().iter().map(|info| info.cluster as usize).collect();
    starts.sort_unstable();
    let glyph = |(info, position): (&rustybuzz::GlyphInfo, &rustybuzz::GlyphPosition)| {
        let start = info.cluster as usize;
        let next = starts.get(starts.partition_point(|other| *other <= start)).copied();
        KrillaGlyph::new(
            GlyphId::new(info.glyph_id),
            position.x_advance as f32 / units,
            position.x_offset as f32 / units,
            position.y_offset as f32 / units,
            position.y_advance as f32 / units,
            start..next.unwrap_or(text.len()),
            None,
        )
    };
    let glyphs: Vec<_> = buffer.glyph_infos().iter().zip(buffer.glyph_positions()).map(glyph).collect();
    let width = glyphs.iter().map(|glyph| glyph.x_advance).sum();
    Run {
        typeface: piece.typeface,
        text,
        glyphs,
        width,
    }
}
