//! The routes under requests: status, headers, body, and what is on record.
//!
//! Each test has a server of its own on a unix socket, over an engine with a journal in memory and a backend that
//! runs what the test says.

mod routes {
    mod harness;
    mod system;
    mod unanswered;
}
