//! The order in which engines are asked.

use super::{ConfigError, EngineName, invalid};

/// The engines that `engines` names; nothing where it does not stand there.
pub(super) fn read(names: Option<Vec<String>>) -> Result<Option<Vec<EngineName>>, ConfigError> {
    let Some(names) = names else { return Ok(None) };
    if names.is_empty() {
        return invalid(format!("`engines` is empty, so nobody could answer; write {}", all()));
    }
    let mut order = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let number = at + 1;
        match EngineName::parse(name) {
            None => {
                return invalid(format!(
                    "number {number} of `engines` is none; there are {}",
                    all()
                ));
            }
            Some(name) if order.contains(&name) => {
                return invalid(format!("`engines` names {} twice; remove one", name.as_str()));
            }
            Some(name) => order.push(name),
        }
    }
    Ok(Some(order))
}

impl EngineName {
    /// The engine of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }
}

fn all() -> String {
    EngineName::ALL.map(EngineName::as_str).join(", ")
}
