//! Sessions of people who are signed in with a browser.
//!
//! A session stands for a token of the host, or for an identity of the issuer. Its
//! secret is in a cookie that no script can read. It ends when its person does nothing for
//! [`IDLE`], after [`LIFETIME`], with the token that was shown, or when the person signs
//! out. Requests do not tell what the person does, because pages refresh themselves: only
//! [`SessionTable::keep`] counts, which the console calls after keys and pointer.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use parking_lot::RwLock;
use patchbay_journal::{Secret, SecretHash, Session, SessionHolder, SessionId, Token};
use patchbay_model::access::TokenScope;

use crate::{Caller, ExternalIdentity};

/// A session whose person does nothing for this long ends.
pub(crate) const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// A session ends this long after its start.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_hours(12);
/// Sessions of one person; when another starts, the oldest ends.
pub(crate) const SESSIONS_OF_ONE: usize = 32;

/// Who is signed in.
#[derive(Clone, Debug)]
pub enum SignedIn {
    /// The holder of one of the host's tokens.
    Token(Arc<Token>),
    /// A person whom the issuer identified.
    External(Arc<ExternalIdentity>),
}

impl SignedIn {
    /// Id in the audit trail.
    pub(crate) fn id(&self) -> String {
        match self {
            SignedIn::Token(token) => token.id.to_string(),
            SignedIn::External(identity) => identity.id.clone(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            SignedIn::Token(token) => &token.name,
            SignedIn::External(identity) => &identity.name,
        }
    }

    pub(crate) fn standing(&self) -> &TokenScope {
        match self {
            SignedIn::Token(token) => &token.standing,
            SignedIn::External(identity) => &identity.standing,
        }
    }

    /// The holder as the journal stores it.
    fn stored(&self) -> SessionHolder {
        match self {
            SignedIn::Token(token) => SessionHolder::Token(token.id),
            SignedIn::External(identity) => SessionHolder::External {
                actor: identity.id.clone(),
                name: identity.name.clone(),
                standing: identity.standing.clone(),
            },
        }
    }
}

/// A session that has not ended.
#[derive(Debug)]
pub struct OpenSession {
    /// Its id, for the audit trail.
    pub id: SessionId,
    /// Who is signed in.
    pub holder: SignedIn,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    hash: SecretHash,
    /// When the person did something last, in seconds since 1970.
    active_at: AtomicI64,
}

impl OpenSession {
    /// When it ends unless the person does something before; at most `expires_at`.
    pub fn idle_ends_at(&self) -> Timestamp {
        let end = self.active_at.load(Ordering::Relaxed) + IDLE.as_secs();
        Timestamp::from_second(end).map_or(self.expires_at, |end| end.min(self.expires_at))
    }

    fn is_over(&self, now: Timestamp) -> bool {
        now >= self.idle_ends_at()
    }
}

/// A session to store and to add to the table, in this order.
#[derive(Debug)]
pub struct NewSession {
    /// For the cookie; shown once.
    pub secret: Secret,
    /// What the journal stores.
    pub stored: Session,
    /// Sessions that end: expired ones, and the person's oldest beyond
    /// [`SESSIONS_OF_ONE`].
    pub ended: Vec<SessionId>,
    open: Arc<OpenSession>,
}

impl NewSession {
    /// The caller that it signs in.
    pub fn caller(&self) -> Caller {
        Caller::Session(Arc::clone(&self.open))
    }
}

/// The sessions of the host, in memory: a request does not read the disk.
#[derive(Debug, Default)]
pub(crate) struct SessionTable {
    by_hash: RwLock<HashMap<SecretHash, Arc<OpenSession>>>,
}

impl SessionTable {
    /// Takes a session of the journal, whose person counts as active just now.
    pub(crate) fn restore(&mut self, stored: &Session, holder: SignedIn, now: Timestamp) {
        let session = OpenSession {
            id: stored.id,
            holder,
            expires_at: stored.expires_at,
            hash: stored.hash,
            active_at: AtomicI64::new(now.as_second()),
        };
        self.by_hash
            .get_mut()
            .insert(stored.hash, Arc::new(session));
    }

