//! `postern healthcheck`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{bail, ensure};
use postern_gateway::config::{Config, Overrides};
use postern_upstream::{Fault, Settings, Trust, connect};

use crate::args::{Common, Healthcheck};
use crate::exit::Exit;
use crate::{data, output};

/// What no certificate has.
const NO_CERTIFICATE: [u8; 32] = [0; 32];

/// Asks the gateway of the configuration whether it lives.
pub(crate) fn run(common: &Common, arguments: &Healthcheck) -> anyhow::Result<Exit> {
    let overrides = Overrides { listen: arguments.listen.clone(), ..Overrides::default() };
    let config = Config::load(common.config.as_deref(), &overrides, data::place(common)?)?;
    let (base, trust) = reachable(&config);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let answer = runtime.block_on(ask(&base, trust, arguments.time))?;
    let status = match answer {
        // It goes on with the certificate that it has, whatever the file has by now.
        Err(Fault::Certificate) => {
            output::note("the gateway lives, and shows another certificate than the file has");
            return Ok(Exit::Done);
        }
        Err(fault) => {
            bail!("the gateway at {base} does not answer ({fault}); is `postern serve` running?")
        }
        Ok(status) => status,
    };
    ensure!(status == 200, "{base} answers {status}, and not as a gateway that lives");
    Ok(Exit::Done)
}

/// Where the gateway can be asked from this machine, and the certificate that it shows: its name is that of the
/// machine to others, so the certificate itself is what is known.
fn reachable(config: &Config) -> (String, Trust) {
    let address = here(config.listen);
    match &config.tls {
        Some(tls) => {
            let known = tls.fingerprint().unwrap_or(NO_CERTIFICATE);
            (format!("https://{address}"), Trust::Sha256(known))
        }
        None => (format!("http://{address}"), Trust::System),
    }
}

/// Where something that listens there can be asked from this machine.
fn here(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The status of the answer.
async fn ask(base: &str, trust: Trust, time: Duration) -> anyhow::Result<Result<u16, Fault>> {
    let settings = Settings { connect_timeout: time, trust, ..Settings::default() };
    let (url, client) = connect(base, &settings)?;
    let answer = client.get(url.join("healthz")?).timeout(time).send().await;
    Ok(answer.map(|answer| answer.status().as_u16()).map_err(|error| Fault::of(&error)))
}

#[cfg(test)]
mod tests {
    use super::here;

    #[test]
    fn what_listens_everywhere_is_asked_here() {
        for (listen, asked) in [
            ("0.0.0.0:7700", "127.0.0.1:7700"),
            ("[::]:80", "[::1]:80"),
            ("10.1.2.3:7700", "10.1.2.3:7700"),
        ] {
            assert_eq!(here(listen.parse().unwrap()).to_string(), asked, "{listen}");
        }
    }
}
