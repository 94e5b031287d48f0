//! JPEG 2000 and High-Throughput JPEG 2000 (ISO 15444-1 and -15), through the safe wrapper of a Rust port of OpenJPEG.

use jpeg2k::{DecodeParameters, Image};

use super::codestream::{Integers, check_header};
use super::description::{Photometric, PixelDescription};
use super::error::PixelError;

/// More tiles than any frame of a real file has; each costs kilobytes before the first sample.
const MAX_TILES: u64 = 4_096;
const START: [u8; 4] = [0xFF, 0x4F, 0xFF, 0x51];

/// The image and tile size marker (SIZ, ISO 15444-1 A.5.1).
#[derive(Debug, PartialEq, Eq)]
struct Size {
    columns: u32,
    rows: u32,
    tiles: u64,
    components: usize,
    precision: u8,
    signed: bool,
    /// All components alike and at full resolution.
    uniform: bool,
}

/// Decodes one codestream, raw or inside of JP2 boxes; the boxes' colour information is ignored, the data set's counts (PS3.5 8.2.4).
///
/// # Errors
/// `Mismatch` when its header disagrees with the data set, `Unsupported` when its components differ, `Damaged` when it cannot be decoded whole.
pub fn decode(desc: &PixelDescription, codestream: &[u8]) -> Result<Integers, PixelError> {
    let damaged = |reason: &str| PixelError::damaged(&desc.transfer_syntax, reason);
    let start = codestream
        .windows(4)
        .position(|bytes| bytes == START)
        .ok_or_else(|| damaged("it has no start of codestream"))?;
    let codestream = &codestream[start..];
    let size = read_size(codestream).ok_or_else(|| damaged("its image size marker is damaged"))?;
    check_header(desc, size.columns, size.rows, size.components, size.precision)?;
    if size.tiles > MAX_TILES {
        return Err(PixelError::unsupported(
            &desc.transfer_syntax,
            format!("a frame of {} tiles", size.tiles),
        ));
    }
    if !size.uniform {
        return Err(PixelError::unsupported(
            &desc.transfer_syntax,
            "components of different depth or size",
        ));
    }
    let image = Image::from_bytes_with(codestream, DecodeParameters::new().strict(true))
        .map_err(|_| damaged("it is truncated or its coded data is invalid"))?;
    let components = image.components();
    let whole = components.len() == size.components
        && components
            .iter()
            .all(|component| component.width() == size.columns && component.height() == size.rows);
    if !whole {
        return Err(damaged("it does not decode to the size it declares"));
    }
    let planes: Vec<&[i32]> = components.iter().map(|component| component.data()).collect();
    let data: Vec<i32> = match planes.as_slice() {
        [plane] => plane.to_vec(),
        [red, green, blue] => red
            .iter()
            .zip(*green)
            .zip(*blue)
            .map(|((r, g), b)| [*r, *g, *b])
            .collect::<Vec<[i32; 3]>>()
            .into_flattened(),
        _ => return Err(damaged("it has neither one nor three components")),
    };
    Ok(Integers {
        data: data.into(),
        precision: size.precision,
        signed: size.signed,
        photometric: photometric(desc),
    })
}

/// The decoder has undone the component transforms of YBR_RCT and YBR_ICT.
fn photometric(desc: &PixelDescription) -> Photometric {
    match desc.photometric {
        Photometric::YbrRct | Photometric::YbrIct => Photometric::Rgb,
        Photometric::YbrFull422 => Photometric::YbrFull,
        other => other,
    }
}

fn read_size(codestream: &[u8]) -> Option<Size> {
    let body = codestream.get(8..)?;
    let word = |at: usize| body.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    let (x1, y1, x0, y0) = (word(0)?, word(4)?, word(8)?, word(12)?);
    let (tile_width, tile_height, tile_x, tile_y) = (word(16)?, word(20)?, word(24)?, word(28)?);
    if tile_width == 0 || tile_height == 0 {
        return None;
    }
    let count = usize::from(u16::from_be_bytes([*body.get(32)?, *body.get(33)?]));
    let components = body.get(34..34 + count * 3)?.as_chunks::<3>().0;
    let first = components.first()?;
    let across = u64::from(x1.checked_sub(tile_x)?).div_ceil(tile_width.into());
    let down = u64::from(y1.checked_sub(tile_y)?).div_ceil(tile_height.into());
    Some(Size {
        columns: x1.checked_sub(x0)?,
        rows: y1.checked_sub(y0)?,
        tiles: across * down,
        components: count,
        precision: (first[0] & 0x7F) + 1,
        signed: first[0] & 0x80 != 0,
        uniform: components.iter().all(|component| component == first) && first[1] == 1 && first[2] == 1,
    })
}
