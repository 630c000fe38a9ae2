//! Questions to the API about an account and its numbers.

use patchbay_adapter::field::Fields;
use patchbay_adapter::probe::{Finding, MOST_PROBES, Probe};
use serde_json::Value;

use super::Account;

/// Topic of the question about the account.
pub(crate) const ACCOUNT: &str = "account";
/// Topic of the question about a number.
const NUMBER: &str = "number";

/// A question about the account, and one about each of these numbers with `+`.
pub(crate) fn questions<'n>(
    account: &Account,
    numbers: impl Iterator<Item = &'n String>,
) -> Vec<Probe> {
    let question = |topic, url| Probe::get(topic, url, account.credential());
    let resource = account.resource();
    let mut questions = vec![question(ACCOUNT, format!("{resource}.json"))];
    questions.extend(numbers.take(MOST_PROBES - 1).map(|number| {
        let digits = number.trim_start_matches('+');
        let url = format!("{resource}/IncomingPhoneNumbers.json?PhoneNumber=%2B{digits}");
        question(NUMBER, url).about(number)
    }));
    questions
}

/// What the answer about the account shows.
pub(crate) fn account(account: &Account, document: &Value) -> Vec<Finding> {
    let mut findings = vec![Finding::of_account(document.text(&["sid"]), account.sid())];
    match document.text(&["status"]) {
        Some("active") | None => {}
        Some(_) => findings.push(Finding::wrong(
            "account",
            "the account is suspended or closed: see the Twilio Console",
        )),
    }
    findings
}

/// The number in the answer about it. Twilio finds numbers by a pattern: only this one
/// counts.
///
/// # Errors
/// The account does not own it.
pub(crate) fn number<'d>(number: &str, document: &'d Value) -> Result<&'d Value, Finding> {
    let numbers = document.list("incoming_phone_numbers").iter();
    let mut numbers = numbers.filter(|it| it.text(&["phone_number"]) == Some(number));
    numbers.next().ok_or_else(|| {
        let text = format!("the account does not own the number {number} of `accounts`");
        Finding::wrong("account", text)
    })
}
