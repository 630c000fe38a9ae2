//! Lists of conversations: those that are not resolved from memory, resolved ones from the
//! journal.

use std::cell::Cell;
use std::sync::Arc;

use patchbay_journal::{
    CompanyId, ContactId, Conversation, ConversationId, JournalError, ResolvedMark,
};
use patchbay_model::conversation_state::ConversationState;
use patchbay_records::conversation_reader::{open_conversations, read_snapshot};
use patchbay_records::listing::{
    Cursor, ListCounts, ListFilter, ListOrder, ListedConversation, OpenIndex, OpenPage, Preview,
    read_previews,
};

use crate::company_state::CompanyState;
use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;
use crate::operations::conversation_search::{Search, SearchReport};
use crate::operations::conversations::ConversationService;

/// Rows read at once to make a list.
const PAGE: usize = 1_000;
/// Most resolved conversations that a page is chosen from.
const MOST_READ: usize = 1_000;
/// How often as many are read to find words.
const SEARCHED_STEPS: usize = 10;
/// Most listed conversations of all companies. Beyond, the lists that were not read for
/// longest are dropped, and made again when they are.
const MOST_LISTED: usize = 250_000;

/// What a list is asked for.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    /// Which conversations.
    pub filter: ListFilter,
    /// Only those that a search for this text finds: the id of a conversation, an address, a
    /// message id, or words.
    pub text: Option<String>,
    /// A contact whose person's conversations alone are listed.
    pub contact: Option<ContactId>,
    /// In which order.
    pub order: ListOrder,
    /// The place after which the page begins.
    pub after: Option<Cursor>,
    /// Most conversations of the page.
    pub limit: usize,
    /// Whether names and texts are opened.
    pub with_words: bool,
}

/// A page of conversations.
#[derive(Clone, Debug, Default)]
pub struct ConversationPage {
    /// In the order of the request, then the resolved ones, newest first.
    pub conversations: Vec<(Arc<ListedConversation>, Preview)>,
    /// Where the next page begins; absent on the last page.
    pub next: Option<Cursor>,
    /// Counts of the same moment.
    pub counts: ListCounts,
    /// Whether `counts` has the resolved ones, if they are listed.
    pub counts_resolved: bool,
    /// How the search went, if there was one.
    pub search: Option<SearchReport>,
}

