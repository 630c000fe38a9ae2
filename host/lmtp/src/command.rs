//! Commands of a client.

use crate::path::{self, PathError};
use crate::reply::Reply;

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    Lhlo,
    Mail(MailCommand<'a>),
    /// The address.
    Rcpt(&'a str),
    Data,
    Rset,
    Noop,
    Quit,
    Vrfy,
}

/// MAIL, with what it says of the mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MailCommand<'a> {
    /// Empty for `<>`.
    pub(crate) return_path: &'a str,
    /// Size in bytes, if it is said (RFC 1870).
    pub(crate) size: Option<u64>,
    /// Whether addresses and header may be UTF-8 (RFC 6531).
    pub(crate) is_utf8: bool,
}

impl<'a> Command<'a> {
    /// Reads a line, without its CRLF.
    ///
    /// # Errors
    /// The reply to a line that is not a command.
    pub(crate) fn parse(line: &'a [u8]) -> Result<Command<'a>, Reply> {
        if line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(Reply::BARE_LINE_END);
        }
        let line = std::str::from_utf8(line).map_err(|_| Reply::SYNTAX)?;
        let line = line.trim_end_matches(' ');
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let argument = argument.trim_start_matches(' ');
        let bare = |command: Command<'a>| match argument {
            "" => Ok(command),
            _ => Err(Reply::SYNTAX),
        };
        match verb.to_ascii_uppercase().as_str() {
            "LHLO" => {
                match argument.is_empty() || !argument.bytes().all(|it| it.is_ascii_graphic()) {
                    true => Err(Reply::SYNTAX),
                    false => Ok(Command::Lhlo),
                }
            }
            // RFC 2033, 4.1: LMTP has neither.
            "HELO" | "EHLO" => Err(Reply::NOT_SMTP),
            "MAIL" => Ok(Command::Mail(MailCommand::parse(argument)?)),
            "RCPT" => Ok(Command::Rcpt(recipient(argument)?)),
            "DATA" => bare(Command::Data),
            "RSET" => bare(Command::Rset),
            "QUIT" => bare(Command::Quit),
            "NOOP" => Ok(Command::Noop),
            "VRFY" => match argument {
                "" => Err(Reply::SYNTAX),
                _ => Ok(Command::Vrfy),
            },
            "EXPN" | "HELP" | "BDAT" | "AUTH" | "STARTTLS" | "ETRN" | "TURN" => {
                Err(Reply::NOT_IMPLEMENTED)
            }
            _ => Err(Reply::UNKNOWN_COMMAND),
        }
    }
}

impl<'a> MailCommand<'a> {
    fn parse(argument: &'a str) -> Result<MailCommand<'a>, Reply> {
        let path = after_word(argument, "FROM:").ok_or(Reply::SYNTAX)?;
        let (return_path, rest) = read_path(path, Reply::BAD_SENDER)?;
        let mut command = MailCommand {
            return_path,
            ..MailCommand::default()
        };
        for parameter in parameters(rest)? {
            let (name, value) = match parameter.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (parameter, None),
            };
            match (name.to_ascii_uppercase().as_str(), value) {
                ("SIZE", Some(value)) => {
                    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
                    if !is_number || !(1..=20).contains(&value.len()) {
                        return Err(Reply::SYNTAX);
                    }
                    command.size = Some(value.parse().unwrap_or(u64::MAX));
                }
                // Content of 8 bits is taken with and without the parameter.
                ("BODY", Some(value))
                    if ["7BIT", "8BITMIME"]
                        .iter()
                        .any(|known| known.eq_ignore_ascii_case(value)) => {}
                ("BODY", _) => return Err(Reply::SYNTAX),
                ("SMTPUTF8", None) => command.is_utf8 = true,
                _ => return Err(Reply::UNKNOWN_PARAMETER),
            }
        }
        if !return_path.is_ascii() && !command.is_utf8 {
            return Err(Reply::NEEDS_SMTPUTF8);
        }
        Ok(command)
    }
}

/// The recipient of RCPT, which has no parameters: none are offered.
fn recipient(argument: &str) -> Result<&str, Reply> {
    let path = after_word(argument, "TO:").ok_or(Reply::SYNTAX)?;
    let (address, rest) = read_path(path, Reply::BAD_RECIPIENT)?;
    if address.is_empty() {
        return Err(Reply::BAD_RECIPIENT);
    }
    match parameters(rest)?.next() {
        None => Ok(address),
        Some(_) => Err(Reply::UNKNOWN_PARAMETER),
    }
}

/// What follows a word at the start of a text, in upper or lower case, and blanks.
fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let start = text.get(..word.len())?;
    let rest = &text[word.len()..];
    start
        .eq_ignore_ascii_case(word)
        .then(|| rest.trim_start_matches(' '))
}

