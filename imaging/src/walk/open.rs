//! The sequences and items that are open at a place of a file, kept on a stack of our own so that nesting costs no recursion.

use dicom_core::{Tag, VR};

use super::header::Syntax;
use crate::charset::Charset;
use crate::dataset::{DataSet, Element, Value};

/// A data set that is being read: the root or an item.
#[derive(Debug)]
pub(super) struct Item {
    pub offset: u64,
    /// Where it ends; `None` where a delimiter (or the end of the file) ends it.
    pub end: Option<u64>,
    pub syntax: Syntax,
    /// No element was read yet, so that the first may still tell whether VRs are explicit.
    pub fresh: bool,
    pub dataset: DataSet,
}

/// A sequence that is being read.
#[derive(Debug)]
pub(super) struct Sequence {
    pub tag: Tag,
    pub vr: VR,
    pub offset: u64,
    pub start: u64,
    pub end: Option<u64>,
    pub syntax: Syntax,
    pub items: Vec<DataSet>,
}

/// Everything that is open, from the root to the innermost data set.
#[derive(Debug)]
pub(super) struct Open {
    pub item: Item,
    /// The sequence of `item` that is being read, while between two of its items.
    pub sequence: Option<Sequence>,
    enclosing: Vec<(Item, Sequence)>,
}

impl Open {
    pub(super) fn root(syntax: Syntax, offset: u64) -> Open {
        let item = Item {
            offset,
            end: None,
            syntax,
            fresh: true,
            dataset: DataSet::new(Charset::default()),
        };
        Open {
            item,
            sequence: None,
            enclosing: Vec::new(),
        }
    }

    pub(super) fn is_root(&self) -> bool {
        self.enclosing.is_empty()
    }

    /// How many sequences are around the current data set.
    pub(super) fn depth(&self) -> usize {
        self.enclosing.len()
    }

    /// The data sets around this place, innermost first.
    pub(super) fn datasets(&self) -> impl Iterator<Item = &DataSet> {
        let enclosing = self.enclosing.iter().rev().map(|(item, _)| &item.dataset);
        std::iter::once(&self.item.dataset).chain(enclosing)
    }

    /// The innermost open sequence or item: its tag and where it begins.
    pub(super) fn innermost(&self) -> Option<(Tag, u64)> {
        let sequence = self.sequence.as_ref().map(|sequence| (sequence.tag, sequence.offset));
        sequence.or_else(|| self.enclosing.last().map(|(_, sequence)| (sequence.tag, self.item.offset)))
    }

    /// Opens an item of the current sequence.
    pub(super) fn open_item(&mut self, sequence: Sequence, offset: u64, end: Option<u64>) {
        let dataset = DataSet::new(self.item.dataset.charset());
        let item = Item {
            offset,
            end,
            syntax: sequence.syntax,
            fresh: true,
            dataset,
        };
        self.enclosing.push((std::mem::replace(&mut self.item, item), sequence));
    }

    /// Closes the current item, if it is one.
    pub(super) fn close_item(&mut self) {
        if let Some((parent, mut sequence)) = self.enclosing.pop() {
            let item = std::mem::replace(&mut self.item, parent);
            sequence.items.push(item.dataset);
            self.sequence = Some(sequence);
        }
    }

    /// Closes the current sequence, if there is one.
    pub(super) fn close_sequence(&mut self) {
        if let Some(Sequence { tag, vr, items, .. }) = self.sequence.take() {
            self.item.dataset.push(Element {
                tag,
                vr,
                value: Value::Items(items),
            });
        }
    }

    /// Closes what ends at or before this place by its own length.
    pub(super) fn close_ended(&mut self, position: u64) {
        let ended = |end: Option<u64>| end.is_some_and(|end| position >= end);
        loop {
            match &self.sequence {
                Some(sequence) if ended(sequence.end) => self.close_sequence(),
                None if ended(self.item.end) => self.close_item(),
                _ => return,
            }
        }
    }
}
