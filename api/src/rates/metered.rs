//! Counts the requests of a route: by address before anything is done, by user once it is known who calls.

use super::{Limiter, ONE, Payer, Rates, Spent, Standing, tell};
use crate::edge::Peer;
use crate::rest::family::Family;
use domain::context::Identity;
use domain::{Context, Error};
use poem::http::{StatusCode, header};
use poem::{Endpoint, IntoResponse, Request, Response};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a request counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Nothing: what keeps the server running, pages that are files, and what has limits of another kind.
    Free,
    /// A request of an address and of a user.
    Request,
    /// That, and an upload of a user.
    Upload,
    /// A picture or file of a study.
    Media,
}

/// What one request has used of the limits; clones are of the same request.
#[derive(Clone)]
pub struct Meter(Arc<Inner>);

struct Inner {
    rates: Arc<Rates>,
    rate: Rate,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    address: Option<Standing>,
    user: Option<Standing>,
    uploads: Option<Standing>,
    media: Option<Standing>,
}

impl Meter {
    fn new(rates: Arc<Rates>, rate: Rate) -> Self {
        let used = Mutex::default();
        Self(Arc::new(Inner { rates, rate, used }))
    }

    /// Counts the request of an address.
    fn arrived(&self, request: &Request) -> Result<(), Error> {
        let payer = Payer::at(Peer::of(request).address);
        let (rates, mut used) = (&self.0.rates, self.used());
        match self.0.rate {
            Rate::Free => Ok(()),
            Rate::Media => charge(&rates.media, &payer, &mut used.media),
            Rate::Request | Rate::Upload => charge(&rates.address, &payer, &mut used.address),
        }
    }

    /// Counts the request of a user, once, however often it is asked who calls.
    pub fn called_by(&self, caller: &Context) -> Result<(), Error> {
        let (rates, mut used) = (&self.0.rates, self.used());
        if used.user.is_some() || self.0.rate == Rate::Media || !matches!(caller.identity, Identity::User(_)) {
            return Ok(());
        }
        let payer = Payer::of(caller);
        charge(&rates.user, &payer, &mut used.user)?;
        match self.0.rate {
            Rate::Upload => charge(&rates.uploads, &payer, &mut used.uploads),
            _ => Ok(()),
        }
    }

    fn tell(&self, response: &mut Response) {
        let (rates, used) = (&self.0.rates, self.used());
        let standings = [
            (&rates.address, used.address),
            (&rates.user, used.user),
            (&rates.uploads, used.uploads),
            (&rates.media, used.media),
        ];
        let known: Vec<_> = standings.into_iter().filter_map(|(limiter, used)| Some((limiter, used?))).collect();
        tell(response.headers_mut(), &known);
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.0.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn charge(limiter: &Limiter, payer: &Payer, used: &mut Option<Standing>) -> Result<(), Error> {
    match limiter.charge(payer, ONE) {
        Ok(standing) => {
            *used = Some(standing);
            Ok(())
        }
        Err(spent) => {
            *used = Some(spent.standing);
            Err(too_many(limiter, &spent))
        }
    }
}

/// The error that says which limit is spent and when to come back.
pub fn too_many(limiter: &Limiter, spent: &Spent) -> Error {
    let window = match limiter.window.as_secs() {
        60 => "a minute",
        _ => "an hour",
    };
    let of = match limiter.name {
        "ip" => "requests from one address",
        "user" => "requests of one user",
        "uploads" => "uploads of one user",
        _ => "pictures and files for one address",
    };
    Error::TooMany {
        message: format!(
            "Too many requests: at most {} {of} are answered in {window}. Try again in {} s.",
            limiter.limit, spent.retry_after
        ),
        retry_after: spent.retry_after,
    }
}

fn refused(family: Family, error: &Error) -> Response {
    let mut response = family.refused(StatusCode::TOO_MANY_REQUESTS, &error.to_string());
    if let Error::TooMany { retry_after, .. } = error {
        response.headers_mut().insert(header::RETRY_AFTER, (*retry_after).into());
    }
    response
}

/// A route whose requests are counted.
pub struct Metered<E> {
    pub inner: E,
    pub rate: Rate,
    /// None: limits are switched off.
    pub rates: Option<Arc<Rates>>,
}

impl<E: Endpoint> Endpoint for Metered<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let rates = match &self.rates {
            Some(rates) if self.rate != Rate::Free => rates.clone(),
            _ => return Ok(self.inner.call(request).await?.into_response()),
        };
        let meter = Meter::new(rates, self.rate);
        let family = Family::of(request.uri().path());
        let mut response = match meter.arrived(&request) {
            Err(spent) => refused(family, &spent),
            Ok(()) => {
                request.extensions_mut().insert(meter.clone());
                match self.inner.call(request).await {
                    Ok(response) => response.into_response(),
                    Err(error) => family.unanswered(error),
                }
            }
        };
        meter.tell(&mut response);
        Ok(response)
    }
}