    /// The session of a secret; none if it is over.
    pub(crate) fn find(&self, secret: &Secret, now: Timestamp) -> Option<Arc<OpenSession>> {
        let session = self.by_hash.read().get(&secret.hash()).cloned();
        session.filter(|session| !session.is_over(now))
    }

    /// The person did something: the session lasts for [`IDLE`] from now. One that is over
    /// stays so.
    pub(crate) fn keep(&self, session: &OpenSession, now: Timestamp) {
        if self.is_open(session, now) {
            let active_at = &session.active_at;
            active_at.fetch_max(now.as_second(), Ordering::Relaxed);
        }
    }

    /// Whether a session has not ended.
    pub(crate) fn is_open(&self, session: &OpenSession, now: Timestamp) -> bool {
        !session.is_over(now) && self.by_hash.read().contains_key(&session.hash)
    }

    /// A session for a person; [`insert`](Self::insert) adds it. It ends with the
    /// person's token at the latest.
    pub(crate) fn prepare(
        &self,
        holder: SignedIn,
        now: Timestamp,
    ) -> Result<NewSession, patchbay_journal::JournalError> {
        let secret = Secret::generate()?;
        let longest = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let of_token = match &holder {
            SignedIn::Token(token) => token.expires_at,
            SignedIn::External(identity) => identity.until,
        };
        let stored = Session {
            id: SessionId::generate()?,
            hash: secret.hash(),
            holder: holder.stored(),
            started_at: now,
            expires_at: of_token.map_or(longest, |end| end.min(longest)),
        };
        let ended = self.superseded(&holder.id(), now);
        let open = OpenSession {
            id: stored.id,
            holder,
            expires_at: stored.expires_at,
            hash: stored.hash,
            active_at: AtomicI64::new(now.as_second()),
        };
        Ok(NewSession {
            secret,
            stored,
            ended,
            open: Arc::new(open),
        })
    }

    /// What ends when a person starts another session.
    fn superseded(&self, person: &str, now: Timestamp) -> Vec<SessionId> {
        let sessions = self.by_hash.read();
        let (over, open): (Vec<_>, Vec<_>) = sessions.values().partition(|it| it.is_over(now));
        let mut own: Vec<_> = open
            .into_iter()
            .filter(|session| session.holder.id() == person)
            .map(|session| (session.active_at.load(Ordering::Relaxed), session.id))
            .collect();
        own.sort_unstable();
        let beyond = (own.len() + 1).saturating_sub(SESSIONS_OF_ONE);
        let oldest = own.into_iter().take(beyond).map(|(_, id)| id);
        over.into_iter().map(|it| it.id).chain(oldest).collect()
    }

    /// Adds a session, and removes those that it ends.
    pub(crate) fn insert(&self, new: &NewSession) {
        let mut sessions = self.by_hash.write();
        sessions.retain(|_, session| !new.ended.contains(&session.id));
        sessions.insert(new.open.hash, Arc::clone(&new.open));
    }

    /// Ids of a person's sessions.
    pub(crate) fn of_person(&self, person: &str) -> Vec<SessionId> {
        let sessions = self.by_hash.read();
        let own = sessions.values().filter(|it| it.holder.id() == person);
        own.map(|session| session.id).collect()
    }

    pub(crate) fn end(&self, ids: &[SessionId]) {
        self.by_hash
            .write()
            .retain(|_, session| !ids.contains(&session.id));
    }
}

#[cfg(test)]
mod tests {
    use patchbay_journal::TokenId;
    use patchbay_model::access::Role;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn person(name: &str, expires_at: Option<Timestamp>) -> SignedIn {
        let standing = TokenScope {
            company: None,
            role: Role::Operator,
            agent: None,
        };
        let (id, secret) = (TokenId::generate(), Secret::generate());
        let (id, secret) = (id.expect("random"), secret.expect("random"));
        let name = Some(name.to_owned());
        let mut token = Token::new(id, &secret, name, standing, at(0), "local");
        token.expires_at = expires_at;
        SignedIn::Token(Arc::new(token))
    }

    fn start(table: &SessionTable, holder: &SignedIn, now: i64) -> NewSession {
        let new = table.prepare(holder.clone(), at(now)).expect("random");
        table.insert(&new);
        new
    }

