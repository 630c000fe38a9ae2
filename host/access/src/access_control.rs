//! Decides who sends a request and whether they may.
//!
//! While there is no token, no issuer and no certificate identity, the host is
//! unguarded: it authenticates nobody and listens on loopback only. Once
//! guarded it stays guarded, even when every token is revoked or expired.

use std::collections::HashMap;
use std::sync::Arc;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST, HeaderValue, ORIGIN};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard, RwLock};
use patchbay_journal::{Journal, JournalError, Secret, SecretHash, Token, TokenId, TokenState};

use crate::oidc::Issuer;
use crate::permission_matrix::MatrixEntry;
use crate::settings::{Identity, TlsSettings};
use crate::tls::PeerNames;
use crate::{AccessError, Caller, ExternalIdentity};

/// Authenticates and authorizes requests. Holds all tokens in memory, so a
/// request does not read the disk.
#[derive(Debug, Default)]
pub struct AccessControl {
    tokens: RwLock<Tokens>,
    /// Held while journal and memory change, so that both change in one order.
    changes: Mutex<()>,
    /// Issuer whose bearer tokens are accepted beside the host's own.
    issuer: Option<Arc<Issuer>>,
    /// Holders of client certificates, by a name of the certificate.
    identities: HashMap<String, Arc<ExternalIdentity>>,
}

#[derive(Debug, Default)]
struct Tokens {
    /// Whether a request must authenticate.
    guarded: bool,
    /// Every token ever made; a revoked one is reported as revoked. Timing of
    /// the lookup reveals nothing: see [`Secret::hash`].
    by_hash: HashMap<SecretHash, Arc<Token>>,
}

impl AccessControl {
    /// Loads the tokens of a journal.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn load(journal: &dyn Journal) -> Result<AccessControl, JournalError> {
        let access = AccessControl::default();
        for token in journal.tokens()? {
            access.insert(token);
        }
        Ok(access)
    }

    /// Accepts bearer tokens of this issuer too, and makes the host guarded.
    #[must_use]
    pub fn with_issuer(mut self, issuer: Option<Issuer>) -> AccessControl {
        if let Some(issuer) = issuer {
            self.tokens.get_mut().guarded = true;
            self.issuer = Some(Arc::new(issuer));
        }
        self
    }

    /// Accepts the client certificates the settings name; any makes the host
    /// guarded.
    #[must_use]
    pub fn with_certificates(mut self, tls: Option<&TlsSettings>) -> AccessControl {
        let identities = tls.map_or(&[][..], |tls| &tls.identities);
        self.identities = identities.iter().map(certificate_identity).collect();
        self.tokens.get_mut().guarded |= !self.identities.is_empty();
        self
    }

    /// Whether a request must authenticate.
    pub fn is_guarded(&self) -> bool {
        self.tokens.read().guarded
    }

    /// Whether a caller's token or identity is still valid. Whether an external
    /// agent is still on the roster is for the server to check.
    pub fn is_valid(&self, caller: &Caller) -> bool {
        let now = Timestamp::now();
        match caller {
            Caller::Local => !self.is_guarded(),
            Caller::Token(token) => {
                let tokens = self.tokens.read();
                let token = tokens.by_hash.get(&token.hash);
                token.is_some_and(|token| token.state(now) == TokenState::Active)
            }
            Caller::External(identity) => identity.until.is_none_or(|until| now < until),
        }
    }

    /// Lock against other changes of tokens; hold it while the journal and this
    /// are changed together.
    pub fn lock_changes(&self) -> MutexGuard<'_, ()> {
        self.changes.lock()
    }

    /// Accept a token that the journal holds, and make the host guarded.
    pub fn insert(&self, token: Token) {
        let mut tokens = self.tokens.write();
        tokens.guarded = true;
        tokens.by_hash.insert(token.hash, Arc::new(token));
    }

    /// Revoke a token.
    pub fn revoke(&self, id: TokenId) {
        self.revoke_where(|token| token.id == id);
    }

    /// Revoke every token of an agent.
    pub fn revoke_agent(&self, company: &str, agent: &str) {
        self.revoke_where(|token| {
            let standing = &token.standing;
            standing.company.as_deref() == Some(company) && standing.agent.as_deref() == Some(agent)
        });
    }

    fn revoke_where(&self, matches: impl Fn(&Token) -> bool) {
        for token in self.tokens.write().by_hash.values_mut() {
            if matches(token) && token.revoked_at.is_none() {
                Arc::make_mut(token).revoked_at = Some(Timestamp::now());
            }
        }
    }

    /// Find out who sends a request. An `Authorization` header takes precedence
    /// over the names of the client's certificate. May ask the issuer for keys.
    ///
    /// # Errors
    /// [`AccessError`]: no valid token, or a certificate used by a foreign page.
    pub async fn authenticate(
        &self,
        headers: &HeaderMap,
        names: Option<&PeerNames>,
    ) -> Result<Caller, AccessError> {
        let identity = match headers.contains_key(AUTHORIZATION) {
            true => None,
            false => names.and_then(|names| self.certificate_holder(names)),
        };
        match identity {
            // A browser shows its certificate on behalf of any page.
            Some(_) if !is_own_page(headers) => Err(AccessError::ForeignOrigin),
            Some(identity) => Ok(Caller::External(identity)),
            None => self.token_holder(headers).await,
        }
    }

    /// The holder of a certificate; none where its names belong to several.
    fn certificate_holder(&self, names: &PeerNames) -> Option<Arc<ExternalIdentity>> {
        let mut known = names.0.iter().filter_map(|name| self.identities.get(name));
        let first = known.next()?;
        known
            .all(|other| other.standing == first.standing)
            .then(|| Arc::clone(first))
    }

    async fn token_holder(&self, headers: &HeaderMap) -> Result<Caller, AccessError> {
        match (bearer_token(headers)?, &self.issuer) {
            (BearerToken::Own(secret), _) => {
                let token = self.tokens.read().by_hash.get(&secret.hash()).cloned();
                let token = token.ok_or(AccessError::InvalidToken(
                    "this host has no such token; `patchbay token create` makes one",
                ))?;
                match token.state(Timestamp::now()) {
                    TokenState::Active => Ok(Caller::Token(token)),
                    TokenState::Revoked => Err(AccessError::InvalidToken("the token was revoked")),
                    TokenState::Expired => Err(AccessError::InvalidToken("the token has expired")),
                }
            }
            (BearerToken::Foreign(token), Some(issuer)) => match issuer.verify(&token).await {
                Ok(identity) => Ok(Caller::External(Arc::new(identity))),
                // The reason is in the log, for the operator only.
                Err(_) => Err(AccessError::InvalidToken("the token is not valid here")),
            },
            (BearerToken::Foreign(_), None) => Err(AccessError::Unauthenticated(NOT_A_TOKEN)),
        }
    }
}

