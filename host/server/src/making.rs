//! The way of a request that wants a decision: body, company, a thread, the
//! generation, the document.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use patchbay_engine::decision::Decision;
use patchbay_generation::Generation;
use patchbay_generation::decide::{Made, Terms};
use patchbay_model::outcome::{Outcome, OutcomeKind};

use crate::body;
use crate::deadline::Deadline;
use crate::problem::{Kind, Problem};
use crate::serve::App;
use crate::telemetry::{self, Shed};

/// How a body becomes a decision.
pub(crate) type Make = for<'g> fn(&'g Generation, &[u8], &Terms) -> Result<Made<'g>, Problem>;

/// Whether a body asks for something that is asked for again anyway: then it
/// is turned away while the host is full.
pub(crate) type Repeats = fn(&[u8]) -> bool;

/// Have a company decide about what a request brings.
pub(crate) async fn answer(
    app: Arc<App>,
    company: String,
    request: Request,
    repeats: Repeats,
    make: Make,
) -> Result<Response, Problem> {
    let deadline = Deadline::of(request.headers())?;
    let began = Instant::now();
    let traceparent = telemetry::traceparent(request.headers());
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
    let bypasses = app
        .desk()
        .ok()
        .and_then(|desk| desk.bypasses(&company).ok());
    let bypasses = bypasses.unwrap_or_default();
    if !app.load().allows_repeats() && repeats(&body) {
        return Err(Problem::busy(
            "the host is full: drafts are not checked while they are typed",
        ));
    }
    let until = deadline.until(app.settings.deadline);
    let telemetry = Arc::clone(&app.telemetry);
    let work = move |turn: crate::workers::Turn<Result<Bytes, Problem>>| {
        let terms = Terms {
            now: Timestamp::now(),
            patience: turn.patience(),
            bypasses,
        };
        let made = make(&generation, &body, &terms);
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
    let document = app.workers.ask(&company, until, work).await??;
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
