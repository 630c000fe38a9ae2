//! Feeds a parser of outside input with mutated inputs. The parser must neither
//! panic, nor hang, nor allocate more than a bound.
//!
//! A test names valid inputs and the words of their language; the same cases run
//! each time. With `PATCHBAY_FUZZ_SECONDS` in the environment, random cases run
//! for so many seconds instead, and the figures are printed every half minute;
//! `PATCHBAY_FUZZ_SEED`, a number, repeats such a run, and each file of the
//! directory `PATCHBAY_FUZZ_CORPUS` is one more valid input.

mod allocation;
mod mutation;
mod outline;
mod report;
mod watchdog;

use std::cell::{Cell, RefCell};
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::time::Duration;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use rustix::time::{ClockId, clock_gettime};

pub use allocation::peak_of;
use mutation::{Material, Mutation};
use outline::Outline;
use report::Report;
use watchdog::Watchdog;

/// Seconds that a test runs with random cases.
const SECONDS: &str = "PATCHBAY_FUZZ_SECONDS";
/// Number from which the random cases follow. Default: another one each time.
const SEED: &str = "PATCHBAY_FUZZ_SEED";
/// Directory with further inputs for a run with random cases.
const CORPUS: &str = "PATCHBAY_FUZZ_CORPUS";
/// Longest input, in bytes.
const INPUT_BYTES: usize = 1 << 20;
/// Longest processor time of a call on its own thread, in a debug build.
const LONGEST: Duration = Duration::from_secs(20);
/// Longest search for a smaller input with the same fault.
const SHRINK_MILLISECONDS: u32 = 60_000;
/// Time between two figures of a long run.
const FIGURES: Duration = Duration::from_secs(30);

/// What a parser made of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It is valid, and the rules behind the syntax were reached.
    Accepted,
    /// It is refused.
    Rejected,
}

impl<T, E> From<&Result<T, E>> for Reading {
    fn from(result: &Result<T, E>) -> Reading {
        match result {
            Ok(_) => Reading::Accepted,
            Err(_) => Reading::Rejected,
        }
    }
}

/// Valid inputs of a parser, from which the others are made.
pub struct Corpus {
    seeds: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    cases: u32,
    most_allocated: usize,
    least_accepted: u64,
}

/// Bytes that print as text.
#[derive(Clone)]
struct Input(Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes: {}", self.0.len(), self.0.escape_ascii())
    }
}

impl Corpus {
    /// A corpus of these inputs, of which at least one is needed. If all are text,
    /// mutations also exchange whole tokens, brackets and lines.
    pub fn of<S: AsRef<[u8]>>(seeds: impl IntoIterator<Item = S>) -> Corpus {
        let seeds = seeds.into_iter().map(|seed| seed.as_ref().to_vec());
        Corpus {
            seeds: seeds.collect(),
            words: Vec::new(),
            cases: 1_000,
            most_allocated: 64 << 20,
            least_accepted: 10,
        }
    }

    /// Adds words that mutations insert: names of fields, brackets, numbers.
    pub fn words(mut self, words: &[&str]) -> Corpus {
        let words = words.iter().map(|word| word.as_bytes().to_vec());
        self.words.extend(words);
        self
    }

    /// Number of cases, instead of 1,000: fewer for a parser that takes long.
    pub fn cases(mut self, cases: u32) -> Corpus {
        self.cases = cases;
        self
    }

    /// Most bytes that the parser may hold at a time on the calling thread,
    /// instead of 64 MiB.
    pub fn most_allocated(mut self, bytes: usize) -> Corpus {
        self.most_allocated = bytes;
        self
    }

    /// Least percent of the inputs that the parser accepts, instead of 10: with
    /// fewer, the run tests only the parser's first checks.
    pub fn least_accepted(mut self, percent: u64) -> Corpus {
        self.least_accepted = percent;
        self
    }

    /// Calls `check` with every input.
    ///
    /// # Panics
    /// When `check` panics, holds more memory than allowed, or takes 20 s of processor
    /// time; with the smallest input found for which it does. When it accepts too few
    /// inputs. A call of five minutes ends the process.
    pub fn run(mut self, check: impl Fn(&[u8]) -> Reading) {
        let seconds = number_of(SECONDS);
        if seconds.is_some() {
            self.seeds.extend(further_seeds());
        }
        let watchdog = Watchdog::start();
        let report = RefCell::new(Report::start());
        let measured = |input: &Input| -> Result<(), TestCaseError> {
            let began = processor_time();
            let reading = Cell::new(Reading::Rejected);
            let held = watchdog.watch(&input.0, || peak_of(|| reading.set(check(&input.0))));
            let took = processor_time().saturating_sub(began);
            report.borrow_mut().add(reading.get(), took, held);
            if held > self.most_allocated {
                let most = self.most_allocated;
                let message = format!("held {held} bytes; at most {most}");
                return Err(TestCaseError::fail(message));
            }
            if took > LONGEST {
                return Err(TestCaseError::fail(format!("took {took:?}")));
            }
            Ok(())
        };
        for seed in &self.seeds {
            let seed = Input(seed.clone());
            if let Err(error) = measured(&seed) {
                panic!("{error}: {seed:?}");
            }
        }
        match seconds {
            Some(seconds) => self.run_long(Duration::from_secs(seconds), &report, measured),
            None => {
                let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
                self.run_cases(rng, measured);
            }
        }
        let accepted = report.borrow().accepted_percent();
        let least = self.least_accepted;
        assert!(
            accepted >= least,
            "{accepted} % accepted, less than {least}"
        );
    }

