//! Changes the text of a trust policy; comments and order stay.

use jiff::Timestamp;
use thiserror::Error;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

use super::TrustPolicy;
use crate::signature::PublicKey;

/// Why a policy cannot be changed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EditError {
    /// The text is not TOML.
    #[error("the policy is not valid: {0}")]
    Syntax(String),
    /// There is no key of this name.
    #[error("the policy has no key {0:?}")]
    NoKey(String),
    /// There is a key of this name already.
    #[error("the policy has a key {0:?} already; choose another name")]
    Exists(String),
    /// The key is revoked or expired.
    #[error("the key {0:?} does not count any more; add the new one with `patchbay keys trust`")]
    Ended(String),
    /// A rule asks for the key in `all-of`.
    #[error(
        "a rule asks for a signature by {0:?} in all-of; decide there which key it asks for, and then rotate"
    )]
    Required(String),
}

/// A key that a policy is to trust.
#[derive(Clone, Debug)]
pub struct KeyToTrust {
    /// Its name in the policy.
    pub name: String,
    /// The key.
    pub public: PublicKey,
    /// Publisher that it speaks for.
    pub publisher: Option<String>,
    /// Names of packs it may sign; empty: every one.
    pub packs: Vec<String>,
    /// When its signatures stop to count.
    pub not_after: Option<Timestamp>,
}

/// The text of a policy.
#[derive(Clone, Debug)]
pub struct PolicyText(DocumentMut);

impl PolicyText {
    /// Reads a text; the empty one is a policy without keys.
    ///
    /// # Errors
    /// [`EditError::Syntax`].
    pub fn read(text: &str) -> Result<PolicyText, EditError> {
        let document = text.parse::<DocumentMut>();
        let document = document.map_err(|error| EditError::Syntax(error.message().to_owned()))?;
        Ok(PolicyText(document))
    }

    /// The text; read it with [`TrustPolicy::parse`] before it is written.
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    fn key(&mut self, name: &str) -> Result<&mut dyn TableLike, EditError> {
        let keys = self.0.get_mut("key").and_then(Item::as_table_like_mut);
        keys.and_then(|keys| keys.get_mut(name))
            .and_then(Item::as_table_like_mut)
            .ok_or_else(|| EditError::NoKey(name.to_owned()))
    }

    /// Adds a key.
    ///
    /// # Errors
    /// [`EditError::Exists`].
    pub fn add(&mut self, new: &KeyToTrust) -> Result<(), EditError> {
        let keys = self.0.entry("key").or_insert_with(|| {
            let mut keys = Table::new();
            keys.set_implicit(true);
            Item::Table(keys)
        });
        let Some(keys) = keys.as_table_like_mut() else {
            return Err(EditError::Syntax("`key` is no table".to_owned()));
        };
        if keys.contains_key(&new.name) {
            return Err(EditError::Exists(new.name.clone()));
        }
        let mut table = Table::new();
        table["public"] = value(new.public.to_base64());
        if let Some(publisher) = &new.publisher {
            table["publisher"] = value(publisher);
        }
        if !new.packs.is_empty() {
            table["packs"] = value(new.packs.iter().collect::<Array>());
        }
        if let Some(not_after) = new.not_after {
            table["not-after"] = value(not_after.to_string());
        }
        keys.insert(&new.name, Item::Table(table));
        Ok(())
    }

    /// Revokes a key.
    ///
    /// # Errors
    /// [`EditError::NoKey`].
    pub fn revoke(&mut self, name: &str, reason: &str) -> Result<(), EditError> {
        self.key(name)?.insert("revoked", value(reason));
        Ok(())
    }

