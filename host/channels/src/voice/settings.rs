//! Settings in the company file.

use std::collections::BTreeSet;

use patchbay_adapter::ConfigError;
use patchbay_config::web_address::WebAddress;
use patchbay_model::language_tag;
use serde::Deserialize;

use super::caller;

/// Language of the texts and of the callers, where the settings name none.
const LANGUAGE: &str = "en-US";
/// Most characters of a text that callers hear.
const TEXT_CHARACTERS: usize = 1_000;
/// Most bytes of the name of a voice.
const VOICE_BYTES: usize = 64;

/// Settings as the company file has them.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Settings {
    /// SID of the Twilio account.
    pub(super) account_sid: String,
    /// Numbers of the company.
    pub(super) accounts: BTreeSet<String>,
    /// What a caller hears first.
    greeting: String,
    /// What a caller hears after speaking.
    confirmation: String,
    /// What a caller hears last.
    goodbye: String,
    /// Language of texts and callers.
    #[serde(default)]
    language: Option<String>,
    /// Voice of the texts.
    #[serde(default)]
    voice: Option<String>,
    /// URL to which Twilio reports how far a reply's call came.
    #[serde(default)]
    pub(super) status_callback: Option<String>,
    /// Base URL of the API; absent: the provider's.
    #[serde(default)]
    pub(super) api_base: Option<String>,
}

/// What callers hear.
pub(super) struct Texts {
    /// First.
    pub(super) greeting: String,
    /// After speaking.
    pub(super) confirmation: String,
    /// Last.
    pub(super) goodbye: String,
}

/// How texts are spoken and callers are understood.
pub(super) struct Speech {
    /// Language, in its usual spelling.
    pub(super) language: String,
    /// Voice; `None`: that of the language.
    pub(super) voice: Option<String>,
}

impl Settings {
    /// Checks the numbers and the URL for statuses.
    ///
    /// # Errors
    /// [`ConfigError::Settings`].
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.accounts.is_empty() || !self.accounts.iter().all(|it| caller::is_number(it)) {
            return Err(ConfigError::settings(
                "`accounts` must list numbers in international form, such as \"+351210000000\"",
            ));
        }
        let Some(url) = &self.status_callback else {
            return Ok(());
        };
        WebAddress::parse(url)
            .map_err(|error| ConfigError::settings(format!("`status-callback` {error}")))?;
        match url.contains(['?', '#']) {
            true => Err(ConfigError::settings(
                "`status-callback` must be the URL of this webhook, without a query",
            )),
            false => Ok(()),
        }
    }

    /// What callers hear.
    ///
    /// # Errors
    /// [`ConfigError::Settings`].
    pub(super) fn texts(&self) -> Result<Texts, ConfigError> {
        let text = |name: &str, text: &str| {
            let is_short = text.chars().count() <= TEXT_CHARACTERS;
            let is_plain = !text.chars().any(|c| c.is_control() && c != '\n');
            match !text.trim().is_empty() && is_short && is_plain {
                true => Ok(text.to_owned()),
                false => Err(ConfigError::settings(format!(
                    "`{name}` must be a text of 1 to {TEXT_CHARACTERS} characters"
                ))),
            }
        };
        Ok(Texts {
            greeting: text("greeting", &self.greeting)?,
            confirmation: text("confirmation", &self.confirmation)?,
            goodbye: text("goodbye", &self.goodbye)?,
        })
    }

    /// How texts are spoken and callers are understood.
    ///
    /// # Errors
    /// [`ConfigError::Settings`].
    pub(super) fn speech(&self) -> Result<Speech, ConfigError> {
        let language = self.language.as_deref().unwrap_or(LANGUAGE);
        let language = language_tag::normalize(language).ok_or_else(|| {
            ConfigError::settings("`language` must be a language tag, such as \"en-US\"")
        })?;
        let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let is_voice =
            |it: &String| (1..=VOICE_BYTES).contains(&it.len()) && it.bytes().all(is_sign);
        match self.voice.iter().all(is_voice) {
            true => Ok(Speech {
                language,
                voice: self.voice.clone(),
            }),
            false => Err(ConfigError::settings(
                "`voice` must be a voice of Twilio, such as \"Polly.Joanna-Neural\"",
            )),
        }
    }
}
