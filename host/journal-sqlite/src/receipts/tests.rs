//! Random calls against a model written from the contract of `Receipts`.

use std::collections::HashMap;

use jiff::Timestamp;
use patchbay_journal::ContactId;

use super::*;
use crate::{schema, value};

use DeliveryState::{Delivered, Failed, Played, Read, Sent};
use proptest::prelude::*;
use tempfile::TempDir;

const CONTACT: ContactId = ContactId([1; 16]);
/// Messages of a company whose early state is kept, in these tests.
const MOST: usize = 3;

fn open() -> (TempDir, Connection) {
    let directory = tempfile::tempdir().expect("a directory");
    let sql = schema::open_writer(&directory.path().join("journal.db"), &[0; 16]).expect("opened");
    sql.execute_batch("BEGIN").expect("started");
    for company in [1, 2] {
        let contact = "INSERT INTO contact (company, id, created_at) VALUES (?1, ?2, 0)";
        sql.execute(contact, params![company, CONTACT.0])
            .expect("put");
    }
    (directory, sql)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

#[derive(Clone, Debug)]
enum Call {
    Record {
        company: u32,
        key: u8,
        part: u32,
        message: u8,
    },
    Report {
        company: u32,
        message: u8,
        state: DeliveryState,
    },
    /// Delete early states that are older than so many calls.
    Expire { age: usize },
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let (company, message) = (1..=2_u32, 0..6_u8);
    let state = prop::sample::select(DeliveryState::ALL.to_vec());
    let record = (company.clone(), 0..3_u8, 1..=3_u32, message.clone()).prop_map(
        |(company, key, part, message)| Call::Record {
            company,
            key,
            part,
            message,
        },
    );
    let report = (company, message, state).prop_map(|(company, message, state)| Call::Report {
        company,
        message,
        state,
    });
    let expire = (0..20_usize).prop_map(|age| Call::Expire { age });
    let call = prop_oneof![4 => record, 12 => report, 1 => expire];
    prop::collection::vec(call, 0..80)
}

/// State, its time and its reason, as last changed.
type State = Option<(DeliveryState, Timestamp, String)>;

/// A message of a company.
type Message = (u32, u8);

#[derive(Default)]
struct Model {
    /// Message and state of each part of a key of a company.
    parts: HashMap<(u32, u8, u32), (u8, State)>,
    /// The part recorded last for a message.
    newest: HashMap<Message, (u32, u8, u32)>,
    /// Early states in the order of first reports, with the call of that.
    early: Vec<(Message, usize, State)>,
}

/// Whether a reported state takes the place of another: later states include
/// the earlier ones; a failure is overruled by an arrival, never the reverse.
fn replaces(new: DeliveryState, old: DeliveryState) -> bool {
    match old {
        Sent => new != Sent,
        Failed => matches!(new, Delivered | Read | Played),
        Delivered => matches!(new, Read | Played),
        Read => new == Played,
        Played => false,
    }
}

fn merge(state: &mut State, new: (DeliveryState, Timestamp, String)) -> bool {
    let changes = state.as_ref().is_none_or(|old| replaces(new.0, old.0));
    if changes {
        *state = Some(new);
    }
    changes
}

impl Model {
    fn record(&mut self, part: (u32, u8, u32), message: u8) -> (u8, State) {
        if let Some(stored) = self.parts.get(&part) {
            return stored.clone();
        }
        let of = (part.0, message);
        let early = self.early.iter().position(|early| early.0 == of);
        let state = early.and_then(|index| self.early.remove(index).2);
        self.newest.insert(of, part);
        self.parts.insert(part, (message, state.clone()));
        (message, state)
    }

    /// The state afterwards and whether the report changed it; `None` if early.
    fn report(
        &mut self,
        of: Message,
        new: (DeliveryState, Timestamp, String),
        call: usize,
    ) -> Option<(State, bool)> {
        if let Some(part) = self.newest.get(&of) {
            let (_, state) = self.parts.get_mut(part).expect("recorded");
            let changes = merge(state, new);
            return Some((state.clone(), changes));
        }
        if let Some((_, _, state)) = self.early.iter_mut().find(|early| early.0 == of) {
            merge(state, new);
            return None;
        }
        self.early.push((of, call, Some(new)));
        let own = |early: &&(Message, usize, State)| early.0.0 == of.0;
        if self.early.iter().filter(own).count() > MOST {
            let oldest = self.early.iter().position(|early| own(&early));
            self.early.remove(oldest.expect("counted"));
        }
        None
    }
}

fn state_of(receipt: &Receipt) -> State {
    receipt.state.map(|state| {
        let reason = receipt.reason.clone();
        (
            state,
            receipt.state_at.expect("given"),
            reason.expect("given"),
        )
    })
}

fn new_receipt(part: (u32, u8, u32), message: u8) -> NewReceipt {
    NewReceipt {
        company: CompanyId(part.0),
        channel: "sms".to_owned(),
        message: message.to_string(),
        key: part.1.to_string(),
        part: part.2,
        parts: 3,
        conversation: None,
        contact: CONTACT,
        account: String::new(),
        sealed: Vec::new(),
        accepted_at: at(0),
    }
}

fn run(sql: &Connection, model: &mut Model, number: usize, call: &Call) -> Result<()> {
    match *call {
        Call::Record {
            company,
            key,
            part,
            message,
        } => {
            let part = (company, key, part);
            let stored = record(sql, &new_receipt(part, message))?;
            let expected = model.record(part, message);
            let found = (stored.message.parse().expect("a number"), state_of(&stored));
            assert_eq!(found, expected);
        }
        Call::Report {
            company,
            message,
            state,
        } => {
            let time = at(number as i64);
            let reason = format!("{number}");
            let report = DeliveryReport {
                state,
                at: Some(time),
                reason: Some(reason.clone()),
                received_at: time,
            };
            let of = (CompanyId(company), message.to_string());
            let change = advance(sql, of.0, "sms", &of.1, &report, MOST as u64)?;
            let expected = model.report((company, message), (state, time, reason), number);
            let found = match &change {
                ReceiptChange::Early => None,
                ReceiptChange::Unchanged(receipt) => Some((state_of(receipt), false)),
                ReceiptChange::Advanced(receipt) => Some((state_of(receipt), true)),
            };
            assert_eq!(found, expected);
        }
        Call::Expire { age } => {
            let cutoff = number.saturating_sub(age);
            let deleted = delete_older(sql, at(cutoff as i64).as_microsecond(), 1_000)?;
            let before = model.early.len();
            model.early.retain(|(_, call, _)| *call >= cutoff);
            assert_eq!(deleted as usize, before - model.early.len());
        }
    }
    Ok(())
}

/// Compare everything that is stored with the model.
fn compare(sql: &Connection, model: &Model) -> Result<()> {
    for ((company, key, part), (message, state)) in &model.parts {
        let stored = sql.read_all(&parts_query(), params![company, key.to_string()], receipt)?;
        let own: Vec<_> = stored
            .iter()
            .filter(|receipt| receipt.part == *part)
            .collect();
        let [own] = own[..] else {
            panic!("{} receipts of one part", own.len());
        };
        assert_eq!(
            (&own.message, &state_of(own)),
            (&message.to_string(), state)
        );
    }
    let count: Option<usize> = sql.read_first("SELECT count(*) FROM receipt", [], value)?;
    assert_eq!(count, Some(model.parts.len()));
    let early = sql.read_all(
        "SELECT company, message, state FROM early_state ORDER BY number",
        [],
        |row| {
            let message: String = row.get(1)?;
            Ok((
                (row.get(0)?, message.parse().expect("a number")),
                row.get(2)?,
            ))
        },
    )?;
    let expected: Vec<(Message, String)> = model
        .early
        .iter()
        .map(|(of, _, state)| (*of, state.as_ref().expect("reported").0.to_string()))
        .collect();
    assert_eq!(early, expected);
    assert!(!sql.has_row(UNCLAIMED, [])?);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn receipts_and_early_states_follow_the_contract(calls in calls()) {
        let (_directory, sql) = open();
        let mut model = Model::default();
        for (number, call) in calls.iter().enumerate() {
            run(&sql, &mut model, number, call).expect("run");
        }
        compare(&sql, &model).expect("read");
    }

    #[test]
    fn the_order_of_reports_and_receipt_does_not_matter(
        states in prop::collection::vec(prop::sample::select(DeliveryState::ALL.to_vec()), 1..6),
        place in 0..6_usize,
    ) {
        let (_directory, sql) = open();
        for (index, state) in states.iter().enumerate() {
            if index == place {
                record(&sql, &new_receipt((1, 0, 1), 0)).expect("recorded");
            }
            let report = DeliveryReport { state: *state, at: None, reason: None, received_at: at(0) };
            advance(&sql, CompanyId(1), "sms", "0", &report, 9).expect("kept");
        }
        let last = record(&sql, &new_receipt((1, 0, 1), 0)).expect("recorded");
        prop_assert_eq!(last.state, states.iter().copied().reduce(DeliveryState::after));
    }
}

#[test]
fn the_newest_thousand_early_states_of_a_company_are_kept() {
    let (_directory, sql) = open();
    let report = DeliveryReport {
        state: Failed,
        at: None,
        reason: None,
        received_at: at(0),
    };
    let put = |company, message: u32| {
        let message = message.to_string();
        let most = limits::EARLY_STATES;
        advance(&sql, CompanyId(company), "sms", &message, &report, most).expect("kept")
    };
    put(2, 0);
    for message in 0..1_100 {
        assert_eq!(put(1, message), ReceiptChange::Early);
    }
    let kept: Option<(i64, i64)> = sql
        .read_first(
            "SELECT count(*), min(CAST(message AS INTEGER)) FROM early_state WHERE company = 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("read");
    assert_eq!(kept, Some((1_000, 100)));
    let other: Option<i64> = sql
        .read_first(early_states::COUNT, [2], value)
        .expect("read");
    assert_eq!(other, Some(1), "another company's are not affected");
}

#[test]
fn every_receipt_query_uses_an_index() {
    let (_directory, sql) = open();
    for (query, expected) in [
        (
            parts_query(),
            "SEARCH receipt USING INDEX receipt_part (company=? AND key=?)",
        ),
        (
            find_query(),
            "SEARCH receipt USING INDEX receipt_message (company=? AND channel=? AND message=?)",
        ),
        (
            early_states::COUNT.to_owned(),
            "SEARCH early_state USING COVERING INDEX early_state_order (company=?)",
        ),
    ] {
        let mut statement = sql
            .prepare(&format!("EXPLAIN QUERY PLAN {query}"))
            .expect("valid");
        // A statement that is only explained needs no parameters.
        let rows = statement.raw_query().mapped(|row| row.get::<_, String>(3));
        let plan: Vec<_> = rows.map(|row| row.expect("a row")).collect();
        assert_eq!(plan, [expected], "{query}");
    }
}
