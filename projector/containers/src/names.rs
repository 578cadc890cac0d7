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

/// Makes the name that belongs to `seed`, with a number behind it where one is given.
pub(crate) fn name(seed: u64, number: Option<u32>) -> ContainerName {
    let pick =
        |words: &[&'static str; 64], bits: u64| words[usize::try_from(bits % 64).unwrap_or(0)];
    let (quality, animal) = (pick(&QUALITIES, seed), pick(&ANIMALS, seed >> 6));
    let text = match number {
        Some(number) => format!("{quality}_{animal}{number}"),
        None => format!("{quality}_{animal}"),
    };
    text.parse().expect("letters and an underscore")
}
