//! Bearer tokens of an OpenID Connect issuer: signed by one of its keys, meant
//! for this host, good at this time; its claims say who somebody is here.
//!
//! What is wrong with a token stands in the host's log, in words of ours: no
//! part of a token is repeated there, and whoever showed it is told nothing.

mod claims;
mod jws;
mod keys;

use std::sync::Arc;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use patchbay_outbound::egress::Egress;
use thiserror::Error;

use crate::access::Vouched;
use crate::settings::OidcSettings;
pub use jws::Algorithm;
use jws::Jws;
use keys::Keys;
pub(crate) use keys::Patience;

/// Most bytes of a token: more do not fit a request's head beside the rest.
const TOKEN_BYTES: usize = 16 << 10;
/// Lines a second that tell of refused tokens: anybody can show one.
const TOLD: Quota = Quota::per_second(std::num::NonZeroU32::new(5).unwrap());

/// Why a token is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refusal {
    #[error("it is no signed token: {0}")]
    Malformed(&'static str),
    #[error("it is signed in a way the settings do not allow")]
    Algorithm,
    #[error("it is signed with a key the issuer does not have")]
    UnknownKey,
    #[error("the issuer's keys are not known: {0}")]
    NoKeys(String),
    #[error("its signature is wrong")]
    Signature,
    #[error("its {0:?} is missing, or not of the kind it should be")]
    Claim(&'static str),
    #[error("it is another issuer's")]
    Issuer,
    #[error("it is meant for somebody else than this host (audience)")]
    Audience,
    #[error("its time is over")]
    Expired,
    #[error("its time has not come yet; compare the clocks, or raise clock-skew")]
    NotYet,
    #[error("its claims give no role here: {0}")]
    Standing(&'static str),
}

/// An issuer whose tokens are taken.
#[derive(Debug)]
pub(crate) struct Issuer {
    settings: OidcSettings,
    keys: Arc<Keys>,
    told: DefaultDirectRateLimiter,
}

impl Issuer {
    /// The issuer of the settings, asked over this way out.
    pub(crate) fn of(settings: OidcSettings, egress: Egress, patience: Patience) -> Issuer {
        Issuer {
            keys: Arc::new(Keys::of(settings.issuer.clone(), egress, patience)),
            settings,
            told: RateLimiter::direct(TOLD),
        }
    }

    /// Who shows a token.
    ///
    /// # Errors
    /// Why it is not taken; that is in the log already.
    pub(crate) async fn check(&self, token: &str) -> Result<Vouched, Refusal> {
        let checked = self.checked(token, Timestamp::now()).await;
        if let Err(refusal) = &checked
            && self.told.check().is_ok()
        {
            tracing::info!(
                issuer = self.settings.issuer,
                "a token of the issuer's is refused: {refusal}"
            );
        }
        checked
    }

    async fn checked(&self, token: &str, now: Timestamp) -> Result<Vouched, Refusal> {
        if token.len() > TOKEN_BYTES {
            return Err(Refusal::Malformed("it is too long"));
        }
        let jws = Jws::parse(token)?;
        if !self.settings.algorithms.contains(&jws.algorithm) {
            return Err(Refusal::Algorithm);
        }
        let key = self.keys.find(jws.key.as_deref(), jws.algorithm).await?;
        let claims = jws.verified(&key)?;
        claims::standing(&claims, &self.settings, now)
    }
}
