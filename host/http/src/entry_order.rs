//! Pages of numbered entries, read from either end.

use patchbay_journal::EntryPage;
use patchbay_model::codes;

use crate::problem::Problem;
use crate::request_fields::{NUMBER, parse_code, parse_field};

codes! {
    /// Order of numbered entries.
    pub enum EntryOrder {
        /// The oldest first.
        Oldest = "oldest",
        /// The newest first.
        Newest = "newest",
    }
}

crate::code_schemas! {
    EntryOrderCode of EntryOrder, "Order of the entries.", |order| match order {
        EntryOrder::Oldest => "the oldest first, after the number `after`",
        EntryOrder::Newest => "the newest first, before the number `before`",
    };
}

/// The page that a request asks for: `order`, and the `next` of the page before as `after`
/// where the oldest come first, as `before` where the newest come first. Without an order it
/// is `newest` with `before`, else `usual`: a client that goes on with the wrong cursor learns
/// so, and does not read the other way.
///
/// # Errors
/// 400 about the parameter that is invalid or does not go with the order.
pub fn entry_page(
    order: Option<&str>,
    after: Option<&str>,
    before: Option<&str>,
    usual: EntryOrder,
) -> Result<EntryPage, Problem> {
    let order = parse_code("order", order, &EntryOrder::ALL, EntryOrder::as_str)?;
    let after: Option<u64> = parse_field("after", after, NUMBER)?;
    let before: Option<u64> = parse_field("before", before, NUMBER)?;
    let order = order.unwrap_or(match before {
        Some(_) => EntryOrder::Newest,
        None => usual,
    });
    match (order, after, before) {
        (EntryOrder::Oldest, after, None) => Ok(EntryPage::After(after.unwrap_or(0))),
        (EntryOrder::Newest, None, before) => Ok(EntryPage::Before(before.unwrap_or(u64::MAX))),
        (EntryOrder::Oldest, ..) => {
            Err(Problem::bad_parameter("before", "goes with `order=newest`"))
        }
        (EntryOrder::Newest, ..) => {
            Err(Problem::bad_parameter("after", "goes with `order=oldest`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_and_a_cursor_say_which_page_comes() {
        use EntryPage::{After, Before};
        let newest = EntryOrder::Newest;
        for (order, after, before, expected) in [
            (None, None, None, Ok(Before(u64::MAX))),
            (None, Some("7"), None, Err("after")),
            (None, None, Some("7"), Ok(Before(7))),
            (Some("oldest"), None, None, Ok(After(0))),
            (Some("oldest"), Some("7"), None, Ok(After(7))),
            (Some("newest"), None, Some("7"), Ok(Before(7))),
            (Some("newest"), Some("7"), None, Err("after")),
            (Some("oldest"), None, Some("7"), Err("before")),
            (None, Some("7"), Some("9"), Err("after")),
            (Some("first"), None, None, Err("order")),
            (None, Some("-1"), None, Err("after")),
            (None, None, Some("x"), Err("before")),
        ] {
            let page = entry_page(order, after, before, newest);
            let page =
                page.map_err(|problem| serde_json::json!(problem.document())["field"].clone());
            let expected = expected.map_err(|field: &str| serde_json::json!(field));
            assert_eq!(page, expected, "{order:?} {after:?} {before:?}");
        }
        for (after, before, expected) in [
            (None, None, After(0)),
            (Some("7"), None, After(7)),
            (None, Some("7"), Before(7)),
        ] {
            let page = entry_page(None, after, before, EntryOrder::Oldest);
            assert_eq!(page.ok(), Some(expected), "{after:?} {before:?}");
        }
    }
}
