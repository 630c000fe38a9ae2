//! Cache of an issuer's signing keys: found through its discovery document,
//! refreshed when they are old or one is missing. While the issuer is
//! unreachable, cached keys stay valid up to a bound.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::Egress;
use serde::Deserialize;
use serde_json::Value;

use super::TokenError;
use super::jws::Key;
use crate::algorithm::Algorithm;

/// Largest document of an issuer, in bytes.
const DOCUMENT_BYTES: usize = 256 << 10;
/// Keys read from an issuer at most.
const KEYS: usize = 200;

/// When keys are refreshed.
#[derive(Clone, Copy, Debug)]
pub struct KeyCacheTimes {
    /// Age at which keys are refreshed in the background. Default 1 h.
    pub fresh: Duration,
    /// Age at which keys are no longer used. Default 24 h.
    pub stale: Duration,
    /// Shortest time between two requests to the issuer, whatever tokens are
    /// shown. Default 30 s.
    pub interval: Duration,
}

impl Default for KeyCacheTimes {
    fn default() -> KeyCacheTimes {
        KeyCacheTimes {
            fresh: Duration::from_secs(3_600),
            stale: Duration::from_secs(24 * 3_600),
            interval: Duration::from_secs(30),
        }
    }
}

#[derive(Debug)]
pub(super) struct KeyCache {
    issuer: String,
    egress: Egress,
    times: KeyCacheTimes,
    state: Mutex<State>,
    /// Held during a request to the issuer.
    refreshing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    keys: Vec<Key>,
    /// When the keys were requested.
    since: Option<Instant>,
    /// When the issuer was last requested, successfully or not.
    requested: Option<Instant>,
    /// Why the last request failed.
    problem: Option<String>,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl KeyCache {
    pub(super) fn new(issuer: String, egress: Egress, times: KeyCacheTimes) -> KeyCache {
        KeyCache {
            issuer,
            egress,
            times,
            state: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
        }
    }

    /// The key of an id; without an id, the only key of the algorithm.
    pub(super) async fn find(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Key, TokenError> {
        if let Some((key, age)) = self.cached(id, algorithm) {
            // The cached key is still valid: refresh without waiting.
            if age > self.times.fresh && self.refreshing.try_lock().is_ok() && self.may_request() {
                let keys = Arc::clone(self);
                tokio::spawn(async move { keys.refresh().await });
            }
            return Ok(key);
        }
        self.refresh().await;
        match self.cached(id, algorithm) {
            Some((key, _)) => Ok(key),
            None => Err(self.missing_key()),
        }
    }

    fn cached(&self, id: Option<&str>, algorithm: Algorithm) -> Option<(Key, Duration)> {
        let state = self.state.lock();
        let age = state.since?.elapsed();
        if age > self.times.stale {
            return None;
        }
        let fits =
            |key: &&Key| key.algorithm() == algorithm && (id.is_none() || key.id.as_deref() == id);
        let mut fitting = state.keys.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some((key.clone(), age)),
            // No key fits, or the token does not say which of several.
            _ => None,
        }
    }

    fn missing_key(&self) -> TokenError {
        let state = self.state.lock();
        let is_current = state
            .since
            .is_some_and(|since| since.elapsed() <= self.times.stale);
        match (&state.problem, is_current) {
            (Some(problem), false) => TokenError::NoKeys(problem.clone()),
            _ => TokenError::UnknownKey,
        }
    }

    /// Request the keys, unless that was done less than `interval` ago.
    async fn refresh(&self) {
        let _guard = self.refreshing.lock().await;
        if !self.may_request() {
            return;
        }
        let now = Instant::now();
        let found = self.request().await;
        let mut state = self.state.lock();
        state.requested = Some(now);
        match found {
            Ok(keys) => {
                if state.problem.take().is_some() {
                    tracing::info!(issuer = self.issuer, "issuer's keys are available again");
                }
                state.keys = keys;
                state.since = Some(now);
            }
            Err(problem) => {
                tracing::warn!(
                    issuer = self.issuer,
                    problem,
                    "cannot fetch the issuer's keys; cached keys stay valid for up to 24 h"
                );
                state.problem = Some(problem);
            }
        }
    }

    fn may_request(&self) -> bool {
        let requested = self.state.lock().requested;
        requested.is_none_or(|at| at.elapsed() >= self.times.interval)
    }

    async fn request(&self) -> Result<Vec<Key>, String> {
        let base = self.issuer.trim_end_matches('/');
        let place = format!("{base}/.well-known/openid-configuration");
        let discovery: Discovery = self.document(&place).await?;
        if discovery.issuer != self.issuer {
            return Err(format!(
                "{place} names the issuer {:?}; `issuer` in [oidc] must be exactly that",
                discovery.issuer
            ));
        }
        let set: KeySet = self.document(&discovery.jwks_uri).await?;
        let keys = set.keys.into_iter().take(KEYS);
        let keys: Vec<Key> = keys.filter_map(Key::from_jwk).collect();
        match keys.is_empty() {
            true => Err("the issuer publishes no key for RS256, ES256 or EdDSA".to_owned()),
            false => Ok(keys),
        }
    }

    async fn document<T: for<'d> Deserialize<'d>>(&self, place: &str) -> Result<T, String> {
        let address = WebAddress::parse(place).map_err(|error| format!("{place:?} {error}"))?;
        let response = self.egress.get(&address, DOCUMENT_BYTES).await;
        let (status, body) = response.map_err(|error| error.to_string())?;
        if !status.is_success() {
            return Err(format!("{place} answered {}", status.as_u16()));
        }
        serde_json::from_slice(&body)
            .map_err(|_| format!("the answer of {place} is not the expected JSON document"))
    }
}
