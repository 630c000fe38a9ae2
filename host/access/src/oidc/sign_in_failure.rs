//! Why a person could not sign in with the issuer.

use http::StatusCode;
use patchbay_outbound::egress::EgressError;

/// Why a person could not sign in with the issuer: a closed set, for the console's
/// sign-in page. The host's log says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInFailure {
    /// The settings have no `[oidc.sign-in]`.
    NotOffered,
    /// A page of another site, or a program, began it.
    ForeignPage,
    /// The browser reached the host at another address than `public-url`.
    WrongAddress,
    /// More people sign in than the host exchanges codes for.
    Busy,
    /// The issuer does not answer, or not as an issuer.
    IssuerUnavailable,
    /// The person cancelled, or the issuer does not let them in.
    Denied,
    /// The issuer does not accept what the settings say of this host, or the host cannot
    /// use what the issuer publishes: a retry fails until an operator changes one of them.
    Misconfigured,
    /// The sign-in is unknown, was used, or began more than ten minutes ago.
    Expired,
    /// Another browser began the sign-in, or this one keeps no cookies.
    OtherBrowser,
    /// What the issuer answered could not be verified.
    InvalidAnswer,
    /// The issuer knows the person, and they have no role here.
    NoRole,
    /// The host cannot store the session.
    HostUnavailable,
}

/// A failure and its details: what the sign-in page says, and what the log says.
pub(super) type LoggedFailure = (SignInFailure, String);

impl SignInFailure {
    /// Every failure.
    pub const ALL: [SignInFailure; 12] = [
        SignInFailure::NotOffered,
        SignInFailure::ForeignPage,
        SignInFailure::WrongAddress,
        SignInFailure::Busy,
        SignInFailure::IssuerUnavailable,
        SignInFailure::Denied,
        SignInFailure::Misconfigured,
        SignInFailure::Expired,
        SignInFailure::OtherBrowser,
        SignInFailure::InvalidAnswer,
        SignInFailure::NoRole,
        SignInFailure::HostUnavailable,
    ];

    /// Its code, as the address of the sign-in page has it in `reason`.
    pub const fn code(self) -> &'static str {
        match self {
            SignInFailure::NotOffered => "not-offered",
            SignInFailure::ForeignPage => "foreign-page",
            SignInFailure::WrongAddress => "wrong-address",
            SignInFailure::Busy => "busy",
            SignInFailure::IssuerUnavailable => "issuer-unavailable",
            SignInFailure::Denied => "denied",
            SignInFailure::Misconfigured => "misconfigured",
            SignInFailure::Expired => "expired",
            SignInFailure::OtherBrowser => "other-browser",
            SignInFailure::InvalidAnswer => "invalid-answer",
            SignInFailure::NoRole => "no-role",
            SignInFailure::HostUnavailable => "host-unavailable",
        }
    }

    /// Because an endpoint of the issuer gave no answer.
    pub(super) fn without_answer(endpoint: &str, error: &EgressError) -> LoggedFailure {
        let failure = match error.is_refusal() {
            true => SignInFailure::Misconfigured,
            false => SignInFailure::IssuerUnavailable,
        };
        (failure, format!("the {endpoint} did not answer: {error}"))
    }

    /// Because an endpoint of the issuer answered with an error status.
    pub(super) fn with_status(status: StatusCode) -> SignInFailure {
        match status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
            true => SignInFailure::Misconfigured,
            false => SignInFailure::IssuerUnavailable,
        }
    }

    /// Address of the sign-in page that shows it.
    pub fn page(self) -> String {
        format!("/console/#/sign-in?reason={}", self.code())
    }
}
