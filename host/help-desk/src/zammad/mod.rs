//! Zammad, by webhooks of its triggers. A delivery does not name the Zammad: the setting
//! `account` is the company's name for it.
//!
//! Seen in the documentation of Zammad and in its published payload: the signature, the fields
//! of ticket and article, the requests of the API, and that adding a tag leaves the others.
//! *Assumptions*, to be compared with the documentation before a release: that adding a tag
//! again changes nothing, that `preferences` of an article can be set and are delivered, that
//! `is-auto-response` in them marks automatic mails, that an article of the type `email` is
//! sent to its `to`, `sms` to the number in `to`, and those of Telegram and WhatsApp to the
//! chat of the ticket.
//!
//! A trigger can be started by what Patchbay writes: the delivery then has an article of the
//! user of the token, which is ignored, none at all, or one that came before, a duplicate.
//!
//! The customer's address tells how a reply reaches them: a mail address, a telephone number,
//! or the network and the number of the customer (`telegram:8`).
//!
//! Not supported: replies to posts on Facebook and X, which need more than the ticket; sending
//! files; changes of an article from public to internal.

mod article;
mod decision;
mod delivery;
mod outbound;
mod probe;
mod writer;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::media::{MediaReference, MediaRequest};
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, Credential, DecisionReport, EncodeError,
    Exchange, InboundRequest, InboundWay, Item, MessageIds, Outbound, OutboundRequest, Outcome,
    Rejection, Reply, Scheme, Secret, SecretError, SecretRole, Secrets, Sending, Setting,
    VerifiedRequest, api_base,
};
use patchbay_model::input::is_code;
use serde::Deserialize;

use crate::answer;
use crate::decision_rules::{self, DecisionRules, DecisionSettings};
use crate::help_desk::{HelpDesk, check_user, number};
use crate::label::LabelSource;

/// Code of the channel.
const CHANNEL: &str = "zammad";
/// Secret that signs deliveries.
const SIGNATURE_TOKEN: &str = "signature-token";
/// Token of requests to the API.
const ACCESS_TOKEN: &str = "access-token";
/// Most bytes of a delivery: mails in HTML are long.
const BODY_BYTES: usize = 4 << 20;
/// Numbers of the priorities of a new Zammad, with the least priority of the host for each:
/// `3 high` and `2 normal`.
const USUAL_PRIORITIES: [(&str, u8); 2] = [("3", 60), ("2", 30)];

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"northwind\"",
            "your name for the Zammad: a delivery does not name it",
        ),
        Setting::required(
            "api-base",
            "\"https://support.northwind.example\"",
            "URL of the Zammad",
        ),
        Setting::required(
            "user",
            "\"17\"",
            "number of the user whose token is used, one of its own: what this user writes is ignored",
        ),
        Setting::optional(
            "queues",
            "{ \"billing\": \"3\" }",
            "the number of the group for each queue that is to move a ticket to one",
        ),
        Setting::optional(
            "agents",
            "{ \"ana\": \"21\" }",
            "the number of the user for each agent who is to own a ticket",
        ),
        decision_rules::LABELS,
        decision_rules::LABEL_PREFIX,
        decision_rules::priorities(
            "{ \"3\": 60, \"2\": 30 }",
            "from which priority of the host on a ticket has the priority of this number; default: `3` (high) from 60 and `2` (normal) from 30, and below Zammad's priority stays",
        ),
        decision_rules::NOTES,
    ],
    secrets: &[
        SecretRole {
            name: SIGNATURE_TOKEN,
            source: "the HMAC SHA1 signature token of the webhook, a text of your own: Manage, Webhook, the webhook",
            is_required: true,
        },
        SecretRole {
            name: ACCESS_TOKEN,
            source: "an access token of the user with the permission ticket.agent: Profile, Token access",
            is_required: true,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: BODY_BYTES,
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: true,
    files_within: false,
    sends_files: None,
    setup: &[
        "Add a user for Patchbay with the role Agent and the rights read, change and create in each group whose tickets Patchbay decides about, and create an access token with the permission ticket.agent as this user; `user` is the user's number.",
        "Add a webhook with the URL {url} and a signature token of your own under Manage, Webhook, and leave its payload as it is.",
        "Add a trigger for the action Created or Updated with the condition that the article's action is created and its sender is Customer or Agent, which notifies by this webhook.",
        "Set `queues` to the numbers of the groups, as GET /api/v1/groups lists them.",
    ],
    open: |config| Ok(Box::new(Zammad::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    account: String,
    api_base: String,
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
}

/// The adapter with the settings and secrets of one Zammad.
pub struct Zammad {
    desk: HelpDesk,
    signature_token: Secrets,
}

impl Zammad {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Zammad, ConfigError> {
        let settings: Settings = config.read_settings()?;
        if !is_code(&settings.account) {
            return Err(ConfigError::settings(
                "`account` must be a name of lower-case letters, digits, hyphens and dots, such as \"northwind\"",
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
            |name| number(name).is_some(),
            "the number of a priority of Zammad",
        )?;
        let base = api_base(&settings.api_base)?;
        let signature_token = config.secrets.get(SIGNATURE_TOKEN)?.clone();
        let token = config.secrets.get(ACCESS_TOKEN)?.first();
        let credential = Credential::Header {
            name: "authorization",
            value: authorization(token)?,
        };
        Ok(Zammad {
            desk: HelpDesk {
                channel: CHANNEL,
                account: settings.account,
                user: settings.user,
                base,
                credential,
                ids: MessageIds::new(&config.company_key, CHANNEL),
                rules,
            },
            signature_token,
        })
    }
}

/// The value of the header with the token.
fn authorization(token: &Secret) -> Result<Secret, ConfigError> {
    if !token.expose().iter().all(u8::is_ascii_graphic) {
        return Err(ConfigError::Secret {
            role: ACCESS_TOKEN,
            problem: SecretError::Form("must have visible ASCII characters only"),
        });
    }
    let value = [b"Token token=", token.expose()].concat();
    Secret::new(value).map_err(|problem| ConfigError::Secret {
        role: ACCESS_TOKEN,
        problem,
    })
}

impl fmt::Debug for Zammad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zammad")
            .field("account", &self.desk.account)
            .finish_non_exhaustive()
    }
}

impl Adapter for Zammad {
    fn serves(&self, account: &str) -> bool {
        self.desk.account == account
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::Zammad.verify_up_to(BODY_BYTES, request, &self.signature_token, now)
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
        article::file_request(self, file)
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
