//! Damage to a whole data directory: what is damaged is repaired or refused by name; nothing is lost silently.
//!
//! A golden directory is written once by the real journal and engine. A trial takes a copy of it, damages it in one
//! way, and opens it as a server does. It has to end with the state that was written, and a word about what was
//! repaired, or with a refusal that names the first bad record, after which everything is as it was. Trials run in
//! a child process under a time limit, so that a hang and a crash are found too.
//!
//! Only bytes are damaged here. Power cuts, kills and full disks are other suites'.

mod child;
mod files;
mod golden;
mod harm;
mod parent;
mod place;
mod settings;
mod trial;

pub use child::serve;
pub use golden::{Golden, make};
pub use harm::{Harm, Kind};
pub use parent::{Run, Totals, run};
pub use settings::{damages, fast_folder, seed};
pub use trial::{Outcome, Trial};