    /// Lets a key expire, and adds one that may sign the same packs: for its publisher, by its
    /// names, and where rules count the old key.
    ///
    /// # Errors
    /// [`EditError::NoKey`], [`EditError::Exists`]; [`EditError::Ended`] for a key that does not
    /// count any more; [`EditError::Required`] where a rule asks for the old key.
    pub fn rotate(
        &mut self,
        old: &str,
        not_after: Timestamp,
        new: (&str, &PublicKey),
        now: Timestamp,
    ) -> Result<(), EditError> {
        let key = self.key(old)?;
        let time = key.get("not-after").and_then(Item::as_str);
        let is_expired = time
            .and_then(|time| time.parse::<Timestamp>().ok())
            .is_some_and(|time| time <= now);
        if is_expired || key.contains_key("revoked") {
            return Err(EditError::Ended(old.to_owned()));
        }
        let publisher = key.get("publisher").and_then(Item::as_str);
        let publisher = publisher.map(str::to_owned);
        let packs = key.get("packs").and_then(Item::as_array);
        let packs = packs.into_iter().flatten().filter_map(|one| one.as_str());
        let packs = packs.map(str::to_owned).collect();
        key.insert("not-after", value(not_after.to_string()));
        let (name, public) = (new.0.to_owned(), new.1.clone());
        self.add(&KeyToTrust {
            name,
            public,
            publisher,
            packs,
            not_after: None,
        })?;
        let rules = self.0.get_mut("rule");
        let rules = rules.and_then(Item::as_array_of_tables_mut);
        for rule in rules.into_iter().flat_map(|rules| rules.iter_mut()) {
            let names = |list: &Array| list.iter().any(|one| one.as_str() == Some(old));
            let all_of = rule.get("all-of").and_then(Item::as_array);
            if all_of.is_some_and(names) {
                return Err(EditError::Required(old.to_owned()));
            }
            let any_of = rule.get_mut("any-of").and_then(Item::as_array_mut);
            if let Some(list) = any_of.filter(|list| names(list)) {
                list.push(new.0);
            }
        }
        Ok(())
    }

    /// The policy that the text describes.
    ///
    /// # Errors
    /// The first problem, as a sentence.
    pub fn policy(&self) -> Result<TrustPolicy, String> {
        let text = self.text();
        TrustPolicy::parse(&text).map_err(|problems| {
            let first = problems.first();
            first.map_or_else(String::new, |problem| problem.after_name(&text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::generate;

    fn key(name: &str) -> KeyToTrust {
        let keys = generate(None, name).expect("keys");
        KeyToTrust {
            name: name.to_owned(),
            public: PublicKey::parse(&keys.public).expect("a key"),
            publisher: Some("acme".to_owned()),
            packs: vec!["care-*".to_owned()],
            not_after: None,
        }
    }

    #[test]
    fn a_key_is_added_rotated_and_revoked_and_comments_stay() {
        let rule = "# Whom we trust.\nunsigned = \"refuse\"\n[[rule]]\npacks = [\"*\"]\nany-of = [\"acme\"]\n";
        let mut text = PolicyText::read(rule).expect("TOML");
        text.add(&key("acme")).expect("added");
        assert_eq!(
            text.add(&key("acme")),
            Err(EditError::Exists("acme".to_owned()))
        );
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let (now, end) = (at("2027-01-01T00:00:00Z"), at("2027-12-31T00:00:00Z"));
        let next = key("acme-next").public;
        let rotated = text.rotate("acme", end, ("acme-next", &next), now);
        assert_eq!(rotated, Ok(()));
        let again = text.rotate("acme", end, ("third", &key("third").public), end);
        assert_eq!(again, Err(EditError::Ended("acme".to_owned())));
        text.revoke("acme", "laptop lost").expect("revoked");
        let written = text.text();
        assert!(
            written.starts_with("# Whom we trust.\nunsigned = \"refuse\"\n"),
            "{written}"
        );
        assert!(written.contains("[key.acme-next]\npublic = "), "{written}");
        assert!(
            written.contains("any-of = [\"acme\", \"acme-next\"]"),
            "{written}"
        );
        let policy = text.policy().expect("a policy");
        let next = policy.keys().find(|key| key.name == "acme-next");
        assert_eq!(next.expect("a key").packs, ["care-*"]);
        assert_eq!(policy.keys().count(), 2);
        let missing = text.revoke("acmee", "typo");
        assert_eq!(missing, Err(EditError::NoKey("acmee".to_owned())));
    }

    #[test]
    fn a_key_in_an_inline_table_is_revoked_too() {
        let public = key("acme").public.to_base64();
        for text in [
            format!("key.acme = {{ public = {public:?} }}\n"),
            format!("[key]\nacme = {{ public = {public:?} }}\n"),
        ] {
            let mut text = PolicyText::read(&text).expect("TOML");
            text.revoke("acme", "lost").expect("revoked");
            let policy = text.policy().expect("a policy");
            assert!(policy.keys().all(|key| key.revoked == Some("lost")));
        }
    }

    #[test]
    fn a_text_that_is_no_toml_is_not_changed() {
        assert!(matches!(
            PolicyText::read("key = "),
            Err(EditError::Syntax(_))
        ));
    }
}
