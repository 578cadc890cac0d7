//! `tsort`, `shuf`: other orders.

use std::collections::{BTreeMap, VecDeque};

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::options::{Spec, parse};

/// Puts words in an order in which each comes after those it depends on.
pub(crate) fn tsort(call: &mut Call) -> Outcome {
    let name = call.operands().first().cloned().unwrap_or_else(|| "-".into());
    let text = call.slurp(&name)?;
    let words: Vec<&[u8]> = text.fields().collect();
    if !words.len().is_multiple_of(2) {
        return call.fail("odd input");
    }
    let mut before: BTreeMap<&[u8], usize> = BTreeMap::new();
    let mut after: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    for pair in words.chunks(2) {
        let (first, second) = (pair[0], pair[1]);
        before.entry(first).or_insert(0);
        *before.entry(second).or_insert(0) += usize::from(first != second);
        if first != second {
            // The last that was named goes first.
            after.entry(first).or_default().insert(0, second);
        }
    }
    let mut ready: VecDeque<&[u8]> =
        before.iter().filter(|(_, count)| **count == 0).map(|(word, _)| *word).collect();
    let mut left = before.len();
    let mut code = 0;
    loop {
        while let Some(word) = ready.pop_front() {
            call.line(word)?;
            left -= 1;
            before.remove(word);
            for next in after.remove(word).unwrap_or_default() {
                if let Some(count) = before.get_mut(next) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push_back(next);
                    }
                }
            }
        }
        let Some(word) = before.keys().next().copied().filter(|_| left > 0) else {
            return Ok(code);
        };
        call.complain(format!("cycle at {}", word.as_bstr()))?;
        code = 1;
        before.insert(word, 0);
        ready.push_back(word);
    }
}

/// Puts lines in an order by chance.
pub(crate) fn shuf(call: &mut Call) -> Outcome {
    let spec = Spec {
        usage: "shuf [-n NUM] [-o FILE] [-z] [FILE | -e [ARG...] | -i L-H]",
        short: "ei:n:o:z",
        long: &[("echo", 'e'), ("input-range=", 'i'), ("head-count=", 'n')],
    };
    let options = parse(call, &spec)?;
    let end = if options.has('z') { 0 } else { b'\n' };
    let mut lines: Vec<BString> = if options.has('e') {
        options.operands.clone()
    } else if let Some(range) = options.value('i').map(BStr::to_owned) {
        range_lines(call, range.as_ref())?
    } else {
        let name = options.operands.first().cloned().unwrap_or_else(|| "-".into());
        let text = call.slurp(&name)?;
        let text = text.strip_suffix(&[end]).unwrap_or(&text);
        let is_empty = text.is_empty();
        text.split(|byte| *byte == end).filter(|_| !is_empty).map(BString::from).collect()
    };
    let most = match options.value('n').map(BStr::to_owned) {
        Some(text) => call.count(text.as_ref())?.min(lines.len()),
        None => lines.len(),
    };
    for at in 0..most {
        let mut random = [0; 8];
        call.world.random(&mut random)?;
        let left = (lines.len() - at) as u64;
        let chosen = (u128::from(u64::from_ne_bytes(random)) * u128::from(left)) >> 64;
        lines.swap(at, at + usize::try_from(chosen).unwrap_or(0));
    }
    let mut out = Vec::new();
    for line in &lines[..most] {
        out.extend_from_slice(line);
        out.push(end);
    }
    match options.value('o').map(BStr::to_owned) {
        Some(name) => call.write_file(name.as_ref(), &out)?,
        None => call.write(&out)?,
    }
    Ok(0)
}

fn range_lines(call: &mut Call, range: &BStr) -> Result<Vec<BString>, Stop> {
    let bounds = range.split_once_str("-").and_then(|(low, high)| {
        let number = |text: &[u8]| text.to_str().ok()?.parse::<u64>().ok();
        Some((number(low)?, number(high)?))
    });
    match bounds {
        Some((low, high)) if low <= high => {
            Ok((low..=high).map(|number| number.to_string().into()).collect())
        }
        _ => call.fail(format!("bad range '{range}'")),
    }
}
