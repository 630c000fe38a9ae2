//! WhatsApp Cloud API. One webhook delivers the messages of all phone numbers of
//! a Meta app; the number's id is the account.
//!
//! Seen in the provider's pages or published tests: the forms of deliveries, the
//! signature, `recipient` for business-scoped user ids, the codes of errors.
//! *Assumptions*, to be compared with the provider's pages before a release: that
//! a reaction does not open the reply window, that a planted key may have 512
//! characters, that a batch has at most 3 MB, the version of the API.
//!
//! A file of a reply is stored at the provider first and then sent in a message of its own.
//! Templates with media, and groups as recipients of a first message, are not encoded.

mod content;
mod delivery;
mod echo;
mod error_code;
mod file;
mod media;
mod message;
mod outbound;
mod preference;
mod probe;
mod sender;
mod status;

pub(crate) use self::error_code::CODES;

use jiff::{SignedDuration, Timestamp};
use patchbay_adapter::media::{MediaFailure, MediaReference, MediaRequest, ProviderQuery};
use patchbay_adapter::probe::{Finding, Probe};
use patchbay_adapter::{
    AccountConfig, Acknowledgement, Adapter, AdapterKind, ConfigError, EncodeError, Exchange,
    FileRequest, InboundRequest, InboundWay, Item, MessageIds, Outbound, OutboundFile,
    OutboundRequest, Outcome, Rejection, Reply, Response, SecretRole, Sending, Setting,
    VerifiedRequest,
};

use crate::meta::{self, ACCESS_TOKEN, APP_SECRET, App, VERIFY_TOKEN};

/// Code of the channel.
const CHANNEL: &str = "whatsapp";
/// Time for free replies after the customer's last message.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// The adapter's row.
pub const KIND: AdapterKind = AdapterKind {
    name: CHANNEL,
    channels: &[CHANNEL],
    settings: &[
        Setting::required(
            "accounts",
            "[\"1122334455667\"]",
            "ids of the phone numbers (`phone_number_id`), as the WhatsApp Manager shows them. Deliveries of other numbers are counted",
        ),
        Setting::optional(
            "api-version",
            "\"v24.0\"",
            "version of the Graph API, `v24.0`",
        ),
        Setting::api_base("\"https://graph.facebook.com\""),
    ],
    secrets: &[
        SecretRole {
            name: APP_SECRET,
            source: "the app's secret: Meta for Developers, App settings, Basic",
            is_required: true,
        },
        SecretRole {
            name: VERIFY_TOKEN,
            source: "a random text of your own, which you also enter beside the webhook's URL",
            is_required: true,
        },
        SecretRole {
            name: ACCESS_TOKEN,
            source: "a token of a system user with the permission whatsapp_business_messaging",
            is_required: true,
        },
    ],
    has_provider: true,
    inbound: &[InboundWay::Webhook],
    signs_url: false,
    body_limit: patchbay_adapter::Scheme::Meta.body_limit(),
    sending: Sending::Always,
    reply_period: |_, _| Some(WINDOW),
    is_idempotent: false,
    takes_templates: true,
    takes_decisions: false,
    files_within: false,
    sends_files: Some(&file::RULES),
    setup: &[
        "Create a Meta app of the type Business and add the product WhatsApp to it.",
        "Give a system user the app and the WhatsApp account, and create a token with the permissions whatsapp_business_messaging and whatsapp_business_management.",
        "Under WhatsApp, Configuration, enter {url} as callback URL and the verify token beside it.",
        "Subscribe the fields messages, user_preferences and, where the number is also used in the phone app, smb_message_echoes.",
    ],
    open: |config| Ok(Box::new(WhatsApp::open(config)?)),
};

/// The adapter with the settings and secrets of one Meta app.
#[derive(Debug)]
pub struct WhatsApp {
    app: App,
    ids: MessageIds,
}

impl WhatsApp {
    /// Opens the adapter.
    ///
    /// # Errors
    /// A setting does not fit, or a secret is missing.
    pub fn open(config: &AccountConfig) -> Result<WhatsApp, ConfigError> {
        let what = "the ids of phone numbers, as the WhatsApp Manager shows them";
        Ok(WhatsApp {
            app: App::open(config, "https://graph.facebook.com", what)?,
            ids: MessageIds::new(&config.company_key, CHANNEL),
        })
    }
}

impl Adapter for WhatsApp {
    fn handshake(
        &self,
        request: &InboundRequest<'_>,
        _now: Timestamp,
    ) -> Result<Option<Acknowledgement>, Rejection> {
        self.app.handshake(request)
    }

    fn serves(&self, account: &str) -> bool {
        self.app.serves(account)
    }

    fn verify<'r>(
        &self,
        request: &'r InboundRequest<'r>,
        now: Timestamp,
    ) -> Result<VerifiedRequest<'r>, Rejection> {
        self.app.verify(request, now)
    }

    fn decode(&self, request: &VerifiedRequest<'_>) -> Vec<Item> {
        delivery::decode(self, request.body())
    }

    fn encode(&self, reply: &Reply<'_>) -> Result<Vec<Outbound>, EncodeError> {
        outbound::encode(self, reply)
    }

    fn encode_file(
        &self,
        reply: &Reply<'_>,
        part: &OutboundFile,
        content: &[u8],
    ) -> Result<FileRequest, EncodeError> {
        file::upload(self, reply, part, content).map(FileRequest::Upload)
    }

    fn upload_outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        file::upload_outcome(exchange)
    }

    fn encode_stored_file(
        &self,
        reply: &Reply<'_>,
        part: &OutboundFile,
        id: &str,
    ) -> Result<OutboundRequest, EncodeError> {
        outbound::encode_file(self, reply, part, id)
    }

    fn outcome(&self, exchange: &Exchange<'_>) -> Outcome {
        meta::outcome(exchange, &CODES, outbound::receipt)
    }

    fn media(&self, file: &MediaReference) -> Option<MediaRequest> {
        media::request(self, file)
    }

    fn media_location(
        &self,
        _file: &MediaReference,
        answer: &Response<'_>,
    ) -> Result<ProviderQuery, MediaFailure> {
        media::location(self, answer)
    }

    fn probe(&self) -> Vec<Probe> {
        probe::questions(self)
    }

    fn probe_result(
        &self,
        question: &Probe,
        exchange: &Exchange<'_>,
        url: Option<&str>,
    ) -> Vec<Finding> {
        probe::findings(question, exchange, url)
    }

    fn unprobed(&self) -> Vec<Finding> {
        probe::unprobed()
    }
}
