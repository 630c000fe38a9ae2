use crate::codes::{Channel, Visibility, WrittenBy};
use crate::handle::handle;
use crate::source::types;
use crate::{Assessment, Attachment, Conversation, Interaction};

handle! {
    /// A reply that has not gone out yet.
    Draft of types::Draft, text: String {
        /// Identifier. At most 256 bytes.
        get id: String;
        /// Channel it would go out on.
        get channel: Channel;
        /// Who would be able to read it.
        get visibility: Visibility;
        /// Who wrote it. Some channels require a reply to tell.
        get written_by: WrittenBy;
        /// Agent who sends it; absent where a policy does, or unknown.
        maybe agent: String;
        /// Files that would go out with it, in order; at most 32.
        list attachments: Attachment;
        /// The interaction it answers; absent where it answers none.
        maybe answers: Interaction;
        /// Classification of the interaction it answers; absent where that was not classified.
        maybe assessment: Assessment;
        /// Its conversation; absent where it starts one.
        maybe conversation: Conversation;
        /// Length as the channel counts: weighted characters on X (a URL counts 23, emoji and CJK
        /// 2), characters elsewhere.
        get length: u32;
        /// Maximum length on the channel, counted the same way; absent where there is none.
        maybe length_limit: u32;
        /// Whether the agent is still typing. Such a check is advice: the host does not record it,
        /// and denies writes of state.
        get composing: bool;
    }
}

impl Draft {
    /// The text as it would be sent; UTF-8, at most 64 KiB. Only the first call reaches the host.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| self.host.text())
    }

    /// Whether anyone will be able to read it.
    pub fn is_public(&self) -> bool {
        self.visibility() == Visibility::Public
    }
}
