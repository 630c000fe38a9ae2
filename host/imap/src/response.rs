//! What a response says (RFC 9051, 7). Of responses that no command here needs, nothing is
//! read.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use crate::error::Violation;
use crate::reader::RawResponse;
use crate::value::{Value, ValueReader, number};

/// Longest response code that an error shows.
const CODE_BYTES: usize = 40;

/// A response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Response {
    /// The server waits for the rest of the command.
    Continue,
    /// The end of a command.
    Tagged {
        tag: Vec<u8>,
        status: Status,
        code: Option<Code>,
    },
    /// A status of the session.
    Status { status: Status, code: Option<Code> },
    /// What the server offers, in upper case.
    Capabilities(Vec<String>),
    /// How many mails the folder has.
    Exists,
    /// Fields of a mail.
    Fetch(Fetched),
    /// Anything else.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    No,
    Bad,
    Bye,
    /// The connection is logged in already.
    Preauth,
}

/// A response code.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Code {
    Capabilities(Vec<String>),
    UidValidity(u32),
    UidNext(u32),
    /// Its name in upper case, if that has the form of a name.
    Other(String),
}

impl Code {
    /// The name for an error.
    pub(crate) fn name(self) -> Option<String> {
        match self {
            Code::Other(name) => Some(name),
            Code::Capabilities(_) | Code::UidValidity(_) | Code::UidNext(_) => None,
        }
    }
}

/// Fields of a mail.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub(crate) uid: Option<u32>,
    pub(crate) size: Option<u64>,
    pub(crate) date: Option<Timestamp>,
    /// `BODY[…]`; the inner `None` is NIL.
    pub(crate) body: Option<Option<Vec<u8>>>,
}

impl Response {
    /// Reads a response.
    ///
    /// # Errors
    /// It is not one.
    pub(crate) fn parse(raw: RawResponse) -> Result<Response, Violation> {
        let (first, rest) = word(&raw.text);
        match first {
            b"+" => return Ok(Response::Continue),
            b"*" => {}
            [] => return Err(Violation::Syntax("a response is empty")),
            tag => {
                let (name, rest) = word(rest);
                let status = status(name).ok_or(Violation::Syntax("a line is no response"))?;
                return Ok(Response::Tagged {
                    tag: tag.to_vec(),
                    status,
                    code: code(rest),
                });
            }
        }
        let (name, rest) = word(rest);
        if let Some(status) = status(name) {
            let code = code(rest);
            return Ok(Response::Status { status, code });
        }
        if name.eq_ignore_ascii_case(b"CAPABILITY") {
            return Ok(Response::Capabilities(names(rest)));
        }
        if number(name).is_none() {
            return Ok(Response::Other);
        }
        let (what, rest) = word(rest);
        if what.eq_ignore_ascii_case(b"EXISTS") {
            return Ok(Response::Exists);
        }
        match what.eq_ignore_ascii_case(b"FETCH") {
            true => Ok(Response::Fetch(fetched(rest, raw.literals.clone())?)),
            false => Ok(Response::Other),
        }
    }
}

/// The bytes before the first space, and those behind it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|byte| *byte == b' ') {
        Some(space) => (&text[..space], &text[space + 1..]),
        None => (text, &[]),
    }
}

fn status(name: &[u8]) -> Option<Status> {
    let all = [
        ("OK", Status::Ok),
        ("NO", Status::No),
        ("BAD", Status::Bad),
        ("BYE", Status::Bye),
        ("PREAUTH", Status::Preauth),
    ];
    let is = |it: &(&str, Status)| name.eq_ignore_ascii_case(it.0.as_bytes());
    all.into_iter().find(is).map(|(_, status)| status)
}

/// The code at the beginning of a status text.
fn code(text: &[u8]) -> Option<Code> {
    let inside = text.strip_prefix(b"[")?;
    let end = inside.iter().position(|byte| *byte == b']')?;
    let (name, rest) = word(&inside[..end]);
    let name = String::from_utf8(name.to_ascii_uppercase()).ok()?;
    let value = || u32::try_from(number(rest)?).ok();
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    match name.as_str() {
        "CAPABILITY" => Some(Code::Capabilities(names(rest))),
        "UIDVALIDITY" => value().map(Code::UidValidity),
        "UIDNEXT" => value().map(Code::UidNext),
        _ => {
            let fits = (1..=CODE_BYTES).contains(&name.len()) && name.bytes().all(is_name);
            fits.then_some(Code::Other(name))
        }
    }
}

