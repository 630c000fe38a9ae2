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
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use patchbay_journal::{Journal, JournalError, Secret, SecretHash, Token, TokenId, TokenState};
use patchbay_model::access::Standing;

use crate::oidc::Issuer;
use crate::problem::{Kind, Problem};
use crate::settings::{Identity, TlsSettings};
use crate::tls::PeerNames;

pub(crate) use caller::{Caller, Vouched};
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
    /// Whose bearer tokens are taken beside ours.
    issuer: Option<Arc<Issuer>>,
    /// Who the holders of certificates are, by a name of the certificate.
    identities: HashMap<String, Arc<Vouched>>,
}

#[derive(Debug, Default)]
struct Held {
    /// Whether there ever was a token.
    guarded: bool,
    /// All there ever were: whoever shows one that was revoked is told so.
    /// Looking a hash up tells nobody anything by the time it takes: see
    /// [`Secret::hash`].
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

    /// The same, and whoever an issuer vouches for is let in, too; nobody
    /// without one or the other any more.
    #[must_use]
    pub(crate) fn trusting(mut self, issuer: Option<Issuer>) -> Access {
        if let Some(issuer) = issuer {
            self.write(|held| held.guarded = true);
            self.issuer = Some(Arc::new(issuer));
        }
        self
    }

    /// The same, and whoever has a certificate of the settings is let in.
    #[must_use]
    pub(crate) fn knowing(mut self, tls: Option<&TlsSettings>) -> Access {
        let identities = tls.map_or(&[][..], |tls| &tls.identities);
        self.identities = identities.iter().map(known).collect();
        if !self.identities.is_empty() {
            self.write(|held| held.guarded = true);
        }
        self
    }

    /// Whether a token is needed.
    pub(crate) fn is_guarded(&self) -> bool {
        self.read(|held| held.guarded)
    }

