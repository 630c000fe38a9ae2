//! What an operator does with the connections of a channel.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use patchbay_access::Caller;
use patchbay_adapter::probe::{Finding, Verdict};
use patchbay_gateway::{ConnectionReport, ConnectionTest};
use patchbay_http::code_schema;
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::work_share::on_share;
use patchbay_model::channel::{adapter_target, connection_target};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::channels::targets_of;
use patchbay_http::descriptions;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RetriedConnection {
    /// Name of the connection; without it, all of the channel.
    connection: Option<String>,
}

/// What connections do after they are tried again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelRetryDocument {
    /// Name of the channel.
    channel: String,
    /// Whether one of them could not send. If so, one reply tries now whether it can.
    broken: bool,
    /// How many replies waited for a later attempt and are due now.
    released: u64,
    /// How many connections ask their provider now for new messages.
    polled: u64,
}

/// Try a channel now
///
/// After its access is renewed: a connection that asks its provider asks at once, and
/// replies that wait because the account cannot send, or for a later attempt, are due. One
/// of them tries whether the connection works, and the others follow when it does. No
/// attempt is counted.
#[utoipa::path(
    post,
    path = "/v1/companies/{company}/channels/{channel}/retry",
    operation_id = "retry_channel",
    tag = "operation",
    params(
        ("company" = String, Path, description = "Name of the company."),
        ("channel" = String, Path, description = "Name of the channel."),
        RetriedConnection,
    ),
    responses((status = 200, description = "The replies are due.", body = ChannelRetryDocument), descriptions::ActionErrors)
)]
pub(crate) async fn retry(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path((company, channel)): Path<(String, String)>,
    Query(which): Query<RetriedConnection>,
) -> Result<Json<ChannelRetryDocument>, Problem> {
    let host = Arc::clone(&app);
    let document = on_share(&app.shares.requests, move || {
        let targets = targets(&host, &company, &channel, which.connection.as_deref())?;
        let broken = is_broken(&host, &company, &targets);
        let about = json!({"channel": channel, "connection": which.connection});
        let entry = caller.entry("channel.retried", Some(&company), &about);
        let desk = host.desk()?;
        let released = desk.channels().release(&company, targets.clone(), entry)?;
        let polled = match &host.gateway {
            Some(gateway) => gateway.try_now(&company, &channel, which.connection.as_deref())?,
            None => 0,
        };
        if let Some(courier) = &host.courier {
            for target in &targets {
                courier.try_now(&company, target);
            }
        }
        Ok::<_, Problem>(ChannelRetryDocument {
            channel,
            broken,
            released,
            polled,
        })
    });
    Ok(Json(document.await??))
}

/// Names of the targets that send by a connection of a channel, or by any of it.
fn targets(
    app: &App,
    company: &str,
    channel: &str,
    name: Option<&str>,
) -> Result<Vec<String>, Problem> {
    let gateway = app.gateway.as_ref().ok_or(Problem::of(Kind::NoJournal))?;
    let reports = gateway.reports(company)?.into_iter();
    let is_meant = |report: &ConnectionReport| {
        report.channel == channel && name.is_none_or(|name| report.name == name)
    };
    let targets = reports.filter(is_meant).flat_map(|it| targets_of(&it));
    let targets: BTreeSet<String> = targets.collect();
    match targets.is_empty() {
        true => Err(Problem::of(Kind::UnknownConnection)),
        false => Ok(targets.into_iter().collect()),
    }
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
pub(crate) async fn test(
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
    let targets = [connection_target(&channel, &name), adapter_target(&channel)];
    let broken = is_broken(&app, &company, &targets);
    Ok(Json(ConnectionTestDocument {
        channel,
        name,
        works: ConnectionTest::works(&findings),
        broken,
        findings: findings.into_iter().map(FindingDocument::from).collect(),
    }))
}

/// Whether the replies to one of these targets wait because the account could not send.
fn is_broken(app: &App, company: &str, targets: &[String]) -> bool {
    let courier = app.courier.iter();
    let mut broken = courier.flat_map(|courier| courier.broken_targets());
    broken.any(|it| it.company == company && targets.contains(&it.target))
}
