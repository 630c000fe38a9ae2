//! Which of the company's accounts a mail was sent to.

use patchbay_adapter::form;
use patchbay_model::address;

use super::header::Header;
use super::own_id::{OwnIds, Token};
use super::{CHANNEL, Settings};

/// Most addresses that are looked at.
const ADDRESSES: usize = 500;
/// Longest address.
const ADDRESS_BYTES: usize = 512;

/// Fields with recipients, in this order: what the sender wrote comes first, because
/// it is the same in each copy of a mail to several accounts.
const FIELDS: [&str; 8] = [
    "to",
    "cc",
    "resent-to",
    "delivered-to",
    "x-original-to",
    "x-envelope-to",
    "envelope-to",
    "x-delivered-to",
];

/// Where a mail went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recipient {
    /// The account, as in the settings.
    pub(super) account: String,
    /// What stood behind `+` in the address.
    pub(super) tag: Option<String>,
    /// What an address that the company made says.
    pub(super) token: Option<Token>,
}

/// The account that a mail was sent to: the one whose reply it answers, by an address
/// with a key, else the first that its fields name, else that
/// `envelope` names, else the first of the settings. The envelope is the query of the
/// request, which is not signed: it only chooses among the company's accounts.
pub(super) fn find(
    settings: &Settings,
    own: &OwnIds,
    header: &Header<'_>,
    envelope: &str,
) -> Recipient {
    let mut recipient = Recipient {
        account: String::new(),
        tag: None,
        token: None,
    };
    let mut place = None;
    let named = FIELDS.iter().flat_map(|field| header.mailboxes(field));
    let named = named.filter_map(|mailbox| mailbox.address);
    let hinted = hints(envelope);
    for address in named.chain(hinted).take(ADDRESSES) {
        if address.len() > ADDRESS_BYTES {
            continue;
        }
        recipient.token = recipient.token.or_else(|| own.token(&address));
        let Some((found, tag)) = settings.account_of(&address) else {
            continue;
        };
        let first = *place.get_or_insert(found);
        if first == found && recipient.tag.is_none() {
            recipient.tag = tag;
        }
    }
    let answering = recipient.token.as_ref().map(|token| token.account.clone());
    let named = || settings.accounts.get(place.unwrap_or(0)).cloned();
    recipient.account = answering.or_else(named).unwrap_or_default();
    recipient
}

/// The recipients in a query `from=…&to=…`.
fn hints(query: &str) -> Vec<String> {
    let parameters = form::parameters(query.as_bytes()).into_iter();
    let recipients = parameters.filter(|(name, _)| name.as_slice() == b"to");
    recipients
        .take(ADDRESSES)
        // A `+` in a query is a blank, and few senders write `%2B`.
        .filter_map(|(_, value)| String::from_utf8(value).ok())
        .map(|address| address.trim().replace(' ', "+"))
        .collect()
}

impl Settings {
    /// The place of an account that an address reaches, and what stands behind `+` in
    /// it.
    pub(super) fn account_of(&self, address: &str) -> Option<(usize, Option<String>)> {
        let place = |address: &str| {
            let canonical = address::canonical(CHANNEL, address);
            let mut accounts = self.accounts.iter();
            accounts.position(|account| address::canonical(CHANNEL, account) == canonical)
        };
        if let Some(place) = place(address) {
            return Some((place, None));
        }
        let (local, domain) = address.rsplit_once('@')?;
        let (base, tag) = local.split_once('+')?;
        let place = place(&format!("{base}@{domain}"))?;
        Some((place, (!tag.is_empty()).then(|| tag.to_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own_id::TokenUse;
    use patchbay_adapter::CompanyKey;

    const HELP: &str = "help@northwind.example";
    const SALES: &str = "Sales@Northwind.example";

    fn own() -> OwnIds {
        let domain = "care.northwind.example".to_owned();
        let accounts = [HELP, SALES].map(str::to_owned).to_vec();
        OwnIds::new(
            &CompanyKey::new([1; 32]),
            domain.clone(),
            Some(domain),
            accounts,
        )
    }

    fn found(fields: &str, envelope: &str) -> Recipient {
        let settings = Settings {
            accounts: vec![HELP.to_owned(), SALES.to_owned()],
            ..Settings::default()
        };
        let own = own();
        let mail = format!("{fields}\n\n");
        find(&settings, &own, &Header::split(mail.as_bytes()).0, envelope)
    }

    #[test]
    fn the_account_is_the_first_that_the_mail_names() {
        for (fields, envelope, account, tag) in [
            ("To: help@northwind.example", "", HELP, None),
            ("To: \"Help\" <HELP@NORTHWIND.EXAMPLE>", "", HELP, None),
            (
                "To: jo@example.org\nCc: sales@northwind.example",
                "",
                SALES,
                None,
            ),
            (
                "To: sales@northwind.example, help@northwind.example",
                "",
                SALES,
                None,
            ),
            (
                "To: help+billing@northwind.example",
                "",
                HELP,
                Some("billing"),
            ),
            (
                "To: help@northwind.example\nDelivered-To: help+a+b@northwind.example",
                "",
                HELP,
                Some("a+b"),
            ),
            (
                "To: help@northwind.example\nDelivered-To: sales+x@northwind.example",
                "",
                HELP,
                None,
            ),
            // Sent as Bcc.
            (
                "To: undisclosed-recipients:;\nDelivered-To: sales@northwind.example",
                "",
                SALES,
                None,
            ),
            (
                "To: jo@example.org",
                "to=jo%40example.org&to=sales%2Bvip%40northwind.example",
                SALES,
                Some("vip"),
            ),
            (
                "To: jo@example.org",
                "from=a%40b&to=sales+vip@northwind.example",
                SALES,
                Some("vip"),
            ),
            // The envelope is not signed: fields come first, and it names no other account.
            (
                "To: help@northwind.example",
                "to=sales%40northwind.example",
                HELP,
                None,
            ),
            (
                "To: jo@example.org",
                "to=root%40attacker.example",
                HELP,
                None,
            ),
            ("To: helpnorthwind.example, @, a@b@c", "", HELP, None),
            ("Subject: none", "to=%ff&to&=&%", HELP, None),
        ] {
            let recipient = found(fields, envelope);
            assert_eq!(
                (recipient.account.as_str(), recipient.tag.as_deref()),
                (account, tag),
                "{fields} {envelope}"
            );
        }
    }

    #[test]
    fn an_address_with_a_key_is_recognised_anywhere_and_names_the_account() {
        let address = own().token_address(TokenUse::Reply, "reply-1", SALES);
        let address = address.expect("fits");
        let token = Some(Token {
            used: TokenUse::Reply,
            key: "reply-1".to_owned(),
            account: SALES.to_owned(),
        });
        for (fields, envelope) in [
            (format!("To: {address}"), String::new()),
            (
                format!("To: help@northwind.example\nDelivered-To: <{address}>"),
                String::new(),
            ),
            ("To: jo@example.org".to_owned(), format!("to={address}")),
        ] {
            let recipient = found(&fields, &envelope);
            assert_eq!(
                (recipient.token, recipient.account.as_str()),
                (token.clone(), SALES),
                "{fields}"
            );
        }
        let forged = "To: reply+reply-1.0123456789ab@care.northwind.example";
        assert_eq!(found(forged, "").token, None);
    }
}
