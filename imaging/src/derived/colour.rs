//! Colours of segments: from sRGB to the CIELab values of DICOM.

/// RGB to CIELab under D50, scaled to 16 bits (PS3.3 C.10.7.1.1): L* from 0 to 100, a* and b* from -128 to 127 become 0 to 65535.
///
/// sRGB is IEC 61966-2-1; its matrix is adapted to D50 by Bradford, as the ICC profile of sRGB does.
pub fn cielab([red, green, blue]: [u8; 3]) -> [u16; 3] {
    const WHITE: [f64; 3] = [0.9642, 1.0, 0.8249];
    const TO_XYZ: [[f64; 3]; 3] = [
        [0.436_074_7, 0.385_064_9, 0.143_080_4],
        [0.222_504_5, 0.716_878_6, 0.060_616_9],
        [0.013_932_2, 0.097_104_5, 0.714_173_3],
    ];
    let linear = [red, green, blue].map(|value| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    });
    let [x, y, z]: [f64; 3] = std::array::from_fn(|row| {
        let sum: f64 = TO_XYZ[row].iter().zip(linear).map(|(factor, value)| factor * value).sum();
        lightness(sum / WHITE[row])
    });
    let scaled =
        |value: f64, low: f64, high: f64| ((value - low) / (high - low) * 65_535.0).round().clamp(0.0, 65_535.0) as u16;
    [
        scaled(116.0 * y - 16.0, 0.0, 100.0),
        scaled(500.0 * (x - y), -128.0, 127.0),
        scaled(200.0 * (y - z), -128.0, 127.0),
    ]
}

/// The cube root of CIE 15, with its straight part near black.
fn lightness(ratio: f64) -> f64 {
    const EDGE: f64 = 6.0 / 29.0;
    if ratio > EDGE.powi(3) {
        ratio.cbrt()
    } else {
        ratio / (3.0 * EDGE * EDGE) + 4.0 / 29.0
    }
}

#[cfg(test)]
mod tests {
    use super::cielab;

    /// Lightness and the two chromatic values of a colour, unscaled.
    fn lab(rgb: [u8; 3]) -> [f64; 3] {
        let [l, a, b] = cielab(rgb).map(f64::from);
        [l / 655.35, a / 257.0 - 128.0, b / 257.0 - 128.0]
    }

    #[test]
    fn colours_have_their_known_places() {
        // The values of sRGB under D50 (Lindbloom).
        for (rgb, expected) in [
            ([0, 0, 0], [0.0, 0.0, 0.0]),
            ([255, 255, 255], [100.0, 0.0, 0.0]),
            ([255, 0, 0], [54.29, 80.81, 69.89]),
            ([0, 255, 0], [87.82, -79.29, 80.99]),
            ([0, 0, 255], [29.57, 68.30, -112.03]),
        ] {
            let found = lab(rgb);
            assert!(
                found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.1),
                "{rgb:?}: {found:?}"
            );
        }
    }
}
