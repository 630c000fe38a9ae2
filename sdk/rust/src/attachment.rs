use crate::source::types;

/// A file, picture or voice message that came with an interaction, or would go
/// out with a draft. The content itself is never given to a policy.
#[derive(Debug)]
pub struct Attachment {
    pub(crate) host: types::Attachment,
}

impl Attachment {
    pub(crate) fn new(host: types::Attachment) -> Self {
        Self { host }
    }

    /// Code of the kind: `image`, `video`, `audio`, `document`,
    /// `location`, `other`. The set grows.
    pub fn kind(&self) -> String {
        self.host.kind()
    }

    /// File name as the channel gave it; absent where it gave none.
    pub fn name(&self) -> Option<String> {
        self.host.name()
    }

    /// Media type (RFC 6838), for example `image/png`; absent where unknown.
    pub fn media_type(&self) -> Option<String> {
        self.host.media_type()
    }

    /// Size in bytes; absent where unknown.
    pub fn size(&self) -> Option<u64> {
        self.host.size()
    }
}
