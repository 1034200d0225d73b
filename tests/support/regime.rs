//! Edits of a regime file.

#![expect(clippy::unwrap_used, reason = "a helper of a test that cannot go on fails the test")]

/// A regime file in which the line of each key has another value.
pub fn edited(text: &str, edits: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (key, value) in edits {
        let old =
            text.lines().find(|line| line.starts_with(&format!("{key} ="))).unwrap().to_owned();
        text = text.replace(&format!("{old}\n"), &format!("{key} = {value}\n"));
    }
    text
}
