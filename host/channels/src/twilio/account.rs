//! An account of Twilio: where its API is, and the token that signs deliveries and
//! authenticates requests.

use jiff::Timestamp;
use patchbay_adapter::{
    AccountConfig, ConfigError, Credential, InboundRequest, OutboundRequest, Rejection,
    RequestMethod, Scheme, Secrets, VerifiedRequest, api_base,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Secret that authenticates requests and signs deliveries.
pub(crate) const AUTH_TOKEN: &str = "auth-token";
/// Base URL of the API.
const API: &str = "https://api.twilio.com";

/// What a value keeps as it is in a form or a query.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One account, or subaccount.
pub(crate) struct Account {
    sid: String,
    /// Its URL in the API.
    resource: String,
    auth_token: Secrets,
}

impl Account {
    /// The account of this SID; `base` is the setting `api-base`.
    ///
    /// # Errors
    /// A setting does not fit, or the secret is missing.
    pub(crate) fn open(
        sid: &str,
        base: Option<&str>,
        config: &AccountConfig,
    ) -> Result<Account, ConfigError> {
        if !is_sid(sid, "AC") {
            return Err(ConfigError::settings(
                "`account-sid` must be AC and 32 letters and digits, as the Twilio Console shows it",
            ));
        }
        let base = api_base(base.unwrap_or(API))?;
        Ok(Account {
            sid: sid.to_owned(),
            resource: format!("{base}/2010-04-01/Accounts/{sid}"),
            auth_token: config.secrets.get(AUTH_TOKEN)?.clone(),
        })
    }

    /// The SID.
    pub(crate) fn sid(&self) -> &str {
        &self.sid
    }

    /// Its URL in the API, without a slash at its end.
    pub(crate) fn resource(&self) -> &str {
        &self.resource
    }

    /// What authenticates a request.
    pub(crate) fn credential(&self) -> Credential {
        Credential::Basic {
            user: self.sid.clone(),
            password: self.auth_token.first().clone(),
        }
    }

    /// Checks that Twilio sent a request of this account.
    ///
    /// # Errors
    /// [`Rejection`].
    pub(crate) fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::Twilio.verify(request, &self.auth_token, now)
    }

    /// The request that creates an item of a list of the account, such as `Messages`.
    pub(crate) fn create(
        &self,
        list: &str,
        key: String,
        fields: &[(&str, &str)],
    ) -> OutboundRequest {
        let fields = fields.iter();
        let fields = fields.map(|(name, value)| format!("{name}={}", encode(value)));
        OutboundRequest {
            method: RequestMethod::Post,
            key,
            url: format!("{}/{list}.json", self.resource),
            content_type: "application/x-www-form-urlencoded".into(),
            headers: Vec::new(),
            body: fields.collect::<Vec<_>>().join("&").into_bytes().into(),
            credential: self.credential(),
        }
    }
}

/// A value as a form or a query has it.
pub(crate) fn encode(value: &str) -> String {
    utf8_percent_encode(value, ENCODED).to_string()
}

/// Whether a text is a SID of Twilio with this prefix.
pub(crate) fn is_sid(text: &str, prefix: &str) -> bool {
    let id = text.strip_prefix(prefix);
    id.is_some_and(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
