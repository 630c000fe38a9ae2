use std::error::Error as StdError;
use std::fmt;

/// Why a policy failed.
///
/// `?` converts any [`std::error::Error`], with its causes. The host records the message and applies
/// the company's rule for failing policies. To decline, return `Ok(None)` instead.
///
/// ```
/// use patchbay_sdk::prelude::*;
///
/// fn table_of(interaction: &Interaction) -> Result<u32, Error> {
///     let table = interaction.attribute("table").ok_or_else(|| Error::new("no table"))?;
///     Ok(table.parse()?)
/// }
/// # let interaction = Interaction::example("chat", "The bill, please").attribute("table", "x");
/// # assert_eq!(table_of(&interaction).unwrap_err().message(), "invalid digit found in string");
/// ```
// Not a `std::error::Error` itself: that would rule out the conversion from every other one.
pub struct Error(String);

impl Error {
    /// An error with this message.
    pub fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }

    /// The message, followed by those of the causes.
    pub fn message(&self) -> &str {
        &self.0
    }
}

impl<E: StdError> From<E> for Error {
    fn from(error: E) -> Self {
        Self(with_causes(&error))
    }
}

/// The message of an error, followed by those of its causes.
pub(crate) fn with_causes(error: &dyn StdError) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    message
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Error").field(&self.0).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_includes_its_causes() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the table is not a number")
            }
        }
        impl StdError for Outer {
            fn source(&self) -> Option<&(dyn StdError + 'static)> {
                Some(&self.0)
            }
        }
        let error = Error::from(Outer("x".parse::<u32>().unwrap_err()));
        assert_eq!(
            error.message(),
            "the table is not a number: invalid digit found in string"
        );
    }
}
