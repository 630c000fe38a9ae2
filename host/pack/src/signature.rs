//! Signatures in the format of [minisign](https://jedisct1.github.io/minisign/): Ed25519 over the
//! BLAKE2b hash of a pack's image manifest. The `minisign` tool verifies and makes them too.

use std::fmt;
use std::io::Cursor;

use minisign::{KeyPair, PublicKeyBox, SecretKeyBox, SignatureBox};
use thiserror::Error;

/// Number of a key: what signatures name their key by. Written as minisign does, 16 hexadecimal
/// digits in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(u64);

impl KeyId {
    fn of(bytes: &[u8]) -> KeyId {
        let mut id = [0; 8];
        for (to, from) in id.iter_mut().zip(bytes) {
            *to = *from;
        }
        KeyId(u64::from_le_bytes(id))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016X}", self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a key or a signature cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SignatureError {
    /// A public key is not one of minisign.
    #[error("it is not a public key of minisign: {0}")]
    PublicKey(String),
    /// A secret key cannot be read with this password.
    #[error("the secret key cannot be read: {0}")]
    SecretKey(String),
    /// A public key is given where a secret key is needed.
    #[error(
        "it is a public key; signing needs the secret key, whose file `patchbay keys new` calls NAME.key"
    )]
    PublicGiven,
    /// A secret key is given where a public key is needed.
    #[error(
        "it is a secret key, which only its owner needs; give the public key, whose file `patchbay keys new` calls NAME.pub"
    )]
    SecretGiven,
    /// A signature is not one of minisign.
    #[error("it is not a signature of minisign: {0}")]
    Malformed(String),
    /// A signature of an early version of minisign, over the bytes instead of their hash.
    #[error("it is a legacy signature; sign with minisign 0.10 or newer, or with `-H`")]
    Legacy,
    /// The key did not make the signature of these bytes.
    #[error("the signature by key {0} does not fit: the pack or the signature was changed")]
    DoesNotFit(KeyId),
    /// The random number generator of the system failed.
    #[error("cannot sign: {0}")]
    Sign(String),
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(minisign::PublicKey);

impl PublicKey {
    /// Reads the file of a public key, or the key alone: its second line.
    ///
    /// # Errors
    /// [`SignatureError::PublicKey`].
    pub fn parse(text: &str) -> Result<PublicKey, SignatureError> {
        let text = text.trim();
        if is_secret(text) {
            return Err(SignatureError::SecretGiven);
        }
        let key = match text.contains('\n') {
            true => PublicKeyBox::from_string(text).and_then(PublicKeyBox::into_public_key),
            false => minisign::PublicKey::from_base64(text),
        };
        key.map(PublicKey)
            .map_err(|error| SignatureError::PublicKey(error.to_string()))
    }

    /// Its number.
    pub fn id(&self) -> KeyId {
        KeyId::of(self.0.keynum())
    }

    /// The key alone: 56 characters of base64.
    pub fn to_base64(&self) -> String {
        self.0.to_base64()
    }

    /// Checks a signature of these bytes.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn verify(&self, signature: &Signature, bytes: &[u8]) -> Result<(), SignatureError> {
        if !signature.0.is_prehashed() {
            return Err(SignatureError::Legacy);
        }
        minisign::verify(
            &self.0,
            &signature.0,
            Cursor::new(bytes),
            true,
            false,
            false,
        )
        .map_err(|_| SignatureError::DoesNotFit(signature.key()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

/// A signature.
#[derive(Clone)]
pub struct Signature(SignatureBox);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", self.key())
    }
}

impl Signature {
    /// Reads the text of a signature.
    ///
    /// # Errors
    /// [`SignatureError::Malformed`].
    pub fn parse(text: &str) -> Result<Signature, SignatureError> {
        let malformed = |error: minisign::PError| SignatureError::Malformed(error.to_string());
        let signature = SignatureBox::from_string(text).map_err(malformed)?;
        // Without it nothing says what was signed.
        signature.trusted_comment().map_err(malformed)?;
        Ok(Signature(signature))
    }

    /// Number of the key that it names.
    pub fn key(&self) -> KeyId {
        KeyId::of(self.0.keynum())
    }

    /// Its trusted comment, which it covers: name, version and digest of the pack.
    pub fn comment(&self) -> String {
        self.0.trusted_comment().unwrap_or_default()
    }
}

/// A secret key.
pub struct SecretKey(minisign::SecretKey);

impl SecretKey {
    /// Whether the file of a secret key is encrypted.
    ///
    /// # Errors
    /// [`SignatureError::SecretKey`].
    pub fn is_encrypted(text: &str) -> Result<bool, SignatureError> {
        if PublicKey::parse(text).is_ok() {
            return Err(SignatureError::PublicGiven);
        }
        let key = SecretKeyBox::from_string(text).map_err(unreadable)?;
        // Reading an encrypted key as one that is not fails.
        Ok(key.into_unencrypted_secret_key().is_err())
    }

    /// Reads the file of a secret key.
    ///
    /// # Errors
    /// [`SignatureError::SecretKey`], also for a wrong password.
    pub fn read(text: &str, password: Option<String>) -> Result<SecretKey, SignatureError> {
        let key = SecretKeyBox::from_string(text).map_err(unreadable)?;
        match password {
            None => key.into_unencrypted_secret_key(),
            password => key.into_secret_key(password),
        }
        .map(SecretKey)
        .map_err(unreadable)
    }

