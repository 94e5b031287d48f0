//! What goes into a network and comes out. Whole numbers and truths become floats: labels are small enough to stay exact.

use crate::ModelError;

#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    /// The last axis fastest; as many as the shape says.
    pub data: Vec<f32>,
}

impl Tensor {
    /// # Errors
    /// `Answer` when there are not as many values as the shape says, or some are no numbers.
    pub fn new(name: String, shape: Vec<usize>, data: Vec<f32>) -> Result<Self, ModelError> {
        let count = shape.iter().try_fold(1usize, |product, length| product.checked_mul(*length));
        if count != Some(data.len()) {
            return Err(ModelError::Answer(format!(
                "output {name} has {} values for the shape {shape:?}",
                data.len()
            )));
        }
        if data.iter().any(|value| !value.is_finite()) {
            return Err(ModelError::Answer(format!(
                "output {name} holds values that are no numbers"
            )));
        }
        Ok(Self { name, shape, data })
    }
}
