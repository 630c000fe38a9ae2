use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use proptest::prelude::*;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::*;
use crate::{JournalError, Purpose};

const ANNA: Person = Person {
    company: CompanyId(1),
    contact: ContactId([7; 16]),
};

fn vault() -> (tempfile::TempDir, Vault) {
    let directory = tempfile::tempdir().expect("a directory");
    let master = MasterKey::read_or_create(&directory.path().join("state/key")).expect("created");
    (directory, Vault::new(&master))
}

fn key(vault: &Vault) -> ContactKey {
    let (_, wrapped) = vault.new_key(ANNA).expect("randomness");
    vault.unwrap_key(ANNA, &wrapped).expect("wrapped above")
}

#[test]
fn the_key_file_is_created_once_and_private() {
    let (directory, first) = vault();
    let path = directory.path().join("state/key");
    let mode = fs::metadata(&path).expect("created").permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let again = Vault::new(&MasterKey::read_or_create(&path).expect("readable"));
    assert_eq!(first.check(), again.check());
    let left = fs::read_dir(directory.path().join("state")).expect("readable");
    assert_eq!(left.count(), 1, "no temporary file is left");
}

#[test]
fn a_key_file_readable_by_others_is_refused() {
    let (directory, _) = vault();
    let path = directory.path().join("state/key");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("changed");
    let refused = MasterKey::read(&path).err().expect("readable by others");
    assert!(matches!(
        refused,
        JournalError::InsecureFile { mode: 0o640, .. }
    ));
}

#[test]
fn a_wrapped_key_opens_for_its_contact_only() {
    let (_directory, vault) = vault();
    let (_, wrapped) = vault.new_key(ANNA).expect("randomness");
    let other = Person {
        company: CompanyId(2),
        ..ANNA
    };
    assert!(vault.unwrap_key(ANNA, &wrapped).is_ok());
    assert!(vault.unwrap_key(other, &wrapped).is_err());
    assert!(vault.unwrap_key(ANNA, &[0; WRAPPED_BYTES]).is_err());
}

#[test]
fn sealed_bytes_open_for_their_contact_and_purpose_only() {
    let (_directory, vault) = vault();
    let key = key(&vault);
    let sealed = key
        .seal(ANNA, Purpose::Message, b"my card is 4111")
        .expect("short");
    let plain = key.open(ANNA, Purpose::Message, &sealed);
    assert_eq!(plain.as_deref(), Ok(&b"my card is 4111"[..]));
    assert_eq!(key.open(ANNA, Purpose::Entry, &sealed), Err(NotAuthentic));
    let other = Person {
        contact: ContactId([8; 16]),
        ..ANNA
    };
    assert_eq!(
        key.open(other, Purpose::Message, &sealed),
        Err(NotAuthentic)
    );
    for at in 0..sealed.len() {
        let mut bad = sealed.clone();
        bad[at] ^= 1;
        assert_eq!(
            key.open(ANNA, Purpose::Message, &bad),
            Err(NotAuthentic),
            "{at}"
        );
        assert_eq!(
            key.open(ANNA, Purpose::Message, &sealed[..at]),
            Err(NotAuthentic)
        );
    }
}

/// Set in the process that can open no file.
const NO_FILES: &str = "PATCHBAY_TEST_NO_FILES";
/// Contacts in one batch of people never seen.
const CONTACTS: usize = 1_000;

