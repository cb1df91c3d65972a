//! The programs that index: how each is called, and what a call costs.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use walkdir::WalkDir;

/// What a run of a program costs.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    cpu_seconds: f64,
    wall_seconds: f64,
    peak_megabytes: f64,
    index_megabytes: f64,
}

impl Cost {
    pub(crate) const fn values(self) -> [f64; 4] {
        [self.cpu_seconds, self.wall_seconds, self.peak_megabytes, self.index_megabytes]
    }

    /// The median of each by itself.
    pub(crate) fn median(costs: &[Self]) -> Self {
        let of = |value: fn(&Self) -> f64| {
            let mut values: Vec<_> = costs.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or_default()
        };
        Self {
            cpu_seconds: of(|cost| cost.cpu_seconds),
            wall_seconds: of(|cost| cost.wall_seconds),
            peak_megabytes: of(|cost| cost.peak_megabytes),
            index_megabytes: of(|cost| cost.index_megabytes),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Floor,
    Fewest,
    Postern,
    Mu,
    Mairix,
    Notmuch,
}

/// A program with a folder for its index.
pub(crate) struct Program {
    kind: Kind,
    data: PathBuf,
}

impl Program {
    /// The floor first.
    pub(crate) fn installed(work: &Path) -> Vec<Self> {
        let kinds =
            [Kind::Floor, Kind::Fewest, Kind::Postern, Kind::Mu, Kind::Mairix, Kind::Notmuch];
        let programs = kinds.map(|kind| Self { kind, data: work.join(name(kind)) });
        programs.into_iter().filter(Self::is_installed).collect()
    }

    pub(crate) const fn name(&self) -> &'static str {
        name(self.kind)
    }

    fn is_installed(&self) -> bool {
        let is_ours = self.is_bare() || self.kind == Kind::Postern;
        let mut call = Command::new(self.name());
        call.arg("--help").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        is_ours || call.status().is_ok()
    }

    /// Forgets its index.
    pub(crate) fn clear(&self) {
        fs::remove_dir_all(&self.data).unwrap_or_default();
    }

    /// Whether it keeps no books, and so always begins anew.
    const fn is_bare(&self) -> bool {
        matches!(self.kind, Kind::Floor | Kind::Fewest)
    }

    /// Indexes what is new.
    pub(crate) fn run(&self, mail: &Path) -> Cost {
        if !self.data.exists() || self.is_bare() {
            self.clear();
            fs::create_dir_all(&self.data).unwrap();
            self.prepare(mail);
        }
        self.measured(&self.call(mail))
    }

    /// The same, where the floor only asks for the state of each file.
    pub(crate) fn run_again(&self, mail: &Path) -> Cost {
        match self.kind {
            Kind::Floor | Kind::Fewest => {
                self.measured(&ours(&["--look".as_ref(), mail.as_os_str()]))
            }
            _ => self.run(mail),
        }
    }

    fn prepare(&self, mail: &Path) {
        let settings = self.settings();
        let (mail, data) = (mail.display(), self.data.display());
        match self.kind {
            Kind::Floor | Kind::Fewest | Kind::Postern => {}
            Kind::Mu => {
                let mut call = Command::new("mu");
                call.arg("init").arg(format!("--muhome={data}")).arg(format!("--maildir={mail}"));
                assert!(call.stdout(Stdio::null()).status().unwrap().success());
            }
            Kind::Mairix => {
                let text = format!(
                    "base={mail}\nmaildir=...\ndatabase={data}/database\nmfolder={data}/found\n"
                );
                fs::write(settings, text).unwrap();
            }
            Kind::Notmuch => {
                let text = format!(
                    "[database]\npath={data}\nmail_root={mail}\n[user]\nname=x\nprimary_email=x@example.com\n"
                );
                fs::write(settings, text).unwrap();
            }
        }
    }

    fn settings(&self) -> PathBuf {
        self.data.join("settings")
    }

    fn call(&self, mail: &Path) -> Vec<std::ffi::OsString> {
        let (data, mail) = (self.data.as_os_str(), mail.as_os_str());
        let settings = self.settings();
        match self.kind {
            Kind::Floor => ours(&["--floor".as_ref(), data, mail]),
            Kind::Fewest => ours(&["--fewest".as_ref(), data, mail]),
            Kind::Postern => ours(&["--postern".as_ref(), data, mail]),
            Kind::Mu => vec![
                "mu".into(),
                "index".into(),
                "--quiet".into(),
                format!("--muhome={}", self.data.display()).into(),
            ],
            Kind::Mairix => vec!["mairix".into(), "-f".into(), settings.into()],
            Kind::Notmuch => vec![
                "notmuch".into(),
                format!("--config={}", settings.display()).into(),
                "new".into(),
                "--quiet".into(),
            ],
        }
    }

    fn measured(&self, call: &[std::ffi::OsString]) -> Cost {
        let times = tempfile::NamedTempFile::new().unwrap();
        let mut time = Command::new("/usr/bin/time");
        time.args(["-q", "-f", "%U %S %e %M", "-o"]).arg(times.path()).args(call);
        let done = time.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(done.expect("GNU time is needed").success(), "{call:?}");
        let text = fs::read_to_string(times.path()).unwrap();
        let numbers: Vec<f64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
        let [user, system, wall_seconds, kilobytes] = numbers.try_into().unwrap();
        Cost {
            cpu_seconds: user + system,
            wall_seconds,
            peak_megabytes: kilobytes / 1e3,
            index_megabytes: megabytes(&self.data),
        }
    }
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Floor => "floor",
        Kind::Fewest => "fewest",
        Kind::Postern => "postern",
        Kind::Mu => "mu",
        Kind::Mairix => "mairix",
        Kind::Notmuch => "notmuch",
    }
}

/// This program again, doing one thing.
fn ours(args: &[&OsStr]) -> Vec<std::ffi::OsString> {
    let program = std::env::current_exe().unwrap().into_os_string();
    std::iter::once(program).chain(args.iter().map(Into::into)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "megabytes are shown with two decimals")]
fn megabytes(folder: &Path) -> f64 {
    let files = WalkDir::new(folder).into_iter().flatten();
    let lengths = files.filter_map(|file| file.metadata().ok()).filter(std::fs::Metadata::is_file);
    lengths.map(|file| file.len()).sum::<u64>() as f64 / 1e6
}
