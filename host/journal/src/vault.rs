//! Keys and encryption of personal data.
//!
//! A contact has a random key, stored wrapped under a key derived from the
//! master key, which is outside the database. Destroying the wrapped key makes
//! everything sealed with it unreadable, copies included. What belongs to no
//! contact is sealed under a key of its company.

mod company_key;
mod key_file;

use blake3::Hasher;
use chacha20poly1305::aead::{Aead, AeadInOut, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::{CompanyId, ContactId, Purpose};

pub use key_file::{
    MasterKey, create_private_file, ensure_private_directory, random, sync_directory,
};

/// Length of a wrapped key: nonce, key, tag.
pub const WRAPPED_BYTES: usize = NONCE_BYTES + 32 + TAG_BYTES;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// First byte of sealed bytes: version of their layout.
const LAYOUT: u8 = 1;
/// Bytes before the ciphertext: layout, purpose, nonce.
const HEAD_BYTES: usize = 2 + NONCE_BYTES;

/// Sealed bytes do not open. The reason is not told apart.
#[derive(Debug, PartialEq, Eq)]
pub struct NotAuthentic;

/// The key of one contact, unwrapped.
pub struct ContactKey(SealingKeys);

/// What one key seals with.
struct SealingKeys {
    seal: Zeroizing<[u8; 32]>,
    nonce: Zeroizing<[u8; 32]>,
}

/// Owner of a contact key; authenticated with everything sealed under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Person {
    /// The company whose contact it is.
    pub company: CompanyId,
    /// The contact.
    pub contact: ContactId,
}

impl Person {
    /// Associated data of the cipher.
    fn associated_data(self, first: [u8; 2]) -> [u8; 22] {
        let mut data = [0; 22];
        data[..2].copy_from_slice(&first);
        data[2..6].copy_from_slice(&self.company.0.to_le_bytes());
        data[6..].copy_from_slice(&self.contact.0);
        data
    }
}

/// Keys derived from the master key.
pub struct Vault {
    wrap: Zeroizing<[u8; 32]>,
    address: Zeroizing<[u8; 32]>,
    digest: Zeroizing<[u8; 32]>,
    companies: Zeroizing<[u8; 32]>,
    check: [u8; 16],
}

impl Vault {
    /// Derives the keys.
    pub fn new(master: &MasterKey) -> Vault {
        let derived =
            |context| Zeroizing::new(blake3::derive_key(context, master.bytes().as_slice()));
        let mut check = [0; 16];
        check.copy_from_slice(&derived("patchbay journal 2026 key check")[..16]);
        Vault {
            wrap: derived("patchbay journal 2026 wrapping of contact keys"),
            address: derived("patchbay journal 2026 hash of addresses"),
            digest: derived("patchbay journal 2026 digest of bodies"),
            companies: derived("patchbay journal 2026 keys of companies"),
            check,
        }
    }

    /// Identifies the master key; stored in the database.
    pub fn check(&self) -> &[u8; 16] {
        &self.check
    }

    /// Keyed hash under which an address is stored.
    pub fn address_hash(&self, company: CompanyId, channel: &str, address: &str) -> [u8; 32] {
        *Hasher::new_keyed(&self.address)
            .update(&company.0.to_le_bytes())
            .update(&(channel.len() as u64).to_le_bytes())
            .update(channel.as_bytes())
            .update(address.as_bytes())
            .finalize()
            .as_bytes()
    }

    /// Id of the contact created for an address: the same in every process, so
    /// that simultaneous callers create one contact. `erased` counts the
    /// erased contacts of this address.
    pub fn contact_id(&self, address_hash: &[u8; 32], erased: u32) -> ContactId {
        let hash = Hasher::new_keyed(&self.address)
            .update(b"contact")
            .update(&erased.to_le_bytes())
            .update(address_hash)
            .finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&hash.as_bytes()[..16]);
        ContactId(id)
    }

    /// Keyed digest: guesses cannot be tested without the master key.
    pub fn digest(&self, class: u8, digest: &[u8; 32]) -> [u8; 32] {
        *Hasher::new_keyed(&self.digest)
            .update(&[class])
            .update(digest)
            .finalize()
            .as_bytes()
    }

    /// A new random key for a contact, and the key wrapped for storage.
    pub fn new_key(&self, person: Person) -> std::io::Result<(ContactKey, [u8; WRAPPED_BYTES])> {
        let key = Zeroizing::new(random::<32>()?);
        let nonce = random::<NONCE_BYTES>()?;
        let data = person.associated_data([LAYOUT, 0]);
        let sealed = encrypt(&self.wrap, nonce, key.as_slice(), &data)
            .map_err(|_| std::io::Error::other("cannot wrap a contact key"))?;
        let mut wrapped = [0; WRAPPED_BYTES];
        wrapped[..NONCE_BYTES].copy_from_slice(&nonce);
        wrapped[NONCE_BYTES..].copy_from_slice(&sealed);
        Ok((ContactKey(SealingKeys::derive(&key[..])), wrapped))
    }

    /// The key of a contact from its wrapped form.
    ///
    /// # Errors
    /// The bytes were not wrapped for this contact by this master key.
    pub fn unwrap_key(&self, person: Person, wrapped: &[u8]) -> Result<ContactKey, NotAuthentic> {
        let (nonce, sealed) = wrapped
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(NotAuthentic)?;
        let data = person.associated_data([LAYOUT, 0]);
        let key = Zeroizing::new(decrypt(&self.wrap, *nonce, sealed, &data)?);
        Ok(ContactKey(SealingKeys::derive(&key)))
    }
}

