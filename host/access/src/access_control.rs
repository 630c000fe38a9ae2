//! Decides who sends a request and whether they may.
//!
//! While there is no token, no issuer and no certificate identity, the host is
//! unguarded: it authenticates no caller and listens on loopback only. Once
//! guarded it stays guarded, even when every token is revoked or expired.

use std::collections::HashMap;
use std::sync::Arc;

use http::header::{AUTHORIZATION, HOST, HeaderValue, ORIGIN};
use http::{HeaderMap, Method};
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard, RwLock};
use patchbay_journal::{
    Journal, JournalError, Secret, SecretHash, Session, SessionHolder, SessionId, Token, TokenId,
    TokenState,
};

use crate::bearer_token::{BearerToken, NO_TOKEN, NOT_A_TOKEN, bearer_token};
use crate::link_codes::LinkCodes;
use crate::oidc::{Issuer, SignInFlow};
use crate::permission_matrix::MatrixEntry;
use crate::session::SessionTable;
use crate::settings::{Identity, TlsSettings};
use crate::tls::PeerNames;
use crate::{
    AccessError, Caller, ExternalIdentity, NewSession, OpenSession, SignedIn, session_cookie,
};

pub use crate::link_codes::LIFETIME as LINK_LIFETIME;

/// Authenticates and authorizes requests. Holds all tokens in memory, so a
/// request does not read the disk.
#[derive(Debug, Default)]
pub struct AccessControl {
    tokens: RwLock<Tokens>,
    /// Held while journal and memory change, so that both change in one order.
    changes: Mutex<()>,
    /// Issuer whose bearer tokens are accepted beside the host's own.
    issuer: Option<Arc<Issuer>>,
    /// Sign-in to the console by the issuer.
    sign_in_flow: Option<SignInFlow>,
    /// Holders of client certificates, by a name of the certificate.
    identities: HashMap<String, Arc<ExternalIdentity>>,
    /// People who are signed in with a browser.
    sessions: SessionTable,
    /// Codes of one-time links.
    codes: LinkCodes,
    /// Whether the host itself terminates TLS.
    is_tls: bool,
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
    /// Loads the tokens and the sessions of a journal.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn load(journal: &dyn Journal) -> Result<AccessControl, JournalError> {
        let mut access = AccessControl::default();
        for token in journal.tokens()? {
            access.insert(token);
        }
        let now = Timestamp::now();
        for session in journal.sessions()? {
            if let Some(holder) = access.session_holder(&session) {
                access.sessions.restore(&session, holder, now);
            }
        }
        Ok(access)
    }

    /// Accepts bearer tokens of this issuer too, and makes the host guarded.
    #[must_use]
    pub fn with_issuer(mut self, issuer: Option<Arc<Issuer>>) -> AccessControl {
        self.tokens.get_mut().guarded |= issuer.is_some();
        self.issuer = issuer;
        self
    }

    /// Lets people sign in by the issuer.
    #[must_use]
    pub fn with_sign_in_flow(self, sign_in_flow: Option<SignInFlow>) -> AccessControl {
        AccessControl {
            sign_in_flow,
            ..self
        }
    }

    /// Sign-in by the issuer, if the settings have it.
    pub fn sign_in_flow(&self) -> Option<&SignInFlow> {
        self.sign_in_flow.as_ref()
    }

    /// Accepts the client certificates the settings name; any makes the host
    /// guarded.
    #[must_use]
    pub fn with_certificates(mut self, tls: Option<&TlsSettings>) -> AccessControl {
        let identities = tls.map_or(&[][..], |tls| &tls.identities);
        self.identities = identities.iter().map(certificate_identity).collect();
        self.tokens.get_mut().guarded |= !self.identities.is_empty();
        self.is_tls = tls.is_some();
        self
    }

    /// Whether a request must authenticate.
    pub fn is_guarded(&self) -> bool {
        self.tokens.read().guarded
    }

    /// Names of tokens by their ids, of revoked and expired ones too: the audit trail has ids.
    pub fn token_names(&self) -> HashMap<String, String> {
        let tokens = self.tokens.read();
        let tokens = tokens.by_hash.values();
        tokens
            .map(|token| (token.id.to_string(), token.name.clone()))
            .collect()
    }

    /// Whether a caller's token or identity is still valid. Whether an external
    /// agent is still on the roster is for the server to check.
    pub fn is_valid(&self, caller: &Caller) -> bool {
        let now = Timestamp::now();
        match caller {
            Caller::Local => !self.is_guarded(),
            Caller::Token(token) => self.is_active(token, now),
            Caller::External(identity) => is_current(identity, now),
            Caller::Session(session) => {
                let is_valid = match &session.holder {
                    SignedIn::Token(token) => self.is_active(token, now),
                    SignedIn::External(identity) => {
                        is_current(identity, now) && self.trusts(identity)
                    }
                };
                is_valid && self.sessions.is_open(session, now)
            }
        }
    }

    /// Whether the issuer of the settings identified a person: a stored session outlives
    /// a change of the settings.
    fn trusts(&self, identity: &ExternalIdentity) -> bool {
        let issuer = self.issuer.as_ref();
        issuer.is_some_and(|issuer| issuer.identified(&identity.id))
    }

    /// Whether a token, as it is now, is valid.
    fn is_active(&self, token: &Token, now: Timestamp) -> bool {
        let tokens = self.tokens.read();
        let token = tokens.by_hash.get(&token.hash);
        token.is_some_and(|token| token.state(now) == TokenState::Active)
    }

    /// Who holds a stored session; none if their token is unknown. An identity of an
    /// issuer counts until the session ends.
    fn session_holder(&self, session: &Session) -> Option<SignedIn> {
        match &session.holder {
            SessionHolder::Token(id) => {
                let tokens = self.tokens.read();
                let token = tokens.by_hash.values().find(|token| token.id == *id);
                token.cloned().map(SignedIn::Token)
            }
            SessionHolder::External {
                actor,
                name,
                standing,
            } => Some(SignedIn::External(Arc::new(ExternalIdentity {
                id: actor.clone(),
                name: name.clone(),
                standing: standing.clone(),
                until: Some(session.expires_at),
            }))),
        }
    }

    /// Who signs in with the text of a token, of this host or of the issuer. May ask the
    /// issuer for keys.
    ///
    /// # Errors
    /// [`AccessError`]: the token is not valid.
    pub async fn sign_in(&self, token: &str) -> Result<SignedIn, AccessError> {
        let token = BearerToken::parse(token);
        match self.bearer(token).await? {
            Caller::Token(token) => Ok(SignedIn::Token(token)),
            Caller::External(identity) => Ok(SignedIn::External(identity)),
            Caller::Local | Caller::Session(_) => Err(AccessError::InvalidToken(NOT_A_TOKEN)),
        }
    }

    /// A code for a one-time link, which signs in the holder of a token within
    /// [`LINK_LIFETIME`]. Lost when the server stops.
    ///
    /// # Errors
    /// The system provides no random bytes.
    pub fn link_code(&self, token: &Token) -> Result<Secret, JournalError> {
        let code = Secret::generate()?;
        self.codes.insert(&code, token.hash, Timestamp::now());
        Ok(code)
    }

    /// Who signs in with the code of a one-time link, which is used up.
    ///
    /// # Errors
    /// [`AccessError::InvalidToken`]: the code is unknown, used or expired, or its token
    /// is not valid any more.
    pub fn redeem(&self, code: &str) -> Result<SignedIn, AccessError> {
        let now = Timestamp::now();
        let code = Secret::parse(code);
        let hash = code.and_then(|code| self.codes.take(&code, now));
        let hash = hash.ok_or(AccessError::InvalidToken(
            "the link was used before, or has expired; `patchbay token link` makes another",
        ))?;
        self.own_token(hash, now).map(SignedIn::Token)
    }

    /// A session for a person who signed in. Store it, then
    /// [`insert`](Self::insert_session) it, both under [`lock_changes`](Self::lock_changes).
    ///
    /// # Errors
    /// The system provides no random bytes.
    pub fn prepare_session(&self, holder: SignedIn) -> Result<NewSession, JournalError> {
        self.sessions.prepare(holder, Timestamp::now())
    }

    /// Accept a session that the journal holds.
    pub fn insert_session(&self, new: &NewSession) {
        self.sessions.insert(new);
    }

    /// The person of a session did something: it lasts for half an hour from now.
    pub fn keep_session(&self, session: &OpenSession) {
        self.sessions.keep(session, Timestamp::now());
    }

    /// Ids of the sessions of the person behind a caller.
    pub fn sessions_of(&self, caller: &Caller) -> Vec<SessionId> {
        self.sessions.of_person(&caller.id())
    }

    /// End sessions.
    pub fn end_sessions(&self, ids: &[SessionId]) {
        self.sessions.end(ids);
    }

    /// Whether the host itself terminates TLS.
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Whether an issuer is configured.
    pub fn has_issuer(&self) -> bool {
        self.issuer.is_some()
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

    /// Find out who sends a request. An `Authorization` header takes precedence over
    /// the cookie of a session, and that over the names of the client's certificate. May
    /// ask the issuer for keys.
    ///
    /// # Errors
    /// [`AccessError`]: no valid token or session, or a session or certificate used by a
    /// foreign page.
    pub async fn authenticate(
        &self,
        method: &Method,
        headers: &HeaderMap,
        names: Option<&PeerNames>,
    ) -> Result<Caller, AccessError> {
        if !headers.contains_key(AUTHORIZATION)
            && let Some(secret) = session_cookie::secret(method, headers, self.is_tls)?
        {
            return self.session(&secret);
        }
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

    /// The caller of a session.
    fn session(&self, secret: &Secret) -> Result<Caller, AccessError> {
        let session = self.sessions.find(secret, Timestamp::now());
        let caller = session.map(Caller::Session);
        caller
            .filter(|caller| self.is_valid(caller))
            .ok_or(AccessError::InvalidToken(
                "the session has ended; sign in again",
            ))
    }

    async fn token_holder(&self, headers: &HeaderMap) -> Result<Caller, AccessError> {
        self.bearer(bearer_token(headers)?).await
    }

    /// A token of this host that is valid.
    fn own_token(&self, hash: SecretHash, now: Timestamp) -> Result<Arc<Token>, AccessError> {
        let token = self.tokens.read().by_hash.get(&hash).cloned();
        let token = token.ok_or(AccessError::InvalidToken(
            "this host has no such token; `patchbay token create` makes one",
        ))?;
        match token.state(now) {
            TokenState::Active => Ok(token),
            TokenState::Revoked => Err(AccessError::InvalidToken("the token was revoked")),
            TokenState::Expired => Err(AccessError::InvalidToken("the token has expired")),
        }
    }

    async fn bearer(&self, token: BearerToken) -> Result<Caller, AccessError> {
        match (token, &self.issuer) {
            (BearerToken::Own(secret), _) => {
                let token = self.own_token(secret.hash(), Timestamp::now())?;
                Ok(Caller::Token(token))
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

/// Whether an external identity has not expired.
fn is_current(identity: &ExternalIdentity, now: Timestamp) -> bool {
    identity.until.is_none_or(|until| now < until)
}
