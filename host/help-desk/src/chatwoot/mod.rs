//! Chatwoot, from 4.11 on: its webhooks of an account are signed since then. The account of
//! Chatwoot is the account.
//!
//! Seen in the source of Chatwoot and its pages: the signature, the fields of deliveries, that
//! private notes are delivered too, that a message is delivered twice now and then, that the
//! messages between two numbers can be listed, that the list of labels is replaced, and that a message with a `source_id` is not sent to the
//! customer: the key is planted in `content_attributes`. *Assumptions*, to be compared with a
//! release of Chatwoot before one of Patchbay: that unknown content attributes are kept and
//! given back, that a message which was removed has the content attribute `deleted`, and that
//! Liquid placeholders in a message of the API are replaced.
//!
//! Chatwoot does not tell what changed in a message: every `message_updated` of a customer's
//! message is an edit, and intake takes one with the same text and files for a duplicate.
//!
//! Not supported: sending files, the token of an agent bot (most versions refuse it labels).

mod contact;
mod decision;
mod delivery;
mod media;
mod message;
mod outbound;
mod probe;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, Credential, DecisionReport, EncodeError,
    Exchange, InboundRequest, InboundWay, Item, MessageIds, Outbound, OutboundRequest, Outcome,
    Rejection, Reply, Response, Scheme, SecretRole, Secrets, Sending, Setting, VerifiedRequest,
    api_base,
};
use serde::Deserialize;

use crate::answer;
use crate::decision_rules::{self, DecisionRules, DecisionSettings};
use crate::help_desk::{HelpDesk, check_user, number};
use crate::label::LabelSource;

