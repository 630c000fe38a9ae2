//! Golden cases of every adapter: `cases/<adapter>/<case>/` has a delivery as the
//! provider sends it (`delivery.json`, `delivery.form` or `delivery.eml`: the raw
//! body), what it decodes to (`items.json`), and where needed `request.json` with
//! `{url, headers, method, now}`. A new adapter is one more name in [`adapters`], the
//! constant `SUBJECT` in a module of that name, and its cases.
//!
//! `PATCHBAY_UPDATE=1` writes `items.json`; read what changed before you commit it.

mod amplified;
mod case;
mod checks;

use jiff::Timestamp;
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, AdapterKind, CompanyKey, Headers, InboundRequest,
    InboundWay, Item, MessageIds, Method, Rejection, SecretStore, Secrets, VerifiedRequest,
};
use patchbay_channels::adapter_kind;
use serde_json::{Map, Value};

/// An adapter under test.
pub(crate) struct Subject {
    /// Its name, and that of the directory of its cases. Of an adapter with several
    /// providers, the provider's behind a hyphen.
    pub(crate) name: &'static str,
    /// Settings with which it opens.
    pub(crate) settings: fn() -> Value,
    /// Roles and values of its secrets.
    pub(crate) secrets: &'static [(&'static str, &'static str)],
    /// Signs a delivery as the provider does: adds headers, or changes the URL.
    pub(crate) sign: fn(&mut Delivery),
    /// Words of its deliveries, for mutations.
    pub(crate) words: &'static [&'static str],
    /// Answers to its requests, for mutations.
    pub(crate) answers: &'static [&'static str],
}

/// A request of the provider.
#[derive(Clone)]
pub(crate) struct Delivery {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The host's clock.
    pub(crate) now: Timestamp,
}

impl Delivery {
    pub(crate) fn new(media_type: &str, body: &[u8]) -> Delivery {
        Delivery {
            method: Method::Post,
            url: "https://care.example/hooks".to_owned(),
            headers: vec![("content-type".to_owned(), media_type.to_owned())],
            body: body.to_vec(),
            now: Timestamp::UNIX_EPOCH,
        }
    }

    pub(crate) fn header(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    /// The request as an adapter reads it.
    pub(crate) fn request(&self) -> InboundRequest<'_> {
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
        InboundRequest {
            method: self.method,
            url: &self.url,
            headers: headers.collect::<Headers<'_>>(),
            body: &self.body,
        }
    }
}

/// Key of the message ids of the tests.
pub(crate) fn company_key() -> CompanyKey {
    CompanyKey::new([7; 32])
}

/// The id of a message in the tests.
pub(crate) fn message_id(channel: &'static str, account: &str, provider_id: &str) -> String {
    MessageIds::new(&company_key(), channel).id(account, provider_id)
}

impl Subject {
    pub(crate) fn kind(&self) -> &'static AdapterKind {
        let adapter = self.name.split_once('-').map(|(adapter, _)| adapter);
        let found = adapter_kind(self.name).or_else(|| adapter_kind(adapter?));
        found.expect("in the table")
    }

    /// A configuration with other settings.
    pub(crate) fn config(&self, settings: Value) -> AccountConfig {
        let mut secrets = SecretStore::default();
        for (role, secret) in self.secrets {
            secrets.insert(role, Secrets::one(*secret).expect("a secret"));
        }
        let settings: Map<String, Value> = settings.as_object().expect("an object").clone();
        AccountConfig {
            settings,
            secrets,
            company_key: company_key(),
        }
    }

    pub(crate) fn open(&self) -> Box<dyn Adapter> {
        let config = self.config((self.settings)());
        (self.kind().open)(&config).expect("valid settings")
    }

    /// Signs, verifies and decodes a delivery. Of an adapter without a webhook, decodes
    /// what a poll delivered.
    pub(crate) fn decode(&self, mut delivery: Delivery) -> Result<Vec<Item>, Rejection> {
        (self.sign)(&mut delivery);
        let adapter = self.open();
        let request = delivery.request();
        let verified = match self.kind().inbound.contains(&InboundWay::Webhook) {
            true => adapter.verify(&request, delivery.now)?,
            false => VerifiedRequest::of_own_request(&request),
        };
        Ok(adapter.decode(&verified))
    }

    /// Signs, verifies and decodes a body in JSON.
    pub(crate) fn decode_json(&self, body: &Value) -> Vec<Item> {
        let delivery = Delivery::new("application/json", body.to_string().as_bytes());
        self.decode(delivery).expect("signed")
    }

    /// The deliveries of its cases, with the name of each, not signed yet.
    pub(crate) fn cases(&self) -> impl Iterator<Item = (String, Delivery)> {
        let cases = case::Case::all(self.name).into_iter();
        cases.map(|case| (case.name.clone(), case.delivery()))
    }

    /// The items of a case.
    pub(crate) fn decode_case(&self, name: &str) -> Vec<Item> {
        let case = case::Case::open(self.name, name);
        self.decode(case.delivery()).expect("signed")
    }
}

