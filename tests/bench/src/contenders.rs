//! The contenders.

mod component;
mod luajit;
mod native;
mod quickjs;
mod rego;
mod rhai;

use std::time::Duration;

pub use component::{Component, Packs, engine, open, spec};
pub use luajit::LuaJit;
pub use native::Native;
pub use quickjs::QuickJs;
pub use rego::Rego;
pub use rhai::Rhai;

use crate::answer::Answer;
use crate::company::TEXTS;

/// An engine with the policy.
pub trait Contender {
    /// Name in tables.
    fn name(&self) -> &'static str;

    /// Decides one of [`TEXTS`]; returns the latency of the answer. Work after the
    /// answer counts as CPU time only.
    fn decide(&mut self, text: usize) -> (Answer, Duration);

    /// Whether it is a script engine: warm, without isolation.
    fn is_script(&self) -> bool {
        false
    }
}

/// All contenders, in the order of the tables.
pub fn all(packs: &Packs) -> Vec<Box<dyn Contender>> {
    let made_ahead = engine(2);
    let on_request = engine(0);
    vec![
        Box::new(Component::new(
            "component, fresh, prepared",
            &made_ahead,
            packs,
            0,
        )),
        Box::new(Component::new(
            "component, fresh, on demand",
            &on_request,
            packs,
            0,
        )),
        Box::new(Component::new(
            "component, reused",
            &made_ahead,
            packs,
            u32::MAX,
        )),
        Box::new(QuickJs::new()),
        Box::new(LuaJit::new()),
        Box::new(Rhai::new()),
        Box::new(Rego::new()),
        Box::new(Native::new()),
    ]
}

/// Compares the answers of all contenders.
///
/// # Panics
/// If two contenders answer differently.
pub fn compare(contenders: &mut [Box<dyn Contender>]) {
    for (index, text) in TEXTS.iter().enumerate() {
        let answers: Vec<(&str, String)> = contenders
            .iter_mut()
            .map(|contender| {
                let (answer, _) = contender.decide(index);
                let canonical = serde_json::to_string(&answer).expect("an answer is JSON");
                (contender.name(), canonical)
            })
            .collect();
        for (name, answer) in &answers[1..] {
            assert_eq!(
                answer, &answers[0].1,
                "{name} and {} answer {text:?} differently",
                answers[0].0
            );
        }
    }
}