    #[test]
    fn a_session_ends_half_an_hour_after_its_persons_last_act_and_after_twelve_hours() {
        let table = SessionTable::default();
        let secret = start(&table, &person("olga", None), 0).secret;
        let idle = IDLE.as_secs();
        let mut now = 0;
        while now < LIFETIME.as_secs() {
            let session = table.find(&secret, at(now));
            let session = session.unwrap_or_else(|| panic!("over at {now}"));
            table.keep(&session, at(now));
            let end = (now + idle).min(LIFETIME.as_secs());
            assert_eq!(session.idle_ends_at(), at(end));
            now += idle - 1;
        }
        assert!(table.find(&secret, at(LIFETIME.as_secs())).is_none());
    }

    #[test]
    fn requests_alone_do_not_keep_a_session_and_one_that_is_over_stays_so() {
        let table = SessionTable::default();
        let new = start(&table, &person("olga", None), 0);
        let idle = IDLE.as_secs();
        // A page that refreshes itself every minute, without its person.
        for now in (0..idle).step_by(60) {
            assert!(table.find(&new.secret, at(now)).is_some(), "{now}");
            assert!(table.is_open(&new.open, at(now)));
        }
        assert!(table.find(&new.secret, at(idle)).is_none());
        table.keep(&new.open, at(idle));
        assert!(table.find(&new.secret, at(idle)).is_none());
        // Nor does one that was ended come back.
        let ended = start(&table, &person("olga", None), idle);
        table.end(&[ended.stored.id]);
        table.keep(&ended.open, at(idle + 1));
        assert!(table.find(&ended.secret, at(idle + 1)).is_none());
    }

    #[test]
    fn a_session_ends_with_its_token_at_the_latest() {
        let table = SessionTable::default();
        let holder = person("olga", Some(at(60)));
        let secret = start(&table, &holder, 0).secret;
        assert!(table.find(&secret, at(59)).is_some());
        assert!(table.find(&secret, at(60)).is_none());
    }

    #[test]
    fn a_session_ends_with_the_issuers_token_and_lasts_without_one() {
        let table = SessionTable::default();
        let standing = TokenScope {
            company: None,
            role: Role::Operator,
            agent: None,
        };
        for (until, ends) in [(Some(at(60)), at(60)), (None, at(LIFETIME.as_secs()))] {
            let identity = ExternalIdentity {
                id: "oidc:x|y".to_owned(),
                name: "y".to_owned(),
                standing: standing.clone(),
                until,
            };
            let new = start(&table, &SignedIn::External(Arc::new(identity)), 0);
            assert_eq!(new.stored.expires_at, ends);
        }
    }

    #[test]
    fn a_session_that_was_ended_is_not_open() {
        let table = SessionTable::default();
        let new = start(&table, &person("olga", None), 0);
        let idle = IDLE.as_secs();
        assert!(table.is_open(&new.open, at(idle - 1)));
        assert!(!table.is_open(&new.open, at(idle)));
        table.end(&[new.stored.id]);
        assert!(!table.is_open(&new.open, at(1)));
    }

    #[test]
    fn the_session_without_activity_for_longest_ends_beyond_the_bound() {
        let table = SessionTable::default();
        let (olga, max) = (person("olga", None), person("max", None));
        let of_max = start(&table, &max, 0);
        let mut all: Vec<_> = (0..SESSIONS_OF_ONE)
            .map(|it| start(&table, &olga, it as i64))
            .collect();
        // The first person is active again: now the second session is the oldest.
        table.keep(&all[0].open, at(100));
        let another = start(&table, &olga, 101);
        assert_eq!(another.ended, [all[1].stored.id]);
        all.remove(1);
        all.push(another);
        for new in all.iter().chain([&of_max]) {
            assert!(table.is_open(&new.open, at(102)));
        }
        assert_eq!(table.of_person(&olga.id()).len(), SESSIONS_OF_ONE);
        // What is over goes with the next.
        let later = start(&table, &max, 102 + IDLE.as_secs());
        assert_eq!(later.ended.len(), SESSIONS_OF_ONE + 1);
    }
}
