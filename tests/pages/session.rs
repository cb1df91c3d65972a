//! A shell in which the commands of a page run one after the other, over an index of the samples
//! until the page chooses another data folder.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::{KEY, postern, root, samples};

/// What the pages write for the service, the gateway and the folder of the reader.
const SERVICE: &str = "https://datatap.example";
const GATEWAY: &str = "127.0.0.1:7700";
const HOME: &str = "/home/you/postern";

/// The pages ask the gateway with curl. The test does it itself, so that it needs none: the function
/// hands its arguments over and waits for the answer.
const CURL: &str = r#"
curl() {
  printf '%s\0' "$@" >"$ASIDE/asked" && mv "$ASIDE/asked" "$ASIDE/curl"
  while [ ! -e "$ASIDE/answered" ]; do sleep 0.02; done
  cat "$ASIDE/answer"; rm "$ASIDE/answered"
}
"#;

/// The shell; what it started ends with it.
pub(crate) struct Session {
    shell: Child,
    _folder: TempDir,
    aside: TempDir,
    replaced: Vec<(String, &'static str)>,
    commands: usize,
}

impl Session {
    /// Starts in an empty folder with the samples in it.
    pub(crate) fn start(upstream: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let aside = tempfile::tempdir().unwrap();
        symlink(root().join("samples"), folder.path().join("samples")).unwrap();
        let key = folder.path().join("key.txt");
        fs::write(&key, KEY).unwrap();
        fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_postern"));
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        let clean = postern(folder.path());
        let removed = clean.get_envs().filter(|(_, value)| value.is_none());
        for (name, _) in removed {
            command.env_remove(name);
        }
        let shell = command
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env("POSTERN_DATA", samples())
            .env("PATH", format!("{}:{path}", binary.parent().unwrap().display()))
            .env("ASIDE", aside.path())
            .env("POSTERN_LISTEN", "127.0.0.1:0")
            .env("NO_COLOR", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let here = folder.path().to_str().unwrap().to_owned();
        let replaced = vec![(upstream.to_owned(), SERVICE), (here, HOME)];
        let mut session = Self { shell, _folder: folder, aside, replaced, commands: 0 };
        session.tell(CURL);
        session
    }

    /// Runs a command and says what it printed, as the page would have it.
    pub(crate) async fn run(&mut self, command: &str) -> String {
        let mut command = command.to_owned();
        for (real, shown) in &self.replaced {
            command = command.replace(shown, real);
        }
        // Each has a file of its own, as a gateway that was started goes on writing into its one.
        self.commands += 1;
        let number = self.commands;
        self.tell(&format!(
            "{{ {command}\n}} >\"$ASIDE/{number}.output\" 2>&1; echo >\"$ASIDE/{number}.over\"\n"
        ));
        self.until(|aside| aside.join(format!("{number}.over")).exists()).await;
        if command.contains("postern serve") {
            self.tell("started=\"$started $!\"\n");
            self.listening().await;
        }
        self.printed()
    }

    fn tell(&mut self, text: &str) {
        self.shell.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// The file of what the last command prints.
    fn output(&self) -> PathBuf {
        self.aside.path().join(format!("{}.output", self.commands))
    }

    fn printed(&self) -> String {
        let mut output = fs::read_to_string(self.output()).unwrap_or_default();
        for (real, shown) in &self.replaced {
            output = output.replace(real, shown);
        }
        if !output.is_empty() && !output.ends_with('\n') {
            output.push('\n');
        }
        output
    }

    /// Waits for a gateway that was started, and notes where it listens.
    async fn listening(&mut self) {
        let output = self.output();
        let said = || fs::read_to_string(&output).unwrap_or_default();
        self.until(|_| said().contains("listening on http://")).await;
        let said = said();
        let address = said.split("listening on http://").nth(1).unwrap().lines().next().unwrap();
        self.replaced.retain(|(_, shown)| *shown != GATEWAY);
        self.replaced.push((address.to_owned(), GATEWAY));
    }

    /// Waits for something, and asks meanwhile what curl is to ask.
    async fn until(&self, over: impl Fn(&std::path::Path) -> bool) {
        let begun = Instant::now();
        while !over(self.aside.path()) {
            assert!(begun.elapsed() < Duration::from_secs(120), "{}", self.printed());
            let asked = self.aside.path().join("curl");
            if let Ok(arguments) = fs::read_to_string(&asked) {
                fs::remove_file(asked).unwrap();
                let answer = curl(&arguments).await;
                fs::write(self.aside.path().join("answer"), answer).unwrap();
                fs::write(self.aside.path().join("answered"), "").unwrap();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Not every shell tells a subshell what runs: each gateway was noted when it was started.
        self.tell("kill $started\nexit\n");
        let _ended = self.shell.wait();
    }
}

/// As much of curl as the pages use: `-s`, `-i`, `-H`, `-d` and a URL.
async fn curl(arguments: &str) -> String {
    let client = postern_upstream::http().no_proxy().build().unwrap();
    let (mut headers, mut body, mut url, mut with_head) = (Vec::new(), None, "", false);
    let mut arguments = arguments.split_terminator('\0');
    while let Some(argument) = arguments.next() {
        match argument {
            "-s" => {}
            "-i" | "-si" => with_head = true,
            "-H" => headers.push(arguments.next().unwrap().split_once(": ").unwrap()),
            "-d" => body = arguments.next(),
            address => url = address,
        }
    }
    let request =
        body.map_or_else(|| client.get(url), |body| client.post(url).body(body.to_owned()));
    let request =
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = request.send().await.unwrap();
    let mut text = String::new();
    if with_head {
        text = format!("HTTP/1.1 {}\n", answer.status());
        for (name, value) in answer.headers() {
            writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
        text.push('\n');
    }
    text + &answer.text().await.unwrap()
}
