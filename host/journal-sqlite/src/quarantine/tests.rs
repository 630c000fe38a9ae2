//! Random calls against a model written from the contract of `Quarantine`.

use jiff::Timestamp;

use super::*;
use crate::schema;

use proptest::prelude::*;
use tempfile::TempDir;

const BOUNDS: Bounds = Bounds { items: 4, bytes: 9 };

fn open() -> (TempDir, Connection) {
    let directory = tempfile::tempdir().expect("a directory");
    let sql = schema::open_writer(&directory.path().join("journal.db"), &[0; 16]).expect("opened");
    sql.execute_batch("BEGIN; INSERT INTO company (id, name) VALUES (1, 'a'), (2, 'b')")
        .expect("started");
    (directory, sql)
}

#[derive(Clone, Debug)]
enum Call {
    Store {
        company: u32,
        account: u8,
        digest: u8,
        bytes: u8,
    },
    Remove {
        company: u32,
        number: u64,
    },
    /// Delete what is older than so many calls.
    Expire {
        age: i64,
    },
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let company = 1..=2_u32;
    let store = (company.clone(), 0..2_u8, 0..5_u8, 0..5_u8).prop_map(
        |(company, account, digest, bytes)| Call::Store {
            company,
            account,
            digest,
            bytes,
        },
    );
    let remove = (company, 1..9_u64).prop_map(|(company, number)| Call::Remove { company, number });
    let expire = (0..30_i64).prop_map(|age| Call::Expire { age });
    prop::collection::vec(prop_oneof![8 => store, 2 => remove, 1 => expire], 0..80)
}

/// An item of the model.
#[derive(Clone, Debug, PartialEq)]
struct Kept {
    company: u32,
    number: u64,
    account: u8,
    digest: u8,
    bytes: u64,
    call: i64,
}

#[derive(Default)]
struct Model {
    items: Vec<Kept>,
    /// Highest number of each company.
    newest: [u64; 3],
}

impl Model {
    fn store(&mut self, mut new: Kept) -> QuarantineOutcome {
        let own = self.items.iter().filter(|item| item.company == new.company);
        let same = |item: &&Kept| (item.account, item.digest) == (new.account, new.digest);
        if let Some(known) = own.clone().find(same) {
            let number = known.number;
            return QuarantineOutcome::Known { number };
        }
        if own.clone().count() == 4 {
            let limit = QuarantineLimit::Items(4);
            return QuarantineOutcome::Full { limit };
        }
        if own.map(|item| item.bytes).sum::<u64>() + new.bytes > 9 {
            let limit = QuarantineLimit::Bytes(9);
            return QuarantineOutcome::Full { limit };
        }
        self.newest[new.company as usize] += 1;
        new.number = self.newest[new.company as usize];
        let number = new.number;
        self.items.push(new);
        QuarantineOutcome::Stored { number }
    }
}

fn second(call: i64) -> Timestamp {
    Timestamp::from_second(call).expect("in range")
}

fn run(sql: &Connection, model: &mut Model, call_number: i64, call: &Call) -> Result<()> {
    match *call {
        Call::Store {
            company,
            account,
            digest,
            bytes,
        } => {
            let new = NewQuarantined {
                company: CompanyId(company),
                channel: "sms".to_owned(),
                account: account.to_string(),
                received_at: second(call_number),
                place: String::new(),
                reason: String::new(),
                digest: [digest; 32],
                sealed: vec![0; bytes.into()],
            };
            let outcome = match find_refusal(sql, &new, BOUNDS)? {
                Some(outcome) => outcome,
                None => QuarantineOutcome::Stored {
                    number: insert(sql, &new)?,
                },
            };
            let expected = model.store(Kept {
                company,
                number: 0,
                account,
                digest,
                bytes: bytes.into(),
                call: call_number,
            });
            assert_eq!(outcome, expected);
        }
        Call::Remove { company, number } => {
            let removed = remove(sql, CompanyId(company), number)?;
            let before = model.items.len();
            let is_it = |item: &Kept| (item.company, item.number) == (company, number);
            model.items.retain(|item| !is_it(item));
            assert_eq!(removed, model.items.len() < before);
        }
        Call::Expire { age } => {
            let cutoff = call_number - age;
            let deleted = delete_older(sql, second(cutoff).as_microsecond(), 1_000)?;
            let before = model.items.len();
            model.items.retain(|item| item.call >= cutoff);
            assert_eq!(deleted as usize, before - model.items.len());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_quarantine_follows_the_contract(calls in calls()) {
        let (_directory, sql) = open();
        let mut model = Model::default();
        for (number, call) in (0..).zip(&calls) {
            run(&sql, &mut model, number, call).expect("run");
        }
        let query = format!("SELECT {COLUMNS}, digest FROM quarantine ORDER BY rowid");
        let stored = sql.read_all(&query, [], |row| {
            let digest: [u8; 32] = row.get(8)?;
            Ok((item(row)?, digest[0]))
        });
        let stored: Vec<Kept> = stored
            .expect("read")
            .into_iter()
            .map(|(item, digest)| Kept {
                company: item.company.0,
                number: item.number,
                account: item.account.parse().expect("a number"),
                digest,
                bytes: item.bytes,
                call: item.received_at.as_second(),
            })
            .collect();
        let by_number = |mut items: Vec<Kept>| {
            items.sort_by_key(|item| (item.company, item.number));
            items
        };
        prop_assert_eq!(by_number(stored), by_number(model.items));
    }
}

#[test]
fn a_company_has_a_thousand_deliveries_in_quarantine() {
    let (_directory, sql) = open();
    let bounds = Bounds::default();
    let mut new = NewQuarantined {
        company: CompanyId(1),
        channel: "sms".to_owned(),
        account: String::new(),
        received_at: second(0),
        place: String::new(),
        reason: String::new(),
        digest: [0; 32],
        sealed: vec![0; 60],
    };
    for number in 1..=1_000_u64 {
        new.digest[..8].copy_from_slice(&number.to_le_bytes());
        assert_eq!(find_refusal(&sql, &new, bounds).expect("read"), None);
        assert_eq!(insert(&sql, &new).expect("put"), number);
    }
    new.digest = [1; 32];
    let full = QuarantineOutcome::Full {
        limit: QuarantineLimit::Items(1_000),
    };
    assert_eq!(find_refusal(&sql, &new, bounds).expect("read"), Some(full));
    new.company = CompanyId(2);
    assert_eq!(find_refusal(&sql, &new, bounds).expect("read"), None);
}
