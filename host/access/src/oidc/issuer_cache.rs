//! Cache of what an issuer publishes, its signing keys and its endpoints: found through
//! its discovery document, refreshed when they are old or a key is missing. While the
//! issuer is unreachable, what is cached stays valid up to a bound.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use patchbay_config::web_address::WebAddress;
use patchbay_outbound::egress::Egress;
use serde::Deserialize;
use serde_json::Value;

use super::TokenError;
use super::discovery::{Discovery, Endpoints};
use super::issuer_problem::IssuerProblem;
use super::jws::Key;
use crate::algorithm::Algorithm;
use crate::settings::OidcSettings;

/// Largest document of an issuer, in bytes.
const DOCUMENT_BYTES: usize = 256 << 10;
/// Keys read from an issuer at most.
const KEYS: usize = 200;

/// When keys and endpoints are refreshed.
#[derive(Clone, Copy, Debug)]
pub struct IssuerCacheTimes {
    /// Age at which they are refreshed in the background. Default 1 h.
    pub fresh: Duration,
    /// Age at which they are no longer used. Default 24 h.
    pub stale: Duration,
    /// Shortest time between two requests to the issuer, whatever tokens are
    /// shown. Default 30 s.
    pub interval: Duration,
}

impl Default for IssuerCacheTimes {
    fn default() -> IssuerCacheTimes {
        IssuerCacheTimes {
            fresh: Duration::from_secs(3_600),
            stale: Duration::from_secs(24 * 3_600),
            interval: Duration::from_secs(30),
        }
    }
}

#[derive(Debug)]
pub(super) struct IssuerCache {
    issuer: String,
    /// Those that the settings allow; keys for others are not kept.
    algorithms: BTreeSet<Algorithm>,
    egress: Egress,
    times: IssuerCacheTimes,
    state: Mutex<State>,
    /// Held during a request to the issuer.
    refreshing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    published: Option<Published>,
    /// When they were requested.
    since: Option<Instant>,
    /// When the issuer was last requested, successfully or not.
    requested: Option<Instant>,
    /// Why the last request failed.
    problem: Option<IssuerProblem>,
}

/// What the issuer publishes.
#[derive(Debug)]
struct Published {
    keys: Vec<Key>,
    /// Or what its document lacks for signing in. Its tokens count even so.
    endpoints: Result<Endpoints, String>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Published {
    /// The key of an id; without an id, the only key of the algorithm.
    fn key(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Key> {
        let fits =
            |key: &&Key| key.algorithm() == algorithm && (id.is_none() || key.id.as_deref() == id);
        let mut fitting = self.keys.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some(key.clone()),
            // No key fits, or the token does not say which of several.
            _ => None,
        }
    }
}

impl IssuerCache {
    pub(super) fn new(settings: &OidcSettings, egress: Egress, times: IssuerCacheTimes) -> Self {
        IssuerCache {
            issuer: settings.issuer.clone(),
            algorithms: settings.algorithms.clone(),
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
        let find = |published: &Published| published.key(id, algorithm);
        match self.cached_or_fetched(find).await {
            Some(key) => Ok(key),
            None => Err(self.missing_key()),
        }
    }

    /// Where people sign in.
    ///
    /// # Errors
    /// The issuer's document could not be fetched, or lacks what signing in needs.
    pub(super) async fn endpoints(self: &Arc<Self>) -> Result<Endpoints, IssuerProblem> {
        let find = |published: &Published| published.endpoints.clone().ok();
        match self.cached_or_fetched(find).await {
            Some(endpoints) => Ok(endpoints),
            None => Err(self.missing_endpoints()),
        }
    }

    fn missing_endpoints(&self) -> IssuerProblem {
        let state = self.state.lock();
        if let Some(problem) = &state.problem {
            return problem.clone();
        }
        let published = state.published.as_ref();
        match published.and_then(|published| published.endpoints.as_ref().err()) {
            Some(lacking) => IssuerProblem::Unsuitable(lacking.clone()),
            None => IssuerProblem::Unavailable("the issuer was not reached lately".to_owned()),
        }
    }

    /// What `find` finds in the cache, else in what the issuer publishes now.
    async fn cached_or_fetched<T>(
        self: &Arc<Self>,
        find: impl Fn(&Published) -> Option<T>,
    ) -> Option<T> {
        if let Some((found, age)) = self.cached(&find) {
            // What is cached is still valid: refresh without waiting.
            if age > self.times.fresh && self.refreshing.try_lock().is_ok() && self.may_request() {
                let cache = Arc::clone(self);
                tokio::spawn(async move { cache.refresh().await });
            }
            return Some(found);
        }
        self.refresh().await;
        self.cached(&find).map(|(found, _)| found)
    }

    fn cached<T>(&self, find: impl Fn(&Published) -> Option<T>) -> Option<(T, Duration)> {
        let state = self.state.lock();
        let age = state.since?.elapsed();
        if age > self.times.stale {
            return None;
        }
        Some((find(state.published.as_ref()?)?, age))
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
            Ok(published) => {
                if state.problem.take().is_some() {
                    tracing::info!(issuer = self.issuer, "issuer's keys are available again");
                }
                state.published = Some(published);
                state.since = Some(now);
            }
            Err(problem) => {
                tracing::warn!(
                    issuer = self.issuer,
                    %problem,
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

    async fn request(&self) -> Result<Published, IssuerProblem> {
        let base = self.issuer.trim_end_matches('/');
        let place = format!("{base}/.well-known/openid-configuration");
        let discovery: Discovery = self.document(&place).await?;
        if discovery.issuer != self.issuer {
            return Err(IssuerProblem::Unsuitable(format!(
                "{place} names the issuer {:?}; `issuer` in [oidc] must be exactly that",
                discovery.issuer
            )));
        }
        let set: KeySet = self.document(&discovery.jwks_uri).await?;
        let keys = set.keys.into_iter().take(KEYS);
        let keys = keys.filter_map(Key::from_jwk);
        let keys = keys.filter(|key| self.algorithms.contains(&key.algorithm()));
        let keys: Vec<Key> = keys.collect();
        match keys.is_empty() {
            true => Err(self.no_usable_key()),
            false => Ok(Published {
                keys,
                endpoints: discovery.endpoints(),
            }),
        }
    }

    fn no_usable_key(&self) -> IssuerProblem {
        let names = self.algorithms.iter().map(|algorithm| algorithm.name());
        let names = names.collect::<Vec<_>>().join(", ");
        IssuerProblem::Unsuitable(format!(
            "the issuer publishes no key for an algorithm of the settings ({names}); let it sign with one of these, or compare `algorithms` in [oidc]"
        ))
    }

    async fn document<T: for<'d> Deserialize<'d>>(&self, place: &str) -> Result<T, IssuerProblem> {
        let address = WebAddress::parse(place)
            .map_err(|error| IssuerProblem::Unsuitable(format!("{place:?} {error}")))?;
        let response = self.egress.get(&address, DOCUMENT_BYTES).await;
        let (status, body) = response.map_err(|error| match error.is_refusal() {
            true => IssuerProblem::Unsuitable(error.to_string()),
            false => IssuerProblem::Unavailable(error.to_string()),
        })?;
        if !status.is_success() {
            let status = status.as_u16();
            return Err(IssuerProblem::Unavailable(format!(
                "{place} answered {status}"
            )));
        }
        serde_json::from_slice(&body).map_err(|_| {
            IssuerProblem::Unavailable(format!(
                "the answer of {place} is not the expected JSON document"
            ))
        })
    }
}
