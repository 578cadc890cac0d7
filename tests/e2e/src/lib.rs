//! What only our own server can be asked, under real clients.
//!
//! | suite | what it runs |
//! |---|---|
//! | `server` | restarts, locks, listeners, the journal, leftovers; a server for each test |
//! | `audit` | exports, their verification by us and by another program, proofs, followers |
//! | `page` | the operations page in a browser |
//! | `kill_loop` | clients under load while the server is killed again and again, and a checker of their history |
//!
//! What any endpoint can be asked is a row of `tests/conformance`, whose harness these suites use. This library is
//! what the environment tells them, and what they tell.

mod figures;
mod settings;

pub use figures::{Figures, tell};
pub use settings::{cuts, kills, modules, points, seed};
