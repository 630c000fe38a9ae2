//! Twilio.
//!
//! Seen in the provider's published tests: the signature, the fields of deliveries,
//! the codes 21610 and 63016. *Assumptions*, to be compared with the provider's
//! pages before a release: the other codes of errors, and that a message is not
//! delivered twice unless the URL asks for it.
//!
//! Twilio gives no time of a message, so an interaction has no `received_at`. The
//! words by which a customer opts out are Twilio's to recognise, in the languages of
//! the messaging service: `OptOutType` becomes the attribute `opt_out_type`, and
//! `stop.` without it is a message like any other.
//!
//! Not supported: WhatsApp and other networks by Twilio (`whatsapp:+…`), which are
//! counted as events.
//!
//! Every case of the research is a golden case or a vector of the signature, except
//! that a text is divided into segments by Twilio, not here.

mod delivery;
mod media;
mod outbound;
mod probe;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, ConfigError, EncodeError, Exchange, InboundRequest,
    Item, MessageIds, Outbound, Outcome, Rejection, Reply, Response, VerifiedRequest,
};

use super::{CHANNEL, Settings, is_number};
use crate::twilio::{self, Account, is_sid};

/// The adapter with the settings and the secret of one Twilio account.
pub(super) struct Twilio {
    account: Account,
    accounts: BTreeSet<String>,
    status_callback: Option<String>,
    ids: MessageIds,
}

impl Twilio {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or the secret is missing.
    pub(super) fn open(settings: Settings, config: &AccountConfig) -> Result<Twilio, ConfigError> {
        if settings.accounts.is_empty() || !settings.accounts.iter().all(|it| is_account(it)) {
            return Err(ConfigError::settings(
                "`accounts` must list numbers such as \"+351210000000\", short codes such as \"68453\", or SIDs of messaging services (MG…)",
            ));
        }
        // Last: without settings that fit, the secret does not matter.
        let base = settings.api_base.as_deref();
        let account = Account::open(&settings.account_sid, base, config)?;
        Ok(Twilio {
            account,
            accounts: settings.accounts,
            status_callback: settings.status_callback,
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }
}

fn is_account(text: &str) -> bool {
    is_number(text) || is_sid(text, "MG")
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Twilio")
            .field("accounts", &self.accounts)
            .finish_non_exhaustive()
    }
}

impl Adapter for Twilio {
    fn serves(&self, account: &str) -> bool {
        self.accounts.contains(account)
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        self.account.verify(request, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        delivery::decode(self, request.request())
    }

    /// An empty document of TwiML: Twilio sends whatever it contains to the customer.
    fn acknowledgement(&self, _delivery: &VerifiedRequest<'_>) -> Acknowledgement {
        Acknowledgement {
            content_type: Some("text/xml"),
            body: "<Response/>".to_owned(),
        }
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        outbound::encode(self, reply).map(Outbound::requests)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        twilio::outcome(exchange)
    }

    fn media(&self, file: &MediaReference) -> Option<MediaRequest> {
        media::request(self, file)
    }

    fn media_location(
        &self,
        _file: &MediaReference,
        answer: &Response<'_>,
    ) -> Result<ProviderQuery, MediaFailure> {
        media::location(self, answer)
    }

    fn probe(&self) -> Vec<Probe> {
        probe::questions(self)
    }

    fn probe_result(
        &self,
        question: &Probe,
        exchange: &Exchange<'_>,
        url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(self, question, exchange, url)
    }

    fn unprobed(&self) -> Vec<Finding> {
        probe::unprobed(self)
    }
}
