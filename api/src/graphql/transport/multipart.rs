//! Uploads by the GraphQL multipart request specification, streamed: `operations`, then `map`, then the files, in
//! this order. <https://github.com/jaydenseric/graphql-multipart-request-spec>
//!
//! Everything that can be refused is refused before the first file is read. A file goes to the [`UploadReceiver`] as it
//! arrives; nothing of it is held here. The operation runs after the last file.

use std::{
    collections::BTreeMap,
    future::Future,
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use async_graphql::{
    Data, Executor, InputValueError, InputValueResult, Name, Scalar, ScalarType, Value, Variables,
    parser::types::OperationType,
};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use multer::{Field, Multipart};
use poem::{
    Request, Response,
    http::{HeaderMap, header},
};

use super::{
    Transport,
    bill::Bill,
    code::Code,
    document::{Operation, Params},
    gate::{Gate, Session},
    incoming::{Allowance, Incoming, too_large, unreadable},
    negotiate::Media,
    refusal::Refusal,
};

/// Bytes that the preamble or the headers of one part may take.
const PART_HEADERS: usize = 64 * 1024;

/// Headers that a page of a foreign site cannot send without asking first (CORS preflight); one must not be empty.
const PREFLIGHT: [&str; 4] = [
    "GraphQL-Preflight",
    "Apollo-Require-Preflight",
    "X-Requested-With",
    "Authorization",
];

/// Takes the files of an upload. A receipt that is dropped (an error, a client that left) never reaches a resolver:
/// what was stored for it is an orphan.
pub trait UploadReceiver: Gate {
    /// What was received so far; the resolver finds it in its data.
    type Receipt: Send + 'static;

    /// Begins an upload of `files` files, or refuses it before a byte of them is read.
    fn open(&self, caller: &Self::Caller, files: usize) -> impl Future<Output = Result<Self::Receipt, Refusal>> + Send;

    /// Stores one file. `index` is the one that its [`Upload`] values hold; `file_name` is the client's word. What is
    /// left of `body` when this returns is skipped.
    fn file(
        &self,
        receipt: &mut Self::Receipt,
        index: usize,
        file_name: &str,
        body: BoxStream<'_, io::Result<Bytes>>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;

    /// Hands the receipt to the resolvers of the operation.
    fn attach(&self, receipt: Self::Receipt, data: &mut Data);
}

/// A file of this request, sent by the multipart request specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upload(
    /// Number of the file among those of the request.
    pub usize,
);

impl Upload {
    /// Neither JSON nor a GraphQL literal can spell a binary value: only the transport makes one.
    fn value(index: usize) -> Value {
        Value::Binary(Bytes::copy_from_slice(&(index as u64).to_be_bytes()))
    }
}

/// A file of this request, sent by the GraphQL multipart request specification.
#[Scalar(
    name = "Upload",
    specified_by_url = "https://github.com/jaydenseric/graphql-multipart-request-spec"
)]
impl ScalarType for Upload {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::Binary(bytes) = &value else {
            return Err(InputValueError::custom(
                "a file is sent as multipart/form-data, not as a value",
            ));
        };
        <[u8; 8]>::try_from(bytes.as_ref())
            .ok()
            .and_then(|bytes| usize::try_from(u64::from_be_bytes(bytes)).ok())
            .map(Self)
            .ok_or_else(|| InputValueError::expected_type(value))
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::Binary(_))
    }

    fn to_value(&self) -> Value {
        Self::value(self.0)
    }
}

/// What `operations` and `map` announce.
#[derive(Debug)]
struct Plan {
    operation: Operation,
    /// Index of each file by the name of its part; `None` once it has arrived.
    files: BTreeMap<String, Option<usize>>,
}

impl<E: Executor, G: UploadReceiver> Transport<E, G> {
    /// Receives an upload and runs its mutation.
    pub(super) async fn upload(
        &self,
        media: Media,
        request: &Request,
        incoming: Incoming,
        session: Session<G::Caller>,
        bill: &Bill,
    ) -> Result<Response, Refusal> {
        require_preflight(request.headers())?;
        let mut parts = Parts::new(request, incoming)?;
        let limit = self.settings.body_bytes;
        let operations = parts.text("operations", limit).await?;
        let map = parts.text("map", limit).await?;
        let mut plan = Plan::new(&operations, &map, self.settings.files, |params| self.read(bill, params))?;

        let mut receipt = self.gate.open(&session.caller, plan.files.len()).await?;
        while let Some(part) = parts.next().await? {
            let index = plan.arrived(part.name())?;
            parts.allowance.set(usize::MAX);
            self.receive(&mut receipt, index, part).await?;
        }
        plan.check_complete()?;
        drop(parts);

        let mut data = self.gate.operation(&session.caller);
        self.gate.attach(receipt, &mut data);
        self.run(media, session, plan.operation, data, bill).await
    }

    async fn receive(&self, receipt: &mut G::Receipt, index: usize, mut part: Field<'static>) -> Result<(), Refusal> {
        let file_name = part.file_name().unwrap_or_default().to_owned();
        let broken = AtomicBool::new(false);
        let body = (&mut part)
            .map_err(|error| {
                broken.store(true, Ordering::Relaxed);
                read_error(error)
            })
            .boxed();
        let stored = self.gate.file(receipt, index, &file_name, body).await;
        if broken.into_inner() {
            return Err(Refusal::bad_request(format!(
                "The body ended before file {index} was complete."
            )));
        }
        stored?;
        while part.chunk().await.map_err(malformed)?.is_some() {}
        Ok(())
    }
}

