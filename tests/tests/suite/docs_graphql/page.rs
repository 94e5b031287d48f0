//! The operations of a page of documentation, as readers see them.
//!
//! A fence ```` ```graphql CALLER ```` begins an example; `CALLER` is `nobody`, `admin`, `radiologist`, or left out for a technician. The fences
//! ```` ```json variables ```` and ```` ```json answer ```` after it belong to it.

use serde_json::Value;

#[derive(Debug)]
pub struct Example {
    pub line: usize,
    pub caller: String,
    pub text: String,
    /// Words in angle brackets stand for values of the server.
    pub variables: String,
    /// The answer's `data`.
    pub answer: Option<Value>,
}

impl Example {
    pub fn read(page: &str) -> Vec<Self> {
        let mut examples: Vec<Self> = Vec::new();
        let mut lines = page.lines().zip(1..);
        while let Some((line, number)) = lines.next() {
            let Some(fence) = line.strip_prefix("```") else {
                continue;
            };
            let block: Vec<&str> = lines.by_ref().map(|(line, _)| line).take_while(|line| *line != "```").collect();
            let block = block.join("\n");
            let of_example = || panic!("line {number}: a fence `{fence}` that follows no operation");
            match fence.split_once(' ').unwrap_or((fence, "")) {
                ("graphql", caller) => examples.push(Self {
                    line: number,
                    caller: caller.into(),
                    text: block,
                    variables: "{}".into(),
                    answer: None,
                }),
                ("json", "variables") => examples.last_mut().unwrap_or_else(of_example).variables = block,
                ("json", "answer") => {
                    let answer = serde_json::from_str(&block).unwrap_or_else(|error| panic!("line {number}: {error}"));
                    examples.last_mut().unwrap_or_else(of_example).answer = Some(answer);
                }
                _ => {}
            }
        }
        examples
    }

    pub fn is_subscription(&self) -> bool {
        self.text.starts_with("subscription")
    }
}

/// Where an answer differs from the documented one in its keys or kinds of values. Of a documented list the first row says what all rows
/// look like; one that is documented with rows has rows.
pub fn differences(documented: &Value, real: &Value, path: &str) -> Vec<String> {
    match (documented, real) {
        (Value::Object(documented), Value::Object(real)) => {
            let missing = documented
                .keys()
                .filter(|key| !real.contains_key(*key))
                .map(|key| format!("{path}.{key} is missing"));
            let new = real
                .keys()
                .filter(|key| !documented.contains_key(*key))
                .map(|key| format!("{path}.{key} is not told"));
            let shared = documented.iter().filter_map(|(key, value)| Some((key, value, real.get(key)?)));
            let within = shared.flat_map(|(key, value, real)| differences(value, real, &format!("{path}.{key}")));
            missing.chain(new).chain(within).collect()
        }
        (Value::Array(documented), Value::Array(real)) => match (documented.first(), real.is_empty()) {
            (None, true) => Vec::new(),
            (Some(row), false) => real.iter().flat_map(|real| differences(row, real, &format!("{path}[]"))).collect(),
            _ => vec![format!(
                "{path} is documented with {} rows and has {}",
                documented.len(),
                real.len()
            )],
        },
        _ if kind(documented) == kind(real) => Vec::new(),
        _ => vec![format!("{path} is documented as {documented} and is {real}")],
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

#[test]
fn an_example_has_the_fences_that_follow_it() {
    let page = "```graphql admin\nquery A { b }\n```\ntext\n```json variables\n{\"c\": 1}\n```\n```json answer\n{\"b\": [1]}\n```\n```sh\nls\n```\n```graphql\nquery D { e }\n```";
    let [first, second] = &Example::read(page)[..] else {
        panic!("two examples")
    };
    assert_eq!(
        (first.line, first.caller.as_str(), first.variables.as_str()),
        (1, "admin", "{\"c\": 1}")
    );
    assert_eq!(
        first.answer.as_ref().map(ToString::to_string).as_deref(),
        Some("{\"b\":[1]}")
    );
    assert_eq!(
        (second.text.as_str(), second.caller.as_str(), &second.answer),
        ("query D { e }", "", &None)
    );
}

#[test]
fn another_shape_is_a_difference() {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let documented = json(r#"{"a": [{"b": "x"}], "c": null}"#);
    assert!(differences(&documented, &json(r#"{"a": [{"b": "y"}, {"b": "z"}], "c": null}"#), "").is_empty());
    for other in [
        r#"{"a": [], "c": null}"#,
        r#"{"a": [{"b": 1}], "c": null}"#,
        r#"{"a": [{"b": "x"}], "c": 1}"#,
        r#"{"a": [{"b": "x"}]}"#,
    ] {
        assert_eq!(differences(&documented, &json(other), "").len(), 1, "{other}");
    }
}
