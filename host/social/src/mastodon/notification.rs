//! A notification and the status in it.

use jiff::Timestamp;
use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::{
    Attributes, DecodedInteraction, InboundRequest, InteractionKind, Item, blank_interaction,
    document,
};
use patchbay_model::input::{ATTACHMENTS, NAME_BYTES};
use patchbay_model::interaction::{Attachment, Author};
use patchbay_model::language_tag;
use serde_json::Value;

use super::poll::SCHEME;
use super::{Audience, CHANNEL, Mastodon, content, is_id, media};

/// Types whose status a customer wrote to the account.
pub(super) const TYPES: [&str; 3] = ["mention", "quote", "update"];
/// Most bytes of a content warning.
const WARNING_BYTES: usize = 512;
/// Most bytes of a web address or of the description of a file.
const URL_BYTES: usize = 2_048;

/// The item of a delivery: a notification, with the root of the thread in the URL.
pub(super) fn decode(adapter: &Mastodon, request: &InboundRequest<'_>) -> Item {
    let notification = match document::parse(request.body) {
        Ok(notification) => notification,
        Err(problem) => return Item::undecodable("$", problem),
    };
    let Some(kind) = notification.text(&["type"]) else {
        return Item::undecodable("type", "is missing");
    };
    if !TYPES.contains(&kind) {
        return Item::event(&[kind]);
    }
    let status = match notification.get("status") {
        Some(status) if status.is_object() => status,
        // It was deleted.
        _ => return Item::event(&[kind, "gone"]),
    };
    match left_out(adapter, kind, status) {
        Some(reason) => Item::event(&[kind, reason]),
        None => message(adapter, status, root(request.url)),
    }
}

/// The id of the status whose thread must be looked up, and which it answers.
pub(super) fn answers(adapter: &Mastodon, notification: &Value) -> Option<String> {
    let kind = notification
        .text(&["type"])
        .filter(|it| TYPES.contains(it))?;
    let status = notification.get("status")?;
    parent(status)?;
    let id = status.id(&["id"]).filter(|id| is_id(id))?;
    left_out(adapter, kind, status)
        .is_none()
        .then(|| id.into_owned())
}

/// The id of the status that a status answers.
fn parent(status: &Value) -> Option<String> {
    let parent = status.id(&["in_reply_to_id"]).filter(|id| is_id(id));
    parent.map(|id| id.into_owned())
}

/// Why a status is only counted.
fn left_out(adapter: &Mastodon, kind: &str, status: &Value) -> Option<&'static str> {
    let acct = status.text(&["account", "acct"]).unwrap_or_default();
    if adapter.is_own(acct) {
        return Some("own");
    }
    let address = adapter.with_domain(acct).to_lowercase();
    if status.flag(&["account", "bot"]) && !adapter.bots.contains(&address) {
        return Some("bot");
    }
    // Boosted by the account, which it does not mention.
    let mut mentions = status.list("mentions").iter();
    let is_mentioned =
        |mention: &Value| mention.text(&["acct"]).is_some_and(|it| adapter.is_own(it));
    (kind == "update" && !mentions.any(is_mentioned)).then_some("boosted")
}

/// The root of the thread, from the URL of a delivery.
fn root(url: &str) -> Option<&str> {
    let query = url.strip_prefix(SCHEME)?;
    query.strip_prefix("root=").filter(|id| is_id(id))
}

