use crate::codes::AttachmentKind;
use crate::handle::handle;
use crate::source::types;

handle! {
    /// A file that came with an interaction or goes out with a draft. Policies never get its
    /// content.
    Attachment of types::Attachment {
        /// Its kind.
        get kind: AttachmentKind;
        /// File name given by the channel; absent where it gave none.
        maybe name: String;
        /// Media type (RFC 6838), for example `image/png`; absent where unknown.
        maybe media_type: String;
        /// Size in bytes; absent where unknown.
        maybe size: u64;
    }
}
