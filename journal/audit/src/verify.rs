//! The verification of an export from the export and a public key alone.
//!
//! Each line has the record's own bytes: what it says beside them has to be what this release says of them, to the
//! byte. The records have to follow one another and to give the root that was signed, and so has every seal among them.
//! The checkpoint at the end is what cannot be made right again by somebody without the key.

mod recent;
mod report;

use std::io::{self, BufRead};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use journal_log::{Body, ChainError, ChainFault, ChainVerifier, Record, SealBodyV1, Seq, TreeHash};
use serde_json::Value;

use self::recent::Recent;
pub use self::report::{Verified, VerifyError};
use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::entry::{Entry, Vocabulary};
use crate::format::jsonl_line;
use crate::frontier::Frontier;
use crate::key::VerifyingKey;
use crate::lines::{Closing, Opening, VERSION, line, parse_hash};
use crate::note::NoteError;
use crate::proof::check_inclusion;
use crate::tree::leaf_of;

/// Bytes of a line: a record of 1 MiB as base64, and the same again in words, every letter escaped.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// What an export is compared with beside its own checkpoint.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// Checkpoints from elsewhere, signed by the same key: the records have to give their roots too.
    pub checkpoints: Vec<Checkpoint>,
}

/// Verifies a JSON Lines export.
pub fn verify(
    export: impl BufRead,
    key: &VerifyingKey,
    vocabulary: &dyn Vocabulary,
    options: &VerifyOptions,
) -> Result<Verified, VerifyError> {
    let mut lines = Lines { export, line: Vec::new() };
    let mut verifier = Verifier::begin(lines.next(Seq::FIRST)?, key, vocabulary, options)?;
    loop {
        let next = verifier.next;
        match lines.next(next)? {
            None => return Err(bad(next, "the export breaks off: its last line is missing")),
            Some(text) if text.starts_with("{\"end\"") => {
                verifier.end(text)?;
                return match lines.next(next)? {
                    None => Ok(verifier.verified()),
                    Some(_) => Err(bad(next, "there is something behind the last line")),
                };
            }
            Some(text) => verifier.take(text)?,
        }
    }
}

/// What is known of an export so far.
struct Verifier<'v> {
    key: &'v VerifyingKey,
    vocabulary: &'v dyn Vocabulary,
    opening: Opening,
    signed: SignedCheckpoint,
    /// The checkpoints that the records have not come to, the nearest last.
    awaited: Vec<Checkpoint>,
    frontier: Frontier,
    recent: Recent,
    chain: Option<ChainVerifier>,
    /// The record that has to come next.
    next: Seq,
    /// The last record that a signature vouches for.
    vouched: u64,
    records: u64,
    seals: u64,
    proofs: u64,
}

impl<'v> Verifier<'v> {
    fn begin(
        text: Option<&str>,
        key: &'v VerifyingKey,
        vocabulary: &'v dyn Vocabulary,
        options: &VerifyOptions,
    ) -> Result<Self, VerifyError> {
        let text = text.ok_or(VerifyError::NoExport)?;
        let opening: Opening = serde_json::from_str(text).map_err(|_| VerifyError::NoExport)?;
        if opening.audit_export != VERSION {
            return Err(VerifyError::Version { found: opening.audit_export });
        }
        let first = Seq::new(opening.from.max(1));
        if line(&opening).trim_end() != text {
            return Err(bad(first, "the first line is not as it is written"));
        }
        let signed = SignedCheckpoint::open(&opening.checkpoint, key);
        let signed = signed.map_err(VerifyError::Checkpoint)?;
        if signed.note.lines().count() != SIGNED_LINES {
            return Err(VerifyError::Checkpoint(CheckpointError::Shape));
        }
        let peaks: Option<Vec<TreeHash>> =
            opening.frontier.iter().map(|hash| parse_hash(hash)).collect();
        let frontier = peaks.and_then(|peaks| Frontier::of(first.previous().get(), peaks));
        let is_sound = opening.from >= 1
            && opening.to == signed.checkpoint.size
            && opening.from <= opening.to.saturating_add(1);
        let Some(frontier) = frontier.filter(|_| is_sound) else {
            return Err(bad(first, "the first line does not fit its checkpoint"));
        };
        let mut awaited = options.checkpoints.clone();
        awaited.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
        let mut verifier = Self {
            key,
            vocabulary,
            recent: Recent::new(frontier.clone()),
            vouched: frontier.size(),
            frontier,
            chain: (first == Seq::FIRST).then(ChainVerifier::from_genesis),
            next: first,
            opening,
            signed,
            awaited,
            records: 0,
            seals: 0,
            proofs: 0,
        };
        verifier.compare()?;
        Ok(verifier)
    }