/// Whether a caller may call an operation, with the company and the agent that
/// the path names.
///
/// # Errors
/// [`AccessError::UnknownCompany`] or [`AccessError::Forbidden`].
pub fn authorize(
    caller: &Caller,
    entry: MatrixEntry,
    company: Option<&str>,
    agent: Option<&str>,
) -> Result<(), AccessError> {
    let Some(standing) = caller.standing() else {
        return Err(AccessError::Unauthenticated(NO_TOKEN));
    };
    // Checked first, so that another company's existence is not revealed.
    if company.is_some_and(|company| !standing.reaches(company)) {
        return Err(AccessError::UnknownCompany);
    }
    let permission = match entry {
        MatrixEntry::Operation(permission) => permission,
        MatrixEntry::NoRoute => return Ok(()),
        MatrixEntry::Undescribed => {
            return Err(AccessError::forbidden("no role may call this path"));
        }
    };
    let role = standing.role;
    if !permission.allows(role) {
        return Err(AccessError::forbidden(format!(
            "requires a token of the role {}; this token's role is {}",
            permission.role_names(),
            role.as_str()
        )));
    }
    if company.is_none() && standing.company.is_some() && !permission.narrows_to_company() {
        return Err(AccessError::forbidden(
            "requires a token for the whole host; this token is for one company",
        ));
    }
    match (agent, standing.agent.as_deref()) {
        (Some(agent), Some(own)) if agent != own => Err(AccessError::forbidden(
            "an agent's token may act for that agent only",
        )),
        _ => Ok(()),
    }
}

/// Whether a request comes from no page, or from one of this server's own.
fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let host = headers.get(HOST).map(HeaderValue::as_bytes);
    let origin = origin.as_bytes().strip_prefix(b"https://");
    origin.is_some() && origin == host
}

fn certificate_identity(identity: &Identity) -> (String, Arc<ExternalIdentity>) {
    let agent = identity.standing.agent.clone();
    let external = ExternalIdentity {
        id: format!("certificate:{}", identity.name),
        name: agent.unwrap_or_else(|| identity.name.clone()),
        standing: identity.standing.clone(),
        until: None,
    };
    // URIs are compared as written, DNS names in lower case.
    let name = match identity.name.contains("://") {
        true => identity.name.clone(),
        false => identity.name.to_ascii_lowercase(),
    };
    (name, Arc::new(external))
}

const NO_TOKEN: &str = "send Authorization: Bearer and a token; `patchbay token create` makes one";
const NOT_A_TOKEN: &str =
    "is not a token: it must be Bearer, a space, and pb_ with 64 hexadecimal digits";

/// The token a request shows.
enum BearerToken {
    /// In the form of this host's tokens.
    Own(Secret),
    /// Anything else after `Bearer`.
    Foreign(String),
}

/// Reads `Authorization: Bearer …`, which must be there once.
fn bearer_token(headers: &HeaderMap) -> Result<BearerToken, AccessError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(AccessError::Unauthenticated(NO_TOKEN)),
        (Some(_), Some(_)) => {
            return Err(AccessError::Unauthenticated(
                "send the Authorization header once",
            ));
        }
        (Some(value), None) => value,
    };
    // The scheme's case does not matter (RFC 9110, 11.1); the token's does.
    let token = value.to_str().ok().and_then(|text| {
        let (scheme, rest) = text.split_once(' ')?;
        let rest = rest.trim_matches(' ');
        let foreign = || BearerToken::Foreign(rest.to_owned());
        scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| Secret::parse(rest).map_or_else(foreign, BearerToken::Own))
    });
    token.ok_or(AccessError::Unauthenticated(NOT_A_TOKEN))
}
