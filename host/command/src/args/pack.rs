//! Arguments of `pack`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use patchbay_config::duration::Seconds;
use patchbay_import::{SYSTEMS, System};
use patchbay_model::identifier;
use patchbay_pack::source::REGISTRY_SCHEME;
use patchbay_registry::{Reference, ReferenceError};
use semver::Version;

use super::BuildFlags;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay pack build my-care --sign acme.key
  patchbay pack show my-care-1.0.0.pack
  patchbay pack verify my-care-1.0.0.pack --trust trust.toml
  patchbay pack diff my-care-1.0.0.pack my-care-1.1.0.pack
  patchbay pack import taskrouter export.json --company acme
  patchbay pack push my-care-1.0.0.pack registry.example/acme/my-care
  patchbay pack pull registry.example/acme/my-care:1.0.0
  patchbay pack publish my-care-1.1.0.pack --to /srv/packs
  patchbay pack outdated northwind.toml

A pack file holds a policy as it is distributed: the component, pack.toml, the
settings schema, the cases, the README and a bill of materials, named by their
digests, and the signatures. A company file names it by its path, or by
name@version where the file is in a pack directory of the server or was pulled,
or as oci://HOST/PATH:TAG where it is in a registry. docs/packs.md describes it.")]
pub struct PackArgs {
    #[command(subcommand)]
    pub verb: PackVerb,
    /// Print JSON instead of text
    #[arg(long, global = true, display_order = 201)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum PackVerb {
    /// Build a pack directory, run its cases, and write the pack file
    Build(PackBuildArgs),
    /// Show what a pack file holds and who signed it
    Show(PackShowArgs),
    /// Check a pack file: every digest, and its signatures against a trust policy
    Verify(PackVerifyArgs),
    /// Add a signature to a pack file
    Sign(PackSignArgs),
    /// List what differs between two pack files
    Diff(PackDiffArgs),
    /// List the pack files of directories, and those that were pulled
    List(PackListArgs),
    /// Write a company file from another system's export
    Import(PackImportArgs),
    /// Push a pack file with its signatures to a registry
    Push(PackPushArgs),
    /// Pull a pack with its signatures from a registry, into the local store
    Pull(PackPullArgs),
    /// Delete pulled packs that no generation needs
    Gc(PackGcArgs),
    /// List newer versions of the packs of a company file, and what they change
    Outdated(PackOutdatedArgs),
    /// Change a company file to a newer version of a pack, with the migration of its settings
    Migrate(PackMigrateArgs),
    /// Check that the version of a release fits what it changes, and publish it
    Publish(PackPublishArgs),
}

#[derive(Debug, Args)]
pub struct PackBuildArgs {
    /// Pack directory, with pack.toml
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    /// The file to write [default: NAME-VERSION.pack in the current directory]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Sign it with this secret key
    #[arg(long, value_name = "FILE")]
    pub sign: Option<PathBuf>,
    #[command(flatten)]
    pub password: PasswordFlag,
    /// Do not run the cases
    #[arg(long)]
    pub skip_cases: bool,
    /// Revision of the sources, such as a commit, to state in the component
    #[arg(long, value_name = "TEXT", value_parser = revision)]
    pub revision: Option<String>,
    #[command(flatten)]
    pub build: BuildFlags,
}

/// Password of a secret key.
#[derive(Clone, Debug, Args)]
pub struct PasswordFlag {
    /// File with the password of the secret key [default: ask, where the key is encrypted]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// A part of a pack file to print as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrintedPart {
    /// The image manifest: the bytes that signatures cover
    Image,
    /// pack.toml
    Manifest,
    /// The settings schema
    Schema,
    /// The README
    Readme,
    /// The bill of materials (CycloneDX)
    Sbom,
    /// The signatures
    Signatures,
}

#[derive(Debug, Args)]
#[command(after_help = "To verify a signature with minisign:
  patchbay pack show my-care-1.0.0.pack --print image > image.json
  patchbay pack show my-care-1.0.0.pack --print signatures > image.json.minisig
  minisign -V -p acme.pub -m image.json")]
pub struct PackShowArgs {
    /// The pack file
    pub file: PathBuf,
    /// Print one part as it is
    #[arg(long, value_name = "PART")]
    pub print: Option<PrintedPart>,
    /// Print a complete company file that uses the pack, to start from
    #[arg(long, conflicts_with = "print")]
    pub example: bool,
}

