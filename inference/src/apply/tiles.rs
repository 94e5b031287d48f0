//! A volume that is larger than the network's input is seen in tiles that overlap. Of each tile only the part is kept that lies nearer to
//! its middle than to that of a neighbour, because networks are worst at the edges of what they see.

use std::ops::Range;

use imaging::analysis::{Progress, Stage};

use super::input::{Prepared, tensor};
use super::output::Answer;
use crate::{Model, ModelError};

/// Questions about one series.
const MAX_TILES: usize = 20_000;

/// A stretch of one axis: where the tile begins, and what of the volume is taken from it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    start: usize,
    keep: Range<usize>,
}

pub fn ask(model: &dyn Model, prepared: &Prepared, progress: &Progress) -> Result<Answer, ModelError> {
    let input = &model.manifest().input;
    let shape = prepared.volume.shape;
    let [columns, rows, slices]: [Vec<Piece>; 3] =
        std::array::from_fn(|axis| pieces(shape[axis], prepared.tile[axis], prepared.overlap[axis]));
    let count = columns.len() * rows.len() * slices.len();
    if count > MAX_TILES {
        return Err(ModelError::Series(format!(
            "it would need {count} questions to the network, more than {MAX_TILES}"
        )));
    }
    let mut answer = Answer::new(&model.manifest().output, shape);
    for at in 0..count {
        progress(Stage::Findings, at as f32 / count as f32)?;
        let pieces = [
            &columns[at % columns.len()],
            &rows[at / columns.len() % rows.len()],
            &slices[at / columns.len() / rows.len()],
        ];
        let start = pieces.map(|piece| piece.start);
        let question = tensor(input, prepared.tile, |place| {
            let place: [usize; 3] = std::array::from_fn(|axis| place[axis] + start[axis]);
            let inside = (0..3).all(|axis| place[axis] < shape[axis]);
            if inside {
                prepared.volume.get(place)
            } else {
                prepared.padding
            }
        });
        answer.take(
            &model.infer(question)?,
            prepared.tile,
            start,
            pieces.map(|piece| piece.keep.clone()),
        )?;
    }
    Ok(answer)
}

fn pieces(length: usize, tile: usize, overlap: usize) -> Vec<Piece> {
    let step = tile.saturating_sub(overlap).max(1);
    let last = length.saturating_sub(tile);
    let mut starts: Vec<usize> = (0..last).step_by(step).collect();
    starts.push(last);
    let edge = |left: usize, right: usize| (left + right + tile) / 2;
    let piece = |at: usize| Piece {
        start: starts[at],
        keep: Range {
            start: if at == 0 { 0 } else { edge(starts[at - 1], starts[at]) },
            end: starts.get(at + 1).map_or(length, |next| edge(starts[at], *next)),
        },
    };
    (0..starts.len()).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voxel_is_kept_once_from_a_tile_that_saw_it() {
        for length in 1..60 {
            for (tile, overlap) in [(1, 0), (4, 0), (4, 3), (8, 2), (16, 5), (64, 16)] {
                let pieces = pieces(length, tile, overlap);
                let kept: Vec<usize> = pieces.iter().flat_map(|piece| piece.keep.clone()).collect();
                assert_eq!(kept, (0..length).collect::<Vec<_>>(), "{length} {tile} {overlap}");
                for piece in &pieces {
                    assert!(
                        piece.keep.start >= piece.start && piece.keep.end <= (piece.start + tile).max(length.min(tile))
                    );
                    // Inner edges are seen with half of what is shared around them.
                    assert!(piece.keep.start == 0 || piece.keep.start - piece.start >= overlap / 2);
                }
            }
        }
    }
}
