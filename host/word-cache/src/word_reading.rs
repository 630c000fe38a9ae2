//! Reads word lists from the journal.

use std::sync::Arc;

use patchbay_journal::{CompanyId, ConversationId, Journal, JournalError, StoredWordList, limits};

use crate::company_words::{CompanyWords, ReadMark};
use crate::conversation_words::ConversationWords;

/// Conversations whose lists are read at once.
const CONVERSATIONS: usize = 16;
/// Most lists of a conversation that are read: those of a public post have many authors. At
/// most [`limits::WORD_LISTS`] of them are in memory before they are opened.
const MOST_LISTS: usize = 16 * limits::WORD_LISTS;

/// Words that were read from the journal.
pub(crate) struct WordReading {
    /// The words of the first conversations, at least of one.
    pub(crate) words: Vec<(ConversationId, ConversationWords)>,
    pub(crate) lists_opened: usize,
    /// Lasts until the words are put.
    pub(crate) reading: Reading,
}

impl WordReading {
    /// Read the words of the first of some conversations, as the journal has them: of so many
    /// that their lists need little memory.
    pub(crate) fn read(
        journal: &dyn Journal,
        company: CompanyId,
        words: &Arc<CompanyWords>,
        conversations: &[ConversationId],
    ) -> Result<WordReading, JournalError> {
        let conversations = &conversations[..conversations.len().min(CONVERSATIONS)];
        let mut read = WordReading {
            words: Vec::with_capacity(conversations.len()),
            lists_opened: 0,
            reading: Reading::begin(words),
        };
        let page = journal.word_lists(company, conversations)?;
        // A full page may end within the lists of a conversation.
        let is_full = page.len() >= limits::WORD_LISTS;
        let mut last = page.last().filter(|_| is_full).cloned();
        let mut page = page.into_iter().peekable();
        for id in conversations {
            let mut one = ConversationWords::default();
            let mut lists = 0;
            while let Some(list) = page.next_if(|list| list.conversation == *id) {
                one.open(journal, company, &list)?;
                lists += 1;
            }
            let last = last.take_if(|last| last.conversation == *id);
            let is_last = last.is_some();
            if let Some(last) = last {
                read_rest(journal, company, (&mut one, &mut lists), last)?;
            }
            one.shrink();
            read.lists_opened += lists;
            read.words.push((*id, one));
            if is_last {
                break;
            }
        }
        Ok(read)
    }
}

/// Read the lists of a conversation that follow one.
fn read_rest(
    journal: &dyn Journal,
    company: CompanyId,
    (one, lists): (&mut ConversationWords, &mut usize),
    mut last: StoredWordList,
) -> Result<(), JournalError> {
    while !one.is_cut {
        if *lists >= MOST_LISTS {
            one.is_cut = true;
            break;
        }
        let more = journal.more_word_lists(company, &last)?;
        let is_full = more.len() >= limits::WORD_LISTS;
        *lists += more.len();
        for list in &more {
            one.open(journal, company, list)?;
        }
        match more.into_iter().next_back() {
            Some(next) if is_full => last = next,
            _ => break,
        }
    }
    Ok(())
}

/// A read of the journal. What changes while it lasts is noted.
#[derive(Debug)]
pub(crate) struct Reading {
    words: Arc<CompanyWords>,
    since: ReadMark,
}

impl Reading {
    pub(crate) fn begin(words: &Arc<CompanyWords>) -> Reading {
        Reading {
            since: words.0.lock().begin_read(),
            words: Arc::clone(words),
        }
    }

    pub(crate) fn words(&self) -> &Arc<CompanyWords> {
        &self.words
    }

    /// The moment when it began.
    pub(crate) fn since(&self) -> ReadMark {
        self.since
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.words.0.lock().end_read(self.since);
    }
}