impl ContactKey {
    /// Seals bytes for a purpose.
    ///
    /// # Errors
    /// The cipher takes no more bytes than 256 GiB.
    pub fn seal(
        &self,
        person: Person,
        purpose: Purpose,
        plain: &[u8],
    ) -> Result<Vec<u8>, NotAuthentic> {
        let data = person.associated_data([LAYOUT, purpose as u8]);
        self.0.seal(&data, plain)
    }

    /// Opens bytes.
    ///
    /// # Errors
    /// They were not sealed for this contact and purpose.
    pub fn open(
        &self,
        person: Person,
        purpose: Purpose,
        sealed: &[u8],
    ) -> Result<Vec<u8>, NotAuthentic> {
        let data = person.associated_data([LAYOUT, purpose as u8]);
        self.0.open(&data, sealed)
    }
}

impl SealingKeys {
    fn derive(key: &[u8]) -> SealingKeys {
        let derived = |context| Zeroizing::new(blake3::derive_key(context, key));
        SealingKeys {
            seal: derived("patchbay journal 2026 sealing"),
            nonce: derived("patchbay journal 2026 nonces"),
        }
    }

    /// Seal bytes; `data` is authenticated with them and starts with layout and
    /// purpose. The nonce is a keyed hash of the plain text: sealing again gives
    /// the same bytes, and two texts never share a nonce. A reader of the store
    /// learns only that an owner sealed the same text twice.
    fn seal(&self, data: &[u8], plain: &[u8]) -> Result<Vec<u8>, NotAuthentic> {
        let nonce = self.nonce(data, plain);
        let mut sealed = Vec::with_capacity(HEAD_BYTES + plain.len() + TAG_BYTES);
        sealed.extend_from_slice(&data[..2]);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        self.encrypt(data, nonce, sealed)
    }

    /// [`SealingKeys::seal`] in the memory of the plain text, which may be long.
    fn seal_in_place(&self, data: &[u8], plain: Vec<u8>) -> Result<Vec<u8>, NotAuthentic> {
        let nonce = self.nonce(data, &plain);
        let (text, mut sealed) = (plain.len(), plain);
        sealed.reserve_exact(HEAD_BYTES + TAG_BYTES);
        sealed.resize(HEAD_BYTES + text, 0);
        sealed.copy_within(..text, HEAD_BYTES);
        sealed[..2].copy_from_slice(&data[..2]);
        sealed[2..HEAD_BYTES].copy_from_slice(&nonce);
        self.encrypt(data, nonce, sealed)
    }

    fn nonce(&self, data: &[u8], plain: &[u8]) -> Nonce {
        let mut hasher = Hasher::new_keyed(&self.nonce);
        let hash = hasher.update(data).update(plain).finalize();
        let mut nonce = [0; NONCE_BYTES];
        nonce.copy_from_slice(&hash.as_bytes()[..NONCE_BYTES]);
        nonce
    }

    /// Encrypts what follows the head, and appends the tag.
    fn encrypt(
        &self,
        data: &[u8],
        nonce: Nonce,
        mut sealed: Vec<u8>,
    ) -> Result<Vec<u8>, NotAuthentic> {
        let cipher = XChaCha20Poly1305::new(&Key::from(*self.seal));
        let text = (&mut sealed[HEAD_BYTES..]).into();
        let tag = cipher.encrypt_inout_detached(&XNonce::from(nonce), data, text);
        sealed.extend_from_slice(&tag.map_err(|_| NotAuthentic)?);
        Ok(sealed)
    }

    fn open(&self, data: &[u8], sealed: &[u8]) -> Result<Vec<u8>, NotAuthentic> {
        let (head, text) = sealed
            .split_first_chunk::<HEAD_BYTES>()
            .ok_or(NotAuthentic)?;
        let (first, nonce) = head.split_first_chunk::<2>().ok_or(NotAuthentic)?;
        let nonce = <[u8; NONCE_BYTES]>::try_from(nonce).map_err(|_| NotAuthentic)?;
        if first[..] != data[..2] {
            return Err(NotAuthentic);
        }
        decrypt(&self.seal, nonce, text, data)
    }
}

type Nonce = [u8; NONCE_BYTES];

fn encrypt(key: &[u8; 32], nonce: Nonce, msg: &[u8], aad: &[u8]) -> Result<Vec<u8>, NotAuthentic> {
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg, aad });
    sealed.map_err(|_| NotAuthentic)
}

fn decrypt(key: &[u8; 32], nonce: Nonce, msg: &[u8], aad: &[u8]) -> Result<Vec<u8>, NotAuthentic> {
    let cipher = XChaCha20Poly1305::new(&Key::from(*key));
    let plain = cipher.decrypt(&XNonce::from(nonce), Payload { msg, aad });
    plain.map_err(|_| NotAuthentic)
}

#[cfg(test)]
mod tests;
