//! Whether a request comes from the provider: one scheme of signature per row of
//! [`Scheme`].
//!
//! Every scheme hashes the body as it came, compares in constant time, accepts a
//! signature by any of the secrets, refuses a header or parameter that occurs
//! twice, and takes exactly one spelling of a signature: hexadecimal in lower
//! case, base64 with its padding. A time that is signed may be [`SKEW_SECONDS`]
//! off, either way. Without one, a repeated request passes: it is a duplicate by
//! its message id.

mod body_signature;
mod freshness;
mod jwt;
mod mac;
mod messagebird;
mod shared_token;
mod signature;
mod standard_webhooks;
mod timed_signature;
mod twilio;
mod vonage;
mod x_challenge;

use std::fmt;

use jiff::Timestamp;
use patchbay_model::codes;

use crate::request::InboundRequest;
use crate::secret::{SecretError, Secrets};

pub use self::freshness::SKEW_SECONDS;
pub use self::mac::are_equal;
pub use self::mac::is_hmac_sha256;
pub use self::x_challenge::answer_x_challenge;

codes! {
    /// Why a request is not authentic. The code is for a metric; the sender is
    /// told no detail.
    pub enum Rejection {
        /// The signature, its time or its token is absent.
        Missing = "missing",
        /// A header or parameter that is signed or signs occurs twice.
        Doubled = "doubled",
        /// The signature or its time does not have the form of the scheme.
        Malformed = "malformed",
        /// The signed time is too far from the host's.
        Stale = "stale",
        /// The signature does not belong to the request and the secrets.
        Mismatch = "mismatch",
        /// The body is longer than the provider sends.
        TooLarge = "too-large",
    }
}

codes! {
    /// A way in which providers sign requests.
    pub enum Scheme {
        /// WhatsApp, Messenger, Instagram: `X-Hub-Signature-256`, by the app
        /// secret. `X-Hub-Signature` (SHA-1) is ignored.
        Meta = "meta",
        /// X: `x-twitter-webhooks-signature`, by the consumer secret.
        X = "x",
        /// Telegram: the secret itself in `X-Telegram-Bot-Api-Secret-Token`. The
        /// body is not signed.
        Telegram = "telegram",
        /// Twilio: `X-Twilio-Signature` over URL and parameters, by the token of
        /// the account that owns the number.
        Twilio = "twilio",
        /// Vonage Messages and Voice: a JWT in `Authorization`, with a digest of
        /// the body.
        VonageMessages = "vonage-messages",
        /// Vonage SMS, account setting "MD5 HMAC". The default setting, "MD5 hash",
        /// appends the secret to the text instead of an HMAC; it is not
        /// supported: set the account to "SHA-256 HMAC".
        VonageSmsMd5 = "vonage-sms-md5",
        /// Vonage SMS, account setting "SHA-1 HMAC".
        VonageSmsSha1 = "vonage-sms-sha1",
        /// Vonage SMS, account setting "SHA-256 HMAC".
        VonageSmsSha256 = "vonage-sms-sha256",
        /// Vonage SMS, account setting "SHA-512 HMAC".
        VonageSmsSha512 = "vonage-sms-sha512",
        /// MessageBird: a JWT in `MessageBird-Signature-JWT`, with digests of URL
        /// and body.
        MessageBirdJwt = "messagebird-jwt",
        /// MessageBird, older: `MessageBird-Signature` over time, query and digest
        /// of the body.
        MessageBirdRequest = "messagebird-request",
        /// Slack: `X-Slack-Signature` over time and body.
        Slack = "slack",
        /// LINE: `x-line-signature`, by the channel secret.
        Line = "line",
        /// Viber: `X-Viber-Content-Signature`, by the token.
        Viber = "viber",
        /// Discourse: `X-Discourse-Event-Signature`. Without a secret, Discourse
        /// sends none, and the request is refused.
        Discourse = "discourse",
        /// Standard Webhooks (`webhook-*` or `svix-*` headers), HMAC or Ed25519.
        StandardWebhooks = "standard-webhooks",
        /// Chatwoot from 4.11: `X-Chatwoot-Signature` over time and body.
        Chatwoot = "chatwoot",
        /// Zammad: `X-Hub-Signature` with SHA-1.
        Zammad = "zammad",
        /// Zendesk: `X-Zendesk-Webhook-Signature` over time and body.
        Zendesk = "zendesk",
    }
}

/// A request that the provider sent. [`Scheme::verify`] makes one, or the adapter of a
/// channel without a provider.
pub struct VerifiedRequest<'a> {
    request: &'a InboundRequest<'a>,
}

