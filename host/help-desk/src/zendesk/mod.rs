//! Zendesk Support, by webhooks that are subscribed to events of tickets. The subdomain is the
//! account.
//!
//! Seen in pages of Zendesk and in public integrations: the signature over time and body, the
//! events and their fields, that creating a ticket causes several of them, that `PUT …/tags` adds to the tags, that a comment is added by
//! updating its ticket, and the ids of comments in `audit.events`. *Assumptions*, to be
//! compared with the pages before a release: that `comment_added` comes for the first comment
//! of a ticket too, that its comment has the id that the audit has, that events do not return
//! the metadata of an update (the key is planted there for people who read the audit), that
//! placeholders in a comment of the API are replaced, and that an update with 409 wrote
//! nothing.
//!
//! `safe_update` is not used: it needs the time of the last change, and a request that is sent
//! again would have that of a state before its own tags. A decision sets group, assignee and
//! priority whatever was changed meanwhile.
//!
//! Not supported: webhooks that a trigger or automation sends, whose payload has no id of the
//! comment; files; what is redacted or made private later.

mod comment;
mod decision;
mod delivery;
mod outbound;
mod probe;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Adapter, AdapterKind, ConfigError, Credential, DecisionReport, EncodeError,
    Exchange, InboundRequest, InboundWay, Item, MessageIds, Outbound, OutboundRequest, Outcome,
    Rejection, Reply, Scheme, SecretRole, Secrets, Sending, Setting, VerifiedRequest, api_base,
};
use serde::Deserialize;

use crate::answer;
use crate::decision_rules::{self, DecisionRules, DecisionSettings};
use crate::help_desk::{HelpDesk, check_user};
use crate::label::LabelSource;

/// Code of the channel.
const CHANNEL: &str = "zendesk";
/// Secret that signs deliveries.
const SIGNING_SECRET: &str = "signing-secret";
/// Token of requests to the API.
const API_TOKEN: &str = "api-token";
/// Priorities of a ticket.
const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];
/// Least priority of the host for each, if the settings do not say it.
const USUAL_PRIORITIES: [(&str, u8); 3] = [("urgent", 80), ("high", 60), ("normal", 30)];
/// Longest label of a host name.
const SUBDOMAIN_BYTES: usize = 63;

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "account",
            "\"northwind\"",
            "the subdomain: `northwind` of `northwind.zendesk.com`",
        ),
        Setting::required(
            "user",
            "\"8447388090495\"",
            "number of the user whose token is used, one of its own: what this user writes is ignored",
        ),
        Setting::required(
            "login",
            "\"patchbay@northwind.example\"",
            "the mail address of this user, by which it logs in",
        ),
        Setting::optional(
            "queues",
            "{ \"billing\": \"360001234567\" }",
            "the number of the group for each queue that is to assign one",
        ),
        Setting::optional(
            "agents",
            "{ \"ana\": \"8447388090496\" }",
            "the number of the user for each agent who is to be assigned",
        ),
        decision_rules::LABELS,
        decision_rules::LABEL_PREFIX,
        decision_rules::priorities(
            "{ \"urgent\": 80, \"high\": 60, \"normal\": 30 }",
            "from which priority of the host on a ticket is `urgent`, `high`, `normal` or `low`; default: 80, 60 and 30, and below Zendesk's priority stays",
        ),
        decision_rules::NOTES,
        Setting::api_base("\"https://northwind.zendesk.com\""),
    ],
    secrets: &[
        SecretRole {
            name: SIGNING_SECRET,
            source: "the signing secret of the webhook: Admin Center, Apps and integrations, Webhooks, the webhook",
            is_required: true,
        },
        SecretRole {
            name: API_TOKEN,
            source: "an API token: Admin Center, Apps and integrations, APIs, API tokens",
            is_required: true,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: Scheme::Zendesk.body_limit(),
    sending: Sending::Always,
    reply_period: patchbay_adapter::reply_any_time,
    is_idempotent: false,
    takes_templates: false,
    takes_decisions: true,
    files_within: false,
    sends_files: None,
    setup: &[
        "Add an agent for Patchbay with access to the groups whose tickets Patchbay decides about; `user` is its number, as in the URL of its profile, and `login` its mail address.",
        "Create an API token in the Admin Center under Apps and integrations, APIs.",
        "Create a webhook there under Webhooks that is connected to Zendesk events, subscribe the ticket event Comment added, and enter {url} as endpoint with the method POST and the format JSON; copy its signing secret.",
        "Set `queues` to the numbers of the groups, as in the URL of each group's page.",
    ],
    open: |config| Ok(Box::new(Zendesk::open(config)?)),
};

/// Settings in the company file.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Settings {
    account: String,
    user: String,
    login: String,
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
    api_base: Option<String>,
}

/// The adapter with the settings and secrets of one subdomain.
pub struct Zendesk {
    desk: HelpDesk,
    signing_secret: Secrets,
}

impl Zendesk {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub fn open(config: &AccountConfig) -> Result<Zendesk, ConfigError> {
        let settings: Settings = config.read_settings()?;
        let account = settings.account;
        if !is_subdomain(&account) {
            return Err(ConfigError::settings(
                "`account` must be the subdomain alone in lower case, such as \"northwind\" for northwind.zendesk.com",
            ));
        }
        let is_part = |byte: u8| byte.is_ascii_graphic() && byte != b':';
        let login = settings.login;
        if !login.contains('@') || !login.bytes().all(is_part) {
            return Err(ConfigError::settings(
                "`login` must be the mail address of the user whose token is used",
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
            "one of low, normal, high and urgent",
        )?;
        let base = settings.api_base;
        let base = base.unwrap_or_else(|| format!("https://{account}.zendesk.com"));
        let base = api_base(&base)?;
        let signing_secret = config.secrets.get(SIGNING_SECRET)?.clone();
        let credential = Credential::Basic {
            user: format!("{login}/token"),
            password: config.secrets.get(API_TOKEN)?.first().clone(),
        };
        Ok(Zendesk {
            desk: HelpDesk {
                channel: CHANNEL,
                account,
                user: settings.user,
                base,
                credential,
                ids: MessageIds::new(&config.company_key, CHANNEL),
                rules,
            },
            signing_secret,
        })
    }
}

fn is_subdomain(text: &str) -> bool {
    let is_part = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=SUBDOMAIN_BYTES).contains(&text.len())
        && text.bytes().all(is_part)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

impl fmt::Debug for Zendesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zendesk")
            .field("account", &self.desk.account)
            .finish_non_exhaustive()
    }
}

impl Adapter for Zendesk {
    fn serves(&self, account: &str) -> bool {
        self.desk.account == account
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        Scheme::Zendesk.verify(request, &self.signing_secret, now)
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
