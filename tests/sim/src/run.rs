//! A run: episodes one after the other, each with a seed of its own that is drawn from the run's.

use std::{fmt, time::Duration};

use fastrand::Rng;

use crate::{
    FaultSet, Figures, Sabotage, Violation,
    sim::{Episode, Sim},
};

/// What a run is.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The seed of everything that is drawn.
    pub seed: u64,
    /// Hours that containers run, together, until it is enough.
    pub hours: u64,
    /// Faults that are injected until it is enough.
    pub faults_min: u64,
    /// Which faults strike.
    pub faults: FaultSet,
    /// A mistake that is made on purpose.
    pub sabotage: Sabotage,
    /// Containers that the clients of an episode keep.
    pub containers: usize,
    /// How long an episode is.
    pub span: Duration,
    /// The pause between two commands of clients.
    pub pause: Duration,
    /// Whether clients do what stands in a script, whatever becomes of it.
    pub script: bool,
}

/// How far a run has come.
#[derive(Debug)]
pub struct Progress<'a> {
    /// The figures so far.
    pub figures: &'a Figures,
}

/// A checker has found something.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The episode's seed.
    pub seed: u64,
    /// What was found.
    pub violation: Violation,
    /// The figures up to there.
    pub figures: Figures,
    options: Options,
}

/// Runs episodes until there are hours and faults enough, or a checker has found something.
///
/// `progress` is told after each.
pub fn run(
    options: &Options,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<Figures, Box<Failure>> {
    let mut seeds = Rng::with_seed(options.seed);
    let mut figures = Figures::default();
    while figures.container_hours() < options.hours || figures.fault_count() < options.faults_min {
        let episode = Options { seed: seeds.u64(..), ..*options };
        figures.add(&run_episode(&episode)?);
        progress(Progress { figures: &figures });
    }
    Ok(figures)
}

/// Runs the one episode of a seed.
pub fn run_episode(options: &Options) -> Result<Figures, Box<Failure>> {
    let episode = Episode {
        seed: options.seed,
        faults: options.faults,
        sabotage: options.sabotage,
        containers: options.containers,
        span: options.span,
        pause: options.pause,
        script: options.script,
    };
    let (figures, outcome) = Sim::new(episode).run();
    match outcome {
        Ok(()) => Ok(figures),
        Err(violation) => {
            Err(Box::new(Failure { seed: options.seed, violation, figures, options: *options }))
        }
    }
}

// === impl Options ===

impl Default for Options {
    /// A day of two hundred containers with somebody at work on them all the time, all faults on.
    fn default() -> Self {
        Self {
            seed: 1,
            hours: 1,
            faults_min: 0,
            faults: FaultSet::All,
            sabotage: Sabotage::None,
            containers: 200,
            span: Duration::from_secs(24 * 3600),
            pause: Duration::from_secs(4),
            script: false,
        }
    }
}

// === impl Failure ===

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { containers, span, pause, .. } = self.options;
        write!(
            f,
            "checker {} after {} events: {}\nseed {}; again with: cargo run --release -p tests-sim -- \
             --episode {} --containers {containers} --span {} --pause-millis {}",
            self.violation.checker,
            self.figures.events,
            self.violation.what,
            self.seed,
            self.seed,
            span.as_secs(),
            pause.as_millis(),
        )
    }
}

impl std::error::Error for Failure {}
