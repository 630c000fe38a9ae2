//! From the body of a delivery, a ticket and an article, to its item.

use patchbay_adapter::field::Fields;
use patchbay_adapter::{Item, document};
use serde_json::Value;

use super::Zammad;
use super::article::Article;
use crate::help_desk::number;

/// The item of a delivery. A payload of the company's own can leave anything out: what is
/// needed to tell who wrote an article is never guessed.
pub(super) fn decode(adapter: &Zammad, body: &[u8]) -> Item {
    let delivery: Value = match document::parse(body) {
        Ok(delivery) => delivery,
        Err(reason) => return Item::undecodable("$", reason),
    };
    let id = |path: &[&str]| delivery.id(path).filter(|id| number(id).is_some());
    let Some(ticket) = id(&["ticket", "id"]) else {
        return Item::undecodable("ticket.id", "is missing or no number");
    };
    // A trigger for a change of the ticket alone, or a scheduler.
    let article = delivery.get("article");
    let is_empty = |article: &Value| article.as_object().is_none_or(|fields| fields.is_empty());
    if article.is_none_or(is_empty) {
        return Item::event(&["ticket"]);
    }
    let Some(article) = id(&["article", "id"]) else {
        return Item::undecodable("article.id", "is missing or no number");
    };
    let article = Article::new(adapter, &delivery, &ticket, &article);
    article.item()
}
