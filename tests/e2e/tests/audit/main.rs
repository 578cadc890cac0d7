//! The log for auditors: exports, what is found in a changed one, proofs that another program accepts, followers.
//!
//! `verify.py` is that other program: Python's standard library, and no code of ours.

mod export;
mod follow;
mod receiver;
mod setup;
mod tampering;
