//! Schemes that sign the body alone: one row each.

use super::Rejection;
use super::mac::Hash;
use super::signature::Spelling;
use crate::request::InboundRequest;
use crate::secret::Secrets;

/// A header with the code of the body.
#[derive(Clone, Copy, Debug)]
pub(super) struct BodySignature {
    header: &'static str,
    prefix: &'static str,
    hash: Hash,
    spelling: Spelling,
}

macro_rules! rows {
    ($( $name:ident: $header:literal, $prefix:literal, $hash:ident, $spelling:ident; )+) => {
        $( pub(super) const $name: BodySignature = BodySignature {
            header: $header,
            prefix: $prefix,
            hash: Hash::$hash,
            spelling: Spelling::$spelling,
        }; )+
    };
}

rows! {
    META: "x-hub-signature-256", "sha256=", Sha256, Hex;
    X: "x-twitter-webhooks-signature", "sha256=", Sha256, Base64;
    LINE: "x-line-signature", "", Sha256, Base64;
    VIBER: "x-viber-content-signature", "", Sha256, Hex;
    DISCOURSE: "x-discourse-event-signature", "sha256=", Sha256, Hex;
    ZAMMAD: "x-hub-signature", "sha1=", Sha1, Hex;
}

impl BodySignature {
    pub(super) fn verify(
        &self,
        request: &InboundRequest<'_>,
        secrets: &Secrets,
    ) -> Result<(), Rejection> {
        let value = request.headers.required(self.header)?;
        let text = value.strip_prefix(self.prefix);
        let text = text.ok_or(Rejection::Malformed)?;
        let given = self.spelling.read(text, self.hash.bytes())?;
        self.hash.check(secrets, &[request.body], &given)
    }
}
