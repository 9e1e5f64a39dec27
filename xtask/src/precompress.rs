//! A `.br` file beside each file of the page, so that the server only has to hand it out, and the size budget.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use crate::{Result, files};

/// Brotli's best. It costs seconds here, once, and a fifth of the download of everybody.
const QUALITY: i32 = 11;

/// Kinds of files that get smaller; pictures and fonts are compressed already.
const KINDS: &[&str] = &["html", "js", "wasm", "css", "svg", "json", "txt", "webmanifest"];

/// What a first visit may download: kind, limit in bytes (1 kB is 1000 of them).
const BUDGET: &[(&str, usize)] = &[("wasm", 360_000), ("js", 10_000), ("css", 15_000)];

/// Writes the `.br` files and returns the sum of their sizes for each kind in the budget, as lines to show.
///
/// # Errors
///
/// A file cannot be read or written, or the budget is exceeded.
pub fn main(folder: &Path) -> Result<Vec<String>> {
    let mut sizes = vec![0; BUDGET.len()];
    let mut pages = Vec::new();
    for file in files::below(folder) {
        let kind = file.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_owned();
        if !KINDS.contains(&kind.as_str()) {
            continue;
        }
        // The page itself comes last: its `.br` marks a finished bundle.
        if kind == "html" {
            pages.push(file);
            continue;
        }
        let size = compress(&file)?;
        if let Some(place) = BUDGET.iter().position(|(name, _)| *name == kind) {
            sizes[place] += size;
        }
    }
    let (lines, too_big) = judge(&sizes);
    if too_big {
        return Err(format!("the bundle is larger than its budget: {}", lines.join(", ")));
    }
    for page in pages {
        compress(&page)?;
    }
    Ok(lines)
}

fn compress(file: &Path) -> Result<usize> {
    let told = |error: std::io::Error| format!("{}: {error}", file.display());
    let mut target = file.as_os_str().to_owned();
    target.push(".br");
    let plain = fs::read(file).map_err(told)?;
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: QUALITY,
        lgwin: 22,
        size_hint: plain.len(),
        ..brotli::enc::BrotliEncoderParams::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut Cursor::new(&plain), &mut packed, &parameters).map_err(told)?;
    fs::write(&target, &packed).map_err(told)?;
    Ok(packed.len())
}

/// A line for each kind, and whether one is beyond its limit.
fn judge(sizes: &[usize]) -> (Vec<String>, bool) {
    let lines = BUDGET
        .iter()
        .zip(sizes)
        .map(|((kind, limit), size)| format!("{kind} {:.1} kB of {} kB", kilobytes(*size), limit / 1000));
    (lines.collect(), BUDGET.iter().zip(sizes).any(|((_, limit), size)| size > limit))
}

fn kilobytes(bytes: usize) -> f64 {
    // Exact up to sizes that no page reaches.
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn budget_is_kept_up_to_its_last_byte() {
        assert!(!judge(&[360_000, 10_000, 15_000]).1);
        assert!(judge(&[360_001, 0, 0]).1);
        assert!(judge(&[0, 10_001, 0]).1);
        assert!(judge(&[0, 0, 15_001]).1);
    }

    #[test]
    fn figures_are_in_thousands_of_bytes() {
        assert_eq!(
            judge(&[251_349, 9_050, 0]).0,
            ["wasm 251.3 kB of 360 kB", "js 9.1 kB of 10 kB", "css 0.0 kB of 15 kB"]
        );
    }
}
