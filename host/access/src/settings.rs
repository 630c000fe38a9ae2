//! What the operator decides about issuers, certificates and identities.

use std::collections::BTreeSet;
use std::path::PathBuf;

use patchbay_config::duration::Seconds;
use patchbay_config::web_address::WebAddress;
use patchbay_model::access::{Role, TokenScope};

use crate::algorithm::Algorithm;

/// An OpenID Connect issuer whose bearer tokens are accepted, or by which people sign in
/// to the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcSettings {
    /// The issuer, exactly as its tokens have it in `iss`.
    pub issuer: String,
    /// Accepted values of a bearer token's `aud`; it must have at least one. Empty: no
    /// bearer token is accepted.
    pub audiences: Vec<String>,
    /// Accepted signature algorithms. Default all.
    pub algorithms: BTreeSet<Algorithm>,
    /// Tolerated difference between the issuer's clock and ours. Default 60 s.
    pub clock_skew: Seconds,
    /// Claim that holds the role.
    pub role_claim: Option<String>,
    /// Claim that holds the company; `*` in it means the whole host.
    pub company_claim: Option<String>,
    /// Claim that holds the agent's id.
    pub agent_claim: Option<String>,
    /// Rules that map claims to roles. The first that matches counts; where
    /// none does, the claims above.
    pub grants: Vec<Grant>,
    /// Sign-in to the console. Default none: the issuer's tokens only.
    pub sign_in: Option<SignInSettings>,
}

/// How people sign in to the console by the issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInSettings {
    /// Id of this host at the issuer.
    pub client_id: String,
    /// Where the secret of the id is; absent for a public client.
    pub client_secret: Option<SecretPlace>,
    /// Scheme, host and port at which browsers reach this host.
    pub public_url: WebAddress,
    /// What the host asks the issuer for; `openid` among it. Default `openid`.
    pub scopes: Vec<String>,
    /// The issuer's name on the sign-in page. Default the host of its address.
    pub name: String,
}

/// Where a secret is read when the server starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// An environment variable.
    Variable(String),
    /// A file that holds nothing else; line ends at its end do not count.
    File(PathBuf),
}

/// A rule that gives the holders of a claim a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Name of the claim, or its dotted path.
    pub claim: String,
    /// Value the claim must equal, or contain if it is a list.
    pub value: String,
    /// The role it gives.
    pub role: Role,
    /// The company; absent: the whole host.
    pub company: Option<String>,
    /// The agent; absent: the one that the agent claim names.
    pub agent: Option<String>,
}

/// The server's certificate, and the client certificates it accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsSettings {
    /// The server's certificate with its chain, in PEM.
    pub certificate: PathBuf,
    /// The certificate's private key, in PEM.
    pub key: PathBuf,
    /// Authorities that sign clients' certificates, in PEM; absent: clients are
    /// not asked for one.
    pub client_ca: Option<PathBuf>,
    /// Whether a client without a certificate may connect. Default no.
    pub optional: bool,
    /// The identities of certificate holders.
    pub identities: Vec<Identity>,
}

/// The identity of a certificate's holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// A DNS name or URI among the certificate's alternative names.
    pub name: String,
    /// Role, company and agent.
    pub standing: TokenScope,
}
