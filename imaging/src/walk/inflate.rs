//! Inflates a deflated data set (PS3.5 annex A.5) as it streams in, capped in size and in ratio while it inflates.

use flate2::{Decompress, FlushDecompress, Status};

use super::elements::Elements;
use crate::guard::{INFLATE_ALLOWANCE, Limits, Refusal};

/// Bytes that are inflated at once.
const OUTPUT: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Inflate {
    stream: Decompress,
    output: Box<[u8]>,
    ended: bool,
}

/// Where inflated bytes go.
pub(super) trait Sink {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Refusal>;
}

impl Sink for Elements {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.push(bytes).map(|_| ())
    }
}

impl Sink for Vec<u8> {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

impl Inflate {
    pub(super) fn new() -> Inflate {
        Inflate {
            stream: Decompress::new(false),
            output: vec![0; OUTPUT].into_boxed_slice(),
            ended: false,
        }
    }

    /// Inflates the next bytes into `sink`; bytes after the end of the deflate stream are padding.
    pub(super) fn push(&mut self, mut bytes: &[u8], limits: &Limits, sink: &mut impl Sink) -> Result<(), Refusal> {
        while !self.ended {
            let (read, written) = (self.stream.total_in(), self.stream.total_out());
            let status = self.stream.decompress(bytes, &mut self.output, FlushDecompress::None);
            let status = status.map_err(|_| Refusal::BrokenDeflate)?;
            let read = (self.stream.total_in() - read) as usize;
            let written = (self.stream.total_out() - written) as usize;
            bytes = bytes.get(read..).unwrap_or_default();
            self.check(limits)?;
            sink.take(self.output.get(..written).unwrap_or_default())?;
            self.ended = status == Status::StreamEnd;
            if read == 0 && written == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    fn check(&self, limits: &Limits) -> Result<(), Refusal> {
        let inflated = self.stream.total_out();
        if inflated > limits.inflated_bytes {
            return Err(Refusal::InflatesTooFar {
                limit: limits.inflated_bytes,
            });
        }
        let ratio = limits.inflate_ratio;
        if inflated > INFLATE_ALLOWANCE && inflated > self.stream.total_in().saturating_mul(ratio) {
            return Err(Refusal::InflatesTooMuch { limit: ratio });
        }
        Ok(())
    }

    /// The length of the inflated data set, after the last byte of a file of `length` bytes.
    pub(super) fn finish(&self, length: u64) -> Result<u64, Refusal> {
        if self.ended {
            Ok(self.stream.total_out())
        } else {
            Err(Refusal::UnfinishedDeflate { length })
        }
    }
}
