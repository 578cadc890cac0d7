//! A heavy library has one owner, and so has a delicate call.

use crate::facts::Token;
use crate::finding::Finding;
use crate::source::lines_with;
use crate::tree::Tree;

/// Libraries and the packages that may ask for them; a `*` stands for any rest.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("arc-swap", &["projector-engine", "api-access", "api-docker"]),
    ("bincode", &["journal-log"]),
    ("chacha20poly1305", &["journal-keys"]),
    ("bollard-stubs", &["api-types"]),
    ("bzip2", &["backends-images"]),
    (
        "clap",
        &[
            "ops-sockerless",
            "tests-bench",
            "tests-conformance",
            "tests-differ",
            "tests-sim",
            "tests-torture",
        ],
    ),
    ("ed25519-dalek", &["journal-audit"]),
    ("flate2", &["backends-images", "sandbox-tools"]),
    ("fuser", &["tests-powercut"]),
    ("jaq-core", &["sandbox-tools"]),
    ("hyper", &["api-*", "ops-sockerless", "tests-*"]),
    ("hyper-util", &["api-*", "ops-sockerless", "tests-*"]),
    // The binary: it ends without destructors (ops/sockerless/src/exit.rs).
    ("libc", &["sandbox-native", "sandbox-wasm", "backends-local", "ops-sockerless"]),
    ("liblzma", &["backends-images"]),
    ("oci-spec", &["backends-images"]),
    ("prometheus", &["api-ops"]),
    ("rcgen", &["api-access"]),
    ("reqwest", &["backends-images"]),
    ("rocksdb", &["journal-rocks"]),
    ("rpds", &["projector-containers"]),
    ("rust-embed", &["api-ops"]),
    ("rustls", &["backends-images", "api-access", "api-http"]),
    ("syn", &["tests-tidy"]),
    ("tlog_tiles", &["journal-audit"]),
    ("tracing-subscriber", &["ops-sockerless"]),
    ("warp", &["api-*"]),
    ("wasmtime", &["sandbox-wasm"]),
    ("wasmtime-wasi", &["sandbox-wasm"]),
    ("x509-parser", &["api-access"]),
    ("zstd", &["journal-rocks", "backends-images"]),
];

/// Token sequences and the files, or folders with a closing `/`, that may hold them.
const CALLS: &[(&[&str], &[&str], &str)] = &[(
    &["upgrade", ":", ":", "on", "("],
    &["api/http/src/hijack.rs", "api/http/src/hijack/", "tests/"],
    "raw upgrades belong to api/http hijack.rs",
)];

/// Statuses that refuse: an API picks them in its `error.rs` alone.
const REFUSING_STATUSES: &[&str] = &[
    "BAD_REQUEST",
    "UNAUTHORIZED",
    "FORBIDDEN",
    "NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "CONFLICT",
    "PAYLOAD_TOO_LARGE",
    "TOO_MANY_REQUESTS",
    "INTERNAL_SERVER_ERROR",
    "NOT_IMPLEMENTED",
    "SERVICE_UNAVAILABLE",
];

/// Finds libraries, calls and statuses outside their owners.
pub fn owners(tree: &Tree) -> Vec<Finding> {
    let mut findings = libraries(tree);
    for source in tree.sources() {
        let tokens = source.product_tokens();
        for (pattern, places, why) in CALLS {
            if !places.iter().any(|place| is_at(&source.path, place)) {
                let lines = lines_with(&tokens, pattern).into_iter();
                findings.extend(lines.map(|line| Finding::at(&source.path, line, *why)));
            }
        }
        if source.path.starts_with("api/docker/") && !is_error_file(&source.path) {
            findings.extend(statuses(&source.path, &tokens));
        }
    }
    findings
}

fn libraries(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in &tree.packages {
        for dependency in package.dependencies.iter().filter(|dependency| !dependency.test_only) {
            let owned = LIBRARIES.iter().find(|(library, _)| *library == dependency.name);
            let Some((library, owners)) = owned else { continue };
            if !owners.iter().any(|owner| match owner.strip_suffix('*') {
                Some(start) => package.name.starts_with(start),
                None => package.name == *owner,
            }) {
                findings.push(Finding::of(
                    format!("{}/Cargo.toml", package.folder),
                    format!("{library} belongs to {}", owners.join(", ")),
                ));
            }
        }
    }
    findings
}

fn statuses(path: &str, tokens: &[&Token]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for status in REFUSING_STATUSES {
        let lines = lines_with(tokens, &["StatusCode", ":", ":", status]);
        let what = format!("{status} is chosen outside error.rs");
        findings.extend(lines.into_iter().map(|line| Finding::at(path, line, &what)));
    }
    findings
}

fn is_error_file(path: &str) -> bool {
    path == "api/docker/src/error.rs" || path.starts_with("api/docker/src/error/")
}

fn is_at(path: &str, place: &str) -> bool {
    if place.ends_with('/') { path.starts_with(place) } else { path == place }
}

#[cfg(test)]
mod tests;
