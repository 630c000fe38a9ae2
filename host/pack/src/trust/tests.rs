use std::collections::BTreeMap;

use super::*;
use crate::manifest::Manifest;
use crate::pack_file::{PackFile, PackParts};
use crate::signature::{NewKeys, SecretKey, generate};

/// An unsigned pack file of this name, version and publisher.
fn pack_file(name: &str, version: &str, publisher: &str) -> PackFile {
    let text = format!(
        "[pack]\nname = \"{name}\"\nversion = \"{version}\"\npublisher = \"{publisher}\"\n"
    );
    let manifest = Manifest::parse(&text).expect("a manifest");
    let section = manifest.pack.clone();
    let pack = Pack::described(manifest, text, None, b"code".to_vec().into());
    PackFile::from_parts(PackParts {
        pack,
        section,
        exports: Vec::new(),
        imports: Vec::new(),
        readme: None,
        sbom: None,
    })
    .expect("a pack file")
}

/// Keys by name, made once for each test.
struct Keys(BTreeMap<&'static str, NewKeys>);

impl Keys {
    fn new(names: &[&'static str]) -> Keys {
        let made = names.iter();
        Keys(
            made.map(|name| (*name, generate(None, name).expect("keys")))
                .collect(),
        )
    }

    /// The public key of a name, in quotes.
    fn public(&self, name: &str) -> String {
        let line = self.0[name].public.lines().nth(1);
        format!("{:?}", line.expect("a key"))
    }

    /// The pack, signed by these keys.
    fn sign(&self, file: PackFile, names: &[&str]) -> Pack {
        names
            .iter()
            .fold(file, |file, name| {
                let secret = SecretKey::read(&self.0[name].secret, None).expect("a key");
                let text = secret
                    .sign(file.image_bytes(), "comment")
                    .expect("a signature");
                file.with_signature(&text).expect("signed")
            })
            .into_pack()
    }
}

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().expect("a time")
}

fn policy(text: &str) -> TrustPolicy {
    TrustPolicy::parse(text).expect("a policy")
}

fn signed_by(report: Result<TrustReport, TrustError>) -> Vec<String> {
    report.expect("trusted").signed_by
}

#[test]
fn a_signature_by_the_publishers_key_is_enough() {
    let keys = Keys::new(&["acme", "other"]);
    let policy = policy(&format!(
        "[key.acme]\npublic = {}\npublisher = \"acme\"\n",
        keys.public("acme")
    ));
    let check = |names: &[&str]| {
        let pack = keys.sign(pack_file("care", "1.0.0", "acme"), names);
        policy.check(&pack, now(), &[])
    };
    assert_eq!(signed_by(check(&["acme"])), ["acme"]);
    assert_eq!(check(&[]), Err(TrustError::Unsigned));
    let foreign = check(&["other"]).expect_err("foreign").to_string();
    let id = keys.0["other"].id;
    assert!(
        foreign.contains(&format!("the key {id} is not in the trust policy")),
        "{foreign}"
    );
    let both = check(&["acme", "other"]).expect("trusted");
    assert_eq!((both.signed_by.len(), both.ignored.len()), (1, 1));
}

#[test]
fn a_key_signs_only_for_its_publisher_and_its_packs() {
    let keys = Keys::new(&["acme"]);
    let policy = policy(&format!(
        "[key.acme]\npublic = {}\npublisher = \"acme\"\npacks = [\"care-*\"]\n",
        keys.public("acme")
    ));
    let check = |name: &str, publisher: &str| {
        let pack = keys.sign(pack_file(name, "1.0.0", publisher), &["acme"]);
        policy.check(&pack, now(), &[])
    };
    assert!(check("care-bank", "acme").is_ok());
    for (name, publisher) in [("billing", "acme"), ("care-bank", "globex")] {
        let error = check(name, publisher).expect_err(name);
        assert!(matches!(error, TrustError::NotEnough { .. }), "{error:?}");
    }
}

#[test]
fn a_revoked_and_an_expired_key_do_not_count() {
    let keys = Keys::new(&["acme"]);
    let pack = keys.sign(pack_file("care", "1.0.0", "acme"), &["acme"]);
    let check = |line: &str| {
        let text = format!(
            "[key.acme]\npublic = {}\npublisher = \"acme\"\n{line}\n",
            keys.public("acme")
        );
        let result = policy(&text).check(&pack, now(), &[]);
        result.map_err(|error| error.to_string())
    };
    assert!(check("not-after = \"2026-06-01T00:00:01Z\"").is_ok());
    let expired = check("not-after = \"2026-06-01T00:00:00Z\"").expect_err("expired");
    assert!(
        expired.contains("the key acme expired at 2026-06-01T00:00:00Z"),
        "{expired}"
    );
    let revoked = check("revoked = \"laptop lost\"").expect_err("revoked");
    assert!(
        revoked.contains("the key acme is revoked: laptop lost"),
        "{revoked}"
    );
}

#[test]
fn a_revoked_digest_is_refused_whoever_signed_it() {
    let keys = Keys::new(&["acme"]);
    let pack = keys.sign(pack_file("care", "1.0.0", "acme"), &["acme"]);
    let image = pack.provenance.as_ref().expect("an image").digest();
    for digest in [image, pack.digest()] {
        let text = format!(
            "unsigned = \"allow\"\n[key.acme]\npublic = {}\npublisher = \"acme\"\n[revoked]\n\"{digest}\" = \"it leaks\"\n",
            keys.public("acme")
        );
        let error = policy(&text).check(&pack, now(), &[]);
        let reason = "it leaks".to_owned();
        assert_eq!(error, Err(TrustError::Revoked { digest, reason }));
    }
}

#[test]
fn an_older_version_than_the_lowest_accepted_is_refused() {
    let keys = Keys::new(&["acme"]);
    let policy = policy(&format!(
        "[key.acme]\npublic = {}\npublisher = \"acme\"\n[least-version]\ncare = \"1.2.0\"\n",
        keys.public("acme")
    ));
    let check = |version: &str| {
        let pack = keys.sign(pack_file("care", version, "acme"), &["acme"]);
        policy.check(&pack, now(), &[])
    };
    assert!(check("1.2.0").is_ok() && check("1.10.0").is_ok());
    // A pre-release comes before its version.
    for old in ["1.1.9", "1.2.0-rc.1", "0.9.0"] {
        let error = check(old).expect_err(old);
        assert!(matches!(error, TrustError::Downgrade { .. }), "{error:?}");
    }
}

#[test]
fn a_rule_asks_for_all_of_some_and_a_number_of_others() {
    let keys = Keys::new(&["acme", "acme-next", "auditor"]);
    let text = format!(
        "[key.acme]\npublic = {}\npublisher = \"acme\"\n[key.acme-next]\npublic = {}\npublisher = \"acme\"\n[key.auditor]\npublic = {}\n\
         [[rule]]\npacks = [\"care\"]\nany-of = [\"acme\", \"acme-next\"]\nall-of = [\"auditor\"]\nminimum = 2\n",
        keys.public("acme"),
        keys.public("acme-next"),
        keys.public("auditor")
    );
    let policy = policy(&text);
    let check = |name: &str, by: &[&str]| {
        let pack = keys.sign(pack_file(name, "1.0.0", "acme"), by);
        policy.check(&pack, now(), &[]).is_ok()
    };
    assert!(check("care", &["auditor", "acme"]));
    assert!(check("care", &["auditor", "acme-next"]));
    assert!(!check("care", &["auditor"]), "the minimum is two");
    assert!(
        !check("care", &["acme", "acme-next"]),
        "without the auditor"
    );
    // Other packs need one signature of their publisher.
    assert!(check("billing", &["acme"]));
    assert!(!check("billing", &["auditor"]));
}

#[test]
fn two_signatures_by_one_key_count_once() {
    let keys = Keys::new(&["acme", "acme-next"]);
    let text = format!(
        "[key.acme]\npublic = {}\npublisher = \"acme\"\n[key.acme-next]\npublic = {}\npublisher = \"acme\"\n\
         [[rule]]\npacks = [\"*\"]\nminimum = 2\n",
        keys.public("acme"),
        keys.public("acme-next")
    );
    let policy = policy(&text);
    let check = |by: &[&str]| {
        let pack = keys.sign(pack_file("care", "1.0.0", "acme"), by);
        policy.check(&pack, now(), &[]).is_ok()
    };
    assert!(check(&["acme", "acme-next"]));
    assert!(!check(&["acme", "acme"]));
    let twice = keys.sign(pack_file("care", "1.0.0", "acme"), &["acme", "acme"]);
    let signatures = &twice.provenance.as_ref().expect("an image").signatures;
    assert_eq!(signatures.len(), 1, "the newer one replaces the older");
    // A file of another tool may hold both.
    let mut both = twice.clone();
    let again = keys.sign(pack_file("care", "1.0.0", "acme"), &["acme"]);
    let again = again.provenance.expect("an image").signatures;
    let signatures = &mut both.provenance.as_mut().expect("an image").signatures;
    signatures.extend(again);
    assert!(policy.check(&both, now(), &[]).is_err());
}

#[test]
fn a_plugin_may_ask_for_keys_of_its_own() {
    let keys = Keys::new(&["acme", "auditor"]);
    let text = format!(
        "[key.acme]\npublic = {}\npublisher = \"acme\"\n[key.auditor]\npublic = {}\n",
        keys.public("acme"),
        keys.public("auditor")
    );
    let also = ["auditor".to_owned()];
    let check = |text: &str, by: &[&str]| {
        let pack = keys.sign(pack_file("care", "1.0.0", "acme"), by);
        policy(text).check(&pack, now(), &also)
    };
    assert!(check(&text, &["acme", "auditor"]).is_ok());
    assert!(check(&text, &["acme"]).is_err());
    // Also where the host accepts packs without a signature.
    let open = "unsigned = \"allow\"\n";
    assert_eq!(check(open, &[]), Err(TrustError::Unsigned));
    assert!(check(open, &["acme"]).is_err());
}

#[test]
fn a_trusted_keys_signature_of_other_bytes_is_an_error() {
    let keys = Keys::new(&["acme"]);
    let policy = policy(&format!(
        "[key.acme]\npublic = {}\npublisher = \"acme\"\n",
        keys.public("acme")
    ));
    let secret = SecretKey::read(&keys.0["acme"].secret, None).expect("a key");
    let other = pack_file("care", "1.0.1", "acme");
    let text = secret.sign(other.image_bytes(), "c").expect("a signature");
    let moved = pack_file("care", "1.0.0", "acme").with_signature(&text);
    let pack = moved.expect("a file").into_pack();
    let error = policy.check(&pack, now(), &[]).expect_err("moved");
    let of = keys.0["acme"].id;
    assert_eq!(error, TrustError::Signature(SignatureError::DoesNotFit(of)));
}

#[test]
fn the_documented_example_is_valid() {
    let policy = policy(include_str!("../../../../docs/trust.example.toml"));
    assert_eq!(policy.unsigned, Unsigned::Refuse);
    assert_eq!(policy.keys().count(), 2);
}

#[test]
fn without_a_policy_every_pack_is_accepted() {
    let keys = Keys::new(&["acme"]);
    for by in [&[][..], &["acme"]] {
        let pack = keys.sign(pack_file("care", "1.0.0", "acme"), by);
        let report = TrustPolicy::default().check(&pack, now(), &[]);
        assert_eq!(report, Ok(TrustReport::default()));
    }
}

#[test]
fn what_is_wrong_with_a_policy_is_reported_at_once_with_its_place() {
    let keys = Keys::new(&["acme"]);
    let text = format!(
        "[key.acme]\npublic = {key}\npublisher = \"acme\"\npacks = [\"Care\"]\n\
         [key.copy]\npublic = {key}\n\
         [key.broken]\npublic = \"RWQ\"\n\
         [[rule]]\npacks = []\nany-of = [\"acmee\"]\nminimum = 3\n\
         [revoked]\n\"sha256:12\" = \"short\"\n\
         [least-version]\nCare = \"1.0.0\"\n",
        key = keys.public("acme")
    );
    let problems = TrustPolicy::parse(&text).expect_err("invalid");
    let lines: Vec<usize> = problems
        .iter()
        .filter_map(|problem| problem.line_column(&text))
        .map(|(line, _)| line)
        .collect();
    assert_eq!(lines, [4, 6, 8, 10, 11, 12, 14, 16], "{problems:#?}");
    assert!(
        problems
            .iter()
            .any(|one| one.message.contains("did you mean \"acme\""))
    );
}
