//! `patchbay pack`: build, show, verify, sign, compare, import, publish, push, pull and upgrade.

mod build;
mod diff;
mod gc;
mod import;
mod list;
mod migrate;
mod outdated;
mod pack_sources;
mod publish;
mod pull;
mod push;
mod release;
mod release_place;
mod show;
mod sign;
mod verify;

use std::path::Path;

use patchbay_command::args::{PackArgs, PackVerb};
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_pack::pack_file::PackFile;

pub(crate) use sign::{ask, read_password, secret_key};
pub(crate) use verify::read_policy;

/// Runs `patchbay pack`.
pub fn run(args: &PackArgs) -> Outcome {
    match &args.verb {
        PackVerb::Build(build) => build::run(build, args.json),
        PackVerb::Show(show) => show::run(show, args.json),
        PackVerb::Verify(verify) => verify::run(verify, args.json),
        PackVerb::Sign(sign) => sign::run(sign, args.json),
        PackVerb::Diff(diff) => diff::run(diff, args.json),
        PackVerb::List(list) => list::run(list, args.json),
        PackVerb::Import(import) => import::run(import, args.json),
        PackVerb::Push(push) => push::run(push, args.json),
        PackVerb::Pull(pull) => pull::run(pull, args.json),
        PackVerb::Gc(gc) => gc::run(gc, args.json),
        PackVerb::Outdated(outdated) => outdated::run(outdated, args.json),
        PackVerb::Migrate(migrate) => migrate::run(migrate, args.json),
        PackVerb::Publish(publish) => publish::run(publish, args.json),
    }
}

/// Read and check a pack file.
fn open(path: &Path) -> Result<PackFile, Failure> {
    // A pack that does not exist is one that cannot be loaded.
    if !path.exists() {
        return Err(Failure::advised(
            Exit::Pack,
            format!("{} does not exist", path.display()),
            "name a pack file, which `patchbay pack build` writes",
        ));
    }
    PackFile::open(path)
        .map_err(|error| Failure::new(Exit::Pack, format!("{}: {error}", path.display())))
}
