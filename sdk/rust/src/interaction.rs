use std::cell::OnceCell;

use crate::source::types;
use crate::{Attachment, Contact, Timestamp};

/// One inbound or outbound message, post, call or mention.
#[derive(Debug)]
pub struct Interaction {
    pub(crate) host: types::Interaction,
    text: OnceCell<String>,
}

impl Interaction {
    pub(crate) fn new(host: types::Interaction) -> Self {
        Self {
            host,
            text: OnceCell::new(),
        }
    }

    /// Identifier given by the channel; unique within company, channel
    /// and account. At most 256 bytes.
    pub fn id(&self) -> String {
        self.host.id()
    }

    /// Code of the channel: `x`, `facebook`, `instagram`, `whatsapp`,
    /// `messenger`, `telegram`, `sms`, `email`, `chat`, `phone`, `web`.
    /// The set grows, and a company may add its own.
    pub fn channel(&self) -> String {
        self.host.channel()
    }

    /// What was written, or the transcript of what was said; UTF-8, at
    /// most 64 KiB. Spans in answers are byte offsets into this text.
    ///
    /// Asked of the host once.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| self.host.text())
    }

    /// `inbound` (from the customer) or `outbound` (from the company).
    pub fn direction(&self) -> String {
        self.host.direction()
    }

    /// `public` (anyone may read it) or `private`.
    pub fn visibility(&self) -> String {
        self.host.visibility()
    }

    /// The company's account on the channel that was addressed; absent
    /// where there is only one.
    pub fn account(&self) -> Option<String> {
        self.host.account()
    }

    /// Language as the channel says (BCP 47); absent where it does not.
    pub fn language(&self) -> Option<String> {
        self.host.language()
    }

    /// When the channel received it; the moment of the decision where
    /// the channel did not say.
    pub fn received_at(&self) -> Timestamp {
        self.host.received_at()
    }

    /// Who wrote it.
    pub fn author(&self) -> Contact {
        Contact::new(self.host.author())
    }

    /// Identifier of the interaction this one answers; absent where it
    /// starts something.
    pub fn in_reply_to(&self) -> Option<String> {
        self.host.in_reply_to()
    }

    /// Files that came with it, in order; at most 32.
    pub fn attachments(&self) -> Vec<Attachment> {
        self.host
            .attachments()
            .into_iter()
            .map(Attachment::new)
            .collect()
    }

    /// Value of one extra attribute the channel or the integrator gave:
    /// a string as it is, anything else as JSON text. Absent where there
    /// is no such attribute.
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.host.attribute(name)
    }

    /// Names of all extra attributes, sorted; at most 64.
    pub fn attribute_names(&self) -> Vec<String> {
        self.host.attribute_names()
    }

    /// Whether anyone may read it.
    pub fn is_public(&self) -> bool {
        self.visibility() == "public"
    }

    /// Whether it came from the customer.
    pub fn is_inbound(&self) -> bool {
        self.direction() == "inbound"
    }
}
