//! Fields `Authentication-Results` (RFC 8601), as the company's own mail server
//! writes them. Any sender can write such a field too: see [`is_authentic`].

use super::Settings;
use super::header::Header;

/// Most words of a field that are read.
const WORDS: usize = 1_000;

/// Results of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Results {
    /// Which server checked.
    server: String,
    methods: Vec<MethodResult>,
}

/// What a method found, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct MethodResult {
    method: String,
    result: String,
    /// Properties such as `header.from`, and their values.
    properties: Vec<(String, String)>,
}

/// Whether the author's domain is who it says, by the results of DMARC of the
/// company's own server: the first field with its name, above the `Received` fields
/// of others. `None` without such a result for the domain of the author.
pub(super) fn is_authentic(settings: &Settings, header: &Header<'_>, domain: &str) -> Option<bool> {
    let server = settings.authserv_id.as_deref()?;
    // Servers add fields on top: below the `Received` of the first server of the
    // company stands what the sender wrote.
    let mut received = header.all("received").map(|(place, _)| place);
    let end = received.nth(settings.own_hops.saturating_sub(1));
    let fields = header.all("authentication-results");
    let mut own = fields
        .filter(|(place, _)| end.is_none_or(|end| *place < end))
        .filter_map(|(_, value)| Results::parse(&value))
        .filter(|results| results.server.eq_ignore_ascii_case(server));
    let methods = own.next()?.methods;
    let dmarc = methods.iter().filter(|it| it.method == "dmarc");
    let mut verdict = None;
    for result in dmarc {
        let of = result
            .properties
            .iter()
            .find(|(name, _)| name == "header.from");
        let is_of_author = of.is_none_or(|(_, value)| {
            let value = value.rsplit('@').next().unwrap_or_default();
            value.eq_ignore_ascii_case(domain)
        });
        match result.result.as_str() {
            "pass" if is_of_author => verdict = verdict.or(Some(true)),
            "fail" => verdict = Some(false),
            _ => {}
        }
    }
    verdict
}

