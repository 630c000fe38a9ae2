//! `patchbay pack verify`.

use std::path::Path;

use jiff::Timestamp;
use patchbay_command::args::PackVerifyArgs;
use patchbay_command::changed_file::text_of;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::output;
use patchbay_pack::pack_file::PackFile;
use patchbay_pack::signature::{PublicKey, Signature};
use patchbay_pack::trust::{TrustPolicy, TrustReport};
use serde_json::json;

pub(super) fn run(args: &PackVerifyArgs, as_json: bool) -> Outcome {
    // Opening checks every digest.
    let file = super::open(&args.file)?;
    let result = match (&args.trust, &args.key) {
        (Some(path), _) => read_policy(path)?
            .check(file.pack(), Timestamp::now(), &[])
            .map_err(|error| error.to_string()),
        (None, Some(key)) => by_key(&file, key)?,
        (None, None) => Ok(TrustReport::default()),
    };
    let checked = args.trust.is_some() || args.key.is_some();
    let (report, error) = match result {
        Ok(report) => (report, None),
        Err(error) => (TrustReport::default(), Some(error)),
    };
    let document = json!({
        "digest": file.digest(),
        "intact": true,
        "trusted": checked.then_some(error.is_none()),
        "signed_by": report.signed_by,
        "ignored": report.ignored,
        "error": error,
    });
    if let Some(error) = error {
        if as_json {
            output::json(&document)?;
        }
        return Err(Failure::new(
            Exit::NotRight,
            format!("{} is not trusted: {error}", args.file.display()),
        ));
    }
    output::result(as_json, &document, || {
        output::line(format!(
            "{}\n{}  intact",
            args.file.display(),
            file.digest()
        ))?;
        match (checked, report.signed_by.is_empty()) {
            (false, _) => output::note(
                "its signatures are not checked; name a trust policy with --trust, or a key with --key",
            ),
            (true, true) => output::line("accepted without a signature, as the policy says")?,
            (true, false) => output::line(format!("signed by {}", report.signed_by.join(", ")))?,
        }
        for reason in &report.ignored {
            output::note(format!("not counted: {reason}"));
        }
        Ok(())
    })
}

/// Read a trust policy; its problems point at its lines.
pub(crate) fn read_policy(path: &Path) -> Result<TrustPolicy, Failure> {
    if !path.exists() {
        return Err(Failure::advised(
            Exit::Machine,
            format!("the trust policy {} does not exist", path.display()),
            "create it with its first key: patchbay keys trust NAME.pub; or name another one with --policy",
        ));
    }
    let text = text_of(path)?;
    TrustPolicy::parse(&text).map_err(|problems| {
        Failure::located(Exit::NotRight, &path.display().to_string(), &text, problems)
    })
}

/// Check the signature of one key, given as its file or its second line.
fn by_key(file: &PackFile, key: &str) -> Result<Result<TrustReport, String>, Failure> {
    // A key is 56 characters of base64; everything else is the name of a file.
    let is_key = key.len() == 56 && !key.contains('.');
    let text = match is_key {
        true => key.to_owned(),
        false => text_of(Path::new(key))?,
    };
    let public = PublicKey::parse(&text)
        .map_err(|error| Failure::new(Exit::Usage, format!("{key}: {error}")))?;
    let own = file
        .signatures()
        .iter()
        .filter_map(|text| Signature::parse(text).ok())
        .find(|signature| signature.key() == public.id());
    Ok(match own {
        None => Err(format!("it has no signature by the key {}", public.id())),
        Some(signature) => public
            .verify(&signature, file.image_bytes())
            .map(|()| TrustReport {
                signed_by: vec![public.id().to_string()],
                ignored: Vec::new(),
            })
            .map_err(|error| error.to_string()),
    })
}
