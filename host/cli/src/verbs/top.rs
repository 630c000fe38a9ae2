//! `patchbay top`: what a running server does, as it does it. It knows nothing
//! but what the server's API says.

mod frame;
mod screen;

use std::io::IsTerminal;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::status::read;
use crate::api::Api;
use crate::args::TopArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use frame::Frame;
use screen::{Ended, Screen};

pub(crate) fn run(args: &TopArgs) -> Outcome {
    let api = Api::of_config(&args.config)?;
    let company = args.company.as_deref();
    let interval = Duration::from(args.interval);
    let mut looks = Looks::begin(read(&api, company)?);
    if args.once {
        sleep(interval);
        let frame = looks.next(read(&api, company)?);
        match args.json {
            true => output::json(&frame.document())?,
            false => frame.lines().iter().try_for_each(output::line)?,
        }
        return Ok(Exit::Success);
    }
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Failure::advised(
            Exit::Usage,
            "this is no terminal that could be drawn on",
            "patchbay top --once prints what one interval brought, and ends",
        ));
    }
    let screen = Screen::open().map_err(|error| {
        Failure::new(
            Exit::Machine,
            format!("the terminal cannot be drawn on: {error}"),
        )
    })?;
    screen.draw(&["looking …".to_owned()]);
    loop {
        match screen.wait(interval) {
            Ended::Asked => return Ok(Exit::Success),
            Ended::Time => {}
        }
        // It may come back.
        match read(&api, company) {
            Ok(status) => screen.draw(&looks.next(status).lines()),
            Err(failure) => screen.draw(&[failure.report.to_string(), "q ends".to_owned()]),
        }
    }
}

/// Looks at a server, one after the other.
struct Looks {
    before: Value,
    at: Instant,
}

impl Looks {
    fn begin(status: Value) -> Looks {
        Looks {
            before: status,
            at: Instant::now(),
        }
    }

    /// What happened since the look before.
    fn next(&mut self, status: Value) -> Frame {
        let now = Instant::now();
        let time = now.duration_since(self.at);
        self.at = now;
        let before = std::mem::replace(&mut self.before, status.clone());
        Frame::between(&before, status, time)
    }
}