#[derive(Debug, Args)]
pub struct PackVerifyArgs {
    /// The pack file
    pub file: PathBuf,
    /// Trust policy; without one or --key only the digests are checked
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// A public key (file, or its second line) that must have signed it
    #[arg(long, value_name = "KEY", conflicts_with = "trust")]
    pub key: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay pack sign my-care-1.0.0.pack --key acme.key
  patchbay pack sign my-care-1.0.0.pack --signature image.json.minisig --public auditor.pub

With minisign, sign the bytes that `pack show FILE --print image` prints, and add
the signature with --signature.")]
pub struct PackSignArgs {
    /// The pack file; the signature is added to it
    pub file: PathBuf,
    /// Secret key to sign with
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "signature",
        conflicts_with = "signature"
    )]
    pub key: Option<PathBuf>,
    /// Add this signature, which minisign made of the image manifest
    #[arg(long, value_name = "FILE", requires = "public")]
    pub signature: Option<PathBuf>,
    /// Public key of the signature, to check it
    #[arg(long, value_name = "FILE")]
    pub public: Option<PathBuf>,
    #[command(flatten)]
    pub password: PasswordFlag,
}

#[derive(Debug, Args)]
pub struct PackDiffArgs {
    /// The older pack file
    pub old: PathBuf,
    /// The newer pack file
    pub new: PathBuf,
}

#[derive(Debug, Args)]
pub struct PackListArgs {
    /// Directories with pack files [default: the current one, and the local store]
    pub dirs: Vec<PathBuf>,
    #[command(flatten)]
    pub host: HostFlag,
}

