//! Vonage, by its Messages API.
//!
//! Seen in the provider's pages and the tests of its SDKs: the signature, the fields of a
//! request that sends, that a text has at most 1,000 characters and a reference 100, the
//! fields of messages and states, `client_ref` in a state, the codes of errors and what they
//! say, that the URL of a file gives access for 48 hours without a credential. *Assumptions*,
//! to be compared with the provider's pages before a release: that the Messages API joins the
//! pieces of a long message, that `timestamp` is the same when a message is delivered again,
//! what each code means for a reply, the words by which customers opt out.
//!
//! Vonage writes numbers in international form without `+`. An account and an address have
//! it, as those of Twilio and of contacts in other systems do; short codes and names stay as
//! they are.
//!
//! Not supported: the SMS API, which delivers the pieces of a long message apart: to join
//! them, something has to be kept between deliveries, and an adapter keeps nothing. Files of
//! accounts with secure inbound media, which need a token of the application. Other
//! channels of the Messages API, which are counted as events.

mod delivery;
mod error_code;
mod file;
mod media;
mod outbound;
mod probe;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::{MediaReference, MediaRequest};
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Adapter, ConfigError, Credential, EncodeError, Exchange, InboundRequest, Item,
    MessageIds, Outbound, Outcome, Rejection, Reply, Scheme, Secrets, VerifiedRequest, api_base,
};

use super::{AUTH_TOKEN, CHANNEL, SIGNATURE_SECRET, Settings, is_number};

/// Base URL of the API.
const API: &str = "https://api.nexmo.com";
/// Most digits of a short code: a longer number is international.
const SHORT_CODE_DIGITS: usize = 6;

/// The adapter with the settings and the secrets of one Vonage account.
pub(super) struct Vonage {
    api_key: String,
    /// Numbers as [`number`] writes them.
    accounts: BTreeSet<String>,
    status_callback: Option<String>,
    /// Base URL of the API.
    base: String,
    api_secret: Secrets,
    signature_secret: Secrets,
    ids: MessageIds,
}

impl Vonage {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub(super) fn open(settings: Settings, config: &AccountConfig) -> Result<Vonage, ConfigError> {
        let key = settings.account_sid;
        if !(1..=32).contains(&key.len()) || !key.bytes().all(|it| it.is_ascii_alphanumeric()) {
            return Err(ConfigError::settings(
                "`account-sid` must be the API key of the Vonage account, letters and digits such as \"abcd1234\"",
            ));
        }
        let is_account = |it: &String| is_number(it) && number(it) == *it;
        if settings.accounts.is_empty() || !settings.accounts.iter().all(is_account) {
            return Err(ConfigError::settings(
                "`accounts` must list numbers in international form with `+`, such as \"+351210000000\", or short codes such as \"68453\"",
            ));
        }
        Ok(Vonage {
            api_key: key,
            accounts: settings.accounts,
            status_callback: settings.status_callback,
            base: api_base(settings.api_base.as_deref().unwrap_or(API))?,
            api_secret: config.secrets.get(AUTH_TOKEN)?.clone(),
            signature_secret: config.secrets.get(SIGNATURE_SECRET)?.clone(),
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }

    fn credential(&self) -> Credential {
        Credential::Basic {
            user: self.api_key.clone(),
            password: self.api_secret.first().clone(),
        }
    }
}

/// A number in international form with `+`; a short code and a sender with letters as they
/// are.
fn number(text: &str) -> String {
    let is_international = text.len() > SHORT_CODE_DIGITS
        && text.len() <= 15
        && text.bytes().all(|byte| byte.is_ascii_digit());
    match is_international {
        true => format!("+{text}"),
        false => text.to_owned(),
    }
}

impl fmt::Debug for Vonage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vonage")
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}

impl Adapter for Vonage {
    fn serves(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::VonageMessages.verify(request, &self.signature_secret, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        delivery::decode(self, request.body())
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        outbound::encode(self, reply).map(Outbound::requests)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        outbound::outcome(exchange)
    }

    fn media(&self, file: &MediaReference) -> Option<MediaRequest> {
        media::request(file)
    }

    fn probe(&self) -> Vec<Probe> {
        probe::questions(self)
    }

    fn probe_result(
        &self,
        _question: &Probe,
        exchange: &Exchange<'_>,
        url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(exchange, url)
    }

    fn unprobed(&self) -> Vec<Finding> {
        probe::unprobed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_a_plus_and_a_short_code_has_none() {
        for (text, expected) in [
            ("351912345678", "+351912345678"),
            ("+351912345678", "+351912345678"),
            ("4791234567", "+4791234567"),
            ("2901234", "+2901234"),
            ("684531", "684531"),
            ("68453", "68453"),
            ("MEOINFO", "MEOINFO"),
            ("1234567890123456", "1234567890123456"),
            ("", ""),
        ] {
            assert_eq!(number(text), expected);
        }
    }
}
