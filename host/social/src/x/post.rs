//! A post, in the form that both APIs have in common.

use jiff::Timestamp;
use patchbay_adapter::field::Fields;
use patchbay_adapter::{InteractionKind, Item};
use patchbay_model::interaction::Attachment;
use serde_json::Value;

use super::message::Message;
use super::{PUBLIC, X, text};

/// Most links of a post that are kept.
const LINKS: usize = 32;
/// Most bytes of a link.
const LINK_BYTES: usize = 2_048;

/// A post.
pub(super) struct Post<'a> {
    /// Id of this wording.
    pub(super) id: &'a str,
    /// Id of the first wording.
    pub(super) first: &'a str,
    /// Id of its author.
    pub(super) author: Option<&'a str>,
    /// Id of the author of the post that it answers.
    pub(super) answered: Option<&'a str>,
    /// The customer: its author, or of the company's post the one who is answered.
    pub(super) user: Option<&'a Value>,
    /// When it was written.
    pub(super) at: Option<Timestamp>,
    /// The provider's code of its language.
    pub(super) language: Option<&'a str>,
    /// Id of the post at the root of the thread.
    pub(super) thread: Option<&'a str>,
    /// Id of the first wording of the post that it answers.
    pub(super) parent: Option<&'a str>,
    /// Id of the post that it quotes.
    pub(super) quoted: Option<&'a str>,
    /// Whether it only shows another post again.
    pub(super) is_repost: bool,
    pub(super) wording: Wording<'a>,
    pub(super) media: Vec<Attachment>,
    /// Whether the company's account blocks its author.
    pub(super) has_blocked_author: bool,
}

/// What a post says.
pub(super) struct Wording<'a> {
    /// The text, with `<`, `>` and `&` as entities.
    pub(super) text: &'a str,
    /// Begin and end of what X shows of the text, in code points.
    pub(super) range: &'a [Value],
    /// The list `urls` is in it.
    pub(super) links: Option<&'a Value>,
}

impl Post<'_> {
    /// The item; `event` names what is only counted. A post of the company is an echo
    /// where it answers a customer: its other posts belong to no conversation.
    pub(super) fn into_item(self, adapter: &X, event: &str, place: &str) -> Item {
        if self.is_repost {
            return Item::event(&[event, "repost"]);
        }
        let account = Some(adapter.account.as_str());
        let is_own = self.author == account;
        if is_own && (self.parent.is_none() || self.answered == account) {
            return Item::event(&[event]);
        }
        let customer = if is_own { self.answered } else { self.author };
        let ids = &adapter.public_ids;
        let mut message = Message::new(adapter, PUBLIC, self.first);
        message.set_customer(customer, self.user);
        let (visible, leading) = text::read(self.wording.text, self.wording.range);
        let interaction = &mut message.interaction;
        interaction.text = visible;
        interaction.language = self.language.and_then(text::language);
        interaction.received_at = self.at;
        interaction.attachments = self.media;
        // Two unknown people do not share a conversation.
        let place_of = self.thread.zip(customer);
        interaction.conversation =
            place_of.map(|(thread, id)| ids.conversation(&adapter.account, &[thread, id]));
        let parent = self.parent.map(|id| ids.id(&adapter.account, id));
        let attributes = &mut message.attributes;
        // Without a conversation, `in_reply_to` would join the conversation of the
        // person who is answered.
        match is_own || interaction.conversation.is_some() {
            true => interaction.in_reply_to = parent,
            false => attributes.set("parent", parent.map(Value::from)),
        }
        if !leading.is_empty() {
            attributes.set("leading_mentions", Some(leading.into()));
        }
        attributes.set("quoted", self.quoted.map(Value::from));
        attributes.set("links", links(self.wording.links));
        let blocked = self.has_blocked_author.then_some(true.into());
        attributes.set("user_has_blocked", blocked);
        let is_edit = self.first != self.id;
        if is_edit {
            interaction.edited_at = self.at;
            attributes.set("version", Some(self.id.into()));
        }
        let kind = match (is_own, is_edit) {
            (true, _) => InteractionKind::Echo,
            (false, true) => InteractionKind::Edit,
            (false, false) => InteractionKind::Message,
        };
        message.into_item(kind, place)
    }
}

/// Where the short links of a text lead; not those to its own files.
pub(super) fn links(entities: Option<&Value>) -> Option<Value> {
    let urls = entities?.list("urls").iter();
    let urls = urls.filter(|url| url.get("media_key").is_none());
    let urls = urls.filter_map(|url| url.text(&["expanded_url"]));
    let urls = urls.filter(|url| url.len() <= LINK_BYTES).take(LINKS);
    let urls: Vec<Value> = urls.map(Value::from).collect();
    (!urls.is_empty()).then_some(Value::Array(urls))
}
