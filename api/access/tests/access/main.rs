//! Who is let in over TLS, asked by clients over real sockets.

mod authority;
mod harness;
mod letting_in;
mod streams;
mod tokens;
