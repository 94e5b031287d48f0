//! A real server on a random port with a schema just large enough to see the transport work.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use api::graphql::transport::{
    Code, Gate, InitPayload, Metering, Payer, Refusal, Session, Settings, Transport, Upload, UploadReceiver,
};
use async_graphql::{Context, Data, Error, InputObject, Object, Result, Schema, Subscription};
use bytes::Bytes;
use chrono::Utc;
use futures::{Stream, StreamExt, stream::BoxStream};
use poem::{Request, Route, Server, http::HeaderMap, listener::TcpAcceptor};
use tokio_util::sync::CancellationToken;

/// Who calls, as the schema shows it.
#[derive(Clone)]
pub struct Caller(pub String);

/// Lets everybody in by name; `refused`, `expired` and `brief` are names with a fate.
#[derive(Clone, Default)]
pub struct TestGate {
    /// Cancelling it revokes every session.
    pub revoke: CancellationToken,
    /// Bytes of files that reached the receiver.
    pub received: Arc<AtomicU64>,
    /// The first bytes of the last file.
    pub beginning: Arc<Mutex<Vec<u8>>>,
    /// Cancelled when a `flood` is dropped.
    pub flood_ended: CancellationToken,
    /// The token of the session that began last.
    pub last_session: Arc<Mutex<CancellationToken>>,
    /// Calls of `open`.
    pub opened: Arc<AtomicUsize>,
}

impl TestGate {
    fn session_token(&self) -> CancellationToken {
        let token = self.revoke.child_token();
        *self.last_session.lock().unwrap() = token.clone();
        token
    }

    fn session(&self, authorization: Option<&str>) -> Result<Session<Caller>, Refusal> {
        let name = authorization.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("anonymous");
        let expires_at = match name {
            "refused" => {
                return Err(Refusal::new(Code::Unauthenticated, "The token is not known."));
            }
            "expired" => Some(Utc::now() - chrono::Duration::seconds(1)),
            "brief" => Some(Utc::now() + chrono::Duration::milliseconds(300)),
            _ => None,
        };
        Ok(Session {
            caller: Caller(name.to_owned()),
            expires_at,
            ended: self.session_token(),
        })
    }
}

fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()
}

impl Gate for TestGate {
    type Caller = Caller;

    async fn http(&self, request: &Request) -> Result<Session<Caller>, Refusal> {
        self.session(authorization(request.headers()))
    }

    async fn socket(&self, upgrade: &Request, payload: InitPayload) -> Result<Session<Caller>, Refusal> {
        let sent = payload.get("Authorization").and_then(|value| value.as_str());
        self.session(sent.or_else(|| authorization(upgrade.headers())))
    }

    fn payer(&self, caller: &Caller) -> Payer {
        Payer::Account(caller.0.clone())
    }

    fn operation(&self, caller: &Caller) -> Data {
        let mut data = Data::default();
        data.insert(caller.clone());
        data.insert(self.flood_ended.clone());
        data
    }
}

/// Names and sizes of what arrived, by index.
#[derive(Default)]
pub struct Receipt(Vec<(usize, String, u64)>);

impl UploadReceiver for TestGate {
    type Receipt = Receipt;

    async fn open(&self, caller: &Caller, _files: usize) -> Result<Receipt, Refusal> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        if caller.0 == "anonymous" {
            return Err(Refusal::new(Code::Unauthenticated, "Sign in to upload files."));
        }
        Ok(Receipt::default())
    }

    async fn file(
        &self,
        receipt: &mut Receipt,
        index: usize,
        file_name: &str,
        mut body: BoxStream<'_, io::Result<Bytes>>,
    ) -> Result<(), Refusal> {
        if file_name == "virus" {
            return Err(Refusal::new(Code::BadUserInput, "File 0 is not DICOM."));
        }
        let mut size = 0;
        self.beginning.lock().unwrap().clear();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| Refusal::new(Code::Internal, "not shown"))?;
            size += chunk.len() as u64;
            if size < 1_000 {
                self.beginning.lock().unwrap().extend_from_slice(&chunk);
            }
            self.received.fetch_add(chunk.len() as u64, Ordering::SeqCst);
        }
        receipt.0.push((index, file_name.to_owned(), size));
        Ok(())
    }

    fn attach(&self, receipt: Receipt, data: &mut Data) {
        data.insert(Mutex::new(receipt));
    }
}

#[derive(Default)]
pub struct Query;

