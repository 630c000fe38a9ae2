//! The canonical form of an address: two addresses of a channel are the same
//! person exactly if their forms are equal. The form is for comparing; people
//! see the address as the channel gave it.

mod mail;
mod phone;

use unicode_normalization::UnicodeNormalization;

use crate::channel::{self, AddressForm};

/// Version of the rules. A journal computes the forms of its stored addresses
/// again when it was written by another version; raise it with every change of
/// a rule.
pub const RULES: u64 = 2;

/// The canonical form of an address on a channel. An address that does not have
/// the form of its channel is compared exactly: a sender of text messages can
/// be a word.
pub fn canonical(channel: &str, address: &str) -> String {
    // Not an address of a channel: the host names authors without one so.
    if address.contains(char::is_control) {
        return address.to_owned();
    }
    let exact = || address.trim().nfc().collect();
    let form = match channel::address_form(channel) {
        AddressForm::Exact => None,
        AddressForm::Mail => mail::canonical(address),
        AddressForm::Handle => handle(address),
        AddressForm::Phone => phone::canonical(address, phone::Bare::Ambiguous),
        AddressForm::InternationalPhone => phone::canonical(address, phone::Bare::International),
    };
    form.unwrap_or_else(exact)
}

/// Whether messages of a channel can come from an address. Only the form of mail addresses
/// is sure: other channels have short codes and names of senders beside their usual form.
pub fn is_possible(channel: &str, address: &str) -> bool {
    match channel::address_form(channel) {
        AddressForm::Mail => mail::canonical(address).is_some(),
        AddressForm::Exact
        | AddressForm::Handle
        | AddressForm::Phone
        | AddressForm::InternationalPhone => true,
    }
}

/// The form of the company's own account, by which threads are told apart. On
/// channels of mail and user names its case does not matter.
pub fn canonical_account(channel: &str, account: &str) -> String {
    let normal: String = account.nfc().collect();
    match channel::address_form(channel) {
        AddressForm::Mail => canonical(channel, account),
        AddressForm::Handle => normal.to_lowercase(),
        _ => normal,
    }
}

/// Most characters of a handle. The longest of the known platforms has 50.
const HANDLE: usize = 64;

fn handle(address: &str) -> Option<String> {
    let shown: String = address.trim().nfkc().collect();
    let name = shown.strip_prefix('@').unwrap_or(&shown);
    if name.bytes().all(|c| c.is_ascii_digit()) && !name.is_empty() {
        return Some(shown);
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let is_handle = (1..=HANDLE).contains(&name.len()) && name.chars().all(is_part);
    is_handle.then(|| format!("@{}", name.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests;
