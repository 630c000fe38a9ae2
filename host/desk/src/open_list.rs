//! The list of a company's open conversations: made from the journal when a caller
//! reads it, updated by commits, and dropped when no caller reads it any more.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};
use patchbay_journal::{ConversationId, JournalError};
use patchbay_records::conversation_list::{ListedConversation, OpenIndex};

/// How long commits update a list that no caller reads.
const IDLE: Duration = Duration::from_secs(15 * 60);

/// A commit that came while the list was made: the sequence number after it, and the
/// conversation, absent where it is resolved.
type Change = (u64, Option<Arc<ListedConversation>>);

#[derive(Debug, Default)]
enum State {
    /// No caller reads it.
    #[default]
    Absent,
    /// A reader collects the rows of the journal; meanwhile commits are noted here.
    Building(HashMap<ConversationId, Change>),
    Ready(OpenIndex),
}

/// The list of one company.
#[derive(Debug)]
pub(crate) struct OpenList {
    state: RwLock<State>,
    /// Held while the list is made: one reader makes it for all.
    building: Mutex<()>,
    started: Instant,
    /// Milliseconds from `started` to the last read.
    last_read: AtomicU64,
}

impl Default for OpenList {
    fn default() -> OpenList {
        OpenList {
            state: RwLock::default(),
            building: Mutex::default(),
            started: Instant::now(),
            last_read: AtomicU64::new(0),
        }
    }
}

impl OpenList {
    /// Read the list; `rows` reads the journal where it has to be made first. `rows` must
    /// see every commit that was durable before it is called.
    pub(crate) fn read<T>(
        &self,
        rows: impl Fn() -> Result<Vec<ListedConversation>, JournalError>,
        read: impl FnOnce(&OpenIndex) -> T,
    ) -> Result<T, JournalError> {
        self.last_read.store(self.elapsed(), Ordering::Relaxed);
        loop {
            if let State::Ready(index) = &*self.state.read() {
                return Ok(read(index));
            }
            let _building = self.building.lock();
            if matches!(*self.state.read(), State::Ready(_)) {
                continue;
            }
            // From here on commits are noted: each is among the rows, or here.
            *self.state.write() = State::Building(HashMap::new());
            let rows = rows().inspect_err(|_| *self.state.write() = State::Absent)?;
            let mut index = OpenIndex::default();
            for row in rows {
                index.put(Arc::new(row));
            }
            let mut state = self.state.write();
            if let State::Building(changes) = std::mem::take(&mut *state) {
                apply(&mut index, changes);
                *state = State::Ready(index);
            }
        }
    }

    /// Read the list if it is made, without keeping it from being dropped.
    pub(crate) fn read_if_made<T>(&self, read: impl FnOnce(&OpenIndex) -> T) -> Option<T> {
        match &*self.state.read() {
            State::Ready(index) => Some(read(index)),
            _ => None,
        }
    }

    /// A conversation was committed. `row` describes it, absent where it is resolved; it
    /// is called only while a caller reads the list.
    pub(crate) fn update(
        &self,
        id: ConversationId,
        sequence: u64,
        row: impl FnOnce() -> Option<ListedConversation>,
    ) {
        if matches!(*self.state.read(), State::Absent) {
            return;
        }
        if self.idle() > IDLE {
            self.drop_list();
            return;
        }
        let row = row().map(Arc::new);
        match &mut *self.state.write() {
            State::Absent => {}
            State::Building(changes) => {
                changes.insert(id, (sequence, row));
            }
            State::Ready(index) => match row {
                Some(row) => index.put(row),
                None => index.remove(id),
            },
        }
    }

    /// Number of listed conversations; 0 while there is no list.
    pub(crate) fn len(&self) -> usize {
        match &*self.state.read() {
            State::Ready(index) => index.len(),
            _ => 0,
        }
    }

    /// How long ago the list was read.
    pub(crate) fn idle(&self) -> Duration {
        let last = self.last_read.load(Ordering::Relaxed);
        Duration::from_millis(self.elapsed().saturating_sub(last))
    }

