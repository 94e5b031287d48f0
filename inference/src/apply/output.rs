//! The network's answers, tile by tile, on the voxels of the volume that it saw. An output may be coarser or finer than the input.

use std::ops::Range;

use imaging::analysis::Volume;

use crate::{Activation, Layout, ModelError, Output, Tensor};

/// What the network said of the whole volume.
pub struct Answer {
    output: Output,
    pub labels: Option<Volume<u8>>,
    /// In the order of the manifest.
    pub heat: Vec<Volume<f32>>,
    /// The greatest of all tiles.
    pub scores: Vec<f32>,
}

impl Answer {
    pub fn new(output: &Output, shape: [usize; 3]) -> Self {
        Self {
            labels: output.labels.as_ref().map(|_| Volume::filled(shape, 0)),
            heat: output.heat_maps.iter().map(|_| Volume::filled(shape, 0.0)).collect(),
            scores: output.scores.as_ref().map(|scores| vec![0.0; scores.classes.len()]).unwrap_or_default(),
            output: output.clone(),
        }
    }

    /// Takes what `keep` says from the answer to the tile at `start`.
    pub fn take(
        &mut self,
        outputs: &[Tensor],
        tile: [usize; 3],
        start: [usize; 3],
        keep: [Range<usize>; 3],
    ) -> Result<(), ModelError> {
        let places = || {
            let [columns, rows, slices] = keep.clone();
            slices.flat_map(move |z| {
                let columns = columns.clone();
                rows.clone().flat_map(move |y| columns.clone().map(move |x| [x, y, z]))
            })
        };
        let within = |place: [usize; 3]| std::array::from_fn(|axis| place[axis] - start[axis]);
        if let (Some(map), Some(labels)) = (&self.output.labels, &mut self.labels) {
            let view = View::of(named(outputs, &map.name)?, &map.layout, tile)?;
            let listed = |label: u8| map.classes.iter().any(|class| class.value == label);
            let known: Vec<bool> = (0..=u8::MAX).map(listed).collect();
            for place in places() {
                let label = view.label(within(place)).filter(|label| known[usize::from(*label)]).unwrap_or(0);
                let at = labels.at(place);
                labels.data[at] = label;
            }
        }
        for (map, heat) in self.output.heat_maps.iter().zip(&mut self.heat) {
            let view = View::of(named(outputs, &map.name)?, &map.layout, tile)?;
            if map.channel >= view.channels {
                return Err(ModelError::Answer(format!(
                    "output {} has {} channels and no channel {}",
                    map.name, view.channels, map.channel
                )));
            }
            for place in places() {
                let at = heat.at(place);
                heat.data[at] = view.score(within(place), map.channel, map.activation);
            }
        }
        self.take_scores(outputs)
    }

    fn take_scores(&mut self, outputs: &[Tensor]) -> Result<(), ModelError> {
        let Some(scores) = &self.output.scores else {
            return Ok(());
        };
        let found = named(outputs, &scores.name)?;
        if found.data.len() != self.scores.len() {
            return Err(ModelError::Answer(format!(
                "output {} has {} values for {} classes",
                scores.name,
                found.data.len(),
                self.scores.len()
            )));
        }
        for (channel, score) in self.scores.iter_mut().enumerate() {
            *score = score.max(activated(found.data.iter().copied(), channel, scores.activation));
        }
        Ok(())
    }
}

fn named<'a>(outputs: &'a [Tensor], name: &str) -> Result<&'a Tensor, ModelError> {
    outputs.iter().find(|output| output.name == name).ok_or_else(|| {
        let names: Vec<&str> = outputs.iter().take(20).map(|output| output.name.as_str()).collect();
        ModelError::Answer(format!("there is no output {name:?}, only {names:?}"))
    })
}

/// A tensor by voxels of the tile.
struct View<'a> {
    data: &'a [f32],
    /// Lengths and steps of W, H and D.
    lengths: [usize; 3],
    steps: [usize; 3],
    channels: usize,
    channel_step: usize,
    has_channels: bool,
    tile: [usize; 3],
}

