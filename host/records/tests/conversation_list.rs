//! Pages of 10,000 open conversations, compared with plainly sorted lists.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use patchbay_config::duration::Seconds;
use patchbay_journal::{ContactId, ConversationId, SeenMark};
use patchbay_model::conversation_state::ConversationState;
use patchbay_model::sla::{ClockEvent, SlaClocks, Targets};
use patchbay_records::conversation_list::{
    ClockWarning, Cursor, ListCounts, ListFilter, ListOrder, ListedConversation, OpenIndex,
};
use patchbay_records::last_message::{MessageAuthor, MessagePlace};
use patchbay_records::snapshot::unix_ms;

const CONVERSATIONS: u64 = 10_000;

/// Pseudorandom numbers, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u64) as usize]
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_790_000_000).expect("in range")
}

fn minutes_ago(minutes: u64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes as i64)
}

fn id(number: u64) -> ConversationId {
    let mut id = [0; 16];
    // Not in the order of creation.
    id[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    id[8..].copy_from_slice(&number.to_be_bytes());
    ConversationId(id)
}

/// A conversation with many values in common with others, so that ties are common.
fn conversation(number: u64, numbers: &mut Numbers) -> ListedConversation {
    let created_at = minutes_ago(numbers.below(300));
    let target = (numbers.below(4) > 0).then(|| Seconds(60 * numbers.below(600) as u32));
    let targets = Targets {
        first_response: target,
        ..Targets::default()
    };
    let mut clocks = SlaClocks::new(unix_ms(created_at), targets);
    let started_ms = unix_ms(created_at);
    let event = ClockEvent::CustomerMessage {
        started_ms,
        expects_reply: true,
    };
    clocks.apply(started_ms, event, None).expect("taken");
    let state = ConversationState::ALL[numbers.below(7) as usize];
    let owner = numbers.one_of(&["", "ana", "ben", "eva"]);
    ListedConversation {
        id: id(number),
        sequence: 1,
        state,
        channel: numbers.one_of(&["x", "email"]).to_owned(),
        contact: Some(ContactId([numbers.below(5) as u8; 16])),
        queue: Some(numbers.one_of(&["general", "tax"]).to_owned()),
        owner: Some(owner.to_owned()).filter(|owner| !owner.is_empty()),
        last_agent: None,
        priority: numbers.below(4) as u8 * 30,
        tags: vec![numbers.one_of(&["vip", "spam"]).to_owned()],
        needs_approval: false,
        incident: Some(numbers.one_of(&["", "outage", "strike"]).to_owned())
            .filter(|incident| !incident.is_empty()),
        created_at,
        deadline: clocks.nearest_deadline(None),
        clocks: clocks.readings(None),
        interactions: 1,
        last_message_at: (numbers.below(9) > 0).then(|| minutes_ago(numbers.below(100))),
        last_message_from: Some(MessageAuthor::Customer),
        last_message: None,
        named: None,
    }
}

fn all() -> Vec<ListedConversation> {
    let mut numbers = Numbers(7);
    (0..CONVERSATIONS)
        .map(|number| conversation(number, &mut numbers))
        .collect()
}

fn index(rows: &[ListedConversation]) -> OpenIndex {
    let mut index = OpenIndex::default();
    for row in rows {
        index.put(Arc::new(row.clone()));
    }
    index
}

/// The order as the API promises it.
fn compare(order: ListOrder, a: &ListedConversation, b: &ListedConversation) -> Ordering {
    let newest = |row: &ListedConversation| row.last_message_at.unwrap_or(row.created_at);
    let by = match order {
        ListOrder::Id => Ordering::Equal,
        ListOrder::Deadline => match (a.deadline, b.deadline) {
            (Some(a), Some(b)) => a.at_ms.cmp(&b.at_ms),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        },
        ListOrder::Age => a.created_at.cmp(&b.created_at),
        ListOrder::Priority => {
            let by_priority = b.priority.cmp(&a.priority);
            by_priority.then(a.created_at.cmp(&b.created_at))
        }
        ListOrder::Activity => newest(b).cmp(&newest(a)),
    };
    by.then(a.id.to_string().cmp(&b.id.to_string()))
}

/// Every page of a list, as ids; the cursor goes through its text each time.
fn pages(
    index: &mut OpenIndex,
    filter: &ListFilter,
    order: ListOrder,
    limit: usize,
    mut between: impl FnMut(&mut OpenIndex),
) -> Vec<ConversationId> {
    let mut ids = Vec::new();
    let mut after = None;
    loop {
        let page = index.page(filter, order, after, limit, now());
        ids.extend(page.rows.iter().map(|row| row.id));
        assert!(page.rows.len() == limit || !page.has_more);
        let Some(last) = page.rows.last().filter(|_| page.has_more) else {
            return ids;
        };
        let text = Cursor::Open(order, order.key(last)).to_string();
        match Cursor::parse(&text, order) {
            Ok(Cursor::Open(of, key)) if of == order => after = Some(key),
            other => panic!("{text}: {other:?}"),
        }
        between(index);
    }
}

fn filters() -> Vec<ListFilter> {
    let some = |text: &str| Some(text.to_owned());
    let waiting = [ConversationState::Queued, ConversationState::Reserved];
    vec![
        ListFilter::default(),
        ListFilter {
            states: Some(waiting.into()),
            queue: some("tax"),
            ..ListFilter::default()
        },
        ListFilter {
            owner: some("ana"),
            tag: some("vip"),
            ..ListFilter::default()
        },
        ListFilter {
            agent: some("ben"),
            offered: (0..40).map(id).collect(),
            channel: some("email"),
            ..ListFilter::default()
        },
        ListFilter {
            contacts: Some([ContactId([1; 16]), ContactId([3; 16])].into()),
            ..ListFilter::default()
        },
        ListFilter {
            incident: some("outage"),
            ..ListFilter::default()
        },
        ListFilter {
            incident: some("strike"),
            owner: some("ana"),
            ..ListFilter::default()
        },
        ListFilter {
            clocks: [ClockWarning::AtRisk].into(),
            ..ListFilter::default()
        },
        ListFilter {
            clocks: [ClockWarning::Missed].into(),
            states: Some(waiting.into()),
            incident: some("outage"),
            ..ListFilter::default()
        },
        ListFilter {
            clocks: ClockWarning::ALL.into(),
            queue: some("tax"),
            ..ListFilter::default()
        },
    ]
}

/// What the one clock of a conversation says, which began when it was created: whether it
/// runs and is at risk, and whether it is missed.
fn clock_says(row: &ListedConversation) -> (bool, bool) {
    let Some(clock) = row.clocks.first() else {
        return (false, false);
    };
    let gone = now().duration_since(row.created_at).as_secs();
    let target = i64::from(clock.target.0);
    (gone < target && gone * 100 >= target * 80, gone >= target)
}

fn has_clock(filter: &ListFilter, row: &ListedConversation) -> bool {
    let (at_risk, missed) = clock_says(row);
    let wants = |clock| filter.clocks.contains(&clock);
    filter.clocks.is_empty()
        || at_risk && wants(ClockWarning::AtRisk)
        || missed && wants(ClockWarning::Missed)
}

/// Whether a filter has a conversation, whatever its state and its clock.
fn matches(filter: &ListFilter, row: &ListedConversation) -> bool {
    let is =
        |wanted: &Option<String>, found: &str| wanted.is_none() || wanted.as_deref() == Some(found);
    let owner = row.owner.as_deref().unwrap_or("-");
    is(&filter.queue, row.queue.as_deref().unwrap_or("-"))
        && is(&filter.owner, owner)
        && (is(&filter.agent, owner) || filter.offered.contains(&row.id))
        && is(&filter.channel, &row.channel)
        && is(&filter.tag, &row.tags[0])
        && is(&filter.incident, row.incident.as_deref().unwrap_or("-"))
        && filter
            .contacts
            .as_ref()
            .is_none_or(|of| of.contains(&row.contact.expect("one")))
}

#[test]
fn pages_of_10_000_conversations_are_those_of_a_sorted_list() {
    let rows = all();
    let mut index = index(&rows);
    for filter in filters() {
        for order in ListOrder::ALL {
            let states = filter.states.clone();
            let states = states.unwrap_or_else(|| ConversationState::ALL.into());
            let mut expected: Vec<&ListedConversation> = rows
                .iter()
                .filter(|row| matches(&filter, row) && has_clock(&filter, row))
                .filter(|row| states.contains(&row.state))
                .collect();
            assert!(expected.len() > 100, "{filter:?}");
            expected.sort_by(|a, b| compare(order, a, b));
            let expected: Vec<ConversationId> = expected.iter().map(|row| row.id).collect();
            for limit in [1, 97, 100] {
                if limit == 1 && expected.len() > 2_000 {
                    continue;
                }
                let listed = pages(&mut index, &filter, order, limit, |_| {});
                assert!(listed == expected, "{order} by {limit} of {filter:?}");
            }
        }
    }
}

#[test]
fn counts_are_those_of_all_that_match() {
    let rows = all();
    let index = index(&rows);
    for filter in filters() {
        let counts = index.page(&filter, ListOrder::Id, None, 1, now()).counts;
        let found: Vec<&ListedConversation> =
            rows.iter().filter(|row| matches(&filter, row)).collect();
        let mut by_state = BTreeMap::new();
        let (mut matching, mut at_risk, mut missed) = (0, 0, 0);
        for row in found {
            let (is_at_risk, is_missed) = clock_says(row);
            at_risk += usize::from(is_at_risk);
            missed += usize::from(is_missed);
            if !has_clock(&filter, row) {
                continue;
            }
            *by_state.entry(row.state).or_insert(0) += 1;
            matching += usize::from(
                filter
                    .states
                    .as_ref()
                    .is_none_or(|of| of.contains(&row.state)),
            );
        }
        assert!(at_risk > 0 && missed > 0, "{at_risk} {missed}");
        assert_eq!(counts.by_state, by_state);
        assert_eq!(
            (counts.matching, counts.at_risk, counts.missed),
            (matching, at_risk, missed)
        );
    }
}

/// What DOMAIN says of a group: open is each conversation that is not resolved; at risk,
/// where a clock runs and at least 80 % of its target are gone; missed, where a target is
/// used up.
fn counted<'a>(rows: impl Iterator<Item = &'a ListedConversation>) -> ListCounts {
    let mut counts = ListCounts::default();
    for row in rows {
        let (is_at_risk, is_missed) = clock_says(row);
        counts.matching += 1;
        *counts.by_state.entry(row.state).or_default() += 1;
        counts.at_risk += usize::from(is_at_risk);
        counts.missed += usize::from(is_missed);
        counts.warned += usize::from(is_at_risk || is_missed);
    }
    counts
}

