//! GraphQL over HTTP: reads POST and GET, decides whether an operation may run this way, and answers.

use async_graphql::{Data, Executor, Response as GraphQlResponse, Variables, parser::types::OperationType};
use poem::{
    Request, Response,
    http::{HeaderMap, Method, header},
};
use serde::Deserialize;

use super::{
    Transport,
    bill::Bill,
    code::Code,
    document::{Operation, Params},
    gate::Session,
    incoming::{Incoming, too_large},
    multipart::UploadReceiver,
    negotiate::{self, Media, Sent},
    refusal::Refusal,
    respond,
    run::{self, Begun},
    sse,
};

/// What a JSON body or query string holds.
enum Body {
    One(Params),
    Batch(Vec<Params>),
}

/// The query string of a GET: `variables` and `extensions` are JSON within it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryString {
    query: Option<String>,
    #[serde(alias = "doc_id", alias = "id")]
    document_id: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

impl<E: Executor, G: UploadReceiver> Transport<E, G> {
    /// Answers everything but sockets.
    pub(super) async fn http(&self, mut request: Request) -> Response {
        let incoming = Incoming::new(request.take_body(), self.settings.body_idle);
        let allow = match *request.method() {
            Method::GET => "POST",
            _ => "GET, POST",
        };
        let Some(media) = negotiate::accepted(request.headers()) else {
            let refusal = Refusal::new(
                Code::NotAcceptable,
                "Accept application/graphql-response+json, application/json or text/event-stream.",
            );
            return respond::refused(Media::Json, refusal, allow);
        };
        let session = match self.gate.http(&request).await {
            Ok(session) => session,
            Err(refusal) => return respond::refused(media, refusal, allow),
        };
        let bill = self.bill(&session.caller);
        let mut response = match self.serve(&request, incoming, media, session, &bill).await {
            Ok(response) => response,
            Err(refusal) => respond::refused(media, refusal, allow),
        };
        bill.tell(response.headers_mut());
        response
    }

    async fn serve(
        &self,
        request: &Request,
        incoming: Incoming,
        media: Media,
        session: Session<G::Caller>,
        bill: &Bill,
    ) -> Result<Response, Refusal> {
        match *request.method() {
            Method::GET => {
                let operation = self.read(bill, from_query_string(request)?)?;
                if operation.kind == OperationType::Mutation {
                    return Err(Refusal::new(Code::MethodNotAllowed, "A mutation is sent by POST."));
                }
                let data = self.gate.operation(&session.caller);
                self.run(media, session, operation, data, bill).await
            }
            Method::POST => match negotiate::sent(request.headers()) {
                Some(Sent::Json) => {
                    let limit = self.settings.body_bytes;
                    refuse_declared_length(request.headers(), limit)?;
                    match from_json(&incoming.read(limit).await?, self.settings.batch)? {
                        Body::One(params) => {
                            let operation = self.read(bill, params)?;
                            let data = self.gate.operation(&session.caller);
                            self.run(media, session, operation, data, bill).await
                        }
                        Body::Batch(batch) => self.run_batch(media, session, batch, bill).await,
                    }
                }
                Some(Sent::Multipart) => self.upload(media, request, incoming, session, bill).await,
                None => Err(Refusal::new(
                    Code::UnsupportedMediaType,
                    "Send an uncompressed body with Content-Type: application/json, or multipart/form-data for uploads.",
                )),
            },
            _ => Err(Refusal::new(
                Code::MethodNotAllowed,
                "GraphQL is served by POST, and queries by GET.",
            )),
        }
    }

    /// Runs one operation with what its resolvers see, and answers in the wanted media type.
    pub(super) async fn run(
        &self,
        media: Media,
        session: Session<G::Caller>,
        operation: Operation,
        data: Data,
        bill: &Bill,
    ) -> Result<Response, Refusal> {
        match (media, operation.kind) {
            (Media::EventStream, _) => match run::begin(self.stream(operation, data, bill), bill).await {
                Begun::Running(results) => Ok(sse::stream(results, session, &self.settings)),
                Begun::Refused(response) => Ok(respond::one(media, *response)),
            },
            (_, OperationType::Subscription) => Err(needs_stream()),
            _ => {
                let about_schema = operation.about_schema;
                let mut response = respond::one(media, self.execute(operation, data, bill).await);
                if about_schema {
                    respond::may_be_kept(&mut response);
                }
                Ok(response)
            }
        }
    }

    async fn run_batch(
        &self,
        media: Media,
        session: Session<G::Caller>,
        batch: Vec<Params>,
        bill: &Bill,
    ) -> Result<Response, Refusal> {
        if media == Media::EventStream {
            return Err(Refusal::new(
                Code::NotAcceptable,
                "A batch is not answered as an event stream: send one operation.",
            ));
        }
        let mut responses = Vec::with_capacity(batch.len());
        for params in batch {
            responses.push(self.run_in_batch(&session.caller, params, bill).await);
        }
        Ok(respond::many(media, responses))
    }

    async fn run_in_batch(&self, caller: &G::Caller, params: Params, bill: &Bill) -> GraphQlResponse {
        match self.read(bill, params) {
            Ok(operation) if operation.kind == OperationType::Subscription => needs_stream().into_response(),
            Ok(operation) => self.execute(operation, self.gate.operation(caller), bill).await,
            Err(refusal) => refusal.into_response(),
        }
    }
}

fn needs_stream() -> Refusal {
    Refusal::new(
        Code::NotAcceptable,
        "A subscription is a stream: accept text/event-stream, or use a WebSocket with graphql-transport-ws.",
    )
}

fn refuse_declared_length(headers: &HeaderMap, limit: usize) -> Result<(), Refusal> {
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse::<u64>().ok());
    match declared {
        Some(length) if length > limit as u64 => Err(too_large("The body", limit)),
        _ => Ok(()),
    }
}

fn from_json(bytes: &[u8], most: usize) -> Result<Body, Refusal> {
    // serde_json refuses nesting beyond 128 levels by itself.
    let wrong = |error: serde_json::Error| Refusal::bad_request(format!("The body is not a GraphQL request: {error}."));
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first != Some(&b'[') {
        return serde_json::from_slice(bytes).map(Body::One).map_err(wrong);
    }
    let batch: Vec<Params> = serde_json::from_slice(bytes).map_err(wrong)?;
    match batch.len() {
        0 => Err(Refusal::bad_request("The batch is empty.")),
        length if length > most => Err(Refusal::new(
            Code::TooManyOperations,
            format!("A batch holds at most {most} operations."),
        )),
        _ => Ok(Body::Batch(batch)),
    }
}

fn from_query_string(request: &Request) -> Result<Params, Refusal> {
    let parameters: QueryString = request
        .params()
        .map_err(|_| Refusal::bad_request("The query string holds each parameter once at most."))?;
    let not_empty = |text: Option<String>| text.filter(|text| !text.is_empty());
    let wrong = |name: &str| Refusal::bad_request(format!("`{name}` is not a JSON object as text."));
    let variables = match not_empty(parameters.variables) {
        Some(text) => serde_json::from_str(&text).map_err(|_| wrong("variables"))?,
        None => Variables::default(),
    };
    let extensions = match not_empty(parameters.extensions) {
        Some(text) => serde_json::from_str(&text).map_err(|_| wrong("extensions"))?,
        None => None,
    };
    Ok(Params {
        query: parameters.query,
        document_id: not_empty(parameters.document_id),
        operation_name: not_empty(parameters.operation_name),
        variables,
        extensions,
    })
}
