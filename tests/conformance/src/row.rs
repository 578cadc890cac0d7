//! One acceptance row as data: what it is called, what a stock dockerd does, and the check itself.

use std::pin::Pin;

use anyhow::Result;

use crate::cli::Podman;
use crate::cx::Cx;

/// The check of a row.
type Check = fn(Cx) -> Pin<Box<dyn Future<Output = Result<()>>>>;

/// One check of one acceptance row, for any endpoint.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The name: the row's id and a sentence, as in `d_031_the_exit_code_is_the_programs_own`.
    pub name: &'static str,
    /// What a stock dockerd does with it.
    pub oracle: Oracle,
    /// The podman client that it is asked with, where it asks one.
    pub podman: Podman,
    /// The check.
    pub check: Check,
}

/// What a stock dockerd does with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oracle {
    /// It passes: where it does not, the check is wrong.
    Passes,
    /// It knows the behaviour from this API version on, as major and minor.
    KnowsFrom(u32, u32),
    /// It behaves in another way on purpose.
    Differs(&'static str),
}

impl Oracle {
    /// Why an oracle of the API version `api` cannot be asked, or none where it can.
    pub fn silent_because(self, api: (u32, u32)) -> Option<String> {
        match self {
            Self::Passes => None,
            Self::KnowsFrom(major, minor) if api >= (major, minor) => None,
            Self::KnowsFrom(major, minor) => Some(format!("known from API {major}.{minor} on")),
            Self::Differs(why) => Some(why.to_owned()),
        }
    }
}

/// What a dockerd does with podman's own API.
pub(crate) const NO_PODMAN: Oracle = Oracle::Differs("a dockerd does not speak podman's API");

/// Lists the rows of a chapter: `rows![d_001_…, d_002_… (Oracle::KnowsFrom(1, 42)), …]`.
macro_rules! rows {
    ($($name:ident $(($oracle:expr))?),* $(,)?) => {
        &[$($crate::row::Row {
            name: stringify!($name),
            oracle: $crate::row::rows!(@oracle $($oracle)?),
            podman: $crate::cli::Podman::Installed,
            check: |cx| Box::pin($name(cx)),
        }),*]
    };
    (@oracle) => { $crate::row::Oracle::Passes };
    (@oracle $oracle:expr) => { $oracle };
}

/// Lists the rows of podman's own API, each twice: asked with the client that is installed, and with podman 5.
macro_rules! podman_rows {
    ($($name:ident),* $(,)?) => {
        &[$(
            $crate::row::podman_rows!(@one $name "_with_podman", Installed),
            $crate::row::podman_rows!(@one $name "_with_podman_5", Five),
        )*]
    };
    (@one $name:ident $client:literal, $podman:ident) => {
        $crate::row::Row {
            name: concat!(stringify!($name), $client),
            oracle: $crate::row::NO_PODMAN,
            podman: $crate::cli::Podman::$podman,
            check: |cx| Box::pin($name(cx)),
        }
    };
}

pub(crate) use podman_rows;
pub(crate) use rows;

#[cfg(test)]
mod tests;
