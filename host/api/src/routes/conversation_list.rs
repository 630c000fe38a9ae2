//! Lists of conversations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use patchbay_access::Caller;
use patchbay_config::name_suggestion;
use patchbay_desk::{Desk, ListRequest, SearchReport};
use patchbay_http::problem::{Kind, Problem};
use patchbay_http::request_fields::{page_limit, parse_code, parse_codes};
use patchbay_journal::{ContactId, ConversationId};
use patchbay_model::access::Role;
use patchbay_model::conversation_state::ConversationState;
use patchbay_records::conversation_list::{
    ClockWarning, Cursor, ListFilter, ListOrder, ListedConversation,
};
use patchbay_service::app::App;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::actions::actor;
use super::contacts::contact_id;
use super::conversation_summary::{ConversationSummary, PersonalView};
use patchbay_http::descriptions;

/// Most conversations of a page.
const PAGE: usize = 100;
/// Most channels of a company that are gone through for one that the host does not know.
const CHANNELS: usize = 1_000;
/// Agents compared to suggest one for a misspelled id.
const AGENTS: usize = 10_000;

/// A page of conversations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenConversations)]
pub(crate) struct ConversationList {
    /// At most `limit`, in the order of `sort`; resolved ones follow, newest first. A page
    /// of resolved ones may have fewer although more pages follow.
    conversations: Vec<ConversationSummary>,
    /// Value of `after` for the next page; absent on the last page. Conversations that do
    /// not change meanwhile are neither skipped nor repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Counts, of the same moment as the conversations.
    counts: ConversationCounts,
}

/// How many conversations match a list's filter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConversationCounts {
    /// Those that match the whole filter. Absent where resolved ones are listed that match
    /// more than `contact` and `state`: those are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    matching: Option<usize>,
    /// Those that match the filter without `state`, by state; a state that is absent has
    /// none. `resolved` is counted only where `state` lists it, and as `matching` says.
    by_state: BTreeMap<&'static str, usize>,
    /// Those that match the filter without `state` and `clock`, are not resolved, and have a
    /// running clock that is at risk.
    at_risk: usize,
    /// Those that match the filter without `state` and `clock`, are not resolved, and have a
    /// missed clock.
    missed: usize,
}

#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// `next` of the previous page, with the same filter and `sort`.
    #[param(
        pattern = "^([0-9a-f]{32}|[a-z]{3,8}-[0-9a-f]{16}-[0-9a-f]{16}-[0-9a-f]{32}|resolved-[0-9a-f]{16}-[0-9a-f]{16})$"
    )]
    after: Option<String>,
    /// States, separated by commas. Default: all but `resolved`.
    state: Option<String>,
    /// Only conversations that wait in this queue or came from it.
    queue: Option<String>,
    /// Only conversations that this agent owns; of resolved ones, those that the agent
    /// replied to last.
    owner: Option<String>,
    /// Only conversations that this agent owns or is offered; of resolved ones, those that
    /// the agent replied to last.
    agent: Option<String>,
    /// Only conversations of this channel: one that the host knows, that the company file has
    /// a table for, or that something stored came from.
    channel: Option<String>,
    /// Only conversations with this tag.
    tag: Option<String>,
    /// Only conversations of this incident, by its subject.
    incident: Option<String>,
    /// Only conversations of which an SLA clock says one of these now, separated by commas:
    /// `at-risk` (it runs, and its at-risk share is used up) or `missed` (also where it was
    /// stopped since). Default: all.
    clock: Option<String>,
    /// Only conversations of the person behind this contact.
    contact: Option<String>,
    /// Order of the conversations that are not resolved; equal ones follow their ids.
    /// `id`; `deadline`: the nearest `due_at` first; `age`: the oldest first; `priority`:
    /// the most urgent first, and of these the oldest; `activity`: the newest message
    /// first. Default `id`.
    #[param(value_type = Option<SortField>, inline)]
    sort: Option<String>,
    /// Id of the agent or supervisor who lists them, for `seen`, `unread` and `viewers`.
    /// Default: whom the token names; absent without tokens: none of these fields.
    by: Option<String>,
    /// Most conversations of the page. Default 100.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    limit: Option<String>,
}

