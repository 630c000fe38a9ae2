//! Who asks, and what they may: tokens, and the standing each gives.
//!
//! While there is no token the server asks nobody, and listens on loopback only
//! ([`guard`](crate::guard)). From the first one on every request needs one,
//! also when all of them are revoked or over: what was closed once does not come
//! open by itself.

mod caller;
mod matrix;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use jiff::Timestamp;
use patchbay_journal::{Journal, JournalError, Secret, SecretHash, Token, TokenId, TokenState};

use crate::problem::{Kind, Problem};

pub(crate) use caller::Caller;
pub(crate) use matrix::describe;
#[cfg(test)]
pub(crate) use matrix::{MATRIX, markdown};

use matrix::Found;

/// The tokens of this host, in memory: a request does not read the disk.
#[derive(Debug, Default)]
pub(crate) struct Access {
    held: RwLock<Held>,
    /// Held while the journal and the memory are changed, so that the one
    /// follows the other in the same order.
    changing: Mutex<()>,
}

#[derive(Debug, Default)]
struct Held {
    /// Whether there ever was a token.
    guarded: bool,
    /// Those that were not revoked. Looking a hash up tells nobody anything by
    /// the time it takes: see [`Secret::hash`].
    by_hash: HashMap<SecretHash, Arc<Token>>,
}

impl Access {
    /// The tokens of a journal.
    pub(crate) fn load(journal: &dyn Journal) -> Result<Access, JournalError> {
        let access = Access::default();
        journal
            .tokens()?
            .into_iter()
            .for_each(|token| access.keep(token));
        Ok(access)
    }

    /// Whether a token is needed.
    pub(crate) fn is_guarded(&self) -> bool {
        self.read(|held| held.guarded)
    }

    /// Whether a caller still is who they were when they asked.
    pub(crate) fn stands(&self, caller: &Caller) -> bool {
        match caller {
            Caller::Local => !self.is_guarded(),
            Caller::Token(token) => self.active(&token.hash).is_some(),
        }
    }

    /// Have nobody else change tokens meanwhile.
    pub(crate) fn change(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Let a token in that the journal has.
    pub(crate) fn keep(&self, token: Token) {
        self.write(|held| {
            held.guarded = true;
            if token.revoked_at.is_none() {
                held.by_hash.insert(token.hash, Arc::new(token));
            }
        });
    }

    /// Let a token in no more.
    pub(crate) fn revoke(&self, id: TokenId) {
        self.write(|held| held.by_hash.retain(|_, token| token.id != id));
    }

    /// Let an agent in no more.
    pub(crate) fn revoke_agent(&self, company: &str, agent: &str) {
        self.write(|held| {
            held.by_hash.retain(|_, token| {
                let standing = &token.standing;
                standing.company.as_deref() != Some(company)
                    || standing.agent.as_deref() != Some(agent)
            });
        });
    }

    /// Let a request on whose token allows it, with its caller beside it. What
    /// is everybody's nobody is asked for.
    pub(crate) async fn check(&self, request: Request) -> (Request, Result<(), Problem>) {
        let matched = request.extensions().get::<MatchedPath>().cloned();
        let path = matched.as_ref().map(MatchedPath::as_str);
        let found = matrix::find(path, request.method());
        if matches!(found, Found::Permission(permission) if permission.is_everybodys()) {
            return (request, Ok(()));
        }
        let (mut parts, body) = request.into_parts();
        // A part of the path that is no text names nothing.
        let params = RawPathParams::from_request_parts(&mut parts, &())
            .await
            .ok();
        let named = |wanted: &str| {
            let mut all = params.iter().flatten();
            all.find_map(|(name, value)| (name == wanted).then_some(value))
        };
        let company = path
            .filter(|path| path.contains("{company}"))
            .map(|_| named("company").unwrap_or_default());
        let token = self.caller(&parts.headers).and_then(|token| {
            permit(&token, found, company, named("agent"))?;
            Ok(token)
        });
        let checked = token.map(|token| {
            parts.extensions.insert(Caller::Token(token));
        });
        (Request::from_parts(parts, body), checked)
    }

    /// Whose token a request shows.
    fn caller(&self, headers: &HeaderMap) -> Result<Arc<Token>, Problem> {
        let secret = shown(headers)?;
        self.active(&secret.hash()).ok_or_else(|| {
            Problem::of(Kind::Unauthenticated)
                .field("Authorization")
                .detail("the token is unknown, was revoked, or its time is over")
        })
    }

    fn active(&self, hash: &SecretHash) -> Option<Arc<Token>> {
        let token = self.read(|held| held.by_hash.get(hash).cloned())?;
        (token.state(Timestamp::now()) == TokenState::Active).then_some(token)
    }

    fn read<T>(&self, look: impl FnOnce(&Held) -> T) -> T {
        // Changed in single steps: a panic leaves nothing half done.
        look(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.held.write().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The secret a request shows: `Authorization: Bearer pb_…`, once. Where it
/// cannot be read, nothing of it is repeated.
fn shown(headers: &HeaderMap) -> Result<Secret, Problem> {
    let refused = |detail: &str| {
        Err(Problem::of(Kind::Unauthenticated)
            .field("Authorization")
            .detail(detail))
    };
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => {
            return refused(
                "send Authorization: Bearer and a token; `patchbay token create` makes one",
            );
        }
        (Some(_), Some(_)) => return refused("send the Authorization header once"),
        (Some(value), None) => value,
    };
    // The scheme is written in any case (RFC 9110, 11.1), the token in one.
    let secret = value.to_str().ok().and_then(|text| {
        let (scheme, rest) = text.split_once(' ')?;
        let rest = rest.trim_matches(' ');
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| Secret::parse(rest))?
    });
    match secret {
        Some(secret) => Ok(secret),
        None => {
            refused("is no token: it must be Bearer, a space, and pb_ with 64 hexadecimal digits")
        }
    }
}

/// Whether a token allows what was found, with the company and the agent the
/// path names.
fn permit(
    token: &Token,
    found: Found,
    company: Option<&str>,
    agent: Option<&str>,
) -> Result<(), Problem> {
    let standing = &token.standing;
    // First of all, and whether or not it is there: nothing is said of it.
    if company.is_some_and(|company| !standing.reaches(company)) {
        return Err(Problem::of(Kind::UnknownCompany));
    }
    let refused = |detail: String| Err(Problem::of(Kind::Forbidden).detail(detail));
    let permission = match found {
        Found::Permission(permission) => permission,
        Found::Nothing => return Ok(()),
        Found::Undescribed => return refused("no role may do that".to_owned()),
    };
    let role = standing.role;
    if !permission.allows(role) {
        return refused(format!(
            "it takes a token of the role {}; this one's is {}",
            permission.names(),
            role.as_str()
        ));
    }
    if company.is_none() && standing.company.is_some() && !permission.narrows() {
        return refused("it takes a token for the whole host; this one is a company's".to_owned());
    }
    match (agent, standing.agent.as_deref()) {
        (Some(agent), Some(own)) if agent != own => {
            refused("an agent's token acts for that agent alone".to_owned())
        }
        _ => Ok(()),
    }
}
