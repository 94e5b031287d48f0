//! Entropy-coded scans of JPEG-LS (ISO 14495-1 annexes A and B): regular and run mode, all three interleave modes.

use super::bits::{BitReader, OutOfBits};
use super::header::{Frame, Interleave, Scan};
use super::statistics::{Interruption, Parameters, Regular};
use crate::pixels::error::PixelError;

/// Run length orders (A.2.1).
const J: [u32; 32] = [
    0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15,
];
const REGULAR_CONTEXTS: usize = 365;

/// Decodes the components of one scan, one plane each.
pub fn decode(
    frame: &Frame,
    scan: &Scan,
    parameters: Parameters,
    entropy: &[u8],
    syntax: &str,
) -> Result<Vec<Vec<u16>>, PixelError> {
    let (columns, rows, count) = (frame.columns as usize, frame.rows as usize, scan.component_ids.len());
    let mut decoder = ScanDecoder::new(parameters, entropy);
    let mut planes = vec![Vec::with_capacity(columns * rows); count];
    // Each line has one cell before the first sample and one behind the last: the neighbours across the border (A.2.1).
    let mut above = vec![vec![0i32; columns + 2]; count];
    let mut lines = above.clone();
    let mut run_indices = vec![0usize; count];
    for row in 0..rows {
        for (line, above) in lines.iter_mut().zip(&mut above) {
            above[columns + 1] = above[columns];
            line[0] = above[1];
        }
        let decoded = match scan.interleave {
            Interleave::Sample => decoder.sample_line(&mut lines, &above, &mut run_indices[0]),
            Interleave::None | Interleave::Line => lines
                .iter_mut()
                .zip(&above)
                .zip(&mut run_indices)
                .try_for_each(|((line, above), run_index)| decoder.line(line, above, run_index)),
        };
        decoded
            .map_err(|OutOfBits| PixelError::Truncated {
                expected: rows as u64,
                found: row as u64,
            })
            .map_err(|_| PixelError::damaged(syntax, "its entropy-coded data ends before the picture does"))?;
        for (plane, line) in planes.iter_mut().zip(&lines) {
            plane.extend(line[1..=columns].iter().map(|sample| *sample as u16));
        }
        std::mem::swap(&mut lines, &mut above);
    }
    Ok(planes)
}

struct ScanDecoder<'a> {
    parameters: Parameters,
    bits: BitReader<'a>,
    regular: Vec<Regular>,
    interruption: [Interruption; 2],
}

impl<'a> ScanDecoder<'a> {
    fn new(parameters: Parameters, entropy: &'a [u8]) -> Self {
        let range = parameters.range;
        Self {
            parameters,
            bits: BitReader::new(entropy),
            regular: vec![Regular::new(range); REGULAR_CONTEXTS],
            interruption: [Interruption::new(range, 0), Interruption::new(range, 1)],
        }
    }

    /// One line of one component.
    fn line(&mut self, line: &mut [i32], above: &[i32], run_index: &mut usize) -> Result<(), OutOfBits> {
        let columns = line.len() - 2;
        let mut x = 1;
        while x <= columns {
            let context = self.context(line[x - 1], above[x], above[x - 1], above[x + 1]);
            if context != 0 {
                line[x] = self.regular_sample(context, line[x - 1], above[x], above[x - 1])?;
                x += 1;
                continue;
            }
            let left = line[x - 1];
            let run = self.run_length(columns + 1 - x, run_index)?;
            line[x..x + run].fill(left);
            x += run;
            if x <= columns {
                line[x] = self.interruption_sample(left, above[x], *run_index)?;
                *run_index = run_index.saturating_sub(1);
                x += 1;
            }
        }
        Ok(())
    }

    /// One line of three components, interleaved by sample: a run needs all three to be flat (B.2).
    fn sample_line(
        &mut self,
        lines: &mut [Vec<i32>],
        above: &[Vec<i32>],
        run_index: &mut usize,
    ) -> Result<(), OutOfBits> {
        let columns = lines[0].len() - 2;
        let mut x = 1;
        while x <= columns {
            let mut contexts = [0i32; 3];
            for (context, (line, above)) in contexts.iter_mut().zip(lines.iter().zip(above)) {
                *context = self.context(line[x - 1], above[x], above[x - 1], above[x + 1]);
            }
            if contexts != [0; 3] {
                for (context, (line, above)) in contexts.into_iter().zip(lines.iter_mut().zip(above)) {
                    line[x] = self.regular_sample(context, line[x - 1], above[x], above[x - 1])?;
                }
                x += 1;
                continue;
            }
            let run = self.run_length(columns + 1 - x, run_index)?;
            for line in lines.iter_mut() {
                let left = line[x - 1];
                line[x..x + run].fill(left);
            }
            x += run;
            if x <= columns {
                for (line, above) in lines.iter_mut().zip(above) {
                    line[x] = self.unlike_interruption(line[x - 1], above[x], *run_index)?;
                }
                *run_index = run_index.saturating_sub(1);
                x += 1;
            }
        }
        Ok(())
    }

