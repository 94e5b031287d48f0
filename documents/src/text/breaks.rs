//! Where lines end: at the opportunities of UAX #14, and within a word only if the word is wider than the column.

use std::ops::Range;
use unicode_linebreak::linebreaks;

/// The byte ranges of a paragraph's lines, without the spaces at their ends; one empty range for an empty paragraph. `advances` are the
/// beginnings and the widths of the clusters, in the order of the text; widths are in em.
pub fn ranges(text: &str, advances: &[(usize, f32)], width: f32) -> Vec<Range<usize>> {
    let mut breaker = Breaker {
        width,
        lines: Vec::new(),
        start: 0,
        end: 0,
        used: 0.0,
    };
    let mut clusters = advances;
    for (place, _) in linebreaks(text) {
        let (word, rest) = clusters.split_at(clusters.partition_point(|(start, _)| *start < place));
        breaker.word(text, word, place);
        clusters = rest;
    }
    breaker.lines.push(breaker.start..breaker.end);
    breaker.lines.into_iter().map(|range| trimmed(text, range)).collect()
}

struct Breaker {
    width: f32,
    lines: Vec<Range<usize>>,
    /// The line that is being filled.
    start: usize,
    end: usize,
    used: f32,
}

impl Breaker {
    /// Places what lies between two opportunities, with the spaces at its end.
    fn word(&mut self, text: &str, clusters: &[(usize, f32)], end: usize) {
        let visible_end = self.end + text[self.end..end].trim_end().len();
        let width_of = |clusters: &[(usize, f32)]| clusters.iter().map(|(_, advance)| advance).sum::<f32>();
        let visible = &clusters[..clusters.partition_point(|(start, _)| *start < visible_end)];
        if self.used + width_of(visible) > self.width && self.end > self.start {
            self.end_line();
        }
        if width_of(visible) > self.width {
            for (start, advance) in visible {
                if self.used + advance > self.width && *start > self.start {
                    self.end = *start;
                    self.end_line();
                }
                self.used += advance;
            }
            self.used += width_of(&clusters[visible.len()..]);
        } else {
            self.used += width_of(clusters);
        }
        self.end = end;
    }

    fn end_line(&mut self) {
        self.lines.push(self.start..self.end);
        self.start = self.end;
        self.used = 0.0;
    }
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    range.start..range.start + text[range.clone()].trim_end().len()
}
