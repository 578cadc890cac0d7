//! Mistakes in what the simulation does itself, each of which a checker has to find.
//!
//! They are negative controls: a suite that stays green with one of them would stay green with anything.

/// A mistake that is made on purpose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sabotage {
    /// None.
    #[default]
    None,
    /// Each try of a start has a token of its own.
    RandomToken,
    /// Each try of a start asks for something else.
    RebuiltRequest,
    /// The disk says that a group is there, and loses it when the process dies.
    LyingSync,
    /// What runs is never listed again after the start of the server.
    NoSweep,
    /// Runs of another cluster are taken for the server's own.
    TakesStrangers,
    /// An exit code is made up.
    InventedExitCode,
    /// A call that failed is never tried again.
    NoRetry,
    /// A record is changed on the disk, its checksums made right.
    ChangedRecord,
    /// Each try of an exec's start has an identity of its own.
    ExecRenamed,
    /// Interfaces are said to have come, and have not.
    WireForgotten,
    /// Networks are never looked at by the start of a server.
    NoNetworkSweep,
    /// A server that starts does not close what its forerunner had open.
    NoBoot,
    /// A client takes another key for each try.
    KeyForgotten,
}

impl Sabotage {
    /// All mistakes, each with the name of the checker that finds it.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::RandomToken, "one_workload"),
        (Self::RebuiltRequest, "frozen_request"),
        (Self::LyingSync, "acknowledged"),
        (Self::NoSweep, "converges"),
        (Self::TakesStrangers, "strangers"),
        (Self::InventedExitCode, "exit_code"),
        (Self::NoRetry, "converges"),
        (Self::ChangedRecord, "chain"),
        (Self::ExecRenamed, "one_exec"),
        (Self::WireForgotten, "interfaces"),
        (Self::NoNetworkSweep, "networks"),
        (Self::NoBoot, "closed"),
        (Self::KeyForgotten, "created_once"),
    ];
}
