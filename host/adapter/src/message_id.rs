//! Message ids without personal data. A provider's id often has some: an id of
//! WhatsApp is base64 around the customer's number. The journal does not seal
//! ids, so an interaction carries a keyed hash of the provider's id instead.

use std::fmt;

use ring::hmac;
use zeroize::Zeroizing;

/// Separates these hashes from others under the same key; change it with every
/// change of how an id is made.
const DOMAIN: &[u8] = b"patchbay channels message id 1\0";
/// The same for names of conversations.
const CONVERSATION: &[u8] = b"patchbay channels conversation 1\0";
/// The same for keys of other purposes.
const DERIVED: &[u8] = b"patchbay channels key 1\0";
/// Bytes of the hash in an id.
const BYTES: usize = 16;

/// The key of a company from which its message ids are made. `Debug` hides it.
/// Another key gives other ids: what was delivered before is then a new message.
#[derive(Clone)]
pub struct CompanyKey(Zeroizing<[u8; 32]>);

impl CompanyKey {
    /// Uses these random bytes.
    pub fn new(bytes: [u8; 32]) -> CompanyKey {
        CompanyKey(Zeroizing::new(bytes))
    }

    /// A key for another purpose, which the parts name.
    pub fn derive(&self, purpose: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let mut hash = hmac::Context::with_key(&key);
        hash.update(DERIVED);
        for part in purpose {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut derived = Zeroizing::new([0; 32]);
        derived.copy_from_slice(hash.sign().as_ref());
        derived
    }
}

impl fmt::Debug for CompanyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CompanyKey(…)")
    }
}

/// Makes the message ids of one channel of a company.
#[derive(Clone)]
pub struct MessageIds {
    key: hmac::Key,
    channel: String,
}

impl MessageIds {
    /// Ids of this company and channel.
    pub fn new(key: &CompanyKey, channel: &str) -> MessageIds {
        MessageIds {
            key: hmac::Key::new(hmac::HMAC_SHA256, key.0.as_slice()),
            channel: channel.to_owned(),
        }
    }

    /// The id of a message: 32 hexadecimal digits, the same for the same account
    /// and provider's id. Edits, deletions, reactions, echoes, answers and
    /// statuses call it with the id of the message they refer to.
    pub fn id(&self, account: &str, provider_id: &str) -> String {
        self.hash(DOMAIN, account, &[provider_id])
    }

    /// The name of a conversation that belongs to several ids of the provider: a post
    /// and the person who writes below it. 32 hexadecimal digits.
    pub fn conversation(&self, account: &str, provider_ids: &[&str]) -> String {
        self.hash(CONVERSATION, account, provider_ids)
    }

    fn hash(&self, domain: &[u8], account: &str, provider_ids: &[&str]) -> String {
        let mut hash = hmac::Context::with_key(&self.key);
        hash.update(domain);
        for part in [self.channel.as_str(), account].iter().chain(provider_ids) {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let tag = hash.sign();
        let bytes = &tag.as_ref()[..BYTES];
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for MessageIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MessageIds").field(&self.channel).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(key: u8, account: &str, provider_id: &str) -> String {
        MessageIds::new(&CompanyKey::new([key; 32]), "whatsapp").id(account, provider_id)
    }

    /// Computed with Python's `hmac`.
    #[test]
    fn an_id_is_a_keyed_hash_of_channel_account_and_id() {
        let wamid = "wamid.HBgLMTY1MDM4Nzk0Mzk=";
        let expected = "7236a5e49cc1a7345a790ad355c6eff2";
        assert_eq!(id(7, "1122334455667", wamid), expected);
    }

    #[test]
    fn every_part_and_its_boundary_counts() {
        let one = id(1, "ab", "c");
        for other in [
            id(2, "ab", "c"),
            id(1, "a", "bc"),
            id(1, "abc", ""),
            id(1, "ab", "C"),
        ] {
            assert_ne!(one, other);
        }
        let ids = MessageIds::new(&CompanyKey::new([1; 32]), "whatsapp");
        assert_ne!(ids.conversation("ab", &["c"]), one);
        assert_ne!(
            ids.conversation("a", &["bc", "d"]),
            ids.conversation("a", &["b", "cd"])
        );
        let other_channel = MessageIds::new(&CompanyKey::new([1; 32]), "messenger").id("ab", "c");
        assert_ne!(one, other_channel);
    }
}
