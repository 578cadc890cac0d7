//! Tools that read text and write text.

pub(crate) mod cat;
