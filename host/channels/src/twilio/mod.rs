//! What the channels by Twilio have in common: an account with its token, the parameters of
//! a request, the meaning of answers and of codes of errors, the questions about an account
//! and its numbers.

mod account;
mod answer;
pub(crate) mod error_code;
mod parameters;
pub(crate) mod probe;

pub(crate) use self::account::{AUTH_TOKEN, Account, encode, is_sid};
pub(crate) use self::answer::outcome;
pub(crate) use self::parameters::Parameters;
