//! Personal data, readable only while its contact's key exists.
//!
//! A contact has a random key, stored wrapped under keys made from the master
//! key, which lies outside the database. Destroying the wrapped key makes
//! everything sealed with it unreadable, wherever copies of it are.

mod key_file;

use blake3::Hasher;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::id::{CompanyId, ContactId};

pub(crate) use key_file::{MasterKey, make_private, random, sync_directory};

/// Length of a wrapped key: nonce, key, tag.
pub(crate) const WRAPPED_BYTES: usize = NONCE_BYTES + 32 + TAG_BYTES;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// First byte of everything sealed; another layout gets another number.
const LAYOUT: u8 = 1;
/// Bytes before the ciphertext: layout, purpose, nonce.
const HEAD_BYTES: usize = 2 + NONCE_BYTES;

/// What sealed bytes are for. Bytes sealed for one purpose open for no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The body of an arrival.
    Message,
    /// The sealed part of an entry.
    Entry,
    /// What goes out.
    Outbox,
    /// An address of the contact.
    Address,
    /// Anything personal in a conversation's snapshot.
    Snapshot,
}

impl Purpose {
    const fn code(self) -> u8 {
        match self {
            Purpose::Message => 1,
            Purpose::Entry => 2,
            Purpose::Outbox => 3,
            Purpose::Address => 4,
            Purpose::Snapshot => 5,
        }
    }
}

/// Why sealed bytes did not open: whichever it was, the answer is the same.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// The key of one contact, unwrapped.
pub(crate) struct ContactKey {
    seal: Zeroizing<[u8; 32]>,
    nonce: Zeroizing<[u8; 32]>,
}

/// Whose a key is; bound into everything made with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Person {
    pub(crate) company: CompanyId,
    pub(crate) contact: ContactId,
}

impl Person {
    fn bound(self, first: [u8; 2]) -> [u8; 22] {
        let mut bound = [0; 22];
        bound[..2].copy_from_slice(&first);
        bound[2..6].copy_from_slice(&self.company.0.to_le_bytes());
        bound[6..].copy_from_slice(&self.contact.0);
        bound
    }
}

/// What is made from the master key.
pub(crate) struct Vault {
    wrap: Zeroizing<[u8; 32]>,
    address: Zeroizing<[u8; 32]>,
    digest: Zeroizing<[u8; 32]>,
    check: [u8; 16],
}

impl Vault {
    pub(crate) fn new(master: &MasterKey) -> Vault {
        let derived =
            |context| Zeroizing::new(blake3::derive_key(context, master.bytes().as_slice()));
        let mut check = [0; 16];
        check.copy_from_slice(&derived("patchbay journal 2026 key check")[..16]);
        Vault {
            wrap: derived("patchbay journal 2026 wrapping of contact keys"),
            address: derived("patchbay journal 2026 hash of addresses"),
            digest: derived("patchbay journal 2026 digest of bodies"),
            check,
        }
    }

    /// Tells master keys apart; kept in the database.
    pub(crate) fn check(&self) -> &[u8; 16] {
        &self.check
    }

    /// What an address is found by.
    pub(crate) fn address_hash(
        &self,
        company: CompanyId,
        channel: &str,
        address: &str,
    ) -> [u8; 32] {
        *Hasher::new_keyed(&self.address)
            .update(&company.0.to_le_bytes())
            .update(&(channel.len() as u64).to_le_bytes())
            .update(channel.as_bytes())
            .update(address.as_bytes())
            .finalize()
            .as_bytes()
    }

    /// The id of the contact made at first sight of an address: the same in
    /// every process, so that two at once make one contact. `erased` counts
    /// those of this address that were erased.
    pub(crate) fn contact_id(&self, address_hash: &[u8; 32], erased: u32) -> ContactId {
        let hash = Hasher::new_keyed(&self.address)
            .update(b"contact")
            .update(&erased.to_le_bytes())
            .update(address_hash)
            .finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_bytes()[..16]);
        ContactId(id)
    }

    /// A digest nobody without the master key can test guesses against.
    pub(crate) fn digest(&self, class: u8, digest: &[u8; 32]) -> [u8; 32] {
        *Hasher::new_keyed(&self.digest)
            .update(&[class])
            .update(digest)
            .finalize()
            .as_bytes()
    }

    /// A fresh key for a contact, as it is stored.
    pub(crate) fn new_key(&self, person: Person) -> std::io::Result<[u8; WRAPPED_BYTES]> {
        let key = Zeroizing::new(random::<32>()?);
        let nonce = random::<NONCE_BYTES>()?;
        let bound = person.bound([LAYOUT, 0]);
        let payload = Payload {
            msg: key.as_slice(),
            aad: &bound,
        };
        let sealed = cipher(&self.wrap)
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| std::io::Error::other("a key could not be wrapped"))?;
        let mut wrapped = [0; WRAPPED_BYTES];
        wrapped[..NONCE_BYTES].copy_from_slice(&nonce);
        wrapped[NONCE_BYTES..].copy_from_slice(&sealed);
        Ok(wrapped)
    }

    pub(crate) fn unwrap_key(&self, person: Person, wrapped: &[u8]) -> Result<ContactKey, Broken> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_BYTES>().ok_or(Broken)?;
        let bound = person.bound([LAYOUT, 0]);
        let payload = Payload {
            msg: sealed,
            aad: &bound,
        };
        let key = cipher(&self.wrap)
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| Broken)?;
        let derived = |context| Zeroizing::new(blake3::derive_key(context, &key));
        Ok(ContactKey {
            seal: derived("patchbay journal 2026 sealing"),
            nonce: derived("patchbay journal 2026 nonces"),
        })
    }
}

impl ContactKey {
    /// Seal bytes. The nonce is a keyed hash of what is sealed: sealing again
    /// gives the same bytes, and no two texts ever share a nonce. Who reads the
    /// store can thus tell that a contact sent the same text twice, and nothing
    /// else.
    pub(crate) fn seal(
        &self,
        person: Person,
        purpose: Purpose,
        plain: &[u8],
    ) -> Result<Vec<u8>, Broken> {
        let bound = person.bound([LAYOUT, purpose.code()]);
        let hash = Hasher::new_keyed(&self.nonce)
            .update(&bound)
            .update(plain)
            .finalize();
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&hash.as_bytes()[..NONCE_BYTES]);
        let payload = Payload {
            msg: plain,
            aad: &bound,
        };
        let mut sealed = Vec::with_capacity(HEAD_BYTES + plain.len() + TAG_BYTES);
        sealed.extend_from_slice(&[LAYOUT, purpose.code()]);
        sealed.extend_from_slice(&nonce);
        let text = cipher(&self.seal)
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Broken)?;
        sealed.extend_from_slice(&text);
        Ok(sealed)
    }

    pub(crate) fn open(
        &self,
        person: Person,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, Broken> {
        let (head, text) = sealed.split_first_chunk::<HEAD_BYTES>().ok_or(Broken)?;
        let (first, nonce) = head.split_first_chunk::<2>().ok_or(Broken)?;
        let nonce = <[u8; NONCE_BYTES]>::try_from(nonce).map_err(|_| Broken)?;
        let bound = person.bound([LAYOUT, purpose.code()]);
        if first[..] != bound[..2] {
            return Err(Broken);
        }
        let payload = Payload {
            msg: text,
            aad: &bound,
        };
        cipher(&self.seal)
            .decrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Broken)
    }
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}

#[cfg(test)]
mod tests;
