//! `patchbay keys`: make keys, and change a trust policy.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use patchbay_command::args::{KeysArgs, KeysVerb, NewKeysArgs, RevokeArgs, RotateArgs, TrustArgs};
use patchbay_command::changed_file::{ChangedFile, text_of};
use patchbay_command::exit::{Exit, Failure, Outcome, io};
use patchbay_command::output;
use patchbay_pack::signature::{PublicKey, generate};
use patchbay_pack::trust::{EditError, KeyTerms, KeyToTrust, PolicyText};
use serde_json::json;

use super::pack::{ask, read_password, read_policy};

/// Runs `patchbay keys`.
pub fn run(args: &KeysArgs) -> Outcome {
    match &args.verb {
        KeysVerb::New(new) => new_keys(new, args.json),
        KeysVerb::List => list(args),
        KeysVerb::Trust(trust) => add(args, trust),
        KeysVerb::Revoke(key) => revoke(args, key),
        KeysVerb::Rotate(key) => rotate(args, key),
    }
}

fn new_keys(args: &NewKeysArgs, as_json: bool) -> Outcome {
    let name = name_of(&args.name);
    let [secret, public] = ["key", "pub"].map(|ending| args.name.with_added_extension(ending));
    for path in [&secret, &public] {
        if path.exists() {
            return Err(Failure::advised(
                Exit::Machine,
                format!("{} exists", path.display()),
                "choose another name: packs signed with a key that is lost cannot be signed again",
            ));
        }
    }
    let keys = match (args.no_password, read_password(&args.password)?) {
        (true, _) => generate(None, &name),
        (false, Some(password)) => generate(Some(not_empty(password)?), &name),
        (false, None) => generate(Some(new_password()?), &name),
    };
    let keys = keys.map_err(Failure::machine)?;
    create(&public, 0o644, &keys.public)?;
    create(&secret, 0o600, &keys.secret)?;
    let document = json!({"id": keys.id.to_string(), "secret": secret, "public": public});
    output::result(as_json, &document, || {
        output::line(format!(
            "key {}\n{}  secret: keep it, and a copy of it, where only you can read it\n{}  give it to those who run your packs",
            keys.id,
            secret.display(),
            public.display()
        ))
    })
}

/// Ask twice for the password of a new key.
fn new_password() -> Result<String, Failure> {
    let password = not_empty(ask("Password of the new key: ")?)?;
    match ask("The same password again: ")? == password {
        true => Ok(password),
        false => Err(Failure::new(Exit::NotRight, "the passwords differ")),
    }
}

fn not_empty(password: String) -> Result<String, Failure> {
    match password.is_empty() {
        false => Ok(password),
        true => Err(Failure::advised(
            Exit::NotRight,
            "the password is empty",
            "--no-password makes a key that is not encrypted",
        )),
    }
}

fn create(path: &Path, mode: u32, text: &str) -> Result<(), Failure> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        })
        .map_err(io(path))
}

fn list(args: &KeysArgs) -> Outcome {
    let policy = read_policy(&args.policy)?;
    let now = Timestamp::now();
    let state = |key: &KeyTerms<'_>| match (key.revoked, key.not_after) {
        (Some(reason), _) => format!("revoked: {reason}"),
        (None, Some(time)) if time <= now => format!("expired {time}"),
        (None, Some(time)) => format!("until {time}"),
        (None, None) => "valid".to_owned(),
    };
    let keys: Vec<KeyTerms<'_>> = policy.keys().collect();
    let document: Vec<_> = keys
        .iter()
        .map(|key| {
            json!({
                "name": key.name,
                "id": key.id.to_string(),
                "publisher": key.publisher,
                "packs": key.packs,
                "not_after": key.not_after,
                "revoked": key.revoked,
            })
        })
        .collect();
    output::result(args.json, &json!({"keys": document}), || {
        let rows: Vec<_> = keys
            .iter()
            .map(|key| {
                vec![
                    key.name.to_owned(),
                    key.id.to_string(),
                    key.publisher.unwrap_or("-").to_owned(),
                    match key.packs.is_empty() {
                        true => "all".to_owned(),
                        false => key.packs.join(", "),
                    },
                    state(key),
                ]
            })
            .collect();
        let headings = ["KEY", "ID", "PUBLISHER", "PACKS", "STATE"];
        output::table(&headings, &rows, "no keys")
    })
}

