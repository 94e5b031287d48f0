//! Pictures of a document: JPEG and PNG, bounded by their headers before anything is decoded.

use crate::Error;
use krilla::image::Image;

const MAX_BYTES: usize = 8 << 20;
const MAX_SIDE: u32 = 8192;
const MAX_PIXELS: u64 = 16 << 20;
const JPEG: &[u8] = &[0xff, 0xd8, 0xff];
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

#[derive(Clone)]
pub struct Picture {
    pub image: Image,
    width: f32,
    height: f32,
}

impl Picture {
    /// From a JPEG or PNG file; the field is named by errors.
    pub fn read(field: &'static str, bytes: &[u8]) -> Result<Self, Error> {
        let refused = |reason: String| Error::Picture { field, reason };
        if bytes.len() > MAX_BYTES {
            return Err(refused(format!(
                "it has {} bytes, and at most {MAX_BYTES} are taken",
                bytes.len()
            )));
        }
        let image = match () {
            () if bytes.starts_with(JPEG) => Image::from_jpeg(bytes.to_vec().into(), false),
            () if bytes.starts_with(PNG) => Image::from_png(bytes.to_vec().into(), false),
            () => Err("it is neither JPEG nor PNG".to_owned()),
        }
        .map_err(refused)?;
        let (width, height) = image.size();
        let pixels = u64::from(width) * u64::from(height);
        if pixels == 0 || width.max(height) > MAX_SIDE || pixels > MAX_PIXELS {
            return Err(refused(format!(
                "it has {width} x {height} pixels, and at most {MAX_PIXELS} are taken"
            )));
        }
        Ok(Self {
            image,
            width: width as f32,
            height: height as f32,
        })
    }

    /// Width and height when it fills a box as far as its shape allows.
    pub fn fitted(&self, width: f32, height: f32) -> (f32, f32) {
        let scale = (width / self.width).min(height / self.height);
        (self.width * scale, self.height * scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_picture_or_too_large_a_one_is_refused_by_name() {
        let refused =
            |bytes: &[u8]| Picture::read("logo", bytes).err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(refused(b"GIF89a"), "logo cannot be shown: it is neither JPEG nor PNG");
        assert!(refused(&[JPEG, &[0; 10]].concat()).starts_with("logo cannot be shown"));
        assert!(refused(&vec![0xff; MAX_BYTES + 1]).contains("bytes"));
        // A header that claims more pixels than are taken; nothing is decoded.
        let mut bomb = PNG.to_vec();
        bomb.extend(b"\x00\x00\x00\x0dIHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x00\x00\x00\x00");
        bomb.extend([0; 4]);
        assert!(refused(&bomb).starts_with("logo cannot be shown"));
    }
}
