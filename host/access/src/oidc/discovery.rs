//! The document in which an issuer says where it is reached (OpenID Connect Discovery
//! 1.0), and its addresses for signing in.

use patchbay_config::web_address::WebAddress;
use serde::Deserialize;

/// What the host reads of the document.
#[derive(Deserialize)]
pub(super) struct Discovery {
    pub(super) issuer: String,
    pub(super) jwks_uri: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    userinfo_endpoint: Option<String>,
    authorization_response_iss_parameter_supported: Option<bool>,
}

/// Where people sign in, and where the host exchanges their codes.
#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    /// Where the browser goes.
    pub(super) authorization: WebAddress,
    /// Where the host sends the code, with the client's secret.
    pub(super) token: WebAddress,
    /// Where the host asks for claims that the ID token lacks, if the issuer has that; or
    /// what is wrong with the address. People whose ID token suffices sign in even so.
    pub(super) userinfo: Result<Option<WebAddress>, String>,
    /// Whether the issuer names itself in `iss` when it sends the browser back
    /// (RFC 9207).
    pub(super) names_itself: bool,
}

impl Discovery {
    /// The addresses for signing in. They must use https, unless the issuer itself does
    /// not.
    ///
    /// # Errors
    /// What the document lacks, for the operator.
    pub(super) fn endpoints(&self) -> Result<Endpoints, String> {
        Ok(Endpoints {
            authorization: self.address("authorization_endpoint", &self.authorization_endpoint)?,
            token: self.address("token_endpoint", &self.token_endpoint)?,
            userinfo: match &self.userinfo_endpoint {
                None => Ok(None),
                text => self.address("userinfo_endpoint", text).map(Some),
            },
            names_itself: self.authorization_response_iss_parameter_supported == Some(true),
        })
    }

    fn address(&self, name: &str, text: &Option<String>) -> Result<WebAddress, String> {
        let text = text.as_deref();
        let text = text.ok_or_else(|| format!("the issuer's document has no {name}"))?;
        let address = WebAddress::parse(text)
            .map_err(|error| format!("the {name} of the issuer's document {error}"))?;
        let is_plain = WebAddress::parse(&self.issuer).is_ok_and(|issuer| !issuer.is_https());
        match address.is_https() || is_plain {
            true => Ok(address),
            false => Err(format!(
                "the {name} of the issuer's document does not use https"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const LOGIN: &str = "https://login.example/realm";

    fn endpoints(issuer: &str, change: impl FnOnce(&mut Value)) -> Result<Endpoints, String> {
        let mut document = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys"),
            "authorization_endpoint": format!("{issuer}/auth"), "token_endpoint": format!("{issuer}/token")});
        change(&mut document);
        let discovery: Discovery = serde_json::from_value(document).expect("a document");
        discovery.endpoints()
    }

    #[test]
    fn an_issuer_has_two_endpoints_and_may_name_itself() {
        let plain = endpoints(LOGIN, |_| {}).expect("complete");
        assert_eq!(plain.token.with_target(""), format!("{LOGIN}/token"));
        assert!(!plain.names_itself);
        let naming = endpoints(LOGIN, |document| {
            document["authorization_response_iss_parameter_supported"] = json!(true);
        });
        assert!(naming.expect("complete").names_itself);
    }

    #[test]
    fn an_issuer_may_have_a_userinfo_endpoint_under_the_same_rules() {
        let userinfo = |value: Value| {
            let endpoints = endpoints(LOGIN, |document| document["userinfo_endpoint"] = value);
            endpoints.expect("the others are right").userinfo
        };
        assert_eq!(userinfo(json!(null)), Ok(None));
        let me = userinfo(json!(format!("{LOGIN}/me"))).expect("an address");
        assert_eq!(me.map(|me| me.with_target("")), Some(format!("{LOGIN}/me")));
        for (value, words) in [
            ("me", "is not a URL"),
            ("https://user@login.example/x", "user or password"),
            ("http://login.example/x", "does not use https"),
        ] {
            let wrong = userinfo(json!(value)).expect_err(words);
            assert!(
                wrong.contains(words) && wrong.contains("userinfo_endpoint"),
                "{wrong}"
            );
        }
        let plain = "http://127.0.0.1:9/realm";
        let plain = endpoints(plain, |document| {
            document["userinfo_endpoint"] = json!("http://127.0.0.1:9/me");
        });
        assert!(plain.expect("complete").userinfo.is_ok());
    }

    #[test]
    fn an_endpoint_that_is_missing_invalid_or_not_encrypted_is_named() {
        for name in ["authorization_endpoint", "token_endpoint"] {
            for (value, words) in [
                (json!(null), "has no"),
                (json!("login"), "is not a URL"),
                (json!("javascript://login.example/x"), "begins with neither"),
                (json!("https://user@login.example/x"), "user or password"),
                (json!("http://login.example/x"), "does not use https"),
            ] {
                let wrong = endpoints(LOGIN, |document| document[name] = value);
                let wrong = wrong.expect_err(words);
                assert!(wrong.contains(words) && wrong.contains(name), "{wrong}");
            }
        }
        assert!(endpoints("http://127.0.0.1:9/realm", |_| {}).is_ok());
    }
}
