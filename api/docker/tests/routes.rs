//! The routes under requests: status, headers, body, and what is on record.
//!
//! Each test has a server of its own on a unix socket, over an engine with a journal in memory and a backend that
//! runs what the test says.

#[cfg(test)]
mod routes {
    mod archives;
    mod bad_input;
    mod copy;
    mod create;
    mod exec;
    mod gate;
    mod harness;
    mod images;
    mod inspect;
    mod lifecycle;
    mod list;
    mod making;
    mod networks;
    mod overload;
    mod past;
    mod policy;
    mod pools;
    mod reads;
    mod record;
    mod secrets;
    mod system;
    mod unanswered;
    mod volumes;
    mod watch;
}
