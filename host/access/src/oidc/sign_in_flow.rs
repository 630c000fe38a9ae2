//! Sign-in to the console by the issuer: authorization code with PKCE (RFC 7636), done
//! by the host. The browser carries a code and never a token.

use std::fmt::{self, Display};
use std::num::NonZeroU32;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use patchbay_config::web_address::WebAddress;
use patchbay_journal::Secret;
use patchbay_model::access::TokenScope;
use patchbay_outbound::egress::Egress;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use super::claims::{Purpose, ValidToken};
use super::code_exchange::{Client, ClientSecret, Tokens, form};
use super::discovery::Endpoints;
use super::pending_sign_ins::{PendingSignIn, PendingSignIns};
use super::return_path::ReturnPath;
use super::sign_in_failure::{LoggedFailure, SignInFailure};
use super::standing::{PersonClaims, StandingError};
use super::{Issuer, TokenError, userinfo};
use crate::ExternalIdentity;
use crate::settings::SignInSettings;

/// Path at which the issuer sends the browser back.
const CALLBACK: &str = "/v1/session/callback";
/// Codes exchanged per second, and at once after a pause: anyone can bring one.
const EXCHANGES: Quota =
    Quota::per_second(NonZeroU32::new(20).unwrap()).allow_burst(NonZeroU32::new(100).unwrap());
/// Longest code, in bytes.
const CODE_BYTES: usize = 4_096;
/// Errors with which the issuer says that the person may not sign in, or did not want to
/// (RFC 6749, 4.1.2.1; OpenID Connect Core 1.0, 3.1.2.6).
const DENIALS: [&str; 5] = [
    "access_denied",
    "login_required",
    "consent_required",
    "interaction_required",
    "account_selection_required",
];
/// Errors with which the issuer says that it does not work at the moment.
const OUTAGES: [&str; 2] = ["server_error", "temporarily_unavailable"];

/// Signs people in by the issuer.
pub struct SignInFlow {
    issuer: Arc<Issuer>,
    egress: Egress,
    client: Client,
    scopes: String,
    name: String,
    public_url: WebAddress,
    pending: PendingSignIns,
    exchange_quota: DefaultDirectRateLimiter,
}

/// A sign-in that began.
#[derive(Debug)]
pub struct SignInStart {
    /// Where the browser goes: an address of the issuer.
    pub location: String,
    /// For the browser's cookie: only this browser can finish the sign-in.
    pub browser: Secret,
}

/// What the issuer has the browser bring back.
#[derive(Clone, Copy, Default)]
pub struct Callback<'c> {
    /// Which sign-in it is about.
    pub state: Option<&'c str>,
    /// To be exchanged for tokens.
    pub code: Option<&'c str>,
    /// The issuer that sends the browser back (RFC 9207).
    pub issuer: Option<&'c str>,
    /// Why there is no code.
    pub error: Option<&'c str>,
}

impl fmt::Debug for SignInFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SignInFlow");
        shown.field("client", &self.client.id);
        shown.finish_non_exhaustive()
    }
}

impl SignInFlow {
    /// The sign-in of the settings; `secret` is the client's, unless it is public.
    pub fn new(
        issuer: Arc<Issuer>,
        settings: &SignInSettings,
        secret: Option<ClientSecret>,
        egress: Egress,
    ) -> SignInFlow {
        SignInFlow {
            issuer,
            egress,
            client: Client {
                id: settings.client_id.clone(),
                secret,
                redirect: format!("{}{CALLBACK}", settings.public_url.origin()),
            },
            scopes: settings.scopes.join(" "),
            name: settings.name.clone(),
            public_url: settings.public_url.clone(),
            pending: PendingSignIns::default(),
            exchange_quota: RateLimiter::direct(EXCHANGES),
        }
    }

    /// The issuer's name for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a Host header names the public address, to which the issuer sends the
    /// browser back.
    pub fn is_public_host(&self, host: &str) -> bool {
        host.eq_ignore_ascii_case(&self.public_url.authority())
    }

