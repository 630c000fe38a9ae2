//! Workflow documents and expressions of Twilio TaskRouter.
//!
//! [`Workflow::read`] reads a document and names everything in it that it does not know, with its
//! path. [`Expression::parse`] reads one expression, [`Expression::holds`] evaluates it.
//! The vendor's documentation is the reference: `tests/expressions.json` lists its rules with examples,
//! and the rules that were chosen where it says nothing.
//!
//! [`Facts`] say what an attribute of a worker is on an agent of Patchbay, and a [`Requirement`] is what an
//! expression then requires of one. The policy of `plugins/taskrouter-workflow` and `patchbay pack import`
//! both build on this.

mod evaluation;
mod expression;
mod facts;
mod names;
mod number;
mod parser;
mod problem;
mod requirement;
mod text;
mod token;
mod value;
mod workflow;

pub use expression::{
    Comparison, Expression, Operand, Operator, Reference, Scope, Segment, SyntaxError,
};
pub use facts::{Fact, Facts, Profile};
pub use names::code_of;
pub use parser::Place;
pub use problem::{Problem, escape_pointer};
pub use requirement::Requirement;
pub use value::Value;
pub use workflow::{
    Direction, Filter, Identity, KnownWorker, OrderClause, Target, Workflow, read_order,
};
