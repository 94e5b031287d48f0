//! Places in words: `right lung, upper third`.

use crate::analysis::grid::{Mask, Vec3};

/// The third of the extent of `mask` along `axis` in which `place` (in voxels) lies, from the low end.
fn third(mask: &Mask, place: Vec3, axis: usize) -> usize {
    let Some((low, high)) = mask.bounds() else {
        return 1;
    };
    let part = (place[axis] - low[axis] as f64) / (high[axis] + 1 - low[axis]) as f64;
    (part * 3.0).clamp(0.0, 2.0) as usize
}

/// `left lung, middle third`.
pub fn in_lung(name: &str, lung: &Mask, place: Vec3) -> String {
    let height = ["lower", "middle", "upper"][third(lung, place, 2)];
    format!("{name} lung, {height} third")
}

/// `right of the midline, anterior third, upper third`.
pub fn in_head(inside: &Mask, place: Vec3) -> String {
    let depth = ["anterior", "middle", "posterior"][third(inside, place, 1)];
    let height = ["lower", "middle", "upper"][third(inside, place, 2)];
    let side = match inside.bounds() {
        Some((low, high)) => {
            let part = (place[0] - low[0] as f64) / (high[0] + 1 - low[0]) as f64;
            ["right of the midline", "near the midline", "left of the midline"]
                [usize::from(part > 0.44) + usize::from(part > 0.56)]
        }
        None => "near the midline",
    };
    format!("inside of the skull, {side}, {depth} third from front to back, {height} third")
}
