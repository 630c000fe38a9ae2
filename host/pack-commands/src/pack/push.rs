//! `patchbay pack push`.

use patchbay_command::args::PackPushArgs;
use patchbay_command::exit::Outcome;
use patchbay_command::numbers::{bytes, counted};
use patchbay_command::output;
use patchbay_command::registry::{TransferDisplay, block_on, credentials, failure, typed_reach};
use patchbay_registry::Registry;
use serde_json::json;

pub(super) fn run(args: &PackPushArgs, as_json: bool) -> Outcome {
    let file = super::open(&args.file)?;
    let mut registry = Registry::new(args.reference.clone(), typed_reach(), credentials());
    let display = TransferDisplay::start();
    let pushed = block_on(registry.push(&file, args.replace, &|step| display.show(step)))?;
    display.finish();
    let pushed = pushed.map_err(failure)?;
    let document = json!({
        "reference": pushed.reference.to_string(),
        "digest": pushed.digest,
        "sent_bytes": pushed.sent,
        "signatures": pushed.signatures,
        "signatures_listed_by": pushed.index.map(|index| index.as_str()),
    });
    output::result(as_json, &document, || {
        let signatures = counted(pushed.signatures as u64, "signature");
        output::line(format!(
            "{}\n{}  {signatures}, {} sent",
            pushed.reference,
            pushed.digest,
            bytes(pushed.sent)
        ))?;
        if pushed.signatures == 0 {
            output::note(
                "it is not signed: `patchbay pack sign` adds a signature; then push again",
            );
        }
        Ok(())
    })
}
