//! Bodies by formula, with and without lesions, as the analysis reads them: headers and decoded samples, no files.

use imaging::analysis::{Analysis, AnalysisError, ImageHeader, Options, analyze};
use imaging::pixels::{Photometric, SampleData, Samples};
use imaging::render::lut::Modality;

/// Reproducible noise of variance near 1 (splitmix64, four uniform numbers summed).
pub struct Noise(pub u64);

impl Noise {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        let sum: f64 = (0..4).map(|part| f64::from((bits >> (part * 16)) as u16) / 65_536.0).sum();
        (sum - 2.0) * 1.73
    }
}

/// A series in memory: signed 16-bit samples, units as they are stored.
#[derive(Clone)]
pub struct Phantom {
    pub headers: Vec<ImageHeader>,
    pub images: Vec<Vec<i16>>,
}

impl Phantom {
    pub fn analyze(&self) -> Result<Analysis, AnalysisError> {
        self.analyze_with(&Options::default())
    }

    pub fn analyze_with(&self, options: &Options) -> Result<Analysis, AnalysisError> {
        let mut read = |image: usize| {
            let header = &self.headers[image];
            Ok(Samples {
                columns: header.columns,
                rows: header.rows,
                channels: 1,
                photometric: Photometric::Monochrome2,
                data: SampleData::I16(self.images[image].clone()),
            })
        };
        analyze(&self.headers, &mut read, options, &|_, _| Ok(()))
    }
}

