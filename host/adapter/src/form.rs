//! Parameters of a query or of a body in `application/x-www-form-urlencoded`.

use percent_encoding::percent_decode;

use crate::verify::Rejection;

/// A name and a value, decoded. Bytes, because a provider signs what it sent,
/// UTF-8 or not.
pub type Parameter = (Vec<u8>, Vec<u8>);

/// Reads parameters in the order of the text. Empty ones (`&&`) are left out; a
/// parameter without `=` has an empty value.
pub fn parameters(text: &[u8]) -> Vec<Parameter> {
    let parts = text.split(|byte| *byte == b'&');
    let parts = parts.filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let end = part.iter().position(|byte| *byte == b'=');
            let end = end.unwrap_or(part.len());
            let value = part.get(end + 1..).unwrap_or_default();
            (decode(&part[..end]), decode(value))
        })
        .collect()
}

fn decode(text: &[u8]) -> Vec<u8> {
    let blanks = |byte: &u8| if *byte == b'+' { b' ' } else { *byte };
    let blanked: Vec<u8> = text.iter().map(blanks).collect();
    percent_decode(&blanked).collect()
}

/// The value of a parameter.
///
/// # Errors
/// [`Rejection::Doubled`] if it occurs twice.
pub fn only<'a>(parameters: &'a [Parameter], name: &str) -> Result<Option<&'a [u8]>, Rejection> {
    let mut values = parameters
        .iter()
        .filter(|(it, _)| it.as_slice() == name.as_bytes());
    let value = values.next();
    match values.next() {
        Some(_) => Err(Rejection::Doubled),
        None => Ok(value.map(|(_, value)| value.as_slice())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_as_bytes_in_their_order() {
        let read = parameters(b"b=1+2&a=%2B%ff&&empty=&bare&=x&c=a%3Db=c%zz");
        let shown: Vec<(&[u8], &[u8])> = read
            .iter()
            .map(|(name, value)| (name.as_slice(), value.as_slice()))
            .collect();
        let expected: [(&[u8], &[u8]); 6] = [
            (b"b", b"1 2"),
            (b"a", b"+\xff"),
            (b"empty", b""),
            (b"bare", b""),
            (b"", b"x"),
            (b"c", b"a=b=c%zz"),
        ];
        assert_eq!(shown, expected);
        assert_eq!(only(&read, "b"), Ok(Some(b"1 2".as_slice())));
        assert_eq!(only(&parameters(b"a=1&a=1"), "a"), Err(Rejection::Doubled));
    }
}
