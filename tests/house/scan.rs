//! What a file says, by its tokens: so that comments, strings and formatting do not matter.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::vec::IntoIter;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::source::Names;

/// What stands in one module, without what is only there for tests.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) file: String,
    /// What `use` brings in: the name here, and the path it stands for.
    pub(crate) uses: BTreeMap<String, Names>,
    /// The paths of `use …::*`.
    pub(crate) globs: Vec<Names>,
    /// Every path of two names and more, those of `use` among them.
    pub(crate) paths: BTreeSet<Names>,
    /// Names of items that are defined here.
    pub(crate) items: BTreeSet<String>,
    /// Names of types that everyone may use, as often as they are defined.
    pub(crate) public: Vec<String>,
    /// Modules that are declared for tests alone.
    pub(crate) tests: Vec<Names>,
}

/// The module of a file, and the modules that are written out in it.
pub(crate) fn scan(file: &str, module: &Names, text: &str) -> Vec<(Names, Found)> {
    let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file}: {error}"));
    let mut scan = Scan { file, done: Vec::new() };
    scan.module(module.clone(), tokens);
    scan.done
}

struct Scan<'a> {
    file: &'a str,
    done: Vec<(Names, Found)>,
}

type Tokens = Peekable<IntoIter<TokenTree>>;

impl Scan<'_> {
    fn module(&mut self, path: Names, tokens: TokenStream) {
        let mut found = Found { file: self.file.to_owned(), ..Found::default() };
        self.read(&path, tokens, &mut found);
        self.done.push((path, found));
    }

    fn read(&mut self, module: &Names, tokens: TokenStream, found: &mut Found) {
        let mut tokens = tokens.into_iter().collect::<Vec<_>>().into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(mark) if mark.as_char() == '#' => {
                    if attribute(&mut tokens).is_some_and(|group| is_for_tests(&group)) {
                        skip_item(module, &mut tokens, found);
                    }
                }
                TokenTree::Ident(word) => self.word(module, &word.to_string(), &mut tokens, found),
                TokenTree::Group(group) => self.read(module, group.stream(), found),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    fn word(&mut self, module: &Names, word: &str, tokens: &mut Tokens, found: &mut Found) {
        match word {
            "use" if !next_is(tokens, '<') => read_use(tokens, found),
            "mod" => self.submodule(module, tokens, found),
            "pub" => read_public(tokens, found),
            "struct" | "enum" | "trait" | "type" | "fn" | "const" | "static" => {
                found.items.extend(peek_word(tokens));
            }
            _ => read_path(word, tokens, found),
        }
    }

    fn submodule(&mut self, module: &Names, tokens: &mut Tokens, found: &mut Found) {
        let Some(name) = peek_word(tokens) else { return };
        tokens.next();
        if let Some(TokenTree::Group(body)) = tokens.peek() {
            let mut path = module.clone();
            path.push(name.clone());
            self.module(path, body.stream());
            tokens.next();
        }
        found.items.insert(name);
    }
}

/// `pub struct Name`, and what is given another public name by `pub use … as Name`.
fn read_public(tokens: &mut Tokens, found: &mut Found) {
    let mut ahead = tokens.clone();
    let kind = peek_word(&mut ahead);
    ahead.next();
    match kind.as_deref() {
        Some("struct" | "enum" | "trait" | "type") => found.public.extend(peek_word(&mut ahead)),
        Some("use") => found.public.extend(renamed(ahead)),
        _ => {}
    }
}

fn renamed(tokens: Tokens) -> Vec<String> {
    let until_end: Vec<_> = tokens.take_while(|token| !is_mark(token, ';')).collect();
    let mut names = Vec::new();
    let mut words = flatten(until_end).into_iter();
    while let Some(word) = words.next() {
        if word == "as" {
            names.extend(words.next().filter(|name| name.starts_with(char::is_uppercase)));
        }
    }
    names
}

fn flatten(tokens: Vec<TokenTree>) -> Vec<String> {
    let each = tokens.into_iter().flat_map(|token| match token {
        TokenTree::Group(group) => flatten(group.stream().into_iter().collect()),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {
            vec![token.to_string()]
        }
    });
    each.collect()
}

fn read_use(tokens: &mut Tokens, found: &mut Found) {
    let tree: Vec<_> = tokens.by_ref().take_while(|token| !is_mark(token, ';')).collect();
    read_tree(&Vec::new(), tree, found);
}

