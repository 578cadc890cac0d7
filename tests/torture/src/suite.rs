//! The suites that have a long form. One that is new is one more entry here.

use std::process::Command;

use crate::figure::Figures;
use crate::process::command;

/// A suite, and how its long form is run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suite {
    /// Its name, which its figures carry as well; those of its parts may follow after a dash.
    pub(crate) name: &'static str,
    /// What it tries, for the report.
    pub(crate) what: &'static str,
    /// What is wanted of all runs together, by the name in the figures.
    pub(crate) goals: &'static [(&'static str, u64)],
    /// Its part of the budget, beside those of the others.
    pub(crate) part: u32,
    /// What runs it.
    pub(crate) runs: Runs,
    /// How much is tried.
    pub(crate) extent: Extent,
}

/// What runs a suite. Its seed and how much it tries are in variables.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Runs {
    /// A test, built before the time begins.
    Test {
        /// The arguments of cargo up to the test's own.
        cargo: &'static str,
        /// The arguments of the test.
        test: &'static str,
    },
    /// A script of this repository, which runs the binary as it is built.
    Script(&'static str),
}

/// How much a suite tries in one run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Extent {
    /// As often as a variable says.
    Count {
        /// The variable.
        variable: &'static str,
        /// How often in the first run, which measures.
        first: u64,
        /// How often in one run at most, so that progress is seen.
        most: u64,
    },
    /// All that there is, once; it is left out where its part of the budget is too short.
    Whole {
        /// The variable that asks for the long form.
        variable: &'static str,
        /// About how long it takes on two processors.
        seconds: u64,
    },
}

/// How much larger the part of a suite is that is short of what is wanted.
const SHORT_PARTS: u32 = 3;

impl Runs {
    /// The command that builds what is run, where anything has to be built.
    pub(crate) fn build(self) -> Option<Command> {
        let Self::Test { cargo, .. } = self else { return None };
        let arguments: Vec<&str> = cargo.split(' ').chain(["--no-run"]).collect();
        Some(command("cargo", &arguments))
    }

    /// The command that runs it.
    pub(crate) fn command(self) -> Command {
        let (cargo, test) = match self {
            Self::Script(path) => return command(path, &[]),
            Self::Test { cargo, test } => (cargo, test),
        };
        let arguments: Vec<&str> = cargo.split(' ').chain(["--", test, "--nocapture"]).collect();
        command("cargo", &arguments)
    }
}

impl Suite {
    /// Its part of the budget beside those of the others, after all runs that made `totals`: larger while it is short of a goal.
    pub(crate) fn part_after(&self, totals: &[Figures]) -> u32 {
        let tried = |name: &str| {
            let figures = totals.iter().find(|figures| figures.suite == name);
            figures.map_or(0, |figures| figures.tried)
        };
        let is_short = self.goals.iter().any(|(name, wanted)| tried(name) < *wanted);
        if is_short { self.part * SHORT_PARTS } else { self.part }
    }
}