impl<'a> VerifiedRequest<'a> {
    /// A request that was verified when it came and was stored since. Its signature is
    /// not looked at: the time it signs is over.
    pub fn verified_before(request: &'a InboundRequest<'a>) -> VerifiedRequest<'a> {
        VerifiedRequest { request }
    }

    /// A mail that the company's own mail server delivered: the operator says which
    /// peers may, and there is no signature.
    pub fn of_own_mail_server(request: &'a InboundRequest<'a>) -> VerifiedRequest<'a> {
        VerifiedRequest { request }
    }

    /// What the host asked a provider for, over a connection to a server that it checked.
    pub fn of_own_request(request: &'a InboundRequest<'a>) -> VerifiedRequest<'a> {
        VerifiedRequest { request }
    }

    /// A request with a token that the adapter made and checked.
    pub fn by_token(request: &'a InboundRequest<'a>) -> VerifiedRequest<'a> {
        VerifiedRequest { request }
    }

    /// The request.
    pub fn request(&self) -> &'a InboundRequest<'a> {
        self.request
    }

    /// The body as it came.
    pub fn body(&self) -> &'a [u8] {
        self.request.body
    }
}

impl fmt::Debug for VerifiedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerifiedRequest")
            .field(self.request)
            .finish()
    }
}

impl Scheme {
    /// Most bytes of a body; checked before anything is hashed.
    pub const fn body_limit(self) -> usize {
        match self {
            // Assumption: Meta's batches have up to 3 MB.
            Scheme::Meta => 3 << 20,
            _ => 1 << 20,
        }
    }

    /// Checks that a secret can belong to the scheme, when a channel starts.
    ///
    /// # Errors
    /// [`SecretError::Form`] with what is right.
    pub fn check_secrets(self, secrets: &Secrets) -> Result<(), SecretError> {
        secrets.iter().try_for_each(|secret| match self {
            Scheme::Telegram => shared_token::check_secret(secret),
            Scheme::StandardWebhooks => standard_webhooks::check_secret(secret),
            _ => Ok(()),
        })
    }

    /// Checks that a request is signed by one of the secrets.
    ///
    /// # Errors
    /// [`Rejection`].
    pub fn verify<'a>(
        self,
        request: &'a InboundRequest<'a>,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'a>, Rejection> {
        self.verify_up_to(self.body_limit(), request, secrets, now)
    }

    /// [`Scheme::verify`] for a body of up to so many bytes, for an adapter whose
    /// deliveries are longer than [`Scheme::body_limit`].
    ///
    /// # Errors
    /// [`Rejection`].
    pub fn verify_up_to<'a>(
        self,
        body_limit: usize,
        request: &'a InboundRequest<'a>,
        secrets: &Secrets,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'a>, Rejection> {
        use mac::Hash::{Md5, Sha1, Sha256, Sha512};
        if request.body.len() > body_limit {
            return Err(Rejection::TooLarge);
        }
        match self {
            Scheme::Meta => body_signature::META.verify(request, secrets)?,
            Scheme::X => body_signature::X.verify(request, secrets)?,
            Scheme::Line => body_signature::LINE.verify(request, secrets)?,
            Scheme::Viber => body_signature::VIBER.verify(request, secrets)?,
            Scheme::Discourse => body_signature::DISCOURSE.verify(request, secrets)?,
            Scheme::Zammad => body_signature::ZAMMAD.verify(request, secrets)?,
            Scheme::Slack => timed_signature::SLACK.verify(request, secrets, now)?,
            Scheme::Chatwoot => timed_signature::CHATWOOT.verify(request, secrets, now)?,
            Scheme::Zendesk => timed_signature::ZENDESK.verify(request, secrets, now)?,
            Scheme::Telegram => shared_token::verify(request, secrets)?,
            Scheme::Twilio => twilio::verify(request, secrets)?,
            Scheme::VonageMessages => vonage::verify_messages(request, secrets, now)?,
            Scheme::VonageSmsMd5 => vonage::verify_sms(Md5, request, secrets, now)?,
            Scheme::VonageSmsSha1 => vonage::verify_sms(Sha1, request, secrets, now)?,
            Scheme::VonageSmsSha256 => vonage::verify_sms(Sha256, request, secrets, now)?,
            Scheme::VonageSmsSha512 => vonage::verify_sms(Sha512, request, secrets, now)?,
            Scheme::MessageBirdJwt => messagebird::verify_jwt(request, secrets, now)?,
            Scheme::MessageBirdRequest => messagebird::verify_request(request, secrets, now)?,
            Scheme::StandardWebhooks => standard_webhooks::verify(request, secrets, now)?,
        }
        Ok(VerifiedRequest { request })
    }
}
