//! Promise: the Debian package installs, its service starts, is answered and stops as its units say,
//! and when it is purged nothing of it is left.
//!
//! All of it happens in a root directory of its own. Nothing of this host is touched.

#![allow(
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers say what is wrong, and what was skipped"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::common::Exporter;
use crate::support::chroot::{as_root, can_be_inside, inside, install, new_root, program};
use crate::support::documents::{self, entries, read};
use crate::support::tools::{run, tool};
use appstream_exporter::cli::Cli;
use clap::CommandFactory as _;
use tempfile::TempDir;
use tokio::net::TcpStream;

const NAME: &str = "appstream-exporter";
const SERVICE: &str = "appstream-exporter.service";
const SOCKET: &str = "appstream-exporter.socket";
const UNITS: &str = "usr/lib/systemd/system";
/// Enabling of the service.
const ENABLED: &str = "etc/systemd/system/multi-user.target.wants/appstream-exporter.service";
const ENVIRONMENT: &str = "etc/default/appstream-exporter";
/// Below this, `systemd-analyze security` has little to object to; it says OK up to 5.
const EXPOSURE: f64 = 2.0;
/// Variables that make the program print something and end, which is nothing for a service.
const NOT_FOR_SERVICES: [&str; 3] = [
    "APPSTREAM_EXPORTER_CONFIG_CHECK",
    "APPSTREAM_EXPORTER_CONFIG_PRINT",
    "APPSTREAM_EXPORTER_ONCE",
];

/// A unit file: values by section and key, in their order.
struct Unit(BTreeMap<(String, String), Vec<String>>);

impl Unit {
    fn read(path: &Path) -> Self {
        let mut section = String::new();
        let mut values: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for line in read(path).lines() {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']').to_owned();
            } else if let Some((key, value)) = line.split_once('=')
                && !line.starts_with('#')
            {
                let place = (section.clone(), key.to_owned());
                values.entry(place).or_default().push(value.to_owned());
            }
        }
        Self(values)
    }

    fn all(&self, section: &str, key: &str) -> Vec<&str> {
        let place = (section.to_owned(), key.to_owned());
        let values = self.0.get(&place).into_iter().flatten();
        values.map(String::as_str).collect()
    }

    /// The only value of a key.
    fn one(&self, section: &str, key: &str) -> &str {
        let all = self.all(section, key);
        assert_eq!(all.len(), 1, "{section}.{key}: {all:?}");
        all[0]
    }
}

fn service() -> Unit {
    Unit::read(&documents::root("deploy/systemd").join(SERVICE))
}

/// The package, built of the program that the tests have.
struct Package {
    _folder: TempDir,
    file: PathBuf,
}

impl Package {
    /// None where cargo-deb could not be had.
    fn build() -> Option<Self> {
        let cargo_deb = tool("cargo-deb")?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let release = folder.path().join("release");
        std::fs::create_dir(&release).expect("a folder");
        // It packs what a release build has left; that of the tests is several times as large
        // before its debug information is taken out, and compressing takes long enough.
        let strip = Command::new("strip")
            .arg("-o")
            .arg(release.join(NAME))
            .arg(program())
            .status();
        assert!(strip.is_ok_and(|status| status.success()), "strip");
        let file = folder.path().join("package.deb");
        run(Command::new(cargo_deb)
            .current_dir(documents::root(""))
            .env("CARGO_TARGET_DIR", folder.path())
            .args([
                "--no-build",
                "--no-strip",
                "--fast",
                "--locked",
                "--offline",
            ])
            .arg("--output")
            .arg(&file));
        Some(Self {
            _folder: folder,
            file,
        })
    }

    fn field(&self, name: &str) -> String {
        let mut command = Command::new("dpkg-deb");
        let field = run(command.arg("--field").arg(&self.file).arg(name));
        field.trim().to_owned()
    }

    /// Files with their modes, as `ls` shows them.
    fn files(&self) -> BTreeMap<String, String> {
        let listed = run(Command::new("dpkg-deb").arg("--contents").arg(&self.file));
        let file = |line: &str| {
            let mut words = line.split_whitespace();
            let mode = words.next()?.to_owned();
            let path = words.next_back()?.trim_start_matches('.').to_owned();
            (!path.ends_with('/')).then_some((path, mode))
        };
        listed.lines().filter_map(file).collect()
    }
}

