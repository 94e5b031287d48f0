//! Specific Character Set (0008,0005): how the texts of a data set are written (PS3.3 section C.12.1.1.2, PS3.5 section 6.1).
//!
//! The first value names the set that every text begins in; escape sequences (ISO 2022) switch to others. Every escape sequence that
//! DICOM defines is followed, whether the file announced its set or not. Bytes that make no character become U+FFFD.

use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7,
    ISO_8859_8, ISO_8859_15, UTF_8, WINDOWS_874, WINDOWS_1254,
};

/// The character set that the texts of a data set begin in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Charset(Initial);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Initial {
    /// ASCII in G0 and this set in G1, both of which escape sequences may replace.
    Extensible(Upper),
    /// A multi-byte set without code extensions: UTF-8, GB18030 or GBK.
    Whole(&'static Encoding),
}

impl Default for Initial {
    fn default() -> Initial {
        Initial::Extensible(Upper::Undeclared)
    }
}

/// What bytes below 0x80 mean (G0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lower {
    Ascii,
    /// JIS X 0208 (ISO-IR 87).
    Kanji,
    /// JIS X 0212 (ISO-IR 159).
    SupplementaryKanji,
}

/// What bytes from 0x80 on mean (G1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upper {
    /// No set was declared: read as Latin-1, as most writers mean it.
    Undeclared,
    Latin1,
    /// JIS X 0201 (ISO-IR 13): half-width katakana.
    Katakana,
    Other(&'static Encoding),
}

/// What ends a piece of text, so that the next one begins in the initial set again (PS3.5 section 6.1.2.5.3).
#[derive(Debug, Clone, Copy)]
enum Delimiters {
    Controls,
    Values,
    PersonName,
}

const ESCAPE: u8 = 0x1b;

impl Charset {
    /// Reads the value of Specific Character Set (0008,0005). A set that nobody knows is read as Latin-1.
    pub fn from_value(value: &[u8]) -> Charset {
        let first = value.split(|&byte| byte == b'\\').next().unwrap_or_default();
        // Spaces, underscores and hyphens are mixed up in practice.
        let name: String = first
            .iter()
            .filter(|byte| byte.is_ascii_alphanumeric())
            .map(|byte| char::from(byte.to_ascii_uppercase()))
            .collect();
        let initial = match name.as_str() {
            "ISOIR192" | "UTF8" => Initial::Whole(UTF_8),
            "GB18030" => Initial::Whole(GB18030),
            "GBK" | "ISO2022GBK" => Initial::Whole(GBK),
            _ => {
                let number = name.strip_prefix("ISO2022").unwrap_or(&name);
                let number = number.strip_prefix("ISO").unwrap_or(number);
                Initial::Extensible(Upper::of_registration(number.strip_prefix("IR").unwrap_or(number)))
            }
        };
        Charset(initial)
    }

    /// Decodes a value that backslashes do not divide: LT, ST, UT.
    pub fn decode_text(self, bytes: &[u8]) -> String {
        self.decode(bytes, Delimiters::Controls)
    }

    /// Decodes the values of LO, SH or UC, with the backslashes between them.
    pub fn decode_values(self, bytes: &[u8]) -> String {
        self.decode(bytes, Delimiters::Values)
    }

    /// Decodes person names with the `\`, `=` and `^` between them (PS3.5 section 6.2.1).
    pub fn decode_person_name(self, bytes: &[u8]) -> String {
        self.decode(bytes, Delimiters::PersonName)
    }