impl ConversationService<'_> {
    /// List conversations. A page of resolved ones may have fewer than the limit although
    /// more follow.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`], [`JournalError::NoContact`] and
    /// [`DeskError::Search`].
    pub fn list(
        &self,
        company: &str,
        mut request: ListRequest,
    ) -> Result<ConversationPage, DeskError> {
        let id = self.0.company_id(company)?;
        if let Some(contact) = request.contact {
            let (_, contacts) = self.0.journal.person_contacts(id, contact)?;
            request.filter.contacts = Some(contacts.into_iter().collect());
        }
        let Some(state) = self.0.company_state(id) else {
            // Registered, and never served. Of one that cannot be served nothing is listed.
            let open = open_conversations(&*self.0.journal, id, None, 1)?;
            return match open.is_empty() {
                true => Ok(ConversationPage::default()),
                false => Err(DeskError::UnknownCompany(company.to_owned())),
            };
        };
        let text = request.text.take();
        let search = match &text {
            None => None,
            Some(text) => Some(self.plan_search(id, text, &mut request)?),
        };
        let mut is_complete = match &search {
            None => true,
            Some(search) => self.search_open(id, &state, search, &mut request.filter)?,
        };
        let mut page = self.open_page(id, &state, &request)?;
        let mut rows = std::mem::take(&mut page.rows);
        let last = rows.last();
        let mut next = last
            .filter(|_| page.has_more)
            .map(|last| Cursor::Open(request.order, request.order.key(last)));
        let lists_resolved = request.filter.has_state(ConversationState::Resolved);
        let counts_resolved = request.filter.is_by_contact_at_most();
        if lists_resolved && counts_resolved {
            let resolved = self.0.journal.count_resolved(id, request.contact)?;
            let resolved = usize::try_from(resolved).unwrap_or(usize::MAX);
            page.counts
                .by_state
                .insert(ConversationState::Resolved, resolved);
            page.counts.matching += resolved;
        }
        if lists_resolved && next.is_none() {
            match &search {
                Some(Search::Found(found)) => {
                    let left = request.limit.saturating_sub(rows.len());
                    let (resolved, is_all) =
                        Self::resolved_of(&state, &request.filter, found, left)?;
                    rows.extend(resolved);
                    is_complete &= is_all;
                }
                search => {
                    let (resolved, mark) =
                        self.resolved_page(id, &state, (&request, search.as_ref()), rows.len())?;
                    rows.extend(resolved);
                    next = mark.map(Cursor::Resolved);
                }
            }
        }
        let report = match search.zip(text) {
            None => None,
            Some((search, text)) => Some(SearchReport {
                kind: search.kind(&text),
                is_complete,
                outdated: self.0.journal.count_outdated_words(id)?,
            }),
        };
        let previews = match request.with_words {
            true => {
                let listed = rows.iter().map(|row| &**row);
                read_previews(&*self.0.journal, id, listed)?
            }
            false => vec![Preview::default(); rows.len()],
        };
        Ok(ConversationPage {
            conversations: rows.into_iter().zip(previews).collect(),
            next,
            counts: page.counts,
            counts_resolved,
            search: report,
        })
    }

    fn open_page(
        &self,
        company: CompanyId,
        state: &CompanyState,
        request: &ListRequest,
    ) -> Result<OpenPage, JournalError> {
        let (after, limit) = match request.after {
            None => (None, request.limit),
            Some(Cursor::Open(_, key)) => (Some(key), request.limit),
            // They were listed before; only the counts are asked for.
            Some(Cursor::Resolved(_)) => (None, 0),
        };
        let (filter, order, now) = (&request.filter, request.order, self.0.now());
        let mut page = self.read_open(company, state, |index| {
            index.page(filter, order, after, limit, now)
        })?;
        page.has_more &= limit > 0;
        Ok(page)
    }

    /// Read the list of the conversations that are not resolved.
    pub(super) fn read_open<T>(
        &self,
        company: CompanyId,
        state: &CompanyState,
        read: impl FnOnce(&OpenIndex) -> T,
    ) -> Result<T, JournalError> {
        let is_made = Cell::new(false);
        let rows = || {
            is_made.set(true);
            self.0.open_rows(company, state)
        };
        let result = state.open_list.read(rows, read)?;
        if is_made.get() {
            self.0.trim_open_lists(company);
        }
        Ok(result)
    }

    /// The resolved ones that follow `listed` others on a page, and the mark of the next
    /// page.
    #[allow(clippy::type_complexity, reason = "a page and its end")]
    fn resolved_page(
        &self,
        company: CompanyId,
        state: &CompanyState,
        (request, search): (&ListRequest, Option<&Search>),
        listed: usize,
    ) -> Result<(Vec<Arc<ListedConversation>>, Option<ResolvedMark>), JournalError> {
        let wanted = request.limit.saturating_sub(listed);
        let mut before = match request.after {
            Some(Cursor::Resolved(mark)) => Some(mark),
            _ => None,
        };
        let (read, steps) = match (search, request.filter.is_by_contact_at_most()) {
            (Some(Search::Words { .. }), _) => (MOST_READ, SEARCHED_STEPS),
            (_, true) => (wanted + 1, 1),
            (_, false) => (MOST_READ, 1),
        };
        let is_first = before.is_none_or(|mark| mark == FIRST);
        let direct = match search {
            Some(Search::Words { with_message, .. }) => {
                self.resolved_with_message(state, &request.filter, (company, with_message))?
            }
            _ => None,
        };
        let direct_id = direct.as_ref().map(|row| row.id);
        let mut rows = Vec::new();
        if is_first && wanted > 0 {
            rows.extend(direct.map(Arc::new));
        }
        for _ in 0..steps {
            let found =
                self.0
                    .journal
                    .resolved_conversations(company, request.contact, before, read)?;
            let is_all = found.len() < read;
            for (mark, row) in self.matching_resolved(company, state, (request, search), found)? {
                if rows.len() == wanted {
                    // A full page whose last one is followed by others.
                    return Ok((rows, Some(before.unwrap_or(FIRST))));
                }
                before = Some(mark);
                let row = row.filter(|row| Some(row.id) != direct_id);
                rows.extend(row.map(Arc::new));
            }
            if is_all {
                return Ok((rows, None));
            }
        }
        Ok((rows, before))
    }

    /// Resolved conversations with their marks; absent those that do not match.
    fn matching_resolved(
        &self,
        company: CompanyId,
        state: &CompanyState,
        (request, search): (&ListRequest, Option<&Search>),
        found: Vec<(ResolvedMark, Conversation)>,
    ) -> Result<Vec<(ResolvedMark, Option<ListedConversation>)>, JournalError> {
        let mut filter = request.filter.clone();
        if let Some(Search::Words {
            query,
            with_message,
        }) = search
        {
            let ids: Vec<ConversationId> = found.iter().map(|(_, row)| row.id).collect();
            let mut matching = self.search_words(company, query.as_ref(), &ids)?;
            matching.extend(with_message);
            filter.found = Some(matching);
        }
        let listed = found.into_iter().map(|(mark, row)| {
            let row = state.listed(&row, &read_snapshot(&row)?);
            Ok((mark, filter.matches(&row).then_some(row)))
        });
        listed.collect()
    }
}

/// Before every resolved conversation.
const FIRST: ResolvedMark = ResolvedMark {
    at: u64::MAX,
    number: u64::MAX,
};

impl DeskCore {
    /// A company's open conversations as the journal has them.
    fn open_rows(
        &self,
        company: CompanyId,
        state: &CompanyState,
    ) -> Result<Vec<ListedConversation>, JournalError> {
        let mut rows = Vec::new();
        let mut after: Option<ConversationId> = None;
        loop {
            let page = open_conversations(&*self.journal, company, after, PAGE)?;
            for row in &page {
                rows.push(state.listed(row, &read_snapshot(row)?));
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.id),
                _ => return Ok(rows),
            }
        }
    }

    /// Keep the lists of all companies within their bound. One that is too long alone is
    /// made for each page.
    fn trim_open_lists(&self, just_read: CompanyId) {
        let lists: Vec<(CompanyId, Arc<CompanyState>)> = {
            let companies = self.companies.read();
            let all = companies.iter().filter(|(_, it)| it.open_list.len() > 0);
            all.map(|(id, state)| (*id, Arc::clone(state))).collect()
        };
        let mut listed: usize = lists.iter().map(|(_, it)| it.open_list.len()).sum();
        if listed <= MOST_LISTED {
            return;
        }
        let mut lists = lists;
        // That of the reader last.
        lists.sort_by_key(|(id, it)| (*id == just_read, std::cmp::Reverse(it.open_list.idle())));
        for (_, state) in lists {
            if listed <= MOST_LISTED {
                return;
            }
            listed -= state.open_list.len();
            state.open_list.drop_list();
        }
    }
}
