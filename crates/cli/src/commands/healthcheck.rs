//! `postern healthcheck`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{anyhow, ensure};
use postern_gateway::config::{Config, Overrides};
use postern_upstream::{Settings, Trust, connect};

use crate::args::{Common, Healthcheck};
use crate::data;
use crate::exit::Exit;

/// Asks the gateway of the configuration whether it lives.
pub(crate) fn run(common: &Common, arguments: &Healthcheck) -> anyhow::Result<Exit> {
    let overrides = Overrides { listen: arguments.listen.clone(), ..Overrides::default() };
    let config = Config::load(common.config.as_deref(), &overrides, data::place(common)?)?;
    let (base, trust) = reachable(&config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let status = runtime.block_on(ask(&base, trust, arguments.time)).map_err(|error| {
        anyhow!("the gateway at {base} does not answer ({error:#}); is `postern serve` running?")
    })?;
    ensure!(status == 200, "{base} answers {status}, and not as a gateway that lives");
    Ok(Exit::Done)
}

/// Where the gateway can be asked from this machine, and the certificate that it shows: its name is that of the
/// machine to others, so the certificate itself is what is known.
fn reachable(config: &Config) -> anyhow::Result<(String, Trust)> {
    let address = here(config.listen);
    Ok(match &config.tls {
        Some(tls) => (format!("https://{address}"), Trust::Sha256(tls.fingerprint()?)),
        None => (format!("http://{address}"), Trust::System),
    })
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
async fn ask(base: &str, trust: Trust, time: Duration) -> anyhow::Result<u16> {
    let settings = Settings { connect_timeout: time, trust, ..Settings::default() };
    let (url, client) = connect(base, &settings)?;
    Ok(client.get(url.join("healthz")?).timeout(time).send().await?.status().as_u16())
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
