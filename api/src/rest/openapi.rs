//! The OpenAPI document of the REST API, put together from what each route says of itself: the shapes are those that the handlers read
//! and write, so that the document cannot differ from the code (contract X-33, S2-94).

use crate::routes::{self, RestRoute};
use poem::{Response, handler};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What a route says of itself.
pub struct Operation {
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
    /// Needs no token.
    open: bool,
    /// The parameter of the path that is text; others are numbers.
    text: &'static str,
    query: Option<SchemaOf>,
    body: Option<(&'static str, SchemaOf)>,
    files: &'static str,
    answer: Option<SchemaOf>,
    /// Of 202: the work goes on.
    later: Option<SchemaOf>,
    /// Media type of an answer that is a file.
    file: &'static str,
    /// Statuses besides those that follow from the rest.
    refusals: &'static [u16],
}

impl Operation {
    pub fn new(tag: &'static str, summary: &'static str) -> Self {
        Self {
            tag,
            summary,
            description: "",
            open: false,
            text: "",
            query: None,
            body: None,
            files: "",
            answer: None,
            later: None,
            file: "",
            refusals: &[],
        }
    }

    pub fn open(self) -> Self {
        Self { open: true, ..self }
    }

    pub fn description(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    pub fn text(self, text: &'static str) -> Self {
        Self { text, ..self }
    }

    pub fn query<T: JsonSchema>(self) -> Self {
        Self {
            query: Some(T::json_schema),
            ..self
        }
    }

    pub fn body<T: JsonSchema>(self) -> Self {
        let body = Some(("application/json", SchemaGenerator::subschema_for::<T> as SchemaOf));
        Self { body, ..self }
    }

    pub fn form<T: JsonSchema>(self) -> Self {
        Self {
            body: Some(("application/x-www-form-urlencoded", T::json_schema)),
            ..self
        }
    }

    /// A form with files under this name.
    pub fn multipart<T: JsonSchema>(self, files: &'static str) -> Self {
        Self {
            body: Some(("multipart/form-data", T::json_schema)),
            files,
            ..self
        }
    }

    pub fn answers<T: JsonSchema>(self) -> Self {
        Self {
            answer: Some(SchemaGenerator::subschema_for::<T>),
            ..self
        }
    }

    /// What is answered with 202 where the work goes on.
    pub fn answers_later<T: JsonSchema>(self) -> Self {
        Self {
            later: Some(SchemaGenerator::subschema_for::<T>),
            ..self
        }
    }

    pub fn answers_file(self, media_type: &'static str) -> Self {
        Self {
            file: media_type,
            ..self
        }
    }

    pub fn refuses(self, refusals: &'static [u16]) -> Self {
        Self { refusals, ..self }
    }
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| document(&routes::rest()).to_string());

/// `GET /openapi.json`.
#[handler]
pub fn openapi() -> Response {
    Response::builder().content_type("application/json").body(DOCUMENT.as_str())
}

const ABOUT: &str = "Studies, reports, prices and invoices of diagnostic centres.\n\n\
    Get a token at `POST /auth/token` and send it as `Authorization: Bearer <token>`. Lists take `skip` and `limit` (100 when left out, at \
    most 1000) and are ordered by id. Times are UTC. An error is `{\"detail\": …}`: a text, or for 422 a list of what is wrong where.";

fn document(routes: &[RestRoute]) -> Value {
    let settings =
        || SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut reading = settings().into_generator();
    let mut writing = settings().for_serialize().into_generator();
    let mut paths = Map::new();
    for route in routes {
        let Some(operation) = &route.operation else { continue };
        let described = described(route, operation, &mut reading, &mut writing);
        let path = paths.entry(template(route.path)).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = described;
    }
    let mut schemas = Map::new();
    schemas.extend(reading.take_definitions(true));
    schemas.extend(writing.take_definitions(true));
    schemas.extend(errors());
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Gantry", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT },
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": {
            "password": { "type": "oauth2", "flows": { "password": { "tokenUrl": "/auth/token", "scopes": {} } } },
            "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
        } },
    })
}

