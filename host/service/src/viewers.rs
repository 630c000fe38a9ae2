//! Who has a conversation open: kept in memory only, for less than a minute after the last
//! word of it.

use std::collections::{BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};
use lru::LruCache;
use parking_lot::Mutex;
use patchbay_journal::{CompanyId, ConversationId};
use patchbay_model::codes;

/// How long after their last word a viewer is known. They say every 20 s that they are
/// there: one word may be lost.
const EXPIRY: SignedDuration = SignedDuration::from_secs(50);
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

/// What a word of a viewer did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewerUpdate {
    /// The viewers of the conversation, by the time since when they do what they do.
    pub viewers: Vec<Viewer>,
    /// The conversations whose viewers are others now, or do something else: this one, and
    /// those whose viewers have expired.
    pub changed: BTreeSet<ConversationId>,
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
    /// Note what a person does in a conversation.
    pub fn put(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        agent: &str,
        state: ViewerState,
        now: Timestamp,
    ) -> ViewerUpdate {
        let mut known = self.0.lock();
        let of_company = known.companies.get_mut(&company);
        let mut changed = of_company.map_or_else(BTreeSet::new, |viewers| viewers.expire(now));
        known.sweep(now);
        let viewers = known.companies.entry(company).or_default();
        if viewers.put(conversation, agent, state, now) {
            changed.insert(conversation);
        }
        ViewerUpdate {
            viewers: viewers.of(conversation, now),
            changed,
        }
    }

    /// Forget a person who has closed a conversation.
    pub fn remove(
        &self,
        company: CompanyId,
        conversation: ConversationId,
        agent: &str,
        now: Timestamp,
    ) -> ViewerUpdate {
        let mut known = self.0.lock();
        let Some(viewers) = known.companies.get_mut(&company) else {
            return ViewerUpdate::default();
        };
        let was_there = viewers.seen.pop(&(conversation, agent.to_owned()));
        viewers.unlist(conversation, agent);
        ViewerUpdate {
            viewers: viewers.of(conversation, now),
            changed: was_there.map(|_| conversation).into_iter().collect(),
        }
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
    /// Note what a person does; whether that is new.
    fn put(
        &mut self,
        conversation: ConversationId,
        agent: &str,
        state: ViewerState,
        now: Timestamp,
    ) -> bool {
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
        if let Some(before) = before {
            return before.state != state;
        }
        let agents = self.agents.entry(conversation).or_default();
        agents.push(agent.to_owned());
        if agents.len() > PER_CONVERSATION {
            self.drop_oldest_of(conversation);
        }
        if self.seen.len() > PER_COMPANY {
            self.drop_oldest();
        }
        true
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

    /// Drop the viewers of whom nothing was heard for too long. Returns their conversations.
    fn expire(&mut self, now: Timestamp) -> BTreeSet<ConversationId> {
        let mut left = BTreeSet::new();
        while self
            .seen
            .peek_lru()
            .is_some_and(|(_, seen)| !seen.is_known(now))
        {
            left.extend(self.drop_oldest());
        }
        left
    }

    fn drop_oldest(&mut self) -> Option<ConversationId> {
        let ((conversation, agent), _) = self.seen.pop_lru()?;
        self.unlist(conversation, &agent);
        Some(conversation)
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
    fn a_viewer_is_known_for_50_seconds_after_their_last_word() {
        let (viewers, one) = (Viewers::default(), conversation(1));
        let put = |agent, state, second| {
            let update = viewers.put(COMPANY, one, agent, state, at(second));
            update.viewers
        };
        put("ana", ViewerState::Viewing, 100);
        put("ben", ViewerState::Typing, 110);
        let again = put("ana", ViewerState::Viewing, 120);
        // They still do what they did: since then.
        let since: Vec<_> = again
            .iter()
            .map(|it| (it.agent.as_str(), it.since))
            .collect();
        assert_eq!(since, [("ana", at(100)), ("ben", at(110))]);
        assert_eq!(names(&viewers.of(COMPANY, one, at(159))), ["ana", "ben"]);
        assert_eq!(names(&viewers.of(COMPANY, one, at(160))), ["ana"]);
        let typing = put("ana", ViewerState::Typing, 165);
        assert_eq!(
            (typing[0].state, typing[0].since),
            (ViewerState::Typing, at(165))
        );
        assert_eq!(viewers.of(COMPANY, one, at(215)), []);
        assert_eq!(viewers.of(COMPANY, conversation(2), at(170)), []);
        assert_eq!(viewers.of(CompanyId(2), one, at(170)), []);
        // Who comes back begins anew.
        let back = put("ana", ViewerState::Typing, 300);
        assert_eq!(back[0].since, at(300));
        assert_eq!(viewers.remove(COMPANY, one, "ana", at(301)).viewers, []);
    }

    #[test]
    fn only_what_is_new_counts_as_a_change() {
        use ViewerState::{Typing, Viewing};
        let viewers = Viewers::default();
        let (one, two) = (conversation(1), conversation(2));
        let put = |id, agent, state, second| {
            let update = viewers.put(COMPANY, id, agent, state, at(second));
            update.changed.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(put(one, "ana", Viewing, 0), [one]);
        assert_eq!(put(one, "ana", Viewing, 20), []);
        assert_eq!(put(one, "ana", Typing, 21), [one]);
        assert_eq!(put(two, "ben", Viewing, 22), [two]);
        // Ana's page is gone without a word: the next word of anybody tells.
        assert_eq!(put(two, "ben", Viewing, 71), [one]);
        let leave = |second| viewers.remove(COMPANY, two, "ben", at(second)).changed;
        assert_eq!(leave(72).into_iter().collect::<Vec<_>>(), [two]);
        assert_eq!(leave(73), BTreeSet::new());
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
        let all = all.viewers;
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
            at(51),
        );
        assert_eq!(viewers.0.lock().companies.len(), 1);
    }
}
