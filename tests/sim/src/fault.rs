//! What can go wrong, how often, and how often it did.

use fastrand::Rng;

/// Declares the kinds of faults, each with its name and how often in ten thousand chances it strikes.
macro_rules! faults {
    ($($(#[$meta:meta])* $variant:ident = $name:literal, $of_myriad:literal;)+) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$meta])* $variant,)+
        }

        impl Fault {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Gives its name in reports.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Gives how often in ten thousand chances it strikes.
            const fn of_myriad(self) -> u32 {
                match self {
                    $(Self::$variant => $of_myriad,)+
                }
            }
        }
    };
}

faults! {
    /// A call to the provider does not arrive.
    CallLost = "call lost", 400;
    /// A call arrives up to a minute late, also after its caller has given up or died.
    CallLate = "call late", 800;
    /// A call arrives twice.
    CallDoubled = "call doubled", 600;
    /// The provider turns a call away for now.
    Throttled = "call throttled", 800;
    /// The provider is down for the call.
    Refused = "call refused", 400;
    /// The provider refuses a start for good.
    StartRefused = "start refused for good", 100;
    /// The provider refuses an exec for good.
    ExecRefused = "exec refused for good", 100;
    /// The effect has happened, and its answer does not come.
    AnswerLost = "answer lost", 800;
    /// The answer comes up to a minute late.
    AnswerLate = "answer late", 800;
    /// The answer comes twice.
    AnswerDoubled = "answer doubled", 600;
    /// The report of an end does not come.
    ReportLost = "report lost", 1_500;
    /// The report of an end comes up to a minute late, after later ones.
    ReportReordered = "report reordered", 2_000;
    /// The report of an end comes twice.
    ReportDoubled = "report doubled", 1_500;
    /// A list shows what was so a while ago.
    ListStale = "list stale", 7_000;
    /// A list does not come.
    ListLost = "list lost", 1_000;
    /// Somebody kills a workload by hand.
    KilledByHand = "workload killed by hand", 80;
    /// Somebody deletes a workload by hand, with all traces.
    DeletedByHand = "workload deleted by hand", 40;
    /// What holds a workload is killed: it is over and nobody knows how.
    HolderKilled = "holder of a workload killed", 40;
    /// The host of all workloads is started again.
    HostRebooted = "host rebooted", 10;
    /// A workload of this cluster is there that nobody asked for.
    OrphanPlanted = "orphan planted", 120;
    /// A network of this cluster is there that nobody asked for.
    NetworkPlanted = "network planted", 150;
    /// A reported time is up to five minutes wrong.
    ClockSkewed = "reported time skewed", 3_000;
    /// The server's clock jumps by up to five minutes.
    ClockJumped = "server's clock jumped", 40;
    /// The reconciler stands still for up to five minutes.
    ReconcilerPaused = "reconciler paused", 10;
    /// The reconciler is not told of a change.
    WakeDropped = "wake-up dropped", 2_000;
    /// The reconciler is told twice.
    WakeDoubled = "wake-up doubled", 2_000;
    /// The reconciler is told late, after later changes.
    WakeReordered = "wake-up reordered", 2_000;
    /// A client leaves before its answer.
    ClientGone = "client gone before its answer", 600;
    /// The process dies before a group is on the disk.
    CrashBeforeSync = "crash before the sync", 4;
    /// The process dies when a group is on the disk and not answered.
    CrashAfterSync = "crash after the sync", 4;
    /// The power goes while a group is written: some of its bytes are there.
    TornTail = "torn tail", 4;
    /// The process dies after a plan, before its calls.
    CrashBeforeCall = "crash between plan and call", 2;
    /// The process dies after a call, before its outcome is on record.
    CrashBeforeRecord = "crash between call and record", 20;
    /// A snapshot cannot be read any more.
    SnapshotDamaged = "snapshot damaged", 1_500;
}

/// Which faults strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultSet {
    /// All.
    All,
    /// None.
    None,
    /// Only one kind, ten times as often.
    Only(Fault),
    /// The process dies once: the so-many-th time that it could.
    Death(u64),
}

/// Draws faults and counts them.
#[derive(Debug, Clone)]
pub(crate) struct Faults {
    set: FaultSet,
    /// How often the process could have died.
    deaths: u64,
    counts: [u64; Fault::ALL.len()],
}

// === impl Fault ===

impl Fault {
    /// Tells whether the process dies of it.
    const fn is_death(self) -> bool {
        matches!(
            self,
            Self::CrashBeforeSync
                | Self::CrashAfterSync
                | Self::TornTail
                | Self::CrashBeforeCall
                | Self::CrashBeforeRecord
        )
    }
}

// === impl Faults ===

impl Faults {
    pub(crate) const fn new(set: FaultSet) -> Self {
        Self { set, deaths: 0, counts: [0; Fault::ALL.len()] }
    }

    /// Tells whether `fault` strikes this time.
    pub(crate) fn strikes(&mut self, rng: &mut Rng, fault: Fault) -> bool {
        if fault.is_death() {
            self.deaths += u64::from(self.are_on());
        }
        let chance = match self.set {
            FaultSet::All => fault.of_myriad(),
            FaultSet::None => 0,
            FaultSet::Death(nth) if fault.is_death() && self.deaths == nth => u32::MAX,
            FaultSet::Death(_) => 0,
            FaultSet::Only(only) if only == fault => fault.of_myriad().saturating_mul(10),
            FaultSet::Only(_) => 0,
        };
        let strikes = chance > 0 && rng.u32(0..10_000) < chance;
        self.counts[fault as usize] += u64::from(strikes);
        strikes
    }

    /// Lets nothing go wrong any more.
    pub(crate) const fn stop(&mut self) {
        self.set = FaultSet::None;
    }

    /// Tells whether something may go wrong.
    pub(crate) fn are_on(&self) -> bool {
        self.set != FaultSet::None
    }

    /// Gives how often the process could have died.
    pub(crate) const fn deaths(&self) -> u64 {
        self.deaths
    }

    pub(crate) fn counts(&self) -> impl Iterator<Item = (Fault, u64)> {
        Fault::ALL.iter().map(|fault| (*fault, self.counts[*fault as usize]))
    }
}