fn names(text: &[u8]) -> Vec<String> {
    let words = text.split(|byte| *byte == b' ').filter(|it| !it.is_empty());
    let names = words.map(|it| String::from_utf8_lossy(it).to_ascii_uppercase());
    names.collect()
}

fn fetched(text: &[u8], literals: Vec<Vec<u8>>) -> Result<Fetched, Violation> {
    let Value::List(fields) = ValueReader::new(text, literals).value()? else {
        return Err(Violation::Syntax("FETCH has no list"));
    };
    let mut fetched = Fetched::default();
    let mut fields = fields.into_iter();
    while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
        let Value::Atom(name) = name else {
            return Err(Violation::Syntax("a field of FETCH has no name"));
        };
        match name.to_ascii_uppercase().as_slice() {
            b"UID" => fetched.uid = value.number().and_then(|uid| uid.try_into().ok()),
            b"RFC822.SIZE" => fetched.size = value.number(),
            b"INTERNALDATE" => {
                if let Value::Text(text) = value {
                    fetched.date = internal_date(&text);
                }
            }
            name if name.starts_with(b"BODY[") => {
                fetched.body = match value {
                    Value::Text(bytes) => Some(Some(bytes)),
                    Value::Nil => Some(None),
                    Value::Atom(_) | Value::List(_) => {
                        return Err(Violation::Syntax("the content of a mail is no string"));
                    }
                };
            }
            _ => {}
        }
    }
    Ok(fetched)
}

