//! The simulation's suite.
//!
//! `SOCKERLESS_TEST_SIM_HOURS` sets how many container-hours the seeded run goes on for, `SOCKERLESS_TEST_SEED` its
//! seed. A failure names the episode's seed and the command that repeats it.

mod controls;
mod recovery;
mod seeded;
