//! Where in the console a person continues after signing in.

/// The console's page.
const CONSOLE: &str = "/console/";
/// Begins the console's own places, which are in the fragment.
const PLACES: &str = "/console/#/";
/// The place of signing in itself.
const SIGN_IN: &str = "/console/#/sign-in";
/// Longest path, in bytes.
const BYTES: usize = 1_024;

/// A place in the console: its page, or a fragment of it. No other address of this host
/// or another can be expressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPath(String);

impl Default for ReturnPath {
    fn default() -> ReturnPath {
        ReturnPath(CONSOLE.to_owned())
    }
}

impl ReturnPath {
    /// Read a place from `return` of a request; `None` if it is not one.
    pub fn parse(text: &str) -> Option<ReturnPath> {
        let is_place = text.starts_with(PLACES) && !text.starts_with(SIGN_IN);
        let is_safe = text.len() <= BYTES && text.bytes().all(is_fragment_byte);
        ((is_place && is_safe) || text == CONSOLE).then(|| ReturnPath(text.to_owned()))
    }

    /// The path, for the `Location` header.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a byte may be in a fragment (RFC 3986, 3.5), or is the `#` before it.
fn is_fragment_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%#".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_console_is_accepted() {
        for text in [
            "/console/",
            "/console/#/",
            "/console/#/c/4f0c",
            "/console/#/conversations?queue=billing&tag=a%20b",
        ] {
            let path = ReturnPath::parse(text);
            assert_eq!(path.expect(text).as_str(), text);
        }
        assert_eq!(ReturnPath::default().as_str(), "/console/");
    }

    #[test]
    fn every_other_address_is_refused() {
        let long = format!("/console/#/{}", "x".repeat(BYTES));
        for text in [
            "",
            "/",
            "/console",
            "console/",
            "#/c/1",
            "//evil.example",
            "//evil.example/console/",
            "/\\evil.example/console/",
            "\\\\evil.example",
            "https://evil.example/console/",
            "https:/console/#/",
            "javascript:alert(1)",
            " /console/",
            "/console/ ",
            "/console//evil.example",
            "/console/x",
            "/console/?x",
            "/console/?x#/c/1",
            "/console/#evil",
            "/console/../v1/me",
            "/console/..#/c/1",
            "/console/%2e%2e/v1/me",
            "/console/.%2e#/",
            "/%63onsole/",
            "/CONSOLE/",
            "/console/#/\r\nSet-Cookie: a=b",
            "/console/#/\t",
            "/console/#/\u{0}",
            "/console/#/c\\1",
            "/console/#/<script>",
            "/console/#/é",
            "/console/#/sign-in",
            "/console/#/sign-in?code=pb_0",
            &long,
        ] {
            assert_eq!(ReturnPath::parse(text), None, "{text:?}");
        }
    }
}
