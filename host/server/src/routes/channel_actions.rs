//! What an operator does with the connections of a channel.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use patchbay_access::Caller;
use patchbay_channels::{Finding, Verdict};
use patchbay_gateway::ConnectionTest;
use patchbay_http::code_schema;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::work_share::on_share;
use patchbay_model::channel::connection_target;
use serde::Serialize;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use crate::app::App;
use crate::descriptions;

/// What a channel does after it is tried again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelRetryDocument {
    /// Name of the channel.
    channel: String,
    /// Whether it could not send. If so, one reply tries now whether it can.
    broken: bool,
    /// How many replies waited for a later attempt and are due now.
    released: u64,
}

/// Try a channel now
///
/// After its access is renewed: replies that wait because the account cannot send, or
/// for a later attempt, are due at once. One of them tries whether the channel works, and
/// the others follow when it does. No attempt is counted.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/channels/{channel}/retry",
    operation_id = "retry_channel",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("channel" = String, Path, description = "Name of the channel."),
    ),
    responses((status = 200, description = "The replies are due.", body = ChannelRetryDocument), descriptions::ActionErrors)
)]
pub(super) async fn retry(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, channel)): Path<(String, String)>,
) -> Result<Json<ChannelRetryDocument>, Problem> {
    let host = Arc::clone(&app);
    let document = on_share(&app.shares.requests, move || {
        let gateway = host.gateway.as_ref().ok_or(Problem::of(Kind::NoJournal))?;
        let reports = gateway.reports(&company)?;
        if !reports.iter().any(|report| report.channel == channel) {
            return Err(Problem::of(Kind::UnknownConnection));
        }
        let target = connection_target(&channel);
        let broken = is_broken(&host, &company, &channel);
        let about = json!({"channel": channel});
        let entry = caller.entry("channel.retried", Some(&company), &about);
        let released = host.desk()?.channels().release(&company, &channel, entry)?;
        if let Some(courier) = &host.courier {
            courier.try_now(&company, &target);
        }
        Ok::<_, Problem>(ChannelRetryDocument {
            channel,
            broken,
            released,
        })
    });
    Ok(Json(document.await??))
}

/// What a test of a connection shows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectionTestDocument {
    /// Name of the channel.
    channel: String,
    /// Name of the connection.
    name: String,
    /// Whether nothing is wrong.
    works: bool,
    /// Whether replies wait because the account could not send. If the connection works,
    /// `retry_channel` sends them.
    broken: bool,
    /// What the provider's answers show.
    findings: Vec<FindingDocument>,
}

/// What an answer of a provider shows, in the words of this server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingDocument {
    #[schema(value_type = VerdictCode, inline)]
    verdict: &'static str,
    /// What it is about: `token`, `account`, `webhook-url`.
    code: &'static str,
    /// In words, with what to do.
    text: String,
}

/// Describes [`Verdict`] in the API.
struct VerdictCode;

impl PartialSchema for VerdictCode {
    fn schema() -> RefOr<Schema> {
        let all = Verdict::ALL.into_iter().map(|it| {
            let what = match it {
                Verdict::Right => "This works.",
                Verdict::Wrong => "This does not work.",
                Verdict::Advice => "It works, and could do more.",
                Verdict::Unchecked => "The provider cannot be asked.",
            };
            (it.as_str(), what)
        });
        code_schema::codes("What it says of the connection.", all)
    }
}

impl ToSchema for VerdictCode {}

impl From<Finding> for FindingDocument {
    fn from(finding: Finding) -> FindingDocument {
        FindingDocument {
            verdict: finding.verdict.as_str(),
            code: finding.code,
            text: finding.text,
        }
    }
}

/// Test a connection
///
/// Asks the provider whether the token works and whose it is, and where its deliveries
/// go. Nothing is changed, and no customer gets anything. One test of a connection runs at
/// a time, at most every 5 seconds; it ends within half a minute.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/channels/{channel}/{connection}/test",
    operation_id = "test_connection",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("channel" = String, Path, description = "Name of the channel."),
        ("connection" = String, Path, description = "Name of the connection."),
    ),
    responses((status = 200, description = "What the provider answered.", body = ConnectionTestDocument), descriptions::ActionErrors)
)]
pub(super) async fn test(
    State(app): State<Arc<App>>,
    Path((company, channel, name)): Path<(String, String, String)>,
) -> Result<Json<ConnectionTestDocument>, Problem> {
    let no_journal = || Problem::of(Kind::NoJournal);
    let gateway = app.gateway.as_ref().ok_or_else(no_journal)?;
    let egress = app.egress.as_ref().ok_or_else(no_journal)?;
    let tested = gateway.test(&company, (&channel, &name), egress).await?;
    let findings = match tested {
        ConnectionTest::Done(findings) => findings,
        ConnectionTest::UnknownConnection => return Err(Problem::of(Kind::UnknownConnection)),
        ConnectionTest::Busy { retry_after } => {
            let detail = "this connection is tested now, or was a moment ago; test it again later";
            let problem = Problem::of(Kind::TooMany).detail(detail);
            return Err(problem.retry_after(retry_after));
        }
    };
    let broken = is_broken(&app, &company, &channel);
    Ok(Json(ConnectionTestDocument {
        channel,
        name,
        works: ConnectionTest::works(&findings),
        broken,
        findings: findings.into_iter().map(FindingDocument::from).collect(),
    }))
}

/// Whether the replies of a channel wait because its account could not send.
fn is_broken(app: &App, company: &str, channel: &str) -> bool {
    let target = connection_target(channel);
    let courier = app.courier.iter();
    let mut broken = courier.flat_map(|courier| courier.broken_targets());
    broken.any(|it| it.company == company && it.target == target)
}
