//! Bounds on a parsed document before it is validated, with every fragment in its place.
//!
//! async-graphql's walks follow every fragment spread, so that 30 fragments that spread one another twice take 2^30 steps. Here each
//! fragment is measured once.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{ExecutableDocument, Selection, SelectionSet},
};

use super::{
    code::Code,
    limits::{Limits, within},
    refusal::Refusal,
};

impl Limits {
    /// Refuses a document whose operations become too large, too deep, or endless, when fragments are spread.
    pub fn check_expansion(&self, document: &ExecutableDocument) -> Result<(), Refusal> {
        let mut expansion = Expansion {
            document,
            repetitions: self.repetitions,
            known: HashMap::new(),
        };
        for (_, operation) in document.operations.iter() {
            let extent = expansion.measure(&operation.node.selection_set)?;
            within("selections", extent.selections, self.selections)?;
            within("levels of fields", extent.depth, self.depth)?;
        }
        Ok(())
    }
}

/// How large a selection is after expansion.
#[derive(Clone, Copy, Default)]
struct Extent {
    selections: usize,
    depth: usize,
}

/// Extents of fragments after expansion, each computed once.
struct Expansion<'a> {
    document: &'a ExecutableDocument,
    repetitions: usize,
    /// `None` while a fragment is being measured: meeting it again means that it contains itself.
    known: HashMap<&'a Name, Option<Extent>>,
}

impl<'a> Expansion<'a> {
    fn measure(&mut self, set: &'a Positioned<SelectionSet>) -> Result<Extent, Refusal> {
        let mut whole = Extent::default();
        let mut met: HashMap<&Name, usize> = HashMap::new();
        for selection in &set.node.items {
            let inner = match &selection.node {
                Selection::Field(field) => {
                    let times = met.entry(&field.node.response_key().node).or_default();
                    *times += 1;
                    within("repetitions of a field", *times, self.repetitions)?;
                    let inner = self.measure(&field.node.selection_set)?;
                    Extent {
                        depth: inner.depth + 1,
                        ..inner
                    }
                }
                Selection::InlineFragment(inline) => self.measure(&inline.node.selection_set)?,
                Selection::FragmentSpread(spread) => self.measure_fragment(&spread.node.fragment_name)?,
            };
            whole.selections = whole.selections.saturating_add(1).saturating_add(inner.selections);
            whole.depth = whole.depth.max(inner.depth);
        }
        Ok(whole)
    }

    fn measure_fragment(&mut self, name: &'a Positioned<Name>) -> Result<Extent, Refusal> {
        match self.known.get(&name.node) {
            Some(Some(extent)) => return Ok(*extent),
            Some(None) => {
                let mut refusal = Refusal::new(
                    Code::ValidationFailed,
                    format!("Fragment \"{}\" contains itself.", name.node),
                );
                refusal.locations = vec![name.pos];
                return Err(refusal);
            }
            None => {}
        }
        // Validation names an unknown fragment; here it is empty.
        let Some(fragment) = self.document.fragments.get(&name.node) else {
            return Ok(Extent::default());
        };
        self.known.insert(&name.node, None);
        let extent = self.measure(&fragment.node.selection_set)?;
        self.known.insert(&name.node, Some(extent));
        Ok(extent)
    }
}