    /// Whether browsers reach the public address over TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.is_https()
    }

    /// Begin a sign-in. May ask the issuer for its endpoints.
    ///
    /// # Errors
    /// [`SignInFailure`], which is already logged.
    pub async fn begin(&self, return_to: ReturnPath) -> Result<SignInStart, SignInFailure> {
        let endpoints = self.endpoints().await?;
        let browser = Secret::generate().map_err(|error| self.no_random(&error))?;
        let random = || random_text().ok_or_else(|| self.no_random(&"no random bytes"));
        let (state, nonce, verifier) = (random()?, random()?, random()?);
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.client.id),
            ("redirect_uri", &self.client.redirect),
            ("scope", &self.scopes),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let sign_in = PendingSignIn {
            nonce,
            verifier,
            return_to,
            browser: browser.hash(),
        };
        self.pending.insert(&state, sign_in, Timestamp::now());
        let target = endpoints.authorization.path_and_query();
        let separator = if target.contains('?') { '&' } else { '?' };
        let origin = endpoints.authorization.origin();
        Ok(SignInStart {
            location: format!("{origin}{target}{separator}{query}"),
            browser,
        })
    }

    /// Finish a sign-in: who the person is, and where they continue. `browser` is the
    /// secret of their cookie. Asks the issuer, within the limits of outgoing requests.
    ///
    /// # Errors
    /// [`SignInFailure`], which is already logged.
    pub async fn finish(
        &self,
        callback: Callback<'_>,
        browser: Option<&Secret>,
    ) -> Result<(ExternalIdentity, ReturnPath), SignInFailure> {
        let state = callback.state.unwrap_or_default();
        let taken = self.pending.take(state, browser, Timestamp::now());
        let sign_in = taken.map_err(|failure| {
            self.failed(
                failure,
                &"unknown, used, expired, or begun by another browser",
            )
        })?;
        let endpoints = self.endpoints().await?;
        self.check_issuer(callback.issuer, &endpoints)?;
        if let Some(error) = callback.error {
            return Err(self.refused(error));
        }
        let code = callback.code.filter(|code| code.len() <= CODE_BYTES);
        let code = code
            .ok_or_else(|| self.failed(SignInFailure::InvalidAnswer, &"the issuer sent no code"))?;
        if self.exchange_quota.check().is_err() {
            return Err(self.failed(SignInFailure::Busy, &"too many sign-ins a second"));
        }
        let verifier = &sign_in.verifier;
        let exchanged = self
            .client
            .exchange(&self.egress, endpoints.token, code, verifier);
        let tokens = exchanged.await.map_err(|failure| self.logged(failure))?;
        let purpose = Purpose::SignIn {
            client: &self.client.id,
            nonce: &sign_in.nonce,
        };
        let valid = self.issuer.valid_token(&tokens.id, purpose).await;
        let token = valid.map_err(|error| {
            let failure = match &error {
                TokenError::NoKeys(problem) => problem.sign_in_failure(),
                _ => SignInFailure::InvalidAnswer,
            };
            self.failed(failure, &format_args!("the ID token is refused: {error}"))
        })?;
        let standing = self.standing(&token, tokens, endpoints.userinfo).await;
        let standing = standing.map_err(|failure| self.logged(failure))?;
        let identity = token.signed_in(&self.issuer.settings.issuer, standing);
        Ok((identity, sign_in.return_to))
    }

    /// The role of a person by the claims of their ID token. If it lacks claims, the host
    /// asks the UserInfo endpoint once.
    async fn standing(
        &self,
        token: &ValidToken,
        tokens: Tokens,
        userinfo: Result<Option<WebAddress>, String>,
    ) -> Result<TokenScope, LoggedFailure> {
        let settings = &self.issuer.settings;
        let claims = PersonClaims::IdToken(&token.claims);
        let error = match claims.standing(settings) {
            Ok(standing) => return Ok(standing),
            Err(error) => error,
        };
        if !claims.may_be_completed(&error, settings) {
            return Err(no_role(&error));
        }
        let not_asked = |why: &str| {
            let (failure, detail) = no_role(&error);
            (failure, format!("{detail}. UserInfo was not asked: {why}"))
        };
        let endpoint = userinfo.map_err(|problem| (SignInFailure::Misconfigured, problem))?;
        let endpoint =
            endpoint.ok_or_else(|| not_asked("the issuer's document has no userinfo_endpoint"))?;
        let access_token = tokens.access.map_err(not_asked)?;
        let more = userinfo::fetch(&self.egress, endpoint, access_token, &token.subject).await?;
        let claims = PersonClaims::IdTokenAndUserInfo(&token.claims, &more);
        claims.standing(settings).map_err(|error| no_role(&error))
    }

    async fn endpoints(&self) -> Result<Endpoints, SignInFailure> {
        let endpoints = self.issuer.cache.endpoints().await;
        endpoints.map_err(|problem| self.failed(problem.sign_in_failure(), &problem))
    }

    /// Checks that this issuer sent the browser back, and not another one that was made
    /// to (RFC 9207).
    fn check_issuer(
        &self,
        named: Option<&str>,
        endpoints: &Endpoints,
    ) -> Result<(), SignInFailure> {
        let is_own = match named {
            Some(named) => named == self.issuer.settings.issuer,
            None => !endpoints.names_itself,
        };
        match is_own {
            true => Ok(()),
            false => Err(self.failed(
                SignInFailure::InvalidAnswer,
                &"`iss` of the callback does not name the issuer",
            )),
        }
    }

    /// What an error of the issuer means. The log repeats known codes only.
    fn refused(&self, error: &str) -> SignInFailure {
        let find = |codes: &[&'static str]| codes.iter().copied().find(|code| *code == error);
        let (failure, code) = match (find(&DENIALS), find(&OUTAGES)) {
            (Some(code), _) => (SignInFailure::Denied, code),
            (_, Some(code)) => (SignInFailure::IssuerUnavailable, code),
            _ => (SignInFailure::Misconfigured, "another error"),
        };
        self.failed(failure, &format_args!("the issuer answered {code}"))
    }

    fn logged(&self, (failure, detail): LoggedFailure) -> SignInFailure {
        self.failed(failure, &detail)
    }

    fn no_random(&self, error: &dyn Display) -> SignInFailure {
        self.failed(SignInFailure::HostUnavailable, error)
    }

    /// Logs why a sign-in failed, a few times a second at most.
    pub fn failed(&self, failure: SignInFailure, detail: &dyn Display) -> SignInFailure {
        if self.issuer.log_quota.check().is_ok() {
            let issuer = &self.issuer.settings.issuer;
            tracing::info!(issuer, reason = failure.code(), "sign-in failed: {detail}");
        }
        failure
    }
}

fn no_role(error: &StandingError) -> LoggedFailure {
    let detail = format!("the claims give no role here: {error}");
    (SignInFailure::NoRole, detail)
}

/// 256 random bits as text for addresses and forms.
fn random_text() -> Option<String> {
    let mut bytes = [0; 32];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}