/// The host whose local store and trust policy are used.
#[derive(Clone, Debug, Default, Args)]
pub struct HostFlag {
    /// Settings file of the server, for its store and trust policy [default: patchbay.toml, where
    /// it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay pack push my-care-1.0.0.pack registry.example/acme/my-care
  patchbay pack push my-care-1.0.0.pack localhost:5000/my-care:stable

The last part of the repository is the name of the pack. Without a tag, the
version is the tag; such a tag does not move to another pack without --replace.
Credentials are those of `docker login`. Blobs that the registry has are not
sent again, and an interrupted upload continues where it was.")]
pub struct PackPushArgs {
    /// The pack file
    pub file: PathBuf,
    /// Where to: HOST[:PORT]/PATH[:TAG]
    #[arg(value_name = "REF")]
    pub reference: Reference,
    /// Move a tag that is a version from another pack to this one
    #[arg(long)]
    pub replace: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay pack pull registry.example/acme/my-care:1.0.0
  patchbay pack pull registry.example/acme/my-care:stable --trust trust.toml
  patchbay pack pull registry.example/acme/my-care:1.0.0 --output my-care.pack

The pack is kept in the local store, where company files find it by
name@version, by digest, and by oci://HOST/PATH:TAG. A pack that the trust
policy does not accept is not kept. An interrupted download is continued by the
next pull.")]
pub struct PackPullArgs {
    /// The pack: HOST[:PORT]/PATH:TAG, or @sha256:… instead of the tag or after it
    #[arg(value_name = "REF")]
    pub reference: Reference,
    /// Also write the pack file here
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Trust policy [default: that of the server settings]
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    #[command(flatten)]
    pub host: HostFlag,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay pack gc --dry-run
  patchbay pack gc --older-than 7d
  patchbay pack gc --no-host --older-than 90d

A pack stays if a generation of the host has it, active or stored for a
rollback, if a company file of the host names it, or if it was pulled or used
within the age. Unfinished downloads are deleted after a day.")]
pub struct PackGcArgs {
    /// Show what would be deleted; delete nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Keep packs that were pulled or used within this time
    #[arg(long, value_name = "AGE", default_value = "30d")]
    pub older_than: Seconds,
    #[command(flatten)]
    pub host: HostFlag,
    /// Clean up the store of this user by age alone, whatever a server needs
    #[arg(long, conflicts_with = "config")]
    pub no_host: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay pack import taskrouter export.json --company acme
  patchbay pack import taskrouter workflow.json --company acme -o acme --partial

Writes company.toml, whose settings are the other system's rules for a pack that
runs them, and the agents, for `patchbay agents import`. What Patchbay does not
express is named with its path in the export, and nothing is written; with
--partial, it is left out. docs/migrate.md describes each system and its export.")]
pub struct PackImportArgs {
    /// System that wrote the export
    #[arg(value_parser = system)]
    pub system: &'static System,
    /// The export, as JSON; - for standard input
    pub file: PathBuf,
    /// Name of the company: lower-case letters, digits and hyphens
    #[arg(long, value_name = "NAME")]
    pub company: String,
    /// Directory to write, which is created [default: the name of the company]
    #[arg(long, short, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Pack that runs the rules: name@version, a path or a digest [default: the system's pack]
    #[arg(long, value_name = "PACK")]
    pub pack: Option<String>,
    /// Leave out what Patchbay does not express
    #[arg(long)]
    pub partial: bool,
}

fn system(code: &str) -> Result<&'static System, String> {
    System::find(code).ok_or_else(|| {
        let codes: Vec<&str> = SYSTEMS.iter().map(|system| system.code).collect();
        format!("expected one of {}", codes.join(", "))
    })
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay pack outdated northwind.toml
  patchbay pack outdated northwind.toml --json

For each plugin it compares the version that the file uses now with the newest
one: grants, settings, limits, and what the cases of the version in use decide
with the newest. For a pack that the file names as oci://HOST/PATH, it asks the
registry for its tags that are versions, and pulls the newest into the local
store. It changes nothing else.")]
pub struct PackOutdatedArgs {
    /// Company file
    pub file: PathBuf,
    /// Do not run the cases of the version in use with the newest
    #[arg(long)]
    pub skip_cases: bool,
    /// Connect to no registry: versions are those of the pack directories and the local store
    #[arg(long)]
    pub offline: bool,
    /// Settings file of the server: its pack directories, its local store and its trust policy
    #[arg(long, value_name = "FILE", default_value = "patchbay.toml")]
    pub config: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay pack migrate northwind.toml --dry-run
  patchbay pack migrate northwind.toml --plugin care --from 0.2.0 --to 0.3.0

A pack says in [[settings.migration]] of its pack.toml what becomes of settings
that were written for older versions. The command applies that to the file, and
names the newer version there. Comments and order stay. The host never migrates
settings on its own.")]
pub struct PackMigrateArgs {
    /// Company file
    pub file: PathBuf,
    /// Migrate this plugin only
    #[arg(long, value_name = "NAME")]
    pub plugin: Option<String>,
    /// Version for which the settings were written [default: the one that the file uses now]
    #[arg(long, value_name = "VERSION", requires = "plugin")]
    pub from: Option<Version>,
    /// Version to migrate to [default: the newest]
    #[arg(long, value_name = "VERSION", requires = "plugin")]
    pub to: Option<Version>,
    /// Show what would change, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Settings file of the server: its pack directories
    #[arg(long, value_name = "FILE", default_value = "patchbay.toml")]
    pub config: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay pack publish my-care-1.1.0.pack --to /srv/packs
  patchbay pack publish my-care-1.1.0.pack --to /srv/packs --dry-run
  patchbay pack publish my-care-1.1.0.pack --to oci://registry.example/acme/my-care

Each file is compared with the highest version below it: a patch release must
decide as before, and settings and grants that were valid must be valid after a
minor release (before 1.0.0, after a release with the same number after the
zero). A version that is there already never changes. In a registry, the tag is
the version, and the credentials are those of `docker login`.")]
pub struct PackPublishArgs {
    /// Pack files
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Directory, or repository of a registry as oci://HOST/PATH, to publish to
    #[arg(long, value_name = "DIR|REPOSITORY", value_parser = publish_target)]
    pub to: PublishTarget,
    /// Check, and publish nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Where releases are published.
#[derive(Clone, Debug)]
pub enum PublishTarget {
    /// A directory of pack files.
    Directory(PathBuf),
    /// A repository.
    Registry(Reference),
}

/// Parse a directory or a repository.
fn publish_target(text: &str) -> Result<PublishTarget, String> {
    if !text.starts_with(REGISTRY_SCHEME) {
        return Ok(PublishTarget::Directory(PathBuf::from(text)));
    }
    let reference: Reference = text
        .parse()
        .map_err(|error: ReferenceError| error.to_string())?;
    match reference.tag().is_none() && reference.digest().is_none() {
        true => Ok(PublishTarget::Registry(reference)),
        false => Err("the tag is the version of the pack: write oci://HOST/PATH".to_owned()),
    }
}

/// Parse the revision of sources.
fn revision(text: &str) -> Result<String, String> {
    match identifier::problem(text) {
        Some(problem) => Err(format!("the revision {problem}")),
        None => Ok(text.to_owned()),
    }
}
