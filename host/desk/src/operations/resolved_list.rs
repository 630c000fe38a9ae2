//! Pages of resolved conversations, read from the journal: the last resolved first.

use std::sync::Arc;

use jiff::Timestamp;
use patchbay_journal::{
    CompanyId, ContactId, Conversation, ConversationId, JournalError, ResolvedMark,
};
use patchbay_model::conversation_state::ConversationState;
use patchbay_records::conversation_list::{ListFilter, ListedConversation};
use patchbay_records::conversation_reader::read_snapshot;
use patchbay_word_cache::SearchScope;

use crate::company_state::CompanyState;
use crate::operations::conversation_search::{Search, SearchProgress};
use crate::operations::conversations::ConversationService;

/// Most resolved conversations that a page is chosen from by other filters than words.
const MOST_READ: usize = 1_000;
/// Most resolved conversations that a page is chosen from by their words.
const MOST_SEARCHED: usize = 10_000;
/// How many of them are read at once.
const SEARCHED_AT_ONCE: usize = 500;
/// Lists that a search opens, after which a page ends: their words were not in memory. Takes
/// some 40 ms of a core; the next page goes on.
const MOST_OPENED: usize = 5_000;

/// Before every resolved conversation.
const FIRST: ResolvedMark = ResolvedMark {
    at: u64::MAX,
    number: u64::MAX,
};

/// The same, where the one with a searched message id is listed.
const AFTER_DIRECT: ResolvedMark = ResolvedMark {
    at: u64::MAX,
    number: u64::MAX - 1,
};

/// The resolved conversations of a list.
pub(super) struct ResolvedList<'a> {
    pub(super) service: &'a ConversationService<'a>,
    pub(super) company: CompanyId,
    pub(super) state: &'a CompanyState,
    pub(super) filter: &'a ListFilter,
    pub(super) search: Option<&'a Search>,
    /// The people whose conversations are listed; `None` among them: those of all.
    pub(super) people: Vec<Option<ContactId>>,
    /// Milliseconds since 1970 of the moment at which clocks are read.
    pub(super) now_ms: u64,
}

type Row = Arc<ListedConversation>;

impl ResolvedList<'_> {
    /// The `wanted` conversations after a place (absent: the first), or fewer; and the place
    /// after which more follow, if there are more.
    pub(super) fn page(
        &self,
        after: Option<ResolvedMark>,
        wanted: usize,
        progress: &mut SearchProgress,
    ) -> Result<(Vec<Row>, Option<ResolvedMark>), JournalError> {
        if let Some(Search::Conversation(row)) = self.search {
            let row = Some(&**row).filter(|row| row.state == ConversationState::Resolved);
            let row = row.map(|row| self.listed(row)).transpose()?;
            let row = row
                .filter(|row| self.filter.lists(row, self.now_ms))
                .map(Arc::new);
            return Ok((row.into_iter().collect(), None));
        }
        let (most, at_once) = match self.search {
            // Only whether there are any.
            _ if wanted == 0 => (1, 1),
            Some(Search::Words { .. }) => (MOST_SEARCHED, SEARCHED_AT_ONCE),
            _ if self.filter.is_by_contact_at_most() => (wanted + 1, wanted + 1),
            _ => (MOST_READ, MOST_READ),
        };
        let is_first = after.is_none_or(|mark| mark == FIRST);
        let direct = self.with_message()?;
        let direct_id = direct.as_ref().map(|row| row.id);
        let mut rows = Vec::new();
        let mut before = after;
        if is_first && wanted > 0 {
            before = direct.as_ref().map(|_| AFTER_DIRECT).or(after);
            rows.extend(direct.map(Arc::new));
        }
        let mut left = most;
        while left > 0 {
            let limit = left.min(at_once);
            let found = self.read(before, limit)?;
            let is_all = found.len() < limit;
            left -= found.len();
            if wanted == 0 {
                let follow = found.first().map(|_| before.unwrap_or(FIRST));
                return Ok((rows, follow));
            }
            for (mark, row) in self.matching(found, progress)? {
                if rows.len() == wanted {
                    // A full page whose last one is followed by others.
                    return Ok((rows, Some(before.unwrap_or(FIRST))));
                }
                before = Some(mark);
                progress.resolved += 1;
                progress.back_to = time_of(mark);
                let row = row.filter(|row| Some(row.id) != direct_id);
                rows.extend(row.map(Arc::new));
            }
            if is_all {
                return Ok((rows, None));
            }
            if progress.lists_opened >= MOST_OPENED {
                break;
            }
        }
        Ok((rows, before))
    }

    /// Those of all people, the last resolved first.
    fn read(
        &self,
        before: Option<ResolvedMark>,
        limit: usize,
    ) -> Result<Vec<(ResolvedMark, Conversation)>, JournalError> {
        let journal = &self.service.0.journal;
        let mut found = Vec::new();
        for person in &self.people {
            found.extend(journal.resolved_conversations(self.company, *person, before, limit)?);
        }
        found.sort_by_key(|(mark, _)| std::cmp::Reverse(*mark));
        found.truncate(limit);
        Ok(found)
    }

    /// Resolved conversations with their marks; absent those that do not match.
    fn matching(
        &self,
        found: Vec<(ResolvedMark, Conversation)>,
        progress: &mut SearchProgress,
    ) -> Result<Vec<(ResolvedMark, Option<ListedConversation>)>, JournalError> {
        let mut filter = self.filter.clone();
        if let Some(Search::Words {
            query,
            with_message,
        }) = self.search
        {
            let ids: Vec<ConversationId> = found.iter().map(|(_, row)| row.id).collect();
            let searched = (ids.as_slice(), SearchScope::Resolved);
            let service = self.service;
            let mut matching = service.search_words(query.as_ref(), searched, progress)?;
            matching.extend(&with_message.conversations);
            filter.found = Some(matching);
        }
        let listed = found.into_iter().map(|(mark, row)| {
            // Reading a snapshot costs more than searching its words.
            if filter
                .found
                .as_ref()
                .is_some_and(|it| !it.contains(&row.id))
            {
                return Ok((mark, None));
            }
            let row = self.listed(&row)?;
            Ok((mark, filter.lists(&row, self.now_ms).then_some(row)))
        });
        listed.collect()
    }

    /// The first resolved conversation with the searched message id that matches the rest of
    /// the filter: it stands before the others.
    fn with_message(&self) -> Result<Option<ListedConversation>, JournalError> {
        let Some(Search::Words { with_message, .. }) = self.search else {
            return Ok(None);
        };
        let filter = ListFilter {
            found: None,
            ..self.filter.clone()
        };
        for conversation in &with_message.conversations {
            let row = self
                .service
                .0
                .journal
                .conversation(self.company, *conversation)?;
            let resolved = row.filter(|row| row.state == ConversationState::Resolved);
            if let Some(row) = resolved {
                let row = self.listed(&row)?;
                if filter.lists(&row, self.now_ms) {
                    return Ok(Some(row));
                }
            }
        }
        Ok(None)
    }

    fn listed(&self, row: &Conversation) -> Result<ListedConversation, JournalError> {
        Ok(self.state.listed(row, &read_snapshot(row)?))
    }
}

/// When a conversation was resolved.
fn time_of(mark: ResolvedMark) -> Option<Timestamp> {
    let micros = i64::try_from(mark.at).ok()?;
    Timestamp::from_microsecond(micros).ok()
}
