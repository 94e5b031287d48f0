//! The cost of operations: computed before they run, held against the limit of one and the budget of the caller.
//!
//! An operation costs one unit to be read, and one for each field, those of lists as often as `first` could give them; async-graphql
//! computes it from the `complexity` of the resolvers. A subscription is charged when it begins. The executor must have [`Metering`] among
//! its extensions, which finds the request's [`Bill`] in the data of the operation.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_graphql::{
    ServerError, ValidationResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation},
};
use async_trait::async_trait;
use poem::http::{HeaderMap, HeaderName, HeaderValue, header};
use tokio::sync::Notify;

use super::{Settings, code::Code, refusal::Refusal};
use crate::rates::{Payer, Standing, tell};

/// What the operations of one request, or one operation of a socket, cost so far. Clones are the same bill.
#[derive(Clone)]
pub struct Bill(Arc<Inner>);

struct Inner {
    settings: Arc<Settings>,
    payer: Payer,
    account: Mutex<Account>,
    passing: Notify,
}

#[derive(Default)]
struct Account {
    cost: u64,
    standing: Option<Standing>,
    retry_after: Option<u64>,
}

impl Bill {
    /// An empty bill.
    pub fn new(settings: &Arc<Settings>, payer: Payer) -> Self {
        Self(Arc::new(Inner {
            settings: Arc::clone(settings),
            payer,
            account: Mutex::default(),
            passing: Notify::new(),
        }))
    }

    /// Charges for reading a document, before anything is known of it: what is refused costs as well.
    pub fn admit(&self) -> Result<(), Refusal> {
        self.pay(1)
    }

    /// Charges for an operation that is about to run.
    fn pass(&self, complexity: usize) -> Result<(), Refusal> {
        let most = self.0.settings.limits.cost;
        if complexity > most {
            return Err(Refusal::new(
                Code::OperationTooCostly,
                format!(
                    "The operation costs {complexity}, and at most {most} are allowed: ask for fewer objects by `first`, or for fewer fields."
                ),
            ));
        }
        self.pay(complexity.saturating_sub(1))?;
        self.0.passing.notify_one();
        Ok(())
    }

    fn pay(&self, units: usize) -> Result<(), Refusal> {
        let Some(units) = u32::try_from(units).ok().and_then(NonZeroU32::new) else {
            return Ok(());
        };
        let charged = self.0.settings.budget.as_ref().map(|budget| budget.charge(&self.0.payer, units));
        let mut account = self.account();
        match charged {
            Some(Err(spent)) => {
                account.standing = Some(spent.standing);
                account.retry_after = Some(spent.retry_after);
                let mut refusal = Refusal::new(
                    Code::RateLimited,
                    format!(
                        "You asked for more than {} units of cost in a minute: try again in {} s.",
                        spent.standing.limit, spent.retry_after
                    ),
                );
                refusal.retry_after = Some(spent.retry_after);
                return Err(refusal);
            }
            Some(Ok(standing)) => account.standing = Some(standing),
            None => {}
        }
        account.cost += u64::from(units.get());
        Ok(())
    }

    /// Whether the caller's budget did not cover an operation.
    pub fn is_spent(&self) -> bool {
        self.account().retry_after.is_some()
    }

    /// Waits until an operation passed validation and the budget.
    pub async fn passing(&self) {
        self.0.passing.notified().await;
    }

    /// Tells cost and budget in the headers of a response.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let account = self.account();
        let mut set = |name: HeaderName, value: u64| headers.insert(name, HeaderValue::from(value));
        set(HeaderName::from_static("x-query-cost"), account.cost);
        if let Some(seconds) = account.retry_after {
            set(header::RETRY_AFTER, seconds);
        }
        if let Some((budget, standing)) = self.0.settings.budget.as_deref().zip(account.standing) {
            tell(headers, &[(budget, standing)]);
        }
    }

    fn account(&self) -> MutexGuard<'_, Account> {
        self.0.account.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The extension of the executor that charges each operation between validation and execution.
pub struct Metering;

impl ExtensionFactory for Metering {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Metering {
    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(context).await?;
        if let Some(bill) = context.data_opt::<Bill>() {
            bill.pass(result.complexity).map_err(|refusal| vec![refusal.into_error()])?;
        }
        Ok(result)
    }
}
