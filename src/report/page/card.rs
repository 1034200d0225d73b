//! Sections of cards, from Markdown.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// The text below a heading of a card, or of a theorem's page, as HTML. Links lose their targets, which the page
/// does not have; tags are shown as the text that they are.
pub fn section(card: &str, heading: &str) -> Markup {
    let text = below(card, heading);
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Start(Tag::Link { .. } | Tag::Image { .. })
        | Event::End(TagEnd::Link | TagEnd::Image) => None,
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        other => Some(other),
    });
    let mut markup = String::new();
    html::push_html(&mut markup, events);
    PreEscaped(markup)
}

/// The lines from a heading to the next one.
fn below<'a>(card: &'a str, heading: &str) -> &'a str {
    let sections = card.split("\n## ").filter_map(|section| section.split_once('\n'));
    let mut found = sections.filter(|(name, _)| *name == heading).map(|(_, text)| text);
    found.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CARD: &str = "# a/b\n\n## Statement\nOf `P` < 1, see [notation](notation.md).\n\n\
                        ## Control\n- <b>one</b>\n- two\n";

    #[test]
    fn a_section_is_html_without_foreign_tags_and_links() {
        let text = section(CARD, "Statement").into_string();
        assert_eq!(text, "<p>Of <code>P</code> &lt; 1, see notation.</p>\n");
        let text = section(CARD, "Control").into_string();
        assert!(text.contains("<li>&lt;b&gt;one&lt;/b&gt;</li>"), "{text}");
        assert_eq!(section(CARD, "Derivation").into_string(), "");
    }
}
