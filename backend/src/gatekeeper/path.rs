//! The path of a request to somebody else's API, brought into the one form in which a module is looked up.
//!
//! The gatekeeper and the API behind the proxy must understand the same path alike. Where two programs are known
//! to disagree (dot segments, encoded slashes, empty segments, parameters, double encoding, codes in mixed case), the
//! request is refused instead of guessed at.

use std::borrow::Cow;

use latchkey_shared::is_visible;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;

/// Bytes of a path at the most.
pub const MAX: usize = 2048;

/// Why a path is refused. The text follows "the path".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PathError {
    /// Not a path: empty, `*`, or a whole address.
    #[error("must begin with a slash")]
    NotAbsolute,
    /// Longer than [`MAX`].
    #[error("is longer than {MAX} bytes")]
    TooLong,
    /// A control character or `\`, as it is or encoded; a blank, a letter beyond ASCII or `#`, as it is; an encoded
    /// letter that Unicode takes for a sign of paths in another form (`．`, `／`, `＼`).
    #[error("has a character that does not belong there")]
    Character,
    /// `%` without two hex digits, or bytes that are no UTF-8.
    #[error("is not encoded properly")]
    Encoding,
    /// Percent codes with upper-case and with lower-case hex digits. A program encodes in one case (RFC 3986, 2.1,
    /// wants the upper one): a path in both was put together from parts, and who compares it as text takes it for
    /// another one.
    #[error("mixes upper and lower case in its percent codes")]
    MixedCase,
    /// An encoded `/`, `%`, `?` or `#`.
    #[error("has an encoded slash, percent sign, question mark or hash")]
    EncodedDelimiter,
    /// `.` or `..` as a segment, as it is or encoded.
    #[error("has a dot segment")]
    DotSegment,
    /// `//`.
    #[error("has an empty segment")]
    EmptySegment,
    /// A dot or a blank at the end of a segment, as it is or encoded: some file systems and servers drop them.
    #[error("has a segment that ends with a dot or a blank")]
    SegmentEnd,
    /// `;`, as it is or encoded.
    #[error("has matrix parameters")]
    MatrixParameter,
}

/// The path of `target`, which is a path with or without a query, as proxies pass on what a client has sent.
///
/// # Errors
/// [`PathError`] when two programs could understand the path differently.
pub fn normalise(target: &str) -> Result<Cow<'_, str>, PathError> {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    if !path.starts_with('/') {
        return Err(PathError::NotAbsolute);
    }
    if path.len() > MAX {
        return Err(PathError::TooLong);
    }
    for byte in path.bytes() {
        check(byte, false)?;
    }
    let path = if path.contains('%') { Cow::Owned(decode(path)?) } else { Cow::Borrowed(path) };
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match seen(segment)?.as_ref() {
            "." | ".." => return Err(PathError::DotSegment),
            // A slash at the end is no segment.
            "" if !is_last || !segment.is_empty() => return Err(PathError::EmptySegment),
            seen if seen.ends_with(|last: char| last == '.' || last.is_whitespace()) => {
                return Err(PathError::SegmentEnd);
            }
            _ => {}
        }
    }
    Ok(path)
}

/// A path in the one form of an API that ignores case. Some letters have the same upper case and not the same lower
/// case.
#[must_use]
pub fn fold(path: &str) -> String {
    // Letter by letter: the lower case of a whole text depends on where a word ends.
    path.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// Slashes that have no other form.
const SLASHES: [char; 2] = ['\u{2044}', '\u{2215}'];

/// A segment as a program may see it that brings letters into one form (NFKC) and drops those that cannot be seen.
fn seen(segment: &str) -> Result<Cow<'_, str>, PathError> {
    if segment.is_ascii() {
        return Ok(Cow::Borrowed(segment));
    }
    let seen: String = segment.nfkc().filter(|letter| is_visible(*letter) || letter.is_whitespace()).collect();
    let is_sign = |letter: char| matches!(letter, '/' | '\\' | '%' | '?' | '#' | ';') || SLASHES.contains(&letter);
    if segment.contains(char::is_control) || seen.contains(is_sign) {
        return Err(PathError::Character);
    }
    Ok(Cow::Owned(seen))
}

fn check(byte: u8, encoded: bool) -> Result<(), PathError> {
    match byte {
        b';' => Err(PathError::MatrixParameter),
        b'/' | b'%' | b'?' | b'#' if encoded => Err(PathError::EncodedDelimiter),
        b'\\' | b'#' | 0..=b' ' | 0x7f => Err(PathError::Character),
        0x80.. if !encoded => Err(PathError::Character),
        _ => Ok(()),
    }
}

