//! Questions about the schema itself: whether they may be asked, and a bound on how they circle.
//!
//! `fields { type { fields { type …` multiplies the answer by the number of fields at each turn, and costs next to nothing by the count of
//! what was asked. As graphql-js does, two turns are let through: tools need one.

use async_graphql::{
    Positioned,
    parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet},
};

use super::{code::Code, refusal::Refusal};

/// Fields of `__Type` whose lists lead to further types.
const LISTS: [&str; 4] = ["fields", "inputFields", "interfaces", "possibleTypes"];

/// How often one of [`LISTS`] may lie within another.
const TURNS: usize = 2;

/// What an operation asks at its root.
struct Roots<'a> {
    document: &'a ExecutableDocument,
    allowed: bool,
    schemas: usize,
    data: bool,
}

/// True when an operation asks of nothing but the schema and names of types, so that its answer holds no data. Fragments must have been
/// [measured](super::Limits::check_expansion): their spreads are followed.
pub fn check(document: &ExecutableDocument, operation: &OperationDefinition, allowed: bool) -> Result<bool, Refusal> {
    let mut roots = Roots {
        document,
        allowed,
        schemas: 0,
        data: false,
    };
    roots.walk(&operation.selection_set, &mut |roots, field| roots.root(field))?;
    Ok(!roots.data)
}

impl<'a> Roots<'a> {
    /// Calls `visit` for each field of a selection, those of fragments included.
    fn walk(
        &mut self,
        set: &'a Positioned<SelectionSet>,
        visit: &mut dyn FnMut(&mut Self, &'a Field) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => visit(self, &field.node)?,
                Selection::InlineFragment(inline) => self.walk(&inline.node.selection_set, visit)?,
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.document.fragments.get(&spread.node.fragment_name.node) {
                        self.walk(&fragment.node.selection_set, visit)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn root(&mut self, field: &'a Field) -> Result<(), Refusal> {
        let name = field.name.node.as_str();
        match name {
            "__schema" | "__type" if !self.allowed => {
                return Err(Refusal::new(
                    Code::IntrospectionDisabled,
                    "This server does not tell its schema: `__schema` and `__type` are switched off.",
                ));
            }
            "__schema" => self.schemas += 1,
            "__type" | "__typename" => {}
            _ => {
                self.data = true;
                return Ok(());
            }
        }
        if self.schemas > 1 {
            return Err(too_large("The document asks for `__schema` more than once."));
        }
        self.turn(field, 0)
    }

    fn turn(&mut self, field: &'a Field, turns: usize) -> Result<(), Refusal> {
        let turns = turns + usize::from(LISTS.contains(&field.name.node.as_str()));
        if turns > TURNS {
            return Err(too_large(
                "The introspection circles: ask for the types of `__schema` instead.",
            ));
        }
        self.walk(&field.selection_set, &mut |roots, field| roots.turn(field, turns))
    }
}

fn too_large(message: &str) -> Refusal {
    Refusal::new(Code::DocumentTooLarge, message)
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn asks(query: &str, allowed: bool) -> Result<bool, Code> {
        let document = parse_query(query).unwrap();
        let operation = document.operations.iter().next().unwrap().1;
        check(&document, &operation.node, allowed).map_err(|refusal| refusal.code)
    }

    #[test]
    fn answers_without_data_are_told_from_others() {
        for query in [
            "{ __typename }",
            "{ a: __schema { types { name } } ...F } fragment F on Query { __typename }",
        ] {
            assert_eq!(asks(query, true), Ok(true), "{query}");
        }
        for query in [
            "{ me { id } }",
            "{ __typename ...F } fragment F on Query { ... { me { id } } }",
        ] {
            assert_eq!(asks(query, true), Ok(false), "{query}");
        }
    }

    #[test]
    fn introspection_that_is_off_is_refused_wherever_it_hides() {
        for query in [
            "{ __schema { types { name } } }",
            "{ x: __type(name: \"A\") { name } }",
            "query A { ...F } fragment F on Query { ... on Query { __schema { types { name } } } }",
        ] {
            assert_eq!(asks(query, false), Err(Code::IntrospectionDisabled), "{query}");
        }
        assert_eq!(asks("{ __typename me { id } }", false), Ok(false));
    }

    #[test]
    fn introspection_that_circles_is_refused_also_through_fragments() {
        for query in [
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
            "{ __type(name: \"A\") { ...F } } fragment F on __Type { fields { type { possibleTypes { ...G } } } }
             fragment G on __Type { interfaces { name } }",
            "{ a: __schema { types { name } } b: __schema { types { name } } }",
        ] {
            assert_eq!(asks(query, true), Err(Code::DocumentTooLarge), "{query}");
        }
        let twice = "{ __schema { types { fields { type { fields { name } } } } } }";
        assert_eq!(asks(twice, true), Ok(true));
    }
}
