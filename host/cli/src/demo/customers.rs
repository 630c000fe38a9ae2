//! The customers of one company: what they write over the day, and what they
//! write back once they were answered.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::day::{Day, chance_for, minutes};
use super::office::Office;
use crate::exit::{Exit, Failure};

/// Interactions of one delivery.
const BATCH: usize = 50;
/// How much of the day may pass between two deliveries.
const ROUND: SignedDuration = SignedDuration::from_secs(60);
/// How often one customer writes again.
const AGAIN: u32 = 2;
/// Of those answered, how many write again.
const SHARE: f64 = 0.4;
/// Nobody expects an answer to what is written so late.
const LATE: SignedDuration = SignedDuration::from_mins(45);

/// Messages by when they arrive.
pub(crate) type Arrivals = Vec<(Timestamp, Value)>;

/// Messages that say when they came, on the day they came.
pub(crate) fn as_dated(rows: Vec<Value>, day: &Day) -> Result<Arrivals, Failure> {
    let dated = rows.into_iter().map(|row| {
        let at = row["received_at"].as_str().unwrap_or_default();
        let at: Timestamp = at
            .parse()
            .map_err(|error| Failure::new(Exit::Machine, format!("{}: {error}", row["id"])))?;
        Ok((at.clamp(day.from, day.until), row))
    });
    let mut arrivals: Arrivals = dated.collect::<Result<_, _>>()?;
    arrivals.sort_by_key(|(at, _)| *at);
    Ok(arrivals)
}

/// How much is written in each hour of the day, from six: most in the morning
/// and around noon.
const BUSY: [f64; 14] = [
    2.0, 5.0, 9.0, 10.0, 7.0, 6.0, 9.0, 8.0, 6.0, 5.0, 5.0, 4.0, 3.0, 2.0,
];

/// Messages of any time, in their order, spread over the day.
pub(crate) fn spread(rows: Vec<Value>, day: &Day) -> Arrivals {
    let whole: f64 = BUSY.iter().sum();
    let count = rows.len().max(1) as f64;
    let length = day.until.duration_since(day.from).as_secs_f64();
    let hour = length / BUSY.len() as f64;
    let place = |index: usize| {
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
    rows.map(|(index, row)| (day.from + SignedDuration::from_secs_f64(place(index)), row))
        .collect()
}

/// What was delivered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Delivered {
    pub(crate) accepted: u64,
    pub(crate) not_accepted: u64,
}

/// A company's customers.
pub(crate) struct Customers {
    office: Arc<Office>,
    /// What is still to be written, the next one last.
    to_write: Vec<(Reverse<Timestamp>, u64, Value)>,
    /// What was written, by id, and how often its author wrote again.
    written: HashMap<String, Value>,
    again: BTreeMap<String, u32>,
    number: u64,
    delivered: Delivered,
}

impl Customers {
    pub(crate) fn new(office: Arc<Office>, arrivals: Arrivals) -> Customers {
        let mut customers = Customers {
            office,
            to_write: Vec::new(),
            written: HashMap::new(),
            again: BTreeMap::new(),
            number: 0,
            delivered: Delivered::default(),
        };
        for (at, interaction) in arrivals {
            customers.number += 1;
            let number = customers.number;
            customers.to_write.push((Reverse(at), number, interaction));
        }
        customers
            .to_write
            .sort_by_key(|(at, number, _)| (*at, Reverse(*number)));
        customers
    }

    /// Write over the day, and read the replies.
    pub(crate) async fn live(mut self, mut replies: mpsc::UnboundedReceiver<Value>) -> Delivered {
        let day = self.office.day;
        while !day.is_over() {
            self.deliver().await;
            let next = self.to_write.last().map_or(day.until, |(at, ..)| at.0);
            let next = next.max(day.now() + ROUND).min(day.until);
            tokio::select! {
                () = day.wait_until(next) => {}
                Some(reply) = replies.recv() => self.read(&reply),
            }
        }
        // Whatever was to come by the end comes.
        self.deliver().await;
        self.delivered
    }

    async fn deliver(&mut self) {
        let now = self.office.day.now();
        loop {
            let mut batch = Vec::new();
            while batch.len() < BATCH && self.to_write.last().is_some_and(|(at, ..)| at.0 <= now) {
                if let Some((at, _, mut interaction)) = self.to_write.pop() {
                    interaction["received_at"] = json!(at.0);
                    batch.push(interaction);
                }
            }
            if batch.is_empty() {
                return;
            }
            let lines: Vec<String> = batch.iter().map(Value::to_string).collect();
            let all = batch.len() as u64;
            let answer = self
                .office
                .api
                .post_lines("interactions", lines.join("\n"))
                .await;
            let answer = answer.unwrap_or_default();
            let accepted = answer["accepted"].as_u64().unwrap_or(0);
            self.delivered.accepted += accepted;
            self.delivered.not_accepted += all - accepted;
            if accepted < all {
                self.tell_refused(&answer);
            }
            for interaction in batch {
                if let Some(id) = interaction["id"].as_str() {
                    self.written.insert(id.to_owned(), interaction);
                }
            }
        }
    }

    fn tell_refused(&self, answer: &Value) {
        let receipts = answer["receipts"].as_array();
        for receipt in receipts.into_iter().flatten() {
            if receipt["status"] != "accepted" {
                let trouble = &self.office.api.trouble;
                trouble.report(format!("{}: not accepted: {receipt}", self.office.company));
            }
        }
    }

    /// A reply arrived: some of those who read it write again.
    fn read(&mut self, reply: &Value) {
        let day = self.office.day;
        let to = reply["to"].as_str().unwrap_or_default();
        let Some(before) = reply["in_reply_to"]
            .as_str()
            .and_then(|id| self.written.get(id))
        else {
            return;
        };
        let times = self.again.entry(to.to_owned()).or_default();
        let mut rng = chance_for((&self.office.company, to, *times));
        if *times >= AGAIN || rng.f64() > SHARE {
            return;
        }
        let at = day.now() + minutes(&mut rng, 4.0, 60.0);
        if at > day.until - LATE {
            return;
        }
        *times += 1;
        self.number += 1;
        let language = before["language"].as_str().unwrap_or("en");
        let mut interaction = before.clone();
        interaction["id"] = json!(format!("again-{}", self.number));
        interaction["text"] = json!(self.office.words.back(language, &mut rng));
        interaction["in_reply_to"] = reply["in_reply_to"].clone();
        if let Some(fields) = interaction.as_object_mut() {
            fields.remove("attachments");
        }
        let place = self
            .to_write
            .partition_point(|(other, ..)| *other < Reverse(at));
        self.to_write
            .insert(place, (Reverse(at), self.number, interaction));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spread_keeps_its_order_and_stays_within_the_day() {
        let day = Day::within(60).expect("a day");
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
