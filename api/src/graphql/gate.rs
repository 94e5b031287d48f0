//! Lets callers into GraphQL, and receives their files.

use super::errors::code;
use super::loaders::Loaders;
use super::transport::{Code, Gate, InitPayload, Payer, Refusal, Session, Upload, UploadReceiver};
use crate::caller;
use crate::rates::{ONE, Rates, too_many};
use async_graphql::Data;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::context::Identity;
use domain::uploads::Ingest;
use domain::{App, Context, Error};
use futures::stream::BoxStream;
use poem::Request;
use std::io;
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;

#[derive(Clone)]
pub struct ServerGate {
    app: App,
    rates: Option<Arc<Rates>>,
}

impl ServerGate {
    pub fn new(app: App, rates: Option<Arc<Rates>>) -> Self {
        Self { app, rates }
    }

    /// Users pay by cost; whoever is not signed in, and so may be trying passwords, is counted as everywhere.
    fn counted(&self, ctx: Context) -> Result<Context, Refusal> {
        if let (Some(rates), Identity::Anonymous) = (&self.rates, &ctx.identity) {
            let charged = rates.address.charge(&Payer::of(&ctx), ONE);
            charged.map_err(|spent| refused(too_many(&rates.address, &spent)))?;
        }
        Ok(ctx)
    }

    fn session(&self, ctx: Context, expires_at: Option<DateTime<Utc>>) -> Session<Context> {
        Session {
            caller: ctx,
            expires_at,
            ended: CancellationToken::new(),
        }
    }
}

impl Gate for ServerGate {
    type Caller = Context;

    async fn http(&self, request: &Request) -> Result<Session<Context>, Refusal> {
        let (ctx, expires) = caller::context(request).await.map_err(refused)?;
        Ok(self.session(self.counted(ctx)?, expires))
    }

    /// The token of `connection_init`'s `Authorization`, else of the upgrade request. Ends when the user is deactivated.
    async fn socket(&self, upgrade: &Request, payload: InitPayload) -> Result<Session<Context>, Refusal> {
        let given = payload
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("authorization"))
            .and_then(|(_, value)| value.as_str());
        let (ctx, expires) = match given {
            None => caller::context(upgrade).await,
            Some(value) => {
                let token = caller::token(value).map_err(refused)?;
                caller::authenticated(&self.app, caller::anonymous(upgrade), Some(token)).await
            }
        }
        .map_err(refused)?;
        let session = self.session(self.counted(ctx)?, expires);
        if let Ok(user) = session.caller.user().cloned() {
            let (events, ended) = (self.app.events.clone(), session.ended.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = events.revoked(user.id, user.token_version) => ended.cancel(),
                    () = ended.cancelled() => {}
                }
            });
        }
        Ok(session)
    }

    fn payer(&self, caller: &Context) -> Payer {
        Payer::of(caller)
    }

    fn operation(&self, caller: &Context) -> Data {
        let caller = caller.apart();
        let mut data = Data::default();
        data.insert(self.app.clone());
        data.insert(Loaders::new(&self.app, &caller));
        data.insert(caller);
        if let Some(rates) = &self.rates {
            data.insert(rates.clone());
        }
        data
    }
}

/// The files of one request, on their way to the resolver that takes them.
pub struct Receipt {
    files: usize,
    ingest: Mutex<Option<Ingest>>,
}

impl Receipt {
    /// The upload, which must be taken whole and once.
    pub fn take(&self, files: &[Upload]) -> Result<Ingest, Error> {
        let mut wanted: Vec<usize> = files.iter().map(|file| file.0).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if wanted.len() != self.files {
            return Err(Error::invalid(
                "files",
                "UNUSED_FILES",
                "One studyUpload takes all files of the request",
            ));
        }
        let taken = self.ingest.lock().ok().and_then(|mut ingest| ingest.take());
        taken.ok_or_else(|| Error::invalid("files", "FILES_TAKEN", "The files of the request were taken already"))
    }
}

impl UploadReceiver for ServerGate {
    type Receipt = Receipt;

    async fn open(&self, caller: &Context, files: usize) -> Result<Receipt, Refusal> {
        if let Some(rates) = &self.rates {
            let charged = rates.uploads.charge(&Payer::of(caller), ONE);
            charged.map_err(|spent| refused(too_many(&rates.uploads, &spent)))?;
        }
        let ingest = Ingest::open(&self.app, caller).await.map_err(refused)?;
        Ok(Receipt {
            files,
            ingest: Mutex::new(Some(ingest)),
        })
    }

    async fn file(
        &self,
        receipt: &mut Receipt,
        _index: usize,
        file_name: &str,
        body: BoxStream<'_, io::Result<Bytes>>,
    ) -> Result<(), Refusal> {
        match receipt.ingest.get_mut() {
            Ok(Some(ingest)) => ingest.file(file_name, body).await.map_err(refused),
            _ => Err(Refusal::new(Code::Internal, "Internal server error")),
        }
    }

    fn attach(&self, receipt: Receipt, data: &mut Data) {
        data.insert(receipt);
    }
}

fn refused(error: Error) -> Refusal {
    if let Error::Internal(cause) = &error {
        tracing::error!(error = ?cause, "a request failed before it was executed");
    }
    let mut refusal = Refusal::new(code(&error), error.to_string());
    if let Error::TooMany { retry_after, .. } = error {
        refusal.retry_after = Some(retry_after);
    }
    refusal
}