#[test]
fn counts_by_queue_and_owner_are_those_of_10_000_rows_and_of_the_lists_behind_them() {
    let rows = all();
    let index = index(&rows);
    let groups = index.group_counts(now());
    assert_eq!(groups.total, counted(rows.iter()));
    assert_eq!(groups.total.matching, CONVERSATIONS as usize);
    let queues: Vec<&str> = groups.by_queue.keys().map(String::as_str).collect();
    let owners: Vec<&str> = groups.by_owner.keys().map(String::as_str).collect();
    assert_eq!(
        (queues, owners),
        (vec!["general", "tax"], vec!["ana", "ben", "eva"])
    );
    let listed = |filter: ListFilter| index.page(&filter, ListOrder::Id, None, 0, now()).counts;
    for (queue, counts) in &groups.by_queue {
        let of = |row: &&ListedConversation| row.queue.as_ref() == Some(queue);
        assert_eq!(*counts, counted(rows.iter().filter(of)), "{queue}");
        let filter = ListFilter {
            queue: Some(queue.clone()),
            ..ListFilter::default()
        };
        assert_eq!(*counts, listed(filter), "{queue}");
    }
    for (owner, counts) in &groups.by_owner {
        let of = |row: &&ListedConversation| row.owner.as_ref() == Some(owner);
        assert_eq!(*counts, counted(rows.iter().filter(of)), "{owner}");
        let filter = ListFilter {
            owner: Some(owner.clone()),
            ..ListFilter::default()
        };
        assert_eq!(*counts, listed(filter), "{owner}");
    }
}

