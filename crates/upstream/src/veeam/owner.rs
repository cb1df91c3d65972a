//! Whose drive it is.
//!
//! Veeam gives a drive an id, a name and a URL, and no address. The last part of the URL is the address of
//! the owner with `_` for every sign: `…/personal/alice_contoso_com`.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// Who the owner of a drive can be: the mailboxes that are known, and what the configuration says.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    /// Addresses by the form that they have in URLs; two addresses may share one.
    mailboxes: BTreeMap<String, Vec<String>>,
    /// Addresses by the name, the last part of the URL or the id of a drive, in small letters.
    mapped: BTreeMap<String, String>,
}

impl Owners {
    /// Owners among these mailboxes. `mapped` goes first: the name of a drive, the last part of its URL, or its
    /// id, to the address of its owner.
    ///
    /// ```
    /// use postern_upstream::veeam::Owners;
    ///
    /// let owners = Owners::new(["alice@contoso.com"], [("Press", "bob@contoso.com")]);
    /// let url = "https://contoso-my.sharepoint.com/personal/alice_contoso_com";
    /// assert_eq!(owners.of("1", "Alice", url), Some("alice@contoso.com"));
    /// assert_eq!(owners.of("2", "Press", "https://contoso.example/press"), Some("bob@contoso.com"));
    /// assert_eq!(owners.of("3", "Carol", "https://contoso.example/personal/carol"), None);
    /// ```
    pub fn new<A: AsRef<str>, K: AsRef<str>, V: Into<String>>(
        mailboxes: impl IntoIterator<Item = A>,
        mapped: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let mut owners = Self::default();
        for address in mailboxes {
            let known = owners.mailboxes.entry(form(address.as_ref())).or_default();
            if !known.iter().any(|one| one.eq_ignore_ascii_case(address.as_ref())) {
                known.push(address.as_ref().to_owned());
            }
        }
        let mapped = mapped.into_iter();
        owners.mapped =
            mapped.map(|(drive, owner)| (drive.as_ref().to_lowercase(), owner.into())).collect();
        owners
    }

    /// What the documents of a drive are found by: the address of its owner, else its name, which is nobody's
    /// address; nothing where it has no name.
    ///
    /// ```
    /// use postern_upstream::veeam::Owners;
    ///
    /// let owners = Owners::new(["alice@contoso.com"], [("", ""); 0]);
    /// let named = |name: &str| owners.named("1", name, "https://contoso.example/personal/x");
    /// assert_eq!(named("Press").unwrap(), "Press");
    /// assert_eq!(named("Alice@contoso.com").unwrap(), "Alice@contoso.com (drive)");
    /// ```
    #[must_use]
    pub fn named(&self, id: &str, name: &str, url: &str) -> Option<String> {
        if let Some(owner) = self.of(id, name, url) {
            return Some(owner.to_owned());
        }
        let is_it = |one: &String| one.to_lowercase() == name.to_lowercase();
        let is_somebody = name.contains('@') || self.mailboxes.values().flatten().any(is_it);
        let nobodys = if is_somebody { format!("{name} (drive)") } else { name.to_owned() };
        Some(nobodys).filter(|name| !name.is_empty())
    }

    /// The address of the owner of a drive; nothing where no mailbox or more than one fits.
    #[must_use]
    pub fn of(&self, id: &str, name: &str, url: &str) -> Option<&str> {
        let last = last_part(url);
        let mut told = [id, name, last.as_str()].into_iter();
        if let Some(owner) = told.find_map(|key| self.mapped.get(&key.to_lowercase())) {
            return Some(owner);
        }
        match self.mailboxes.get(&form(&last)).map(Vec::as_slice) {
            Some([only]) => Some(only),
            Some(_) | None => None,
        }
    }
}

/// The last part of a URL, without its query and escapes.
fn last_part(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    percent_decode_str(last).decode_utf8_lossy().into_owned()
}

/// A text as URLs of drives have it: letters and digits, and `_` for a run of anything else.
fn form(text: &str) -> String {
    let mut form = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            form.push(c);
        } else if !form.ends_with('_') {
            form.push('_');
        }
    }
    form.trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_names_the_owner() {
        let owners = Owners::new(
            [
                "alice@contoso.com",
                "Bob.Jones@contoso.com",
                "c.o-brien@contoso.com",
                "x+y@contoso.com",
            ],
            [("press", "alice@contoso.com")],
        );
        let host = "https://contoso-my.sharepoint.com/personal";
        for (url, owner) in [
            (format!("{host}/alice_contoso_com"), Some("alice@contoso.com")),
            (format!("{host}/ALICE_contoso_com/"), Some("alice@contoso.com")),
            (format!("{host}/alice_contoso_com?web=1"), Some("alice@contoso.com")),
            (format!("{host}/bob_jones_contoso_com"), Some("Bob.Jones@contoso.com")),
            (format!("{host}/c_o_brien_contoso_com"), Some("c.o-brien@contoso.com")),
            (format!("{host}/x%2By_contoso_com"), Some("x+y@contoso.com")),
            (format!("{host}/bobjones_contoso_com"), None),
            (format!("{host}/press"), Some("alice@contoso.com")),
            ("https://contoso.example".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(owners.of("id", "name", &url), owner, "{url}");
        }
    }

    #[test]
    fn of_two_mailboxes_that_fit_none_is_the_owner() {
        let url = "https://x.example/personal/a_b_contoso_com";
        let two = Owners::new(["a.b@contoso.com", "a-b@contoso.com"], [("", ""); 0]);
        assert_eq!(two.of("id", "A B", url), None);
        let told = Owners::new(
            ["a.b@contoso.com", "a-b@contoso.com"],
            [("A_B_contoso_com", "a-b@contoso.com")],
        );
        assert_eq!(told.of("id", "A B", url), Some("a-b@contoso.com"));
        let same = Owners::new(["a.b@contoso.com", "A.B@contoso.com"], [("", ""); 0]);
        assert_eq!(same.of("id", "A B", url), Some("a.b@contoso.com"));
    }
}