    fn decode(self, bytes: &[u8], delimiters: Delimiters) -> String {
        match self.0 {
            Initial::Whole(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            Initial::Extensible(initial) => decode_extensible(initial, bytes, delimiters),
        }
    }
}

impl Upper {
    /// The set with this number in the ISO registry of coded character sets.
    fn of_registration(number: &str) -> Upper {
        match number {
            "100" => Upper::Latin1,
            "101" => Upper::Other(ISO_8859_2),
            "109" => Upper::Other(ISO_8859_3),
            "110" => Upper::Other(ISO_8859_4),
            "144" => Upper::Other(ISO_8859_5),
            "127" => Upper::Other(ISO_8859_6),
            "126" => Upper::Other(ISO_8859_7),
            "138" => Upper::Other(ISO_8859_8),
            "148" => Upper::Other(WINDOWS_1254),
            "166" => Upper::Other(WINDOWS_874),
            "203" => Upper::Other(ISO_8859_15),
            "13" => Upper::Katakana,
            "149" => Upper::Other(EUC_KR),
            "58" => Upper::Other(GBK),
            _ => Upper::Undeclared,
        }
    }

    fn decode(self, bytes: &[u8], text: &mut String) {
        match self {
            Upper::Undeclared | Upper::Latin1 => text.extend(bytes.iter().map(|&byte| char::from(byte))),
            Upper::Katakana => text.extend(bytes.iter().map(|&byte| match byte {
                0xa1..=0xdf => char::from_u32(0xff61 + u32::from(byte) - 0xa1).unwrap_or(char::REPLACEMENT_CHARACTER),
                _ => char::REPLACEMENT_CHARACTER,
            })),
            Upper::Other(encoding) => text.push_str(&encoding.decode_without_bom_handling(bytes).0),
        }
    }
}

impl Lower {
    fn decode(self, bytes: &[u8], text: &mut String) {
        let wide = |prefix: &[u8]| {
            let pairs =
                bytes.chunks(2).flat_map(|pair| prefix.iter().copied().chain(pair.iter().map(|byte| byte | 0x80)));
            let bytes: Vec<u8> = pairs.collect();
            EUC_JP.decode_without_bom_handling(&bytes).0.into_owned()
        };
        match self {
            Lower::Ascii => text.extend(bytes.iter().map(|&byte| char::from(byte))),
            Lower::Kanji => text.push_str(&wide(&[])),
            Lower::SupplementaryKanji => text.push_str(&wide(&[0x8f])),
        }
    }
}

impl Delimiters {
    fn contain(self, byte: u8) -> bool {
        match byte {
            b'\t' | b'\n' | 0x0c | b'\r' => true,
            b'\\' => !matches!(self, Delimiters::Controls),
            b'^' | b'=' => matches!(self, Delimiters::PersonName),
            _ => false,
        }
    }
}

fn decode_extensible(initial: Upper, mut bytes: &[u8], delimiters: Delimiters) -> String {
    let mut text = String::with_capacity(bytes.len());
    let (mut lower, mut upper) = (Lower::Ascii, initial);
    while let Some(&byte) = bytes.first() {
        if byte == ESCAPE
            && let Some((switch, length)) = Switch::of(bytes)
        {
            match switch {
                Switch::Lower(set) => lower = set,
                Switch::Upper(set) => upper = set,
            }
            bytes = bytes.get(length..).unwrap_or_default();
            continue;
        }
        if lower == Lower::Ascii && delimiters.contain(byte) && initial != Upper::Undeclared {
            upper = initial;
        }
        let (high, single) = (byte >= 0x80, delimiters.contain(byte) || byte == ESCAPE);
        let same = |&&next: &&u8| {
            (next >= 0x80) == high && next != ESCAPE && !(lower == Lower::Ascii && delimiters.contain(next))
        };
        let length = if single && lower == Lower::Ascii {
            1
        } else {
            1 + bytes.iter().skip(1).take_while(same).count()
        };
        let (run, rest) = bytes.split_at(length);
        if high {
            upper.decode(run, &mut text)
        } else {
            lower.decode(run, &mut text)
        }
        bytes = rest;
    }
    text
}

/// What an escape sequence switches to (PS3.3 tables C.12-3 and C.12-4).
enum Switch {
    Lower(Lower),
    Upper(Upper),
}

impl Switch {
    /// The meaning and the length of the escape sequence that these bytes begin with.
    fn of(bytes: &[u8]) -> Option<(Switch, usize)> {
        let (switch, length) = match bytes.get(1..)? {
            [b'(', b'B' | b'J', ..] => (Switch::Lower(Lower::Ascii), 3),
            [b')', b'I', ..] => (Switch::Upper(Upper::Katakana), 3),
            [b'$', b'B' | b'@', ..] => (Switch::Lower(Lower::Kanji), 3),
            [b'$', b'(', b'D', ..] => (Switch::Lower(Lower::SupplementaryKanji), 4),
            [b'$', b')', b'C', ..] => (Switch::Upper(Upper::Other(EUC_KR)), 4),
            [b'$', b')', b'A', ..] => (Switch::Upper(Upper::Other(GBK)), 4),
            [b'-', set, ..] => {
                let number = match set {
                    b'A' => "100",
                    b'B' => "101",
                    b'C' => "109",
                    b'D' => "110",
                    b'F' => "126",
                    b'G' => "127",
                    b'H' => "138",
                    b'L' => "144",
                    b'M' => "148",
                    b'T' => "166",
                    b'b' => "203",
                    _ => return None,
                };
                (Switch::Upper(Upper::of_registration(number)), 3)
            }
            _ => return None,
        };
        Some((switch, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(charset: &str, bytes: &[u8]) -> String {
        Charset::from_value(charset.as_bytes()).decode_person_name(bytes)
    }

    /// The examples of PS3.5 annexes H, I and K.
    #[test]
    fn names_of_the_standard_decode() {
        let kanji = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
        assert_eq!(names("\\ISO 2022 IR 87", kanji), "Yamada^Tarou=山田^太郎=やまだ^たろう");
        let katakana =
            b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J";
        assert_eq!(
            names("ISO 2022 IR 13\\ISO 2022 IR 87", katakana),
            "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"
        );
        let korean = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf";
        assert_eq!(names("\\ISO 2022 IR 149", korean), "Hong^Gildong=洪^吉洞=홍^길동");
        let chinese = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=";
        assert_eq!(names("\\ISO 2022 IR 58", chinese), "Zhang^XiaoDong=张^小东=");
        assert_eq!(
            names("GB18030", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab="),
            "Wang^XiaoDong=王^小东="
        );
        assert_eq!(
            names("ISO_IR 192", "Wang^XiaoDong=王^小東=".as_bytes()),
            "Wang^XiaoDong=王^小東="
        );
    }

    #[test]
    fn a_delimiter_returns_to_the_initial_set() {
        assert_eq!(
            names("ISO 2022 IR 100\\ISO 2022 IR 144", b"\xc4\x1b-L\xbb^\xc4"),
            "ÄЛ^Ä"
        );
    }

    #[test]
    fn supplementary_kanji_decode() {
        assert_eq!(names("\\ISO 2022 IR 159", b"\x1b$(D0!\x1b(B"), "丂");
    }

    #[test]
    fn a_backslash_inside_of_a_kanji_divides_nothing() {
        let charset = Charset::from_value(b"\\ISO 2022 IR 87");
        assert_eq!(charset.decode_values(b"\x1b$B\x25\x5c\x1b(B\\a"), "ボ\\a");
    }

    #[test]
    fn broken_bytes_become_replacement_characters() {
        assert_eq!(names("ISO_IR 192", b"a\xff"), "a\u{fffd}");
        assert_eq!(names("\\ISO 2022 IR 149", b"\x1b$)C\xff"), "\u{fffd}");
        assert_eq!(names("", b"\x1b"), "\u{1b}");
    }

    #[test]
    fn misspelt_sets_are_understood() {
        assert_eq!(Charset::from_value(b"ISO-IR 192 "), Charset::from_value(b"ISO_IR 192"));
        assert_eq!(
            Charset::from_value(b"ISO 2022 IR 100"),
            Charset::from_value(b"iso_ir_100")
        );
    }
}