#[test]
fn a_row_is_unread_until_its_person_has_seen_the_newest_message_that_is_no_agents() {
    use MessageAuthor::{Agent, Customer, Policy};
    use MessagePlace::{Entry, Input};
    let mut row = conversation(1, &mut Numbers(1));
    let mark = |sequence, input| Some(SeenMark { sequence, input });
    for (place, from, seen, is_unread) in [
        // Nobody has written yet.
        (None, None, None, false),
        // The customer wrote, in the input 40.
        (Some(Input(40)), Some(Customer), None, true),
        (Some(Input(40)), Some(Customer), mark(9, 39), true),
        (Some(Input(40)), Some(Customer), mark(9, 40), false),
        // Assigned, noted or put on hold since: nothing to read.
        (Some(Input(40)), Some(Customer), mark(900, 40), false),
        // They changed what they wrote: the edit is the input 41.
        (Some(Input(41)), Some(Customer), mark(900, 40), true),
        // A policy answered, in the entry 12.
        (Some(Entry(12)), Some(Policy), mark(11, 40), true),
        (Some(Entry(12)), Some(Policy), mark(12, 40), false),
        // A colleague answered, or the person did on another device.
        (Some(Entry(12)), Some(Agent), None, false),
        (Some(Entry(12)), Some(Agent), mark(3, 2), false),
        // Stored by an earlier version, which did not say who wrote.
        (Some(Input(40)), None, mark(9, 39), true),
    ] {
        row.last_message = place;
        row.last_message_from = from;
        assert_eq!(
            row.is_unread(seen),
            is_unread,
            "{place:?} {from:?} {seen:?}"
        );
    }
}

