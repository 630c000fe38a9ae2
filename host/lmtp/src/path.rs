//! Paths of an envelope: `<jo@example.org>` (RFC 5321, 4.1.2).

/// Most bytes of an address.
const ADDRESS_BYTES: usize = 320;

/// Why a path cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PathError {
    /// It is not in angle brackets, or has characters that an address cannot have.
    Syntax,
    /// It is too long.
    TooLong,
}

/// Reads a path at the start of a text: the address, which is empty for `<>`, and what
/// follows. The route of a path (`@a,@b:`) is left out, as the RFC asks for.
pub(crate) fn read(text: &str) -> Result<(&str, &str), PathError> {
    let inside = text.strip_prefix('<').ok_or(PathError::Syntax)?;
    let end = end(inside).ok_or(PathError::Syntax)?;
    let (path, rest) = (&inside[..end], &inside[end + 1..]);
    let address = match path.strip_prefix('@') {
        Some(route) => route.split_once(':').ok_or(PathError::Syntax)?.1,
        None => path,
    };
    if address.len() > ADDRESS_BYTES {
        return Err(PathError::TooLong);
    }
    if address.chars().any(char::is_control) {
        return Err(PathError::Syntax);
    }
    Ok((address, rest))
}

/// Where the path ends: the bracket outside of quotes.
fn end(inside: &str) -> Option<usize> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b'>' if !is_quoted => return Some(at),
            b'<' | b' ' if !is_quoted => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_an_address_in_brackets() {
        for (text, expected) in [
            ("<jo@example.org>", Ok(("jo@example.org", ""))),
            ("<>", Ok(("", ""))),
            ("<jo@example.org> SIZE=1", Ok(("jo@example.org", " SIZE=1"))),
            ("<jo@example.org>SIZE=1", Ok(("jo@example.org", "SIZE=1"))),
            (
                "<@a.example,@b.example:jo@example.org>",
                Ok(("jo@example.org", "")),
            ),
            ("<\"a> b\"@example.org>", Ok(("\"a> b\"@example.org", ""))),
            (
                "<\"a\\\"> b\"@example.org>",
                Ok(("\"a\\\"> b\"@example.org", "")),
            ),
            ("<jö@example.org>", Ok(("jö@example.org", ""))),
            ("<MAILER-DAEMON>", Ok(("MAILER-DAEMON", ""))),
            ("jo@example.org", Err(PathError::Syntax)),
            ("<jo@example.org", Err(PathError::Syntax)),
            ("<jo @example.org>", Err(PathError::Syntax)),
            ("<<jo@example.org>", Err(PathError::Syntax)),
            ("<@a.example>", Err(PathError::Syntax)),
            ("<\"jo@example.org>", Err(PathError::Syntax)),
            ("<jo\0@example.org>", Err(PathError::Syntax)),
            ("<jo\u{85}@example.org>", Err(PathError::Syntax)),
            ("", Err(PathError::Syntax)),
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
        let long = format!("<{}@example.org>", "x".repeat(400));
        assert_eq!(read(&long), Err(PathError::TooLong));
    }
}