    /// Whether a caller still is who they were when they asked. Whether an agent
    /// somebody vouches for is on the roster, the guard knows.
    pub(crate) fn stands(&self, caller: &Caller) -> bool {
        match caller {
            Caller::Local => !self.is_guarded(),
            Caller::Token(token) => self.active(&token.hash).is_some(),
            Caller::Vouched(vouched) => vouched.until.is_none_or(|until| Timestamp::now() < until),
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
            held.by_hash.insert(token.hash, Arc::new(token));
        });
    }

    /// Let a token in no more.
    pub(crate) fn revoke(&self, id: TokenId) {
        self.end(|token| token.id == id);
    }

    /// Let an agent in no more.
    pub(crate) fn revoke_agent(&self, company: &str, agent: &str) {
        self.end(|token| {
            let standing = &token.standing;
            standing.company.as_deref() == Some(company) && standing.agent.as_deref() == Some(agent)
        });
    }

    fn end(&self, is_meant: impl Fn(&Token) -> bool) {
        self.write(|held| {
            let all = held.by_hash.values_mut();
            for token in all.filter(|token| is_meant(token)) {
                if token.revoked_at.is_none() {
                    Arc::make_mut(token).revoked_at = Some(Timestamp::now());
                }
            }
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
        let names = parts.extensions.get::<PeerNames>().cloned();
        // A token that is shown counts, whoever shows it.
        let certified = match parts.headers.contains_key(AUTHORIZATION) {
            true => None,
            false => names.and_then(|names| self.certified(&names)),
        };
        let caller = match certified {
            // A browser shows a certificate for whatever page asks.
            Some(_) if !is_own_page(&parts.headers) => Err(Problem::of(Kind::ForeignOrigin)
                .field("Origin")
                .detail("with a certificate, only this server's own pages may ask")),
            Some(known) => Ok(Caller::Vouched(known)),
            None => self.caller(&parts.headers).await,
        };
        let permitted = caller.and_then(|caller| {
            let standing = caller.standing().ok_or(Problem::of(Kind::Internal))?;
            permit(standing, found, company, named("agent"))?;
            Ok(caller)
        });
        let checked = permitted.map(|caller| {
            parts.extensions.insert(caller);
        });
        (Request::from_parts(parts, body), checked)
    }

    /// Who the holder of a certificate is; nobody where its names are several
    /// people's.
    fn certified(&self, names: &PeerNames) -> Option<Arc<Vouched>> {
        let mut known = names.0.iter().filter_map(|name| self.identities.get(name));
        let first = known.next()?;
        known
            .all(|other| other.standing == first.standing)
            .then(|| Arc::clone(first))
    }

    /// Who a request proves to be from.
    async fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        match (shown(headers)?, &self.issuer) {
            (Shown::Ours(secret), _) => {
                let token = self.read(|held| held.by_hash.get(&secret.hash()).cloned());
                let token = token.ok_or_else(|| invalid("the token is not one of this host's"))?;
                match token.state(Timestamp::now()) {
                    TokenState::Active => Ok(Caller::Token(token)),
                    TokenState::Revoked => Err(invalid("the token was revoked")),
                    TokenState::Expired => Err(invalid("the token's time is over")),
                }
            }
            (Shown::Other(token), Some(issuer)) => match issuer.check(&token).await {
                Ok(vouched) => Ok(Caller::Vouched(Arc::new(vouched))),
                // Why stands in the log, for whoever runs the host.
                Err(_) => Err(invalid("the token is not good here")),
            },
            (Shown::Other(_), None) => Err(unauthenticated(NO_TOKEN)),
        }
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

/// Whether no page asks, or one of this server's own.
fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let host = headers.get(HOST).map(HeaderValue::as_bytes);
    let origin = origin.as_bytes().strip_prefix(b"https://");
    origin.is_some() && origin == host
}

fn known(identity: &Identity) -> (String, Arc<Vouched>) {
    let vouched = Vouched {
        id: format!("certificate:{}", identity.name),
        name: identity
            .standing
            .agent
            .clone()
            .unwrap_or_else(|| identity.name.clone()),
        standing: identity.standing.clone(),
        until: None,
    };
    let is_uri = identity.name.contains("://");
    let name = match is_uri {
        true => identity.name.clone(),
        false => identity.name.to_ascii_lowercase(),
    };
    (name, Arc::new(vouched))
}

/// What is told whoever shows something that is no token.
const NO_TOKEN: &str =
    "is no token: it must be Bearer, a space, and pb_ with 64 hexadecimal digits";

/// What a request shows.
enum Shown {
    /// A token of this host's.
    Ours(Secret),
    /// Something else after `Bearer`.
    Other(String),
}

fn unauthenticated(detail: &str) -> Problem {
    Problem::of(Kind::Unauthenticated)
        .field("Authorization")
        .detail(detail)
}

/// Whoever shows it holds it: they may know what is wrong with it.
fn invalid(detail: &str) -> Problem {
    Problem::of(Kind::InvalidToken)
        .field("Authorization")
        .detail(detail)
}

/// What a request shows: `Authorization: Bearer …`, once. Where it cannot be
/// read, nothing of it is repeated.
fn shown(headers: &HeaderMap) -> Result<Shown, Problem> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => {
            return Err(unauthenticated(
                "send Authorization: Bearer and a token; `patchbay token create` makes one",
            ));
        }
        (Some(_), Some(_)) => return Err(unauthenticated("send the Authorization header once")),
        (Some(value), None) => value,
    };
    // The scheme is written in any case (RFC 9110, 11.1), the token in one.
    let shown = value.to_str().ok().and_then(|text| {
        let (scheme, rest) = text.split_once(' ')?;
        let rest = rest.trim_matches(' ');
        let other = || Shown::Other(rest.to_owned());
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| Secret::parse(rest).map_or_else(other, Shown::Ours))
    });
    shown.ok_or_else(|| unauthenticated(NO_TOKEN))
}

/// Whether a standing allows what was found, with the company and the agent the
/// path names.
fn permit(
    standing: &Standing,
    found: Found,
    company: Option<&str>,
    agent: Option<&str>,
) -> Result<(), Problem> {
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
