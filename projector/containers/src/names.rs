//! Made-up names for containers whose client gave none: a quality and an animal.

use journal_domain::ContainerName;

const QUALITIES: [&str; 64] = [
    "able", "airy", "amber", "apt", "azure", "bold", "brave", "breezy", "bright", "brisk", "calm",
    "candid", "civil", "clear", "clever", "cosy", "crisp", "deft", "eager", "early", "fair",
    "fleet", "fond", "frank", "fresh", "gentle", "glad", "golden", "grand", "happy", "hardy",
    "humble", "jolly", "keen", "kind", "lively", "loyal", "lucid", "merry", "mild", "modest",
    "neat", "nimble", "noble", "patient", "plucky", "polite", "proud", "quick", "quiet", "ready",
    "rosy", "serene", "sharp", "silver", "smart", "snug", "spry", "steady", "sunny", "swift",
    "tidy", "warm", "witty",
];

const ANIMALS: [&str; 64] = [
    "adder", "alpaca", "badger", "bat", "bear", "beaver", "bison", "bobcat", "buzzard", "camel",
    "carp", "cicada", "cod", "condor", "crane", "crow", "curlew", "deer", "dingo", "dipper",
    "dormouse", "eagle", "egret", "eider", "elk", "ferret", "finch", "fox", "gannet", "gecko",
    "goose", "grouse", "gull", "hare", "hawk", "heron", "hoopoe", "ibex", "jackdaw", "jay",
    "kestrel", "kite", "lapwing", "lark", "lemur", "linnet", "lynx", "magpie", "marten", "merlin",
    "mole", "newt", "osprey", "otter", "owl", "pika", "plover", "quail", "raven", "robin", "seal",
    "stoat", "tapir", "wren",
];

/// How many names there are without a number.
const PLAIN: u64 = (QUALITIES.len() * ANIMALS.len()) as u64;

/// How many digits a number that is taken from a seed has at most; all numbers follow.
const MOST_DIGITS: u32 = 9;

/// Gives the names that belong to `seed`, in the order in which they are tried: without a number, with one of one digit
/// from the seed, with one of up to two, and so on.
///
/// `taken` is how many names are: the forms that would mostly be are passed over, so that one or two tries are enough.
pub(crate) fn of(seed: u64, taken: usize) -> impl Iterator<Item = ContainerName> {
    let pick =
        |words: &[&'static str; 64], bits: u64| words[usize::try_from(bits % 64).unwrap_or(0)];
    let (quality, animal) = (pick(&QUALITIES, seed), pick(&ANIMALS, seed >> 6));
    let wanted = (taken as u64).saturating_mul(4);
    let least_digits = (0..MOST_DIGITS)
        .find(|digits| wanted <= PLAIN * 10_u64.pow(*digits))
        .unwrap_or(MOST_DIGITS);
    let plain = (least_digits == 0).then(|| format!("{quality}_{animal}"));
    let drawn =
        (least_digits.max(1)..=MOST_DIGITS).map(move |digits| (seed >> 12) % 10_u64.pow(digits));
    plain
        .into_iter()
        .chain(drawn.chain(0..).map(move |number| format!("{quality}_{animal}{number}")))
        .map(|text| text.parse().expect("letters, digits and an underscore"))
}

#[cfg(test)]
mod tests;
