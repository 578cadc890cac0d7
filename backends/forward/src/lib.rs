//! Sends the output of containers elsewhere, while it is kept here too: the log driver `syslog`.
//!
//! | module | what it does |
//! |---|---|
//! | `forwarder` | knows whose output is sent, from before a run begins until all of it is sent |
//! | `stream` | the task of one container: reads what is kept, sends it, notes how far it is |
//! | `note` | that note, on the disk |
//! | `message` | a line in the forms of syslog: pure |
//! | `receiver` | connections to those who take it |
//!
//! Nothing waits for a receiver but the task of the container that sends to it: output is read from what is kept, a few
//! lines at a time. What was sent is noted after it was sent, so after a kill some lines may come twice, and none is missing.

mod forwarder;
mod message;
mod note;
mod receiver;
mod stream;

pub use forwarder::{ForwardOptions, Forwarder, TagOf};
pub use receiver::Admits;
