//! The way of a request that wants a decision: body, company, a thread, the
//! generation, the document.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use patchbay_engine::decision::Decision;
use patchbay_generation::Generation;
use patchbay_generation::decide::Made;
use patchbay_model::outcome::{Outcome, OutcomeKind};

use crate::problem::{Kind, Problem};
use crate::serve::App;
use crate::telemetry::{Shed, Traceparent};
use crate::{body, deadline};

/// How a body becomes a decision.
pub(crate) type Make =
    for<'g> fn(&'g Generation, &[u8], Timestamp, Duration) -> Result<Made<'g>, Problem>;

/// Have a company decide about what a request brings.
pub(crate) async fn answer(
    app: Arc<App>,
    company: String,
    request: Request,
    make: Make,
) -> Result<Response, Problem> {
    let patience = deadline::of(request.headers(), app.settings.deadline)?;
    let began = Instant::now();
    let traceparent = request.headers().get("traceparent");
    let traceparent = traceparent.and_then(|value| Traceparent::parse(value.to_str().ok()?));
    let body = body::read(
        request,
        app.settings.body_limit,
        app.settings.request_timeout,
        &app.bodies,
    )
    .await?;
    let generation = app
        .companies
        .get(&company)
        .ok_or_else(|| Problem::of(Kind::UnknownCompany))?;
    let telemetry = Arc::clone(&app.telemetry);
    let work = move |turn: crate::workers::Turn<Result<Bytes, Problem>>| {
        let made = make(&generation, &body, Timestamp::now(), turn.patience());
        drop(body);
        let Made { mut decision, pass } = match made {
            Ok(made) => made,
            Err(problem) => return turn.answer(Err(problem)),
        };
        decision.micros.queue += turn.waited.as_micros() as u64;
        let waited = turn.waited;
        turn.answer(document(&decision));
        telemetry.answered(&generation.company, &decision, waited);
        telemetry.trace_request(&generation.company, &decision, began, traceparent);
        // Only now: throwing instances away and making the next ones is not
        // part of anybody's waiting.
        drop(pass);
    };
    let document = app.workers.ask(Instant::now() + patience, work).await??;
    Ok(([(CONTENT_TYPE, "application/json")], document).into_response())
}

/// The document of a decision. A host too busy to ask a policy has not
/// decided: nothing fell back, the caller tries again.
fn document(decision: &Decision) -> Result<Bytes, Problem> {
    let parts = &decision.stamp.plugins;
    if let Some(part) = parts
        .iter()
        .find(|part| part.outcome == OutcomeKind::Overloaded)
    {
        let plain = Outcome::plain(OutcomeKind::Overloaded);
        let outcome = part.problem.as_ref().unwrap_or(&plain);
        return Err(Problem::overloaded(outcome).shed(Shed::Policies));
    }
    match serde_json::to_vec(decision) {
        Ok(document) => Ok(document.into()),
        Err(error) => {
            tracing::error!(%error, "a decision has no document");
            Err(Problem::of(Kind::Internal))
        }
    }
}