fn read_path(text: &str, invalid: Reply) -> Result<(&str, &str), Reply> {
    path::read(text).map_err(|error| match error {
        PathError::Syntax => invalid,
        PathError::TooLong => Reply::LINE_TOO_LONG,
    })
}

/// The words behind a path.
fn parameters(rest: &str) -> Result<impl Iterator<Item = &str>, Reply> {
    match rest.is_empty() || rest.starts_with(' ') {
        true => Ok(rest.split(' ').filter(|word| !word.is_empty())),
        false => Err(Reply::SYNTAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(return_path: &str, size: Option<u64>, is_utf8: bool) -> Result<Command<'_>, Reply> {
        Ok(Command::Mail(MailCommand {
            return_path,
            size,
            is_utf8,
        }))
    }

    #[test]
    fn a_line_is_a_command_or_has_a_reply() {
        let jo = "jo@example.org";
        for (line, expected) in [
            (&b"LHLO mx.example"[..], Ok(Command::Lhlo)),
            (b"lhlo [127.0.0.1]", Ok(Command::Lhlo)),
            (b"LHLO", Err(Reply::SYNTAX)),
            (b"LHLO a b", Err(Reply::SYNTAX)),
            (b"EHLO mx.example", Err(Reply::NOT_SMTP)),
            (b"HELO mx.example", Err(Reply::NOT_SMTP)),
            (b"MAIL FROM:<>", mail("", None, false)),
            (b"mail from:<jo@example.org>", mail(jo, None, false)),
            (b"MAIL FROM: <jo@example.org>  ", mail(jo, None, false)),
            (
                b"MAIL FROM:<jo@example.org> SIZE=17 BODY=8bitmime",
                mail(jo, Some(17), false),
            ),
            (
                b"MAIL FROM:<jo@example.org> SIZE=99999999999999999999",
                mail(jo, Some(u64::MAX), false),
            ),
            (
                "MAIL FROM:<jö@example.org> SMTPUTF8".as_bytes(),
                mail("jö@example.org", None, true),
            ),
            (
                "MAIL FROM:<jö@example.org>".as_bytes(),
                Err(Reply::NEEDS_SMTPUTF8),
            ),
            (
                b"MAIL FROM:<j\xf6@example.org> SMTPUTF8",
                Err(Reply::SYNTAX),
            ),
            (b"MAIL FROM:<jo@example.org>SIZE=1", Err(Reply::SYNTAX)),
            (b"MAIL FROM:<jo@example.org> SIZE=-1", Err(Reply::SYNTAX)),
            (
                b"MAIL FROM:<jo@example.org> SIZE",
                Err(Reply::UNKNOWN_PARAMETER),
            ),
            (
                b"MAIL FROM:<jo@example.org> BODY=BINARYMIME",
                Err(Reply::SYNTAX),
            ),
            (
                b"MAIL FROM:<jo@example.org> RET=FULL",
                Err(Reply::UNKNOWN_PARAMETER),
            ),
            (b"MAIL FROM:jo@example.org", Err(Reply::BAD_SENDER)),
            (b"MAIL jo@example.org", Err(Reply::SYNTAX)),
            (b"MAIL", Err(Reply::SYNTAX)),
            (b"RCPT TO:<jo@example.org>", Ok(Command::Rcpt(jo))),
            (b"RCPT TO:<>", Err(Reply::BAD_RECIPIENT)),
            (b"RCPT TO:<jo@example.org", Err(Reply::BAD_RECIPIENT)),
            (
                b"RCPT TO:<jo@example.org> NOTIFY=NEVER",
                Err(Reply::UNKNOWN_PARAMETER),
            ),
            (b"DATA", Ok(Command::Data)),
            (b"DATA now", Err(Reply::SYNTAX)),
            (b"RSET", Ok(Command::Rset)),
            (b"NOOP anything", Ok(Command::Noop)),
            (b"QUIT", Ok(Command::Quit)),
            (b"VRFY jo", Ok(Command::Vrfy)),
            (b"VRFY", Err(Reply::SYNTAX)),
            (b"BDAT 5 LAST", Err(Reply::NOT_IMPLEMENTED)),
            (b"GET / HTTP/1.1", Err(Reply::UNKNOWN_COMMAND)),
            (b"", Err(Reply::UNKNOWN_COMMAND)),
            (b"NOOP a\rb", Err(Reply::BARE_LINE_END)),
            (b"NOOP a\nRSET", Err(Reply::BARE_LINE_END)),
            (b"NOOP \0", Err(Reply::BARE_LINE_END)),
            (b"\xff", Err(Reply::SYNTAX)),
        ] {
            assert_eq!(Command::parse(line), expected, "{}", line.escape_ascii());
        }
    }
}
