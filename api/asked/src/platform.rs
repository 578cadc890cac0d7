//! Platforms as clients write them (`linux/arm64/v8`), in Go's words.

use backends_images::Platform;
use journal_domain::Image;

use crate::Unfit;

/// Reads a platform; a part that is left out is this host's.
pub fn platform(text: &str) -> Result<Platform, Unfit> {
    let host = Platform::host();
    let mut parts = text.split('/').map(|part| part.trim().to_ascii_lowercase());
    let first = parts.next().unwrap_or_default();
    let (second, third) = (parts.next(), parts.next());
    let plain = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    let all = [Some(&first), second.as_ref(), third.as_ref()];
    if !all.into_iter().flatten().all(|part| plain(part)) || parts.next().is_some() {
        return Err(Unfit::invalid(format!(
            "\"{text}\" is an invalid platform: os/architecture[/variant] is expected, such as linux/amd64"
        )));
    }
    Ok(match second {
        Some(second) => Platform {
            os: first,
            architecture: architecture(second),
            variant: third.unwrap_or_default(),
        },
        None if first == "linux" => host,
        None => Platform { os: host.os, architecture: architecture(first), variant: String::new() },
    })
}

/// Gives the platform that an image is for.
pub fn platform_of(image: &Image) -> Platform {
    Platform {
        os: image.os.clone(),
        architecture: image.architecture.clone(),
        variant: image.variant.clone(),
    }
}

/// Takes the kernel's words for Go's.
fn architecture(text: String) -> String {
    match text.as_str() {
        "x86_64" | "x86-64" => "amd64".to_owned(),
        "aarch64" => "arm64".to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
