//! Lists of conversations: those that are not resolved from memory, resolved ones from the
//! journal.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use patchbay_journal::{CompanyId, ContactId, ConversationId, JournalError};
use patchbay_model::conversation_state::ConversationState;
use patchbay_pass::observer::{SearchObservation, SearchOutcome};
use patchbay_records::conversation_list::{
    Cursor, GroupCounts, ListCounts, ListFilter, ListOrder, ListedConversation, OpenIndex,
    OpenPage, Preview, read_previews,
};
use patchbay_records::conversation_reader::{open_conversations, read_snapshot};
use patchbay_records::snapshot::unix_ms;

use crate::company_state::CompanyState;
use crate::desk_core::DeskCore;
use crate::desk_error::DeskError;
use crate::operations::conversation_search::{Search, SearchProgress, SearchReport};
use crate::operations::conversations::ConversationService;
use crate::operations::resolved_list::ResolvedList;

/// Rows read at once to make a list.
const PAGE: usize = 1_000;
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
    pub fn list(&self, company: &str, request: ListRequest) -> Result<ConversationPage, DeskError> {
        let id = self.0.company_id(company)?;
        let is_search = request.text.is_some();
        let (began, mut progress) = (Instant::now(), SearchProgress::default());
        let page = self.list_of(company, id, request, &mut progress);
        if is_search {
            let outcome = match &page {
                Err(DeskError::Journal(JournalError::NoContact(_))) => SearchOutcome::Refused,
                Err(DeskError::Journal(_)) => SearchOutcome::Failed,
                Err(_) => SearchOutcome::Refused,
                Ok(_) if !progress.is_complete => SearchOutcome::Partial,
                Ok(page) if page.conversations.is_empty() => SearchOutcome::Nothing,
                Ok(_) => SearchOutcome::Found,
            };
            self.0.settings.observer.searched(
                company,
                SearchObservation {
                    outcome,
                    took: began.elapsed(),
                },
            );
        }
        page
    }

    /// Counts of the conversations that are not resolved, in all, by queue and by owner.
    ///
    /// # Errors
    /// [`DeskError::UnknownCompany`].
    pub fn group_counts(&self, company: &str) -> Result<GroupCounts, DeskError> {
        let id = self.0.company_id(company)?;
        let now = self.0.now();
        match self.0.company_state(id) {
            Some(state) => Ok(self.read_open(id, &state, |index| index.group_counts(now))?),
            None if open_conversations(&*self.0.journal, id, None, 1)?.is_empty() => {
                Ok(GroupCounts::default())
            }
            None => Err(DeskError::UnknownCompany(company.to_owned())),
        }
    }

    fn list_of(
        &self,
        company: &str,
        id: CompanyId,
        mut request: ListRequest,
        progress: &mut SearchProgress,
    ) -> Result<ConversationPage, DeskError> {
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
        let search = match request.text.take() {
            None => None,
            Some(_) if !self.0.settings.search.is_on => return Err(DeskError::SearchOff),
            Some(text) => {
                let narrowed = (&mut request, &mut *progress);
                Some(self.plan_search(id, &text, narrowed)?)
            }
        };
        if let Some(search) = &search {
            let narrowed = (&mut request.filter, &mut *progress);
            self.search_open(id, &state, search, narrowed)?;
        }
        let mut page = self.open_page(id, &state, &request)?;
        let mut rows = std::mem::take(&mut page.rows);
        let last = rows.last();
        let mut next = last
            .filter(|_| page.has_more)
            .map(|last| Cursor::Open(request.order, request.order.key(last)));
        let lists_resolved = request.filter.has_state(ConversationState::Resolved);
        let counts_resolved = request.filter.is_by_contact_at_most();
        let people = match &search {
            Some(Search::People(people)) => people.iter().copied().map(Some).collect(),
            _ => vec![request.contact],
        };
        if lists_resolved && counts_resolved {
            let mut resolved = 0;
            for person in &people {
                resolved += self.0.journal.count_resolved(id, *person)?;
            }
            let resolved = usize::try_from(resolved).unwrap_or(usize::MAX);
            page.counts
                .by_state
                .insert(ConversationState::Resolved, resolved);
            page.counts.matching += resolved;
        }
        if lists_resolved && next.is_none() {
            let resolved = ResolvedList {
                service: self,
                company: id,
                state: &state,
                filter: &request.filter,
                search: search.as_ref(),
                people,
                now_ms: unix_ms(self.0.now()),
            };
            let after = match request.after {
                Some(Cursor::Resolved(mark)) => Some(mark),
                _ => None,
            };
            let wanted = request.limit.saturating_sub(rows.len());
            let (resolved, mark) = resolved.page(after, wanted, progress)?;
            rows.extend(resolved);
            next = mark.map(Cursor::Resolved);
        }
        let report = match &search {
            None => None,
            Some(search) => Some(SearchReport {
                kind: search.kind(),
                is_complete: progress.is_complete,
                resolved: progress.resolved,
                back_to: progress.back_to,
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
        self.0.words.touch(company);
        if is_made.get() {
            self.0.trim_open_lists(company);
            self.0.want_words(company);
        }
        Ok(result)
    }
}

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
