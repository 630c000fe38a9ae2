//! The company that a thread reads for.

use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    static COMPANY: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
}

/// Count the reads of `work` as those of a company, which uses at most
/// so many connections at once as the backend is told. Reads outside of it, such as the desk's, have no limit.
pub fn read_for<T>(company: Option<Arc<str>>, work: impl FnOnce() -> T) -> T {
    let _reset = Reset(COMPANY.replace(company));
    work()
}

/// The company that this thread reads for, inside of [`read_for`].
pub fn requester() -> Option<Arc<str>> {
    COMPANY.with_borrow(Clone::clone)
}

/// Restores the company when dropped, also after a panic.
struct Reset(Option<Arc<str>>);

impl Drop for Reset {
    fn drop(&mut self) {
        COMPANY.set(self.0.take());
    }
}