fn require_preflight(headers: &HeaderMap) -> Result<(), Refusal> {
    let sent = PREFLIGHT.iter().any(|name| headers.get(*name).is_some_and(|value| !value.is_empty()));
    if sent {
        return Ok(());
    }
    Err(Refusal::bad_request(
        "An upload needs the header `GraphQL-Preflight: 1` (or Authorization, Apollo-Require-Preflight or \
         X-Requested-With), so that no foreign page can send one.",
    ))
}

/// The parts of a multipart body, with bounded headers.
struct Parts {
    multipart: Multipart<'static>,
    allowance: Allowance,
}

impl Parts {
    fn new(request: &Request, incoming: Incoming) -> Result<Self, Refusal> {
        let boundary = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| multer::parse_boundary(value).ok())
            .ok_or_else(|| Refusal::bad_request("Content-Type names no multipart boundary."))?;
        Ok(Self {
            allowance: incoming.allowance(),
            multipart: Multipart::new(incoming, boundary),
        })
    }

    async fn next(&mut self) -> Result<Option<Field<'static>>, Refusal> {
        self.allowance.set(PART_HEADERS);
        self.multipart.next_field().await.map_err(malformed)
    }

    /// The text of the part that must come now.
    async fn text(&mut self, name: &str, limit: usize) -> Result<Vec<u8>, Refusal> {
        let part = self.next().await?;
        let Some(mut part) = part.filter(|part| part.name() == Some(name)) else {
            return Err(Refusal::bad_request(format!(
                "The part `{name}` is missing: send `operations`, then `map`, then the files."
            )));
        };
        self.allowance.set(usize::MAX);
        let mut text = Vec::new();
        while let Some(chunk) = part.chunk().await.map_err(malformed)? {
            if text.len() + chunk.len() > limit {
                return Err(too_large(&format!("The part `{name}`"), limit));
            }
            text.extend_from_slice(&chunk);
        }
        Ok(text)
    }
}

fn read_error(error: multer::Error) -> io::Error {
    match error {
        multer::Error::StreamReadFailed(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::new(io::ErrorKind::InvalidData, other),
    }
}

fn malformed(error: multer::Error) -> Refusal {
    let error = read_error(error);
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::Other => {
            Refusal::bad_request("The multipart body is malformed or ends too early.")
        }
        _ => unreadable(&error),
    }
}

impl Plan {
    fn new(
        operations: &[u8],
        map: &[u8],
        most_files: usize,
        read: impl FnOnce(Params) -> Result<Operation, Refusal>,
    ) -> Result<Self, Refusal> {
        let mut params: Params = serde_json::from_slice(operations)
            .map_err(|error| Refusal::bad_request(format!("`operations` is not one GraphQL request: {error}.")))?;
        let map: BTreeMap<String, Vec<String>> = serde_json::from_slice(map).map_err(|error| {
            Refusal::bad_request(format!("`map` is not an object of lists of variable paths: {error}."))
        })?;
        if map.len() > most_files {
            return Err(Refusal::new(
                Code::PayloadTooLarge,
                format!("An upload holds at most {most_files} files."),
            ));
        }
        let mut files = BTreeMap::new();
        let mut variables = Vec::new();
        for (index, (name, paths)) in map.into_iter().enumerate() {
            if paths.is_empty() {
                return Err(Refusal::bad_request("`map` has a file without a path."));
            }
            for path in paths {
                variables.push(place(&mut params.variables, &path, index)?);
            }
            files.insert(name, Some(index));
        }
        let mut operation = read(params)?;
        if operation.kind != OperationType::Mutation {
            return Err(Refusal::bad_request("Files are sent to a mutation only."));
        }
        for variable in variables {
            operation.require_declared(&variable)?;
        }
        Ok(Self { operation, files })
    }

    fn arrived(&mut self, name: Option<&str>) -> Result<usize, Refusal> {
        name.and_then(|name| self.files.get_mut(name))
            .ok_or_else(|| Refusal::bad_request("A part was sent that `map` does not name."))?
            .take()
            .ok_or_else(|| Refusal::bad_request("A file was sent twice."))
    }

    fn check_complete(&self) -> Result<(), Refusal> {
        match self.files.values().flatten().count() {
            0 => Ok(()),
            missing => Err(Refusal::bad_request(format!(
                "{missing} of {} files that `map` names were not sent.",
                self.files.len()
            ))),
        }
    }
}

/// Puts file `index` at `path` (`variables.input.files.0`), where the client must have sent null; gives the variable.
fn place(variables: &mut Variables, path: &str, index: usize) -> Result<Name, Refusal> {
    let missing =
        || Refusal::bad_request("`map` names a path that is not null in `operations`: use `variables.NAME…`.");
    let mut steps = path.strip_prefix("variables.").ok_or_else(missing)?.split('.');
    let variable = steps.next().ok_or_else(missing)?;
    let first = variables.get_mut(variable).ok_or_else(missing)?;
    let target = steps
        .try_fold(first, |value, step| match value {
            Value::List(items) => items.get_mut(step.parse::<usize>().ok()?),
            Value::Object(fields) => fields.get_mut(step),
            _ => None,
        })
        .filter(|value| **value == Value::Null)
        .ok_or_else(missing)?;
    *target = Upload::value(index);
    Ok(Name::new(variable))
}
