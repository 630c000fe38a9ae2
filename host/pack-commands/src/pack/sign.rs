//! `patchbay pack sign`.

use std::path::Path;

use patchbay_command::args::{PackSignArgs, PasswordFlag};
use patchbay_command::changed_file::{ChangedFile, text_of};
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_pack::pack_file::PackFile;
use patchbay_pack::signature::{PublicKey, SecretKey, Signature, SignatureError};
use serde_json::json;

pub(super) fn run(args: &PackSignArgs, as_json: bool) -> Outcome {
    let secret = args.key.as_deref();
    let secret = secret
        .map(|path| secret_key(path, &args.password))
        .transpose()?;
    let changed = ChangedFile::lock(&args.file)?;
    let file = super::open(&args.file)?;
    let signed = match (&secret, &args.signature, &args.public) {
        (Some(key), _, _) => sign(file, key)?,
        (None, Some(signature), Some(public)) => add_made(file, signature, public)?,
        _ => return Err(Failure::new(Exit::Usage, "name a key or a signature")),
    };
    changed.write(&signed.write())?;
    let count = signed.signatures().len();
    let document = json!({"file": args.file, "digest": signed.digest(), "signatures": count});
    output::result(as_json, &document, || {
        output::line(format!(
            "{}\n{}  {count} {}",
            args.file.display(),
            signed.digest(),
            if count == 1 {
                "signature"
            } else {
                "signatures"
            }
        ))
    })
}

/// Add a signature that minisign made, if it fits.
fn add_made(file: PackFile, signature: &Path, public: &Path) -> Result<PackFile, Failure> {
    let text = text_of(signature)?;
    let failed = |path: &Path, error: SignatureError| {
        Failure::new(Exit::NotRight, format!("{}: {error}", path.display()))
    };
    let made = Signature::parse(&text).map_err(|error| failed(signature, error))?;
    let key = PublicKey::parse(&text_of(public)?).map_err(|error| failed(public, error))?;
    key.verify(&made, file.image_bytes())
        .map_err(|error| failed(signature, error))?;
    add(file, &text)
}

/// Add a signature by a key.
pub(super) fn sign(file: PackFile, key: &SecretKey) -> Result<PackFile, Failure> {
    let pack = file.pack();
    let comment = format!("{} {} {}", pack.name, pack.version, file.digest());
    let text = key
        .sign(file.image_bytes(), &comment)
        .map_err(Failure::machine)?;
    add(file, &text)
}

fn add(file: PackFile, text: &str) -> Result<PackFile, Failure> {
    file.with_signature(text)
        .map_err(|error| Failure::new(Exit::NotRight, error))
}

/// Read a secret key; asks for its password where none is given.
pub(crate) fn secret_key(path: &Path, password: &PasswordFlag) -> Result<SecretKey, Failure> {
    let text = text_of(path)?;
    let failed = |error: SignatureError| {
        Failure::new(Exit::NotRight, format!("{}: {error}", path.display()))
    };
    if !SecretKey::is_encrypted(&text).map_err(failed)? {
        return SecretKey::read(&text, None).map_err(failed);
    }
    let password = match read_password(password)? {
        Some(password) => password,
        None => ask(&format!("Password of {}: ", path.display()))?,
    };
    SecretKey::read(&text, Some(password)).map_err(failed)
}

/// Ask for a password on the terminal.
pub(crate) fn ask(prompt: &str) -> Result<String, Failure> {
    rpassword::prompt_password(prompt).map_err(|error| {
        Failure::advised(
            Exit::Machine,
            format!("cannot ask for the password: {error}"),
            "name a file that holds it with --password-file",
        )
    })
}

/// The password in the file that a flag names.
pub(crate) fn read_password(password: &PasswordFlag) -> Result<Option<String>, Failure> {
    let Some(path) = &password.password_file else {
        return Ok(None);
    };
    let text = text_of(path)?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}
