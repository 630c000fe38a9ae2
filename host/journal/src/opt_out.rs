//! Opt-outs: what customers said that the company may not send them.

use jiff::Timestamp;

use crate::{CompanyId, ContactId, Result};

/// What a customer said about messages of one account on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOut {
    /// The company.
    pub company: CompanyId,
    /// The customer.
    pub contact: ContactId,
    /// Code of the channel.
    pub channel: String,
    /// The company's account on it.
    pub account: String,
    /// Code of what it is about: every message, or advertisements.
    pub purpose: String,
    /// Whether they opted out; else they opted in again.
    pub is_opted_out: bool,
    /// Code of how they did.
    pub source: String,
    /// When, by the provider's clock.
    pub at: Timestamp,
}

/// Codes of purpose and of source that decide whether a message may be sent.
const ANY: &str = "any";
const BLOCKED: &str = "blocked";

impl OptOut {
    /// Whether it forbids an answer to the customer, who wrote last at a time. Who
    /// blocked an account cannot write to it: a later message says that they no longer
    /// do. An opt-out by a word stays, whatever they write, until they opt in.
    pub fn forbids(&self, last_inbound: Option<Timestamp>) -> bool {
        let wrote_since = last_inbound.is_some_and(|wrote| wrote > self.at);
        self.is_opted_out && self.purpose == ANY && !(self.source == BLOCKED && wrote_since)
    }
}

/// Stores what customers said about messages to them: for each contact, channel,
/// account and purpose the latest. The erasure of a contact deletes theirs.
pub trait OptOuts {
    /// Record what a customer said. Returns whether it changed anything: what is older
    /// than the stored does not, nor does an opt-in of someone who never opted out.
    fn record_opt_out(&self, new: OptOut) -> Result<bool>;

    /// What a contact said, by channel, account and purpose.
    fn opt_outs(&self, company: CompanyId, contact: ContactId) -> Result<Vec<OptOut>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opt_out_forbids_answers_until_it_is_taken_back() {
        let at = |second| Timestamp::from_second(second).expect("in range");
        let opt_out = |is_opted_out, purpose: &str, source: &str| OptOut {
            company: CompanyId(1),
            contact: ContactId([0; 16]),
            channel: "sms".to_owned(),
            account: String::new(),
            purpose: purpose.to_owned(),
            is_opted_out,
            source: source.to_owned(),
            at: at(100),
        };
        for (said, wrote, forbids) in [
            (opt_out(true, "any", "stop"), None, true),
            (opt_out(true, "any", "stop"), Some(99), true),
            // Another message takes no word back.
            (opt_out(true, "any", "stop"), Some(101), true),
            (opt_out(false, "any", "start"), Some(101), false),
            (opt_out(true, "any", "blocked"), None, true),
            (opt_out(true, "any", "blocked"), Some(100), true),
            // Who blocks the account cannot write to it.
            (opt_out(true, "any", "blocked"), Some(101), false),
            // Answers are no advertisements.
            (opt_out(true, "marketing", "stop"), Some(99), false),
        ] {
            assert_eq!(said.forbids(wrote.map(at)), forbids, "{said:?} {wrote:?}");
        }
    }
}