#[Object]
impl Query {
    async fn caller(&self, context: &Context<'_>) -> Result<String> {
        Ok(context.data::<Caller>()?.0.clone())
    }

    async fn echo(&self, text: String) -> String {
        text
    }

    async fn fails(&self) -> Option<Result<String>> {
        Some(Err(Error::new("It failed.")))
    }

    async fn me(&self) -> Query {
        Query
    }

    #[graphql(complexity = "first * child_complexity")]
    async fn many(&self, first: usize) -> Vec<Query> {
        std::iter::repeat_with(|| Query).take(first).collect()
    }

    async fn panics(&self, at: usize) -> i32 {
        [0][at]
    }
}

#[derive(InputObject)]
struct FilesInput {
    files: Vec<Upload>,
}

#[derive(Default)]
pub struct Mutation;

#[Object]
impl Mutation {
    async fn bump(&self) -> i32 {
        1
    }

    async fn upload_one(&self, context: &Context<'_>, file: Upload) -> Result<String> {
        describe(context, &[file])
    }

    async fn upload_many(&self, context: &Context<'_>, input: FilesInput) -> Result<String> {
        describe(context, &input.files)
    }
}

fn describe(context: &Context<'_>, files: &[Upload]) -> Result<String> {
    let receipt = context.data::<Mutex<Receipt>>()?.lock().unwrap();
    let words: Vec<String> = files
        .iter()
        .filter_map(|file| receipt.0.iter().find(|(index, ..)| *index == file.0))
        .map(|(_, name, size)| format!("{name}:{size}"))
        .collect();
    Ok(words.join(" "))
}

#[derive(Default)]
pub struct Counting;

#[Subscription]
impl Counting {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        futures::stream::iter(1..=to)
    }

    /// Fails after a first event.
    async fn breaks(&self) -> impl Stream<Item = i32> {
        futures::stream::iter([0, 1]).map(|n| [0][n])
    }

    async fn forever(&self) -> impl Stream<Item = i32> {
        futures::stream::iter([0]).chain(futures::stream::pending())
    }

    /// Never ends, never rests; tells when it is dropped.
    async fn flood(&self, context: &Context<'_>) -> Result<impl Stream<Item = String>> {
        let ended = context.data::<CancellationToken>()?.clone().drop_guard();
        Ok(futures::stream::repeat_with(move || {
            let _held = &ended;
            "x".repeat(64 * 1024)
        }))
    }
}

pub type TestSchema = Schema<Query, Mutation, Counting>;

/// Where a server listens, and the handles that tests pull.
pub struct TestServer {
    pub address: String,
    pub gate: TestGate,
    pub shutdown: CancellationToken,
}

impl TestServer {
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        // The HTTP client wants a TLS provider even when it speaks none.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self::listen("127.0.0.1:0", settings).await
    }

    pub async fn listen(address: &str, settings: Settings) -> Self {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let gate = TestGate::default();
        let shutdown = settings.shutdown.clone();
        let schema = TestSchema::build(Query, Mutation, Counting).extension(Metering).finish();
        let app = Route::new().at("/graphql", Transport::new(schema, gate.clone(), settings));
        let acceptor = TcpAcceptor::from_tokio(listener).unwrap();
        tokio::spawn(Server::new_with_acceptor(acceptor).run(app));
        Self {
            address,
            gate,
            shutdown,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    /// A POST of JSON that wants the specification's media type.
    pub fn post(&self, body: impl Into<String>) -> reqwest::RequestBuilder {
        self.post_as("application/json", "application/graphql-response+json", body)
    }

    /// A GET with these parameters.
    pub fn get(&self, parameters: &[(&str, &str)], accept: &str) -> reqwest::RequestBuilder {
        let url = reqwest::Url::parse_with_params(&self.url(), parameters).unwrap();
        reqwest::Client::new().get(url).header("accept", accept)
    }

    /// A POST of given media types.
    pub fn post_as(&self, content_type: &str, accept: &str, body: impl Into<String>) -> reqwest::RequestBuilder {
        reqwest::Client::new()
            .post(self.url())
            .header("content-type", content_type)
            .header("accept", accept)
            .body(body.into())
    }
}

/// Short waits, for tests of what happens after them.
pub fn impatient() -> Settings {
    Settings {
        send_timeout: Duration::from_millis(500),
        body_idle: Duration::from_secs(1),
        sse_keep_alive: Duration::from_millis(50),
        ..Settings::default()
    }
}
