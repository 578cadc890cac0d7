//! Ways out of damage that an opening does not mend by itself: a survey, a repair, a skip.
//!
//! An opening takes what the witness has and no more. Here everything is looked through that may still have a
//! record: damaged files themselves, logs behind their damage, a backup. A record is taken only where it continues
//! the chain. The damaged database is never changed; a new one takes its place once it is whole, and the old one is
//! kept. What is lost for good is passed over only when a person says so, and a record says it for ever.

mod report;
mod rewrite;
mod salvage;
mod sources;
mod walk;

use std::ops::RangeInclusive;
use std::path::Path;

use journal_log::{ChainVerifier, Record, Seq, SkipBodyV1, Timestamp, stand_ins};

pub use self::report::{Bad, RescueError, RescueReport, Survey, Taken};
use self::rewrite::Rewrite;
pub use self::sources::Origin;
use self::sources::{Candidates, Sources};
use self::walk::{Step, Walk};
use crate::OpenError;
use crate::open::{place_in, told};
use crate::owner::Owner;
use crate::places::Places;

/// Records behind the first bad one that a survey counts: one more does not change what is to be done, and a
/// million take two seconds.
const SURVEYED_MAX: u64 = 1_000_000;

/// Ranges of lost records that a survey tells apart.
const LOST_MAX: usize = 100;

/// Records between two calls of the progress callback: some fifty a second at full speed.
const PROGRESS_RECORDS: u64 = 10_000;

/// A damaged journal, with everything that may still have its records.
pub struct Rescue {
    places: Places,
    sources: Sources,
    /// None for a look.
    owner: Option<Owner>,
}

/// Who passes over lost records, and why.
#[derive(Debug, Clone)]
pub struct SkipOrder {
    /// When.
    pub now: Timestamp,
    /// Who.
    pub operator: String,
    /// Why, in the operator's words.
    pub reason: String,
}

impl Rescue {
    /// Looks at the journal in `folder` without a change to it, and without the right to make one.
    pub fn look(folder: &Path) -> Result<Self, OpenError> {
        let places = Places::new(folder);
        Ok(Self { sources: Sources::open(&places)?, places, owner: None })
    }

    /// Takes the journal in `folder` over, so that it can be repaired.
    pub fn begin(folder: &Path) -> Result<Self, OpenError> {
        let owner = Owner::claim(folder)?;
        let places = Places::new(folder);
        drop(places.tidy()?);
        Ok(Self { sources: Sources::open(&places)?, places, owner: Some(owner) })
    }

    /// Takes what is missing from a backup as well: a folder in the layout of a journal.
    pub fn add_backup(&mut self, folder: &Path) -> Result<(), OpenError> {
        self.sources.add_backup(folder)
    }

    /// Returns the place of the log's first record, which a trimmed log has later than others.
    pub fn first(&self) -> Seq {
        self.sources.begin().seq.next()
    }

    /// Returns the record at `seq`, where anybody has it whole.
    pub fn record(&self, seq: Seq) -> Option<Record> {
        let found = Candidates::new(&self.sources).at(seq);
        found.iter().find_map(|(_, bytes)| Record::decode_shared(bytes).ok())
    }

    /// Walks along the chain and tells what is damaged, what is lost for good, and what is behind it.
    ///
    /// It begins with the record `from`, for what is before it was found good.
    pub fn survey(&mut self, from: Seq) -> Result<Survey, OpenError> {
        let verifier = self.before(from);
        let gaps = self.gaps(verifier.tail().seq.next());
        self.sources.take_tables(&gaps)?;
        let mut walk = Walk::new(&self.sources, verifier);
        let mut survey = Survey { last: self.sources.last(), ..Survey::default() };
        loop {
            match walk.step() {
                Step::End => return Ok(survey),
                Step::Found { origin, record } => {
                    let seq = record.header.seq;
                    if survey.bad.is_some() {
                        survey.following += 1;
                    } else if origin != Origin::Database {
                        survey.bad = Some(self.bad(seq));
                    }
                    survey.mendable += u64::from(origin != Origin::Database);
                }
                Step::Lost { first, next } => {
                    let bad = survey.bad.take().unwrap_or_else(|| self.bad(first));
                    survey.bad = Some(bad);
                    let last = next.as_ref().map_or(survey.last, |next| next.header.seq.previous());
                    survey.lost.push(first..=last);
                    let Some(next) = next else { return Ok(survey) };
                    survey.following += 1;
                    walk.resume(ChainVerifier::after(&next));
                }
            }
            if survey.following >= SURVEYED_MAX || survey.lost.len() >= LOST_MAX {
                survey.is_cut = true;
                return Ok(survey);
            }
        }
    }

    /// Puts a whole database in the place of the damaged one, where every record is still to be had.
    pub fn repair(mut self, progress: impl FnMut(Seq)) -> Result<RescueReport, RescueError> {
        self.take_tables()?;
        self.rewrite(None, progress)
    }

    /// Does the same with the lost records from `first` to the next whole one passed over, by order of a person.
    ///
    /// The last of the report's ranges is what was passed over; further losses stay what they are.
    pub fn skip(
        mut self,
        first: Seq,
        order: &SkipOrder,
        progress: impl FnMut(Seq),
    ) -> Result<RescueReport, RescueError> {
        self.take_tables()?;
        self.rewrite(Some((first, order)), progress)
    }

