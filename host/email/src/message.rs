//! From a mail to its item.

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::field::cut;
use patchbay_adapter::{
    Attributes, DecodedInteraction, InteractionKind, Item, VerifiedRequest, blank_interaction,
    media,
};
use patchbay_model::channel::Visibility;
use patchbay_model::input::{ATTACHMENTS, NAME_BYTES};
use patchbay_model::interaction::{Attachment, Author, Direction, Interaction};
use patchbay_model::{address, identifier};
use ring::digest;
use serde_json::Value;

use super::automatic::{self, AutomaticReason};
use super::body::Body;
use super::header::{Header, Mailbox};
use super::mime::Mail;
use super::own_id::TokenUse;
use super::recipient::{self, Recipient};
use super::{CHANNEL, Email, authentication, bounce, mailbox_poll};
use crate::mail_envelope;

/// Fields of which a mail has at least one.
const USUAL: [&str; 7] = [
    "from",
    "to",
    "date",
    "subject",
    "message-id",
    "received",
    "return-path",
];
/// How much older than the request the date of a mail may be: servers try to deliver
/// one for days.
const PAST: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How much newer it may be: clocks differ.
const FUTURE: SignedDuration = SignedDuration::from_mins(5);
/// Most bytes of a subject.
const SUBJECT_BYTES: usize = 1_000;
/// Most bytes of what is quoted. The rest is in the mail, which `original` names.
const QUOTED_BYTES: usize = 7 << 10;
/// Longest Message-ID that is kept.
const MESSAGE_ID_BYTES: usize = 998;
/// Most ids of earlier mails: the first and the last ones.
const REFERENCES: usize = 40;
/// Most further recipients.
const COPIES: usize = 20;

/// The items of a request: one.
pub(super) fn decode(adapter: &Email, request: &VerifiedRequest<'_>) -> Vec<Item> {
    if let Some(problem) = mailbox_poll::problem(request.request().url) {
        return vec![Item::undecodable("mail", &problem)];
    }
    let mail = Mail::read(request.body());
    if !mail.header.has_any(&USUAL) {
        let reason = "has no field of a mail; the body must be the whole mail (message/rfc822)";
        return vec![Item::undecodable("header", reason)];
    }
    let query = request.request().query();
    let to = recipient::find(&adapter.settings, &adapter.own, &mail.header, query);
    let return_path = mail_envelope::return_path(request.request());
    let at = written_at(&mail.header, signed_time(request));
    if let Some(item) = bounce::read(adapter, &mail, &to, at) {
        return vec![item];
    }
    let message_id = mail.header.ids("message-id").into_iter().next();
    if let Some(id) = &message_id
        && adapter.own.key(id).is_some()
    {
        // A copy of a reply, sent by this host.
        return vec![Item::event(&["own-message"])];
    }
    let message = Message {
        adapter,
        mail: &mail,
        to: &to,
        message_id: message_id.as_deref(),
        return_path: return_path.as_deref(),
    };
    vec![message.item(at)]
}

/// The time that the sender of the request signed.
fn signed_time(request: &VerifiedRequest<'_>) -> Option<Timestamp> {
    let headers = &request.request().headers;
    let value = |name| headers.only(name).ok().flatten();
    let seconds = value("webhook-timestamp").or_else(|| value("svix-timestamp"))?;
    Timestamp::from_second(seconds.parse().ok()?).ok()
}

/// The date of a mail, if it can be true.
fn written_at(header: &Header<'_>, now: Option<Timestamp>) -> Option<Timestamp> {
    let (date, now) = (header.time("date")?, now?);
    let age = now.duration_since(date);
    (age <= PAST && age >= -FUTURE).then_some(date)
}

struct Message<'m, 'a> {
    adapter: &'m Email,
    mail: &'m Mail<'a>,
    to: &'m Recipient,
    message_id: Option<&'m str>,
    /// Of the envelope, if the company's own mail server gave it.
    return_path: Option<&'m str>,
}

