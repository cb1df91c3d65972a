//! From where a query is read.

use clap::Args;

#[derive(Args, Clone, Debug, Default)]
pub(crate) struct View {
    /// Where days begin, such as Europe/Berlin [default: `zone` of the configuration, else UTC]
    #[arg(long, value_name = "ZONE", env = "POSTERN_ZONE")]
    pub(crate) zone: Option<String>,
    /// An address that `me` stands for; repeat for more [default: `me` of the configuration]
    #[arg(long, value_name = "ADDR", env = "POSTERN_ME", value_delimiter = ',')]
    pub(crate) me: Vec<String>,
}
