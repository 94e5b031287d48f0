//! The one place where operations are executed: each with its data and its bill, and a panic is an error like any other.

use std::panic::AssertUnwindSafe;

use async_graphql::{Data, Executor, Response as GraphQlResponse};
use futures::{
    FutureExt, StreamExt,
    stream::{self, BoxStream},
};

use super::{
    Transport,
    bill::Bill,
    code::Code,
    document::{Operation, Params},
    multipart::UploadReceiver,
    refusal::Refusal,
};

/// What became of an operation whose results are a stream.
pub enum Begun {
    /// It runs.
    Running(BoxStream<'static, GraphQlResponse>),
    /// The caller's budget does not cover it.
    Refused(Box<GraphQlResponse>),
}

impl<E: Executor, G: UploadReceiver> Transport<E, G> {
    /// The bill of a caller.
    pub(super) fn bill(&self, caller: &G::Caller) -> Bill {
        Bill::new(&self.settings, self.gate.payer(caller))
    }

    /// Reads one operation, at the caller's cost.
    pub(super) fn read(&self, bill: &Bill, params: Params) -> Result<Operation, Refusal> {
        bill.admit()?;
        params.prepare(&self.settings)
    }

    /// Runs an operation to its end.
    pub(super) async fn execute(&self, mut operation: Operation, data: Data, bill: &Bill) -> GraphQlResponse {
        operation.request.data = data;
        let request = operation.request.data(bill.clone());
        let run = AssertUnwindSafe(self.executor.execute(request)).catch_unwind();
        let mut response = run.await.unwrap_or_else(|_| panicked());
        operation.order.apply(&mut response.data);
        response
    }

    /// Runs an operation that may have many results.
    pub(super) fn stream(
        &self,
        mut operation: Operation,
        data: Data,
        bill: &Bill,
    ) -> BoxStream<'static, GraphQlResponse> {
        operation.request.data = data;
        let request = operation.request.data(bill.clone());
        AssertUnwindSafe(self.executor.execute_stream(request, None))
            .catch_unwind()
            .map(move |result| {
                let mut response = result.unwrap_or_else(|_| panicked());
                operation.order.apply(&mut response.data);
                response
            })
            .boxed()
    }
}

/// Waits until an operation runs or is refused, so that a budget that is spent can be told by a status, which makes clients wait. What else
/// is wrong with it is told by an event: clients of event streams do not read the body of another status.
pub async fn begin(mut results: BoxStream<'static, GraphQlResponse>, bill: &Bill) -> Begun {
    let first = tokio::select! {
        biased;
        first = results.next() => first,
        () = bill.passing() => return Begun::Running(results),
    };
    match first {
        Some(response) if bill.is_spent() => Begun::Refused(Box::new(response)),
        first => Begun::Running(stream::iter(first).chain(results).boxed()),
    }
}

/// The panic itself is in the log of the process, written by its hook.
fn panicked() -> GraphQlResponse {
    tracing::error!("an operation panicked");
    Refusal::new(Code::Internal, "Internal server error").into_response()
}
