//! Bindings of the contract, generated from `wit/` by wit-bindgen and committed: a policy builds
//! without a generator (60 s of CPU time less in a first build) and offline. The test `sdk_bindings_match_the_contract`
//! (`tests/suite/tests/contract`) compares them with the contract and, with `PATCHBAY_UPDATE=1`,
//! writes them.
#![allow(missing_docs, unsafe_code, unreachable_pub, unused_qualifications)]
#![allow(clippy::all, clippy::unwrap_used)]

#[rustfmt::skip]
pub mod classification;
#[rustfmt::skip]
pub mod escalation;
#[rustfmt::skip]
pub mod imports;
#[rustfmt::skip]
pub mod lifecycle;
#[rustfmt::skip]
pub mod routing;
#[rustfmt::skip]
pub mod tone;
