//! What of a text can be shown, and what stands for the rest: a character that no font covers appears as its code, never as nothing.

use crate::fonts::covering;
use std::fmt::Write;

/// The text with every character drawable. Paragraphs end with a line feed, whatever ended them before.
pub fn visible(text: &str, bold: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        match character {
            '\n' | '\r' | '\u{0b}' | '\u{0c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => shown.push('\n'),
            '\t' | '\u{a0}' | '\u{202f}' => shown.push(' '),
            _ if is_drawn(character, bold) => shown.push(character),
            _ => {
                // Writing to a string does not fail.
                let _ = write!(shown, "[U+{:04X}]", u32::from(character));
            }
        }
    }
    shown
}

fn is_drawn(character: char, bold: bool) -> bool {
    !character.is_control()
        && !is_reordering(character)
        && !is_private(character)
        && covering(character, bold).is_some()
}

/// Overrides and embeddings make text read otherwise than it was signed, so they are shown instead of obeyed (UAX #9, 2.1 to 2.4).
fn is_reordering(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters without a meaning that others share, and the byte order mark; PDF/A-2a does not take them either.
fn is_private(character: char) -> bool {
    matches!(u32::from(character), 0xE000..=0xF8FF | 0xFEFF | 0xF0000..=0x10_FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_without_a_glyph_is_shown_as_its_code() {
        assert_eq!(visible("ᚠ and 🩻", false), "[U+16A0] and [U+1FA7B]");
        assert_eq!(visible("\u{e001}\u{0}", false), "[U+E001][U+0000]");
    }

    #[test]
    fn text_cannot_be_turned_around_unseen() {
        assert_eq!(visible("no \u{202e}tumour", true), "no [U+202E]tumour");
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        let text = "Müller, Ελένη; Жанна / नमस्ते مرحبا 山田";
        assert_eq!(visible(text, false), text);
    }
}
