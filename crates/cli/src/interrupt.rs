//! Ending a run on request.

use crate::output;

/// The first Ctrl-C asks the run to end and keep what is done; the second ends the process. `ask` says
/// whether that was asked before.
pub(crate) fn on_ctrl_c(ask: impl Fn() -> bool + Send + 'static) -> anyhow::Result<()> {
    ctrlc::set_handler(move || {
        if ask() {
            std::process::exit(130);
        }
        output::note("stopping; what is done is kept (again to end at once)");
    })?;
    Ok(())
}
