//! WhatsApp Cloud API: deliveries as case directories (`delivery.json` as Meta sends
//! it, `items.json` what it decodes to), replies, and the meaning of answers.

mod answers;
pub(crate) mod deliveries;
mod handshake;
mod replies;

use patchbay_channels::{AccountConfig, Adapter, CompanyKey, SecretStore, Secrets, adapter_kind};
use serde_json::{Map, Value, json};

pub(crate) const ACCOUNT: &str = "1122334455667";
const APP_SECRET: &str = "app-secret-of-the-test";

fn config(settings: Value) -> AccountConfig {
    let mut secrets = SecretStore::default();
    for (role, secret) in [
        ("app-secret", APP_SECRET),
        ("verify-token", "token of the handshake"),
        ("access-token", "hush"),
    ] {
        secrets.insert(role, Secrets::one(secret).expect("a secret"));
    }
    let settings: Map<String, Value> = settings.as_object().expect("an object").clone();
    AccountConfig {
        settings,
        secrets,
        company_key: CompanyKey::new([7; 32]),
    }
}

pub(crate) fn adapter() -> Box<dyn Adapter> {
    let kind = adapter_kind("whatsapp").expect("in the table");
    let settings = json!({"accounts": [ACCOUNT], "api-base": "https://graph.example/"});
    (kind.open)(&config(settings)).expect("valid settings")
}

#[test]
fn settings_and_secrets_are_checked_when_a_channel_starts() {
    let kind = adapter_kind("whatsapp").expect("in the table");
    let open = |settings: Value| match (kind.open)(&config(settings)) {
        Ok(adapter) => format!("{adapter:?}"),
        Err(error) => error.to_string(),
    };
    for (settings, part) in [
        (json!({}), "missing field `accounts`"),
        (json!({"accounts": []}), "`accounts` must list"),
        (json!({"accounts": ["1/../2"]}), "`accounts` must list"),
        (
            json!({"accounts": ["1"], "acounts": 1}),
            "unknown field `acounts`",
        ),
        (
            json!({"accounts": ["1"], "api-version": "v/1"}),
            "`api-version` must be",
        ),
        (
            json!({"accounts": ["1"], "api-base": "graph.example"}),
            "`api-base` is not a URL",
        ),
        (
            json!({"accounts": ["1"], "api-base": "https://a.example/?x"}),
            "must not have a query",
        ),
        (
            json!({"accounts": ["1"]}),
            "WhatsApp { accounts: {\"1\"}, .. }",
        ),
    ] {
        let shown = open(settings.clone());
        assert!(shown.contains(part), "{settings}: {shown}");
        assert!(!shown.contains("hush"), "{shown}");
    }
    for role in kind.secrets.iter().map(|role| role.name) {
        let mut config = config(json!({"accounts": ["1"]}));
        config.secrets = SecretStore::default();
        for other in kind
            .secrets
            .iter()
            .map(|role| role.name)
            .filter(|other| *other != role)
        {
            config
                .secrets
                .insert(other, Secrets::one("x").expect("a secret"));
        }
        let error = (kind.open)(&config).expect_err("a secret is missing");
        assert!(error.to_string().contains(role), "{error}");
    }
}
