//! Statistics of intensities, and thresholds that are found in them.

use super::results::Statistics;

/// Mean, standard deviation, extremes, and how many lie beyond two standard deviations.
pub fn of(values: &[f32]) -> Statistics {
    let count = values.len().max(1) as f64;
    let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
    let std = (values.iter().map(|value| (f64::from(*value) - mean).powi(2)).sum::<f64>() / count).sqrt();
    let beyond =
        |side: f64| values.iter().filter(|value| (f64::from(**value) - mean) * side > 2.0 * std).count() as u64;
    let (least, greatest) = values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(least, greatest), value| {
        (least.min(*value), greatest.max(*value))
    });
    Statistics {
        mean,
        std,
        least: f64::from(least),
        greatest: f64::from(greatest),
        high: beyond(1.0),
        low: beyond(-1.0),
    }
}

/// Counts of values in equal bins between two limits; what lies beyond falls into the outermost bins.
pub struct Histogram {
    least: f32,
    width: f32,
    counts: Vec<u64>,
}

impl Histogram {
    pub fn of(values: impl Iterator<Item = f32>, least: f32, greatest: f32, bins: usize) -> Self {
        let width = ((greatest - least) / bins as f32).max(f32::MIN_POSITIVE);
        let mut counts = vec![0u64; bins];
        for value in values {
            counts[(((value - least) / width).max(0.0) as usize).min(bins - 1)] += 1;
        }
        Self { least, width, counts }
    }

    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn centre(&self, bin: usize) -> f32 {
        self.least + (bin as f32 + 0.5) * self.width
    }

    /// The value below which the given part of all values lies.
    pub fn quantile(&self, part: f64) -> f32 {
        let wanted = part * self.total() as f64;
        let mut below = 0.0;
        for (bin, count) in self.counts.iter().enumerate() {
            below += *count as f64;
            if below >= wanted {
                return self.centre(bin);
            }
        }
        self.centre(self.counts.len() - 1)
    }

    /// The threshold that parts the values into the two classes whose means differ most (Otsu, IEEE Trans SMC 9:62, 1979).
    pub fn otsu(&self) -> f32 {
        let total = self.total() as f64;
        let sum: f64 = self.counts.iter().enumerate().map(|(bin, count)| bin as f64 * *count as f64).sum();
        let (mut below, mut sum_below, mut best) = (0.0, 0.0, (0.0, 0));
        for (bin, count) in self.counts.iter().enumerate() {
            below += *count as f64;
            sum_below += bin as f64 * *count as f64;
            let above = total - below;
            if below <= 0.0 || above <= 0.0 {
                continue;
            }
            let between = below * above * (sum_below / below - (sum - sum_below) / above).powi(2);
            if between > best.0 {
                best = (between, bin);
            }
        }
        self.least + (best.1 as f32 + 1.0) * self.width
    }

    /// The threshold half way between the means of what lies below and above it, from `start` on
    /// (Ridler and Calvard, IEEE Trans SMC 8:630, 1978).
    pub fn half_way(&self, start: f32) -> f32 {
        let mut threshold = start;
        for _ in 0..100 {
            let mean = |above: bool| {
                let bins = (0..self.counts.len()).filter(|bin| (self.centre(*bin) > threshold) == above);
                let (count, sum) = bins.fold((0.0f64, 0.0f64), |(count, sum), bin| {
                    let n = self.counts[bin] as f64;
                    (count + n, sum + n * f64::from(self.centre(bin)))
                });
                (count > 0.0).then(|| (sum / count) as f32)
            };
            let (Some(below), Some(above)) = (mean(false), mean(true)) else {
                return threshold;
            };
            let next = (below + above) / 2.0;
            if (next - threshold).abs() < self.width / 4.0 {
                return next;
            }
            threshold = next;
        }
        threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_standard_deviations_are_counted_on_both_sides() {
        let mut values = vec![0.0f32; 98];
        values.extend([10.0, -10.0]);
        let found = of(&values);
        assert!((found.mean, found.high, found.low) == (0.0, 1, 1) && (found.std - 2f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn thresholds_part_two_heaps() {
        let values = || {
            (0..1000).map(|i| {
                if i % 4 == 0 {
                    800.0 + (i % 7) as f32
                } else {
                    100.0 + (i % 9) as f32
                }
            })
        };
        let histogram = Histogram::of(values(), 0.0, 1000.0, 200);
        assert!((110.0..800.0).contains(&histogram.otsu()));
        assert!((histogram.half_way(500.0) - 453.0).abs() < 10.0);
        assert!((histogram.quantile(0.5) - 104.0).abs() < 8.0);
        assert_eq!(Histogram::of(std::iter::empty(), 0.0, 1.0, 4).half_way(0.5), 0.5);
    }
}
