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
use patchbay_generation::asked::Inquiry;
use patchbay_generation::decide::{Made, Terms};
use patchbay_model::input::InputError;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::deadline::Deadline;
use crate::problem::{Kind, Problem};
use crate::telemetry::{self, Shed};
use crate::{body, json};

/// Have a company decide about what a request of this shape brings. What
/// repeats is turned away while the host is full: it is asked for again anyway.
pub(crate) async fn answer<R>(
    app: Arc<App>,
    company: String,
    request: Request,
    repeats: fn(&[u8]) -> bool,
) -> Result<Response, Problem>
where
    R: DeserializeOwned,
    Inquiry: TryFrom<R, Error = InputError>,
{
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
    let desk = app.desk().ok();
    let bypasses = desk.as_ref().map(|desk| desk.bypasses(&company));
    let bypasses = bypasses.and_then(Result::ok).unwrap_or_default();
    let load = app.load();
    if !load.allows_repeats() && repeats(&body) {
        return Err(Problem::busy(
            "the host is full: drafts are not checked while they are typed",
        ));
    }
    let until = deadline.until(app.settings.deadline);
    let telemetry = Arc::clone(&app.telemetry);
    let (whose, companies) = (company.clone(), Arc::clone(&app.companies));
    let work = move |turn: crate::workers::Turn<Result<Bytes, Problem>>| {
        // What decides is what decides when its turn comes.
        let generation = companies.get(&whose).unwrap_or(generation);
        let on_trial = desk.and_then(|desk| desk.on_trial(&whose, load));
        let terms = Terms {
            now: Timestamp::now(),
            patience: turn.patience(),
            bypasses,
        };
        let inquiry = json::read::<R>(&body).and_then(|asked| Ok(Inquiry::try_from(asked)?));
        drop(body);
        let made = inquiry.and_then(|inquiry| {
            Ok(match &on_trial {
                Some(on_trial) => on_trial.answer(inquiry, &terms)?,
                None => generation.answer(&inquiry, &terms)?,
            })
        });
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
    if let Some(part) = decision.without_room() {
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
