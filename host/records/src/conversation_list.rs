//! Lists of a company's conversations: rows, filters, orders, and the index of those that
//! are not resolved.

mod cursor;
mod filter;
mod index;
mod order;
mod preview;
mod row;

pub use cursor::{Cursor, ParseCursorError};
pub use filter::{ClockWarning, ListFilter};
pub use index::{GroupCounts, ListCounts, OpenIndex, OpenPage};
pub use order::{ListOrder, SortKey};
pub use preview::{Preview, read_previews};
pub use row::ListedConversation;