/// Order of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code, reason = "describes a parameter")]
pub(crate) enum SortField {
    Id,
    Deadline,
    Age,
    Priority,
    Activity,
}

/// List conversations
///
/// Those that are not resolved, unless `state` says otherwise. An agent sees what is on
/// offer to themselves only.
#[utoipa::path(
    get,
    path = "/v1/companies/{company}/conversations",
    operation_id = "conversations",
    tag = "conversations",
    params(("company" = String, Path, description = "Name of the company."), ListQuery),
    responses((status = 200, description = "A page of conversations.", body = ConversationList), descriptions::ReadErrors)
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Path(company): Path<String>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ListQuery>,
) -> Result<Json<ConversationList>, Problem> {
    let standing = caller.standing();
    // They may not read messages either.
    let with_words = standing.is_none_or(|standing| standing.role != Role::Integrator);
    let request = request(&query, with_words)?;
    let state = Arc::clone(&app);
    app.read(move |desk| {
        let (page, _) = list_page((&state, desk), &company, (query, request), &caller)?;
        Ok(Json(page))
    })
    .await
}

/// A page of a list, and how its search went, if it has one.
pub(super) fn list_page(
    (app, desk): (&App, &Desk),
    company: &str,
    (query, mut request): (ListQuery, ListRequest),
    caller: &Caller,
) -> Result<(ConversationList, Option<SearchReport>), Problem> {
    let person = person(caller, query.by.clone())?;
    check_queue(desk, company, query.queue.as_deref())?;
    check_channel(desk, company, "channel", query.channel.as_deref())?;
    check_agent(desk, company, "owner", query.owner.as_deref())?;
    check_agent(desk, company, "agent", query.agent.as_deref())?;
    request.filter.offered = offered(desk, company, query.agent.as_deref(), caller)?;
    let lists_resolved = request.filter.has_state(ConversationState::Resolved);
    let page = desk.conversations().list(company, request);
    let page = page.map_err(|error| match Problem::from(error) {
        problem if problem.is(Kind::UnknownContact) => problem.field("contact"),
        problem => problem,
    })?;
    let now = desk.now();
    let rows: Vec<&ListedConversation> = page.conversations.iter().map(|(row, _)| &**row).collect();
    let personal = personal_views((app, desk), company, person.as_deref(), &rows)?;
    let is_counted = !lists_resolved || page.counts_resolved;
    let by_state = page.counts.by_state.iter();
    let list = ConversationList {
        next: page.next.map(|next| next.to_string()),
        counts: ConversationCounts {
            matching: is_counted.then_some(page.counts.matching),
            by_state: by_state.map(|(state, n)| (state.as_str(), *n)).collect(),
            at_risk: page.counts.at_risk,
            missed: page.counts.missed,
        },
        conversations: page
            .conversations
            .into_iter()
            .zip(personal)
            .map(|((row, preview), personal)| {
                ConversationSummary::new(&row, preview, now).for_person(personal)
            })
            .collect(),
    };
    Ok((list, page.search))
}

/// The agent or supervisor for whom a list is; none for callers of other roles.
fn person(caller: &Caller, by: Option<String>) -> Result<Option<String>, Problem> {
    let is_person = match caller.standing().map(|standing| standing.role) {
        None => by.is_some(),
        Some(Role::Agent | Role::Supervisor | Role::Operator) => true,
        Some(Role::Integrator | Role::Auditor) => by.is_some(),
    };
    match is_person {
        true => Ok(Some(actor(caller, by, None)?.id)),
        false => Ok(None),
    }
}

/// What conversations are to a person, in their order.
fn personal_views(
    (app, desk): (&App, &Desk),
    company: &str,
    person: Option<&str>,
    rows: &[&ListedConversation],
) -> Result<Vec<Option<PersonalView>>, Problem> {
    let Some(person) = person else {
        return Ok(rows.iter().map(|_| None).collect());
    };
    let (id, now) = (desk.company(company)?, desk.now());
    let ids: Vec<ConversationId> = rows.iter().map(|row| row.id).collect();
    let marks = desk.journal().seen_marks(id, person, &ids)?;
    let rows = rows.iter().zip(marks);
    let views = rows.map(|(row, mark)| {
        let viewers = app.viewers.of(id, row.id, now);
        Some(PersonalView {
            seen: mark,
            is_unread: row.is_unread(mark),
            viewers,
        })
    });
    Ok(views.collect())
}

