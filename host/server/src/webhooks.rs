//! Webhooks of channels: `/webhooks/{company}/{channel}/{connection}`. They are not
//! part of the API: a provider authenticates by its signature, and the form of
//! requests and answers is the provider's.

use std::sync::Arc;

use axum::Router;
use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use patchbay_adapter::{Acknowledgement, Method as ProviderMethod};
use patchbay_gateway::{ProviderRequest, Reception};
use patchbay_http::body;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::request_headers::traceparent;
use patchbay_http::work_share::on_share;
use patchbay_service::app::App;

const PATH: &str = "/webhooks/{company}/{channel}/{connection}";

/// The routes of the webhooks.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route(PATH, get(receive).post(receive))
}

/// Whether a request is to a webhook: neither a token nor the rules for programs of
/// this machine apply.
pub(crate) fn is_webhook(request: &Request) -> bool {
    let matched = request.extensions().get::<MatchedPath>();
    matched.is_some_and(|path| path.as_str() == PATH)
}

async fn receive(
    State(app): State<Arc<App>>,
    Path((company, channel, connection)): Path<(String, String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    if let Some(reason) = app.companies.unready_reason(&company) {
        body::discard(request).await;
        return Err(Problem::of(Kind::CompanyNotReady).detail(reason));
    }
    let (Some(gateway), Ok(_)) = (app.gateway.clone(), app.desk()) else {
        body::discard(request).await;
        return Err(Problem::of(Kind::NotFound));
    };
    let limit = match gateway.body_limit(&company, &channel, &connection) {
        Ok(Some(limit)) => limit,
        // The answer for an unknown company is that for an unknown connection.
        Ok(None) | Err(_) => {
            body::discard(request).await;
            return Err(Problem::of(Kind::NotFound));
        }
    };
    let head = RequestHead::of(&request);
    let trace = traceparent(request.headers());
    let mut body = body::read(
        request,
        limit.bytes as u64,
        app.settings.request_timeout,
        &app.bounds,
    )
    .await?;
    if limit.is_stored {
        body.grow(body.len() as u64)?;
    }
    let host = Arc::clone(&app);
    let reception = on_share(&app.shares.intake, move || {
        // A handshake is answered at any time: what fails it ends the subscription.
        let is_delivery = head.method == ProviderMethod::Post;
        if is_delivery {
            host.check_draining(&company)?;
            host.check_free_space()?;
        }
        let headers = head.headers.iter();
        let request = ProviderRequest {
            method: head.method,
            target: &head.target,
            headers: headers
                .map(|(name, value)| (name.as_str(), value.as_slice()))
                .collect(),
            body: &body,
            traceparent: trace,
        };
        Ok::<Reception, Problem>(gateway.receive(&company, &channel, &connection, &request)?)
    })
    .await??;
    answer(reception)
}

/// Head of a request, to be read on another thread.
struct RequestHead {
    method: ProviderMethod,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
}

impl RequestHead {
    fn of(request: &Request) -> RequestHead {
        let target = request.uri().path_and_query();
        let headers = request.headers().iter();
        RequestHead {
            method: match *request.method() {
                Method::GET => ProviderMethod::Get,
                Method::POST => ProviderMethod::Post,
                _ => ProviderMethod::Other,
            },
            target: target.map_or("/", |target| target.as_str()).to_owned(),
            headers: headers
                .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
                .collect(),
        }
    }
}

fn answer(reception: Reception) -> Result<Response, Problem> {
    match reception {
        Reception::Acknowledged(Acknowledgement { content_type, body }) => Ok(match content_type {
            Some(media_type) => ([(CONTENT_TYPE, media_type)], body).into_response(),
            None => StatusCode::OK.into_response(),
        }),
        Reception::UnknownConnection => Err(Problem::of(Kind::NotFound)),
        Reception::Rejected => Err(Problem::of(Kind::NotAuthentic)),
        Reception::TooLarge => Err(Problem::of(Kind::BodyTooLarge)),
        Reception::NotOpen { retry_after } => {
            Err(Problem::of(Kind::ConnectionNotOpen).retry_after(retry_after))
        }
        Reception::Busy { retry_after } => {
            let problem = Problem::busy("the host is at a bound; deliver this again later");
            Err(problem.retry_after(retry_after))
        }
    }
}
