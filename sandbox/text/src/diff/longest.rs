//! The longest sequence of lines that two files have in common, as Hunt and McIlroy find it.

use std::collections::HashMap;

/// How many places a line is tried at, where it is one of many alike: more cost time and hardly give a better answer.
const TRIES_MIN: usize = 256;

/// A pair of lines, and the pair before it in the sequence.
struct Candidate {
    x: usize,
    y: usize,
    before: usize,
}

/// For each line of the old file, from 1, the line of the new one that it is, or 0.
pub(super) fn matches(old: &[usize], new: &[usize], minimal: bool) -> Vec<usize> {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - prefix;
    let suffix =
        old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let mut matches = vec![0; old.len() + 1];
    for (line, to) in matches.iter_mut().enumerate() {
        if line <= prefix {
            *to = line;
        } else if line > old.len() - suffix {
            *to = line + new.len() - old.len();
        }
    }
    let (old_part, new_part) = (&old[prefix..old.len() - suffix], &new[prefix..new.len() - suffix]);
    let mut places: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, line) in new_part.iter().enumerate() {
        places.entry(*line).or_default().push(index + 1);
    }
    let bound = if minimal { usize::MAX } else { old_part.len().isqrt().max(TRIES_MIN) };
    let (candidates, ends) = stone(old_part, &places, bound);
    let mut at = ends.last().copied().unwrap_or(0);
    while candidates[at].y > 0 {
        matches[candidates[at].x + prefix] = candidates[at].y + prefix;
        at = candidates[at].before;
    }
    matches
}

/// The candidates, and for each length of a sequence the last of the one that ends earliest.
fn stone(
    old: &[usize],
    places: &HashMap<usize, Vec<usize>>,
    bound: usize,
) -> (Vec<Candidate>, Vec<usize>) {
    let mut candidates = vec![Candidate { x: 0, y: 0, before: 0 }];
    let mut ends = vec![0];
    for (index, line) in old.iter().enumerate() {
        let Some(ys) = places.get(line) else { continue };
        let (mut old_length, mut old_end, mut tries) = (0, ends[0], 0);
        for y in ys.iter().copied() {
            if y > candidates[old_end].y {
                let length = search(&candidates, &ends, y);
                if length != old_length + 1 {
                    old_end = ends[length - 1];
                }
                let new = Candidate { x: index + 1, y, before: old_end };
                if length < ends.len() {
                    if candidates[ends[length]].y <= y {
                        continue;
                    }
                    let replaced = ends[length];
                    ends[length] = candidates.len();
                    candidates.push(new);
                    old_end = replaced;
                    old_length = length;
                } else {
                    ends.push(candidates.len());
                    candidates.push(new);
                    break;
                }
            } else {
                continue;
            }
            tries += 1;
            if tries >= bound {
                break;
            }
        }
    }
    (candidates, ends)
}

fn search(candidates: &[Candidate], ends: &[usize], y: usize) -> usize {
    let last = ends.len() - 1;
    if candidates[ends[last]].y < y {
        return last + 1;
    }
    let (mut low, mut high) = (0, last + 1);
    loop {
        let middle = usize::midpoint(low, high);
        if middle <= low {
            return middle + 1;
        }
        let there = candidates[ends[middle]].y;
        if there > y {
            high = middle;
        } else if there < y {
            low = middle;
        } else {
            return middle;
        }
    }
}
