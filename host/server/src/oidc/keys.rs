//! An issuer's keys: found through its discovery document, kept, and asked for
//! again when they are old or one is missing. While the issuer cannot be reached
//! the ones at hand stay good for a while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use patchbay_model::web_address::WebAddress;
use patchbay_outbound::egress::Egress;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex as Turn;

use super::Refusal;
use super::jws::{Algorithm, Key};

/// Most bytes of a document of the issuer's.
const DOCUMENT_BYTES: usize = 256 << 10;
/// Most keys of an issuer.
const KEYS: usize = 200;

/// How long keys are good, and how often the issuer is asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Older keys are asked for again.
    pub(crate) fresh: Duration,
    /// Keys that are older than that are not used any more.
    pub(crate) stale: Duration,
    /// The issuer is asked no more often, whatever tokens are shown.
    pub(crate) floor: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            fresh: Duration::from_secs(3_600),
            stale: Duration::from_secs(24 * 3_600),
            floor: Duration::from_secs(30),
        }
    }
}

/// An issuer's keys.
#[derive(Debug)]
pub(super) struct Keys {
    issuer: String,
    egress: Egress,
    patience: Patience,
    known: Mutex<Known>,
    /// Held while the issuer is asked.
    asking: Turn<()>,
}

#[derive(Debug, Default)]
struct Known {
    keys: Vec<Key>,
    /// When they were asked for.
    since: Option<Instant>,
    /// When the issuer was asked last, whatever came of it.
    asked: Option<Instant>,
    /// What was wrong then.
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

impl Keys {
    pub(super) fn of(issuer: String, egress: Egress, patience: Patience) -> Keys {
        Keys {
            issuer,
            egress,
            patience,
            known: Mutex::default(),
            asking: Turn::default(),
        }
    }

    /// The key a token says it is signed with; where it says none, the only one
    /// of its kind.
    pub(super) async fn find(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Key, Refusal> {
        if let Some((key, age)) = self.at_hand(id, algorithm) {
            // Nobody waits for newer ones: the key at hand is good still.
            if age > self.patience.fresh && self.asking.try_lock().is_ok() && self.may_ask() {
                let keys = Arc::clone(self);
                tokio::spawn(async move { keys.refresh().await });
            }
            return Ok(key);
        }
        self.refresh().await;
        match self.at_hand(id, algorithm) {
            Some((key, _)) => Ok(key),
            None => Err(self.missing()),
        }
    }

    fn at_hand(&self, id: Option<&str>, algorithm: Algorithm) -> Option<(Key, Duration)> {
        let known = self.known();
        let age = known.since?.elapsed();
        if age > self.patience.stale {
            return None;
        }
        let fits =
            |key: &&Key| key.algorithm() == algorithm && (id.is_none() || key.id.as_deref() == id);
        let mut fitting = known.keys.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some((key.clone(), age)),
            // Which of several is not said, or said of several.
            _ => None,
        }
    }

    fn missing(&self) -> Refusal {
        let known = self.known();
        let current = known
            .since
            .is_some_and(|since| since.elapsed() <= self.patience.stale);
        match (&known.problem, current) {
            (Some(problem), false) => Refusal::NoKeys(problem.clone()),
            _ => Refusal::UnknownKey,
        }
    }

    /// Ask the issuer, unless that was done a moment ago.
    async fn refresh(&self) {
        let _mine = self.asking.lock().await;
        if !self.may_ask() {
            return;
        }
        let now = Instant::now();
        let found = self.ask().await;
        let mut known = self.known();
        known.asked = Some(now);
        match found {
            Ok(keys) => {
                if known.problem.take().is_some() {
                    tracing::info!(issuer = self.issuer, "the issuer's keys are here again");
                }
                known.keys = keys;
                known.since = Some(now);
            }
            Err(problem) => {
                tracing::warn!(
                    issuer = self.issuer,
                    problem,
                    "the issuer's keys cannot be had; those at hand are good for a while"
                );
                known.problem = Some(problem);
            }
        }
    }

    fn may_ask(&self) -> bool {
        let asked = self.known().asked;
        asked.is_none_or(|asked| asked.elapsed() >= self.patience.floor)
    }

    async fn ask(&self) -> Result<Vec<Key>, String> {
        let base = self.issuer.trim_end_matches('/');
        let place = format!("{base}/.well-known/openid-configuration");
        let discovery: Discovery = self.document(&place).await?;
        if discovery.issuer != self.issuer {
            return Err(format!(
                "{place} is of the issuer {:?}; the settings must name it exactly so",
                discovery.issuer
            ));
        }
        let set: KeySet = self.document(&discovery.jwks_uri).await?;
        let keys: Vec<Key> = set
            .keys
            .into_iter()
            .take(KEYS)
            .filter_map(Key::of)
            .collect();
        match keys.is_empty() {
            true => Err("it has no key for RS256, ES256 or EdDSA".to_owned()),
            false => Ok(keys),
        }
    }

    async fn document<T: for<'d> Deserialize<'d>>(&self, place: &str) -> Result<T, String> {
        let address = WebAddress::parse(place).map_err(|error| format!("{place:?} {error}"))?;
        let got = self.egress.get(&address, DOCUMENT_BYTES).await;
        let (status, body) = got.map_err(|error| error.to_string())?;
        if !status.is_success() {
            return Err(format!("{place} answered {}", status.as_u16()));
        }
        serde_json::from_slice(&body)
            .map_err(|_| format!("what {place} answered does not read as it should"))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
