//! Rust source taken apart as far as the rules need it: code without comments, and the strings apart.

/// Comments are in neither part; every literal is a space in `code`.
#[derive(Default)]
pub struct Source {
    pub code: String,
    pub strings: Vec<String>,
}

impl Source {
    pub fn read(text: &str) -> Self {
        let mut source = Self::default();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let opens_word = !source.code.ends_with(in_word);
            if let Some(length) = comment(rest).or_else(|| character(rest)) {
                source.code.push(' ');
                rest = &rest[length..];
            } else if let Some((string, length)) =
                raw_string(rest).filter(|_| opens_word).or_else(|| plain_string(rest))
            {
                source.code.push(' ');
                source.strings.push(string.to_owned());
                rest = &rest[length..];
            } else {
                source.code.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        source
    }
}

pub struct Name<'a> {
    pub word: &'a str,
    /// `::` comes after it, and not before it: a path begins here.
    pub opens_path: bool,
}

/// The words of code: identifiers and keywords.
pub fn names(code: &str) -> Vec<Name<'_>> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(in_word) {
        let before = code.len() - rest.len() + start;
        let length = rest[start..].find(|c| !in_word(c)).unwrap_or(rest.len() - start);
        let after = &rest[start + length..];
        found.push(Name {
            word: &rest[start..start + length],
            opens_path: after.trim_start().starts_with("::") && !code[..before].trim_end().ends_with("::"),
        });
        rest = after;
    }
    found
}

/// Whether a string reads as an SQL statement: keywords in capitals, as this project writes them.
pub fn runs_sql(string: &str) -> bool {
    let pairs = [("SELECT ", " FROM "), ("UPDATE ", " SET ")];
    let words = [
        "INSERT INTO ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "ALTER TABLE ",
        "DROP TABLE ",
        "SELECT pg_",
    ];
    let string = format!("{} ", string.split_whitespace().collect::<Vec<_>>().join(" "));
    words.iter().any(|word| string.contains(word))
        || pairs.iter().any(|(one, two)| string.find(one).is_some_and(|at| string[at..].contains(two)))
}

fn in_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Length of the comment that the text begins with.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut at, mut depth) = (2, 1);
    while depth > 0 && at < text.len() {
        let step = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step.0;
        depth += step.1;
    }
    Some(at)
}

/// Length of the character literal that the text begins with; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\'')?;
    if inner.starts_with('\\') {
        return inner[2..].find('\'').map(|end| end + 4);
    }
    let length = inner.chars().next()?.len_utf8();
    inner[length..].starts_with('\'').then_some(length + 2)
}

/// Content and length of the `r"…"`, `r#"…"#`, `br"…"` that the text begins with.
fn raw_string(text: &str) -> Option<(&str, usize)> {
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix("cr")).or_else(|| text.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let content = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = content.find(&end)?;
    let start = text.len() - content.len();
    Some((&content[..length], start + length + end.len()))
}

/// Content (escapes left as written) and length of the `"…"` that the text begins with.
fn plain_string(text: &str) -> Option<(&str, usize)> {
    let content = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, byte) in content.bytes().enumerate() {
        match byte {
            b'"' if !escaped => return Some((&content[..at], at + 2)),
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    None
}

#[test]
fn comments_and_literals_are_not_code() {
    let source =
        Source::read("a // b\n/* c /* d */ e */ f('\"', '\\'', \"g \\\" h\", r#\"i \" j\"#, b\"k\") 'l: &'m n");
    let words: Vec<_> = names(&source.code).iter().map(|name| name.word.to_owned()).collect();
    assert_eq!(words, ["a", "f", "b", "l", "m", "n"]);
    assert_eq!(source.strings, ["g \\\" h", "i \" j", "k"]);
}

#[test]
fn a_path_begins_with_its_first_word() {
    let opens: Vec<_> = names("entity::study self::entity::x entity").iter().map(|name| name.opens_path).collect();
    assert_eq!(opens, [true, false, true, false, false, false]);
}

#[test]
fn sql_is_told_from_prose() {
    assert!(runs_sql("SELECT id\n   FROM job"));
    assert!(runs_sql("UPDATE job SET state = 1"));
    assert!(runs_sql("INSERT INTO job VALUES (1)"));
    assert!(!runs_sql("SELECT a study, then press UPDATE"));
    assert!(!runs_sql("select a study from the list"));
}
