use std::cell::OnceCell;

use crate::source::types;
use crate::{Assessment, Attachment, Conversation, Interaction};

/// A reply that has not gone out yet.
#[derive(Debug)]
pub struct Draft {
    pub(crate) host: types::Draft,
    text: OnceCell<String>,
}

impl Draft {
    pub(crate) fn new(host: types::Draft) -> Self {
        Self {
            host,
            text: OnceCell::new(),
        }
    }

    /// Identifier of the draft. At most 256 bytes.
    pub fn id(&self) -> String {
        self.host.id()
    }

    /// Code of the channel it would go out on.
    pub fn channel(&self) -> String {
        self.host.channel()
    }

    /// The text as it would be sent; UTF-8, at most 64 KiB.
    ///
    /// Asked of the host once.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| self.host.text())
    }

    /// `public` or `private`.
    pub fn visibility(&self) -> String {
        self.host.visibility()
    }

    /// `human` or `policy`: who wrote it. Some channels require this to
    /// be said.
    pub fn written_by(&self) -> String {
        self.host.written_by()
    }

    /// Agent who sends it; absent where a policy does, or unknown.
    pub fn agent(&self) -> Option<String> {
        self.host.agent()
    }

    /// Files that would go out with it, in order; at most 32.
    pub fn attachments(&self) -> Vec<Attachment> {
        let attachments = self.host.attachments().into_iter();
        attachments.map(Attachment::new).collect()
    }

    /// The interaction it answers; absent where it answers none.
    pub fn answers(&self) -> Option<Interaction> {
        self.host.answers().map(Interaction::new)
    }

    /// What the classifiers said of the interaction it answers; absent
    /// where it was not classified.
    pub fn assessment(&self) -> Option<Assessment> {
        self.host.assessment().map(Assessment::new)
    }

    /// Its conversation; absent where it starts one.
    pub fn conversation(&self) -> Option<Conversation> {
        self.host.conversation().map(Conversation::new)
    }

    /// Length by the channel's own counting: weighted characters on X
    /// (a URL counts 23, emoji and CJK 2), characters elsewhere.
    pub fn length(&self) -> u32 {
        self.host.length()
    }

    /// The most the channel takes, by the same counting; absent where it
    /// has no limit.
    pub fn length_limit(&self) -> Option<u32> {
        self.host.length_limit()
    }

    /// Whether the agent is still typing: such a check is advice, is not
    /// recorded and may not write state.
    pub fn composing(&self) -> bool {
        self.host.composing()
    }

    /// Whether anyone may read it.
    pub fn is_public(&self) -> bool {
        self.visibility() == "public"
    }
}