    /// Drop the list, unless it is being made. The next reader makes it again.
    pub(crate) fn drop_list(&self) {
        let mut state = self.state.write();
        if matches!(*state, State::Ready(_)) {
            *state = State::Absent;
        }
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Apply the commits that came while the rows were read; a row may be newer.
fn apply(index: &mut OpenIndex, changes: HashMap<ConversationId, Change>) {
    for (id, (sequence, row)) in changes {
        match row {
            Some(row) => index.put(row),
            None => index.remove_before(id, sequence),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use jiff::Timestamp;
    use patchbay_journal::{CompanyId, Conversation};
    use patchbay_model::conversation_state::ConversationState;
    use patchbay_records::conversation_list::{ListFilter, ListOrder};
    use patchbay_records::snapshot::Snapshot;

    use super::*;

    fn listed(number: u8, sequence: u64) -> ListedConversation {
        let row = Conversation {
            company: CompanyId(1),
            id: ConversationId([number; 16]),
            sequence,
            thread: Vec::new(),
            contact: None,
            state: ConversationState::Queued,
            queue: None,
            owner: None,
            due_at: None,
            opened_at: Timestamp::UNIX_EPOCH,
            snapshot: Vec::new(),
        };
        let snapshot = Snapshot::new("x", Timestamp::UNIX_EPOCH, 0);
        ListedConversation::new(&row, &snapshot, None)
    }

    /// The listed conversations with their sequence numbers.
    fn rows(index: &OpenIndex) -> Vec<(u8, u64)> {
        let filter = ListFilter::default();
        let page = index.page(&filter, ListOrder::Id, None, 99, Timestamp::UNIX_EPOCH);
        let rows = page.rows.iter();
        rows.map(|row| (row.id.0[0], row.sequence)).collect()
    }

    #[test]
    fn commits_while_the_list_is_made_are_in_it() {
        let list = OpenList::default();
        let id = |number: u8| ConversationId([number; 16]);
        // No caller reads it: nothing is kept.
        list.update(id(9), 1, || panic!("described without a reader"));
        let read = |list: &OpenList, collect: &dyn Fn() -> Vec<ListedConversation>| {
            let read = list.read(|| Ok(collect()), rows);
            read.expect("readable")
        };
        let first = read(&list, &|| {
            // These came after the rows below were read.
            list.update(id(1), 5, || Some(listed(1, 5)));
            list.update(id(2), 5, || None);
            list.update(id(3), 1, || Some(listed(3, 1)));
            // These are older than the rows.
            list.update(id(4), 2, || Some(listed(4, 2)));
            list.update(id(5), 2, || None);
            [(1, 4), (2, 4), (4, 3), (5, 3)]
                .map(|(number, sequence)| listed(number, sequence))
                .into()
        });
        assert_eq!(first, [(1, 5), (3, 1), (4, 3), (5, 3)]);
        // From here on it follows commits and does not read the rows again.
        list.update(id(1), 6, || Some(listed(1, 6)));
        list.update(id(4), 4, || None);
        let again = read(&list, &|| panic!("made again"));
        assert_eq!(again, [(1, 6), (3, 1), (5, 3)]);
        list.drop_list();
        assert_eq!(list.len(), 0);
        assert_eq!(read(&list, &|| vec![listed(7, 1)]), [(7, 1)]);
    }

    #[test]
    fn a_list_that_cannot_be_made_is_made_by_the_next_reader() {
        let list = OpenList::default();
        let times = Cell::new(0);
        let rows_of = || {
            times.set(times.get() + 1);
            match times.get() {
                1 => Err(JournalError::Closed),
                _ => Ok(vec![listed(1, 1)]),
            }
        };
        assert!(list.read(rows_of, rows).is_err());
        assert_eq!(list.read(rows_of, rows).expect("readable"), [(1, 1)]);
        assert_eq!(list.read(rows_of, rows).expect("readable"), [(1, 1)]);
        assert_eq!(times.get(), 2);
    }
}