/// A date such as `17-Jul-1996 02:44:25 -0700`, where the day may begin with a space.
fn internal_date(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let mut words = text.split(' ');
    let (day, time, zone) = (words.next()?, words.next()?, words.next()?);
    let mut day = day.split('-');
    let (number, month, year) = (day.next()?, day.next()?, day.next()?);
    let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let month = months
        .iter()
        .position(|it| it.eq_ignore_ascii_case(month))?;
    let mut time = time.split(':').map(str::parse::<i8>);
    let (hour, minute, second) = (time.next()?.ok()?, time.next()?.ok()?, time.next()?.ok()?);
    let (sign, zone) = match zone.as_bytes() {
        [b'+', zone @ ..] => (1, zone),
        [b'-', zone @ ..] => (-1, zone),
        _ => return None,
    };
    let zone = i32::try_from(self::number(zone).filter(|_| zone.len() == 4)?).ok()?;
    let offset = Offset::from_seconds(sign * (zone / 100 * 3_600 + zone % 100 * 60)).ok()?;
    let day = Date::new(
        year.parse().ok()?,
        i8::try_from(month + 1).ok()?,
        number.parse().ok()?,
    );
    let time = Time::new(hour, minute, second.min(59), 0).ok()?;
    let written = DateTime::from_parts(day.ok()?, time);
    let zoned = written.to_zoned(TimeZone::fixed(offset)).ok()?;
    Some(zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Response, Violation> {
        Response::parse(RawResponse {
            text: text.as_bytes().to_vec(),
            literals: Vec::new(),
        })
    }

    #[test]
    fn a_status_has_a_code_or_only_text() {
        let other = |name: &str| Some(Code::Other(name.to_owned()));
        for (text, expected) in [
            ("* OK ready", (Status::Ok, None)),
            (
                "* ok [UIDVALIDITY 3857529045] valid",
                (Status::Ok, Some(Code::UidValidity(3_857_529_045))),
            ),
            (
                "* OK [UIDNEXT 4392] next",
                (Status::Ok, Some(Code::UidNext(4392))),
            ),
            ("* OK [UIDNEXT 4294967296] next", (Status::Ok, None)),
            (
                "* BYE [unavailable] later",
                (Status::Bye, other("UNAVAILABLE")),
            ),
            ("* NO [jo@example.org] x", (Status::No, None)),
            ("* PREAUTH", (Status::Preauth, None)),
            ("* BAD [", (Status::Bad, None)),
        ] {
            let (status, code) = expected;
            assert_eq!(parse(text), Ok(Response::Status { status, code }), "{text}");
        }
        let tagged = Response::Tagged {
            tag: b"p7".to_vec(),
            status: Status::No,
            code: other("AUTHENTICATIONFAILED"),
        };
        assert_eq!(parse("p7 NO [AUTHENTICATIONFAILED] no"), Ok(tagged));
    }

    #[test]
    fn offers_are_in_upper_case_wherever_they_stand() {
        let names = || vec!["IMAP4REV1".to_owned(), "AUTH=PLAIN".to_owned()];
        let code = Some(Code::Capabilities(names()));
        let status = Status::Ok;
        assert_eq!(
            parse("* OK [CAPABILITY IMAP4rev1 auth=plain] x"),
            Ok(Response::Status { status, code })
        );
        assert_eq!(
            parse("* capability IMAP4rev1  auth=plain "),
            Ok(Response::Capabilities(names()))
        );
    }

    #[test]
    fn a_mail_has_the_fields_that_the_server_sends() {
        let found = parse(
            "* 12 FETCH (UID 4294967295 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 44827 FLAGS (\\Seen))",
        );
        let date = "1996-07-17T09:44:25Z".parse().ok();
        assert_eq!(
            found,
            Ok(Response::Fetch(Fetched {
                uid: Some(u32::MAX),
                size: Some(44_827),
                date,
                body: None
            }))
        );
        let content = Response::parse(RawResponse {
            text: b"* 1 FETCH (BODY[]<0> {1}\0 UID 2)".to_vec(),
            literals: vec![b"x".to_vec()],
        });
        let expected = Fetched {
            uid: Some(2),
            body: Some(Some(b"x".to_vec())),
            ..Fetched::default()
        };
        assert_eq!(content, Ok(Response::Fetch(expected)));
        let gone = Fetched {
            body: Some(None),
            ..Fetched::default()
        };
        assert_eq!(parse("* 1 FETCH (body[] nil)"), Ok(Response::Fetch(gone)));
        // A field that is not understood is as absent.
        for text in [
            "* 1 FETCH ()",
            "* 1 FETCH (UID 4294967296)",
            "* 1 FETCH (RFC822.SIZE NIL INTERNALDATE NIL X)",
        ] {
            assert_eq!(
                parse(text),
                Ok(Response::Fetch(Fetched::default())),
                "{text}"
            );
        }
        for text in [
            "* 1 FETCH",
            "* 1 FETCH 3",
            "* 1 FETCH ((A) B)",
            "* 1 FETCH (BODY[] (a))",
            "* 1 FETCH (UID 1",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_needed_is_not_read() {
        for text in [
            "* LIST () \"/\" INBOX",
            "* 3 EXPUNGE",
            "* VANISHED 1:3",
            "* FLAGS ((((",
            "*",
            "* ",
            "* 3 RECENT",
        ] {
            assert_eq!(parse(text), Ok(Response::Other), "{text}");
        }
        assert_eq!(parse("+"), Ok(Response::Continue));
        assert_eq!(parse("* 3 exists"), Ok(Response::Exists));
        for text in [
            "",
            " ",
            "HTTP/1.1 400 Bad Request",
            "220 mail.example ESMTP",
            "p1",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    /// Forms of RFC 9051, date-time.
    #[test]
    fn a_date_is_read_or_absent() {
        for (text, expected) in [
            (" 1-Jan-2026 00:00:00 +0000", Some("2026-01-01T00:00:00Z")),
            ("01-jan-2026 00:00:60 +0530", Some("2025-12-31T18:30:59Z")),
            ("31-Feb-2026 00:00:00 +0000", None),
            ("1-Jan-2026 24:00:00 +0000", None),
            ("1-Jan-2026 00:00:00 UTC", None),
            ("1-Jan-2026 00:00:00 +9999", None),
            ("1-Jan-99999 00:00:00 +0000", None),
            ("1-Jan-2026", None),
            ("", None),
        ] {
            let expected = expected.map(|it| it.parse().expect("a time"));
            assert_eq!(internal_date(text.as_bytes()), expected, "{text:?}");
        }
    }
}
