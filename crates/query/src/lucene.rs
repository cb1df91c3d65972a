//! Stub until the other branch is merged.
use crate::schema::TextField;
use crate::*;
/// s
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// s
    pub syntax: Syntax,
    /// m
    pub mode: Mode,
}
/// s
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Syntax {
    /// f
    #[default]
    Full,
    /// s
    Simple,
}
/// m
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// a
    #[default]
    Any,
    /// a
    All,
}
/// p
pub fn parse_condition(
    _t: &str,
    _o: Options,
    _f: &[TextField],
    _s: bool,
) -> Result<Condition, Errors> {
    Ok(Expr::everything())
}
/// p
pub fn parse(_t: &str, _o: Options) -> Result<Query, Errors> {
    Ok(Query::everything())
}
