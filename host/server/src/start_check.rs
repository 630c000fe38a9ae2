//! What a start fails at, checked without starting: `patchbay serve --check`.

use patchbay_access::TlsTerminator;
use patchbay_journal_sqlite::has_tokens;
use patchbay_settings::{ServerSettings, read_client_secret};

use crate::guard;
use crate::serve_error::ServeError;

/// Whether the server may listen on its address only if its journal has a token.
pub(crate) fn requires_tokens(settings: &ServerSettings) -> bool {
    !guard::may_listen(settings.listen) && !settings.has_external_identities()
}

/// Checks what a start checks beside the company files: the address without tokens, the
/// certificate, and the secret for sign-in. Whether another program uses the port or the
/// journal is not checked; the journal is neither created nor changed.
///
/// # Errors
/// As the start.
pub fn check_start(settings: &ServerSettings) -> Result<(), ServeError> {
    if requires_tokens(settings) {
        let journal = settings.journal.as_ref();
        let has_tokens = journal.is_some_and(|journal| journal.path.exists())
            && journal.map_or(Ok(false), |journal| has_tokens(&journal.path))?;
        if !has_tokens {
            let address = settings.listen;
            return Err(ServeError::NotLoopback { address });
        }
    }
    settings.tls.as_ref().map(TlsTerminator::new).transpose()?;
    let sign_in = settings
        .oidc
        .iter()
        .filter_map(|oidc| oidc.sign_in.as_ref());
    for place in sign_in.filter_map(|sign_in| sign_in.client_secret.as_ref()) {
        read_client_secret(place, &settings.environment)?;
    }
    Ok(())
}
