//! Durable intake under load, on loopback: a server with the reference pack, and
//! a generator that delivers NDJSON batches on several connections. Both share
//! the machine. One column for customers who write again and again, one for
//! customers who never wrote before.
//!
//! `load [interactions] [batch] [connections] [companies] [people]`

use std::error::Error;

use patchbay_bench::intake::{Measurement, print_table};
use patchbay_bench::served::{Authors, Load, Served, deliver};

fn main() -> Result<(), Box<dyn Error>> {
    let number = |position: usize, usual: usize| {
        let given = std::env::args().nth(position);
        given.map_or(Ok(usual), |text| text.parse())
    };
    let total = number(1, 40_000)?;
    let batch = number(2, 250)?;
    let connections = number(3, 4)?;
    let companies = number(4, 1)?;
    let people = number(5, 2_000)?;
    let served = Served::start(companies, "", |_| {})?;
    let mut columns = Vec::new();
    for (round, authors) in [Authors::Known((people / companies).max(1)), Authors::New]
        .into_iter()
        .enumerate()
    {
        let load = Load {
            batch,
            companies,
            connections,
            authors,
        };
        let address = served.address;
        columns.push(Measurement::take(
            address,
            (round * total, total),
            connections,
            |numbers, connection| deliver(address, numbers, load, connection),
        )?);
    }
    println!(
        "{total} interactions of {people} people, then {total} of as many new people, {companies} companies, batches of {batch} on {connections} connections, transcripts off"
    );
    print_table(
        &["people who write again", "people who never wrote before"],
        &columns,
    );
    served.stop()
}
