//! Bits of an entropy-coded JPEG-LS segment: after a byte FF the next byte carries seven bits (ISO 14495-1 C.2).

/// Reads bits most significant first.
pub struct BitReader<'a> {
    bytes: &'a [u8],
    after_ff: bool,
    window: u64,
    held: u32,
}

/// The segment ended before the picture did.
pub struct OutOfBits;

impl<'a> BitReader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            after_ff: false,
            window: 0,
            held: 0,
        }
    }

    /// `count` bits, at most 32.
    pub fn bits(&mut self, count: u32) -> Result<u32, OutOfBits> {
        if count == 0 {
            return Ok(0);
        }
        if self.held < count {
            self.refill();
            if self.held < count {
                return Err(OutOfBits);
            }
        }
        let value = (self.window >> (64 - count)) as u32;
        self.drop(count);
        Ok(value)
    }

    pub fn bit(&mut self) -> Result<bool, OutOfBits> {
        self.bits(1).map(|bit| bit == 1)
    }

    /// The number of zeros before the next one, which is consumed too.
    pub fn zeros(&mut self) -> Result<u32, OutOfBits> {
        let mut zeros = 0;
        loop {
            if self.held < 32 {
                self.refill();
            }
            let leading = self.window.leading_zeros();
            if leading < self.held {
                self.drop(leading + 1);
                return Ok(zeros + leading);
            }
            if self.held == 0 || zeros > 1_000 {
                return Err(OutOfBits);
            }
            zeros += self.held;
            self.window = 0;
            self.held = 0;
        }
    }

    fn drop(&mut self, count: u32) {
        self.window = if count == 64 { 0 } else { self.window << count };
        self.held -= count;
    }

    fn refill(&mut self) {
        while self.held <= 56 {
            let Some((&byte, rest)) = self.bytes.split_first() else {
                return;
            };
            let width = if self.after_ff { 7 } else { 8 };
            self.window |= u64::from(byte) << (64 - width - self.held);
            self.held += width;
            self.after_ff = byte == 0xFF;
            self.bytes = rest;
        }
    }
}