#[test]
fn new_keys_open_no_file() {
    if std::env::var_os(NO_FILES).is_some() {
        make_keys_without_files();
        return;
    }
    let name = "vault::tests::new_keys_open_no_file";
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", name, "--nocapture"])
        .env(NO_FILES, "1")
        .output()
        .expect("the process starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert!(text.contains("1 passed"), "{text}");
}

fn make_keys_without_files() {
    let (_directory, vault) = vault();
    let limit = getrlimit(Resource::Nofile);
    let none = Rlimit {
        current: Some(0),
        ..limit
    };
    setrlimit(Resource::Nofile, none).expect("limited");
    let is_limited = File::open("/dev/urandom").is_err();
    let keys: Vec<_> = (0..CONTACTS).map(|_| vault.new_key(ANNA)).collect();
    setrlimit(Resource::Nofile, limit).expect("as before");
    assert!(is_limited);
    let wrapped = keys.into_iter().map(|key| key.expect("randomness").1);
    assert_eq!(wrapped.collect::<HashSet<_>>().len(), CONTACTS);
}

proptest! {
    #[test]
    fn sealing_is_deterministic_and_distinguishes_texts(a: Vec<u8>, b: Vec<u8>) {
        let (_directory, vault) = vault();
        let key = key(&vault);
        let [one, same, other] = [&a, &a, &b].map(|text| key.seal(ANNA, Purpose::Entry, text).expect("short"));
        prop_assert_eq!(&one, &same);
        prop_assert_eq!(one == other, a == b);
        let opened = key.open(ANNA, Purpose::Entry, &one);
        prop_assert_eq!(opened, Ok(a));
    }
}

#[test]
fn the_hash_of_an_address_depends_on_company_and_channel() {
    let (_directory, vault) = vault();
    let hash = |company, channel, address| vault.address_hash(CompanyId(company), channel, address);
    let one = hash(1, "sms", "+41791234567");
    assert_eq!(one, hash(1, "sms", "+41791234567"));
    assert_ne!(one, hash(2, "sms", "+41791234567"));
    assert_ne!(one, hash(1, "sm", "s+41791234567"));
    assert_ne!(vault.contact_id(&one, 0), vault.contact_id(&one, 1));
}

#[test]
fn bytes_sealed_for_a_company_open_for_it_and_their_purpose_only() {
    let (_directory, vault) = vault();
    let [one, other] = [1, 2].map(|company| vault.company_key(CompanyId(company)));
    let sealed = one
        .seal(Purpose::Quarantine, b"a delivery".to_vec())
        .expect("short");
    let plain = one.open(Purpose::Quarantine, &sealed);
    assert_eq!(plain.as_deref(), Ok(&b"a delivery"[..]));
    let again = vault
        .company_key(CompanyId(1))
        .seal(Purpose::Quarantine, b"a delivery".to_vec());
    assert_eq!(again.as_ref(), Ok(&sealed));
    assert_eq!(one.open(Purpose::Message, &sealed), Err(NotAuthentic));
    assert_eq!(other.open(Purpose::Quarantine, &sealed), Err(NotAuthentic));
    let contact = key(&vault).open(ANNA, Purpose::Quarantine, &sealed);
    assert_eq!(contact, Err(NotAuthentic));
    for at in 0..sealed.len() {
        let mut bad = sealed.clone();
        bad[at] ^= 1;
        for bytes in [&bad, &sealed[..at]] {
            let opened = one.open(Purpose::Quarantine, bytes);
            assert_eq!(opened, Err(NotAuthentic), "{at}");
        }
    }
    let elsewhere = Vault::new(&MasterKey::from_bytes([8; 32])).company_key(CompanyId(1));
    assert_eq!(
        elsewhere.open(Purpose::Quarantine, &sealed),
        Err(NotAuthentic)
    );
}

proptest! {
    #[test]
    fn sealing_for_a_company_is_deterministic_and_distinguishes_texts(a: Vec<u8>, b: Vec<u8>) {
        let key = Vault::new(&MasterKey::from_bytes([7; 32])).company_key(CompanyId(1));
        let [one, same, other] = [&a, &a, &b].map(|text| key.seal(Purpose::Quarantine, text.clone()).expect("short"));
        prop_assert_eq!(&one, &same);
        prop_assert_eq!(one == other, a == b);
        prop_assert_eq!(key.open(Purpose::Quarantine, &one), Ok(a));
    }

    #[test]
    fn a_derived_key_depends_on_company_context_and_master_key(
        a: (u32, String, bool), b: (u32, String, bool),
    ) {
        let derive = |(company, context, master): &(u32, String, bool)| {
            let vault = Vault::new(&MasterKey::from_bytes([u8::from(*master); 32]));
            vault.derive_company_key(CompanyId(*company), context)
        };
        prop_assert_eq!(derive(&a), derive(&a));
        prop_assert_eq!(derive(&a) == derive(&b), a == b);
    }
}

#[test]
fn a_derived_key_is_the_same_in_every_version() {
    let vault = Vault::new(&MasterKey::from_bytes([7; 32]));
    let key = vault.derive_company_key(CompanyId(1), "message ids");
    // What the documentation says, from the functions of BLAKE3.
    let root = blake3::derive_key("patchbay journal 2026 keys of companies", &[7; 32]);
    let material = [&root[..], &[1, 0, 0, 0], b"message ids"].concat();
    assert_eq!(
        *key,
        blake3::derive_key("patchbay journal 2026 key of a company", &material)
    );
    assert_eq!(key[..8], KEY_OF_1);
    // The key that seals is another.
    let sealing = vault.derive_company_key(CompanyId(1), "");
    let of_seals = [&root[..], &[1, 0, 0, 0]].concat();
    assert_ne!(
        *sealing,
        blake3::derive_key("patchbay journal 2026 sealing for a company", &of_seals)
    );
}

/// A constant on purpose: ids made from the key must stay the same.
const KEY_OF_1: [u8; 8] = [110, 231, 31, 188, 139, 122, 9, 31];