impl Message<'_, '_> {
    fn item(&self, at: Option<Timestamp>) -> Item {
        let (mail, settings) = (self.mail, &self.adapter.settings);
        let body = Body::read(mail);
        let from = first_mailbox(&mail.header, "from");
        let mut author = from.clone();
        let mut verified = from.address.as_deref().and_then(|address| {
            let domain = address.rsplit_once('@')?.1;
            authentication::is_authentic(settings, &mail.header, domain)
        });
        let is_own = from
            .address
            .as_deref()
            .is_some_and(|it| settings.account_of(it).is_some());
        // Any sender can write the company's address there.
        let is_echo = is_own && verified == Some(true);
        let reply_to = first_mailbox(&mail.header, "reply-to");
        let mut attributes = Attributes::default();
        let mut automatic =
            automatic::reason(settings, mail, self.return_path, from.address.as_deref());
        if is_echo {
            author = self.addressee();
            verified = None;
        } else if is_own {
            automatic = Some(AutomaticReason::OwnAddress);
        } else if settings.is_forwarder(from.address.as_deref()) && reply_to.address.is_some() {
            // A form: its mails come from the company's own server.
            attributes.set("forwarded_by", from.address.map(Value::from));
            author = reply_to;
            verified = None;
            automatic = automatic.filter(|it| *it == AutomaticReason::Report);
        } else if reply_to.address != author.address {
            attributes.set("reply_to", reply_to.address.map(Value::from));
        }

        let digest = self.digest(&body);
        let message_id = self.message_id.unwrap_or_default();
        let identity = self.id(&format!("{message_id}\n{digest}"));
        let mut interaction = Interaction {
            received_at: at,
            account: Some(self.to.account.clone()),
            automatic: automatic.is_some(),
            author: Author {
                address: author.address,
                name: author.name,
                reach: None,
                verified,
            },
            ..blank_interaction(identity, CHANNEL, Visibility::Private)
        };
        let original = media::reference(CHANNEL, &self.to.account, &[&interaction.id]);
        if is_echo {
            interaction.direction = Direction::Outbound;
        }
        self.set_attributes(&mut attributes, &body, &digest, automatic, original);
        self.set_thread(&mut attributes, &mut interaction);
        interaction.attachments = self.attachments(&mut attributes, &body, &interaction.id);
        interaction.text = body.text;
        interaction.attributes = attributes.into_map();
        let kind = match is_echo {
            true => InteractionKind::Echo,
            false => InteractionKind::Message,
        };
        let decoded = DecodedInteraction {
            kind,
            interaction,
            second_address: None,
            key: None,
        };
        decoded.into_item("mail")
    }

