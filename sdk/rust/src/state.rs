//! State a policy stores between decisions. Needs the grant `state` for each scope: without it a
//! call ends the decision with the outcome `denied`.
//!
//! Writes commit with the decision; a decision that fails writes nothing. A key has at most 128
//! bytes, a value at most 4 KiB; a longer one ends the decision with the outcome `out-of-memory`. A
//! value and a counter of the same key are separate.
//!
//! Decisions of one conversation are serial, and each reads what the earlier ones wrote; in the
//! other scopes reads may lag a little. A write while the draft is still being typed, or to the
//! conversation or contact in a decision without one, ends the decision with the outcome `denied`.
//!
//! ```
//! use patchbay_sdk::prelude::*;
//! use patchbay_sdk::testing::World;
//! use state::Scope;
//!
//! let world = World::new();
//! world.enter(|| state::add_windowed(Scope::Contact, "complaints", 1, 86_400));
//! assert_eq!(world.counter(Scope::Contact, "complaints"), 1);
//! ```

use crate::source::state as host;

pub use crate::bindings::imports::patchbay::care::state::Scope;

/// Value of a key; absent where it was never set or has expired.
pub fn get(scope: Scope, key: &str) -> Option<Vec<u8>> {
    host::get(scope, key)
}

/// Value of a key as text; absent as with [`get`], or where it is not UTF-8.
pub fn text(scope: Scope, key: &str) -> Option<String> {
    get(scope, key).and_then(|value| String::from_utf8(value).ok())
}

/// Value of a counter; 0 where it was never changed.
pub fn counter(scope: Scope, key: &str) -> i64 {
    host::counter(scope, key)
}

/// Sets a key without expiry. Of concurrent decisions the last one wins.
pub fn set(scope: Scope, key: &str, value: impl AsRef<[u8]>) {
    host::set(scope, key, value.as_ref(), None);
}

/// Sets a key that expires after `seconds`.
pub fn set_for(scope: Scope, key: &str, value: impl AsRef<[u8]>, seconds: u32) {
    host::set(scope, key, value.as_ref(), Some(seconds));
}

/// Adds to a counter; additions of concurrent decisions all count.
pub fn add(scope: Scope, key: &str, amount: i64) {
    host::add(scope, key, amount);
}

/// Raises a counter to at least `value`.
pub fn max(scope: Scope, key: &str, value: i64) {
    host::max(scope, key, value);
}

/// Adds to a counter for `window` seconds, 1 to 604,800 (a value outside is moved to the nearest
/// end). [`counter`] returns the sum over the window.
pub fn add_windowed(scope: Scope, key: &str, amount: i64, window: u32) {
    host::add_windowed(scope, key, amount, window);
}

/// Removes a key of the conversation, its counter too. In the other scopes set it with an expiry instead:
/// concurrent decisions cannot order a removal.
pub fn remove(key: &str) {
    host::remove(key);
}
