//! Authentication and authorization: the host's own tokens, bearer tokens of an
//! OpenID Connect issuer, sessions of browsers, client certificates, and the matrix of
//! roles and operations. Knows HTTP headers, but neither routes nor problem documents.

mod access_control;
mod algorithm;
mod bearer_token;
mod caller;
mod cookie;
mod error;
mod link_codes;
pub mod oidc;
mod permission_matrix;
mod session;
pub mod session_cookie;
pub mod settings;
pub mod sign_in_cookie;
mod tls;

pub use access_control::{AccessControl, LINK_LIFETIME, authorize};
pub use caller::{Caller, ExternalIdentity};
pub use error::AccessError;
pub use permission_matrix::{
    MatrixEntry, PERMISSIONS, Permission, PermissionIndex, add_to_openapi, markdown,
};
pub use session::{NewSession, OpenSession, SignedIn};
pub use tls::{PeerNames, TlsError, TlsTerminator};
