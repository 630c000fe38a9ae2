use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use proptest::prelude::*;

use super::*;
use crate::error::JournalError;

const ANNA: Person = Person {
    company: CompanyId(1),
    contact: ContactId([7; 16]),
};

fn vault() -> (tempfile::TempDir, Vault) {
    let place = tempfile::tempdir().expect("a place");
    let master = MasterKey::read_or_make(&place.path().join("state/key")).expect("made");
    (place, Vault::new(&master))
}

fn key(vault: &Vault) -> ContactKey {
    let wrapped = vault.new_key(ANNA).expect("randomness");
    vault.unwrap_key(ANNA, &wrapped).expect("just wrapped")
}

#[test]
fn the_key_file_is_made_once_and_for_its_owner_alone() {
    let (place, first) = vault();
    let path = place.path().join("state/key");
    let mode = fs::metadata(&path).expect("made").permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let again = Vault::new(&MasterKey::read_or_make(&path).expect("there"));
    assert_eq!(first.check(), again.check());
    let left = fs::read_dir(place.path().join("state")).expect("there");
    assert_eq!(left.count(), 1, "nothing unfinished is left");
}

#[test]
fn a_key_file_others_can_read_is_refused() {
    let (place, _) = vault();
    let path = place.path().join("state/key");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("changed");
    let refused = MasterKey::read(&path).err().expect("open to others");
    assert!(matches!(refused, JournalError::Open { mode: 0o640, .. }));
}

#[test]
fn a_wrapped_key_opens_for_its_contact_alone() {
    let (_place, vault) = vault();
    let wrapped = vault.new_key(ANNA).expect("randomness");
    let other = Person {
        company: CompanyId(2),
        ..ANNA
    };
    assert!(vault.unwrap_key(ANNA, &wrapped).is_ok());
    assert!(vault.unwrap_key(other, &wrapped).is_err());
    assert!(vault.unwrap_key(ANNA, &[0; WRAPPED_BYTES]).is_err());
}

#[test]
fn what_is_sealed_opens_for_its_contact_and_purpose_alone() {
    let (_place, vault) = vault();
    let key = key(&vault);
    let sealed = key
        .seal(ANNA, Purpose::Message, b"my card is 4111")
        .expect("short");
    let plain = key.open(ANNA, Purpose::Message, &sealed);
    assert_eq!(plain.as_deref(), Ok(&b"my card is 4111"[..]));
    assert_eq!(key.open(ANNA, Purpose::Entry, &sealed), Err(Broken));
    let other = Person {
        contact: ContactId([8; 16]),
        ..ANNA
    };
    assert_eq!(key.open(other, Purpose::Message, &sealed), Err(Broken));
    for at in 0..sealed.len() {
        let mut bad = sealed.clone();
        bad[at] ^= 1;
        assert_eq!(key.open(ANNA, Purpose::Message, &bad), Err(Broken), "{at}");
        assert_eq!(key.open(ANNA, Purpose::Message, &sealed[..at]), Err(Broken));
    }
}

proptest! {
    #[test]
    fn sealing_again_gives_the_same_and_another_text_another(a: Vec<u8>, b: Vec<u8>) {
        let (_place, vault) = vault();
        let key = key(&vault);
        let [one, same, other] = [&a, &a, &b].map(|text| key.seal(ANNA, Purpose::Entry, text).expect("short"));
        prop_assert_eq!(&one, &same);
        prop_assert_eq!(one == other, a == b);
        let opened = key.open(ANNA, Purpose::Entry, &one);
        prop_assert_eq!(opened, Ok(a));
    }
}

#[test]
fn an_address_is_found_by_company_channel_and_itself() {
    let (_place, vault) = vault();
    let hash = |company, channel, address| vault.address_hash(CompanyId(company), channel, address);
    let one = hash(1, "sms", "+41791234567");
    assert_eq!(one, hash(1, "sms", "+41791234567"));
    assert_ne!(one, hash(2, "sms", "+41791234567"));
    assert_ne!(one, hash(1, "sm", "s+41791234567"));
    assert_ne!(vault.contact_id(&one, 0), vault.contact_id(&one, 1));
}
