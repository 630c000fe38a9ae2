//! Customers of one company: what they write during the day, and what they
//! write after an answer.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use crate::DemoError;
use crate::day::{Day, random_minutes, seeded_rng};
use crate::office::Office;

/// Most customers whose messages are delivered at once.
const AT_ONCE: usize = 32;
/// Simulated time between two requests.
const ROUND: SignedDuration = SignedDuration::from_secs(60);
/// Follow-ups that one customer writes at most.
const AGAIN: u32 = 2;
/// Share of answered customers who write a follow-up.
const SHARE: f64 = 0.4;
/// Time before the end of the day from which customers write no follow-up.
const LATE: SignedDuration = SignedDuration::from_mins(45);

/// Messages with the moment they arrive, in that order.
pub(crate) type Arrivals = Vec<(Timestamp, Value)>;

/// Messages at their `received_at`.
pub(crate) fn on_their_dates(rows: Vec<Value>, day: &Day) -> Result<Arrivals, DemoError> {
    let dated = rows.into_iter().map(|row| {
        let at = row["received_at"].as_str().unwrap_or_default();
        let at = at.parse::<Timestamp>();
        let at = at.map_err(|error| DemoError::content(&row["id"].to_string(), error))?;
        Ok((at.clamp(day.from, day.until), row))
    });
    let mut arrivals = dated.collect::<Result<Arrivals, _>>()?;
    arrivals.sort_by_key(|(at, _)| *at);
    Ok(arrivals)
}

/// Relative number of messages in each hour of the day, from 06:00.
const BUSY: [f64; 14] = [
    2.0, 5.0, 9.0, 10.0, 7.0, 6.0, 9.0, 8.0, 6.0, 5.0, 5.0, 4.0, 3.0, 2.0,
];

/// Spread messages over the day in their order, whatever their dates.
pub(crate) fn spread(rows: Vec<Value>, day: &Day) -> Arrivals {
    let whole: f64 = BUSY.iter().sum();
    let count = rows.len().max(1) as f64;
    let length = day.until.duration_since(day.from).as_secs_f64();
    let hour = length / BUSY.len() as f64;
    let second_of = |index: usize| {
        let mut share = whole * (index as f64 + 0.5) / count;
        let mut seconds = 0.0;
        for busy in BUSY {
            if share <= busy {
                return seconds + hour * share / busy;
            }
            share -= busy;
            seconds += hour;
        }
        length
    };
    let rows = rows.into_iter().enumerate();
    rows.map(|(index, row)| {
        (
            day.from + SignedDuration::from_secs_f64(second_of(index)),
            row,
        )
    })
    .collect()
}

/// Customers of a company.
pub(crate) struct Customers {
    office: Arc<Office>,
    /// Messages still to be written, the next one last.
    unwritten: Vec<(Reverse<Timestamp>, u64, Value)>,
    /// Messages written, by id.
    written: HashMap<String, Value>,
    /// Follow-ups of each address.
    follow_ups: BTreeMap<String, u32>,
    number: u64,
    accepted: u64,
}

impl Customers {
    pub(crate) fn new(office: Arc<Office>, arrivals: Arrivals) -> Customers {
        let number = arrivals.len() as u64;
        let mut unwritten: Vec<_> = arrivals
            .into_iter()
            .zip(1..)
            .map(|((at, interaction), number)| (Reverse(at), number, interaction))
            .collect();
        unwritten.sort_by_key(|(at, number, _)| (*at, Reverse(*number)));
        Customers {
            office,
            unwritten,
            written: HashMap::new(),
            follow_ups: BTreeMap::new(),
            number,
            accepted: 0,
        }
    }

