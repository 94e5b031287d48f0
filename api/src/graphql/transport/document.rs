//! From parameters to an operation that may be executed: bounded, parsed, selected, with its variables in place.

use async_graphql::{
    Name, Request, Variables,
    parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType},
    },
};
use serde::Deserialize;

use super::{Settings, code::Code, introspection, order::FieldOrder, persisted::Reference, refusal::Refusal};

/// Parameters of one GraphQL request, the same in JSON, in the query string and on a socket.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Params {
    /// The document, unless it is named.
    #[serde(default)]
    pub query: Option<String>,
    /// The id of a document that the server knows: `sha256:` and its digits, or one that build tools gave. Relay's clients send
    /// it under the two other names.
    #[serde(default, alias = "doc_id", alias = "id")]
    pub document_id: Option<String>,
    /// Which of the document's operations to run.
    #[serde(default)]
    pub operation_name: Option<String>,
    /// Values of the operation's variables.
    #[serde(default)]
    pub variables: Variables,
    /// Additions of the client, as an object.
    #[serde(default)]
    pub extensions: Option<serde_json::Map<String, serde_json::Value>>,
}

/// An operation that passed every check that needs no schema.
#[derive(Debug)]
pub struct Operation {
    /// What the executor gets; holds the parsed document.
    pub request: Request,
    /// Query, mutation or subscription.
    pub kind: OperationType,
    /// The order of the fields in its answer.
    pub order: FieldOrder,
    /// True when the answer tells of nothing but the schema.
    pub about_schema: bool,
}

impl Params {
    /// Finds the document, bounds and parses it, finds the operation and checks that its required variables are given
    /// (async-graphql would answer their absence as an error of execution).
    pub fn prepare(self, settings: &Settings) -> Result<Operation, Refusal> {
        let limits = &settings.limits;
        let reference = Reference::of(self.extensions.as_ref(), self.document_id)?;
        let found = settings.documents.find(self.query, reference)?;
        limits.check_source(&found.text)?;
        let document = parse_query(&found.text).map_err(|error| {
            let mut refusal = Refusal::new(Code::ParseFailed, error.to_string());
            refusal.locations = error.positions().collect();
            refusal
        })?;
        limits.check_expansion(&document)?;
        let operation = select(&document, self.operation_name.as_deref())?;
        check_required_variables(operation, &self.variables)?;
        let about_schema = introspection::check(&document, operation, limits.introspection)?;
        let (kind, order) = (operation.ty, FieldOrder::of(&document, operation));

        let mut request = Request::new(&*found.text).variables(self.variables);
        settings.documents.keep(found)?;
        request.operation_name = self.operation_name;
        for (name, value) in self.extensions.unwrap_or_default() {
            let value = async_graphql::Value::from_json(value)
                .map_err(|_| Refusal::bad_request("`extensions` cannot be read."))?;
            request.extensions.insert(name, value);
        }
        request.set_parsed_query(document);
        Ok(Operation {
            request,
            kind,
            order,
            about_schema,
        })
    }
}

impl Operation {
    /// Refuses a variable that the operation does not declare.
    pub fn require_declared(&mut self, variable: &Name) -> Result<(), Refusal> {
        let name = self.request.operation_name.clone();
        let document = self.request.parsed_query().map_err(|error| Refusal::new(Code::ParseFailed, error.message))?;
        let declared = select(document, name.as_deref())?
            .variable_definitions
            .iter()
            .any(|definition| definition.node.name.node == *variable);
        if declared {
            return Ok(());
        }
        Err(Refusal::bad_request(format!(
            "The operation declares no variable ${variable}."
        )))
    }
}

/// The operation that a name selects. A single named operation is stored like many: it needs no name.
fn select<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Result<&'a OperationDefinition, Refusal> {
    let unknown = |name: &str| {
        Refusal::new(
            Code::ValidationFailed,
            format!("The document has no operation named \"{name}\"."),
        )
    };
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Ok(&operation.node),
        (DocumentOperations::Single(_), Some(name)) => Err(unknown(name)),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(name).map(|operation| &operation.node).ok_or_else(|| unknown(name))
        }
        (DocumentOperations::Multiple(operations), None) => {
            let mut all = operations.values();
            match (all.next(), all.next()) {
                (Some(operation), None) => Ok(&operation.node),
                _ => Err(Refusal::new(
                    Code::ValidationFailed,
                    "The document has several operations: name one in `operationName`.",
                )),
            }
        }
    }
}

fn check_required_variables(operation: &OperationDefinition, variables: &Variables) -> Result<(), Refusal> {
    for definition in &operation.variable_definitions {
        let variable = &definition.node;
        let name: &Name = &variable.name.node;
        let missing = match variables.get(name) {
            Some(value) => *value == async_graphql::Value::Null,
            None => variable.default_value.is_none(),
        };
        if missing && !variable.var_type.node.nullable {
            let mut refusal = Refusal::new(
                Code::ValidationFailed,
                format!(
                    "Variable \"${name}\" of required type \"{}\" was not provided.",
                    variable.var_type.node
                ),
            );
            refusal.locations = vec![definition.pos];
            return Err(refusal);
        }
    }
    Ok(())
}
