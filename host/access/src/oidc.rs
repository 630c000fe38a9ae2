//! People and programs that an OpenID Connect issuer identifies, by bearer tokens or by
//! signing in to the console: the signature, audience and times of a token are verified,
//! and the claims are mapped to a role, company and agent.
//!
//! The host's log says why a token is refused, without quoting it; the client
//! is not told.

mod claims;
mod code_exchange;
mod discovery;
mod issuer_cache;
mod issuer_problem;
mod jws;
mod pending_sign_ins;
mod return_path;
mod sign_in_failure;
mod sign_in_flow;
mod standing;
mod userinfo;

use std::sync::Arc;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use patchbay_outbound::egress::Egress;
use thiserror::Error;

pub use crate::algorithm::Algorithm;
pub use code_exchange::ClientSecret;
pub use issuer_cache::IssuerCacheTimes;
pub use issuer_problem::IssuerProblem;
pub(crate) use pending_sign_ins::LIFETIME as SIGN_IN_LIFETIME;
pub use return_path::ReturnPath;
pub use sign_in_failure::SignInFailure;
pub use sign_in_flow::{Callback, SignInFlow, SignInStart};
pub use standing::{ClaimPlace, StandingError};

use crate::ExternalIdentity;
use crate::settings::OidcSettings;
use claims::{Purpose, ValidToken};
use issuer_cache::IssuerCache;
use jws::Jws;
use standing::PersonClaims;

/// Longest token in bytes; a longer one does not fit a request's head.
const TOKEN_BYTES: usize = 16 << 10;
/// Refused tokens and sign-ins logged per second: anyone can send one.
const LOGGED: Quota = Quota::per_second(std::num::NonZeroU32::new(5).unwrap());

/// Why a token is refused. The text is for the log and quotes nothing of the token.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TokenError {
    /// It is not a signed JSON web token.
    #[error("not a signed token: {0}")]
    Malformed(&'static str),
    /// Its algorithm is unknown, not allowed, or not that of its key.
    #[error("signed with an algorithm the settings do not allow")]
    Algorithm,
    /// The issuer has no key of its `kid`.
    #[error("signed with a key the issuer does not publish")]
    UnknownKey,
    /// The issuer's keys could not be fetched, or are too old.
    #[error("the issuer's keys are not available: {0}")]
    NoKeys(IssuerProblem),
    /// The signature does not match.
    #[error("the signature is wrong")]
    Signature,
    /// A claim is missing or has the wrong type.
    #[error("the claim {0:?} is missing or has the wrong type")]
    Claim(&'static str),
    /// `iss` names another issuer.
    #[error("issued by another issuer")]
    Issuer,
    /// `aud` names none of the settings' audiences.
    #[error("meant for another audience; compare `aud` with `audience` in [oidc]")]
    Audience,
    /// `aud` of an ID token does not name the client.
    #[error("meant for another client; compare `aud` with `client-id` in [oidc.sign-in]")]
    Client,
    /// `azp` of an ID token names another client, or is missing beside several audiences.
    #[error("authorized for another client; compare `azp` with `client-id` in [oidc.sign-in]")]
    AuthorizedParty,
    /// `nonce` of an ID token is not that of the request.
    #[error("not an answer to this sign-in: the nonce differs")]
    Nonce,
    /// `exp` has passed.
    #[error("expired")]
    Expired,
    /// `nbf` or `iat` is in the future.
    #[error("not valid yet; compare the clocks, or raise clock-skew")]
    NotYet,
    /// The claims give no role.
    #[error("the claims give no role here: {0}")]
    TokenScope(#[from] StandingError),
}

/// Verifies the tokens of one issuer.
#[derive(Debug)]
pub struct Issuer {
    settings: OidcSettings,
    cache: Arc<IssuerCache>,
    log_quota: DefaultDirectRateLimiter,
}

impl Issuer {
    /// The issuer of the settings; its keys and endpoints are fetched through `egress`.
    pub fn new(settings: OidcSettings, egress: Egress, times: IssuerCacheTimes) -> Issuer {
        Issuer {
            cache: Arc::new(IssuerCache::new(&settings, egress, times)),
            settings,
            log_quota: RateLimiter::direct(LOGGED),
        }
    }

    /// Verify a token and map its claims. May fetch keys from the issuer.
    ///
    /// # Errors
    /// [`TokenError`], which is already logged.
    pub async fn verify(&self, token: &str) -> Result<ExternalIdentity, TokenError> {
        let verified = self.caller(token).await;
        if let Err(error) = &verified
            && self.log_quota.check().is_ok()
        {
            tracing::info!(
                issuer = self.settings.issuer,
                "bearer token refused: {error}"
            );
        }
        verified
    }

    async fn caller(&self, token: &str) -> Result<ExternalIdentity, TokenError> {
        let token = self.valid_token(token, Purpose::Call).await?;
        let standing = PersonClaims::BearerToken(&token.claims).standing(&self.settings)?;
        Ok(token.caller(&self.settings.issuer, standing))
    }

    /// The claims of a token of this issuer, which may give no role.
    async fn valid_token(
        &self,
        token: &str,
        purpose: Purpose<'_>,
    ) -> Result<ValidToken, TokenError> {
        if token.len() > TOKEN_BYTES {
            return Err(TokenError::Malformed("longer than 16 KiB"));
        }
        let jws = Jws::parse(token)?;
        if !self.settings.algorithms.contains(&jws.algorithm) {
            return Err(TokenError::Algorithm);
        }
        let key = self.cache.find(jws.key.as_deref(), jws.algorithm).await?;
        let claims = jws.verified_claims(&key)?;
        ValidToken::check(claims, &self.settings, purpose, Timestamp::now())
    }

    /// Whether this issuer identified the person of an id.
    pub(crate) fn identified(&self, id: &str) -> bool {
        claims::is_of_issuer(id, &self.settings.issuer)
    }
}
