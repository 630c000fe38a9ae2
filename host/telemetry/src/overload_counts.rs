//! Counts what overload turned away.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use patchbay_config::bound::Bound;

/// By company (empty: none that is configured) and bound.
#[derive(Debug, Default)]
pub(super) struct OverloadCounts(Mutex<BTreeMap<(String, Bound), u64>>);

impl OverloadCounts {
    pub(super) fn count(&self, company: Option<&str>, bound: Bound) {
        let company = company.unwrap_or_default().to_owned();
        *self.0.lock().entry((company, bound)).or_default() += 1;
    }

    pub(super) fn read(&self) -> BTreeMap<(String, Bound), u64> {
        self.0.lock().clone()
    }
}
