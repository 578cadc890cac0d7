//! `diff`: what makes one file of another, in the unified form.

mod longest;

use std::collections::HashMap;

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::options::{Options, Spec, parse, usage};
use sandbox_world::paths::base_name;
use sandbox_world::paths::inside;

const SPEC: Spec = Spec {
    usage: "diff [-abBdiNqrTstw] [-L LABEL] [-S FILE] [-U LINES] FILE1 FILE2",
    short: "abdiL:NqrsS:tTU:wuBp",
    long: &[
        ("brief", 'q'),
        ("recursive", 'r'),
        ("new-file", 'N'),
        ("label=", 'L'),
        ("unified=?", 'U'),
        ("ignore-case", 'i'),
        ("ignore-all-space", 'w'),
        ("ignore-space-change", 'b'),
        ("ignore-blank-lines", 'B'),
        ("report-identical-files", 's'),
        ("text", 'a'),
        ("minimal", 'd'),
    ],
};

/// A change: lines `a..=b` of the old file are lines `c..=d` of the new one, from 1.
#[derive(Clone, Copy)]
struct Change {
    a: usize,
    b: usize,
    c: usize,
    d: usize,
}

struct Diff {
    options: Options,
    context: usize,
    labels: Vec<BString>,
    /// What is compared was found in folders, not named.
    in_folders: bool,
    code: u8,
}

/// Runs it.
pub(crate) fn diff(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let [first, second] = &options.operands[..] else { return usage(call, &SPEC) };
    let (mut first, mut second) = (first.clone(), second.clone());
    let context = match options.value('U').map(BStr::to_owned) {
        Some(text) => call.count(text.as_ref())?,
        None => 3,
    };
    let mut is_dir = [false; 2];
    for (index, name) in [&first, &second].into_iter().enumerate() {
        if name == "-" {
            continue;
        }
        match call.files().metadata(&call.path(name)) {
            Ok(metadata) => is_dir[index] = metadata.is_dir(),
            Err(_) if options.has('N') => {}
            Err(error) => {
                call.complain_of(format!("can't stat '{name}'").as_bytes(), &error)?;
                return Ok(2);
            }
        }
    }
    let labels = options.values('L').map(BStr::to_owned).collect();
    let mut diff = Diff { options, context, labels, in_folders: false, code: 0 };
    match is_dir {
        [true, true] => diff.folders(call, &first, &second)?,
        [true, false] => {
            first = inside(&first, base_name(&second));
            diff.files(call, &first, &second)?;
        }
        [false, true] => {
            second = inside(&second, base_name(&first));
            diff.files(call, &first, &second)?;
        }
        [false, false] => diff.files(call, &first, &second)?,
    }
    Ok(diff.code)
}

impl Diff {
    fn folders(&mut self, call: &mut Call, first: &BString, second: &BString) -> Result<(), Stop> {
        self.in_folders = true;
        let mut lists = Vec::new();
        for folder in [first, second] {
            let mut names: Vec<BString> = match call.files().read_dir(&call.path(folder)) {
                Ok(entries) => entries.into_iter().map(|entry| entry.name).collect(),
                Err(error) => return call.fail_of(folder, &error),
            };
            names.sort_unstable();
            lists.push(names);
        }
        let mut all = lists.concat();
        all.sort_unstable();
        all.dedup();
        let start = self.options.value('S').map(BStr::to_owned);
        for name in all.iter().filter(|name| start.as_ref().is_none_or(|start| *name >= start)) {
            call.interrupt.check()?;
            let has = [lists[0].binary_search(name).is_ok(), lists[1].binary_search(name).is_ok()];
            if has != [true, true] && !self.options.has('N') {
                let folder = if has[0] { first } else { second };
                call.line(format!("Only in {folder}: {name}").as_bytes())?;
                self.code = 1;
                continue;
            }
            let (a, b) = (inside(first, name), inside(second, name));
            let kind = |call: &Call, name: &BString| {
                call.files().metadata(&call.path(name)).is_ok_and(|metadata| metadata.is_dir())
            };
            match (kind(call, &a), kind(call, &b)) {
                (true, true) if self.options.has('r') => self.folders(call, &a, &b)?,
                (true, true) => {
                    call.line(format!("Common subdirectories: {a} and {b}").as_bytes())?;
                }
                (false, false) => self.files(call, &a, &b)?,
                (a_is_dir, _) => {
                    let words = ["regular file", "directory"];
                    let (x, y) = (words[usize::from(a_is_dir)], words[usize::from(!a_is_dir)]);
                    call.line(format!("File {a} is a {x} while file {b} is a {y}").as_bytes())?;
                    self.code = 1;
                }
            }
        }
        Ok(())
    }