fn check_contents(package: &Package) {
    let version = format!("{}-1", env!("CARGO_PKG_VERSION"));
    assert_eq!(package.field("Package"), NAME);
    assert_eq!(package.field("Version"), version);
    assert_eq!(package.field("Section"), "net");
    let depends = package.field("Depends");
    for needed in ["ca-certificates", "libc6 (>= ", "systemd | "] {
        assert!(depends.contains(needed), "{needed}: {depends}");
    }
    let files = package.files();
    for (path, mode) in [
        ("/usr/bin/appstream-exporter", "-rwxr-xr-x"),
        (
            "/usr/lib/systemd/system/appstream-exporter.service",
            "-rw-r--r--",
        ),
        (
            "/usr/lib/systemd/system/appstream-exporter.socket",
            "-rw-r--r--",
        ),
        ("/usr/lib/sysusers.d/appstream-exporter.conf", "-rw-r--r--"),
        ("/etc/default/appstream-exporter", "-rw-r-----"),
        ("/etc/appstream-exporter/config.yaml", "-rw-r--r--"),
        ("/usr/share/doc/appstream-exporter/copyright", "-rw-r--r--"),
        (
            "/usr/share/doc/appstream-exporter/config.example.yaml",
            "-rw-r--r--",
        ),
        (
            "/usr/share/doc/appstream-exporter/docs/runbooks/AppStreamExporterDown.md",
            "-rw-r--r--",
        ),
        (
            "/usr/share/appstream-exporter/prometheus/rules/alerts.yaml",
            "-rw-r--r--",
        ),
    ] {
        assert_eq!(files.get(path).map(String::as_str), Some(mode), "{path}");
    }
    // Every dashboard.
    for entry in entries("grafana") {
        let path = format!("/usr/share/appstream-exporter/{entry}");
        assert_eq!(files.contains_key(&path), path.ends_with(".json"), "{path}");
    }
}

/// A root directory with what a Debian system has before the package comes.
struct Root(TempDir);

impl Root {
    fn new() -> Self {
        let root = Self(new_root());
        for (file, text) in [
            ("passwd", "root:x:0:0:root:/root:/bin/sh\n"),
            ("group", "root:x:0:\n"),
            ("shadow", "root:*:20000:0:99999:7:::\n"),
            ("gshadow", "root:*::\n"),
        ] {
            root.write(&format!("etc/{file}"), text);
            root.write(&format!("etc/{file}-"), text);
        }
        for file in [
            "etc/.pwd.lock",
            "var/lib/dpkg/status",
            "var/lib/dpkg/available",
        ] {
            root.write(file, "");
        }
        for folder in [
            "etc/systemd/system",
            "var/lib/systemd",
            "var/lib/dpkg/info",
            "var/lib/dpkg/updates",
        ] {
            std::fs::create_dir_all(root.path(folder)).expect("a folder");
        }
        root
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("the folder is writable");
    }

    /// dpkg for this root. Scripts run outside of it, with `DPKG_ROOT` set.
    fn dpkg(&self, arguments: &[&str]) -> String {
        let log = self.path("var/lib/dpkg/log");
        let mut command = as_root(&[]);
        command
            .arg("dpkg")
            .arg(format!("--root={}", self.0.path().display()))
            .arg(format!("--log={}", log.display()))
            // Neither its dependencies nor a shell are in there.
            .args(["--force-depends", "--force-script-chrootless"])
            .args(arguments)
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        run(&mut command)
    }

