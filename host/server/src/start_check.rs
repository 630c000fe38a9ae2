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
/// journal is not checked; the journal is neither created nor changed, and no file is made
/// beside it. Returns what this check could not tell, if anything.
///
/// # Errors
/// As the start.
pub fn check_start(settings: &ServerSettings) -> Result<Option<String>, ServeError> {
    let mut untold = None;
    if requires_tokens(settings) {
        let address = settings.listen;
        let journal = settings.journal.as_ref().map(|journal| &journal.path);
        match journal.filter(|path| path.exists()) {
            None => return Err(ServeError::NotLoopback { address }),
            Some(path) => match has_tokens(path)? {
                Some(true) => {}
                Some(false) => return Err(ServeError::NotLoopback { address }),
                None => {
                    untold = Some(format!(
                        "cannot tell whether the journal has tokens, which {address} needs: {}-wal is not written back into it; a start writes it back",
                        path.display()
                    ));
                }
            },
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
    Ok(untold)
}
