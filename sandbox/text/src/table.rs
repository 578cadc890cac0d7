//! The tools by their names.

use sandbox_world::call::Tool;

use crate::{
    awk, base64, cat, columns, compare, cut, diff, dump, grep, head, od, sed, seq, sort, split,
    sums, tail, tr, tsort, uniq, wc,
};

/// The tools and their names.
pub const TOOLS: &[(&str, Tool)] = &[
    ("awk", awk::awk),
    ("base64", base64::base64),
    ("cat", cat::cat),
    ("cmp", compare::cmp),
    ("comm", compare::comm),
    ("cut", cut::cut),
    ("diff", diff::diff),
    ("egrep", grep::grep),
    ("fgrep", grep::grep),
    ("fold", columns::fold),
    ("grep", grep::grep),
    ("head", head::head),
    ("join", compare::join),
    ("md5sum", sums::digests),
    ("nl", columns::nl),
    ("od", od::od),
    ("paste", columns::paste),
    ("rev", cat::rev),
    ("sed", sed::sed),
    ("seq", seq::seq),
    ("sha1sum", sums::digests),
    ("sha256sum", sums::digests),
    ("sha512sum", sums::digests),
    ("shuf", tsort::shuf),
    ("sort", sort::sort),
    ("split", split::split),
    ("strings", columns::strings),
    ("sum", sums::sum),
    ("tac", cat::tac),
    ("tail", tail::tail),
    ("tee", columns::tee),
    ("tr", tr::tr),
    ("tsort", tsort::tsort),
    ("uniq", uniq::uniq),
    ("wc", wc::wc),
    ("xxd", dump::xxd),
    ("yes", cat::yes),
];
