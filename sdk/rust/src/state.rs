//! What a policy remembers between decisions. Needs a grant per scope.
//!
//! Writes commit with the decision or not at all; a decision that fails writes
//! nothing. Keys are at most 128 bytes, values at most 4 KiB.
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

/// The value of a key; absent where it was never set or has expired.
pub fn get(scope: Scope, key: &str) -> Option<Vec<u8>> {
    host::get(scope, key)
}

/// The value of a key as text; absent as with [`get`], or where it is no text.
pub fn text(scope: Scope, key: &str) -> Option<String> {
    get(scope, key).and_then(|value| String::from_utf8(value).ok())
}

/// The value of a counter; 0 where it was never added to.
pub fn counter(scope: Scope, key: &str) -> i64 {
    host::counter(scope, key)
}

/// Set a key for good.
pub fn set(scope: Scope, key: &str, value: impl AsRef<[u8]>) {
    host::set(scope, key, value.as_ref(), None);
}

/// Set a key; it expires after that many seconds.
pub fn set_for(scope: Scope, key: &str, value: impl AsRef<[u8]>, seconds: u32) {
    host::set(scope, key, value.as_ref(), Some(seconds));
}

/// Add to a counter; additions of concurrent decisions all count.
pub fn add(scope: Scope, key: &str, amount: i64) {
    host::add(scope, key, amount);
}

/// Raise a counter to at least `value`.
pub fn max(scope: Scope, key: &str, value: i64) {
    host::max(scope, key, value);
}

/// Add to a counter that forgets what is older than `window` seconds (1 to
/// 604,800). [`counter`] then gives the sum over the window.
pub fn add_windowed(scope: Scope, key: &str, amount: i64, window: u32) {
    host::add_windowed(scope, key, amount, window);
}

/// Forget a key of the conversation. In the other scopes set it with an expiry
/// instead: a removal does not commute.
pub fn remove(key: &str) {
    host::remove(key);
}
