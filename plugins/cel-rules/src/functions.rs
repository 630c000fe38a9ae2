//! The environment of the language: its standard functions, and three of our own.

use std::sync::{Arc, OnceLock};

use cel::common::types::{CelBool, CelString, STRING_TYPE};
use cel::common::value::CowVal;
use cel::{Env, ExecutionError};
use patchbay_sdk::{clock, text};

/// `text.mentions('money back')`: whole words, without regard to case and accents.
pub(crate) const MENTIONS: &str = "mentions";
/// `text.lower()`: in lower case, without accents and look-alike characters.
pub(crate) const LOWER: &str = "lower";
/// `is_open('office')`: whether business hours are open now.
pub(crate) const IS_OPEN: &str = "is_open";

/// The environment, made once.
pub(crate) fn environment() -> Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    Arc::clone(ENVIRONMENT.get_or_init(|| {
        let mut env = Env::stdlib().with_optional_support(false);
        let added = [
            env.add_member_overload(
                MENTIONS,
                "text_mentions",
                STRING_TYPE,
                vec![STRING_TYPE],
                mentions,
            ),
            env.add_member_overload(LOWER, "text_lower", STRING_TYPE, vec![], lower),
            env.add_overload(IS_OPEN, "is_open", vec![STRING_TYPE], is_open),
        ];
        debug_assert!(added.iter().all(Result::is_ok), "a name is taken");
        Arc::new(env)
    }))
}

type Values<'b, 'v> = Vec<CowVal<'b, 'v>>;
type Outcome<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

fn mentions<'b, 'v>(values: Values<'b, 'v>) -> Outcome<'b, 'v> {
    let found = text::contains_words(string(&values, 0)?, string(&values, 1)?);
    Ok(CowVal::owned(CelBool::from(found)))
}

fn lower<'b, 'v>(values: Values<'b, 'v>) -> Outcome<'b, 'v> {
    let lower = text::fold_case(string(&values, 0)?);
    Ok(CowVal::owned(CelString::from(lower)))
}

fn is_open<'b, 'v>(values: Values<'b, 'v>) -> Outcome<'b, 'v> {
    let hours = string(&values, 0)?;
    match clock::is_open(hours, clock::now()) {
        Some(open) => Ok(CowVal::owned(CelBool::from(open))),
        None => Err(ExecutionError::NoSuchKey(Arc::new(hours.to_owned()))),
    }
}

fn string<'a>(values: &'a [CowVal<'_, '_>], at: usize) -> Result<&'a str, ExecutionError> {
    values
        .get(at)
        .and_then(|value| value.downcast_ref::<CelString>())
        .map(CelString::inner)
        .ok_or(ExecutionError::MissingArgumentOrTarget)
}