    fn files(&mut self, call: &mut Call, first: &BString, second: &BString) -> Result<(), Stop> {
        let mut texts = Vec::new();
        let mut names = [first.clone(), second.clone()];
        let stat = |name: &BString| call.files().metadata(&call.path(name)).ok();
        if first != "-" && stat(first).zip(stat(second)).is_some_and(|(a, b)| a.is_same_file(&b)) {
            return Ok(());
        }
        for (index, name) in [first, second].into_iter().enumerate() {
            match call.open_input(name).and_then(|stream| call.read_all(stream)) {
                Ok(text) => texts.push(text),
                Err(_) if self.options.has('N') => {
                    if self.in_folders {
                        names[index] = "/dev/null".into();
                    }
                    texts.push(Vec::new());
                }
                Err(error) => {
                    call.complain_of(format!("can't stat '{name}'").as_bytes(), &error)?;
                    self.code = 1;
                    return Ok(());
                }
            }
        }
        let is_binary = |text: &Vec<u8>| text[..text.len().min(4096)].contains(&0);
        let changes = if texts[0] == texts[1] {
            Vec::new()
        } else if texts.iter().any(is_binary) && !self.options.has('a') || self.options.has('q') {
            if self.options.has('q') && self.changes(&texts).is_empty() {
                Vec::new()
            } else {
                self.code = 1;
                return call.line(format!("Files {first} and {second} differ").as_bytes());
            }
        } else {
            self.changes(&texts)
        };
        if changes.is_empty() {
            if self.options.has('s') {
                call.line(format!("Files {first} and {second} are identical").as_bytes())?;
            }
            return Ok(());
        }
        self.code = 1;
        let label = |index: usize, name: &BString| self.labels.get(index).unwrap_or(name).clone();
        call.line(format!("--- {}", label(0, &names[0])).as_bytes())?;
        call.line(format!("+++ {}", label(1, &names[1])).as_bytes())?;
        self.hunks(call, &texts, &changes)
    }

    fn changes(&self, texts: &[Vec<u8>]) -> Vec<Change> {
        let old: Vec<Vec<u8>> = lines(&texts[0]).iter().map(|line| self.compared(line)).collect();
        let new: Vec<Vec<u8>> = lines(&texts[1]).iter().map(|line| self.compared(line)).collect();
        let mut numbers: HashMap<&[u8], usize> = HashMap::new();
        let mut number = |line| {
            let next = numbers.len();
            *numbers.entry(line).or_insert(next)
        };
        let old_numbers: Vec<usize> = old.iter().map(|line| number(line.as_slice())).collect();
        let new_numbers: Vec<usize> = new.iter().map(|line| number(line.as_slice())).collect();
        let matches = longest::matches(&old_numbers, &new_numbers, self.options.has('d'));
        let mut changes = changes_of(&matches, old.len(), new.len());
        if self.options.has('B') {
            let is_blank = |lines: &[Vec<u8>], from: usize, to: usize| {
                lines[from - 1..to.max(from - 1)].iter().all(|line| line.trim().is_empty())
            };
            changes.retain(|change| {
                !(is_blank(&old, change.a, change.b) && is_blank(&new, change.c, change.d))
            });
        }
        changes
    }

