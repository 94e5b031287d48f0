//! Coding parameters and adaptive context statistics of JPEG-LS (ISO 14495-1 annex A.2, A.6 and C.2.4.1.1).

use super::header::Presets;

const BASIC_T1: i32 = 3;
const BASIC_T2: i32 = 7;
const BASIC_T3: i32 = 21;
const DEFAULT_RESET: i32 = 64;

/// The constants of one scan, named as in the standard.
#[derive(Clone, Copy)]
pub struct Parameters {
    pub max_value: i32,
    pub near: i32,
    pub range: i32,
    pub qbpp: u32,
    pub limit: u32,
    pub reset: i32,
    thresholds: [i32; 3],
}

impl Parameters {
    /// `None` when a preset is outside of what the standard allows.
    pub fn new(precision: u8, near: u8, presets: &Presets) -> Option<Self> {
        if !(2..=16).contains(&precision) {
            return None;
        }
        let near = i32::from(near);
        let max_value = match i32::from(presets.max_value) {
            0 => (1 << precision) - 1,
            value if value < 1 << precision => value,
            _ => return None,
        };
        if near > (max_value / 2).min(255) {
            return None;
        }
        let range = (max_value + 2 * near) / (2 * near + 1) + 1;
        let bits_per_pixel = bits_for(max_value + 1).max(2);
        let preset = |value: u16, default: i32| {
            if value == 0 { default } else { i32::from(value) }
        };
        let [t1, t2, t3] = default_thresholds(max_value, near);
        let thresholds = [preset(presets.t1, t1), preset(presets.t2, t2), preset(presets.t3, t3)];
        let reset = preset(presets.reset, DEFAULT_RESET);
        if !thresholds.is_sorted() || thresholds[0] <= near || reset < 3 {
            return None;
        }
        Some(Self {
            max_value,
            near,
            range,
            qbpp: bits_for(range),
            limit: 2 * (bits_per_pixel + bits_per_pixel.max(8)),
            reset,
            thresholds,
        })
    }

    /// A gradient's region, -4 to 4 (A.3.3).
    pub fn quantise(&self, gradient: i32) -> i32 {
        let [t1, t2, t3] = self.thresholds;
        let magnitude = gradient.abs();
        let region = if magnitude <= self.near {
            0
        } else if magnitude < t1 {
            1
        } else if magnitude < t2 {
            2
        } else if magnitude < t3 {
            3
        } else {
            4
        };
        if gradient < 0 { -region } else { region }
    }

    /// Prediction plus dequantised error, modulo the range, clamped (A.4.5 in reverse).
    pub fn reconstruct(&self, predicted: i32, error: i32) -> i32 {
        let step = 2 * self.near + 1;
        let mut value = predicted + error * step;
        if value < -self.near {
            value += self.range * step;
        } else if value > self.max_value + self.near {
            value -= self.range * step;
        }
        value.clamp(0, self.max_value)
    }
}

/// The smallest number of bits that hold `values` different values.
fn bits_for(values: i32) -> u32 {
    32 - (values - 1).leading_zeros()
}

fn default_thresholds(max_value: i32, near: i32) -> [i32; 3] {
    let clamp = |value: i32, least: i32| {
        if value > max_value || value < least {
            least
        } else {
            value
        }
    };
    let (t1, t2, t3) = if max_value >= 128 {
        let factor = (max_value.min(4095) + 128) / 256;
        (
            factor * (BASIC_T1 - 2) + 2,
            factor * (BASIC_T2 - 3) + 3,
            factor * (BASIC_T3 - 4) + 4,
        )
    } else {
        let factor = 256 / (max_value + 1);
        (BASIC_T1 / factor, BASIC_T2 / factor, BASIC_T3 / factor)
    };
    let (t1, t2, t3) = (t1 + 3 * near, t2 + 5 * near, t3 + 7 * near);
    let (t1, t2, t3) = if max_value >= 128 {
        (t1, t2, t3)
    } else {
        (t1.max(2), t2.max(3), t3.max(4))
    };
    let t1 = clamp(t1, near + 1);
    let t2 = clamp(t2, t1);
    [t1, t2, clamp(t3, t2)]
}

/// Statistics of one regular context: A, B, C and N of the standard.
#[derive(Clone, Copy)]
pub struct Regular {
    pub a: i32,
    pub b: i32,
    pub c: i32,
    pub n: i32,
}

impl Regular {
    pub fn new(range: i32) -> Self {
        Self {
            a: ((range + 32) / 64).max(2),
            b: 0,
            c: 0,
            n: 1,
        }
    }

    /// The Golomb parameter (A.5.1).
    pub fn k(&self) -> u32 {
        golomb(self.n, self.a)
    }

    /// Updates after `error` (A.6.1 and A.6.2).
    pub fn update(&mut self, error: i32, parameters: &Parameters) {
        self.a += error.abs();
        self.b += error * (2 * parameters.near + 1);
        if self.n == parameters.reset {
            self.a >>= 1;
            self.b >>= 1;
            self.n >>= 1;
        }
        self.n += 1;
        if self.b <= -self.n {
            self.b = (self.b + self.n).max(1 - self.n);
            self.c = (self.c - 1).max(-128);
        } else if self.b > 0 {
            self.b = (self.b - self.n).min(0);
            self.c = (self.c + 1).min(127);
        }
    }
}

/// Statistics of one run interruption context: A, N and Nn of the standard.
#[derive(Clone, Copy)]
pub struct Interruption {
    a: i32,
    n: i32,
    negative: i32,
    kind: i32,
}

impl Interruption {
    /// `kind` is RItype: 1 when the neighbours left and above are alike.
    pub fn new(range: i32, kind: i32) -> Self {
        Self {
            a: ((range + 32) / 64).max(2),
            n: 1,
            negative: 0,
            kind,
        }
    }

    pub fn k(&self) -> u32 {
        golomb(self.n, self.a + if self.kind == 1 { self.n >> 1 } else { 0 })
    }

    /// The error behind a mapped error (A.7.2.2 in reverse), with the statistics updated (A.7.2.3).
    pub fn error(&mut self, mapped: i32, k: u32, parameters: &Parameters) -> i32 {
        let doubled = mapped + self.kind;
        let odd = doubled & 1;
        let magnitude = (doubled + odd) / 2;
        let biased = i32::from(k != 0 || 2 * self.negative >= self.n);
        let error = if biased == odd { -magnitude } else { magnitude };
        if error < 0 {
            self.negative += 1;
        }
        self.a += (mapped + 1 - self.kind) >> 1;
        if self.n == parameters.reset {
            self.a >>= 1;
            self.n >>= 1;
            self.negative >>= 1;
        }
        self.n += 1;
        error
    }
}

fn golomb(n: i32, a: i32) -> u32 {
    let mut k = 0;
    while k < 31 && (i64::from(n) << k) < i64::from(a) {
        k += 1;
    }
    k
}
