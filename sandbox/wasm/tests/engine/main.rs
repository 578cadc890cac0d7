//! The engine by itself: what it compiles, what it keeps, and how programs end.

#[cfg(test)]
mod cache;
#[cfg(test)]
mod compile;
#[cfg(test)]
mod programs;
#[cfg(test)]
mod run;
#[cfg(test)]
mod runner;