/// One branch of `use`: names with `::` between them, and at the end a name, `*`, or branches in braces.
fn read_tree(prefix: &Names, tokens: Vec<TokenTree>, found: &mut Found) {
    let mut path = prefix.clone();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) if word == "as" => {
                let name = tokens.next().map(|name| name.to_string()).unwrap_or_default();
                return add_use(path, name, found);
            }
            TokenTree::Ident(word) => path.push(word.to_string()),
            TokenTree::Group(group) => return read_branches(&path, &group, found),
            TokenTree::Punct(mark) if mark.as_char() == '*' => {
                found.paths.insert(path.clone());
                return found.globs.push(path);
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    let name = path.iter().rev().find(|name| *name != "self").cloned().unwrap_or_default();
    add_use(path, name, found);
}

fn read_branches(prefix: &Names, group: &Group, found: &mut Found) {
    let tokens: Vec<_> = group.stream().into_iter().collect();
    for branch in tokens.split(|token| is_mark(token, ',')).filter(|branch| !branch.is_empty()) {
        read_tree(prefix, branch.to_vec(), found);
    }
}

fn add_use(mut path: Names, name: String, found: &mut Found) {
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    found.paths.insert(path.clone());
    found.uses.insert(name, path);
}

fn read_path(first: &str, tokens: &mut Tokens, found: &mut Found) {
    let mut path = vec![first.to_owned()];
    while let Some(name) = next_in_path(tokens) {
        path.push(name);
    }
    if path.len() > 1 {
        found.paths.insert(path);
    }
}

fn next_in_path(tokens: &mut Tokens) -> Option<String> {
    let mut ahead = tokens.clone();
    let colons = [ahead.next(), ahead.next()];
    let name = peek_word(&mut ahead)?;
    if !colons.iter().flatten().all(|token| is_mark(token, ':')) {
        return None;
    }
    ahead.next();
    *tokens = ahead;
    Some(name)
}

/// The content of an attribute, after its `#`.
fn attribute(tokens: &mut Tokens) -> Option<Group> {
    if next_is(tokens, '!') {
        tokens.next();
        tokens.next();
        return None;
    }
    match tokens.next()? {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => Some(group),
        _ => None,
    }
}

/// `#[test]`, `#[cfg(test)]` and `#[cfg(any(test, …))]`, but not `#[cfg(not(test))]`.
fn is_for_tests(attribute: &Group) -> bool {
    let words = flatten(attribute.stream().into_iter().collect());
    let (test, not) = (words.iter().any(|w| w == "test"), words.iter().any(|w| w == "not"));
    let first = words.first().map(String::as_str);
    test && !not && matches!(first, Some("cfg" | "test"))
}

/// Skips the item after an attribute: to its body, or to the mark that ends it.
fn skip_item(module: &Names, tokens: &mut Tokens, found: &mut Found) {
    let mut words = Vec::new();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) => words.push(word.to_string()),
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                attribute(tokens);
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => break,
            TokenTree::Punct(mark) if mark.as_char() == ',' && !is_item(&words) => break,
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::Brace && has_body(&words) =>
            {
                break;
            }
            TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    if let Some(at) = words.iter().position(|word| word == "mod") {
        let mut path = module.clone();
        path.extend(words.get(at + 1).cloned());
        found.tests.push(path);
    }
}

fn is_item(words: &[String]) -> bool {
    words.iter().any(|word| {
        ["fn", "impl", "struct", "enum", "trait", "type", "use", "mod", "const", "static"]
            .contains(&word.as_str())
    })
}

fn has_body(words: &[String]) -> bool {
    !words.iter().any(|word| ["use", "static", "let"].contains(&word.as_str()))
        && !words.iter().take(3).any(|word| word == "type")
        && (words.iter().any(|word| word == "fn") || !words.iter().any(|word| word == "const"))
}

fn peek_word(tokens: &mut Tokens) -> Option<String> {
    match tokens.peek()? {
        TokenTree::Ident(word) => Some(word.to_string()),
        TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    }
}

fn next_is(tokens: &mut Tokens, mark: char) -> bool {
    tokens.peek().is_some_and(|token| is_mark(token, mark))
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == mark)
}
