//! The sites whose pages may open the chat.

use patchbay_adapter::ConfigError;
use patchbay_config::web_address::WebAddress;

/// Most origins of a connection.
const MOST_ORIGINS: usize = 64;
/// What browsers send for pages without an origin: sandboxed frames and local files.
/// Any site can make one.
const OPAQUE: &str = "null";

/// Origins in the form in which browsers send them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AllowedOrigins(Vec<String>);

impl AllowedOrigins {
    /// Checks the origins of the settings.
    ///
    /// # Errors
    /// One has another form, there is none, or there are too many.
    pub(super) fn parse(origins: &[String]) -> Result<AllowedOrigins, ConfigError> {
        if origins.is_empty() || origins.len() > MOST_ORIGINS {
            return Err(ConfigError::settings(format!(
                "`origins` must list 1 to {MOST_ORIGINS} sites, such as \"https://www.northwind.example\""
            )));
        }
        let origins = origins.iter().map(|origin| parse_one(origin));
        origins.collect::<Result<_, _>>().map(AllowedOrigins)
    }

    /// Whether a page of this `Origin` header may open the chat.
    pub(super) fn allows(&self, origin: &str) -> bool {
        self.0.iter().any(|allowed| allowed == origin)
    }
}

fn parse_one(origin: &str) -> Result<String, ConfigError> {
    if origin == OPAQUE {
        return Ok(origin.to_owned());
    }
    let problem = |problem: &str| {
        Err(ConfigError::settings(format!(
            "the origin {origin:?} {problem}"
        )))
    };
    let address = match WebAddress::parse(origin) {
        Ok(address) => address,
        Err(error) => return problem(&error.to_string()),
    };
    let is_bare = !origin["https://".len().min(origin.len())..].contains(['/', '?', '#']);
    if !is_bare {
        return problem(
            "has a path; write scheme, host and port alone, such as \"https://www.northwind.example\"",
        );
    }
    let scheme = match address.is_https() {
        true => "https",
        false if is_loopback(address.host()) => "http",
        false => {
            return problem("is not https; http is for pages of this machine alone");
        }
    };
    Ok(format!("{scheme}://{}", address.authority()))
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(origins: &[&str]) -> Result<AllowedOrigins, ConfigError> {
        let origins: Vec<String> = origins.iter().map(|&origin| origin.to_owned()).collect();
        AllowedOrigins::parse(&origins)
    }

    #[test]
    fn an_origin_is_compared_as_browsers_write_it() {
        let allowed = parse(&[
            "https://WWW.Northwind.example",
            "https://shop.example:443",
            "https://shop.example:8443",
            "http://localhost:8000",
            "http://127.0.0.1:80",
            "http://[::1]:9",
        ]);
        let allowed = allowed.expect("valid");
        for origin in [
            "https://www.northwind.example",
            "https://shop.example",
            "https://shop.example:8443",
            "http://localhost:8000",
            "http://127.0.0.1",
            "http://[::1]:9",
        ] {
            assert!(allowed.allows(origin), "{origin}");
        }
        for origin in [
            "",
            "null",
            "http://www.northwind.example",
            "https://www.northwind.example:8443",
            "https://www.northwind.example/",
            "https://www.northwind.example.evil.example",
            "https://evil.example#https://www.northwind.example",
            "https://northwind.example",
            "https://WWW.northwind.example",
            "http://localhost",
            "https://www.northwind.example, https://shop.example",
        ] {
            assert!(!allowed.allows(origin), "{origin}");
        }
    }

    #[test]
    fn a_page_without_an_origin_is_allowed_only_if_the_settings_say_so() {
        let allowed = parse(&["null", "https://www.northwind.example"]).expect("valid");
        assert!(allowed.allows("null"));
        assert!(
            !parse(&["https://null.example"])
                .expect("valid")
                .allows("null")
        );
    }

    #[test]
    fn an_origin_of_another_form_is_refused() {
        for (origin, part) in [
            ("*", "is not a URL"),
            ("https://*.northwind.example", "has no host"),
            ("www.northwind.example", "is not a URL"),
            ("https://www.northwind.example/", "has a path"),
            ("https://www.northwind.example/shop", "has a path"),
            ("https://www.northwind.example?a", "has a path"),
            ("http://www.northwind.example", "is not https"),
            ("http://10.0.0.1", "is not https"),
            ("ftp://www.northwind.example", "begins with neither"),
            ("https://jo@www.northwind.example", "has a user"),
            ("", "is not a URL"),
        ] {
            let error = parse(&[origin]).expect_err(origin).to_string();
            assert!(error.contains(part), "{origin}: {error}");
        }
        assert!(parse(&[]).is_err());
        assert!(parse(&["https://a.example"; 65]).is_err());
    }
}