fn message(adapter: &Mastodon, status: &Value, root: Option<&str>) -> Item {
    let id = status.id(&["id"]).filter(|id| is_id(id));
    let Some(id) = id else {
        return Item::undecodable("status.id", "is missing or not an id");
    };
    let acct = status.text(&["account", "acct"]);
    let acct = acct.filter(|acct| acct.len() <= NAME_BYTES);
    let Some(acct) = acct else {
        return Item::undecodable("status.account.acct", "is missing or too long");
    };
    let address = adapter.with_domain(acct);
    let audience = Audience::of(status.text(&["visibility"]).unwrap_or_default());
    let (ids, account) = (&adapter.ids, adapter.account.as_str());
    let content = content::read(status.text(&["content"]).unwrap_or_default());
    let time = |name| {
        status
            .text(&[name])
            .and_then(|at| at.parse::<Timestamp>().ok())
    };
    let parent = parent(status);
    // The thread of the customer, so that people below one post stay apart.
    let root = root.or(parent.as_deref()).unwrap_or(&id);
    let thread = ids.conversation(account, &[root, &address.to_lowercase()]);
    let text = |path: &[&str], bytes| status.text(path).map(|it| cut(it, bytes));

    let mut attributes = Attributes::default();
    let provider_id = format!("{id} {}", audience.code());
    attributes.set("provider_id", Some(provider_id.into()));
    attributes.set("audience", Some(audience.code().into()));
    attributes.set(
        "subject",
        text(&["spoiler_text"], WARNING_BYTES).map(Value::from),
    );
    let is_short = |url: &&str| url.len() <= URL_BYTES;
    attributes.set(
        "url",
        status.text(&["url"]).filter(is_short).map(Value::from),
    );
    let quoted = status.id(&["quote", "quoted_status", "id"]);
    let quoted = quoted.or_else(|| status.id(&["quote", "quoted_status_id"]));
    let quoted = quoted.filter(|id| is_id(id));
    attributes.set("quoted", quoted.map(|id| Value::from(id.as_ref())));
    let links = Some(content.links).filter(|links| !links.is_empty());
    attributes.set("links", links.map(Value::from));
    attributes.set("descriptions", descriptions(status));
    let is_bot = status.flag(&["account", "bot"]);
    attributes.set("bot", is_bot.then_some(true.into()));

    let edited_at = time("edited_at");
    let mut interaction = blank_interaction(ids.id(account, &id), CHANNEL, audience.visibility());
    interaction.account = Some(account.to_owned());
    interaction.text = content.text;
    interaction.language = status.text(&["language"]).and_then(language_tag::normalize);
    interaction.received_at = time("created_at");
    interaction.edited_at = edited_at;
    interaction.author = Author {
        name: text(&["account", "display_name"], NAME_BYTES).map(str::to_owned),
        address: Some(address),
        reach: status
            .id(&["account", "followers_count"])
            .and_then(|count| count.parse().ok()),
        verified: None,
    };
    interaction.conversation = Some(thread);
    interaction.in_reply_to = parent.map(|parent| ids.id(account, &parent));
    interaction.attachments = files(adapter, &id, status);
    interaction.attributes = attributes.into_map();
    let decoded = DecodedInteraction {
        kind: match edited_at {
            Some(_) => InteractionKind::Edit,
            None => InteractionKind::Message,
        },
        interaction,
        second_address: None,
        key: None,
    };
    decoded.into_item("status")
}

fn files(adapter: &Mastodon, status_id: &str, status: &Value) -> Vec<Attachment> {
    let files = status.list("media_attachments").iter().take(ATTACHMENTS);
    let files = files.filter_map(|file| {
        let id = file.id(&["id"]).filter(|id| is_id(id))?;
        let kind = match file.text(&["type"]) {
            Some("image") => "image",
            Some("video" | "gifv") => "video",
            Some("audio") => "audio",
            _ => "other",
        };
        Some(media::attachment(adapter, kind, status_id, &id))
    });
    files.collect()
}

/// What the author says that the files show.
fn descriptions(status: &Value) -> Option<Value> {
    let files = status.list("media_attachments").iter().take(ATTACHMENTS);
    let texts = files.filter_map(|file| file.text(&["description"]));
    let texts: Vec<Value> = texts.map(|text| cut(text, URL_BYTES).into()).collect();
    (!texts.is_empty()).then_some(Value::Array(texts))
}