    fn take(&mut self, text: &str) -> Result<(), VerifyError> {
        let expected = self.next;
        let parsed: Result<Value, _> = serde_json::from_str(text);
        let parsed = parsed.map_err(|_| bad(expected, "its line is no JSON object"))?;
        let bytes = parsed["record"].as_str().and_then(|bytes| STANDARD.decode(bytes).ok());
        let bytes = bytes.ok_or_else(|| bad(expected, "its line has no record in it"))?;
        let record = Record::decode(&bytes).map_err(|error| bad(expected, &error.to_string()))?;
        let (seq, is_part) = (record.header.seq, self.opening.filter.is_some());
        if seq < expected || (seq > expected && !is_part) || seq.get() > self.opening.to {
            return Err(bad(expected, &format!("record {seq} stands in its place")));
        }
        let mut entry = Entry::of(&record, self.vocabulary)
            .map_err(|error| bad(seq, &format!("it cannot be told: {error}")))?;
        if self.opening.filter.as_ref().is_some_and(|filter| !filter.takes(&entry)) {
            return Err(bad(seq, "it is not of the part that the first line speaks of"));
        }
        entry.carry(&record);
        let leaf = leaf_of(record.hash());
        let proof = self.proof(seq, leaf, &parsed["proof"])?;
        if let Some(proof) = &proof {
            entry.prove(proof);
        }
        if jsonl_line(&entry).trim_end() != text {
            return Err(bad(seq, "what its line says is not what its bytes say"));
        }
        self.next = seq.next();
        self.records += 1;
        if is_part { Ok(()) } else { self.chain(&record, leaf) }
    }

    /// Checks the way to the signed root, where the line has one.
    fn proof(
        &mut self,
        seq: Seq,
        leaf: TreeHash,
        value: &Value,
    ) -> Result<Option<Vec<TreeHash>>, VerifyError> {
        let Some(texts) = value.as_array() else { return Ok(None) };
        let hashes = texts.iter().map(|text| text.as_str().and_then(parse_hash));
        let hashes: Option<Vec<TreeHash>> = hashes.collect();
        let hashes = hashes.ok_or_else(|| bad(seq, "its proof is no list of hashes"))?;
        check_inclusion(&hashes, seq, leaf, &self.signed.checkpoint)
            .map_err(|error| bad(seq, &error.to_string()))?;
        self.proofs += 1;
        Ok(Some(hashes))
    }

    /// Adds a record to the chain and the tree.
    fn chain(&mut self, record: &Record, leaf: TreeHash) -> Result<(), VerifyError> {
        match &mut self.chain {
            Some(chain) => chain.check(record).map_err(|error| broken(&error))?,
            // The first record of a part is believed here: the tree goes on from an edge that only fits it.
            None => self.chain = Some(ChainVerifier::after(record)),
        }
        self.frontier.push(leaf);
        self.recent.push(leaf);
        if let Ok(Body::Seal(seal)) = Body::of(record) {
            self.seal(record.header.seq, &seal)?;
        }
        self.compare()
    }

    /// Checks a seal. One that another key has signed vouches for nothing, and is covered by what this key signs later.
    fn seal(&mut self, seq: Seq, seal: &SealBodyV1) -> Result<(), VerifyError> {
        let signed = match SignedCheckpoint::open(&seal.checkpoint, self.key) {
            Ok(signed) => signed,
            Err(CheckpointError::Note(NoteError::Unsigned)) => return Ok(()),
            Err(error) => return Err(bad(seq, &format!("its checkpoint is not good: {error}"))),
        };
        let checkpoint = signed.checkpoint;
        if (checkpoint.size, checkpoint.root) != (seal.last.get(), seal.root) {
            return Err(bad(seq, "it does not say what its checkpoint says"));
        }
        // What is before a part is not there to be compared.
        if let Some(root) = self.recent.root_at(checkpoint.size)
            && checkpoint.size > self.vouched
        {
            if root != checkpoint.root {
                return Err(self.unvouched(checkpoint.size, "the root that its seal signed"));
            }
            self.vouched = checkpoint.size;
            self.seals += 1;
        }
        Ok(())
    }

