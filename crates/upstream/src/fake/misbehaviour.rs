//! What can go wrong, and how that looks on the wire.

use std::str::FromStr;
use std::time::Duration;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Nothing: the answer that was set.
    #[default]
    None,
    /// This status with a JSON error.
    Status(u16),
    /// 429, with `Retry-After` in seconds if given.
    Busy(Option<u64>),
    /// No answer ever.
    Hang,
    /// The right answer, late.
    Slow(Duration),
    /// Half of the answer that was promised.
    CutOff,
    /// 200 with bytes that are no JSON.
    Garbage,
    /// 200 with a sign-in page.
    Html,
    /// A redirect to another place.
    Redirect,
    /// The connection is reset without an answer.
    Reset,
}

impl Misbehaviour {
    /// Whether the request is carried out, although its answer may not arrive.
    pub(super) const fn does_the_work(self) -> bool {
        matches!(self, Self::None | Self::Slow(_) | Self::CutOff | Self::Garbage)
    }
}

impl FromStr for Misbehaviour {
    type Err = String;

    /// `ok`, `status:CODE`, `busy`, `busy:SECONDS`, `hang`, `slow:MILLISECONDS`, `cut-off`, `garbage`,
    /// `html`, `redirect` or `reset`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, number) = text.split_once(':').unwrap_or((text, ""));
        let unknown = |_| format!("`{text}` is no misbehaviour");
        match name {
            "ok" => Ok(Self::None),
            "status" => number.parse().map(Self::Status).map_err(unknown),
            "busy" if number.is_empty() => Ok(Self::Busy(None)),
            "busy" => number.parse().map(|wait| Self::Busy(Some(wait))).map_err(unknown),
            "hang" => Ok(Self::Hang),
            "slow" => {
                number.parse().map(|wait| Self::Slow(Duration::from_millis(wait))).map_err(unknown)
            }
            "cut-off" => Ok(Self::CutOff),
            "garbage" => Ok(Self::Garbage),
            "html" => Ok(Self::Html),
            "redirect" => Ok(Self::Redirect),
            "reset" => Ok(Self::Reset),
            _ => Err(format!("`{text}` is no misbehaviour")),
        }
    }
}