/// Code of the channel.
const CHANNEL: &str = "chatwoot";
/// Secret that signs deliveries.
const WEBHOOK_SECRET: &str = "webhook-secret";
/// Token of requests to the API.
const ACCESS_TOKEN: &str = "access-token";
/// Header with the token.
const TOKEN_HEADER: &str = "api_access_token";
/// Priorities of a conversation.
const PRIORITIES: [&str; 4] = ["low", "medium", "high", "urgent"];
/// Least priority of the host for each, if the settings do not say it.
const USUAL_PRIORITIES: [(&str, u8); 3] = [("urgent", 80), ("high", 60), ("medium", 30)];

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"1\"",
            "number of the account, as in the URL of its pages: `/app/accounts/1/…`",
        ),
        Setting::required(
            "user",
            "\"17\"",
            "number of the user whose token is used, one of its own: what this user writes is ignored",
        ),
        Setting::optional(
            "queues",
            "{ \"billing\": \"3\" }",
            "the number of the team for each queue that is to assign one",
        ),
        Setting::optional(
            "agents",
            "{ \"ana\": \"21\" }",
            "the number of the user for each agent who is to be assigned",
        ),
        decision_rules::LABELS,
        decision_rules::LABEL_PREFIX,
        decision_rules::priorities(
            "{ \"urgent\": 80, \"high\": 60, \"medium\": 30 }",
            "from which priority of the host on a conversation is `urgent`, `high`, `medium` or `low`; default: 80, 60 and 30, and below Chatwoot's priority stays",
        ),
        decision_rules::NOTES,
        Setting::optional(
            "api-base",
            "\"https://app.chatwoot.com\"",
            "URL of the installation; default: Chatwoot's own",
        ),
    ],
    secrets: &[
        SecretRole {
            name: WEBHOOK_SECRET,
            source: "the secret of the webhook: Settings, Integrations, Webhooks, the webhook. Neither the token of the API nor the HMAC token of an inbox",
            is_required: true,
        },
        SecretRole {
            name: ACCESS_TOKEN,
            source: "the access token of the user: Profile settings, at the end of the page",
            is_required: true,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: Scheme::Chatwoot.body_limit(),
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: true,
    files_within: false,
    sends_files: None,
    setup: &[
        "Add a user for Patchbay with the role agent, add it to each inbox whose conversations Patchbay decides about, and copy the user's access token; `user` is the user's number.",
        "Add a webhook with the URL {url} under Settings, Integrations, Webhooks, subscribe Message created and Message updated, and copy its secret.",
        "Create each label that a decision can set under Settings, Labels: Chatwoot shows no other.",
        "Set `queues` to the numbers of the teams, as in the URL of each team's page.",
    ],
    open: |config| Ok(Box::new(Chatwoot::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    account: String,
    user: String,
    #[serde(default)]
    queues: BTreeMap<String, String>,
    #[serde(default)]
    agents: BTreeMap<String, String>,
    labels: Option<Vec<LabelSource>>,
    #[serde(default)]
    label_prefix: String,
    priorities: Option<BTreeMap<String, u8>>,
    #[serde(default)]
    notes: bool,
    #[serde(default = "default_base")]
    api_base: String,
}

fn default_base() -> String {
    "https://app.chatwoot.com".to_owned()
}

/// The adapter with the settings and secrets of one account.
pub struct Chatwoot {
    desk: HelpDesk,
    webhook_secret: Secrets,
}

impl Chatwoot {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Chatwoot, ConfigError> {
        let settings: Settings = config.read_settings()?;
        if number(&settings.account).is_none() {
            return Err(ConfigError::settings(
                "`account` must be the number of the account, such as \"1\"",
            ));
        }
        check_user(&settings.user)?;
        let rules = DecisionRules::new(
            DecisionSettings {
                queues: settings.queues,
                agents: settings.agents,
                labels: settings.labels,
                label_prefix: settings.label_prefix,
                priorities: settings.priorities,
                notes: settings.notes,
            },
            &USUAL_PRIORITIES,
            |name| PRIORITIES.contains(&name),
            "one of low, medium, high and urgent",
        )?;
        let base = api_base(&settings.api_base)?;
        let webhook_secret = config.secrets.get(WEBHOOK_SECRET)?.clone();
        let credential = Credential::Header {
            name: TOKEN_HEADER,
            value: config.secrets.get(ACCESS_TOKEN)?.first().clone(),
        };
        Ok(Chatwoot {
            desk: HelpDesk {
                channel: CHANNEL,
                account: settings.account,
                user: settings.user,
                base,
                credential,
                ids: MessageIds::new(&config.company_key, CHANNEL),
                rules,
            },
            webhook_secret,
        })
    }

    /// Path of a conversation in the API.
    fn path(&self, conversation: &str) -> String {
        let account = &self.desk.account;
        format!("/api/v1/accounts/{account}/conversations/{conversation}")
    }
}

impl fmt::Debug for Chatwoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chatwoot")
            .field("account", &self.desk.account)
            .finish_non_exhaustive()
    }
}

impl Adapter for Chatwoot {
    fn serves(&self, account: &str) -> bool {
        self.desk.account == account
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::Chatwoot.verify(request, &self.webhook_secret, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        vec![delivery::decode(self, request.body())]
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        outbound::encode(self, reply).map(Outbound::requests)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        outbound::outcome(exchange)
    }

    fn encode_decision(
        &self,
        report: &DecisionReport<'_>,
    ) -> Result<Vec<OutboundRequest>, EncodeError> {
        decision::encode(self, report)
    }

    fn decision_outcome(&self, request: &OutboundRequest, exchange: &Exchange<'_>) -> Outcome {
        answer::of_decision(request, exchange)
    }

    fn media(&self, file: &MediaReference) -> Option<MediaRequest> {
        media::request(self, file)
    }

    fn media_location(
        &self,
        file: &MediaReference,
        answer: &Response<'_>,
    ) -> Result<ProviderQuery, MediaFailure> {
        media::location(self, file, answer)
    }

    fn probe(&self) -> Vec<Probe> {
        probe::questions(self)
    }

    fn probe_result(
        &self,
        _question: &Probe,
        exchange: &Exchange<'_>,
        _url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(self, exchange)
    }

    fn unprobed(&self) -> Vec<Finding> {
        probe::unprobed()
    }
}