    /// The signed context number of a sample between its neighbours (A.3); 0 means run mode.
    fn context(&self, left: i32, up: i32, up_left: i32, up_right: i32) -> i32 {
        let quantise = |gradient| self.parameters.quantise(gradient);
        81 * quantise(up_right - up) + 9 * quantise(up - up_left) + quantise(up_left - left)
    }

    fn regular_sample(&mut self, context: i32, left: i32, up: i32, up_left: i32) -> Result<i32, OutOfBits> {
        let sign = if context < 0 { -1 } else { 1 };
        let index = context.unsigned_abs() as usize;
        let statistics = self.regular[index];
        let predicted = (median_edge(left, up, up_left) + sign * statistics.c).clamp(0, self.parameters.max_value);
        let k = statistics.k();
        let mapped = self.golomb(k, self.parameters.limit)?;
        let inverted = self.parameters.near == 0 && k == 0 && 2 * statistics.b <= -statistics.n;
        let error = match (mapped & 1 == 1, inverted) {
            (false, false) => mapped / 2,
            (true, false) => -((mapped + 1) / 2),
            (true, true) => (mapped - 1) / 2,
            (false, true) => -(mapped / 2) - 1,
        };
        self.regular[index].update(error, &self.parameters);
        Ok(self.parameters.reconstruct(predicted, sign * error))
    }

    /// How many samples repeat their left neighbour, at most `remaining` (A.7.1).
    fn run_length(&mut self, remaining: usize, run_index: &mut usize) -> Result<usize, OutOfBits> {
        let mut length = 0;
        while self.bits.bit()? {
            let full = 1usize << J[*run_index];
            let taken = full.min(remaining - length);
            length += taken;
            if taken == full {
                *run_index = (*run_index + 1).min(31);
            }
            if length == remaining {
                return Ok(length);
            }
        }
        length += self.bits.bits(J[*run_index])? as usize;
        Ok(length.min(remaining))
    }

    /// The sample that ends a run (A.7.2).
    fn interruption_sample(&mut self, left: i32, up: i32, run_index: usize) -> Result<i32, OutOfBits> {
        if (left - up).abs() > self.parameters.near {
            return self.unlike_interruption(left, up, run_index);
        }
        let error = self.interruption_error(1, run_index)?;
        Ok(self.parameters.reconstruct(left, error))
    }

    fn unlike_interruption(&mut self, left: i32, up: i32, run_index: usize) -> Result<i32, OutOfBits> {
        let error = self.interruption_error(0, run_index)?;
        Ok(self.parameters.reconstruct(up, if left > up { -error } else { error }))
    }

    fn interruption_error(&mut self, kind: usize, run_index: usize) -> Result<i32, OutOfBits> {
        let k = self.interruption[kind].k();
        let mapped = self.golomb(k, self.parameters.limit - J[run_index] - 1)?;
        Ok(self.interruption[kind].error(mapped, k, &self.parameters))
    }

    /// A limited-length Golomb code (A.5.3).
    fn golomb(&mut self, k: u32, limit: u32) -> Result<i32, OutOfBits> {
        let zeros = self.bits.zeros()?;
        let escape = limit - self.parameters.qbpp - 1;
        let value = if zeros < escape {
            (u64::from(zeros) << k) + u64::from(self.bits.bits(k)?)
        } else {
            u64::from(self.bits.bits(self.parameters.qbpp)?) + 1
        };
        // Larger than any mapped error: only damaged data gets here, and must not overflow the statistics.
        i32::try_from(value).ok().filter(|value| *value <= 2 * self.parameters.range).ok_or(OutOfBits)
    }
}

/// The edge-detecting predictor (A.4.1).
fn median_edge(left: i32, up: i32, up_left: i32) -> i32 {
    if up_left >= left.max(up) {
        left.min(up)
    } else if up_left <= left.min(up) {
        left.max(up)
    } else {
        left + up - up_left
    }
}