    fn rewrite(
        self,
        skip: Option<(Seq, &SkipOrder)>,
        mut progress: impl FnMut(Seq),
    ) -> Result<RescueReport, RescueError> {
        let begin = self.sources.begin();
        let mut rewrite = Rewrite::begin(&self.places, self.sources.cluster(), begin)?;
        let mut walk = Walk::new(&self.sources, ChainVerifier::after_tail(begin));
        loop {
            match walk.step() {
                Step::End => break,
                Step::Found { origin, record } => {
                    let seq = record.header.seq;
                    rewrite.add(origin, &record)?;
                    if seq.get().is_multiple_of(PROGRESS_RECORDS) {
                        progress(seq);
                    }
                }
                Step::Lost { first, next } => {
                    let last = next
                        .as_ref()
                        .map_or(self.sources.last(), |next| next.header.seq.previous());
                    match skip {
                        Some((wanted, order)) if wanted == first => {
                            let body = self.body(order, first..=last, next.as_ref());
                            let stands = stand_ins(
                                walk.verifier(),
                                next.as_ref().map(|next| &next.header),
                                &body,
                            )?;
                            rewrite.stand_in(&stands, body)?;
                            let newest = stands.last().map(ChainVerifier::after);
                            walk.resume(newest.unwrap_or(*walk.verifier()));
                        }
                        Some(_) if rewrite.has_skipped() => {
                            let Some(next) = next else { break };
                            rewrite.add(Origin::Database, &next)?;
                            walk.resume(ChainVerifier::after(&next));
                        }
                        Some((wanted, _)) => {
                            return Err(RescueError::OtherLoss { wanted, first, last });
                        }
                        None => return Err(RescueError::Lost { first, last }),
                    }
                }
            }
        }
        if let Some((wanted, _)) = skip
            && !rewrite.has_skipped()
        {
            return Err(RescueError::NotLost { wanted });
        }
        self.check_end(&walk)?;
        drop(walk);
        rewrite.accept(&self.places, self.owner)
    }

    /// Refuses where the last group has no end although it was acknowledged.
    fn check_end(&self, walk: &Walk<'_>) -> Result<(), RescueError> {
        match walk.verifier().open_group() {
            Some(group) if group <= self.sources.acknowledged() => {
                let first = walk.verifier().tail().seq.next();
                Err(RescueError::Lost { first, last: first })
            }
            Some(_) | None => Ok(()),
        }
    }

    fn body(
        &self,
        order: &SkipOrder,
        lost: RangeInclusive<Seq>,
        next: Option<&Record>,
    ) -> SkipBodyV1 {
        let bad = self.bad(*lost.start());
        SkipBodyV1 {
            now: order.now,
            operator: order.operator.clone(),
            reason: order.reason.clone(),
            first: *lost.start(),
            last: *lost.end(),
            resumes: next.map(|next| next.header.previous),
            damage: format!("{} at byte {}: {}", bad.file.display(), bad.offset, bad.cause),
        }
    }

    /// Tells where the record at `seq` stands and why the database does not give it.
    fn bad(&self, seq: Seq) -> Bad {
        let failure = Candidates::new(&self.sources).failure(seq);
        let cause = failure
            .map_or_else(|| "it does not continue the chain".to_owned(), |error| told(&error));
        let database = &self.sources.database;
        let (file, offset) = place_in(&cause, database);
        match &self.sources.damage {
            Some(damage) if file == *database => Bad {
                seq,
                file: damage.path.clone(),
                offset: damage.offset,
                cause: damage.cause.to_owned(),
            },
            // What is looked at is a copy elsewhere, whose name says nothing to anybody.
            Some(_) | None => Bad { seq, cause: with_name(&cause, &file), file, offset },
        }
    }

    /// Begins the chain before `from`, or where it begins.
    fn before(&self, from: Seq) -> ChainVerifier {
        let begin = self.sources.begin();
        let before = (from > begin.seq.next()).then(|| self.record(from.previous())).flatten();
        before.map_or(ChainVerifier::after_tail(begin), |before| ChainVerifier::after(&before))
    }

    fn take_tables(&mut self) -> Result<(), OpenError> {
        let gaps = self.gaps(self.sources.begin().seq.next());
        self.sources.take_tables(&gaps)
    }

    /// Finds the ranges from `from` on that the database does not give.
    fn gaps(&self, from: Seq) -> Vec<RangeInclusive<Seq>> {
        let mut candidates = Candidates::new(&self.sources);
        let mut gaps: Vec<RangeInclusive<Seq>> = Vec::new();
        let (mut seq, last) = (from, self.sources.last());
        while seq <= last {
            if candidates.failure(seq).is_some() {
                match gaps.last_mut() {
                    Some(gap) if gap.end().next() == seq => *gap = *gap.start()..=seq,
                    Some(_) | None => gaps.push(seq..=seq),
                }
            }
            seq = seq.next();
        }
        gaps
    }
}

/// Puts the name of the damaged file in the place of its copy's.
fn with_name(cause: &str, file: &Path) -> String {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_copy = |word: &str| !name.is_empty() && word.starts_with('/') && word.ends_with(name);
    let words: Vec<&str> =
        cause.split(' ').map(|word| if is_copy(word) { name } else { word }).collect();
    words.join(" ")
}

impl std::fmt::Debug for Rescue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rescue").field("database", &self.sources.database).finish_non_exhaustive()
    }
}
