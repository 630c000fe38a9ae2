//! Connections to the providers of channels.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use patchbay_adapter::InboundWay;
use patchbay_adapter::poll::PollFailureKind;
use patchbay_gateway::{ConnectionReport, DeliveryResult, PollActivity, PollState};
use patchbay_http::code_schema;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::work_share::on_share;
use patchbay_model::channel::{adapter_target, connection_target};
use patchbay_service::app::App;
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use patchbay_http::descriptions;

/// The connections of a company.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionList {
    /// Sorted by channel and name.
    connections: Vec<ConnectionDocument>,
}

/// A connection to the provider of a channel. Counts are those since the server
/// started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionDocument {
    /// Name of the channel.
    channel: &'static str,
    /// Name of the connection.
    name: String,
    /// Whether the server accepts its requests.
    open: bool,
    /// Why it is not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// How messages reach it: `webhook`; `lmtp` from the company's mail server; or `imap`,
    /// where the server reads a mailbox.
    inbound: &'static str,
    /// How reading goes, if the server must ask the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    poll: Option<PollDocument>,
    /// Its accounts that no mail reaches, because `[lmtp.companies]` of the server's
    /// settings gives them to no company or to another.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unreached_accounts: Vec<String>,
    /// Path of its webhook on this server; absent without a webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// URL to register with the provider; absent without a webhook, and while the
    /// company file has no `public-url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// When the provider last sent an authentic request.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_delivery: Option<Timestamp>,
    /// When the last request that was not authentic came.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_rejection: Option<Timestamp>,
    /// Requests by result: `accepted`, `handshake`, `rejected`, `quarantined`, `busy`.
    requests: BTreeMap<&'static str, u64>,
    /// Rejected requests by reason.
    rejections: BTreeMap<&'static str, u64>,
    /// Events without an interaction, by the provider's name.
    events: BTreeMap<String, u64>,
    /// Since when the account cannot send; absent while it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_since: Option<Timestamp>,
    /// Why the account cannot send.
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_by: Option<String>,
}

/// How reading from a provider goes that the server must ask. Counts are those since the
/// server started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PollDocument {
    #[schema(value_type = PollActivityCode, inline)]
    activity: &'static str,
    /// When the server last had read everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_complete: Option<Timestamp>,
    /// Since when reading fails; absent while it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<Timestamp>,
    #[schema(value_type = Option<PollFailureCode>, inline)]
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
    /// Why it fails, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// When the server tries again.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt: Option<Timestamp>,
    /// Attempts that failed.
    failures: u64,
    /// Items that the provider does not deliver, and that were passed over; the quarantine
    /// lists them.
    passed_over: u64,
}

impl From<PollState> for PollDocument {
    fn from(state: PollState) -> PollDocument {
        PollDocument {
            activity: state.activity.as_str(),
            last_complete: state.last_complete,
            failing_since: state.failing_since,
            failure: state.failure.map(PollFailureKind::as_str),
            problem: state.problem,
            next_attempt: state.next_attempt,
            failures: state.failures,
            passed_over: state.passed_over,
        }
    }
}

/// Describes [`PollActivity`] in the API.
struct PollActivityCode;

impl PartialSchema for PollActivityCode {
    fn schema() -> RefOr<Schema> {
        let all = PollActivity::ALL.into_iter().map(|it| {
            let what = match it {
                PollActivity::Starting => "It has not begun.",
                PollActivity::Reading => "It reads.",
                PollActivity::Waiting => "Everything is read; it waits for more.",
                PollActivity::Failing => "It failed, and waits for the next attempt.",
                PollActivity::NoPlace => "As many connections ask their providers as may.",
            };
            (it.as_str(), what)
        });
        code_schema::codes("What the server does.", all)
    }
}

impl ToSchema for PollActivityCode {}

/// Describes [`PollFailureKind`] in the API.
struct PollFailureCode;

impl PartialSchema for PollFailureCode {
    fn schema() -> RefOr<Schema> {
        let all = PollFailureKind::ALL.into_iter().map(|it| {
            let what = match it {
                PollFailureKind::Unavailable => "The provider does not answer, or fails.",
                PollFailureKind::Limited => "The provider asks to wait.",
                PollFailureKind::Unauthorised => "The provider does not accept the login.",
                PollFailureKind::NotFound => "What the settings name is not there.",
                PollFailureKind::HostBusy => "The host has no room, or drains.",
            };
            (it.as_str(), what)
        });
        code_schema::codes("Why it fails.", all)
    }
}

impl ToSchema for PollFailureCode {}

/// List the connections of a company
///
/// What each connection received since the server started, and whether it is open.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/channels",
    operation_id = "channels",
    tag = "operation",
    params(("company" = String, Path, description = "Name of the company.")),
    responses((status = 200, description = "The connections.", body = ConnectionList), descriptions::ReadErrors)
)]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
) -> Result<Json<ConnectionList>, Problem> {
    let host = Arc::clone(&app);
    let connections = on_share(&app.shares.requests, move || {
        let gateway = host.gateway.as_ref().ok_or(Problem::of(Kind::NoJournal))?;
        let reports = gateway.reports(&company)?;
        let broken = host
            .courier
            .iter()
            .flat_map(|courier| courier.broken_targets());
        let broken: Vec<_> = broken.filter(|target| target.company == company).collect();
        let documents = reports.into_iter().map(|report| {
            let targets = targets_of(&report);
            let broken = broken.iter().find(|it| targets.contains(&it.target));
            let revoked = report.state.access_revoked;
            ConnectionDocument {
                unreached_accounts: unreached_accounts(&host, &company, &report),
                broken_since: broken.map(|broken| broken.since).or(revoked),
                broken_by: match (broken, revoked) {
                    (Some(broken), _) => Some(broken.problem.clone()),
                    (None, Some(_)) => Some("the provider took the access back".to_owned()),
                    (None, None) => None,
                },
                ..document(report)
            }
        });
        Ok::<_, Problem>(documents.collect())
    })
    .await??;
    Ok(Json(ConnectionList { connections }))
}

/// Accounts of a connection to which mail servers cannot deliver.
fn unreached_accounts(app: &App, company: &str, report: &ConnectionReport) -> Vec<String> {
    if report.inbound != InboundWay::Lmtp {
        return Vec::new();
    }
    let settings = app.settings.lmtp.as_ref();
    let is_reached = |account: &&String| {
        settings.and_then(|settings| settings.company_of(account)) == Some(company)
    };
    let accounts = report.accounts.iter();
    accounts.filter(|it| !is_reached(it)).cloned().collect()
}

/// Names of the targets that send by a connection.
pub(crate) fn targets_of(report: &ConnectionReport) -> [String; 2] {
    [
        connection_target(report.channel, &report.name),
        adapter_target(report.channel),
    ]
}

fn document(report: ConnectionReport) -> ConnectionDocument {
    let state = report.state;
    let results = state.results.into_iter();
    ConnectionDocument {
        channel: report.channel,
        name: report.name,
        open: report.problem.is_none(),
        problem: report.problem,
        inbound: report.inbound.as_str(),
        poll: report.poll.map(PollDocument::from),
        unreached_accounts: Vec::new(),
        path: report.path,
        url: report.url,
        last_delivery: state.last_delivery,
        last_rejection: state.last_rejection,
        requests: results
            .map(|(result, count): (DeliveryResult, u64)| (result.as_str(), count))
            .collect(),
        rejections: state.rejections,
        events: state.events,
        broken_since: None,
        broken_by: None,
    }
}
