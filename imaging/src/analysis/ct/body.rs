//! The patient within the picture: without the air around, without the table.

use crate::analysis::Series;
use crate::analysis::components::{Components, Neighbours};
use crate::analysis::grid::Mask;
use crate::analysis::morphology::{dilated, eroded, filled};

/// Between air and everything that is not.
pub const AIR: f32 = -500.0;

/// The largest component above -500 HU after an opening that parts it from the table, with all that it encloses within each axial slice
/// (Hu, Hoffman and Reinhardt, IEEE Trans Med Imaging 20:490-498, 2001, section II.A).
pub fn of(series: &Series) -> Mask {
    let dense = series.loaded.volume.map(|hu| hu > AIR);
    // No further: the wall of a thin chest is not much thicker than the top of a table.
    let [x, y, _] = series.reach(2.0);
    let found = Components::of(&eroded(&dense, [x, y, 0]), Neighbours::Faces);
    let core = found.largest().map(|largest| largest.label);
    let body = dilated(&found.mask(|part| Some(part.label) == core), [x + 1, y + 1, 0]);
    filled(&body.zip(&dense, |near, dense| near && dense))
}

/// Whether much of the edge of the pictures is body.
pub fn is_cut(body: &Mask) -> bool {
    let [columns, rows, _] = body.shape;
    let edge = (0..body.data.len()).filter(|at| {
        let [x, y, _] = body.place(*at);
        x == 0 || y == 0 || x + 1 == columns || y + 1 == rows
    });
    let (cut, all) = edge.fold((0usize, 0usize), |(cut, all), at| {
        (cut + usize::from(body.data[at]), all + 1)
    });
    cut * 20 > all
}
