//! Tissues by their Hounsfield units.

use super::head::Head;
use super::lungs::Lungs;
use super::method;
use crate::analysis::Series;
use crate::analysis::components::{Components, Neighbours};
use crate::analysis::grid::{Mask, Volume};
use crate::analysis::labels::Label;
use crate::analysis::morphology::{dilated, eroded};
use crate::analysis::results::Method;

/// Bone is denser than this; so are vessels full of contrast agent, which the docs say.
const BONE: f32 = 250.0;
/// Smaller pieces are calcifications and noise, in ml.
const SMALLEST_BONE: f64 = 0.5;
/// Gas within the body.
const GAS: f32 = -500.0;

/// Voxels above 250 HU, closed by 2 mm for their marrow, without small pieces.
pub fn bone(series: &Series, body: &Mask) -> Mask {
    let dense = series.loaded.volume.zip(body, |hu, inside| inside && hu > BONE);
    let reach = series.reach(2.0);
    let closed = eroded(&dilated(&dense, reach), reach).zip(body, |closed, inside| closed && inside);
    let least = SMALLEST_BONE / series.loaded.grid.voxel_ml();
    Components::of(&closed, Neighbours::All).mask(|part| part.voxels as f64 >= least)
}

/// One label for each voxel: organs before bone before what its Hounsfield unit alone says.
pub fn labels(hu: &Volume<f32>, body: &Mask, bone: &Mask, lungs: Option<&Lungs>, head: Option<&Head>) -> Volume<u8> {
    let mut labels = hu.zip(body, |hu, inside| match hu {
        _ if !inside => Label::Outside as u8,
        hu if hu < GAS => Label::Gas as u8,
        -190.0..=-30.0 => Label::Fat as u8,
        -29.5..=150.0 => Label::SoftTissue as u8,
        _ => Label::Outside as u8,
    });
    let mut paint = |mask: &Mask, label: Label| {
        for (cell, inside) in labels.data.iter_mut().zip(&mask.data) {
            if *inside {
                *cell = label as u8;
            }
        }
    };
    if let Some(head) = head {
        paint(&head.inside, Label::Intracranial);
    }
    paint(bone, Label::Bone);
    if let Some(lungs) = lungs {
        paint(&lungs.left, Label::LeftLung);
        paint(&lungs.right, Label::RightLung);
        if let Some(airway) = &lungs.airway {
            paint(airway, Label::Airway);
        }
    }
    labels
}

/// How each label is found.
pub fn methods() -> Vec<(Label, Method)> {
    const HU2001: &str = "Hu, Hoffman and Reinhardt, IEEE Trans Med Imaging 20:490-498 (2001)";
    let lung = || {
        method(
            "Iterated threshold within the body, without airways, left and right parted by erosion",
            HU2001,
        )
    };
    vec![
        (Label::LeftLung, lung()),
        (Label::RightLung, lung()),
        (
            Label::Airway,
            method(
                "Region growing below -940 HU from the trachea, tightened until it does not leak",
                HU2001,
            ),
        ),
        (
            Label::Intracranial,
            method(
                "Largest region of -20 to 100 HU that the skull, closed by 5 mm, encloses in axial slices",
                "Gantry; thresholds after Hounsfield, Br J Radiol 46:1016-1022 (1973)",
            ),
        ),
        (
            Label::Bone,
            method(
                "Above 250 HU, closed by 2 mm, pieces of at least 0.5 ml",
                "Threshold range 200 to 300 HU after Hounsfield, Br J Radiol 46:1016-1022 (1973)",
            ),
        ),
        (
            Label::SoftTissue,
            method(
                "-29 to 150 HU within the body",
                "Aubrey et al., Acta Physiol 210:489-497 (2014)",
            ),
        ),
        (
            Label::Fat,
            method(
                "-190 to -30 HU within the body",
                "Yoshizumi et al., Radiology 211:283-286 (1999)",
            ),
        ),
        (
            Label::Gas,
            method("Below -500 HU within the body, outside of lungs and airways", HU2001),
        ),
    ]
}