    /// Compares the tree with the checkpoints from elsewhere.
    fn compare(&mut self) -> Result<(), VerifyError> {
        while let Some(nearest) = self.awaited.last() {
            let size = nearest.size;
            if size < self.frontier.size() {
                return Err(VerifyError::NotCovered { size, from: Seq::new(self.opening.from) });
            }
            if size > self.frontier.size() {
                break;
            }
            if nearest.root != self.frontier.root() {
                return Err(self.unvouched(size, "the root of the checkpoint that was given"));
            }
            self.vouched = self.vouched.max(size);
            self.awaited.pop();
        }
        Ok(())
    }

    fn end(&mut self, text: &str) -> Result<(), VerifyError> {
        let next = self.next;
        let closing: Closing = serde_json::from_str(text)
            .map_err(|_| bad(next, "the last line is not as it is written"))?;
        if line(&closing).trim_end() != text || closing.end.next != self.opening.to + 1 {
            return Err(bad(next, "the last line is not as it is written"));
        }
        if closing.end.records != self.records {
            let (said, found) = (closing.end.records, self.records);
            return Err(bad(next, &format!("the last line speaks of {said} records, not {found}")));
        }
        if self.opening.filter.is_some() {
            return match self.awaited.first() {
                Some(awaited) => Err(VerifyError::NotCovered { size: awaited.size, from: next }),
                None => Ok(()),
            };
        }
        if next.get() != self.opening.to + 1 {
            return Err(bad(next, "it is missing, and so is what is behind it"));
        }
        if self.frontier.root() != self.signed.checkpoint.root {
            return Err(self.unvouched(self.opening.to, "the root that was signed"));
        }
        if let Some(awaited) = self.awaited.first() {
            let why = format!("the export ends before it: a checkpoint covers {}", awaited.size);
            return Err(bad(next, &why));
        }
        Ok(())
    }

    fn unvouched(&self, last: u64, what: &str) -> VerifyError {
        let first = Seq::new(self.vouched).next();
        let why = format!("the records do not give {what}");
        VerifyError::Bad { first, last: Seq::new(last.max(first.get())), why }
    }

    fn verified(self) -> Verified {
        Verified {
            from: Seq::new(self.opening.from),
            to: Seq::new(self.opening.to),
            records: self.records,
            seals: self.seals,
            proofs: self.proofs,
            is_part: self.opening.filter.is_some(),
            root: self.signed.checkpoint.root,
        }
    }
}

/// Lines of a checkpoint as this program signs it: three, an empty one, a signature.
const SIGNED_LINES: usize = 5;

fn bad(seq: Seq, why: &str) -> VerifyError {
    VerifyError::Bad { first: seq, last: seq, why: why.to_owned() }
}

/// A link that does not fit may be the fault of either of its ends.
fn broken(error: &ChainError) -> VerifyError {
    let first = if error.fault == ChainFault::Link { error.seq.previous() } else { error.seq };
    VerifyError::Bad { first: first.max(Seq::FIRST), last: error.seq, why: error.fault.to_string() }
}

/// Lines with an end, of a length within bounds.
struct Lines<R> {
    export: R,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self, at: Seq) -> Result<Option<&str>, VerifyError> {
        self.line.clear();
        let mut limited = io::Read::take(&mut self.export, LINE_BYTES_MAX);
        let read = limited.read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        let whole = self.line.strip_suffix(b"\n");
        let whole = whole.ok_or_else(|| bad(at, "its line is too long, or has no end"))?;
        str::from_utf8(whole).map(Some).map_err(|_| bad(at, "its line is not text"))
    }
}

#[cfg(test)]
mod mutations;
#[cfg(test)]
mod tests;