    /// Signs bytes; the comment is covered by the signature.
    ///
    /// # Errors
    /// [`SignatureError::Sign`].
    pub fn sign(&self, bytes: &[u8], comment: &str) -> Result<String, SignatureError> {
        let note = "signature from patchbay; verify it with `patchbay pack verify` or minisign";
        minisign::sign(None, &self.0, Cursor::new(bytes), Some(comment), Some(note))
            .map(SignatureBox::into_string)
            .map_err(|error| SignatureError::Sign(error.to_string()))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

/// Whether a text is the file of a secret key: its second line is longer than the 56 characters
/// of a public key.
fn is_secret(text: &str) -> bool {
    let key = text.lines().nth(1).unwrap_or_default();
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    key.len() > 100 && key.bytes().all(is_base64)
}

fn unreadable(error: minisign::PError) -> SignatureError {
    SignatureError::SecretKey(error.to_string())
}

/// A new pair of keys, as the texts of their files.
#[derive(Clone)]
pub struct NewKeys {
    /// Number of the keys.
    pub id: KeyId,
    /// File of the public key.
    pub public: String,
    /// File of the secret key.
    pub secret: String,
}

impl fmt::Debug for NewKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewKeys({})", self.id)
    }
}

/// Makes a pair of keys; the secret one is encrypted with the password, where there is one.
///
/// # Errors
/// [`SignatureError::Sign`].
pub fn generate(password: Option<String>, name: &str) -> Result<NewKeys, SignatureError> {
    let failed = |error: minisign::PError| SignatureError::Sign(error.to_string());
    let pair = match password {
        None => KeyPair::generate_unencrypted_keypair(),
        password => KeyPair::generate_encrypted_keypair(password),
    };
    let KeyPair { pk, sk } = pair.map_err(failed)?;
    let id = KeyId::of(pk.keynum());
    let comment = format!("patchbay secret key {id} ({name})");
    let secret = sk.to_box(Some(&comment)).map_err(failed)?.into_string();
    let key = pk.to_base64();
    let public = format!("untrusted comment: minisign public key {id} ({name})\n{key}\n");
    Ok(NewKeys { id, public, secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (PublicKey, SecretKey) {
        let keys = generate(None, "acme").expect("keys");
        let public = PublicKey::parse(&keys.public).expect("a public key");
        let secret = SecretKey::read(&keys.secret, None).expect("a secret key");
        (public, secret)
    }

    #[test]
    fn a_signature_fits_its_bytes_and_no_others() {
        let (public, secret) = keys();
        let text = secret.sign(b"image", "care 1.0.0").expect("a signature");
        let signature = Signature::parse(&text).expect("a signature");
        assert_eq!(signature.key(), public.id());
        assert_eq!(signature.comment(), "care 1.0.0");
        assert_eq!(public.verify(&signature, b"image"), Ok(()));
        let error = public.verify(&signature, b"other");
        assert_eq!(error, Err(SignatureError::DoesNotFit(public.id())));
        let (other, _) = keys();
        assert!(other.verify(&signature, b"image").is_err());
    }

    #[test]
    fn a_changed_comment_does_not_fit() {
        let (public, secret) = keys();
        let text = secret.sign(b"image", "care 1.0.0").expect("a signature");
        let text = text.replace("care 1.0.0", "care 9.0.0");
        let signature = Signature::parse(&text).expect("a signature");
        assert!(public.verify(&signature, b"image").is_err());
    }

    #[test]
    fn a_signature_without_its_trusted_comment_is_malformed() {
        let (_, secret) = keys();
        let text = secret.sign(b"image", "care 1.0.0").expect("a signature");
        let lines: Vec<&str> = text.lines().take(2).collect();
        assert!(Signature::parse(&lines.join("\n")).is_err());
    }

    #[test]
    fn an_encrypted_key_needs_its_password() {
        let keys = generate(Some("correct".to_owned()), "acme").expect("keys");
        assert_eq!(SecretKey::is_encrypted(&keys.secret), Ok(true));
        // The other key of the pair is named as what it is.
        let given = SecretKey::is_encrypted(&keys.public);
        assert_eq!(given, Err(SignatureError::PublicGiven));
        let given = PublicKey::parse(&keys.secret);
        assert_eq!(given.err(), Some(SignatureError::SecretGiven));
        let read = |password: &str| SecretKey::read(&keys.secret, Some(password.to_owned()));
        assert!(read("correct").is_ok());
        assert!(read("wrong").is_err());
        assert!(SecretKey::read(&keys.secret, None).is_err());
        let open = generate(None, "acme").expect("keys");
        assert_eq!(SecretKey::is_encrypted(&open.secret), Ok(false));
    }

    #[test]
    fn a_public_key_is_read_from_its_file_and_from_its_second_line() {
        let keys = generate(None, "acme").expect("keys");
        let line = keys.public.lines().nth(1).expect("a line");
        let key = PublicKey::parse(line).expect("a key");
        assert_eq!(Some(&key), PublicKey::parse(&keys.public).ok().as_ref());
        assert_eq!(key.id(), keys.id);
        assert_eq!(key.to_base64(), line);
        assert!(PublicKey::parse("RWQ").is_err());
        assert!(PublicKey::parse("").is_err());
    }
}
