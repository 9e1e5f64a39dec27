//! Lines of CSV that a spreadsheet opens without harm.

/// A line, with its end.
#[must_use]
pub fn line(cells: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Into memory, so nothing can fail.
    let _ = writer.write_record(cells.into_iter().map(|cell| harmless(cell.as_ref())));
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// A spreadsheet calculates what begins with one of these (OWASP, *CSV Injection*).
fn harmless(cell: &str) -> String {
    let quote = if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { "'" } else { "" };
    format!("{quote}{cell}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cell_with_a_formula_begins_with_an_apostrophe_and_quotes_are_doubled() {
        let cells = ["=1+1", "@SUM(A1)", "-2", "plain", "a \"b\", c", "two\nlines", ""];
        assert_eq!(line(cells), "'=1+1,'@SUM(A1),'-2,plain,\"a \"\"b\"\", c\",\"two\nlines\",\r\n");
    }
}
