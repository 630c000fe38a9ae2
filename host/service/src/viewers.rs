//! Who has a conversation open: kept in memory only, for half a minute after the last
//! word of it.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use lru::LruCache;
use parking_lot::Mutex;
use patchbay_journal::{CompanyId, ConversationId};
use patchbay_model::codes;

/// How long after their last word a viewer is known.
const EXPIRY: SignedDuration = SignedDuration::from_secs(30);
/// Most viewers of a conversation; one more replaces the one not heard of for longest.
const PER_CONVERSATION: usize = 32;
/// Most viewers of a company; likewise.
const PER_COMPANY: usize = 10_000;

codes! {
    /// What a person does in a conversation that they have open.
    pub enum ViewerState {
        /// They look at it.
        Viewing = "viewing",
        /// They write a reply or a note.
        Typing = "typing",
        /// They have it open and are elsewhere.
        Away = "away",
    }
}

/// A person who has a conversation open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// Id of the agent or supervisor.
    pub agent: String,
    /// What they do.
    pub state: ViewerState,
    /// Since when they do it.
    pub since: Timestamp,
}

/// The viewers of all companies.
#[derive(Debug, Default)]
pub struct Viewers(Mutex<KnownViewers>);

#[derive(Debug, Default)]
struct KnownViewers {
    companies: HashMap<CompanyId, CompanyViewers>,
    /// When the viewers of every company were last looked through.
    swept_at: Option<Timestamp>,
}

#[derive(Debug)]
struct CompanyViewers {
    /// The one not heard of for longest comes out first.
    seen: LruCache<(ConversationId, String), SeenViewer>,
    agents: HashMap<ConversationId, Vec<String>>,
}

#[derive(Clone, Copy, Debug)]
struct SeenViewer {
    state: ViewerState,
    since: Timestamp,
    heard_at: Timestamp,
}

impl Viewers {
    /// Note what a person does in a conversation. Returns its viewers.
    pub fn put(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        agent: &str,
        state: ViewerState,
        now: Timestamp,
    ) -> Vec<Viewer> {
        let mut known = self.0.lock();
        known.sweep(now);
        let viewers = known.companies.entry(company).or_default();
        viewers.expire(now);
        viewers.put(conversation, agent, state, now);
        viewers.of(conversation, now)
    }

    /// Forget a person who has closed a conversation. Returns its other viewers.
    pub fn remove(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        agent: &str,
        now: Timestamp,
    ) -> Vec<Viewer> {
        let mut known = self.0.lock();
        let Some(viewers) = known.companies.get_mut(&company) else {
            return Vec::new();
        };
        viewers.seen.pop(&(conversation, agent.to_owned()));
        viewers.unlist(conversation, agent);
        viewers.of(conversation, now)
    }

    /// The viewers of a conversation, by the time since when they do what they do.
    pub fn of(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        now: Timestamp,
    ) -> Vec<Viewer> {
        let known = self.0.lock();
        let viewers = known.companies.get(&company);
        viewers.map_or_else(Vec::new, |viewers| viewers.of(conversation, now))
    }
}

impl KnownViewers {
    /// Drop what has expired in companies without further requests.
    fn sweep(&mut self, now: Timestamp) {
        if self
            .swept_at
            .is_some_and(|at| now.duration_since(at) < EXPIRY)
        {
            return;
        }
        self.swept_at = Some(now);
        self.companies.retain(|_, viewers| {
            viewers.expire(now);
            !viewers.seen.is_empty()
        });
    }
}

impl Default for CompanyViewers {
    fn default() -> CompanyViewers {
        CompanyViewers {
            seen: LruCache::unbounded(),
            agents: HashMap::new(),
        }
    }
}

impl CompanyViewers {
    fn put(
        &mut self,
        conversation: ConversationId,
        agent: &str,
        state: ViewerState,
        now: Timestamp,
    ) {
        let key = (conversation, agent.to_owned());
        let before = self.seen.peek(&key).copied();
        let seen = SeenViewer {
            state,
            since: match before {
                Some(before) if before.state == state => before.since,
                _ => now,
            },
            heard_at: now,
        };
        self.seen.put(key, seen);
        if before.is_some() {
            return;
        }
        let agents = self.agents.entry(conversation).or_default();
        agents.push(agent.to_owned());
        if agents.len() > PER_CONVERSATION {
            self.drop_oldest_of(conversation);
        }
        if self.seen.len() > PER_COMPANY {
            self.drop_oldest();
        }
    }

    fn of(&self, conversation: ConversationId, now: Timestamp) -> Vec<Viewer> {
        let agents = self.agents.get(&conversation).into_iter().flatten();
        let viewers = agents.filter_map(|agent| {
            let seen = self.seen.peek(&(conversation, agent.clone()))?;
            seen.is_known(now).then(|| Viewer {
                agent: agent.clone(),
                state: seen.state,
                since: seen.since,
            })
        });
        let mut viewers: Vec<Viewer> = viewers.collect();
        viewers.sort_by(|left, right| {
            let by_time = left.since.cmp(&right.since);
            by_time.then_with(|| left.agent.cmp(&right.agent))
        });
        viewers
    }