/// All of them, in the order in which they are run.
pub(crate) const SUITES: &[Suite] = &[
    Suite {
        name: "kill-loop",
        what: "kills of the server under load; every acknowledged change is there once after the restart",
        goals: &[("kill-loop", 10_000)],
        part: 4,
        runs: Runs::Test {
            cargo: "test --release -p tests-e2e --test kill_loop",
            test: "nothing_acknowledged",
        },
        extent: Extent::Count { variable: "SOCKERLESS_TEST_KILLS", first: 40, most: 1000 },
    },
    Suite {
        name: "swapped-links",
        what: "archives read and written while links are swapped below; nothing outside is read or changed",
        goals: &[("swapped-links", 20_000)],
        part: 1,
        runs: Runs::Test { cargo: "test --release -p backends-images --lib", test: "swapped" },
        extent: Extent::Count { variable: "SOCKERLESS_TEST_SWAPS", first: 500, most: 10_000 },
    },
    Suite {
        name: "journal",
        what: "kills of the journal's writer at any time; nothing acknowledged is lost",
        goals: &[],
        part: 1,
        runs: Runs::Test { cargo: "test --release -p journal-rocks --test suite", test: "kill::" },
        extent: Extent::Whole { variable: "JOURNAL_ROCKS_LONG", seconds: 120 },
    },
    Suite {
        name: "journal-calls",
        what: "the journal's writer killed at, or failed by, each of its system calls; nothing acknowledged is lost",
        goals: &[("journal-calls-killed", 722)],
        part: 2,
        runs: Runs::Test { cargo: "test --release -p journal-rocks --test suite", test: "calls::" },
        extent: Extent::Count { variable: "SOCKERLESS_TEST_POINTS", first: 40, most: 2000 },
    },
    Suite {
        name: "powercut",
        what: "power cuts under the journal's writer, with what was not synced gone in part and torn; nothing acknowledged is lost",
        goals: &[("powercut", 2000)],
        part: 3,
        runs: Runs::Test { cargo: "test --release -p journal-rocks --test suite", test: "power::" },
        extent: Extent::Count { variable: "SOCKERLESS_TEST_CUTS", first: 30, most: 500 },
    },
    Suite {
        name: "damage",
        what: "a data directory damaged in one way; repaired, or refused by name, and never silently another",
        goals: &[("damage-flips", 100_000), ("damage-truncations", 10_000)],
        part: 4,
        runs: Runs::Test { cargo: "test --release -p tests-damage --test damage", test: "every" },
        extent: Extent::Count { variable: "SOCKERLESS_TEST_DAMAGES", first: 1000, most: 20_000 },
    },
    Suite {
        name: "sim",
        what: "container-hours simulated under faults of all kinds; nothing lost, doubled, stuck or left behind",
        goals: &[("sim", 1_000_000)],
        part: 3,
        runs: Runs::Test {
            cargo: "test --release -p tests-sim --test suite",
            test: "nothing_is_lost",
        },
        extent: Extent::Count {
            variable: "SOCKERLESS_TEST_SIM_HOURS",
            first: 10_000,
            most: 100_000,
        },
    },
    Suite {
        name: "fuzz",
        what: "a decoder given changed samples; it panics at none, hangs at none, and takes no record for another",
        goals: &[],
        part: 1,
        runs: Runs::Test { cargo: "test -p tests-fuzz --test fuzz", test: "changed" },
        extent: Extent::Count { variable: "SOCKERLESS_TEST_INPUTS", first: 4000, most: 1_000_000 },
    },
    Suite {
        name: "server-calls",
        what: "the server killed at each of its system calls; nothing acknowledged is lost, nothing is started twice",
        goals: &[("server-calls-storage", 1000), ("server-calls-starting", 1000)],
        part: 3,
        runs: Runs::Test { cargo: "test --release -p tests-e2e --test kill_loop", test: "calls::" },
        extent: Extent::Count { variable: "SOCKERLESS_TEST_POINTS", first: 20, most: 1000 },
    },
    Suite {
        name: "server-failures",
        what: "writes and syncs of the server's journal that fail; it ends at once and nothing acknowledged is lost",
        goals: &[],
        part: 1,
        runs: Runs::Test {
            cargo: "test --release -p tests-e2e --test server",
            test: "j_011_a_failed",
        },
        extent: Extent::Count { variable: "SOCKERLESS_TEST_POINTS", first: 4, most: 500 },
    },
    Suite {
        name: "server-powercut",
        what: "power cuts under the whole server, with what was not synced gone in part and torn; nothing it has answered is lost",
        goals: &[("server-powercut", 2000)],
        part: 3,
        runs: Runs::Test {
            cargo: "test --release -p tests-e2e --test server",
            test: "power::nothing_answered",
        },
        extent: Extent::Count { variable: "SOCKERLESS_TEST_CUTS", first: 10, most: 100 },
    },
    Suite {
        name: "schema",
        what: "calls made of the API's schema, as it allows them and as it does not; none fails in the server or ends it",
        goals: &[("schema", 100_000)],
        part: 2,
        runs: Runs::Script("ops/setup/schema.sh"),
        extent: Extent::Count { variable: "SOCKERLESS_TEST_CASES", first: 10, most: 150 },
    },
    Suite {
        name: "modules",
        what: "modules of WebAssembly that were drawn, put together to do harm, or damaged; each is refused, ends, or is ended",
        goals: &[],
        part: 2,
        runs: Runs::Test {
            cargo: "test --release -p tests-e2e --test server",
            test: "modules::modules",
        },
        extent: Extent::Count { variable: "SOCKERLESS_TEST_MODULES", first: 100, most: 2000 },
    },
    Suite {
        name: "audit",
        what: "changes of an export, many made right again; each found by the export and the public key alone",
        goals: &[("audit", 100_000)],
        part: 1,
        runs: Runs::Test { cargo: "test --release -p journal-audit --lib", test: "every_mutation" },
        extent: Extent::Count { variable: "SOCKERLESS_TEST_MUTATIONS", first: 5_000, most: 50_000 },
    },
];

#[cfg(test)]
mod tests;
