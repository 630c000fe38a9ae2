//! `patchbay pack pull`.

use patchbay_command::args::PackPullArgs;
use patchbay_command::changed_file::ChangedFile;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::numbers::bytes;
use patchbay_command::output;
use patchbay_command::registry::{PullRequest, host_settings, store_of, typed_reach};
use patchbay_pack::trust::TrustSource;
use serde_json::json;

pub(super) fn run(args: &PackPullArgs, as_json: bool) -> Outcome {
    let trust = match &args.trust {
        Some(path) => {
            // A file that is wrong is shown with its lines.
            super::read_policy(path)?;
            Some(TrustSource::File(path.clone()))
        }
        None => host_settings(&args.host)?.map(|settings| settings.trust),
    };
    let Some(store) = store_of(&args.host)? else {
        return Err(Failure::advised(
            Exit::Machine,
            "there is no directory for the packs that are pulled",
            "set HOME or XDG_DATA_HOME, or `store` in patchbay.toml",
        ));
    };
    let request = PullRequest {
        reference: &args.reference,
        store: &store,
        trust: trust.as_ref(),
    };
    let pulled = request.pull(typed_reach())?;
    let (file, report) = (&pulled.file, &pulled.report);
    if let Some(path) = &args.output {
        ChangedFile::lock(path)?.write(&file.write())?;
    }
    let shown = args.output.as_ref().unwrap_or(&pulled.path);
    let document = json!({
        "reference": args.reference.to_string(),
        "digest": file.digest(),
        "name": file.pack().name,
        "version": file.pack().version,
        "file": shown,
        "stored": pulled.path,
        "downloaded_bytes": pulled.downloaded,
        "signatures": file.signatures().len(),
        "trusted": pulled.is_checked.then_some(true),
        "signed_by": report.signed_by,
        "ignored": report.ignored,
    });
    output::result(as_json, &document, || {
        let pack = file.pack();
        output::line(format!(
            "{} {}  {}\n{}  {} downloaded",
            pack.name,
            pack.version,
            shown.display(),
            file.digest(),
            bytes(pulled.downloaded)
        ))?;
        match (pulled.is_checked, report.signed_by.is_empty()) {
            (false, _) => output::note(
                "its signatures are not checked: there is no trust policy; name one with --trust, or in the server settings",
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