    /// A digest of who said what when, part of the id beside the Message-ID. So one mail
    /// on two ways has one id, and two mails with one Message-ID have two.
    fn digest(&self, body: &Body<'_, '_>) -> String {
        let header = &self.mail.header;
        let from = first_mailbox(header, "from").address.unwrap_or_default();
        let from = address::canonical(CHANNEL, &from);
        let date = header.raw("date").unwrap_or_default();
        let date: Vec<&str> = date.split_whitespace().collect();
        let subject = header.text("subject").unwrap_or_default();
        let subject: Vec<&str> = subject.split_whitespace().collect();
        let mut digest = digest::Context::new(&digest::SHA256);
        for part in [
            from.as_bytes(),
            date.join(" ").as_bytes(),
            subject.join(" ").as_bytes(),
            &body.digest,
        ] {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let digest = digest.finish();
        let bytes = digest.as_ref().iter();
        bytes.map(|byte| format!("{byte:02x}")).collect()
    }

    fn id(&self, provider_id: &str) -> String {
        self.adapter.ids.id(&self.to.account, provider_id)
    }

    /// Who got a mail of the company.
    fn addressee(&self) -> Mailbox {
        let settings = &self.adapter.settings;
        let fields = ["to", "cc"].into_iter();
        let mut others = fields
            .flat_map(|field| self.mail.header.mailboxes(field))
            .filter(|it| {
                let address = it.address.as_deref();
                address.is_some_and(|it| settings.account_of(it).is_none())
            });
        others.next().map_or(EMPTY, clean)
    }

    fn set_attributes(
        &self,
        attributes: &mut Attributes,
        body: &Body<'_, '_>,
        digest: &str,
        automatic: Option<AutomaticReason>,
        original: Option<String>,
    ) {
        let header = &self.mail.header;
        let mut text =
            |name: &str, value: Option<&str>| attributes.set(name, value.map(Value::from));
        // A mail without a Message-ID has none that an answer could name.
        let message_id = self.message_id.filter(|id| id.len() <= MESSAGE_ID_BYTES);
        text("provider_id", Some(message_id.unwrap_or(digest)));
        text("original", original.as_deref());
        text(
            "subject",
            header
                .text("subject")
                .as_deref()
                .map(|it| cut(it, SUBJECT_BYTES)),
        );
        text("automatic_reason", automatic.map(AutomaticReason::as_str));
        text(
            "address_tag",
            self.to.tag.as_deref().map(|it| cut(it, NAME_BYTES)),
        );
        let list = header.text("x-original-from");
        text(
            "original_from",
            list.as_deref().map(|it| cut(it, NAME_BYTES)),
        );
        let mut flag = |name: &str, is: bool| attributes.set(name, is.then(|| true.into()));
        flag("suppresses_answers", automatic::suppresses_answers(header));
        flag("parts_left_out", self.mail.is_cut);
        let mut count =
            |name: &str, value: Option<usize>| attributes.set(name, value.map(Value::from));
        count("whole_bytes", body.whole_bytes);
        count("decorations", Some(body.decorations).filter(|it| *it > 0));
        let quoted = cut(&body.quoted, QUOTED_BYTES);
        count(
            "quoted_bytes",
            (quoted.len() < body.quoted.len()).then_some(body.quoted.len()),
        );
        attributes.set("quoted", (!quoted.is_empty()).then(|| quoted.into()));
        let copies = header.mailboxes("cc").into_iter().map(clean);
        let copies: Vec<Value> = copies
            .filter_map(|it| it.address)
            .take(COPIES)
            .map(Value::from)
            .collect();
        attributes.set("cc", (!copies.is_empty()).then_some(Value::Array(copies)));
    }

    /// What the mail answers. A forwarded mail answers only what the company sent.
    fn set_thread(&self, attributes: &mut Attributes, interaction: &mut Interaction) {
        let header = &self.mail.header;
        let answered = header.ids("in-reply-to");
        let references = header.ids("references");
        let is_own = |id: &&String| self.adapter.own.key(id).is_some();
        let token = match &self.to.token {
            Some(token) if token.used == TokenUse::Reply => {
                Some(self.adapter.own.message_id(&token.key))
            }
            _ => None,
        };
        let own = answered
            .iter()
            .find(is_own)
            .or_else(|| references.iter().rev().find(is_own));
        let is_forwarded =
            header.text("subject").is_some_and(|it| is_forward(&it)) && own.is_none();
        let other = answered
            .first()
            .or(references.last())
            .filter(|_| !is_forwarded);
        let id = token.or_else(|| own.or(other).cloned());
        interaction.in_reply_to = id.map(|id| self.id(&id));
        attributes.set("forwarded", is_forwarded.then(|| true.into()));
        // By this, later mails refer to this one.
        attributes.set("message_ref", self.message_id.map(|id| self.id(id).into()));
        let first = references.len().saturating_sub(REFERENCES - 1);
        let kept = references
            .iter()
            .take(first.min(1))
            .chain(&references[first..]);
        let kept: Vec<Value> = kept.map(|id| self.id(id).into()).collect();
        attributes.set(
            "references",
            (!kept.is_empty()).then_some(Value::Array(kept)),
        );
    }

    fn attachments(
        &self,
        attributes: &mut Attributes,
        body: &Body<'_, '_>,
        id: &str,
    ) -> Vec<Attachment> {
        let all = body.files.len();
        attributes.set("files", (all > ATTACHMENTS).then(|| all.into()));
        let files = body.files.iter().take(ATTACHMENTS);
        files
            .map(|file| Attachment {
                kind: file.part.kind().to_owned(),
                name: file.part.name.clone(),
                media_type: Some(file.part.media_type.clone()),
                size: Some(file.size as u64),
                url: media::reference(CHANNEL, &self.to.account, &[id, &file.part.number]),
            })
            .collect()
    }
}

const EMPTY: Mailbox = Mailbox {
    name: None,
    address: None,
};

fn first_mailbox(header: &Header<'_>, field: &str) -> Mailbox {
    let mut mailboxes = header.mailboxes(field).into_iter();
    mailboxes.next().map_or(EMPTY, clean)
}

/// A mailbox within the limits, the domain of its address in lower case. An address
/// that can be none is left out.
fn clean(mailbox: Mailbox) -> Mailbox {
    let address = mailbox
        .address
        .map(|address| match address.rsplit_once('@') {
            Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
            None => address,
        });
    let is_one = |it: &String| it.len() <= NAME_BYTES && identifier::problem(it).is_none();
    Mailbox {
        name: mailbox.name.map(|name| cut(&name, NAME_BYTES).to_owned()),
        address: address.filter(is_one),
    }
}

/// Whether a subject begins as that of a forwarded mail.
fn is_forward(subject: &str) -> bool {
    let start = subject.trim_start().to_lowercase();
    let prefixes = ["fwd:", "fw:", "wg:", "tr:", "rv:", "enc:", "doorst:"];
    prefixes.iter().any(|prefix| start.starts_with(prefix))
}
