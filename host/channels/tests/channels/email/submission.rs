//! The mail server of a connection.

use patchbay_adapter::{
    ConfigError, EncodeError, Outbound, OutboundMail, SecretError, SecretStore, Secrets,
};
use serde_json::{Value, json};

use super::{ACCOUNT, SIGNING_SECRET, SUBJECT};
use crate::exchange;

/// Settings with others beside them; null removes one.
fn settings(other: &Value) -> Value {
    let mut settings = (SUBJECT.settings)();
    for (key, value) in other.as_object().expect("an object") {
        settings[key] = value.clone();
    }
    let all = settings.as_object_mut().expect("an object");
    all.retain(|_, value| !value.is_null());
    settings
}

fn encode(other: &Value) -> Result<OutboundMail, EncodeError> {
    let config = SUBJECT.config(settings(other));
    let adapter = (SUBJECT.kind().open)(&config).expect("valid settings");
    let parts = adapter.encode(&exchange::reply(
        "email",
        ACCOUNT,
        "jo@example.org",
        "Hello",
    ))?;
    match <[Outbound; 1]>::try_from(parts) {
        Ok([Outbound::Mail(mail)]) => Ok(mail),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reply_goes_to_the_server_of_the_settings_with_its_login() {
    let mail = encode(&json!({})).expect("encoded");
    assert_eq!(
        mail.server.to_string(),
        "smtps://mail.northwind.example:465"
    );
    let credential = mail.credential.as_ref().expect("a login");
    assert_eq!(credential.user, "care");
    assert_eq!(credential.password.expose(), b"hush-hush");
    let shown = format!("{mail:?} {credential:?} {:?}", SUBJECT.open());
    for hidden in ["hush", "\"care\"", "jo@"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
    let without_login = json!({"submission-user": null, "submission": "smtp://mail.example:2587"});
    let mail = encode(&without_login).expect("encoded");
    assert_eq!(mail.server.to_string(), "smtp://mail.example:2587");
    assert!(mail.credential.is_none());
}

#[test]
fn a_connection_without_a_server_only_takes_mails() {
    let none = json!({"submission": null, "submission-user": null});
    let error = encode(&none).expect_err("no server");
    assert_eq!(error, EncodeError::NoMailServer);
    assert!(error.to_string().contains("set `submission`"), "{error}");
    let kind = SUBJECT.kind();
    for (other, can_send) in [(json!({}), true), (none, false)] {
        let settings = settings(&other);
        assert_eq!(
            kind.can_send(settings.as_object().expect("an object")),
            can_send
        );
    }
}

#[test]
fn a_password_is_needed_only_with_a_user() {
    let open = |other: &Value, signing: &str, password: Option<&str>| {
        let mut config = SUBJECT.config(settings(other));
        config.secrets = SecretStore::default();
        let roles = [
            ("signing-secret", Some(signing)),
            ("submission-password", password),
        ];
        for (role, secret) in roles {
            if let Some(secret) = secret {
                let secret = Secrets::one(secret).expect("a secret");
                config.secrets.insert(role, secret);
            }
        }
        match (SUBJECT.kind().open)(&config) {
            Ok(_) => None,
            Err(ConfigError::Secret { role, problem }) => Some((role, problem)),
            Err(other) => panic!("{other}"),
        }
    };
    let (user, no_user) = (json!({}), json!({"submission-user": null}));
    let missing = Some(("submission-password", SecretError::Missing));
    // Whatever the form of the other secret is.
    for signing in [SIGNING_SECRET, "unset", "whsec_!"] {
        assert_eq!(open(&user, signing, None), missing);
    }
    assert_eq!(open(&user, SIGNING_SECRET, Some("hush")), None);
    assert_eq!(open(&no_user, SIGNING_SECRET, None), None);
    let long = "x".repeat(1025);
    for password in [long.as_str(), "a\0b"] {
        let found = open(&user, SIGNING_SECRET, Some(password));
        let is_form = matches!(found, Some(("submission-password", SecretError::Form(_))));
        assert!(is_form, "{found:?}");
    }
}

#[test]
fn each_wrong_setting_of_the_server_has_its_error() {
    for (other, words) in [
        (
            json!({"submission": "mail.example"}),
            "`submission` begins with none of smtps://",
        ),
        (
            json!({"submission": "smtps://care:hush@mail.example"}),
            "`submission` has a user",
        ),
        (
            json!({"submission": "smtps://mail.example:0"}),
            "`submission` has a port",
        ),
        (
            json!({"submission": null}),
            "`submission-user` needs `submission`",
        ),
        (
            json!({"submission": "smtp-plain://10.0.0.2"}),
            "over TLS only",
        ),
        (
            json!({"submission-user": ""}),
            "`submission-user` must have",
        ),
        (
            json!({"submission-user": "a\r\nb"}),
            "`submission-user` must have",
        ),
    ] {
        let error = (SUBJECT.kind().open)(&SUBJECT.config(settings(&other)));
        let error = error.expect_err(words).to_string();
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
}
