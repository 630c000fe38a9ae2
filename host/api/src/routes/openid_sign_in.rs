//! Sign-in to the console by an OpenID Connect issuer: the way there and the way back.
//! Both are navigations of a browser, so every answer leads to a page.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::header::{HOST, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use patchbay_access::oidc::{Callback, ReturnPath, SignInFailure, SignInFlow, SignInStart};
use patchbay_access::{Caller, SignedIn, session_cookie, sign_in_cookie};
use patchbay_http::descriptions;
use patchbay_service::app::App;
use patchbay_service::client_address::client_address;

use super::session;

/// The parameters of a query, as they came.
type Pairs = Vec<(String, String)>;

/// Sign in by the issuer
///
/// Leads a browser to the issuer, with a cookie that binds the sign-in to the browser for 10
/// minutes. The console's page links here. On failure the console's sign-in page shows why:
/// `/console/#/sign-in?reason=` and a code of a closed set.
#[utoipa::path(
    get,
    path = "/v1/session/sign-in",
    operation_id = "begin_sign_in",
    tag = "access",
    params(("return" = Option<String>, Query, description = "Where in the console the person continues: `/console/`, or `/console/#/` and a place; at most 1,024 bytes. Default, also for any other value: `/console/`.")),
    responses(
        descriptions::PublicErrors,
        (status = 303, description = "To the issuer, or to the console's sign-in page.", headers(
            ("Location" = String, description = "Where the browser goes on."),
            ("Set-Cookie" = Option<String>, description = "Binds the sign-in to the browser."),
        )),
    )
)]
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    Query(query): Query<Pairs>,
    request: Request,
) -> Response {
    let (
        Parts {
            headers,
            extensions,
            ..
        },
        _,
    ) = request.into_parts();
    let client = client_address(&extensions, &headers, &app.settings.trusted_proxies);
    if !app.sign_in_limit.allows(client) {
        return redirect(&SignInFailure::Busy.page(), []);
    }
    let return_to = value(&query, "return").unwrap_or_default();
    let return_to = return_to.and_then(ReturnPath::parse);
    match start(&app, &headers, return_to.unwrap_or_default()).await {
        Ok(started) => {
            let cookie = sign_in_cookie::set(&headers, app.access.is_tls(), &started.browser);
            redirect(&started.location, [cookie])
        }
        Err(failure) => redirect(&failure.page(), []),
    }
}

async fn start(
    app: &App,
    headers: &HeaderMap,
    return_to: ReturnPath,
) -> Result<SignInStart, SignInFailure> {
    let flow = flow(app)?;
    if !sign_in_cookie::is_own_navigation(headers) {
        return Err(SignInFailure::ForeignPage);
    }
    // The cookie must be there where the issuer sends the browser back.
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    if !host.is_some_and(|host| flow.is_public_host(host)) {
        let detail = "the Host header is not that of public-url; a proxy must pass it on";
        return Err(flow.failed(SignInFailure::WrongAddress, &detail));
    }
    flow.begin(return_to).await
}

/// Finish a sign-in by the issuer
///
/// The issuer sends the browser here. The host exchanges the code, verifies the ID token,
/// asks the issuer's UserInfo endpoint if the ID token lacks claims that the settings name,
/// starts a session, and leads the browser into the console. A `state` works once, in the
/// browser that began the sign-in. On failure the console's sign-in page shows why. Other
/// parameters are ignored (RFC 6749, 4.1.2).
#[utoipa::path(
    get,
    path = "/v1/session/callback",
    operation_id = "finish_sign_in",
    tag = "access",
    params(
        ("state" = Option<String>, Query, description = "Which sign-in it is about, as the host gave it to the issuer."),
        ("code" = Option<String>, Query, description = "To be exchanged at the issuer; at most 4,096 bytes."),
        ("iss" = Option<String>, Query, description = "The issuer (RFC 9207); required if its document says that it sends it."),
        ("error" = Option<String>, Query, description = "Why there is no code (RFC 6749, 4.1.2.1)."),
    ),
    responses(
        descriptions::PublicErrors,
        (status = 303, description = "Into the console, or to its sign-in page.", headers(
            ("Location" = String, description = "Where the browser goes on."),
            ("Set-Cookie" = Option<String>, description = "The session; and the end of the cookie of the sign-in."),
        )),
    )
)]
pub(super) async fn finish(
    State(app): State<Arc<App>>,
    Query(query): Query<Pairs>,
    headers: HeaderMap,
) -> Response {
    let is_tls = app.access.is_tls();
    match complete(&app, &query, &headers).await {
        Ok((session, return_to)) => {
            let over = sign_in_cookie::clear(&headers, is_tls);
            redirect(return_to.as_str(), [over, session])
        }
        // The cookie stays: it may be that of another sign-in, which goes on.
        Err(failure) => redirect(&failure.page(), []),
    }
}

/// The cookie of a new session, and where the person continues.
async fn complete(
    app: &Arc<App>,
    query: &Pairs,
    headers: &HeaderMap,
) -> Result<(HeaderValue, ReturnPath), SignInFailure> {
    let flow = flow(app)?;
    let one = |name| {
        let value = value(query, name);
        value.map_err(|failure| flow.failed(failure, &"a parameter of the callback is repeated"))
    };
    let callback = Callback {
        state: one("state")?,
        code: one("code")?,
        issuer: one("iss")?,
        error: one("error")?,
    };
    let browser = sign_in_cookie::secret(headers, app.access.is_tls());
    let (identity, return_to) = flow.finish(callback, browser.as_ref()).await?;
    let identity = Arc::new(identity);
    let caller = Caller::External(Arc::clone(&identity));
    let company = caller.company();
    if company.is_some_and(|company| !app.companies.names().iter().any(|name| name == company)) {
        let detail = "the claims name a company that this host does not have";
        return Err(flow.failed(SignInFailure::NoRole, &detail));
    }
    if app.check_roster(Some(&caller)).is_err() {
        let detail = "the claims name an agent who is not on the company's roster";
        return Err(flow.failed(SignInFailure::NoRole, &detail));
    }
    let new = session::store(app, caller, SignedIn::External(identity)).await;
    let new = new.map_err(|_| {
        flow.failed(
            SignInFailure::HostUnavailable,
            &"the session cannot be stored",
        )
    })?;
    let cookie = session_cookie::set(headers, app.access.is_tls(), &new.secret);
    Ok((cookie, return_to))
}

fn flow(app: &App) -> Result<&SignInFlow, SignInFailure> {
    app.access.sign_in_flow().ok_or(SignInFailure::NotOffered)
}

/// A redirect that the browser follows by GET (RFC 9110, 15.4.4), and that tells the next
/// page nothing of this address.
fn redirect(to: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    let console = HeaderValue::from_static("/console/");
    headers.insert(LOCATION, HeaderValue::try_from(to).unwrap_or(console));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    for cookie in cookies {
        headers.append(SET_COOKIE, cookie);
    }
    response
}

/// The value of a parameter, which must not be repeated (RFC 6749, 3.1).
fn value<'q>(query: &'q Pairs, wanted: &str) -> Result<Option<&'q str>, SignInFailure> {
    let mut values = query.iter().filter(|(name, _)| name == wanted);
    let value = values.next().map(|(_, value)| value.as_str());
    match values.next() {
        None => Ok(value),
        Some(_) => Err(SignInFailure::InvalidAnswer),
    }
}