    /// Write and read replies until the end of the day. Returns the number of
    /// interactions the server accepted.
    pub(crate) async fn write_and_read(
        mut self,
        mut replies: mpsc::UnboundedReceiver<String>,
    ) -> u64 {
        let day = self.office.day;
        while !day.is_over() {
            self.write_due().await;
            let next = self.unwritten.last().map_or(day.until, |(at, ..)| at.0);
            let next = next.max(day.now() + ROUND).min(day.until);
            tokio::select! {
                () = day.wait_until(next) => {}
                Some(reply) = replies.recv() => self.read(&reply),
            }
        }
        self.write_due().await;
        self.accepted
    }

    /// Deliver what is due: each customer's messages one after the other.
    async fn write_due(&mut self) {
        let now = self.office.day.now();
        let mut due: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        while self.unwritten.last().is_some_and(|(at, ..)| at.0 <= now) {
            if let Some((at, _, mut interaction)) = self.unwritten.pop() {
                interaction["received_at"] = json!(at.0);
                if let Some(id) = interaction["id"].as_str() {
                    self.written.insert(id.to_owned(), interaction.clone());
                }
                due.entry(address(&interaction).to_owned())
                    .or_default()
                    .push(interaction);
            }
        }
        let mut deliveries = JoinSet::new();
        for (_, messages) in due {
            if deliveries.len() == AT_ONCE {
                self.count(deliveries.join_next().await);
            }
            let office = Arc::clone(&self.office);
            deliveries.spawn(async move {
                let mut accepted = 0;
                for message in messages {
                    let is_accepted = office.networks.deliver(&office.api, &message).await;
                    accepted += u64::from(is_accepted);
                }
                accepted
            });
        }
        while let Some(delivered) = deliveries.join_next().await {
            self.count(Some(delivered));
        }
    }

    fn count(&mut self, delivered: Option<Result<u64, JoinError>>) {
        match delivered {
            Some(Ok(accepted)) => self.accepted += accepted,
            Some(Err(error)) => {
                let problem = format!("{}: a delivery stopped: {error}", self.office.company);
                self.office.api.problems.report(problem);
            }
            None => {}
        }
    }

    /// Read the reply to a message; some customers then write a follow-up.
    fn read(&mut self, answered: &str) {
        let day = self.office.day;
        let Some(before) = self.written.get(answered) else {
            return;
        };
        let address = address(before);
        let count = self.follow_ups.entry(address.to_owned()).or_default();
        let mut rng = seeded_rng((&self.office.company, address, *count));
        if *count >= AGAIN || rng.f64() > SHARE {
            return;
        }
        let at = day.now() + random_minutes(&mut rng, 4.0, 60.0);
        if at > day.until - LATE {
            return;
        }
        *count += 1;
        self.number += 1;
        let language = before["language"].as_str().unwrap_or("en");
        let mut interaction = before.clone();
        interaction["id"] = json!(format!("again-{}", self.number));
        interaction["text"] = json!(self.office.words.follow_up(language, &mut rng));
        interaction["in_reply_to"] = answered.into();
        if let Some(fields) = interaction.as_object_mut() {
            fields.remove("attachments");
        }
        let place = self
            .unwritten
            .partition_point(|(other, ..)| *other < Reverse(at));
        self.unwritten
            .insert(place, (Reverse(at), self.number, interaction));
    }
}

fn address(interaction: &Value) -> &str {
    interaction["author"]["address"]
        .as_str()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_messages_keep_their_order_and_stay_within_the_day() {
        let day = Day::within(60);
        let rows: Vec<Value> = (0..1_000).map(|id| json!({"id": id})).collect();
        let arrivals = spread(rows, &day);
        assert!(arrivals.iter().map(|(at, _)| at).is_sorted());
        let all = arrivals.iter().map(|(at, _)| *at);
        assert!(all.clone().min() >= Some(day.from) && all.max() <= Some(day.until));
        let before_noon = arrivals
            .iter()
            .filter(|(at, _)| *at < day.at(12 * 60))
            .count();
        assert!((450..550).contains(&before_noon), "{before_noon}");
    }
}
