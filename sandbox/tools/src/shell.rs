//! Tools that scripts are made of: words, conditions, numbers, and other programs.

pub(crate) mod echo;
pub(crate) mod env;
pub(crate) mod expr;
pub(crate) mod printf;
pub(crate) mod run;
pub(crate) mod test;
pub(crate) mod xargs;