    /// Every path, with the text of what says who is there; without dpkg's own notes.
    fn everything(&self) -> BTreeMap<PathBuf, Option<String>> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.0.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                let inner = path.strip_prefix(self.0.path()).expect("it is in there");
                let is_folder = path.is_dir() && !path.is_symlink();
                let names = ["etc/passwd", "etc/group", "etc/shadow", "etc/gshadow"];
                let is_read = names.iter().any(|name| inner == Path::new(name));
                let text = is_read.then(|| read(&path));
                if inner != Path::new("var/lib/dpkg") {
                    all.insert(inner.to_owned(), text);
                    folders.extend(is_folder.then_some(path));
                }
            }
        }
        all
    }

    /// Fields of the user's line in a file such as `etc/passwd`.
    fn entry(&self, file: &str) -> Option<Vec<String>> {
        let text = read(self.path(file));
        let mut lines = text.lines().map(|line| line.split(':'));
        let found = lines.find(|fields| fields.clone().next() == Some(NAME))?;
        Some(found.map(str::to_owned).collect())
    }

    /// Sets variables as the comments of the environment file say.
    fn uncomment(&self, variables: &[(&str, &str)]) {
        let mut text = read(self.path(ENVIRONMENT));
        for (name, value) in variables {
            let commented = format!("\n#{name}=");
            let (before, rest) = text.split_once(&commented).expect("it is in the file");
            let (_, after) = rest.split_once('\n').expect("a line");
            text = format!("{before}\n{name}={value}\n{after}");
        }
        self.write(ENVIRONMENT, &text);
    }

    /// The environment that the service gets: the unit's, then that of the file.
    fn environment(&self) -> Vec<(String, String)> {
        let unit = Unit::read(&self.path(UNITS).join(SERVICE));
        let file = unit.one("Service", "EnvironmentFile");
        assert_eq!(file, format!("-/{ENVIRONMENT}"));
        let text = read(self.path(ENVIRONMENT));
        let file = text.lines().filter(|line| !line.starts_with('#'));
        let lines = unit.all("Service", "Environment").into_iter().chain(file);
        let pairs = lines.filter_map(|line| line.split_once('='));
        pairs
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The service as its unit says: command, user and environment.
    fn service(&self) -> Command {
        let unit = Unit::read(&self.path(UNITS).join(SERVICE));
        assert_eq!(unit.one("Service", "User"), NAME);
        let user = self.entry("etc/passwd").expect("the user is there");
        let start: Vec<_> = unit.one("Service", "ExecStart").split(' ').collect();
        let mut command = inside(self.0.path(), &format!("{}:{}", user[2], user[3]), &start);
        command.envs(self.environment());
        command
    }
}

fn check_installed(root: &Root) {
    let user = root.entry("etc/passwd").expect("the user is there");
    assert_eq!(user[5..], ["/nonexistent", "/usr/sbin/nologin"]);
    let id: u32 = user[2].parse().expect("a number");
    assert!((1..1000).contains(&id), "{id} is no system user");
    let group = root.entry("etc/group").expect("its group is there");
    assert_eq!(group[2], user[3]);

    // The service starts with the host; the socket is for those who want it.
    let link = std::fs::read_link(root.path(ENABLED)).expect("the service is enabled");
    assert_eq!(link, Path::new("/").join(UNITS).join(SERVICE));
    let wants = root.path("etc/systemd/system/sockets.target.wants");
    assert!(!wants.exists(), "{}", wants.display());

    let conffiles = read(root.path("var/lib/dpkg/info/appstream-exporter.conffiles"));
    let conffiles: BTreeSet<_> = conffiles.lines().collect();
    let expected = [
        "/etc/appstream-exporter/config.yaml",
        "/etc/default/appstream-exporter",
    ];
    assert_eq!(conffiles, BTreeSet::from(expected));
    let mode = root.path(ENVIRONMENT).metadata().expect("it is there");
    assert_eq!(mode.permissions().mode() & 0o777, 0o640);
}

/// The demo, on a port that the system chooses.
fn make_demo(root: &Root) {
    root.uncomment(&[
        ("APPSTREAM_EXPORTER_WEB_LISTEN_ADDRESS", "127.0.0.1:0"),
        ("APPSTREAM_EXPORTER_DEMO", "true"),
    ]);
}