/// The header of one axial image.
pub fn header(modality: &str, size: u32, pixel: f64, z: f64) -> ImageHeader {
    let corner = (pixel - pixel * f64::from(size)) / 2.0;
    ImageHeader {
        rows: size,
        columns: size,
        modality: modality.to_owned(),
        body_part: String::new(),
        spacing: Some([pixel; 2]),
        position: Some([corner, corner, z]),
        orientation: Some([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        thickness: None,
        units: Modality::Rescale {
            slope: 1.0,
            intercept: 0.0,
        },
        window: None,
        padding: None,
        stored: [-32_768.0, 32_767.0],
        inverted: false,
        colour: false,
        secondary: false,
        contrast: false,
        deviation_index: None,
    }
}

/// An axial series of `size` x `size` pixels that samples `value(x, y, z)` of patient millimetres, blurred by nothing but noise.
pub fn axial(
    modality: &str,
    (size, pixel): (u32, f64),
    heights: impl Iterator<Item = f64>,
    noise: f64,
    mut value: impl FnMut([f64; 3]) -> f64,
) -> Phantom {
    let mut phantom = Phantom {
        headers: Vec::new(),
        images: Vec::new(),
    };
    let place = |index: u32| (f64::from(index) + 0.5) * pixel - pixel * f64::from(size) / 2.0;
    for z in heights {
        let mut random = Noise(0x5EED ^ z.to_bits());
        let mut image = Vec::with_capacity((size * size) as usize);
        for row in 0..size {
            for column in 0..size {
                image.push((value([place(column), place(row), z]) + noise * random.next()).round() as i16);
            }
        }
        phantom.headers.push(header(modality, size, pixel, z));
        phantom.images.push(image);
    }
    phantom
}

/// A ball, or an ellipsoid, with its Hounsfield units.
#[derive(Clone, Copy)]
pub struct Lesion {
    pub centre: [f64; 3],
    pub radii: [f64; 3],
    pub hu: f64,
}

pub fn ball(centre: [f64; 3], diameter: f64, hu: f64) -> Lesion {
    Lesion {
        centre,
        radii: [diameter / 2.0; 3],
        hu,
    }
}

impl Lesion {
    fn contains(&self, point: [f64; 3]) -> bool {
        within(point, self.centre, self.radii)
    }
}

fn within(point: [f64; 3], centre: [f64; 3], radii: [f64; 3]) -> bool {
    (0..3).map(|axis| ((point[axis] - centre[axis]) / radii[axis]).powi(2)).sum::<f64>() < 1.0
}

struct Tube {
    from: [f64; 3],
    to: [f64; 3],
    radii: [f64; 2],
}

impl Tube {
    fn crosses(&self, z: f64) -> bool {
        let (low, high) = (self.from[2].min(self.to[2]), self.from[2].max(self.to[2]));
        (low - self.radii[0]..=high + self.radii[0]).contains(&z)
    }

    fn contains(&self, point: [f64; 3]) -> bool {
        let along: [f64; 3] = std::array::from_fn(|axis| self.to[axis] - self.from[axis]);
        let offset: [f64; 3] = std::array::from_fn(|axis| point[axis] - self.from[axis]);
        let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        let part = (dot(along, offset) / dot(along, along)).clamp(0.0, 1.0);
        let away: [f64; 3] = std::array::from_fn(|axis| offset[axis] - along[axis] * part);
        let radius = self.radii[0] + (self.radii[1] - self.radii[0]) * part;
        dot(away, away) < radius * radius
    }
}

/// Trees of vessels that fork twice on their way from the hilum, thinner at each fork.
fn vessels(seed: u64) -> Vec<Tube> {
    let mut noise = Noise(seed);
    let mut tubes = Vec::new();
    for side in [1.0, -1.0] {
        for _ in 0..7 {
            let hilum = [side * 34.0, 8.0 + 6.0 * noise.next(), 150.0 + 14.0 * noise.next()];
            let to = [
                side * (62.0 + 5.0 * noise.next()),
                25.0 * noise.next(),
                150.0 + 38.0 * noise.next(),
            ];
            branch(&mut tubes, &mut noise, (hilum, to), 5.0, side, 3);
        }
    }
    tubes
}

fn branch(
    tubes: &mut Vec<Tube>,
    noise: &mut Noise,
    (from, to): ([f64; 3], [f64; 3]),
    radius: f64,
    side: f64,
    forks: u32,
) {
    tubes.push(Tube {
        from,
        to,
        radii: [radius, radius * 0.72],
    });
    if forks == 0 {
        return;
    }
    for _ in 0..2 {
        let next = [
            to[0] + side * (14.0 + 5.0 * noise.next()),
            to[1] + 16.0 * noise.next(),
            to[2] + 18.0 * noise.next(),
        ];
        branch(tubes, noise, (to, next), radius * 0.66, side, forks - 1);
    }
}

/// How a chest is made.
#[derive(Clone)]
pub struct Chest {
    pub lesions: Vec<Lesion>,
    pub noise: f64,
    pub spacing: f64,
    pub size: u32,
    pub seed: u64,
}

impl Default for Chest {
    fn default() -> Self {
        Self {
            lesions: Vec::new(),
            noise: 30.0,
            spacing: 2.0,
            size: 256,
            seed: 7,
        }
    }
}

/// A thorax of 280 mm: body, ribs, spine, heart, trachea with bronchi, two lungs with forking vessels, and a table.
pub fn chest(chest: &Chest) -> Phantom {
    let vessels = vessels(chest.seed);
    let heights = (0..(280.0 / chest.spacing) as u32).map(|slice| f64::from(slice) * chest.spacing);
    let pixel = 400.0 / f64::from(chest.size);
    let mut crossing: (f64, Vec<&Tube>) = (f64::NAN, Vec::new());
    axial("CT", (chest.size, pixel), heights, chest.noise, |point| {
        if crossing.0 != point[2] {
            crossing = (
                point[2],
                vessels.iter().filter(|vessel| vessel.crosses(point[2])).collect(),
            );
        }
        let lesion = chest.lesions.iter().find(|lesion| lesion.contains(point));
        lesion.map_or_else(|| chest_hu(point, &crossing.1), |lesion| lesion.hu)
    })
}

fn chest_hu(point: [f64; 3], vessels: &[&Tube]) -> f64 {
    let [x, y, z] = point;
    let disc = |x0: f64, y0: f64, rx: f64, ry: f64| ((x - x0) / rx).powi(2) + ((y - y0) / ry).powi(2);
    let body = disc(0.0, 0.0, 165.0, 112.0);
    if body > 1.0 {
        let table = (x.abs() < 190.0 && (118.0..124.0).contains(&y)) as u8;
        return if table == 1 { 60.0 } else { -1000.0 };
    }
    if disc(0.0, 70.0, 19.0, 15.0) < 1.0 {
        return if disc(0.0, 70.0, 15.0, 11.0) < 1.0 {
            220.0
        } else {
            700.0
        };
    }
    let wall = disc(0.0, 0.0, 148.0, 98.0).sqrt();
    let rib = ((z + y * 0.5) / 28.0).rem_euclid(1.0);
    if (wall - 0.97).abs() < 0.03 && (rib - 0.5).abs() < 0.2 && y > -85.0 {
        return 600.0;
    }
    let trachea = z > 180.0 && disc(0.0, 5.0, 9.0, 8.0) < 1.0;
    let bronchus = Tube {
        from: [0.0, 5.0, 184.0],
        to: [x.signum() * 34.0, 8.0, 152.0],
        radii: [7.0, 5.0],
    };
    if trachea || bronchus.contains(point) {
        return -1000.0;
    }
    let wall_of_bronchus = Tube {
        radii: [9.0, 7.0],
        ..bronchus
    };
    if wall_of_bronchus.contains(point) || within(point, [28.0, -30.0, 85.0], [60.0, 48.0, 60.0]) {
        return 45.0;
    }
    let size = (1.0 - ((z - 95.0) / 190.0).powi(2)).max(0.0).sqrt();
    let in_lung = size > 0.15 && disc(x.signum() * 78.0, 4.0, 56.0 * size, 84.0 * size) < 1.0;
    let domes =
        within(point, [-78.0, 5.0, 0.0], [75.0, 95.0, 62.0]) || within(point, [78.0, 5.0, 0.0], [75.0, 95.0, 42.0]);
    if in_lung && !domes {
        return if vessels.iter().any(|vessel| vessel.contains(point)) {
            40.0
        } else {
            -860.0
        };
    }
    if body > 0.83 { -95.0 } else { 50.0 }
}

/// How a head is made.
#[derive(Clone)]
pub struct Head {
    pub lesions: Vec<Lesion>,
    pub noise: f64,
    pub spacing: f64,
}

impl Default for Head {
    fn default() -> Self {
        Self {
            lesions: Vec::new(),
            noise: 5.0,
            spacing: 2.5,
        }
    }
}

/// A head of 160 mm: scalp, skull, grey and white matter, ventricles, a falx, calcified choroid plexus.
pub fn head(head: &Head) -> Phantom {
    let heights = (0..(160.0 / head.spacing) as u32).map(|slice| f64::from(slice) * head.spacing);
    axial("CT", (256, 0.9), heights, head.noise, |point| {
        let lesion = head.lesions.iter().find(|lesion| lesion.contains(point));
        lesion.map_or_else(|| head_hu(point), |lesion| lesion.hu)
    })
}

fn head_hu(point: [f64; 3]) -> f64 {
    let [x, y, z] = point;
    let shell = |grow: f64| within(point, [0.0, 0.0, 50.0], [70.0 + grow, 86.0 + grow, 86.0 + grow]);
    if !shell(13.0) {
        return -1000.0;
    }
    if !shell(7.0) {
        return if shell(9.0) { 40.0 } else { -90.0 };
    }
    if !shell(0.0) {
        return if shell(2.0) || !shell(5.0) { 1200.0 } else { 500.0 };
    }
    if [15.0, -15.0].iter().any(|x0| within(point, [*x0, 20.0, 70.0], [3.0, 3.0, 4.0])) {
        return 250.0;
    }
    if [9.0, -9.0].iter().any(|x0| within(point, [*x0, 0.0, 75.0], [6.0, 32.0, 12.0])) {
        return 6.0;
    }
    if x.abs() < 1.0 && z > 60.0 {
        return 55.0;
    }
    if !shell(-4.0) && (x * 0.4 + y * 0.3 + z * 0.35).sin() > 0.2 {
        return 8.0;
    }
    if shell(-10.0) { 28.0 } else { 38.0 }
}

/// A frontal chest radiograph with two lungs; `left` is the added opacity of the half of the image on the right.
pub fn chest_radiograph(left: f64, gain: f64) -> Phantom {
    let size = 512;
    let mut random = Noise(3);
    let mut image = Vec::new();
    for row in 0..size {
        for column in 0..size {
            let (x, y) = (f64::from(column) / 256.0 - 1.0, f64::from(row) / 256.0 - 1.0);
            let lung = ((x.abs() - 0.42) / 0.33).powi(2) + ((y + 0.05) / 0.6).powi(2) < 1.0;
            let body = x.abs() < 0.92;
            let value = match (body, lung) {
                (false, _) => 200.0,
                (true, true) => 1200.0 + if x > 0.0 { left } else { 0.0 },
                (true, false) => 2600.0,
            };
            image.push((value * gain + 20.0 * random.next()).round().clamp(0.0, 4095.0) as i16);
        }
    }
    let mut header = header("DX", size, 0.7, 0.0);
    (header.position, header.orientation) = (None, None);
    header.stored = [0.0, 4095.0];
    "CHEST".clone_into(&mut header.body_part);
    Phantom {
        headers: vec![header],
        images: vec![image],
    }
}

/// An MR head; the intensities of its left half are multiplied by `left`.
pub fn mr_head(left: f64) -> Phantom {
    let heights = (0..40).map(|slice| f64::from(slice) * 4.0);
    let mut phantom = axial("MR", (192, 1.2), heights, 12.0, |point| {
        let side = if point[0] > 0.0 { left } else { 1.0 };
        let signal = match head_hu(point) {
            hu if hu < -500.0 => 20.0,
            hu if hu < -50.0 => 900.0,
            hu if hu > 400.0 => 60.0,
            hu if hu < 10.0 => 200.0,
            hu if hu < 30.0 => 600.0,
            _ => 450.0,
        };
        signal * side
    });
    for header in &mut phantom.headers {
        header.stored = [0.0, 4095.0];
        "HEAD".clone_into(&mut header.body_part);
    }
    phantom
}
