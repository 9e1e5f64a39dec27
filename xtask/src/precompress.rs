//! A `.br` file beside each file of the page, so that the server only has to hand it out, and the size budget.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use brotli::enc::backward_references::BrotliEncoderMode as Mode;

use crate::{Result, files};

/// Brotli's best. It costs seconds here, once, and a fifth of the download of everybody.
const QUALITY: i32 = 11;

/// Kinds of files that get smaller; pictures and fonts are compressed already.
const KINDS: &[&str] = &["html", "js", "wasm", "css", "svg", "json", "txt", "webmanifest"];

/// What a first visit may download, in bytes.
const BUDGET: usize = 440_000;

/// Writes the `.br` files and returns the sum of their sizes, and the size of each kind, as lines to show.
///
/// # Errors
///
/// A file cannot be read or written, or the budget is exceeded.
pub fn main(folder: &Path) -> Result<Vec<String>> {
    let mut sizes = vec![0; KINDS.len()];
    let mut pages = Vec::new();
    for file in files::below(folder) {
        let kind = file.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_owned();
        let Some(place) = KINDS.iter().position(|name| *name == kind) else { continue };
        // The page itself comes last: its `.br` marks a finished bundle.
        if kind == "html" {
            pages.push((place, file));
        } else {
            sizes[place] += compress(&file)?;
        }
    }
    for (place, page) in &pages {
        sizes[*place] += compress(page)?;
    }
    let (lines, is_too_big) = judge(&sizes);
    if is_too_big {
        // Without the mark it is built again.
        pages.iter().for_each(|(_, page)| drop(fs::remove_file(compressed(page))));
        return Err(format!("the page is larger than its budget: {}", lines.join(", ")));
    }
    Ok(lines)
}

/// Where the compressed copy of a file is.
fn compressed(file: &Path) -> PathBuf {
    let mut target = file.as_os_str().to_owned();
    target.push(".br");
    target.into()
}

fn compress(file: &Path) -> Result<usize> {
    let told = |error: std::io::Error| format!("{}: {error}", file.display());
    let plain = fs::read(file).map_err(told)?;
    // Of the models for what comes next, this one fits WebAssembly best: of 402.6 kB it leaves 399.4.
    let is_program = file.extension().is_some_and(|kind| kind == "wasm");
    let mode = if is_program { Mode::BROTLI_FORCE_SIGNED_PRIOR } else { Mode::BROTLI_MODE_GENERIC };
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: QUALITY,
        mode,
        lgwin: 22,
        size_hint: plain.len(),
        ..brotli::enc::BrotliEncoderParams::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut Cursor::new(&plain), &mut packed, &parameters).map_err(told)?;
    fs::write(compressed(file), &packed).map_err(told)?;
    Ok(packed.len())
}

/// The sum and the size of each kind, and whether the sum is beyond the budget.
fn judge(sizes: &[usize]) -> (Vec<String>, bool) {
    let sum: usize = sizes.iter().sum();
    let kinds = KINDS.iter().zip(sizes).filter(|(_, size)| **size > 0);
    let lines = std::iter::once(format!("{:.1} kB of {} kB", kilobytes(sum), BUDGET / 1000))
        .chain(kinds.map(|(kind, size)| format!("{kind} {:.1} kB", kilobytes(*size))));
    (lines.collect(), sum > BUDGET)
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
        assert!(!judge(&[1_000, 9_000, 420_000, 10_000]).1);
        assert!(judge(&[1_000, 9_000, 420_001, 10_000]).1);
    }

    #[test]
    fn figures_are_in_thousands_of_bytes() {
        assert_eq!(judge(&[0, 9_050, 251_349]).0, ["260.4 kB of 440 kB", "js 9.1 kB", "wasm 251.3 kB"]);
    }
}