    /// A line in the form in which it is compared.
    fn compared(&self, line: &[u8]) -> Vec<u8> {
        let options = &self.options;
        let text = if options.has('w') {
            line.fields().collect::<Vec<_>>().concat()
        } else if options.has('b') {
            let joined = bstr::join(" ", line.fields());
            let is_indented = line.first().is_some_and(u8::is_ascii_whitespace);
            if is_indented && !joined.is_empty() {
                [b" ", joined.as_slice()].concat()
            } else {
                joined
            }
        } else {
            line.to_vec()
        };
        if options.has('i') { text.to_ascii_lowercase() } else { text }
    }

    fn hunks(&self, call: &mut Call, texts: &[Vec<u8>], changes: &[Change]) -> Result<(), Stop> {
        let (old, new) = (lines(&texts[0]), lines(&texts[1]));
        let gap = 2 * self.context + 1;
        let mut start = 0;
        for end in 1..=changes.len() {
            let goes_on = changes.get(end).is_some_and(|next| {
                let last = changes[end - 1];
                next.a <= last.b + gap || next.c <= last.d + gap
            });
            if !goes_on {
                self.hunk(call, &old, &new, &changes[start..end])?;
                start = end;
            }
        }
        Ok(())
    }

    fn hunk(
        &self,
        call: &mut Call,
        old: &[&[u8]],
        new: &[&[u8]],
        changes: &[Change],
    ) -> Result<(), Stop> {
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return Ok(()) };
        let low_a = first.a.saturating_sub(self.context).max(1);
        let low_c = first.c.saturating_sub(self.context).max(1);
        let high_a = (last.b + self.context).min(old.len());
        let high_c = (last.d + self.context).min(new.len());
        call.line(format!("@@ -{} +{} @@", range(low_a, high_a), range(low_c, high_c)).as_bytes())?;
        let mut at = low_a;
        for change in changes {
            for line in &old[at - 1..change.a - 1] {
                self.show(call, b' ', line)?;
            }
            for line in old.get(change.a - 1..change.b).unwrap_or_default() {
                self.show(call, b'-', line)?;
            }
            for line in new.get(change.c - 1..change.d).unwrap_or_default() {
                self.show(call, b'+', line)?;
            }
            at = change.b + 1;
        }
        for line in old.get(at - 1..high_a).unwrap_or_default() {
            self.show(call, b' ', line)?;
        }
        Ok(())
    }

    fn show(&self, call: &mut Call, mark: u8, line: &[u8]) -> Result<(), Stop> {
        call.write(&[mark])?;
        if self.options.has('T') {
            call.write(b"\t")?;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        if self.options.has('t') {
            let mut shown = Vec::new();
            for byte in text {
                let width = if *byte == b'\t' { 8 - shown.len() % 8 } else { 1 };
                let byte = if *byte == b'\t' { b' ' } else { *byte };
                shown.extend(std::iter::repeat_n(byte, width));
            }
            call.line(&shown)?;
        } else {
            call.line(text)?;
        }
        if text.len() == line.len() {
            call.line(b"\\ No newline at end of file")?;
        }
        Ok(())
    }
}

/// Lines with their newlines.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.lines_with_terminator().collect()
}

fn range(from: usize, to: usize) -> String {
    if from < to {
        format!("{from},{}", to - from + 1)
    } else if from == to {
        format!("{from}")
    } else {
        format!("{to},0")
    }
}

/// The changes between lines that match; `matches[i]` is the line of the new file that line `i` of the old one is, from 1,
/// or 0.
fn changes_of(matches: &[usize], old: usize, new: usize) -> Vec<Change> {
    let mut to = matches.to_vec();
    to[0] = 0;
    to.push(new + 1);
    let mut changes = Vec::new();
    let mut at = 1;
    while at <= old {
        while at <= old && to[at] == to[at - 1] + 1 {
            at += 1;
        }
        let first_new = to[at - 1] + 1;
        let mut end = at - 1;
        while end < old && to[end + 1] == 0 {
            end += 1;
        }
        let last_new = to[end + 1] - 1;
        to[end] = last_new;
        if at <= end || first_new <= last_new {
            changes.push(Change { a: at, b: end, c: first_new, d: last_new });
        }
        at = end + 1;
    }
    if old == 0 && new > 0 {
        changes.push(Change { a: 1, b: 0, c: 1, d: new });
    }
    changes
}
