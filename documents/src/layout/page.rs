//! The measures of our pages and the styles of their text: one look for every document.

use crate::text::{Colour, Style};

/// A4, in points.
pub const WIDTH: f32 = 595.28;
pub const HEIGHT: f32 = 841.89;
pub const MARGIN: f32 = 56.0;
pub const TOP: f32 = 50.0;
/// Below the text: the footer stands here.
pub const BOTTOM: f32 = 64.0;
pub const COLUMN: f32 = WIDTH - 2.0 * MARGIN;

pub const INK: Colour = Colour(28, 32, 38);
pub const GREY: Colour = Colour(96, 103, 112);
pub const RULE: Colour = Colour(205, 210, 216);
pub const WARNING: Colour = Colour(255, 241, 214);
pub const SETTLED: Colour = Colour(226, 243, 231);
pub const ALARM: Colour = Colour(140, 30, 24);

pub const TITLE: Style = style(16.0, true, INK);
pub const HEADING: Style = style(11.0, true, INK);
pub const BODY: Style = style(10.0, false, INK);
pub const STRONG: Style = style(10.0, true, INK);
pub const SMALL: Style = style(8.5, false, INK);
pub const SMALL_STRONG: Style = style(8.5, true, INK);
pub const FAINT: Style = style(8.5, false, GREY);
pub const TINY: Style = style(7.0, false, GREY);
pub const BANNER: Style = style(10.0, true, ALARM);
pub const BANNER_SETTLED: Style = style(10.0, true, Colour(22, 101, 52));

const fn style(size: f32, bold: bool, colour: Colour) -> Style {
    Style { size, bold, colour }
}
