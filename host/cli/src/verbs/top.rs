//! `patchbay top`: rates, latencies and queues of a running server, from its API.

mod frame;
mod screen;

use std::io::IsTerminal;
use std::thread::sleep;
use std::time::{Duration, Instant};

use patchbay_command::args::TopArgs;
use patchbay_command::exit::{Exit, Failure, Outcome};
use patchbay_command::{output, server};
use serde_json::Value;

use super::status::read;

use frame::Frame;
use screen::{Screen, WaitResult};

pub(crate) fn run(args: &TopArgs) -> Outcome {
    let api = server::connect(&args.config)?;
    let company = args.company.as_deref();
    let interval = Duration::from(args.interval);
    let mut sampler = Sampler::new(read(&api, company)?);
    if args.once {
        sleep(interval);
        let frame = sampler.next(read(&api, company)?);
        return output::result(args.json, &frame.document, || {
            frame.lines().iter().try_for_each(output::line)
        });
    }
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Failure::advised(
            Exit::Usage,
            "`patchbay top` needs a terminal as its input and output",
            "`patchbay top --once` prints one interval and exits",
        ));
    }
    let screen = Screen::open()
        .map_err(|error| Failure::machine(format!("cannot draw on the terminal: {error}")))?;
    screen.draw(&["waiting for the first interval …".to_owned()]);
    loop {
        match screen.wait(interval) {
            WaitResult::Quit => return Ok(Exit::Success),
            WaitResult::Timeout => {}
        }
        // The server may be restarting.
        match read(&api, company) {
            Ok(status) => screen.draw(&sampler.next(status).lines()),
            Err(failure) => {
                screen.draw(&[failure.report.to_string(), "press q to exit".to_owned()])
            }
        }
    }
}

/// Turns samples of the status into frames.
struct Sampler {
    before: Value,
    at: Instant,
}

impl Sampler {
    fn new(status: Value) -> Sampler {
        Sampler {
            before: status,
            at: Instant::now(),
        }
    }

    /// The frame since the sample before.
    fn next(&mut self, status: Value) -> Frame {
        let now = Instant::now();
        let time = now.duration_since(self.at);
        self.at = now;
        let before = std::mem::replace(&mut self.before, status.clone());
        Frame::between(&before, status, time)
    }
}