#[test]
fn conversations_that_do_not_change_are_neither_skipped_nor_repeated() {
    let rows = all();
    for order in ListOrder::ALL {
        let mut index = index(&rows);
        let mut numbers = Numbers(11);
        // One in three is resolved, moved within the order or new while pages are read.
        let changes = |number: u64| number.is_multiple_of(3);
        let mut turn = 0;
        let listed = pages(&mut index, &ListFilter::default(), order, 50, |index| {
            for number in (0..CONVERSATIONS).filter(|n| changes(*n) && n % 7 == turn % 7) {
                match numbers.below(3) {
                    0 => index.remove(id(number)),
                    _ => {
                        let mut moved = conversation(number, &mut numbers);
                        moved.sequence = 2 + turn;
                        index.put(Arc::new(moved));
                    }
                }
            }
            index.put(Arc::new(conversation(
                CONVERSATIONS + 3 * turn,
                &mut numbers,
            )));
            turn += 1;
        });
        let unchanged: BTreeSet<ConversationId> = (0..CONVERSATIONS)
            .filter(|number| !changes(*number))
            .map(id)
            .collect();
        let seen: Vec<ConversationId> = listed
            .into_iter()
            .filter(|id| unchanged.contains(id))
            .collect();
        assert_eq!(seen.len(), unchanged.len(), "{order}: skipped or repeated");
        let seen: BTreeSet<ConversationId> = seen.into_iter().collect();
        assert!(seen == unchanged, "{order}");
    }
}

#[test]
fn an_agent_list_follows_the_owner() {
    let mut numbers = Numbers(3);
    let mut row = conversation(1, &mut numbers);
    row.owner = Some("ana".to_owned());
    let mut index = OpenIndex::default();
    let of = |index: &OpenIndex, agent: &str| {
        let filter = ListFilter {
            agent: Some(agent.to_owned()),
            ..ListFilter::default()
        };
        let page = index.page(&filter, ListOrder::Id, None, 9, now());
        assert_eq!(page.rows.len(), page.counts.matching);
        page.rows.len()
    };
    index.put(Arc::new(row.clone()));
    assert_eq!((of(&index, "ana"), of(&index, "ben")), (1, 0));
    row.owner = Some("ben".to_owned());
    row.sequence = 3;
    index.put(Arc::new(row.clone()));
    assert_eq!((of(&index, "ana"), of(&index, "ben")), (0, 1));
    // An older row comes late.
    row.owner = Some("ana".to_owned());
    row.sequence = 2;
    index.put(Arc::new(row.clone()));
    assert_eq!((of(&index, "ana"), of(&index, "ben")), (0, 1));
    index.remove(row.id);
    assert_eq!((of(&index, "ana"), of(&index, "ben")), (0, 0));
    assert!(index.is_empty());
}

