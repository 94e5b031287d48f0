//! How operations run: appraised first, then executed with their reads in batches, and recorded before they are answered.
//!
//! As soon as a schema has an extension, async-graphql resolves every field and every item of every list by way of it, which makes large
//! answers half as fast. So the extension that charges for an operation belongs to a second schema of the same types, which validates
//! and executes nothing; the schema that executes has none.

use super::GantrySchema;
use super::batches::Reads;
use super::errors::top_level;
use super::transport::Bill;
use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute};
use async_graphql::{Data, Executor, Pos, Request, Response, Value};
use domain::audit::{Audit, Trail};
use domain::{App, Context};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use std::any::TypeId;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

/// The schemas as the transport runs them.
#[derive(Clone)]
pub struct GantryExecutor {
    /// Executes what was appraised.
    pub schema: GantrySchema,
    /// Validates, and charges for what it lets pass.
    pub appraisal: GantrySchema,
}

impl GantryExecutor {
    /// Why an operation may not run.
    async fn refusal(&self, request: &mut Request) -> Option<Response> {
        let mut question = Request::new("").variables(request.variables.clone());
        question.operation_name = request.operation_name.clone();
        match request.parsed_query() {
            Ok(document) => question.set_parsed_query(document.clone()),
            Err(error) => return Some(Response::from_errors(vec![error])),
        };
        let bill = request.data.get(&TypeId::of::<Bill>()).and_then(|bill| bill.downcast_ref::<Bill>());
        if let Some(bill) = bill {
            question = question.data(bill.clone());
        }
        let answer = self.appraisal.execute(question).await;
        (!answer.errors.is_empty()).then_some(answer)
    }

    async fn run(&self, request: Request) -> Response {
        let (mut reads, given) = (Reads::of(&request.data), Given::of(&request.data));
        let mut operation = pin!(self.schema.execute(request));
        let answer = poll_fn(|cx| reads.drive(cx, |cx| operation.as_mut().poll(cx))).await;
        given.recorded(answer).await
    }

    /// Each answer is recorded by itself: a stream may last for days.
    fn run_stream(&self, request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let (mut reads, given) = (Reads::of(&request.data), Arc::new(Given::of(&request.data)));
        let mut answers = Executor::execute_stream(&self.schema, request, session);
        stream::poll_fn(move |cx| reads.drive(cx, |cx| answers.as_mut().poll_next(cx)))
            .then(move |answer| {
                let given = given.clone();
                async move { given.recorded(answer).await }
            })
            .boxed()
    }
}

/// What an operation gives to its caller, on its way to the audit trail.
struct Given(Option<(Audit, Arc<Trail>)>);

impl Given {
    /// By the operation that has this data.
    fn of(data: &Data) -> Self {
        let app = data.get(&TypeId::of::<App>()).and_then(|app| app.downcast_ref::<App>());
        let ctx = data.get(&TypeId::of::<Context>()).and_then(|ctx| ctx.downcast_ref::<Context>());
        Self(app.zip(ctx).map(|(app, ctx)| (app.audit.clone(), ctx.trail.clone())))
    }

    /// The answer, once what it gives is recorded; nothing is given that cannot be.
    async fn recorded(&self, answer: Response) -> Response {
        let Some((audit, trail)) = &self.0 else { return answer };
        match audit.hand_over(trail).await {
            Ok(()) => answer,
            Err(error) => Response::from_errors(vec![top_level(error).into_server_error(Pos::default())]),
        }
    }
}

impl Executor for GantryExecutor {
    async fn execute(&self, mut request: Request) -> Response {
        match self.refusal(&mut request).await {
            Some(refusal) => refusal,
            None => self.run(request).await,
        }
    }

    fn execute_stream(&self, mut request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let executor = self.clone();
        let begun = async move {
            match executor.refusal(&mut request).await {
                Some(refusal) => stream::iter([refusal]).boxed(),
                None => executor.run_stream(request, session),
            }
        };
        stream::once(begun).flatten().boxed()
    }
}

/// Answers instead of executing.
pub struct Unexecuted;

impl ExtensionFactory for Unexecuted {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_trait]
impl Extension for Unexecuted {
    async fn execute(&self, _: &ExtensionContext<'_>, _: Option<&str>, _: NextExecute<'_>) -> Response {
        Response::new(Value::Null)
    }
}
