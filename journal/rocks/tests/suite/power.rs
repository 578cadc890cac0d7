//! A writer on a disk that loses power: whatever it acknowledged is there, however much of the rest is not.
//!
//! `SOCKERLESS_TEST_CUTS` sets how often the power is cut, `SOCKERLESS_TEST_SEED` repeats a run's draws.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustix::process::{Pid, Signal, kill_process};
use tests_e2e::{Figures, cuts, points, seed, tell};
use tests_powercut::{Cut, Image, Lie, Moment, Mount};

use crate::writer::{Acknowledged, arguments, run};

/// Cuts of a plain run.
const CUTS: u32 = 30;

/// Cuts that one journal goes through before the next begins with an empty disk.
const LIVES: u32 = 10;

/// Operations of an opening: a cut among them hits the making, or the mending, of a journal.
const OPENING_OPERATIONS: u64 = 80;

/// Operations up to which the power is cut: enough for the witness to go round and for some flushes.
const OPERATIONS_MAX: u64 = 900;

/// Groups of a script that is killed at every operation.
const SCRIPT_GROUPS: u32 = 120;

/// Operations of that script at which a plain run kills.
const POINTS: u32 = 30;

/// More groups than are written before the power goes.
const ENDLESS: u32 = u32::MAX;

/// A journal on a disk, through many cuts.
struct Life {
    folder: tempfile::TempDir,
    image: Image,
    acknowledged: Acknowledged,
}

impl Life {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, image: Image::empty(), acknowledged: Acknowledged::default() }
    }

    fn mount(&self, lie: Lie) -> Mount {
        Mount::new(self.folder.path(), self.image.clone(), lie).unwrap()
    }

    /// Has a writer work until the power goes at a drawn operation, and checks what is left.
    fn cut(&mut self, lie: Lie, random: &mut fastrand::Rng) -> Result<(), String> {
        let operation = match random.u8(..3) {
            0 => random.u64(1..=OPENING_OPERATIONS),
            _ => random.u64(1..=OPERATIONS_MAX),
        };
        let cut = Cut::draw(random);
        let mount = self.mount(lie);
        mount.plan(operation, Moment::Cut(cut, random.u64(..)));
        let arguments = arguments(&journal(mount.path()), ENDLESS);
        let status = run(&arguments, &mut self.acknowledged, |_| ());
        let what = format!("{cut:?} at operation {operation}");
        assert!(mount.is_cut(), "{what}: it ended by itself with {status}");
        self.image = mount.end().unwrap();
        if status.code() == Some(65) {
            return Err(format!("{what}: it refused what the cut before had left"));
        }
        assert_eq!(status.code(), Some(70), "{what}: a failed disk ends the writer at once");
        self.check().map_err(|error| format!("{what}: {error}\n{}", self.image.listing()))
    }

    /// Checks a copy of the disk, so that the next writer meets what the cut has left; and another without its witness.
    fn check(&self) -> Result<(), String> {
        self.check_copy(Acknowledged::check)?;
        self.check_copy(Acknowledged::check_database)
    }

    fn check_copy(
        &self,
        check: impl FnOnce(&Acknowledged, &Path) -> Result<(), String>,
    ) -> Result<(), String> {
        let mount = self.mount(Lie::No);
        let result = check(&self.acknowledged, &journal(mount.path()));
        mount.end().unwrap();
        result
    }
}

fn journal(disk: &Path) -> std::path::PathBuf {
    disk.join("journal")
}

#[test]
fn nothing_acknowledged_is_lost_by_a_power_cut() {
    let (cuts, seed) = (u64::from(cuts(CUTS).unwrap()), seed().unwrap());
    let mut figures = Figures::new("powercut", seed);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut life = Life::new();
    for number in 0..cuts {
        if number % u64::from(LIVES) == 0 {
            life = Life::new();
        }
        let before = life.acknowledged.groups();
        if let Err(error) = life.cut(Lie::No, &mut random) {
            figures.lost();
            figures.print();
            panic!("cut {number}, SOCKERLESS_TEST_SEED={seed}: {error}");
        }
        figures.tried(cuts);
        figures.add("acknowledged", life.acknowledged.groups() - before);
    }
    figures.print();
}

#[test]
fn a_disk_that_lies_about_syncs_is_found_to_lose() {
    let seed = seed().unwrap();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut found = 0;
    for _ in 0..6 {
        let mut life = Life::new();
        // A cut before anything was acknowledged loses nothing, and one that keeps everything neither.
        found += u32::from((0..4).any(|_| life.cut(Lie::Sync, &mut random).is_err()));
    }
    tell(&format!("of 6 disks that lied, {found} were found to lose, seed {seed}"));
    assert!(found >= 3, "{found} of 6 were found out, SOCKERLESS_TEST_SEED={seed}");
}

#[test]
fn a_writer_killed_at_any_operation_loses_nothing_acknowledged() {
    let (points, seed) = (u64::from(points(POINTS).unwrap()), seed().unwrap());
    let life = Life::new();
    let mount = life.mount(Lie::No);
    let script = arguments(&journal(mount.path()), SCRIPT_GROUPS);
    let status = run(&script, &mut Acknowledged::default(), |_| ());
    assert!(status.success(), "{status}");
    let operations = mount.operations();
    mount.end().unwrap();
    // Spread evenly; the seed says where the first is.
    let step = (operations / points).max(1);
    let first = fastrand::Rng::with_seed(seed).u64(1..=step);
    let mut figures = Figures::new("powercut-kills", seed);
    for operation in (first..=operations).step_by(usize::try_from(step).unwrap()) {
        kill_at(operation).unwrap_or_else(|error| {
            panic!("killed at operation {operation} of {operations}: {error}");
        });
        figures.tried(operations / step);
    }
    figures.add("operations_max", operations);
    figures.print();
}

/// Runs the script on an empty disk, kills the writer at an operation, and checks what is there.
fn kill_at(operation: u64) -> Result<(), String> {
    let mut life = Life::new();
    let mount = life.mount(Lie::No);
    let pid = Arc::new(OnceLock::new());
    let known = Arc::clone(&pid);
    let kill = move || kill_process(*known.wait(), Signal::KILL).unwrap();
    mount.plan(operation, Moment::Call(Box::new(kill)));
    let script = arguments(&journal(mount.path()), SCRIPT_GROUPS);
    run(&script, &mut life.acknowledged, |child| {
        pid.set(Pid::from_child(child)).unwrap();
    });
    life.image = mount.end().unwrap();
    life.check()
}
