//! Walks a DICOM file as it streams in: guard, index and frame locator in one pass.
//!
//! Invariants: nothing is held but the attributes (within `Limits`) and at most one header; large values are skipped, not kept;
//! no recursion; no refusal and no panic depends on how the bytes were cut into chunks.

mod elements;
mod header;
mod inflate;
mod open;
mod pixels;
mod start;
mod value;

use std::borrow::Cow;

use dicom_dictionary_std::{tags, uids};

use crate::dataset::DataSet;
use crate::file::DicomFile;
use crate::guard::{Limits, Refusal};
use elements::{Elements, Flow};
use header::Syntax;
use inflate::Inflate;
use start::Start;

/// Reads one file, pushed in chunks of any size.
#[derive(Debug)]
pub struct Walker {
    limits: Limits,
    length: Option<u64>,
    received: u64,
    stage: Stage,
    meta: DataSet,
    refused: Option<Refusal>,
}

#[derive(Debug)]
enum Stage {
    /// Before the first element: preamble or none.
    Start(Vec<u8>),
    Meta(Elements),
    DataSet {
        elements: Elements,
        declared: Option<String>,
        inflate: Option<Box<Inflate>>,
        start: u64,
    },
}

impl Walker {
    pub fn new(limits: Limits) -> Walker {
        Walker {
            limits,
            length: None,
            received: 0,
            stage: Stage::Start(Vec::new()),
            meta: DataSet::default(),
            refused: None,
        }
    }

    /// Tells the length of the file before the first `push`, so that a value that reaches beyond it is refused at its header.
    pub fn expect_length(&mut self, length: u64) {
        self.length = Some(length);
    }

    /// Memory that the captured attributes are charged with so far, in bytes; at most `Limits::captured_bytes`.
    pub fn captured_bytes(&self) -> usize {
        match &self.stage {
            Stage::Start(begin) => begin.len(),
            Stage::Meta(elements) | Stage::DataSet { elements, .. } => elements.captured_bytes(),
        }
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// Refuses the file as soon as its bytes tell enough; every later call repeats the refusal.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if let Some(refusal) = &self.refused {
            return Err(refusal.clone());
        }
        self.received += bytes.len() as u64;
        self.advance(bytes).inspect_err(|refusal| self.refused = Some(refusal.clone()))
    }

    /// Ends the file.
    ///
    /// # Errors
    /// Every refusal that `push` can give, and those of files that end too early.
    pub fn finish(mut self) -> Result<DicomFile, Refusal> {
        if let Some(refusal) = self.refused {
            return Err(refusal);
        }
        if let Stage::Start(begin) = &mut self.stage {
            let begin = std::mem::take(begin);
            self.begin(&begin)?;
        }
        let length = self.received;
        if let Stage::Meta(elements) = &mut self.stage {
            elements.check_complete(length)?;
            self.begin_data_set(&[])?;
        }
        match self.stage {
            Stage::DataSet {
                elements,
                declared,
                inflate,
                start,
            } => {
                let deflated = inflate.is_some();
                let length = match inflate {
                    Some(inflate) => start + inflate.finish(length)?,
                    None => length,
                };
                let transfer_syntax = declared.unwrap_or_else(|| elements.syntax().uid().to_owned());
                let (dataset, pixel_data) = elements.finish(length)?;
                let header_end = pixel_data.as_ref().map_or(length, |pixels| pixels.offset);
                Ok(DicomFile {
                    meta: self.meta,
                    dataset,
                    transfer_syntax,
                    pixel_data,
                    header_end,
                    length,
                    deflated,
                    dataset_start: start,
                })
            }
            Stage::Start(_) | Stage::Meta(_) => Err(Refusal::NotDicom),
        }
    }

    fn advance(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        match &mut self.stage {
            Stage::Start(begin) => {
                begin.extend_from_slice(bytes);
                if begin.len() < start::PREAMBLE {
                    return Ok(());
                }
                let begin = std::mem::take(begin);
                self.begin(&begin)
            }
            Stage::Meta(elements) => match elements.push(bytes)? {
                Flow::More => Ok(()),
                Flow::MetaEnded { rest } => self.begin_data_set(rest),
            },
            Stage::DataSet { elements, inflate, .. } => match inflate {
                Some(inflate) => inflate.push(bytes, &self.limits, elements),
                None => elements.push(bytes).map(|_| ()),
            },
        }
    }

    /// Decides by the first bytes (132, or all of a shorter file) what kind of file this is, and reads on.
    fn begin(&mut self, begin: &[u8]) -> Result<(), Refusal> {
        let (offset, meta) = match Start::of(begin) {
            Start::Meta { offset } => (offset, true),
            Start::DataSet => (0, false),
            Start::NotDicom => return Err(Refusal::NotDicom),
        };
        let elements = Elements::of_meta(self.limits.clone(), offset as u64, self.length);
        self.stage = if meta {
            Stage::Meta(elements)
        } else {
            let elements = elements.into_data_set(Syntax::EXPLICIT_LITTLE, true, self.length);
            Stage::DataSet {
                elements,
                declared: None,
                inflate: None,
                start: 0,
            }
        };
        self.advance(begin.get(offset..).unwrap_or_default())
    }

    /// Goes on from the file meta information to the data set, in the transfer syntax that it names.
    fn begin_data_set(&mut self, rest: &[u8]) -> Result<(), Refusal> {
        let Stage::Meta(mut elements) = std::mem::replace(&mut self.stage, Stage::Start(Vec::new())) else {
            return Ok(());
        };
        let (meta, carry) = elements.take_meta();
        let start = elements.position();
        let declared = meta.texts(tags::TRANSFER_SYNTAX_UID).into_iter().next();
        let deflated = declared.as_deref().is_some_and(is_deflated);
        let syntax = match declared.as_deref() {
            Some(uids::IMPLICIT_VR_LITTLE_ENDIAN) => Syntax::IMPLICIT_LITTLE,
            #[allow(deprecated)]
            Some(uids::EXPLICIT_VR_BIG_ENDIAN) => Syntax::EXPLICIT_BIG,
            _ => Syntax::EXPLICIT_LITTLE,
        };
        let elements = elements.into_data_set(syntax, declared.is_none(), self.length.filter(|_| !deflated));
        let inflate = deflated.then(|| Box::new(Inflate::new()));
        self.meta = meta;
        self.stage = Stage::DataSet {
            elements,
            declared,
            inflate,
            start,
        };
        self.advance(&carry)?;
        self.advance(rest)
    }
}

