//! Runs of the host, and its time across them.

use jiff::SignedDuration;
use patchbay_journal::Runs;

use crate::store::{TestStore, at};

#[test]
fn each_run_has_a_number_of_its_own_and_the_time_of_the_last() {
    let store = TestStore::new();
    let now = at(1_800_000_000);
    let earlier = now - SignedDuration::from_hours(72);
    // The last: an operator accepted an earlier time.
    let noted = [now, now + SignedDuration::from_secs(60), earlier];
    let mut newest = None;
    for (number, noted) in (1..).zip(noted) {
        let journal = store.open();
        let run = journal.begin_run().unwrap();
        assert_eq!((run.number, run.newest_time), (number, newest));
        journal.note_time(noted).unwrap();
        newest = Some(noted);
    }
    let run = store.open().begin_run().unwrap();
    assert_eq!((run.number, run.newest_time), (4, Some(earlier)));
}