/// The answer to a delivery without content.
pub(crate) fn acknowledgement(adapter: &dyn Adapter) -> Acknowledgement {
    let delivery = Delivery::new("application/x-www-form-urlencoded", b"");
    let request = delivery.request();
    adapter.acknowledgement(&VerifiedRequest::of_own_request(&request))
}

/// The HMAC with SHA-256 of a body, by which many providers sign, as hexadecimal digits.
pub(crate) fn hmac_sha256_hex(secret: &str, body: &[u8]) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    let code = ring::hmac::sign(&key, body);
    let bytes = code.as_ref().iter();
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// One name per adapter: every check runs for each.
macro_rules! adapters {
    ($($adapter:ident),+ $(,)?) => {
        pub(crate) const SUBJECTS: &[&Subject] = &[$(&crate::$adapter::SUBJECT),+];

        $(mod $adapter {
            use super::checks;
            use crate::$adapter::SUBJECT;

            #[test]
            fn deliveries_decode_to_their_items() {
                checks::deliveries_decode_to_their_items(&SUBJECT);
            }

            #[test]
            fn the_same_delivery_decodes_to_the_same_bytes() {
                checks::the_same_delivery_decodes_to_the_same_bytes(&SUBJECT);
            }

            #[test]
            fn intake_takes_every_interaction_without_a_warning() {
                checks::intake_takes_every_interaction_without_a_warning(&SUBJECT);
            }

            #[test]
            fn ids_have_no_personal_data() {
                checks::ids_have_no_personal_data(&SUBJECT);
            }

            #[test]
            fn the_items_of_a_delivery_are_bounded() {
                checks::the_items_of_a_delivery_are_bounded(&SUBJECT);
            }

            #[test]
            fn a_delivery_without_a_signature_is_refused() {
                checks::a_delivery_without_a_signature_is_refused(&SUBJECT);
            }

            #[test]
            fn a_mutated_delivery_decodes_to_items_that_intake_takes() {
                checks::a_mutated_delivery_decodes_to_items_that_intake_takes(&SUBJECT);
            }

            #[test]
            fn a_mutated_registration_request_is_answered_or_refused() {
                checks::a_mutated_registration_request_is_answered_or_refused(&SUBJECT);
            }

            #[test]
            fn a_mutated_answer_has_an_outcome() {
                checks::a_mutated_answer_has_an_outcome(&SUBJECT);
            }

            #[test]
            fn a_channel_does_not_start_without_a_secret_or_with_an_unknown_setting() {
                checks::a_channel_does_not_start_without_a_secret_or_with_an_unknown_setting(
                    &SUBJECT,
                );
            }
        })+
    };
}

adapters![
    whatsapp,
    chat,
    facebook,
    instagram,
    email,
    sms,
    sms_vonage,
    voice,
    telegram,
    slack,
    line,
    bluesky,
    mastodon,
    viber,
    x,
    discourse,
    standard_webhooks,
    chatwoot,
    zammad,
    zendesk,
    feed,
    play_store,
    app_store,
];

#[test]
fn every_adapter_has_golden_cases() {
    let tested: Vec<&str> = SUBJECTS.iter().map(|subject| subject.name).collect();
    for kind in patchbay_channels::ADAPTERS {
        assert!(tested.contains(&kind.name), "{} has none", kind.name);
    }
}
