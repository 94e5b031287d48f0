//! Answers in the order in which their fields were asked for (GraphQL section 7.2.2).
//!
//! async-graphql writes fields in the order in which they were ready, so that equal answers differ in their bytes, and with them the
//! `ETag` by which a client asks whether anything changed.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, Value,
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

/// The fields of a selection in their order, each with those of its own. What fragments of different types select lies in one order.
#[derive(Debug, Default)]
pub struct FieldOrder {
    places: HashMap<Name, usize>,
    fields: Vec<FieldOrder>,
}

impl FieldOrder {
    /// Of an operation whose fragments have been [measured](super::Limits::check_expansion): their spreads are followed.
    pub fn of(document: &ExecutableDocument, operation: &OperationDefinition) -> Self {
        let mut order = Self::default();
        order.collect(document, &operation.selection_set);
        order
    }

    fn collect(&mut self, document: &ExecutableDocument, set: &Positioned<SelectionSet>) {
        for selection in &set.node.items {
            match &selection.node {
                Selection::Field(field) => {
                    let key = &field.node.response_key().node;
                    let next = self.fields.len();
                    let place = *self.places.entry(key.clone()).or_insert(next);
                    if place == next {
                        self.fields.push(Self::default());
                    }
                    self.fields[place].collect(document, &field.node.selection_set);
                }
                Selection::InlineFragment(inline) => self.collect(document, &inline.node.selection_set),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        self.collect(document, &fragment.node.selection_set);
                    }
                }
            }
        }
    }

    /// Puts the fields of an answer into this order. Values of scalars that look like objects stay as they are.
    pub fn apply(&self, data: &mut Value) {
        match data {
            Value::List(items) => items.iter_mut().for_each(|item| self.apply(item)),
            Value::Object(object) if !self.fields.is_empty() => {
                let place = |key: &Name| self.places.get(key).copied().unwrap_or(usize::MAX);
                if !object.keys().is_sorted_by_key(place) {
                    object.sort_by(|one, _, other, _| place(one).cmp(&place(other)));
                }
                for (key, value) in object {
                    if let Some(field) = self.places.get(key).and_then(|place| self.fields.get(*place)) {
                        field.apply(value);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_come_in_the_order_of_the_document_through_lists_and_fragments() {
        let document =
            parse_query("{ b a: x { d ...F c } list { ... on A { z } y } json b { e } } fragment F on T { c { h g } }")
                .unwrap();
        let order = FieldOrder::of(&document, &document.operations.iter().next().unwrap().1.node);
        let answer = r#"{"json":{"a":2,"b":1},"list":[{"y":1,"z":2},null],"a":{"c":{"g":1,"h":2},"d":3},"b":{"e":4}}"#;
        let mut data = Value::from_json(serde_json::from_str(answer).unwrap()).unwrap();
        let as_it_was = data.clone().into_json().unwrap();
        order.apply(&mut data);
        assert_eq!(
            serde_json::to_string(&data).unwrap(),
            r#"{"b":{"e":4},"a":{"d":3,"c":{"h":2,"g":1}},"list":[{"z":2,"y":1},null],"json":{"a":2,"b":1}}"#
        );
        assert_eq!(data.into_json().unwrap(), as_it_was);
        let mut nothing = Value::from_json(json!(null)).unwrap();
        order.apply(&mut nothing);
        assert_eq!(nothing, Value::Null);
    }
}
