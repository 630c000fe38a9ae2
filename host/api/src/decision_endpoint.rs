//! Handles a stateless decision: reads the body, waits for a thread, decides
//! with the company's generation, and answers the decision's document.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use patchbay_config::bound::Bound;
use patchbay_engine::decision::Decision;
use patchbay_generations::decide::RequestContext;
use patchbay_generations::inquiry::Inquiry;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::request_headers::{Deadline, traceparent};
use patchbay_http::workers::Job;
use patchbay_http::{body, json};
use patchbay_model::input::InputError;
use patchbay_model::outcome::{Outcome, OutcomeKind};
use patchbay_service::app::App;
use serde::de::DeserializeOwned;

/// Decide about a request with a body of type `R`. While the host is full, a
/// body for which `is_repeatable` holds is turned away: its client sends another
/// soon.
pub(crate) async fn answer<R>(
    app: Arc<App>,
    company: String,
    request: Request,
    is_repeatable: fn(&[u8]) -> bool,
) -> Result<Response, Problem>
where
    R: DeserializeOwned,
    Inquiry: TryFrom<R, Error = InputError>,
{
    let deadline = Deadline::from_headers(request.headers())?;
    let began = Instant::now();
    let traceparent = traceparent(request.headers());
    let body = body::read(
        request,
        app.settings.body_limit,
        app.settings.request_timeout,
        &app.bounds,
    )
    .await?;
    let generation = app
        .companies
        .get(&company)
        .ok_or_else(|| Problem::of(Kind::UnknownCompany))?;
    let desk = app.desk().ok();
    let bypasses = desk.as_ref().map(|desk| desk.bypasses().active(&company));
    let bypasses = bypasses.and_then(Result::ok).unwrap_or_default();
    let load = app.load();
    if !load.allows_repeats() && is_repeatable(&body) {
        return Err(Problem::busy(
            "the host is full and does not check drafts while they are typed",
        ));
    }
    let until = deadline.until(app.settings.deadline);
    let telemetry = Arc::clone(&app.telemetry);
    let (name, companies) = (company.clone(), Arc::clone(&app.companies));
    let work = move |job: Job<Result<Bytes, Problem>>| {
        // The active generation may have changed while the request waited.
        let generation = companies.get(&name).unwrap_or(generation);
        let decider = desk.and_then(|desk| desk.stateless_decider(&name, load));
        let context = RequestContext {
            now: Timestamp::now(),
            timeout: job.time_left(),
            bypasses,
        };
        let inquiry = json::read::<R>(&body).and_then(|body| Ok(Inquiry::try_from(body)?));
        drop(body);
        let decided = inquiry.and_then(|inquiry| {
            Ok(match &decider {
                Some(decider) => decider.answer(inquiry, &context)?,
                None => generation.answer(&inquiry, &context)?,
            })
        });
        let (mut decision, run) = match decided {
            Ok(decided) => decided,
            Err(problem) => return job.answer(Err(problem)),
        };
        decision.micros.queue += job.waited.as_micros() as u64;
        let waited = job.waited;
        job.answer(document(&decision));
        telemetry.count_stateless(&generation.company, &decision, waited);
        telemetry.trace_request(&generation.company, &decision, began, traceparent);
        // Dropped last: the client does not wait for instances to be replaced.
        drop(run);
    };
    let document = app.workers.run(&company, until, work).await??;
    Ok(([(CONTENT_TYPE, "application/json")], document).into_response())
}

/// The document of a decision. If the host was too busy to call a plugin, it is
/// not a decision: the caller tries again.
fn document(decision: &Decision) -> Result<Bytes, Problem> {
    if let Some(part) = decision.overloaded_plugin() {
        let plain = Outcome::plain(OutcomeKind::Overloaded);
        let outcome = part.problem.as_ref().unwrap_or(&plain);
        return Err(Problem::overloaded(outcome).bound(Bound::Policies));
    }
    match serde_json::to_vec(decision) {
        Ok(document) => Ok(document.into()),
        Err(error) => {
            tracing::error!(%error, "cannot serialize a decision");
            Err(Problem::of(Kind::Internal))
        }
    }
}
