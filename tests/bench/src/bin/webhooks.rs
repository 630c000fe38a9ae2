//! Signed deliveries of WhatsApp over loopback, one message each, while the policies of
//! the reference pack decide about them: a server and a generator that signs share the
//! machine.
//!
//! `webhooks [deliveries] [connections] [people]`

use std::error::Error;

use patchbay_bench::intake::{Measurement, print_table};
use patchbay_bench::served::{Authors, Served};
use patchbay_bench::webhook;

fn main() -> Result<(), Box<dyn Error>> {
    let number = |position: usize, usual: usize| {
        let given = std::env::args().nth(position);
        given.map_or(Ok(usual), |text| text.parse())
    };
    let total = number(1, 20_000)?;
    let connections = number(2, 64)?;
    let people = number(3, 2_000)?;
    let served = Served::start(1, &webhook::connection(), |_| {})?;
    let address = served.address;
    let mut columns = Vec::new();
    for (round, authors) in [Authors::Known(people), Authors::New]
        .into_iter()
        .enumerate()
    {
        columns.push(Measurement::take(
            address,
            (round * total, total),
            connections,
            |numbers, _| webhook::deliver(address, numbers, authors),
        )?);
    }
    println!(
        "{total} signed deliveries of {people} people, then {total} of as many new people, one message each, on {connections} connections, transcripts off"
    );
    print_table(
        &["people who write again", "people who never wrote before"],
        &columns,
    );
    served.stop()
}
