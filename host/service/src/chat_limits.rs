//! How often clients and visitors of the web chat may do things.

use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use patchbay_config::bound::{Bound, BoundSettings, Scope};
use patchbay_http::problem::{Kind, Problem};

/// Most clients, visitors or chats that one limiter remembers.
const MOST_KEYS: usize = 100_000;

/// The limits of the web chat.
pub struct ChatLimits {
    sessions_of_address: MinuteLimiter<IpAddr>,
    sessions_of_chat: MinuteLimiter<String>,
    messages_of_visitor: MinuteLimiter<String>,
    messages_of_chat: MinuteLimiter<String>,
    requests_of_address: MinuteLimiter<IpAddr>,
}

impl ChatLimits {
    /// The limits of the settings.
    pub fn new(settings: &BoundSettings) -> ChatLimits {
        ChatLimits {
            sessions_of_address: MinuteLimiter::new(settings, Bound::ChatSessions, Scope::Item),
            sessions_of_chat: MinuteLimiter::new(settings, Bound::ChatSessions, Scope::Company),
            messages_of_visitor: MinuteLimiter::new(settings, Bound::ChatMessages, Scope::Token),
            messages_of_chat: MinuteLimiter::new(settings, Bound::ChatMessages, Scope::Company),
            requests_of_address: MinuteLimiter::new(settings, Bound::ChatRequests, Scope::Item),
        }
    }

    /// Counts any request of a client.
    ///
    /// # Errors
    /// 429.
    pub fn count_request(&self, client: IpAddr) -> Result<(), Problem> {
        self.requests_of_address.count(client)
    }

    /// Counts a session that a client begins.
    ///
    /// # Errors
    /// 429. One client that goes too far uses up nothing of the chat's others.
    pub fn count_session(&self, client: IpAddr, chat: &str) -> Result<(), Problem> {
        self.sessions_of_address.count(client)?;
        self.sessions_of_chat.count(chat.to_owned())
    }

    /// Counts a message of a visitor.
    ///
    /// # Errors
    /// 429.
    pub fn count_message(&self, visitor: &str, chat: &str) -> Result<(), Problem> {
        self.messages_of_visitor
            .count(format!("{chat}\0{visitor}"))?;
        self.messages_of_chat.count(chat.to_owned())
    }

    /// Forget who has not done anything lately.
    pub fn retain_recent(&self) {
        self.sessions_of_address.retain_recent();
        self.sessions_of_chat.retain_recent();
        self.messages_of_visitor.retain_recent();
        self.messages_of_chat.retain_recent();
        self.requests_of_address.retain_recent();
    }
}

/// A limit per minute, for each key. All of a minute can be used at once.
struct MinuteLimiter<K: Clone + Eq + std::hash::Hash> {
    bound: Bound,
    scope: Scope,
    most: u32,
    limiter: RateLimiter<K, HashMapStateStore<K>, DefaultClock>,
}

impl<K: Clone + Eq + std::hash::Hash> MinuteLimiter<K> {
    fn new(settings: &BoundSettings, bound: Bound, scope: Scope) -> MinuteLimiter<K> {
        let most = u32::try_from(settings.get(bound, scope)).unwrap_or(u32::MAX);
        let quota = Quota::per_minute(NonZeroU32::new(most).unwrap_or(NonZeroU32::MIN));
        MinuteLimiter {
            bound,
            scope,
            most,
            limiter: RateLimiter::hashmap(quota),
        }
    }

    fn count(&self, key: K) -> Result<(), Problem> {
        // Which of them are idle is looked up every few seconds, not for each request.
        if self.limiter.len() >= MOST_KEYS {
            return Err(self.problem());
        }
        self.limiter.check_key(&key).map_err(|_| self.problem())
    }

    fn problem(&self) -> Problem {
        let Some(limit) = self.bound.limit(self.scope) else {
            return Problem::of(Kind::TooMany).bound(self.bound);
        };
        let detail = format!(
            "more than {} {}, which is the limit `{}`; try again later",
            self.most,
            limit.unit.as_str(),
            limit.setting
        );
        Problem::at_bound(limit, self.most.into(), detail)
    }

    fn retain_recent(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u16) -> IpAddr {
        let [high, low] = last.to_be_bytes();
        IpAddr::from([10, 0, high, low])
    }

    #[test]
    fn a_client_beyond_its_limit_leaves_the_chat_to_others() {
        let mut settings = BoundSettings::default();
        settings.set(Bound::ChatSessions, Scope::Item, 3);
        settings.set(Bound::ChatSessions, Scope::Company, 5);
        let limits = ChatLimits::new(&settings);
        let begun = |client: u16, chat: &str, tries: usize| {
            let tries = (0..tries).filter(|_| limits.count_session(address(client), chat).is_ok());
            tries.count()
        };
        assert_eq!(begun(1, "a", 100), 3);
        assert_eq!(begun(2, "a", 100), 2);
        assert_eq!(begun(3, "a", 100), 0);
        assert_eq!(begun(4, "b", 100), 3);
    }

    #[test]
    fn clients_beyond_the_most_are_refused_and_not_remembered() {
        let limits = ChatLimits::new(&BoundSettings::default());
        let clients =
            (0..MOST_KEYS as u32 + 1_000).map(|number| IpAddr::from(number.to_be_bytes()));
        let taken = clients
            .filter(|client| limits.count_request(*client).is_ok())
            .count();
        assert_eq!(taken, MOST_KEYS);
        assert_eq!(limits.requests_of_address.limiter.len(), MOST_KEYS);
    }
}
