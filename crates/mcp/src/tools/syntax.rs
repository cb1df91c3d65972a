//! `syntax_help`: the page of the query language, by its sections.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Told, Tool, arguments};
use crate::answer::Answer;

/// The page that people read, too.
const PAGE: &str = include_str!("../../../../docs/query-language.md");

pub(super) const TOOL: Tool = Tool {
    name: "syntax_help",
    description: "Explains the query language. Without a topic: the basics, and which topics there are.",
    arguments: || json!({"topic": {"type": "string", "description": "A word of a heading, such as fields, files, places or patterns, or an operator such as from."}}),
    required: &[],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    #[serde(default)]
    topic: String,
}

pub(super) fn call(given: Value) -> Told {
    let Arguments { topic } = arguments(given)?;
    let topic = topic.trim().to_lowercase();
    let (basics, sections) = PAGE.split_once("\n## ").unwrap_or((PAGE, ""));
    let sections: Vec<_> = sections.split("\n## ").collect();
    let topics = sections.iter().map(|one| heading(one)).collect::<Vec<_>>().join("; ");
    let mut answer = Answer::of_ours();
    if topic.is_empty() {
        answer.paragraph(basics);
        answer.line("topics", topics);
        return Ok(answer.finish());
    }
    let found = about(&sections, &topic);
    if found.is_empty() {
        let what = "code: unknown_topic\nerror: there is no such topic";
        return Err(format!("{what}\nhint: the topics are {topics}\n"));
    }
    found.into_iter().for_each(|one| answer.paragraph(&format!("## {one}")));
    Ok(answer.finish())
}

/// The sections with these words in their heading, and those that explain an operator of this name.
fn about<'p>(sections: &[&'p str], topic: &str) -> Vec<&'p str> {
    let (words, operator) = (format!(" {topic} "), format!("`{}:", topic.trim_end_matches(':')));
    let is_about = |one: &&&str| {
        let heading = format!(" {} ", heading(one).to_lowercase().replace(',', " "));
        heading.contains(&words) || one.to_lowercase().contains(&operator)
    };
    sections.iter().filter(is_about).copied().collect()
}

fn heading(section: &str) -> &str {
    section.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_the_headings_and_the_operators() {
        let help = |topic: &str| call(json!({"topic": topic}));
        assert!(
            help("")
                .unwrap()
                .contains("topics: Operators between terms, strongest first; Fields; Files")
        );
        assert!(help("PLACES").unwrap().starts_with("## Places\n"));
        assert!(help("from:").unwrap().contains("`from:`"));
        assert!(help("from").unwrap().contains("`from:`"), "it is a word of a heading, too");
        assert!(help("teleport").unwrap_err().contains("hint: the topics are Operators"));
        assert!(call(json!({"subject": "x"})).unwrap_err().contains("unknown field"));
    }
}