async fn check_running(exporter: &mut Exporter) {
    exporter
        .until("it is ready", async |exporter| {
            exporter.get("/-/ready").await.status.as_u16() == 200
        })
        .await;
    let metrics = exporter.metrics().await;
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    let built = metrics.value("appstream_exporter_build_info", &version);
    assert_eq!(built, Some(1.0));
    assert!(metrics.family("appstream_fleet_instances_desired").count() > 0);

    let asked = Instant::now();
    exporter.signal("TERM");
    assert_eq!(exporter.ended().await.code(), Some(0), "{}", exporter.log());
    let patience = service().one("Service", "TimeoutStopSec").to_owned();
    let patience = patience.trim_end_matches('s').parse().expect("seconds");
    assert!(asked.elapsed() < Duration::from_secs(patience));
}

/// The service as systemd starts it on a connection to its socket.
fn activated(root: &Root, address: &str) -> Command {
    let service = root.service();
    let mut command = Command::new("systemd-socket-activate");
    command.arg("--listen").arg(address).env_clear();
    for (name, value) in service.get_envs() {
        let value = value.and_then(|value| value.to_str()).expect("UTF-8");
        let name = name.to_str().expect("UTF-8");
        command.env(name, value).args(["-E", name]);
    }
    command.arg(service.get_program()).args(service.get_args());
    command
}

#[tokio::test]
async fn it_installs_runs_and_leaves_nothing_behind() {
    let Some(package) = Package::build() else {
        return;
    };
    check_contents(&package);
    if !can_be_inside("package") {
        return;
    }
    let root = Root::new();
    let before = root.everything();
    let file = package.file.to_str().expect("UTF-8");
    root.dpkg(&["--install", file]);
    check_installed(&root);

    // As it was installed: there is no region, and it says what to do. A restart would not help.
    let service = service();
    let output = crate::common::run(root.service().into()).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("no AWS region") && said.contains("AWS_REGION"),
        "{said}"
    );
    let code = output.status.code().expect("it ends").to_string();
    let hopeless: Vec<_> = service
        .one("Service", "RestartPreventExitStatus")
        .split(' ')
        .collect();
    assert!(hopeless.contains(&code.as_str()), "{code}: {hopeless:?}");
    assert_eq!(service.one("Service", "Restart"), "on-failure");

    make_demo(&root);
    let config = tempfile::tempdir().unwrap();
    let mut exporter = Exporter::spawn(root.service().into(), config).await;
    check_running(&mut exporter).await;

    // Changes of the administrator survive an upgrade.
    let changed = read(root.path(ENVIRONMENT));
    std::fs::remove_file(root.path(ENABLED)).unwrap();
    root.dpkg(&["--install", file]);
    assert_eq!(read(root.path(ENVIRONMENT)), changed);
    assert!(!root.path(ENABLED).is_symlink(), "it is enabled again");

    root.dpkg(&["--remove", NAME]);
    assert!(!root.path("usr/bin/appstream-exporter").exists());
    assert_eq!(read(root.path(ENVIRONMENT)), changed);
    root.dpkg(&["--purge", NAME]);
    assert_eq!(root.everything(), before);
    assert!(!read(root.path("var/lib/dpkg/status")).contains(NAME));
}

