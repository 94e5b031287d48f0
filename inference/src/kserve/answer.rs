//! The answer to a question of inference: JSON with flat or nested data, and after it the bytes of those tensors that say so.

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use crate::{ModelError, Tensor};

#[derive(serde::Deserialize)]
struct Answer {
    outputs: Vec<Output>,
}

#[derive(serde::Deserialize)]
struct Output {
    name: String,
    shape: Vec<usize>,
    datatype: String,
    data: Option<Flat>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, serde::Deserialize)]
struct Parameters {
    binary_data_size: Option<usize>,
}

/// Numbers and truths, however deep they are nested, in the order of their text.
struct Flat(Vec<f32>);

/// # Errors
/// `Answer`, which names the output.
pub fn read(json: &[u8], mut binary: &[u8]) -> Result<Vec<Tensor>, ModelError> {
    let answer: Answer = serde_json::from_slice(json).map_err(|error| ModelError::Answer(error.to_string()))?;
    let mut tensors = Vec::with_capacity(answer.outputs.len().min(64));
    for output in answer.outputs {
        let wrong = |what: String| ModelError::Answer(format!("output {:?} {what}", output.name));
        let data = match (output.data, output.parameters.binary_data_size) {
            (Some(Flat(data)), None) => data,
            (None, Some(size)) => {
                let bytes = binary.split_at_checked(size).ok_or_else(|| wrong("is cut off".to_owned()))?;
                binary = bytes.1;
                floats(&output.datatype, bytes.0).ok_or_else(|| {
                    wrong(format!(
                        "has {size} bytes of {:?}, which cannot be read",
                        output.datatype
                    ))
                })?
            }
            _ => {
                return Err(wrong(
                    "has either data or binary_data_size, not both and not none".to_owned(),
                ));
            }
        };
        tensors.push(Tensor::new(output.name, output.shape, data)?);
    }
    Ok(tensors)
}

/// Little-endian values of a datatype of the protocol.
fn floats(datatype: &str, bytes: &[u8]) -> Option<Vec<f32>> {
    macro_rules! each {
        ($number:ty) => {{
            let (values, rest) = bytes.as_chunks::<{ size_of::<$number>() }>();
            rest.is_empty()
                .then(|| values.iter().map(|value| <$number>::from_le_bytes(*value) as f32).collect())
        }};
    }
    match datatype {
        "FP32" => each!(f32),
        "FP64" => each!(f64),
        "INT8" => each!(i8),
        "INT16" => each!(i16),
        "INT32" => each!(i32),
        "INT64" => each!(i64),
        "UINT8" | "BOOL" => each!(u8),
        "UINT16" => each!(u16),
        "UINT32" => each!(u32),
        "UINT64" => each!(u64),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Flat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut values = Vec::new();
        deserializer.deserialize_any(Into(&mut values))?;
        Ok(Self(values))
    }
}

/// Appends what it reads.
struct Into<'a>(&'a mut Vec<f32>);

impl<'de> serde::de::DeserializeSeed<'de> for Into<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Into<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a number, a truth, or a list of them")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.0.push(value as f32);
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.visit_f64(f64::from(u8::from(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Into(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_may_be_flat_nested_or_bytes() {
        let json = br#"{"model_name":"m","outputs":[
            {"name":"a","shape":[2,2],"datatype":"FP32","data":[[1,2.5],[true,-4]]},
            {"name":"b","shape":[2],"datatype":"INT16","parameters":{"binary_data_size":4}},
            {"name":"c","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}"#;
        let bytes = [&(-3i16).to_le_bytes()[..], &7i16.to_le_bytes(), &0.5f32.to_le_bytes()].concat();
        let found = read(json, &bytes).expect("an answer");
        let data: Vec<&[f32]> = found.iter().map(|tensor| tensor.data.as_slice()).collect();
        assert_eq!(data, [&[1.0, 2.5, 1.0, -4.0][..], &[-3.0, 7.0], &[0.5]]);
    }

    #[test]
    fn wrong_answers_are_told_by_the_name_of_the_output() {
        for (outputs, word) in [
            (r#"{"name":"a","shape":[3],"datatype":"FP32","data":[1,2]}"#, "shape"),
            (r#"{"name":"a","shape":[1],"datatype":"FP32"}"#, "either"),
            (
                r#"{"name":"a","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":400}}"#,
                "cut off",
            ),
            (
                r#"{"name":"a","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":4}}"#,
                "BYTES",
            ),
            (
                r#"{"name":"a","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":3}}"#,
                "3 bytes",
            ),
            (
                r#"{"name":"a","shape":[4294967296,4294967296],"datatype":"FP32","data":[]}"#,
                "shape",
            ),
            (r#"{"name":"a","shape":[1],"datatype":"FP32","data":["x"]}"#, "a number"),
        ] {
            let answer = read(format!(r#"{{"outputs":[{outputs}]}}"#).as_bytes(), &[0; 4]);
            let error = answer.expect_err(outputs).to_string();
            assert!(error.contains(word), "{error}");
        }
        let infinite = read(
            br#"{"outputs":[{"name":"a","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}"#,
            &f32::NAN.to_le_bytes(),
        );
        assert!(infinite.is_err());
    }
}