/// The transfer syntaxes whose data set is deflated after the file meta information (PS3.5 section 10 and annex A.5).
fn is_deflated(transfer_syntax: &str) -> bool {
    matches!(
        transfer_syntax,
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN | uids::JPIP_REFERENCED_DEFLATE | uids::JPIPHTJ2K_REFERENCED_DEFLATE
    )
}

impl DicomFile {
    /// Reads a whole file.
    ///
    /// # Errors
    /// `Refusal::NotDicom` for bytes that are no DICOM at all, every other refusal for a file that is broken or costs too much.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<DicomFile, Refusal> {
        let mut walker = Walker::new(limits.clone());
        walker.expect_length(bytes.len() as u64);
        walker.push(bytes)?;
        walker.finish()
    }

    /// Reads the bytes `[0, header_end)` of a file that was accepted before: all attributes up to the pixel data, and no pixel data.
    ///
    /// A deflated file cannot be cut there: give it whole, and `pixel_data` is there too.
    ///
    /// # Errors
    /// As `read`.
    pub fn read_header(prefix: &[u8], limits: &Limits) -> Result<DicomFile, Refusal> {
        DicomFile::read(prefix, limits)
    }

    /// The form of the file's bytes that all offsets count in: the bytes themselves, or for a deflated file the original bytes
    /// before the data set followed by the inflated data set.
    ///
    /// # Errors
    /// The refusals of a broken deflate stream, and of one that inflates beyond `limits`.
    pub fn inflated<'b>(&self, bytes: &'b [u8], limits: &Limits) -> Result<Cow<'b, [u8]>, Refusal> {
        if !self.deflated {
            return Ok(Cow::Borrowed(bytes));
        }
        let start = usize::try_from(self.dataset_start).unwrap_or(usize::MAX).min(bytes.len());
        let (before, deflated) = bytes.split_at(start);
        let mut whole = before.to_vec();
        Inflate::new().push(deflated, limits, &mut whole)?;
        Ok(Cow::Owned(whole))
    }
}