/// `/users/:user_id` as OpenAPI writes it.
fn template(path: &str) -> String {
    let segment = |segment: &str| match segment.strip_prefix(':') {
        Some(name) => format!("{{{name}}}"),
        None => segment.to_owned(),
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

fn described(
    route: &RestRoute,
    operation: &Operation,
    reading: &mut SchemaGenerator,
    writing: &mut SchemaGenerator,
) -> Value {
    let mut parameters: Vec<Value> = in_path(route.path, operation.text).collect();
    if let Some(query) = operation.query {
        parameters.extend(in_query(&query(reading)));
    }
    let reads = !parameters.is_empty() || operation.body.is_some();
    let name = template(route.path).replace(['{', '}'], "").replace(['/', '-', '.'], "_");
    let mut value = json!({
        "tags": [operation.tag],
        "summary": operation.summary,
        "operationId": format!("{}{name}", route.method.as_str().to_lowercase()),
        "parameters": parameters,
        "responses": responses(operation, route.path.contains(':'), reads, writing),
    });
    if !operation.description.is_empty() {
        value["description"] = operation.description.into();
    }
    if let Some((media_type, schema)) = operation.body {
        let mut schema = schema(reading);
        if !operation.files.is_empty() {
            add_files(&mut schema, operation.files);
        }
        value["requestBody"] = json!({ "content": { media_type: { "schema": schema } } });
    }
    if !operation.open {
        value["security"] = json!([{ "password": [] }, { "token": [] }]);
    }
    value
}

fn in_path<'a>(path: &'a str, text: &'a str) -> impl Iterator<Item = Value> + 'a {
    path.split('/').filter_map(|segment| segment.strip_prefix(':')).map(move |name| {
        let schema = match name == text {
            true => json!({ "type": "string" }),
            false => json!({ "type": "integer", "format": "int64" }),
        };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    })
}

fn in_query(schema: &Schema) -> Vec<Value> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let parameter = |(name, schema): (&String, &Value)| {
        let mut parameter =
            json!({ "name": name, "in": "query", "required": required.contains(&name.as_str()), "schema": schema });
        if let Some(description) = schema.get("description") {
            parameter["description"] = description.clone();
        }
        parameter
    };
    properties.map(parameter).collect()
}

fn add_files(schema: &mut Schema, name: &str) {
    let files = json!({ "type": "array", "minItems": 1, "items": { "type": "string", "format": "binary" } });
    let object = schema.ensure_object();
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(name.into(), files);
    }
    if let Some(required) = object.get_mut("required").and_then(Value::as_array_mut) {
        required.push(name.into());
    }
}

fn responses(operation: &Operation, names: bool, reads: bool, writing: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    let content = match (operation.answer, operation.file) {
        (Some(schema), _) => json!({ "application/json": { "schema": schema(writing) } }),
        (None, file) => json!({ file: { "schema": { "type": "string", "format": "binary" } } }),
    };
    responses.insert("200".into(), json!({ "description": "Done", "content": content }));
    if let Some(schema) = operation.later {
        let content = json!({ "application/json": { "schema": schema(writing) } });
        responses.insert(
            "202".into(),
            json!({ "description": "The work goes on", "content": content }),
        );
    }
    let mut refuse = |status: u16| {
        let schema = if status == 422 { "ValidationError" } else { "Error" };
        let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
        let response =
            json!({ "description": meaning(status), "content": { "application/json": { "schema": schema } } });
        responses.insert(status.to_string(), response);
    };
    if !operation.open {
        refuse(401);
        refuse(403);
    }
    if names {
        refuse(404);
    }
    if operation.body.is_some() {
        refuse(413);
    }
    if reads {
        refuse(422);
    }
    refuse(429);
    refuse(503);
    operation.refusals.iter().copied().for_each(refuse);
    Value::Object(responses)
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "It cannot be done as things are; `detail` says why",
        401 => "No valid token: get one at `POST /auth/token`",
        403 => "Your role, or your centre, does not allow it",
        404 => "It is not there",
        413 => "Too large",
        422 => "Something in the request has another shape; `detail` lists what, and where",
        429 => "Too many requests; `Retry-After` says how many seconds to wait",
        _ => "Out of order for the moment; try again",
    }
}

fn errors() -> Map<String, Value> {
    let text = json!({ "type": "string" });
    let problem = json!({
        "type": "object",
        "required": ["loc", "msg", "type"],
        "properties": { "loc": { "type": "array", "items": { "type": ["string", "integer"] } }, "msg": text, "type": text },
    });
    let object =
        |detail: Value| json!({ "type": "object", "required": ["detail"], "properties": { "detail": detail } });
    Map::from_iter([
        ("Error".to_owned(), object(text.clone())),
        (
            "ValidationError".to_owned(),
            object(json!({ "type": "array", "items": problem })),
        ),
    ])
}
