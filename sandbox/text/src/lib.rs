//! The tools of the wasm engine's shell that read text and write text, as busybox has them.
//!
//! Each is a function of a [`Call`](sandbox_world::call::Call); [`TOOLS`] lists them. They read and write streams and
//! files of the call's world alone, by lines or chunks, and hold no more than they must: `sort`, `tac`, `diff` and
//! `shuf` hold their input, `sed` a line and the next.

mod awk;
mod base64;
mod cat;
mod columns;
mod compare;
mod cut;
mod diff;
mod dump;
mod grep;
mod head;
mod od;
mod sed;
mod seq;
mod sort;
mod split;
mod sums;
mod table;
mod tail;
mod tr;
mod tsort;
mod uniq;
mod wc;

pub use table::TOOLS;
