//! From a paragraph to lines of glyphs: scripts, directions, fonts, line breaks.
//!
//! Line breaks follow UAX #14, directions UAX #9; each run is shaped by a port of HarfBuzz. A paragraph is shaped once as a whole to know its
//! widths, and each line again, because the order of its runs is known only then.

mod breaks;
mod runs;
mod visible;

use crate::fonts::Typeface;
use krilla::text::KrillaGlyph;
use unicode_bidi::BidiInfo;

/// How text looks. Sizes are points (1/72 inch).
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub size: f32,
    pub bold: bool,
    pub colour: Colour,
}

/// Red, green and blue, sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Style {
    /// The distance from one line to the next.
    pub fn leading(self) -> f32 {
        (self.size * 1.4).round()
    }

    /// How far a line's baseline lies below its top.
    pub fn ascent(self) -> f32 {
        self.size * 1.06
    }
}

/// Glyphs of one font in one direction, in the order in which they are drawn: left to right.
#[derive(Clone)]
pub struct Run {
    pub typeface: &'static Typeface,
    pub text: String,
    pub glyphs: Vec<KrillaGlyph>,
    /// In em.
    pub width: f32,
}

/// One line: its runs from left to right.
#[derive(Clone, Default)]
pub struct Line {
    pub runs: Vec<Run>,
    /// Whether the paragraph that it belongs to reads from right to left.
    pub rtl: bool,
}

impl Line {
    /// In points.
    pub fn width(&self, size: f32) -> f32 {
        self.runs.iter().map(|run| run.width).sum::<f32>() * size
    }
}

/// The lines of a text in a column of some width in points. Line feeds end paragraphs; a blank paragraph is a blank line.
pub fn lines(text: &str, style: Style, width: f32) -> Vec<Line> {
    let text = visible::visible(text, style.bold);
    text.split('\n').flat_map(|paragraph| broken(paragraph, style, width / style.size)).collect()
}

/// The one line of a text that is not broken.
pub fn line(text: &str, style: Style) -> Line {
    lines(text, style, f32::INFINITY).into_iter().next().unwrap_or_default()
}

/// The lines of one paragraph; the width is in em.
fn broken(paragraph: &str, style: Style, width: f32) -> Vec<Line> {
    let bidi = BidiInfo::new(paragraph, None);
    let Some(info) = bidi.paragraphs.first() else {
        return vec![Line::default()];
    };
    let advances = runs::advances(paragraph, &bidi.levels, style.bold);
    let ranges = breaks::ranges(paragraph, &advances, width);
    let line = |range: std::ops::Range<usize>| Line {
        runs: runs::visual(&bidi, info, range, style.bold),
        rtl: info.level.is_rtl(),
    };
    ranges.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style {
        size: 10.0,
        bold: false,
        colour: Colour(0, 0, 0),
    };

    fn texts(text: &str, width: f32) -> Vec<String> {
        let text_of = |line: &Line| line.runs.iter().map(|run| run.text.as_str()).collect::<String>();
        lines(text, PLAIN, width).iter().map(text_of).collect()
    }

    #[test]
    fn text_breaks_at_words_and_fits_the_column() {
        let text = "No focal lesion is seen in either hemisphere, and the ventricles are normal.";
        let lines = lines(text, PLAIN, 120.0);
        assert!(lines.len() > 2);
        assert!(lines.iter().all(|line| line.width(10.0) <= 120.0));
        assert_eq!(texts(text, 120.0).join(" "), text);
    }

    #[test]
    fn a_word_that_is_wider_than_the_column_is_broken_and_loses_nothing() {
        let word = "1.2.826.0.1.3680043.8.498.".repeat(8);
        let found = texts(&word, 90.0);
        assert!(lines(&word, PLAIN, 90.0).iter().all(|line| line.width(10.0) <= 90.0));
        assert_eq!(found.concat(), word);
    }

    #[test]
    fn a_column_narrower_than_a_glyph_still_ends() {
        assert_eq!(texts("abc", 0.5), ["a", "b", "c"]);
    }

    #[test]
    fn empty_text_is_one_empty_line_and_line_feeds_end_lines() {
        assert_eq!(texts("", 100.0), [""]);
        assert_eq!(texts("a\r\n\nb", 100.0), ["a", "", "b"]);
    }

    #[test]
    fn arabic_reads_from_the_right_around_latin_words() {
        let line = line("المريض Smith بخير", PLAIN);
        assert!(line.rtl);
        let order: Vec<_> =
            line.runs.iter().map(|run| run.text.trim().to_owned()).filter(|text| !text.is_empty()).collect();
        assert_eq!(order, ["بخير", "Smith", "المريض"]);
    }

    #[test]
    fn arabic_letters_are_joined() {
        let isolated = line("س", PLAIN).runs[0].glyphs[0].glyph_id;
        let joined = &line("سسس", PLAIN).runs[0].glyphs;
        assert!(joined.iter().take(2).all(|glyph| glyph.glyph_id != isolated));
    }

    #[test]
    fn devanagari_is_shaped_into_conjuncts() {
        // KA, VIRAMA, SSA: three characters that make one glyph.
        assert_eq!(line("क्ष", PLAIN).runs[0].glyphs.len(), 1);
    }
}