impl Results {
    /// Parses the value of a field; `None` for one that is malformed.
    fn parse(value: &str) -> Option<Results> {
        let tokens = tokens(value)?;
        let mut sections = tokens.split(|token| *token == Token::End);
        let server = match sections.next()? {
            [Token::Word(server)] => server,
            // A version follows, and only 1 exists.
            [Token::Word(server), Token::Word(version)] if version == "1" => server,
            _ => return None,
        };
        let mut methods = Vec::new();
        for section in sections {
            match section {
                [] => {}
                [Token::Word(none)] if none.eq_ignore_ascii_case("none") => {}
                [
                    Token::Word(method),
                    Token::Is,
                    Token::Word(result),
                    rest @ ..,
                ] => {
                    let mut properties = Vec::new();
                    for property in rest.chunks(3) {
                        match property {
                            [Token::Word(name), Token::Is, Token::Word(value)] => {
                                properties.push((name.to_lowercase(), value.clone()));
                            }
                            _ => return None,
                        }
                    }
                    // `dkim/1`: a version of the method.
                    let method = method.split('/').next().unwrap_or_default();
                    methods.push(MethodResult {
                        method: method.to_lowercase(),
                        result: result.to_lowercase(),
                        properties,
                    });
                }
                _ => return None,
            }
        }
        Some(Results {
            server: server.clone(),
            methods,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `=`
    Is,
    /// `;`
    End,
}

/// Words, quoted or not, and separators, without comments. `None` where a quote or
/// a comment does not end. A value may have `=` inside, as base64 does.
fn tokens(value: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut characters = value.chars().peekable();
    while let Some(c) = characters.next() {
        if tokens.len() == WORDS {
            return None;
        }
        match c {
            ';' => tokens.push(Token::End),
            '=' => tokens.push(Token::Is),
            '(' => {
                let mut depth = 1;
                while depth > 0 {
                    match characters.next()? {
                        '(' => depth += 1,
                        ')' => depth -= 1,
                        '\\' => {
                            characters.next()?;
                        }
                        _ => {}
                    }
                }
            }
            '"' => {
                let mut word = String::new();
                loop {
                    match characters.next()? {
                        '"' => break,
                        '\\' => word.push(characters.next()?),
                        c => word.push(c),
                    }
                }
                tokens.push(Token::Word(word));
            }
            c if c.is_whitespace() => {}
            c => {
                let is_value = tokens.last() == Some(&Token::Is);
                let mut word = String::from(c);
                while let Some(next) = characters.next_if(|next| {
                    !next.is_whitespace()
                        && !matches!(next, ';' | '(' | '"')
                        && (is_value || *next != '=')
                }) {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Some(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn methods(value: &str) -> Option<(String, Vec<(String, String)>)> {
        let results = Results::parse(value)?;
        let methods = results.methods.into_iter();
        Some((
            results.server,
            methods.map(|it| (it.method, it.result)).collect(),
        ))
    }

    /// The examples of RFC 8601, appendix B.
    #[test]
    fn the_examples_of_the_rfc_are_read() {
        for (value, server, expected) in [
            ("example.org 1; none", "example.org", &[][..]),
            (
                "example.com; spf=pass smtp.mailfrom=example.net",
                "example.com",
                &[("spf", "pass")],
            ),
            (
                "example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
                "example.com",
                &[("auth", "pass"), ("spf", "pass")],
            ),
            (
                "example.com; sender-id=pass header.from=example.net",
                "example.com",
                &[("sender-id", "pass")],
            ),
            (
                "example.com; sender-id=fail header.from=example.com; dkim=pass (good signature) header.d=example.com",
                "example.com",
                &[("sender-id", "fail"), ("dkim", "pass")],
            ),
            (
                "example.com; dkim=pass reason=\"good signature\" header.i=@mail-router.example.net; dkim=fail reason=\"bad signature\" header.i=@newyork.example.com",
                "example.com",
                &[("dkim", "pass"), ("dkim", "fail")],
            ),
            (
                "foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait for it) fail policy (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462",
                "",
                &[],
            ),
            (
                "mx.example; dmarc=pass (p=REJECT sp=NONE dis=NONE) header.from=example.org; dkim=pass header.d=example.org header.b=\"ab+/cd==\"; arc=none",
                "mx.example",
                &[("dmarc", "pass"), ("dkim", "pass"), ("arc", "none")],
            ),
            (
                "mx.example; dkim=pass header.b=ab+/cd==; DMARC=Pass",
                "mx.example",
                &[("dkim", "pass"), ("dmarc", "pass")],
            ),
            (
                "mx.example; dkim/1=pass;",
                "mx.example",
                &[("dkim", "pass")],
            ),
        ] {
            let expected = expected
                .iter()
                .map(|(method, result)| ((*method).to_owned(), (*result).to_owned()));
            let expected = (!server.is_empty()).then(|| (server.to_owned(), expected.collect()));
            assert_eq!(methods(value), expected, "{value}");
        }
    }

    #[test]
    fn malformed_fields_have_no_result() {
        for value in [
            "",
            ";",
            "mx.example 2; dmarc=pass",
            "mx.example; dmarc",
            "mx.example; dmarc=",
            "mx.example; =pass",
            "mx.example; dmarc=pass (open",
            "mx.example; dmarc=pass reason=\"open",
            "mx.example; dmarc=pass x",
            "mx.example dmarc=pass",
            "two words.example; dmarc=pass",
        ] {
            assert_eq!(methods(value), None, "{value}");
        }
        assert_eq!(
            methods(&format!("mx.example; {}", "a=b; ".repeat(WORDS))),
            None
        );
    }

    fn verdict(fields: &str, own_hops: usize) -> Option<bool> {
        let settings = Settings {
            authserv_id: Some("mx.northwind.example".to_owned()),
            own_hops,
            ..Settings::default()
        };
        let mail = format!("{fields}\n\n");
        is_authentic(&settings, &Header::split(mail.as_bytes()).0, "example.org")
    }

    const OWN: &str =
        "Authentication-Results: MX.northwind.example; dmarc=pass header.from=example.org";
    const FAILED: &str =
        "Authentication-Results: mx.northwind.example; dmarc=fail header.from=example.org";
    const OTHER: &str =
        "Authentication-Results: mx.attacker.example; dmarc=pass header.from=example.org";
    const RECEIVED: &str =
        "Received: from a.example by mx.northwind.example; Tue, 3 Mar 2026 10:15:00 +0100";

    #[test]
    fn only_the_first_field_of_the_own_server_counts() {
        for (fields, expected) in [
            (vec![OWN, RECEIVED], Some(true)),
            (vec![FAILED, RECEIVED], Some(false)),
            // Written by the sender.
            (vec![OTHER, RECEIVED], None),
            (vec![RECEIVED, OWN], None),
            (vec![FAILED, RECEIVED, OWN], Some(false)),
            (vec![FAILED, OWN, RECEIVED], Some(false)),
            // Another server of the company adds its own.
            (vec![OTHER, OWN, RECEIVED], Some(true)),
            (vec![], None),
        ] {
            assert_eq!(verdict(&fields.join("\n"), 1), expected, "{fields:?}");
        }
        let delivered = [RECEIVED, OWN, RECEIVED].join("\n");
        assert_eq!(verdict(&delivered, 1), None);
        assert_eq!(verdict(&delivered, 2), Some(true));
        assert_eq!(verdict(&[RECEIVED, RECEIVED, OWN].join("\n"), 2), None);
    }

    #[test]
    fn a_result_for_another_domain_or_without_a_verdict_is_none() {
        for (result, expected) in [
            ("dmarc=pass header.from=example.org", Some(true)),
            ("dmarc=pass header.from=EXAMPLE.ORG", Some(true)),
            ("dmarc=pass header.from=jo@example.org", Some(true)),
            ("dmarc=pass", Some(true)),
            ("dmarc=pass header.from=attacker.example", None),
            ("dmarc=bestguesspass header.from=example.org", None),
            ("dmarc=none; spf=pass; dkim=pass", None),
            (
                "spf=pass smtp.mailfrom=example.org; dkim=pass header.d=example.org",
                None,
            ),
            ("dmarc=pass; dmarc=fail", Some(false)),
            ("dmarc=temperror", None),
            ("none", None),
        ] {
            let field = format!("Authentication-Results: mx.northwind.example; {result}");
            assert_eq!(verdict(&field, 1), expected, "{result}");
        }
    }
}
