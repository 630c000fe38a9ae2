use crate::codes::{Channel, Direction, Visibility};
use crate::handle::handle;
use crate::source::types;
use crate::{Attachment, Contact, Timestamp};

handle! {
    /// One inbound or outbound message, post, call or mention.
    Interaction of types::Interaction, text: String {
        /// Identifier given by the channel; unique within company, channel and account. At most
        /// 256 bytes.
        get id: String;
        /// Its channel.
        get channel: Channel;
        /// Whether it came in or went out.
        get direction: Direction;
        /// Who may read it.
        get visibility: Visibility;
        /// The company's account that was addressed; absent where there is only one.
        maybe account: String;
        /// Language given by the channel (BCP 47); absent where it gave none.
        maybe language: String;
        /// When the channel received it; the time of the decision where the channel does not tell.
        get received_at: Timestamp;
        /// Who wrote it.
        get author: Contact;
        /// Identifier of the interaction this one answers; absent where it answers none.
        maybe in_reply_to: String;
        /// Files that came with it, in order; at most 32.
        list attachments: Attachment;
        /// Names of all extra attributes, sorted; at most 64.
        list attribute_names: String;
    }
}

impl Interaction {
    /// What was written, or the transcript of a call; UTF-8, at most 64 KiB. Spans in answers are
    /// byte offsets into this text. Only the first call reaches the host.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| self.host.text())
    }

    /// Value of an extra attribute the channel or the integrator set: a string as it is, any other
    /// value as JSON text. Absent where there is no such attribute.
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.host.attribute(name)
    }

    /// Whether anyone may read it.
    pub fn is_public(&self) -> bool {
        self.visibility() == Visibility::Public
    }

    /// Whether it came from the customer.
    pub fn is_inbound(&self) -> bool {
        self.direction() == Direction::Inbound
    }
}