impl<'a> View<'a> {
    fn of(tensor: &'a Tensor, layout: &Layout, tile: [usize; 3]) -> Result<Self, ModelError> {
        let shape = &tensor.shape;
        let rank = shape.len() == layout.letters().len();
        let one = layout.position('N').is_none_or(|at| shape.get(at) == Some(&1));
        if !rank || !one || shape.contains(&0) {
            return Err(ModelError::Answer(format!(
                "output {} has the shape {shape:?}, not one of {}",
                tensor.name,
                layout.letters()
            )));
        }
        let axis = |letter: char| {
            layout.position(letter).map_or((1, 0), |at| (shape[at], shape[at + 1..].iter().product::<usize>()))
        };
        let along = ['W', 'H', 'D'].map(axis);
        let (channels, channel_step) = axis('C');
        Ok(Self {
            data: &tensor.data,
            lengths: along.map(|(length, _)| length),
            steps: along.map(|(_, step)| step),
            channels,
            channel_step,
            has_channels: layout.has("C"),
            tile,
        })
    }

    fn at(&self, place: [usize; 3]) -> usize {
        (0..3).map(|axis| place[axis] * self.lengths[axis] / self.tile[axis] * self.steps[axis]).sum()
    }

    fn values(&self, place: [usize; 3]) -> impl Iterator<Item = f32> + Clone + '_ {
        let at = self.at(place);
        (0..self.channels).map(move |channel| self.data[at + channel * self.channel_step])
    }

    /// The channel of the greatest value, or the value where there are no channels.
    fn label(&self, place: [usize; 3]) -> Option<u8> {
        if !self.has_channels {
            let value = self.data[self.at(place)].round();
            return (0.0..=255.0).contains(&value).then_some(value as u8);
        }
        let mut best = (f32::NEG_INFINITY, 0);
        for (channel, value) in self.values(place).enumerate() {
            // A tie goes to the first, as argmax has it everywhere.
            best = if value > best.0 { (value, channel) } else { best };
        }
        u8::try_from(best.1).ok()
    }

    fn score(&self, place: [usize; 3], channel: usize, activation: Activation) -> f32 {
        activated(self.values(place), channel, activation)
    }
}

/// The score of one of the values.
fn activated(values: impl Iterator<Item = f32> + Clone, channel: usize, activation: Activation) -> f32 {
    let value = values.clone().nth(channel).unwrap_or(0.0);
    match activation {
        Activation::None => value,
        Activation::Sigmoid => 1.0 / (1.0 + (-value).exp()),
        Activation::Softmax => {
            let greatest = values.clone().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = values.map(|value| (value - greatest).exp()).sum();
            (value - greatest).exp() / sum
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> Layout {
        Layout::try_from(text.to_owned()).expect("a layout")
    }

    #[test]
    fn an_output_is_read_by_the_letters_of_its_axes() {
        // Two channels, one slice, two rows, three columns.
        let data: Vec<f32> = [[[0., 1., 2.], [3., 4., 5.]], [[9., 0., 9.], [0., 9., 0.]]].concat().concat();
        let first = Tensor::new("a".into(), vec![1, 2, 1, 2, 3], data.clone()).expect("a tensor");
        let last: Vec<f32> = (0..6).flat_map(|at| [data[at], data[at + 6]]).collect();
        let last = Tensor::new("a".into(), vec![2, 3, 2], last).expect("a tensor");
        for (tensor, layout) in [(&first, layout("NCDHW")), (&last, layout("HWC"))] {
            let view = View::of(tensor, &layout, [3, 2, 1]).expect("it fits");
            let labels: Vec<Option<u8>> = (0..6).map(|at| view.label([at % 3, at / 3, 0])).collect();
            assert_eq!(labels, [1, 0, 1, 0, 1, 0].map(Some));
            assert!((view.score([1, 1, 0], 1, Activation::Softmax) - 0.993_307).abs() < 1e-5);
            assert_eq!(view.score([1, 1, 0], 0, Activation::None), 4.0);
        }
        assert!(View::of(&first, &layout("NCHW"), [3, 2, 1]).is_err());
        assert!(View::of(&last, &layout("NHW"), [3, 2, 1]).is_err());
    }

    #[test]
    fn a_coarse_output_covers_the_tile() {
        let tensor = Tensor::new("a".into(), vec![2, 2], vec![1., 2., 3., 4.]).expect("a tensor");
        let view = View::of(&tensor, &layout("HW"), [4, 4, 1]).expect("it fits");
        assert_eq!(
            [[0, 0, 0], [3, 1, 0], [1, 2, 0], [2, 3, 0]].map(|place| view.label(place)),
            [1, 2, 3, 4].map(Some)
        );
    }
}