fn decode(path: &str) -> Result<String, PathError> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    let (mut has_upper, mut has_lower) = (false, false);
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || {
            let digit = bytes.next().ok_or(PathError::Encoding)?;
            has_upper |= digit.is_ascii_uppercase();
            has_lower |= digit.is_ascii_lowercase();
            char::from(digit).to_digit(16).ok_or(PathError::Encoding)
        };
        let value = u8::try_from(digit()? * 16 + digit()?).map_err(|_| PathError::Encoding)?;
        if has_upper && has_lower {
            return Err(PathError::MixedCase);
        }
        // A blank that is encoded stays what it is everywhere.
        if value != b' ' {
            check(value, true)?;
        }
        decoded.push(value);
    }
    String::from_utf8(decoded).map_err(|_| PathError::Encoding)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_path_is_kept_without_its_query() {
        for (target, path) in [
            ("/", "/"),
            ("/agreements", "/agreements"),
            ("/agreements/", "/agreements/"),
            ("/agreements/AGP-1?limit=1&next=//../x", "/agreements/AGP-1"),
            ("/a.b/..c/d..e", "/a.b/..c/d..e"),
            ("/~user/a:b@c,d=e!$'()*+", "/~user/a:b@c,d=e!$'()*+"),
            ("/%61greements/%41", "/agreements/A"),
            ("/caf%C3%A9/%C3%A9", "/caf\u{e9}/\u{e9}"),
            ("/caf%c3%a9/%c3%a9", "/caf\u{e9}/\u{e9}"),
            // Only what is encoded has to be of one case.
            ("/AGP/%c3%a9/%61", "/AGP/\u{e9}/a"),
            ("/caf%C3%A9?next=%c3%a9", "/caf\u{e9}"),
            ("/a%20b", "/a b"),
            // A letter that joins others stays what it is.
            ("/%D9%85%DB%8C%E2%80%8C%D8%AE", "/\u{645}\u{6cc}\u{200c}\u{62e}"),
            ("/%EF%BC%A1", "/\u{ff21}"),
        ] {
            assert_eq!(normalise(target).as_deref(), Ok(path), "{target}");
        }
        assert!(matches!(normalise("/agreements?x"), Ok(Cow::Borrowed(_))));
    }

    #[test]
    fn path_with_two_meanings_is_refused() {
        use PathError::*;
        for (target, error) in [
            ("", NotAbsolute),
            ("*", NotAbsolute),
            ("agreements", NotAbsolute),
            ("http://api.example.com/agreements", NotAbsolute),
            ("/a/../agreements", DotSegment),
            ("/a/./b", DotSegment),
            ("/..", DotSegment),
            ("/a/%2e%2e/agreements", DotSegment),
            ("/a/%2E./agreements", DotSegment),
            ("/a/.%2e", DotSegment),
            ("/a%2fb", EncodedDelimiter),
            ("/a%2Fb", EncodedDelimiter),
            ("/a%5cb", Character),
            ("/a%5Cb", Character),
            ("/a\\b", Character),
            ("/a/%252e%252e/b", EncodedDelimiter),
            ("/a%25", EncodedDelimiter),
            ("//agreements", EmptySegment),
            ("/a//agreements", EmptySegment),
            ("/agreements//", EmptySegment),
            ("/agreements%3Fx", EncodedDelimiter),
            ("/agreements%3f", EncodedDelimiter),
            ("/agreements/..%3F/x", EncodedDelimiter),
            ("/agreements/..%23", EncodedDelimiter),
            ("/agreements%23", EncodedDelimiter),
            ("/agreements.", SegmentEnd),
            ("/agreements%2E/x", SegmentEnd),
            ("/agreements.../x", SegmentEnd),
            ("/agreements%20", SegmentEnd),
            ("/agreements%20/x", SegmentEnd),
            ("/agreements;x=1", MatrixParameter),
            ("/agreements%3bx", MatrixParameter),
            ("/agreements%3Bx", MatrixParameter),
            ("/..;/agreements", MatrixParameter),
            ("/a%00b", Character),
            ("/a\u{0}b", Character),
            ("/a%0d%0ab", Character),
            ("/a%7f", Character),
            ("/a b", Character),
            ("/a#b", Character),
            ("/\u{e9}", Character),
            ("/a%", Encoding),
            ("/a%4", Encoding),
            ("/a%zz", Encoding),
            ("/a%c0%af", Encoding),
            ("/a%e9", Encoding),
            ("/a/..%C2%A0", SegmentEnd),
            ("/a%E2%80%83/b", SegmentEnd),
            ("/%E2%80%A5/a", DotSegment),
            ("/%EF%BC%8E%EF%BC%8E/a", DotSegment),
            ("/%C2%AD..%C2%AD/a", DotSegment),
            ("/.%E2%80%8B./a", DotSegment),
            ("/%E2%80%8B/a", EmptySegment),
            ("/a%E2%80%8B./b", SegmentEnd),
            ("/..%EF%BC%8Fa", Character),
            ("/..%E2%88%95a", Character),
            ("/..%EF%BC%BCa", Character),
            ("/a%C2%85", Character),
            ("/caf%c3%A9", MixedCase),
            ("/caf%C3%a9", MixedCase),
            ("/caf%cE%aE", MixedCase),
            ("/%C3%A9/AGP-1/%c3%a9", MixedCase),
            ("/a%2e%2E/agreements", MixedCase),
            ("/a%5B/%5b", MixedCase),
        ] {
            assert_eq!(normalise(target), Err(error), "{target:?}");
        }
        assert_eq!(normalise(&format!("/{}", "a".repeat(MAX))), Err(TooLong));
        assert!(normalise(&format!("/{}?{}", "a".repeat(MAX - 1), "b".repeat(MAX))).is_ok());
    }

    proptest! {
        #[test]
        fn path_that_is_accepted_has_one_meaning(target in "/[a./%23ceEfF0;\\\\?]{0,12}") {
            if let Ok(path) = normalise(&target) {
                let has = |part: &str| path.contains(part);
                prop_assert!(path.starts_with('/') && !has("//") && !has("/../") && !has("/./"), "{}", path);
                prop_assert!(!path.ends_with("/..") && !path.ends_with("/.") && !has("\\") && !has(";") && !has("%"));
                prop_assert!(!has("?") && !has("#") && !has("./") && !has(" /") && !path.ends_with(['.', ' ']), "{}", path);
                let sent = target.split_once('?').map_or(target.as_str(), |(path, _)| path);
                let codes: String = sent.split('%').skip(1).map(|code| &code[..2]).collect();
                prop_assert!(codes == codes.to_uppercase() || codes == codes.to_lowercase(), "{}", sent);
            }
        }
    }
}
