//! `postern healthcheck`.

use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{anyhow, ensure};
use postern_gateway::config::{Config, Overrides};

use crate::args::{Common, Healthcheck};
use crate::data;
use crate::exit::Exit;

/// Bytes of the answer that are looked at: enough for its first line.
const LOOKED_AT: u64 = 256;

/// Asks the gateway of the configuration whether it lives.
pub(crate) fn run(common: &Common, arguments: &Healthcheck) -> anyhow::Result<Exit> {
    let overrides = Overrides { listen: arguments.listen.clone(), ..Overrides::default() };
    let config = Config::load(common.config.as_deref(), &overrides, data::place(common)?)?;
    let address = reachable(config.listen);
    let status = ask(address, arguments.time).map_err(|error| {
        anyhow!("the gateway at {address} does not answer ({error}); is `postern serve` running?")
    })?;
    let lives = status.starts_with("HTTP/1.1 200 ");
    ensure!(lives, "{address} answers, and not as a gateway that lives: {}", status.escape_debug());
    Ok(Exit::Done)
}

/// Where something that listens there can be asked from this machine.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The first line of the answer.
fn ask(address: SocketAddr, time: Duration) -> io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, time)?;
    stream.set_read_timeout(Some(time))?;
    stream.set_write_timeout(Some(time))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(LOOKED_AT).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::reachable;

    #[test]
    fn what_listens_everywhere_is_asked_here() {
        for (listen, asked) in [
            ("0.0.0.0:7700", "127.0.0.1:7700"),
            ("[::]:80", "[::1]:80"),
            ("10.1.2.3:7700", "10.1.2.3:7700"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked, "{listen}");
        }
    }
}
