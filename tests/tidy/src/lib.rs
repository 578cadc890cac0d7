//! The rules of this repository, as checks that a test runs.
//!
//! A rule is a function from the [`Tree`] to the [`Finding`]s that break it; `tests/rules.rs` runs each of them
//! over the repository and wants none. A rule has no list of exemptions: what cannot keep a rule changes the rule.
//!
//! | file | keeps |
//! |---|---|
//! | `arrows` | the arrows between crates are those of ARCHITECTURE.md |
//! | `owners` | a heavy library, and a delicate call, has one place |
//! | `lengths` | files, functions, front pages and crates stay small |
//! | `documents` | each file says what it is for, and public items are documented |
//! | `names` | a path is a package name; no drawer for what found no name |
//! | `bans` | calls and attributes that the house does without |
//! | `repeats` | no block of code stands twice |
//! | `reach` | no source file is forgotten |
//! | `versions` | versions stand at the root only |
//! | `words` | the text speaks of the software alone |
//! | `proportions` | tests and invariants in proportion to the code |
//!
//! It never changes a file and never looks outside the repository.

mod arrows;
mod bans;
mod documents;
mod facts;
mod finding;
mod lengths;
mod modules;
mod names;
mod owners;
mod proportions;
mod reach;
mod repeats;
mod source;
mod tree;
mod versions;
mod words;

pub use arrows::arrows;
pub use bans::bans;
pub use documents::documents;
pub use finding::{Finding, report};
pub use lengths::lengths;
pub use names::names;
pub use owners::owners;
pub use proportions::proportions;
pub use reach::reach;
pub use repeats::repeats;
pub use source::{Role, Source};
pub use tree::{Dependency, Package, ReadError, Tree};
pub use versions::versions;
pub use words::words;