    /// Drop the viewers of whom nothing was heard for too long.
    fn expire(&mut self, now: Timestamp) {
        while self
            .seen
            .peek_lru()
            .is_some_and(|(_, seen)| !seen.is_known(now))
        {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        if let Some(((conversation, agent), _)) = self.seen.pop_lru() {
            self.unlist(conversation, &agent);
        }
    }

    fn drop_oldest_of(&mut self, conversation: ConversationId) {
        let agents = self.agents.get(&conversation).into_iter().flatten();
        let heard = agents.filter_map(|agent| {
            let seen = self.seen.peek(&(conversation, agent.clone()))?;
            Some((seen.heard_at, agent.clone()))
        });
        // Of equal ones the first in the list came first.
        let oldest = heard.min_by_key(|(heard_at, _)| *heard_at);
        if let Some((_, agent)) = oldest {
            self.unlist(conversation, &agent);
            self.seen.pop(&(conversation, agent));
        }
    }

    fn unlist(&mut self, conversation: ConversationId, agent: &str) {
        if let Some(agents) = self.agents.get_mut(&conversation) {
            agents.retain(|known| known != agent);
            if agents.is_empty() {
                self.agents.remove(&conversation);
            }
        }
    }
}

impl SeenViewer {
    fn is_known(&self, now: Timestamp) -> bool {
        now.duration_since(self.heard_at) < EXPIRY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPANY: CompanyId = CompanyId(1);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn conversation(number: u32) -> ConversationId {
        ConversationId::derive(COMPANY, b"t", number)
    }

    fn names(viewers: &[Viewer]) -> Vec<&str> {
        viewers.iter().map(|viewer| viewer.agent.as_str()).collect()
    }

    #[test]
    fn a_viewer_is_known_for_half_a_minute_after_their_last_word() {
        let (viewers, one) = (Viewers::default(), conversation(1));
        viewers.put(COMPANY, one, "ana", ViewerState::Viewing, at(100));
        viewers.put(COMPANY, one, "ben", ViewerState::Typing, at(110));
        let again = viewers.put(COMPANY, one, "ana", ViewerState::Viewing, at(120));
        // They still do what they did: since then.
        let since: Vec<_> = again
            .iter()
            .map(|it| (it.agent.as_str(), it.since))
            .collect();
        assert_eq!(since, [("ana", at(100)), ("ben", at(110))]);
        assert_eq!(names(&viewers.of(COMPANY, one, at(139))), ["ana", "ben"]);
        assert_eq!(names(&viewers.of(COMPANY, one, at(140))), ["ana"]);
        let typing = viewers.put(COMPANY, one, "ana", ViewerState::Typing, at(145));
        assert_eq!(
            (typing[0].state, typing[0].since),
            (ViewerState::Typing, at(145))
        );
        assert_eq!(viewers.of(COMPANY, one, at(175)), []);
        assert_eq!(viewers.of(COMPANY, conversation(2), at(150)), []);
        assert_eq!(viewers.of(CompanyId(2), one, at(150)), []);
        // Who comes back begins anew.
        let back = viewers.put(COMPANY, one, "ana", ViewerState::Typing, at(200));
        assert_eq!(back[0].since, at(200));
        assert_eq!(viewers.remove(COMPANY, one, "ana", at(201)), []);
    }

    #[test]
    fn a_conversation_and_a_company_have_bounded_viewers() {
        let (viewers, one) = (Viewers::default(), conversation(1));
        for number in 0..PER_CONVERSATION {
            let name = format!("agent{number:02}");
            viewers.put(
                COMPANY,
                one,
                &name,
                ViewerState::Away,
                at(number as i64 / 2),
            );
        }
        // The first is heard of again: the second goes.
        viewers.put(COMPANY, one, "agent00", ViewerState::Away, at(20));
        let all = viewers.put(COMPANY, one, "new", ViewerState::Away, at(20));
        assert_eq!(all.len(), PER_CONVERSATION);
        assert!(names(&all).contains(&"agent00") && !names(&all).contains(&"agent01"));
        for number in 0..PER_COMPANY as u32 {
            viewers.put(
                COMPANY,
                conversation(number + 2),
                "ana",
                ViewerState::Viewing,
                at(20),
            );
        }
        assert_eq!(viewers.of(COMPANY, one, at(20)), [], "the oldest went");
        let known = viewers.0.lock();
        let company = &known.companies[&COMPANY];
        assert_eq!(
            (company.seen.len(), company.agents.len()),
            (PER_COMPANY, PER_COMPANY)
        );
    }

    #[test]
    fn companies_without_viewers_are_forgotten() {
        let viewers = Viewers::default();
        viewers.put(
            CompanyId(2),
            conversation(1),
            "ana",
            ViewerState::Viewing,
            at(0),
        );
        viewers.put(
            COMPANY,
            conversation(1),
            "ana",
            ViewerState::Viewing,
            at(31),
        );
        assert_eq!(viewers.0.lock().companies.len(), 1);
    }
}