    fn run_long(
        &self,
        time: Duration,
        report: &RefCell<Report>,
        measured: impl Fn(&Input) -> Result<(), TestCaseError>,
    ) {
        let seed = number_of(SEED).unwrap_or_else(|| RandomState::new().hash_one(SEED));
        print(&format!("{SEED}={seed}"));
        let mut printed = Duration::ZERO;
        let mut batch: u64 = 0;
        while report.borrow().elapsed() < time {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&seed.to_le_bytes());
            bytes[8..16].copy_from_slice(&batch.to_le_bytes());
            self.run_cases(TestRng::from_seed(RngAlgorithm::ChaCha, &bytes), &measured);
            batch += 1;
            let elapsed = report.borrow().elapsed();
            if elapsed >= printed + FIGURES || elapsed >= time {
                printed = elapsed;
                print(&report.borrow().to_string());
            }
        }
    }

    fn run_cases(&self, rng: TestRng, measured: impl Fn(&Input) -> Result<(), TestCaseError>) {
        let config = Config {
            cases: self.cases,
            failure_persistence: None,
            max_shrink_time: SHRINK_MILLISECONDS,
            ..Config::default()
        };
        let result =
            TestRunner::new_with_rng(config, rng).run(&self.inputs(), |input| measured(&input));
        if let Err(error) = result {
            panic!("{error}");
        }
    }

    fn inputs(&self) -> impl Strategy<Value = Input> {
        let material = Material {
            seeds: self.seeds.clone(),
            outlines: self.seeds.iter().map(|seed| Outline::of(seed)).collect(),
            words: self.words.clone(),
        };
        let is_text = self
            .seeds
            .iter()
            .all(|seed| std::str::from_utf8(seed).is_ok());
        let lists = Mutation::lists(is_text);
        (0..self.seeds.len(), lists).prop_map(move |(seed, mutations)| {
            let mut bytes = material.seeds[seed].clone();
            for mutation in mutations {
                mutation.apply(&mut bytes, &material);
                bytes.truncate(INPUT_BYTES);
            }
            Input(bytes)
        })
    }
}

/// Processor time of the calling thread: other work of the machine does not count.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Calls `check` with each input that is UTF-8, for parsers of text.
pub fn text(check: impl Fn(&str) -> Reading) -> impl Fn(&[u8]) -> Reading {
    move |bytes| match std::str::from_utf8(bytes) {
        Ok(text) => check(text),
        Err(_) => Reading::Rejected,
    }
}

/// The files of the directory that the environment names.
fn further_seeds() -> Vec<Vec<u8>> {
    let directory = std::env::var_os(CORPUS).map(std::fs::read_dir);
    let files = directory.into_iter().flatten().flatten().flatten();
    files
        .filter_map(|file| std::fs::read(file.path()).ok())
        .collect()
}

/// The number in a variable of the environment.
fn number_of(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[allow(clippy::print_stderr, reason = "the figures of a long run")]
fn print(text: &str) {
    eprintln!("{text}");
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn fault_of(check: impl Fn(&[u8])) -> String {
        let corpus = Corpus::of(["{\"a\": 1}"]).words(&["crash"]).cases(2_000);
        let corpus = corpus.most_allocated(1 << 20);
        let accept = |bytes: &[u8]| {
            check(bytes);
            Reading::Accepted
        };
        let caught = catch_unwind(AssertUnwindSafe(|| corpus.run(accept)));
        let fault = caught.expect_err("a fault is found");
        fault.downcast_ref::<String>().expect("a text").clone()
    }

    fn has_word(bytes: &[u8]) -> bool {
        bytes.windows(5).any(|five| five == b"crash")
    }

    #[test]
    fn a_panic_is_found_with_its_input() {
        let fault = fault_of(|bytes| assert!(!has_word(bytes)));
        assert!(fault.contains("crash"), "{fault}");
    }

    #[test]
    fn an_allocation_beyond_the_bound_is_found() {
        let fault = fault_of(|bytes| {
            if has_word(bytes) {
                std::hint::black_box(vec![1_u8; 2 << 20]);
            }
        });
        assert!(fault.contains("held 2"), "{fault}");
    }

    #[test]
    fn a_parser_without_a_fault_passes() {
        Corpus::of(["{}", "[1]"]).run(|bytes| {
            std::hint::black_box(bytes.len());
            Reading::Accepted
        });
    }

    #[test]
    #[should_panic(expected = "0 % accepted, less than 10")]
    fn a_run_in_which_the_parser_accepts_nothing_fails() {
        Corpus::of(["{}"]).run(|_| Reading::Rejected);
    }
}