pub(super) fn request(query: &ListQuery, with_words: bool) -> Result<ListRequest, Problem> {
    let order = parse_code(
        "sort",
        query.sort.as_deref(),
        &ListOrder::ALL,
        ListOrder::as_str,
    )?;
    let order = order.unwrap_or_default();
    let after = query.after.as_deref().map(|it| Cursor::parse(it, order));
    let after = after.transpose();
    let contact: Option<ContactId> = match &query.contact {
        None => None,
        Some(id) => Some(contact_id(id).map_err(|problem| problem.field("contact"))?),
    };
    let clocks = parse_codes(
        "clock",
        query.clock.as_deref(),
        &ClockWarning::ALL,
        ClockWarning::as_str,
    )?;
    Ok(ListRequest {
        filter: ListFilter {
            states: parse_codes(
                "state",
                query.state.as_deref(),
                &ConversationState::ALL,
                ConversationState::as_str,
            )?,
            queue: query.queue.clone(),
            owner: query.owner.clone(),
            agent: query.agent.clone(),
            channel: query.channel.clone(),
            tag: query.tag.clone(),
            incident: query.incident.clone(),
            clocks: clocks.unwrap_or_default(),
            ..ListFilter::default()
        },
        text: None,
        contact,
        order,
        after: after.map_err(|error| Problem::bad_parameter("after", error.to_string()))?,
        limit: page_limit(query.limit.as_deref(), PAGE, PAGE)?,
        with_words,
    })
}

/// An error if the queue does not exist.
pub(super) fn check_queue(desk: &Desk, company: &str, queue: Option<&str>) -> Result<(), Problem> {
    let Some(queue) = queue else {
        return Ok(());
    };
    let generation = desk.generation(company)?;
    let all = generation.queues.keys().chain(generation.moved.keys());
    let all: Vec<String> = all.cloned().collect();
    match all.iter().any(|known| known == queue) {
        true => Ok(()),
        false => Err(Problem::of(Kind::UnknownQueue)
            .field("queue")
            .detail(name_suggestion::suggest(queue, "queues", &all))),
    }
}

/// An error if the channel is neither one that the host knows nor one of the company: no
/// table of its file has the code, and nothing stored came from it.
pub(super) fn check_channel(
    desk: &Desk,
    company: &str,
    field: &str,
    channel: Option<&str>,
) -> Result<(), Problem> {
    let Some(channel) = channel else {
        return Ok(());
    };
    let Some(problem) = desk.generation(company)?.channel_problem(channel) else {
        return Ok(());
    };
    let id = desk.company(company)?;
    let used = desk.journal().channels_of(id, CHANNELS)?;
    match used.iter().any(|used| used == channel) {
        true => Ok(()),
        false => Err(Problem::bad_parameter(
            field,
            format!("{channel:?} {problem}"),
        )),
    }
}

/// An error if the agent is not on the roster.
pub(super) fn check_agent(
    desk: &Desk,
    company: &str,
    field: &str,
    agent: Option<&str>,
) -> Result<(), Problem> {
    let Some(agent) = agent else {
        return Ok(());
    };
    if desk.roster().has_agent(company, agent)? {
        return Ok(());
    }
    let all = desk.roster().agents(company, "", AGENTS)?;
    let all: Vec<String> = all.into_iter().map(|(agent, _)| agent.id).collect();
    Err(Problem::of(Kind::UnknownAgent)
        .field(field)
        .detail(name_suggestion::suggest(agent, "agents", &all)))
}

/// Conversations on offer to an agent, as far as the caller may see that.
fn offered(
    desk: &Desk,
    company: &str,
    agent: Option<&str>,
    caller: &Caller,
) -> Result<BTreeSet<ConversationId>, Problem> {
    // An agent must not see other agents' offers.
    let agent = agent.filter(|agent| caller.agent().is_none_or(|own| own == *agent));
    let Some(agent) = agent else {
        return Ok(BTreeSet::new());
    };
    let offers = desk.roster().agent(company, agent)?.offers.into_iter();
    Ok(offers
        .filter_map(|offer| offer.conversation.parse().ok())
        .collect())
}
