//! Bounds on a document before the parser sees it, by a small lexer of our own.
//!
//! async-graphql's parser recurses with the nesting of the document and would overflow the stack.

use super::{code::Code, refusal::Refusal};

/// How much one document may ask for. The defaults leave room for the full introspection query, which is 14 fields deep.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the document.
    pub bytes: usize,
    /// Lexical tokens (GraphQL section 2.1.6).
    pub tokens: usize,
    /// Nesting of `{`, `[` and `(`.
    pub nesting: usize,
    /// Aliases of fields.
    pub aliases: usize,
    /// Directives, repeated ones counted each.
    pub directives: usize,
    /// Selections after every fragment spread has been replaced by its fragment.
    pub selections: usize,
    /// Fields of one name in one selection: they are answered once and computed each time.
    pub repetitions: usize,
    /// Fields within fields, with fragments in their places. It also keeps the computation of costs, which multiplies along it, within its numbers.
    pub depth: usize,
    /// Cost of one operation; see [`Metering`](super::Metering).
    pub cost: usize,
    /// Whether the schema may be asked for.
    pub introspection: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 * 1024,
            tokens: 1_000,
            nesting: 48,
            aliases: 15,
            directives: 50,
            selections: 5_000,
            repetitions: 10,
            depth: 15,
            cost: 50_000,
            introspection: true,
        }
    }
}

#[derive(Default)]
struct Count {
    tokens: usize,
    nesting: usize,
    parentheses: usize,
    aliases: usize,
    directives: usize,
}

impl Limits {
    /// Refuses a document that is longer, deeper or wider than allowed, in one pass without recursion or allocation.
    pub fn check_source(&self, source: &str) -> Result<(), Refusal> {
        within("bytes", source.len(), self.bytes)?;
        let bytes = source.as_bytes();
        let mut count = Count::default();
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b',' => at += 1,
                // The byte order mark is white space.
                0xEF if bytes[at..].starts_with("\u{feff}".as_bytes()) => at += 3,
                b'#' => at = end_of_line(bytes, at),
                _ => {
                    self.count(byte, &mut count)?;
                    at = end_of_token(bytes, at);
                }
            }
        }
        Ok(())
    }

    fn count(&self, first: u8, count: &mut Count) -> Result<(), Refusal> {
        count.tokens += 1;
        match first {
            b'{' | b'[' | b'(' => count.nesting += 1,
            b'}' | b']' | b')' => count.nesting = count.nesting.saturating_sub(1),
            b'@' => count.directives += 1,
            // Within parentheses a colon belongs to an argument, a variable or an input field.
            b':' if count.parentheses == 0 => count.aliases += 1,
            _ => {}
        }
        match first {
            b'(' => count.parentheses += 1,
            b')' => count.parentheses = count.parentheses.saturating_sub(1),
            _ => {}
        }
        within("tokens", count.tokens, self.tokens)?;
        within("levels of nesting", count.nesting, self.nesting)?;
        within("aliases", count.aliases, self.aliases)?;
        within("directives", count.directives, self.directives)
    }
}

/// Refuses more of something than is allowed.
pub(super) fn within(what: &str, found: usize, allowed: usize) -> Result<(), Refusal> {
    if found <= allowed {
        return Ok(());
    }
    Err(Refusal::new(
        Code::DocumentTooLarge,
        format!("The document has more than {allowed} {what}. Split it into several requests."),
    ))
}

fn end_of_line(bytes: &[u8], from: usize) -> usize {
    skip(bytes, from, |byte| byte != b'\n' && byte != b'\r')
}

fn skip(bytes: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|&byte| !wanted(byte)).map_or(bytes.len(), |length| from + length)
}

fn end_of_token(bytes: &[u8], from: usize) -> usize {
    match bytes[from] {
        b'"' if bytes[from..].starts_with(b"\"\"\"") => end_of_block_string(bytes, from + 3),
        b'"' => end_of_string(bytes, from + 1),
        b'.' if bytes[from..].starts_with(b"...") => from + 3,
        byte if byte == b'_' || byte.is_ascii_alphabetic() => {
            skip(bytes, from, |byte| byte == b'_' || byte.is_ascii_alphanumeric())
        }
        byte if byte == b'-' || byte.is_ascii_digit() => skip(bytes, from + 1, |byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'-')
        }),
        _ => from + 1,
    }
}

fn end_of_string(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            // A string does not span lines: the parser refuses it here.
            b'\n' | b'\r' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn end_of_block_string(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"\\\"\"\"") {
            at += 4;
        } else if rest.starts_with(b"\"\"\"") {
            return at + 3;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Limits {
        Limits {
            nesting: levels,
            ..Limits::default()
        }
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        for source in [
            r#"{ a(b: "{{{ \" [[[ \\") }"#,
            r#"{ a(b: """ {{{ "" \""" [[[ """) }"#,
            "{ a # {{{ [[[\n }",
            "{ a(b: \"{{{ é 日本 [[[\") }",
        ] {
            assert!(nested(2).check_source(source).is_ok(), "{source}");
        }
    }

    #[test]
    fn brackets_after_the_end_of_a_string_or_comment_count() {
        for source in [
            "# {\r{{{",
            "# {\n{{{",
            "\"{\" {{{",
            "\"\\\\\" {{{",
            "\"\" {{{",
            "\"\"\" { \"\"\" {{{",
            "\"\"\"\"\"\" {{{",
            "\" unclosed \n{{{",
            "\u{feff}{,{,{",
            "-1.5e+3{a{b{",
        ] {
            assert!(nested(2).check_source(source).is_err(), "{source}");
            assert!(nested(3).check_source(source).is_ok(), "{source}");
        }
    }

    #[test]
    fn only_colons_of_selections_are_aliases() {
        let none = Limits {
            aliases: 0,
            ..Limits::default()
        };
        let source = "query($a: Int = 1, $b: I = {c: 2}) { d(e: $a, f: {g: [1]}) @h(i: 1) }";
        assert!(none.check_source(source).is_ok());
        assert!(none.check_source("{ a: b }").is_err());
        assert!(none.check_source("{ a(b: 1) c: d }").is_err());
    }

    #[test]
    fn an_unfinished_token_at_the_end_is_read_safely() {
        for source in ["\"", "\"\\", "\"\"\"", "\"\"\"\\", "#", ".", "..", "-", "$", "\u{fe}"] {
            assert!(Limits::default().check_source(source).is_ok(), "{source}");
        }
    }
}
