//! DICOM files that tests and benches make: phantom slices, and images of any shape from pixels at hand.

use imaging::phantom;

const CT_IMAGE_STORAGE: &str = "1.2.840.10008.5.1.4.1.1.2";
const EXPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";

/// A study of one series of small CT slices, with new UIDs each time.
pub fn study(slices: u32) -> Vec<(String, Vec<u8>)> {
    sized(slices, 64)
}

pub fn sized(slices: u32, size: u32) -> Vec<(String, Vec<u8>)> {
    named(phantom::ct_series(slices, size))
}

/// A chest CT in which software can see something, with nodules at these places or without any.
pub fn chest(nodules: &'static [phantom::Nodule]) -> Vec<(String, Vec<u8>)> {
    named(phantom::ct_series_with(120, 160, nodules))
}

/// A study of many series with one noisy slice each, which keep a renderer busy.
pub fn many_series(series: u32, size: u16) -> Vec<(String, Vec<u8>)> {
    let study = fresh_uid();
    named((0..series).map(|number| {
        let image = Image {
            study: study.clone(),
            number,
            ..Image::grey(size, size, 16)
        };
        image.file(&image.noise(number))
    }))
}

/// A study of one series of slices with noise for pixels: quick to make in any number and size.
pub fn noisy(slices: u32, size: u16) -> impl Iterator<Item = (String, Vec<u8>)> {
    let mut image = Image::grey(size, size, 16);
    let noise = image.noise(7);
    (0..slices).map(move |number| {
        image.number = number;
        (name(number), image.file(&noise))
    })
}

fn named(files: impl Iterator<Item = Vec<u8>>) -> Vec<(String, Vec<u8>)> {
    files.zip(0..).map(|(file, number)| (name(number), file)).collect()
}

fn name(number: u32) -> String {
    format!("slice-{number:04}.dcm")
}

pub fn fresh_uid() -> String {
    format!("2.25.{}", uuid::Uuid::new_v4().as_u128())
}

/// An uncompressed image in Explicit VR Little Endian, with the attributes by which it is indexed and rendered.
pub struct Image {
    pub study: String,
    pub series: String,
    pub modality: &'static str,
    pub number: u32,
    pub rows: u16,
    pub columns: u16,
    pub frames: u32,
    /// 1 or 3; three are RGB, interleaved.
    pub samples: u16,
    /// Bits a sample: 8 or 16.
    pub bits: u16,
}

impl Image {
    /// One frame of one sample a pixel, in a study and a series of its own.
    pub fn grey(columns: u16, rows: u16, bits: u16) -> Self {
        Self {
            study: fresh_uid(),
            series: fresh_uid(),
            modality: "CT",
            number: 1,
            rows,
            columns,
            frames: 1,
            samples: 1,
            bits,
        }
    }

    /// Bytes of the pixels of all frames.
    pub fn length(&self) -> usize {
        let pixels = usize::from(self.rows) * usize::from(self.columns) * self.frames as usize;
        pixels * usize::from(self.samples) * usize::from(self.bits / 8)
    }

    /// Reproducible pixels that do not compress to nothing.
    pub fn noise(&self, seed: u32) -> Vec<u8> {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let step = |_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[1]
        };
        (0..self.length()).map(step).collect()
    }

    /// The file, with a new SOP Instance UID.
    pub fn file(&self, pixels: &[u8]) -> Vec<u8> {
        let instance = fresh_uid();
        let mut meta = Vec::new();
        text(&mut meta, (0x0002, 0x0002), "UI", CT_IMAGE_STORAGE);
        text(&mut meta, (0x0002, 0x0003), "UI", &instance);
        text(&mut meta, (0x0002, 0x0010), "UI", EXPLICIT_VR_LITTLE_ENDIAN);
        let mut file = vec![0; 128];
        file.extend(b"DICM");
        element(&mut file, (0x0002, 0x0000), "UL", &(meta.len() as u32).to_le_bytes());
        file.extend(meta);
        text(&mut file, (0x0008, 0x0016), "UI", CT_IMAGE_STORAGE);
        text(&mut file, (0x0008, 0x0018), "UI", &instance);
        text(&mut file, (0x0008, 0x0060), "CS", self.modality);
        text(&mut file, (0x0010, 0x0010), "PN", "Phantom^Noise");
        text(&mut file, (0x0020, 0x000d), "UI", &self.study);
        text(&mut file, (0x0020, 0x000e), "UI", &self.series);
        text(&mut file, (0x0020, 0x0013), "IS", &self.number.to_string());
        let colour = if self.samples == 3 { "RGB" } else { "MONOCHROME2" };
        number(&mut file, 0x0002, self.samples);
        text(&mut file, (0x0028, 0x0004), "CS", colour);
        if self.samples == 3 {
            number(&mut file, 0x0006, 0);
        }
        text(&mut file, (0x0028, 0x0008), "IS", &self.frames.to_string());
        let shape = [(0x0010, self.rows), (0x0011, self.columns)];
        let depth = [
            (0x0100, self.bits),
            (0x0101, self.bits),
            (0x0102, self.bits - 1),
            (0x0103, 0),
        ];
        for (tag, value) in shape.into_iter().chain(depth) {
            number(&mut file, tag, value);
        }
        element(&mut file, (0x7fe0, 0x0010), "OW", pixels);
        file
    }
}

/// An attribute of the Image Pixel module (PS3.3 C.7.6.3).
fn number(out: &mut Vec<u8>, tag: u16, value: u16) {
    element(out, (0x0028, tag), "US", &value.to_le_bytes());
}

fn text(out: &mut Vec<u8>, tag: (u16, u16), vr: &str, value: &str) {
    let mut value = value.as_bytes().to_vec();
    if value.len() % 2 == 1 {
        value.push(if vr == "UI" { 0 } else { b' ' });
    }
    element(out, tag, vr, &value);
}

fn element(out: &mut Vec<u8>, (group, number): (u16, u16), vr: &str, value: &[u8]) {
    out.extend(group.to_le_bytes());
    out.extend(number.to_le_bytes());
    out.extend(vr.as_bytes());
    if vr == "OW" {
        out.extend([0, 0]);
        out.extend((value.len() as u32).to_le_bytes());
    } else {
        out.extend((value.len() as u16).to_le_bytes());
    }
    out.extend(value);
}
