//! Articles: of customers, of agents, of the system, and of Patchbay.

use jiff::Timestamp;
use patchbay_adapter::field::{Fields, cut};
use patchbay_adapter::media::{self, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::{InteractionKind, Item};
use patchbay_model::delivery_state::DeliveryState;
use patchbay_model::input::{ATTACHMENTS, NAME_BYTES};
use patchbay_model::interaction::Attachment;
use patchbay_text::mail;
use serde_json::Value;

use super::outbound::KEY_PREFERENCE;
use super::writer;
use super::{CHANNEL, Zammad};
use crate::desk_item::{DeskInteraction, own_message};
use crate::help_desk::number;
use crate::network;

/// A type of article and the code of its network.
const NETWORKS: &[(&str, &str)] = &[
    ("chat", "chat"),
    ("email", "email"),
    ("facebook feed comment", "facebook"),
    ("facebook feed post", "facebook"),
    ("phone", "phone"),
    ("sms", "sms"),
    ("telegram personal-message", "telegram"),
    ("twitter direct-message", "x-direct"),
    ("twitter status", "x"),
    ("web", "web"),
    ("whatsapp message", "whatsapp"),
];

/// Networks whose articles are mails, or answered by one.
const MAILS: [&str; 3] = ["email", "web", "phone"];

/// The code of a type of article.
fn network_of(kind: &str) -> Option<String> {
    let known = network::find(NETWORKS, kind);
    known.map(str::to_owned).or_else(|| network::as_code(kind))
}

/// The type of article of a network.
pub(super) fn kind_of(code: &str) -> Option<&'static str> {
    let mut kinds = NETWORKS.iter().filter(|(_, known)| *known == code);
    kinds.next().map(|(kind, _)| *kind)
}

/// An article with the ids that it needs.
pub(super) struct Article<'a> {
    adapter: &'a Zammad,
    ticket: &'a Value,
    article: &'a Value,
    thread: &'a str,
    id: &'a str,
    network: Option<String>,
}

impl<'a> Article<'a> {
    pub(super) fn new(
        adapter: &'a Zammad,
        delivery: &'a Value,
        thread: &'a str,
        id: &'a str,
    ) -> Article<'a> {
        let article = &delivery["article"];
        Article {
            adapter,
            ticket: &delivery["ticket"],
            article,
            thread,
            id,
            network: article.text(&["type"]).and_then(network_of),
        }
    }

    pub(super) fn item(&self) -> Item {
        let internal = self.article.get("internal").and_then(Value::as_bool);
        let author = self.article.id(&["created_by_id"]);
        let is_ours = author.as_deref() == Some(&*self.adapter.desk.user);
        let sender = match self.article.text(&["sender"]) {
            Some(sender) => sender,
            None => return Item::undecodable("article.sender", "is missing"),
        };
        match (sender, internal) {
            // A note never reaches the customer.
            (_, Some(true)) => Item::event(&["article", "internal"]),
            (_, _) if is_ours => self.own(),
            ("Customer", _) => self.interaction(InteractionKind::Message),
            // Whether the customer got it is not said.
            ("Agent", None) => Item::event(&["article", "unclear"]),
            // It may be one of Patchbay.
            ("Agent", _) if author.is_none() => Item::event(&["article", "unclear"]),
            ("Agent", _) if self.key().is_some() => self.own(),
            ("Agent", _) => self.interaction(InteractionKind::Echo),
            ("System", _) => Item::event(&["article", "system"]),
            _ => Item::event(&["article", "other"]),
        }
    }

    /// The key that Patchbay planted.
    fn key(&self) -> Option<&str> {
        self.article.text(&["preferences", KEY_PREFERENCE])
    }

    fn own(&self) -> Item {
        let state = (DeliveryState::Sent, None);
        match self.key() {
            Some(key) => own_message(&self.adapter.desk, self.id, key, state),
            None => Item::event(&["article", "own"]),
        }
    }

    fn interaction(&self, kind: InteractionKind) -> Item {
        let network = self.network.as_deref();
        let visibility = network::visibility(network);
        let is_echo = kind == InteractionKind::Echo;
        let customer = writer::customer(self.ticket, self.article, network, is_echo);
        let mut found = DeskInteraction::new(
            &self.adapter.desk,
            (kind, visibility),
            (self.id, self.thread),
            customer,
        );
        let created_at = self.article.text(&["created_at"]);
        let created_at: Option<Timestamp> = created_at.and_then(|at| at.parse().ok());
        found.interaction.received_at = created_at;
        found.interaction.attachments = self.files();
        found.interaction.automatic = self.article.flag(&["preferences", "is-auto-response"]);
        let text = self.article.text(&["body"]).unwrap_or_default();
        let media_type = self.article.text(&["content_type"]);
        let is_html = media_type.is_some_and(|it| it.starts_with("text/html"));
        match (is_html, network == Some("email") && !is_echo) {
            (true, true) => found.set_mail(mail::divide_html(text)),
            (false, true) => found.set_mail(mail::divide(text)),
            (true, false) => {
                let shown = mail::html_to_text(text);
                found.interaction.text = shown.text().trim().to_owned();
            }
            (false, false) => found.interaction.text = text.to_owned(),
        }
        let network = network.map(Value::from);
        found.attributes.set("network", network);
        let subject = self.article.text(&["subject"]);
        found.set_subject(subject.or_else(|| self.ticket.text(&["title"])));
        found.set_labels(self.ticket.get("tags"));
        let group = self.ticket.id(&["group_id"]);
        let group = group.map(|id| cut(&id, NAME_BYTES).into());
        found.attributes.set("group", group);
        found.into_item("article")
    }

    /// The files of an article. Their URLs need the token.
    fn files(&self) -> Vec<Attachment> {
        let files = self.article.list("attachments").iter().take(ATTACHMENTS);
        let files = files.map(|file| {
            let types = ["Content-Type", "Mime-Type"].into_iter();
            let mut types = types.filter_map(|name| file.text(&["preferences", name]));
            let media_type = types.next().map(|it| cut(it, NAME_BYTES));
            let name = file.text(&["filename"]).map(|name| cut(name, NAME_BYTES));
            let id = file.id(&["id"]).filter(|id| number(id).is_some());
            let account = &self.adapter.desk.account;
            Attachment {
                name: name.map(str::to_owned),
                media_type: media_type.map(str::to_owned),
                size: file.id(&["size"]).and_then(|size| size.parse().ok()),
                url: id.and_then(|id| {
                    media::reference(CHANNEL, account, &[self.thread, self.id, &id])
                }),
                ..media::bare(media::kind_of(media_type.unwrap_or_default()))
            }
        });
        files.collect()
    }
}

/// Whether replies on a network are mails.
pub(super) fn is_mail(network: &str) -> bool {
    MAILS.contains(&network)
}

/// The request for a file: ticket, article and file.
pub(super) fn file_request(adapter: &Zammad, file: &MediaReference) -> Option<MediaRequest> {
    let is_ours = file.account == adapter.desk.account;
    let parts: Vec<u64> = file.id.iter().filter_map(|part| number(part)).collect();
    let [ticket, article, id] = parts[..] else {
        return None;
    };
    let is_whole = is_ours && file.id.len() == parts.len();
    is_whole.then(|| {
        let base = &adapter.desk.base;
        MediaRequest::Content(ProviderQuery {
            url: format!("{base}/api/v1/ticket_attachment/{ticket}/{article}/{id}"),
            credential: Some(adapter.desk.credential.clone()),
        })
    })
}
