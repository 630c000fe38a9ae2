//! Which entries of a company's feed a follower gets.

use patchbay_desk::Desk;
use patchbay_events::EventKind;
use patchbay_http::problem::{Kind, Problem};
use patchbay_journal::{CompanyId, ConversationId, Entry};
use serde::Deserialize;
use serde_json::Value;

use super::conversation_list::{check_agent, check_queue};

/// Which entries a follower gets; what is absent leaves nothing out.
#[derive(Clone, Debug, Default)]
pub(super) struct FeedFilter {
    pub(super) kinds: Option<Vec<EventKind>>,
    pub(super) agent: Option<String>,
    pub(super) queue: Option<String>,
    pub(super) conversation: Option<ConversationId>,
}

impl FeedFilter {
    /// An error if what it names does not exist.
    pub(super) fn check(
        &self,
        desk: &Desk,
        (name, company): (&str, CompanyId),
    ) -> Result<(), Problem> {
        check_queue(desk, name, self.queue.as_deref())?;
        check_agent(desk, name, "agent", self.agent.as_deref())?;
        let Some(conversation) = self.conversation else {
            return Ok(());
        };
        match desk.journal().conversation(company, conversation)? {
            Some(_) => Ok(()),
            None => Err(Problem::of(Kind::UnknownConversation).field("conversation")),
        }
    }

    /// Whether the follower gets an entry. Entries of earlier versions do not say whom they
    /// concern: every follower gets them.
    pub(super) fn wants(&self, entry: &Entry, kind: Option<EventKind>) -> bool {
        let is_of_kind = |kinds: &Vec<EventKind>| kind.is_some_and(|kind| kinds.contains(&kind));
        if !self.kinds.as_ref().is_none_or(is_of_kind) {
            return false;
        }
        let Some(conversation) = entry.conversation else {
            return !self.is_about_other_agent(entry, kind);
        };
        let is_in = |wanted: &Option<String>, names: &[String]| {
            wanted.as_ref().is_none_or(|wanted| names.contains(wanted))
        };
        self.conversation
            .is_none_or(|wanted| wanted == conversation)
            && entry.scope.as_ref().is_none_or(|scope| {
                is_in(&self.agent, &scope.agents) && is_in(&self.queue, &scope.queues)
            })
    }

    /// Whether an entry of the company is about the presence or the roster entry of another
    /// agent than the follower wants.
    fn is_about_other_agent(&self, entry: &Entry, kind: Option<EventKind>) -> bool {
        #[derive(Deserialize)]
        struct Head {
            agent: String,
        }
        let is_of_agent = matches!(
            kind,
            Some(EventKind::PresenceChanged | EventKind::AgentPut | EventKind::AgentRemoved)
        );
        let Some(agent) = self.agent.as_ref().filter(|_| is_of_agent) else {
            return false;
        };
        let head = serde_json::from_str::<Head>(&entry.head);
        head.is_ok_and(|head| head.agent != *agent)
    }
}

/// The kinds of a list of codes.
pub(super) fn parse_kinds(codes: Option<&str>) -> Result<Option<Vec<EventKind>>, Problem> {
    let Some(codes) = codes else {
        return Ok(None);
    };
    let kind = |code: &str| {
        EventKind::from_code(code).ok_or_else(|| {
            let known: Vec<_> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
            let known = known.join(", ");
            let detail = format!("{code:?} is not a kind of entry; the kinds are {known}");
            Problem::bad_parameter("kinds", detail)
        })
    };
    codes
        .split(',')
        .map(|code| kind(code.trim()))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// The data of an event: an entry's head.
pub(super) fn data_of(entry: &Entry) -> Value {
    serde_json::from_str(&entry.head).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use patchbay_journal::EntryScope;

    use super::*;

    fn entry(scope: Option<EntryScope>, conversation: Option<u8>, head: &str) -> Entry {
        Entry {
            conversation: conversation.map(|id| ConversationId([id; 16])),
            sequence: 1,
            feed: 1,
            kind: 0,
            at: Timestamp::UNIX_EPOCH,
            input: None,
            head: head.to_owned(),
            sealed: Vec::new(),
            contact: None,
            scope,
        }
    }

    fn scope(agents: &[&str], queues: &[&str]) -> Option<EntryScope> {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Some(EntryScope {
            agents: owned(agents),
            queues: owned(queues),
        })
    }

    #[test]
    fn a_filter_takes_the_conversations_of_its_agent_and_queue_and_all_of_the_company() {
        let agent = |agent: &str| FeedFilter {
            agent: Some(agent.to_owned()),
            ..FeedFilter::default()
        };
        let queue = |queue: &str| FeedFilter {
            queue: Some(queue.to_owned()),
            ..FeedFilter::default()
        };
        let of = |id: u8| FeedFilter {
            conversation: Some(ConversationId([id; 16])),
            ..FeedFilter::default()
        };
        let moved = entry(scope(&["ana", "ben"], &["tax", "general"]), Some(1), "{}");
        let old = entry(None, Some(1), "{}");
        let nobodys = entry(scope(&[], &[]), Some(1), "{}");
        let company = entry(None, None, r#"{"agent":"ana"}"#);
        let received = Some(EventKind::Received);
        let presence = Some(EventKind::PresenceChanged);
        let activated = Some(EventKind::GenerationActivated);
        for (filter, entry, kind, wanted) in [
            (agent("ana"), &moved, received, true),
            (agent("ben"), &moved, received, true),
            (agent("eva"), &moved, received, false),
            (agent("eva"), &old, received, true),
            (agent("eva"), &nobodys, received, false),
            (queue("tax"), &moved, received, true),
            (queue("general"), &moved, received, true),
            (queue("sales"), &moved, received, false),
            (of(1), &moved, received, true),
            (of(2), &moved, received, false),
            (of(2), &company, activated, true),
            (agent("eva"), &company, activated, true),
            (agent("eva"), &company, presence, false),
            (agent("ana"), &company, presence, true),
            (queue("tax"), &company, presence, true),
            (FeedFilter::default(), &nobodys, None, true),
        ] {
            assert_eq!(
                filter.wants(entry, kind),
                wanted,
                "{filter:?} {entry:?} {kind:?}"
            );
        }
        let kinds = FeedFilter {
            kinds: Some(vec![EventKind::Received]),
            ..agent("ana")
        };
        assert!(kinds.wants(&moved, received));
        assert!(!kinds.wants(&moved, Some(EventKind::Edited)));
        assert!(!kinds.wants(&company, presence) && !kinds.wants(&moved, None));
    }
}
