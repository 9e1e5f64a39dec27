//! One style sheet for the page, out of the many files that it is written in.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use crate::Result;

/// Puts the style sheets that `index.html` names into one, in their order, and names that one instead.
///
/// # Errors
///
/// A file cannot be read, written or removed.
pub fn join(folder: &Path) -> Result {
    let page = folder.join("index.html");
    let told = |error: std::io::Error| format!("the style sheets of {}: {error}", page.display());
    let (html, names) = without_sheets(&fs::read_to_string(&page).map_err(told)?);
    let mut styles = String::new();
    for name in &names {
        styles += &fs::read_to_string(folder.join(name)).map_err(told)?;
        fs::remove_file(folder.join(name)).map_err(told)?;
    }
    let mut hasher = DefaultHasher::new();
    styles.hash(&mut hasher);
    let name = format!("styles-{:016x}.css", hasher.finish());
    fs::write(folder.join(&name), styles).map_err(told)?;
    let link = format!("<link rel=\"stylesheet\" href=\"/{name}\"></head>");
    fs::write(&page, html.replacen("</head>", &link, 1)).map_err(told)
}

/// The page without its style sheets, and their names.
fn without_sheets(html: &str) -> (String, Vec<String>) {
    let (mut rest, mut names) = (String::new(), Vec::new());
    for (index, part) in html.split("<link ").enumerate() {
        let (tag, after) = part.split_once('>').unwrap_or((part, ""));
        let sheet = tag.split_whitespace().find_map(|word| word.strip_prefix("href=/")?.strip_suffix(".css"));
        match sheet.filter(|_| index > 0) {
            Some(name) => {
                names.push(format!("{name}.css"));
                rest += after;
            }
            None if index > 0 => rest += &format!("<link {part}"),
            None => rest += part,
        }
    }
    (rest, names)
}

#[cfg(test)]
mod tests {
    use super::without_sheets;

    #[test]
    fn other_links_stay() {
        let html = "<head><link href=/a-1.svg rel=icon><link href=/b-2.css rel=stylesheet><link href=/c-3.css rel=stylesheet></head>";
        let (rest, names) = without_sheets(html);
        assert_eq!(rest, "<head><link href=/a-1.svg rel=icon></head>");
        assert_eq!(names, ["b-2.css", "c-3.css"]);
    }
}
