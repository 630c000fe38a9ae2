//! Arguments of `keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::pack::PasswordFlag;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  patchbay keys new acme
  patchbay keys trust acme.pub --publisher acme --packs 'care-*'
  patchbay keys list
  patchbay keys revoke acme --reason 'laptop lost'

Keys have the format of minisign, which can make and use them too. `new` makes a
secret key, to sign packs with, and a public key, to give to those who run them.
`trust`, `list` and `revoke` work on a trust policy: the file that [trust] policy
in patchbay.toml names. docs/packs.md describes it.")]
pub struct KeysArgs {
    #[command(subcommand)]
    pub verb: KeysVerb,
    /// The trust policy
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "trust.toml",
        display_order = 200
    )]
    pub policy: PathBuf,
    /// Print JSON instead of text
    #[arg(long, global = true, display_order = 201)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum KeysVerb {
    /// Make a pair of keys: NAME.key, secret, and NAME.pub
    New(NewKeysArgs),
    /// List the keys of a trust policy
    List,
    /// Add a public key to a trust policy
    Trust(TrustArgs),
    /// Revoke a key of a trust policy: its signatures do not count any more
    Revoke(RevokeArgs),
    /// Let a key expire, and add the one that follows it
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
pub struct NewKeysArgs {
    /// Name of the files, without ending
    pub name: PathBuf,
    #[command(flatten)]
    pub password: PasswordFlag,
    /// Do not encrypt the secret key
    #[arg(long, conflicts_with = "password_file")]
    pub no_password: bool,
}

#[derive(Debug, Args)]
pub struct TrustArgs {
    /// File of the public key
    pub public: PathBuf,
    /// Name of the key in the policy [default: the file's, without ending]
    #[arg(long)]
    pub name: Option<String>,
    /// Publisher in pack.toml that the key speaks for [default: none: it counts only where a rule names it]
    #[arg(long)]
    pub publisher: Option<String>,
    /// Names of the packs it may sign, also as beginning with * [default: every pack of the publisher]
    #[arg(long, value_delimiter = ',')]
    pub packs: Vec<String>,
    /// When its signatures stop to count, such as 2027-12-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub not_after: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// Name of the key in the policy
    pub name: String,
    /// Why, for those who read it later
    #[arg(long)]
    pub reason: String,
}

#[derive(Debug, Args)]
pub struct RotateArgs {
    /// Name of the key in the policy that another one follows
    pub name: String,
    /// File of the new public key; it may sign what the old one may
    pub public: PathBuf,
    /// Name of the new key in the policy [default: the file's, without ending]
    #[arg(long)]
    pub new_name: Option<String>,
    /// When signatures of the old key stop to count, such as 2027-12-31T00:00:00Z
    #[arg(long, value_name = "TIME")]
    pub not_after: Timestamp,
}