#[test]
fn the_list_of_an_incident_follows_who_joins_and_leaves_it() {
    let mut numbers = Numbers(5);
    let mut row = conversation(1, &mut numbers);
    let mut index = OpenIndex::default();
    let of = |index: &OpenIndex, incident: &str| {
        let filter = ListFilter {
            incident: Some(incident.to_owned()),
            ..ListFilter::default()
        };
        let page = index.page(&filter, ListOrder::Id, None, 9, now());
        page.counts.by_state.values().sum::<usize>()
    };
    let steps = [
        (None, (0, 0)),
        (Some("outage"), (1, 0)),
        (Some("strike"), (0, 1)),
        (None, (0, 0)),
        (Some("outage"), (1, 0)),
    ];
    for (incident, expected) in steps {
        row.incident = incident.map(str::to_owned);
        row.sequence += 1;
        index.put(Arc::new(row.clone()));
        assert_eq!((of(&index, "outage"), of(&index, "strike")), expected);
    }
    index.remove(row.id);
    assert_eq!((of(&index, "outage"), of(&index, "strike")), (0, 0));
}

#[test]
fn a_cursor_of_another_order_or_of_nothing_is_refused() {
    let id = id(9).to_string();
    for (text, order, is_valid) in [
        (id.clone(), ListOrder::Id, true),
        (id.clone(), ListOrder::Age, false),
        (
            format!("age-{0}-{0}-{id}", "0".repeat(16)),
            ListOrder::Age,
            true,
        ),
        (
            format!("age-{0}-{0}-{id}", "0".repeat(16)),
            ListOrder::Priority,
            false,
        ),
        (
            format!("age-{0}-{0}-{id}", "0".repeat(15)),
            ListOrder::Age,
            false,
        ),
        (
            format!("age-{0}-{0}-{id}-", "0".repeat(16)),
            ListOrder::Age,
            false,
        ),
        (
            format!("resolved-{0}-{0}", "f".repeat(16)),
            ListOrder::Age,
            true,
        ),
        (
            format!("resolved-{0}-+{1}", "f".repeat(16), "f".repeat(15)),
            ListOrder::Age,
            false,
        ),
        ("".to_owned(), ListOrder::Id, false),
        ("x".to_owned(), ListOrder::Id, false),
    ] {
        assert_eq!(
            Cursor::parse(&text, order).is_ok(),
            is_valid,
            "{text} {order}"
        );
    }
}

#[test]
fn of_the_newest_of_a_filter_those_that_it_lists_come_first() {
    let mut numbers = Numbers(11);
    let rows: Vec<ListedConversation> = (0..600)
        .map(|number| conversation(number, &mut numbers))
        .collect();
    let mut index = OpenIndex::default();
    for row in &rows {
        index.put(Arc::new(row.clone()));
    }
    let queue = ListFilter {
        queue: Some("tax".to_owned()),
        ..ListFilter::default()
    };
    let filters = [
        ListFilter {
            states: Some([ConversationState::Active].into()),
            ..queue.clone()
        },
        ListFilter {
            clocks: [ClockWarning::Missed].into(),
            ..queue.clone()
        },
    ];
    for filter in filters {
        let of_queue = rows
            .iter()
            .filter(|row| row.queue.as_deref() == Some("tax"));
        let is_listed = |row: &&ListedConversation| {
            filter.has_state(row.state) && filter.lists(row, unix_ms(now()))
        };
        let (mut expected, mut others): (Vec<_>, Vec<_>) = of_queue.partition(is_listed);
        let listed = expected.len();
        assert!(listed > 20 && others.len() > 20, "{listed}");
        for group in [&mut expected, &mut others] {
            group.sort_by_key(|row| ListOrder::Activity.key(row));
        }
        expected.extend(others);
        let expected: Vec<ConversationId> = expected.into_iter().map(|row| row.id).collect();
        for (limit, is_all) in [
            (listed - 1, false),
            (listed, true),
            (listed + 20, true),
            (rows.len(), true),
        ] {
            let chosen = expected[..limit.min(expected.len())].to_vec();
            assert_eq!(index.newest(&filter, limit, now()), (chosen, is_all));
        }

        // What a search found is one more condition.
        let searched = ListFilter {
            found: Some(expected[..20].iter().copied().collect()),
            ..filter.clone()
        };
        let page = index.page(&searched, ListOrder::Id, None, 100, now());
        assert_eq!(page.counts.matching, 20);
    }
}
