//! From an entry, as a poll wrote it, to its item.

use patchbay_adapter::field::cut;
use patchbay_adapter::media::{bare, kind_of};
use patchbay_adapter::{Attributes, DecodedInteraction, InteractionKind, Item, blank_interaction};
use patchbay_model::channel::Visibility;
use patchbay_model::input::NAME_BYTES;
use patchbay_model::interaction::{Attachment, Author};
use patchbay_model::language_tag;
use serde_json::Value;

use super::entry::{Entry, File};
use super::link::{is_web, page_of_place};
use super::markup::plain;
use super::{CHANNEL, Feed};
use crate::polled::name;

/// Place of an entry in its delivery.
const PLACE: &str = "$";

/// The item of a delivery.
pub(super) fn decode(feed: &Feed, body: &[u8]) -> Item {
    let entry: Entry = match serde_json::from_slice(body) {
        Ok(entry) => entry,
        Err(error) => {
            let problem = format!("is no entry of a feed: line {}", error.line());
            return Item::undecodable(PLACE, problem);
        }
    };
    let entry = entry.bounded();
    let text = text(&entry);
    if text.is_empty() {
        return Item::event(&["entry", "without-text"]);
    }
    let author = Author {
        name: entry.author.as_deref().and_then(name),
        address: entry.author_address.as_deref().and_then(address_of),
        ..Author::default()
    };
    let mut interaction = blank_interaction(feed.message_id(&entry), CHANNEL, Visibility::Public);
    interaction.text = text;
    interaction.account = Some(feed.account.clone());
    interaction.language = entry.language.as_deref().and_then(language_tag::normalize);
    interaction.received_at = entry.published.or(entry.updated);
    let edited = |published| entry.updated.filter(|updated| *updated > published);
    interaction.edited_at = entry.published.and_then(edited);
    interaction.conversation = author.address.as_deref().and_then(|author| {
        let thread = thread(&entry)?;
        Some(feed.ids.conversation(&feed.account, &[thread, author]))
    });
    interaction.author = author;
    interaction.attachments = entry.files.iter().map(attachment).collect();
    let mut attributes = Attributes::default();
    let web = |link: &Option<String>| link.clone().filter(|link| is_web(link)).map(Value::from);
    attributes.set("provider_id", Some(entry.identity().into()));
    attributes.set("link", web(&entry.link));
    attributes.set("parent", entry.parent.clone().map(Value::from));
    attributes.set("parent_link", web(&entry.parent_link));
    attributes.set("comments", web(&entry.comments));
    let categories = entry.categories.clone();
    attributes.set(
        "categories",
        (!categories.is_empty()).then(|| categories.into()),
    );
    interaction.attributes = attributes.into_map();
    let decoded = DecodedInteraction {
        kind: InteractionKind::Message,
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item(PLACE)
}

/// Title and content. Titles of short posts repeat how the content begins.
fn text(entry: &Entry) -> String {
    let plain = |content: &Option<_>| content.as_ref().map(plain).unwrap_or_default();
    let (title, content) = (plain(&entry.title), plain(&entry.content));
    let shown = title.trim_end_matches(['…', '.']).trim_end();
    match (title.is_empty(), content.is_empty()) {
        (_, true) => title,
        (true, false) => content,
        (false, false) if content.starts_with(shown) => content,
        (false, false) => format!("{title}\n\n{content}"),
    }
}

/// What the people of a conversation write below: the page of the entry that is answered,
/// or that entry, or the page on which the entry itself is a place.
fn thread(entry: &Entry) -> Option<&str> {
    let above = entry.parent_link.as_deref();
    let above = above.map(|link| page_of_place(link).unwrap_or(link));
    let own = entry.link.as_deref().and_then(page_of_place);
    above.or(own).or(entry.parent.as_deref())
}

/// An address: of the author's page, or a mail address.
fn address_of(address: &str) -> Option<String> {
    let is_mail = address.contains('@') && !address.contains(char::is_whitespace);
    let is_short = address.len() <= NAME_BYTES && address.chars().all(|it| it.is_ascii_graphic());
    (is_short && (is_mail || is_web(address))).then(|| address.to_owned())
}

/// A file. Its address is public, and fetched without a credential.
fn attachment(file: &File) -> Attachment {
    let media_type = file.media_type.as_deref().unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let is_type = !media_type.is_empty() && media_type.bytes().all(|it| it.is_ascii_graphic());
    Attachment {
        media_type: is_type.then(|| cut(media_type, 128).to_owned()),
        size: file.bytes,
        url: Some(file.url.clone()).filter(|url| is_web(url)),
        ..bare(kind_of(media_type))
    }
}
