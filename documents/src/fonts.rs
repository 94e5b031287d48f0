//! The typefaces that lie in the binary, and which of them draws a character.
//!
//! Names of people are in any script, so each character is looked up for itself: first in the face of the text, then in the others
//! by their order here. Where they come from and what was cut from them stands in `fonts/README.md`.

use krilla::text::Font;
use rustybuzz::Face;
use std::sync::LazyLock;

/// One typeface, as the shaper and as the PDF see it.
pub struct Typeface {
    pub face: Face<'static>,
    pub font: Font,
}

impl Typeface {
    fn read(bytes: &'static [u8]) -> Option<Self> {
        Some(Self {
            face: Face::from_slice(bytes, 0)?,
            font: Font::new(bytes.into(), 0)?,
        })
    }

    pub fn covers(&self, character: char) -> bool {
        self.face.glyph_index(character).is_some_and(|glyph| glyph.0 != 0)
    }

    pub fn units(&self) -> f32 {
        self.font.units_per_em()
    }
}

/// The bold face comes first: text that is not bold begins its search behind it.
const FILES: [&[u8]; 9] = [
    include_bytes!("../fonts/NotoSans-Bold.ttf"),
    include_bytes!("../fonts/NotoSans-Regular.ttf"),
    include_bytes!("../fonts/IBMPlexSansArabic-Regular.ttf"),
    include_bytes!("../fonts/NotoSansHebrew-Regular.ttf"),
    include_bytes!("../fonts/NotoSansBengali-Regular.ttf"),
    include_bytes!("../fonts/NotoSansTamil-Regular.ttf"),
    include_bytes!("../fonts/NotoSansThai-Regular.ttf"),
    include_bytes!("../fonts/NotoSansHan.ttf"),
    include_bytes!("../fonts/NotoSansHangul.ttf"),
];

static TYPEFACES: LazyLock<Vec<Typeface>> = LazyLock::new(|| FILES.into_iter().filter_map(Typeface::read).collect());

/// The typeface that draws a character, if any does.
pub fn covering(character: char, bold: bool) -> Option<&'static Typeface> {
    TYPEFACES.iter().skip(usize::from(!bold)).find(|typeface| typeface.covers(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_typeface_is_read() {
        assert_eq!(TYPEFACES.len(), FILES.len());
    }

    #[test]
    fn the_scripts_of_our_patients_are_covered() {
        for character in "Aé ŐşΩЖ अ ع ש ক த ก 山田太郎 张伟 김 ₹ € د.إ".chars() {
            assert!(covering(character, false).is_some(), "{character:?}");
            assert!(covering(character, true).is_some(), "{character:?} in bold");
        }
    }
}
