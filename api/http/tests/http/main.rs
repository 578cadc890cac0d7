//! The server from outside: over real sockets, with bytes that no client library would send.

mod harness;
mod hijacked;
mod limits;
mod listening;
mod requests;
mod smuggling;
mod websockets;
