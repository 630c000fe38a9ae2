//! Access tokens that the host gets and renews: of OAuth 2.0, of a login session, or signed
//! with a key of the company.

mod oauth;
mod signed_jwt;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

pub use self::oauth::OAuthRefresh;
pub use self::signed_jwt::{JwtUse, SignedJwt, SigningKey};
use crate::outcome::Response;
use crate::poll::PollFailure;
use crate::secret::Secret;

/// How long a token is used before its end, of one that lives long enough: clocks differ,
/// and sessions take time.
pub const TOKEN_MARGIN: Duration = Duration::from_secs(120);

/// How long a token is used that lives so long: [`TOKEN_MARGIN`] less, or half of it.
pub fn usable_life(life: Duration) -> Duration {
    life.saturating_sub(TOKEN_MARGIN.min(life / 2))
}
/// Longest access token.
pub const TOKEN_BYTES: usize = 8 << 10;
/// Most bytes of [`NewToken::keep`].
pub const KEPT_TOKEN_BYTES: usize = 8 << 10;

/// How a connection gets its access tokens. Pure: the host sends the requests, keeps a
/// token until its end, and lets one request at a time ask for a new one.
pub trait TokenProvider: fmt::Debug + Send + Sync {
    /// What gives a token. `kept` is the last [`NewToken::keep`] of this connection, if
    /// [`TokenProvider::identity`] is still the same. After a refusal that
    /// [`TokenProvider::is_kept_void`], the host asks once more without.
    fn request(&self, kept: Option<&[u8]>, now: Timestamp) -> TokenRequest;

    /// The token of an answer, whatever its status.
    ///
    /// # Errors
    /// The provider does not give one, and why. No text of the answer is in the error but
    /// known codes.
    fn read(&self, response: &Response<'_>) -> Result<NewToken, PollFailure>;

    /// Whether a refusal says that what is kept can never be used again. Any other leaves it:
    /// some providers take the configured secret, once it was replaced, for a theft, and
    /// revoke everything.
    fn is_kept_void(&self, _response: &Response<'_>) -> bool {
        false
    }

    /// A digest of the settings and secrets that what is kept belongs to: when one of them
    /// is replaced, what is kept is not used any more.
    fn identity(&self) -> [u8; 32];
}

/// What gives a token.
pub enum TokenRequest {
    /// A POST to the provider.
    Post {
        /// URL.
        url: String,
        /// Headers beside the media type.
        headers: Vec<(&'static str, Zeroizing<String>)>,
        /// Media type of the body.
        content_type: &'static str,
        /// Body.
        body: Zeroizing<Vec<u8>>,
    },
    /// Nothing: it is made here.
    Made(NewToken),
    /// Nothing: a setting or a secret does not fit.
    Impossible(PollFailure),
}

/// A new access token. `Debug` hides the secrets.
#[derive(Clone)]
pub struct NewToken {
    /// The token.
    pub access: AccessToken,
    /// What the next request needs in place of the configured secret, such as a refresh
    /// token that replaces the one before: the host keeps it, sealed, before it uses the
    /// token. At most [`KEPT_TOKEN_BYTES`].
    pub keep: Option<Zeroizing<Vec<u8>>>,
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken")
            .field("life", &self.access.life)
            .field("keeps", &self.keep.is_some())
            .finish_non_exhaustive()
    }
}

/// An access token. `Debug` hides it.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub token: Secret,
    /// How long it can be used from now on.
    pub life: Duration,
}

/// Where the access token of a connection comes from. `Debug` hides the secrets.
#[derive(Clone, Debug)]
pub struct TokenSource(Arc<dyn TokenProvider>);

impl TokenSource {
    /// Tokens of a provider.
    pub fn new(provider: impl TokenProvider + 'static) -> TokenSource {
        TokenSource(Arc::new(provider))
    }

    /// The provider.
    pub fn provider(&self) -> &dyn TokenProvider {
        &*self.0
    }
}