#[tokio::test]
async fn the_socket_and_the_service_work_together() {
    if !can_be_inside("package") {
        return;
    }
    let root = Root::new();
    for (from, to) in [
        (program().to_owned(), "/usr/bin/appstream-exporter"),
        (
            documents::root("deploy/deb/config.yaml"),
            "/etc/appstream-exporter/config.yaml",
        ),
        (
            documents::root("deploy/systemd/appstream-exporter.env"),
            "/etc/default/appstream-exporter",
        ),
        (
            documents::root("deploy/systemd").join(SERVICE),
            "/usr/lib/systemd/system/appstream-exporter.service",
        ),
    ] {
        install(&from, root.0.path(), Path::new(to));
    }
    root.write("etc/passwd", "appstream-exporter:x:999:999::/:/bin/sh\n");
    make_demo(&root);
    root.uncomment(&[("APPSTREAM_EXPORTER_WEB_SYSTEMD_SOCKET", "true")]);

    // The socket unit's port may be in use here.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let knock = tokio::spawn({
        let address = address.clone();
        async move {
            while TcpStream::connect(&address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    let config = tempfile::tempdir().unwrap();
    let mut exporter = Exporter::spawn(activated(&root, &address).into(), config).await;
    knock.await.unwrap();
    assert_eq!(exporter.addresses(), [address]);
    check_running(&mut exporter).await;
}

#[test]
fn the_socket_listens_where_the_exporter_would() {
    let cli = Cli::command();
    let default = flag_default(&cli, "APPSTREAM_EXPORTER_WEB_LISTEN_ADDRESS");
    let socket = Unit::read(&documents::root("deploy/systemd").join(SOCKET));
    let port = socket.one("Socket", "ListenStream");
    assert_eq!(default, Some(format!(":{port}")));
    // All addresses, as without systemd, and one service for all connections.
    assert_eq!(socket.one("Socket", "BindIPv6Only"), "both");
    assert!(socket.all("Socket", "Accept").is_empty());
    assert_eq!(socket.one("Install", "WantedBy"), "sockets.target");
}

#[test]
fn systemd_understands_the_units() {
    let root = Root::new();
    for (from, name) in [(SERVICE, SERVICE), (SOCKET, SOCKET)] {
        let from = documents::root("deploy/systemd").join(from);
        install(&from, root.0.path(), &Path::new("/").join(UNITS).join(name));
    }
    let unit = service();
    let commands = [
        unit.all("Service", "ExecStart"),
        unit.all("Service", "ExecReload"),
    ];
    for command in commands.iter().flatten() {
        let program = command.split(' ').next().expect("a program");
        install(Path::new("/bin/true"), root.0.path(), Path::new(program));
    }
    // The order of the units.
    for entry in std::fs::read_dir("/lib/systemd/system").expect("systemd is installed") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|end| end == "target") {
            let name = path.file_name().expect("a name");
            install(&path, root.0.path(), &Path::new("/").join(UNITS).join(name));
        }
    }
    let verify = || {
        let output = Command::new("systemd-analyze")
            .args(["verify", "--man=no", SERVICE, SOCKET])
            .arg(format!("--root={}", root.0.path().display()))
            .output()
            .expect("systemd-analyze runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), said)
    };
    assert_eq!(verify(), (true, String::new()));

    // It would speak up.
    let bad = read(root.path(UNITS).join(SERVICE)).replace("LockPersonality=", "LockPersona=");
    root.write(&format!("{UNITS}/{SERVICE}"), &bad);
    let (_, said) = verify();
    assert!(said.contains("Unknown key 'LockPersona'"), "{said}");
}

#[test]
fn the_service_is_exposed_to_little() {
    let unit = documents::root("deploy/systemd").join(SERVICE);
    let said = run(Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(unit));
    let (_, level) = said
        .split_once("Overall exposure level for appstream-exporter.service: ")
        .expect("a level");
    let level = level.split(' ').next().expect("a number");
    let level: f64 = level.parse().expect("a number");
    assert!(level < EXPOSURE, "{level}\n{said}");
    // The process metrics need /proc/stat.
    assert!(service().all("Service", "ProcSubset").is_empty());
}

#[test]
fn the_environment_file_has_every_variable_with_its_default() {
    let cli = Cli::command();
    let text = read(documents::root("deploy/systemd/appstream-exporter.env"));
    let commented: BTreeMap<_, _> = text
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.split_once('='))
        .filter(|(name, _)| name.starts_with("APPSTREAM_EXPORTER_"))
        .collect();
    let known: BTreeSet<_> = cli
        .get_arguments()
        .filter_map(|flag| flag.get_env()?.to_str())
        .filter(|name| !NOT_FOR_SERVICES.contains(name))
        .collect();
    let listed: BTreeSet<_> = commented.keys().copied().collect();
    assert_eq!(listed, known);
    for (name, value) in commented {
        if let Some(default) = flag_default(&cli, name) {
            assert_eq!(value, default, "{name}");
        }
    }
    // Services do not start until they are needed.
    let set: Vec<_> = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    assert!(set.is_empty(), "{set:?}");
}

/// The default of the flag that a variable stands for, as it is written.
fn flag_default(cli: &clap::Command, variable: &str) -> Option<String> {
    let mut flags = cli.get_arguments();
    let flag = flags.find(|flag| flag.get_env().is_some_and(|name| name == variable));
    let default = flag?.get_default_values().first()?.to_str()?;
    Some(default.to_owned())
}
