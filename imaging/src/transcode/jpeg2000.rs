//! JPEG 2000 lossless by a Rust port of OpenJPEG, HTJ2K lossless by another library; each checks the other's work.

use dicom_toolkit_jpeg2000::{DecodeSettings, EncodeOptions, Image};
use openjp2::openjpeg::{CODEC_FORMAT, COLOR_SPACE, opj_cparameters};
use openjp2::{Codec, Stream, opj_image, opj_image_comptparm};

use super::frame::Integers;
use super::{TargetSyntax, TranscodeError};

const STREAM_BUFFER: usize = 1 << 20;
/// Offset of the first component's depth and sign in a codestream: SOC, SIZ and 38 bytes of size parameters.
const COMPONENT_DEPTHS: usize = 42;
/// The coding style marker (COD), and where its component transform byte is (ISO 15444-1 A.6.1).
const CODING_STYLE: [u8; 2] = [0xFF, 0x52];
const COMPONENT_TRANSFORM: usize = 8;
const MAX_RESOLUTIONS: u32 = 6;

/// Lossless JPEG 2000 (5/3 wavelet); `transform` applies the reversible component transform to three components.
///
/// The port's only output without raw pointers is a file, hence the temporary one, which is deleted at once.
pub fn encode(integers: &Integers, transform: bool) -> Result<Vec<u8>, TranscodeError> {
    let failed = |reason: &str| TranscodeError::encoder(TargetSyntax::Jpeg2000Lossless, reason);
    let mut image = image(integers).ok_or_else(|| failed("the image was not accepted"))?;
    let mut parameters = opj_cparameters {
        tcp_numlayers: 1,
        cp_disto_alloc: 1,
        tcp_mct: i8::from(transform),
        numresolution: (integers.columns.min(integers.rows).ilog2() + 1).min(MAX_RESOLUTIONS) as i32,
        ..Default::default()
    };
    let output = tempfile::NamedTempFile::new().map_err(|_| failed("no temporary file"))?;
    {
        let mut stream =
            Stream::new_file(output.path(), STREAM_BUFFER, false).map_err(|_| failed("no temporary file"))?;
        let mut codec = Codec::new_encoder(CODEC_FORMAT::OPJ_CODEC_J2K).ok_or_else(|| failed("no encoder"))?;
        let done = codec.setup_encoder(&mut parameters, &mut image) == 1
            && codec.start_compress(&mut image, &mut stream) == 1
            && codec.encode(&mut stream) == 1
            && codec.end_compress(&mut stream) == 1;
        if !done {
            return Err(failed("the image was not accepted"));
        }
    }
    std::fs::read(output.path()).map_err(|_| failed("the temporary file vanished"))
}

fn image(integers: &Integers) -> Option<Box<opj_image>> {
    let component = || opj_image_comptparm {
        dx: 1,
        dy: 1,
        w: integers.columns,
        h: integers.rows,
        x0: 0,
        y0: 0,
        prec: integers.precision.into(),
        bpp: integers.precision.into(),
        sgnd: integers.signed.into(),
    };
    let channels = usize::from(integers.channels);
    let parameters: Vec<opj_image_comptparm> = (0..channels).map(|_| component()).collect();
    let mut image = opj_image::create(&parameters, COLOR_SPACE::OPJ_CLRSPC_UNSPECIFIED)?;
    (image.x1, image.y1) = (integers.columns, integers.rows);
    for (channel, plane) in image.comps_data_mut_iter()?.enumerate() {
        for (target, value) in plane.iter_mut().zip(integers.values.iter().skip(channel).step_by(channels)) {
            *target = *value;
        }
    }
    Some(image)
}

/// Lossless HTJ2K, components coded apart.
///
/// The encoder declares a component transform for three components that it does not apply; the declaration is taken back.
pub fn encode_htj2k(integers: &Integers) -> Result<Vec<u8>, TranscodeError> {
    let failed = |reason: &str| TranscodeError::encoder(TargetSyntax::Htj2kLossless, reason);
    let mut codestream = dicom_toolkit_jpeg2000::encode_htj2k(
        &integers.container_bytes(),
        integers.columns,
        integers.rows,
        integers.channels as u8,
        integers.precision,
        integers.signed,
        &EncodeOptions::default(),
    )
    .map_err(failed)?;
    let style = codestream
        .windows(2)
        .position(|marker| marker == CODING_STYLE)
        .ok_or_else(|| failed("no coding style"))?;
    if let Some(transform) = codestream.get_mut(style + COMPONENT_TRANSFORM) {
        *transform = 0;
    }
    Ok(codestream)
}

impl Integers {
    /// Bytes or little endian words, sign-extended when signed.
    fn container_bytes(&self) -> Vec<u8> {
        if self.precision <= 8 {
            return self.values.iter().map(|value| *value as u8).collect();
        }
        self.values.iter().flat_map(|value| (*value as u16).to_le_bytes()).collect()
    }
}

/// Whether the other library decodes the codestream to the same samples.
///
/// It returns no negative samples, so it is shown a signed codestream marked unsigned: by the DC level shift (ISO 15444-1 G.1) its samples are
/// then greater by half of the range, exactly.
pub fn second_opinion(integers: &Integers, bytes: &[u8]) -> bool {
    let mut codestream = bytes.to_vec();
    for component in 0..usize::from(integers.channels) {
        let Some(depth) = codestream.get_mut(COMPONENT_DEPTHS + component * 3) else {
            return false;
        };
        *depth &= 0x7F;
    }
    let Ok(decoded) = Image::new(&codestream, &DecodeSettings::default()).and_then(|image| image.decode_native())
    else {
        return false;
    };
    let shift = if integers.signed {
        1 << (integers.precision - 1)
    } else {
        0
    };
    let samples: Vec<i32> = if decoded.bytes_per_sample == 1 {
        decoded.data.iter().map(|byte| i32::from(*byte) - shift).collect()
    } else {
        decoded
            .data
            .as_chunks::<2>()
            .0
            .iter()
            .map(|word| i32::from(u16::from_le_bytes(*word)) - shift)
            .collect()
    };
    samples == integers.values
}
