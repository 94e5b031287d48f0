//! The letters of a manifest: axes of tensors, directions of the patient.

use serde::Deserialize;

/// The axes of a tensor, the slowest first: N (always one), C (channels), D (slices), H (rows), W (columns).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Layout(String);

impl Layout {
    /// Where an axis stands, if there is one.
    pub fn position(&self, axis: char) -> Option<usize> {
        self.0.find(axis)
    }

    pub fn letters(&self) -> &str {
        &self.0
    }

    pub fn has(&self, axes: &str) -> bool {
        axes.chars().all(|axis| self.0.contains(axis))
    }
}

impl TryFrom<String> for Layout {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let known = text.chars().all(|axis| "NCDHW".contains(axis));
        let once = text.chars().all(|axis| text.matches(axis).count() == 1);
        if !known || !once || !text.contains('H') || !text.contains('W') {
            return Err(format!(
                "layout {text:?} is not made of the letters N, C, D, H and W, each once, H and W among them"
            ));
        }
        Ok(Self(text))
    }
}

/// In which directions of the patient columns, rows and slices rise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Orientation {
    /// Columns, rows and slices are which axes of a volume whose axes run to left, back and head.
    pub order: [usize; 3],
    /// They run the other way.
    pub turned: [bool; 3],
}

impl TryFrom<String> for Orientation {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            format!(
                "orientation {text:?} is not three letters such as LPS or RAS: one of L and R, one of P and A, one of S and I"
            )
        };
        let places: Vec<usize> = text.chars().filter_map(|letter| "LPSRAI".find(letter)).collect();
        let places: [usize; 3] = places.try_into().map_err(|_| wrong())?;
        let order = places.map(|place| place % 3);
        if text.len() != 3 || (0..3).any(|axis| !order.contains(&axis)) {
            return Err(wrong());
        }
        Ok(Self {
            order,
            turned: places.map(|place| place >= 3),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orientations_are_ways_to_left_back_and_head() {
        let way = |text: &str| Orientation::try_from(text.to_owned()).map(|way| (way.order, way.turned));
        assert_eq!(way("LPS"), Ok(([0, 1, 2], [false; 3])));
        assert_eq!(way("RAS"), Ok(([0, 1, 2], [true, true, false])));
        assert_eq!(way("SAR"), Ok(([2, 1, 0], [false, true, true])));
        for wrong in ["", "LP", "LRS", "LPSL", "lps", "LPX", "LPSX"] {
            assert!(way(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn layouts_name_each_axis_once() {
        for (text, good) in [
            ("NCDHW", true),
            ("HW", true),
            ("NHWC", true),
            ("NCD", false),
            ("NNHW", false),
            ("NXHW", false),
        ] {
            assert_eq!(Layout::try_from(text.to_owned()).is_ok(), good, "{text}");
        }
    }
}