fn add(args: &KeysArgs, trust: &TrustArgs) -> Outcome {
    let key = KeyToTrust {
        name: trust.name.clone().unwrap_or_else(|| name_of(&trust.public)),
        public: public_key(&trust.public)?,
        publisher: trust.publisher.clone(),
        packs: trust.packs.clone(),
        not_after: trust.not_after,
    };
    let (name, id) = (key.name.clone(), key.public.id());
    let is_known = is_known(args, &key)?;
    if !is_known {
        change(args, |text| text.add(&key))?;
        if trust.publisher.is_none() {
            output::note(
                "the key speaks for no publisher: it counts only where a rule of the policy names it; --publisher NAME changes that",
            );
        }
    }
    let document = json!({"name": name, "id": id.to_string(), "unchanged": is_known});
    output::result(args.json, &document, || {
        let policy = args.policy.display();
        output::line(match is_known {
            true => format!("{policy} trusts the key {name} ({id}) already; nothing is changed"),
            false => format!("{policy} trusts the key {name} ({id})"),
        })
    })
}

/// Whether the policy has a key with the same terms.
///
/// # Errors
/// The policy has the key with other terms, or under another name; or it is not valid.
fn is_known(args: &KeysArgs, key: &KeyToTrust) -> Result<bool, Failure> {
    if !args.policy.exists() {
        return Ok(false);
    }
    let policy = read_policy(&args.policy)?;
    let id = key.public.id();
    let Some(known) = policy.keys().find(|known| known.id == id) else {
        return Ok(false);
    };
    if known.public.to_base64() != key.public.to_base64() {
        return Err(Failure::advised(
            Exit::NotRight,
            format!(
                "{} has another key with the number {id}, as {:?}",
                args.policy.display(),
                known.name
            ),
            "make another key: patchbay keys new NAME".to_owned(),
        ));
    }
    let is_same = known.name == key.name
        && known.publisher == key.publisher.as_deref()
        && known.packs == key.packs
        && known.not_after == key.not_after
        && known.revoked.is_none();
    match is_same {
        true => Ok(true),
        false => Err(Failure::advised(
            Exit::NotRight,
            format!(
                "{} has the key {id} already, as {:?}, with other terms{}",
                args.policy.display(),
                known.name,
                known.revoked.map_or("", |_| ": it is revoked")
            ),
            format!(
                "change the terms of [key.{}] in {}, or make another key: patchbay keys new NAME",
                known.name,
                args.policy.display()
            ),
        )),
    }
}

fn revoke(args: &KeysArgs, key: &RevokeArgs) -> Outcome {
    change(args, |text| text.revoke(&key.name, &key.reason))?;
    output::result(args.json, &json!({"revoked": key.name}), || {
        output::line(format!(
            "the key {} is revoked; a running server reads the policy at the next change of a generation",
            key.name
        ))
    })
}

fn rotate(args: &KeysArgs, key: &RotateArgs) -> Outcome {
    let public = public_key(&key.public)?;
    let name = key.new_name.clone().unwrap_or_else(|| name_of(&key.public));
    let (now, new) = (Timestamp::now(), (name.as_str(), &public));
    change(args, |text| text.rotate(&key.name, key.not_after, new, now))?;
    let document = json!({"old": key.name, "new": name, "not_after": key.not_after});
    output::result(args.json, &document, || {
        output::line(format!(
            "the key {} counts until {}; {name} may sign the same packs",
            key.name, key.not_after
        ))
    })
}

/// Change a policy; it is written only if it is valid afterwards.
fn change(
    args: &KeysArgs,
    edit: impl FnOnce(&mut PolicyText) -> Result<(), EditError>,
) -> Result<(), Failure> {
    let path = &args.policy;
    let invalid =
        |problem: String| Failure::new(Exit::NotRight, format!("{}{problem}", path.display()));
    let changed = ChangedFile::lock(path)?;
    let text = match path.exists() {
        true => text_of(path)?,
        false => String::new(),
    };
    let mut policy = PolicyText::read(&text).map_err(|error| invalid(format!(": {error}")))?;
    edit(&mut policy).map_err(|error| invalid(format!(": {error}")))?;
    // The problem begins with its place.
    policy.policy().map_err(invalid)?;
    changed.write(policy.text().as_bytes())
}

fn public_key(path: &Path) -> Result<PublicKey, Failure> {
    PublicKey::parse(&text_of(path)?)
        .map_err(|error| Failure::new(Exit::NotRight, format!("{}: {error}", path.display())))
}

/// The name of a file without its ending.
fn name_of(path: &Path) -> String {
    let name = path.file_stem().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
