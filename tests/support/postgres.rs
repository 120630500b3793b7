//! PostgreSQL for the tests: the server that `TILLGATE_TEST_POSTGRES_URL` names, or a throwaway cluster of this
//! process on a private socket.
//!
//! The cluster is run by `cluster.sh`, which ends it and removes its folder when its standard input closes: that
//! happens at the end of this process, however it ends. On a named server each run owns databases whose name carries
//! the run's number and holds an advisory lock of that number; what a killed run left is removed by the next.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tillgate::store::statement::Bind;
use tillgate::store::{Connection, DatabaseUrl, Purpose, migrations};

/// A database of its own for one test.
pub struct Database {
    name: String,
    server: &'static Server,
}

struct Server {
    base: Base,
    run: i64,
    /// For what must happen one at a time: `CREATE DATABASE` wants its template to itself.
    admin: Mutex<Admin>,
    _cluster: Option<Cluster>,
}

struct Admin {
    connection: Connection,
    made: u64,
}

/// A server's URL, open where the database's name goes.
struct Base {
    before: String,
    after: String,
}

impl Base {
    fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.before, self.after)
    }
}

impl Database {
    /// A migrated one.
    pub fn fresh() -> Option<Database> {
        let server = server()?;
        Some(server.create(&server.template()))
    }

    /// One without any table.
    pub fn empty() -> Option<Database> {
        Some(server()?.create("template0"))
    }

    pub fn url(&self) -> DatabaseUrl {
        DatabaseUrl::Postgres(self.server.base.url(&self.name))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A failure here would hide the test's own; what stays is removed with the cluster or by the next run.
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let _ = self.server.admin().connection.batch(&sql);
    }
}

fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(Server::find).as_ref()
}

impl Server {
    fn create(&'static self, template: &str) -> Database {
        let mut admin = self.admin();
        admin.made += 1;
        let name = format!("tillgate_test_{}_{}", self.run, admin.made);
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        admin.connection.batch(&sql).expect("a database for the test");
        Database { name, server: self }
    }

    fn find() -> Option<Server> {
        let found = match std::env::var("TILLGATE_TEST_POSTGRES_URL") {
            Ok(url) => Ok((url, None)),
            Err(_) => Cluster::start(&["fsync=off", "full_page_writes=off", "max_connections=300", QUERIES])
                .map(|cluster| (cluster.url(), Some(cluster))),
        };
        match found {
            Ok((url, cluster)) => Some(Server::open(&url, cluster)),
            Err(why) if std::env::var("REQUIRE_PG").is_ok_and(|value| value == "1") => {
                panic!("REQUIRE_PG=1, but there is no PostgreSQL: {why}")
            }
            Err(why) => {
                // Past the capture of the test harness: a skipped half must be seen.
                let _ = writeln!(std::io::stderr(), "\nSKIPPED ON POSTGRESQL: {why}\n");
                None
            }
        }
    }

    fn open(url: &str, cluster: Option<Cluster>) -> Server {
        let parsed = DatabaseUrl::Postgres(url.to_owned());
        let mut connection = Connection::open(&parsed, Purpose::Read).expect("the test server answers");
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        let run = since.as_micros() as i64 ^ i64::from(std::process::id());
        connection.batch("SET lock_timeout = 0; SET statement_timeout = 0").expect("settings");
        connection.batch(&format!("SELECT pg_advisory_lock({run})")).expect("the run's lock");
        remove_left_overs(&mut connection, run);
        let admin = Mutex::new(Admin { connection, made: 0 });
        let server = Server { base: base(url), run, admin, _cluster: cluster };
        server.make_template();
        server
    }

    fn make_template(&self) {
        let name = self.template();
        self.admin().connection.batch(&format!("CREATE DATABASE {name}")).expect("a template");
        migrations::run(&DatabaseUrl::Postgres(self.base.url(&name))).expect("migrated");
    }

    fn template(&self) -> String {
        format!("tillgate_test_{}_0", self.run)
    }

    fn admin(&self) -> MutexGuard<'_, Admin> {
        self.admin.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Drops the databases of runs that hold their lock no more.
fn remove_left_overs(connection: &mut Connection, own: i64) {
    use diesel::sql_types::{BigInt, Text};
    let sql = "SELECT datname::text FROM pg_database WHERE datname LIKE 'tillgate\\_test\\_%'";
    let names = connection.load::<Text, String>(sql, &[]).expect("databases");
    for name in names {
        let run = name.split('_').nth(2).and_then(|run| run.parse::<i64>().ok());
        let Some(run) = run.filter(|run| *run != own) else { continue };
        let sql = "SELECT pg_try_advisory_lock(?)::int::bigint";
        let free = connection.load::<BigInt, i64>(sql, &[Bind::Int(run)]).expect("a lock");
        if free == [1] {
            let _ = connection.batch(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            let _ = connection.batch(&format!("SELECT pg_advisory_unlock({run})"));
        }
    }
}

fn base(url: &str) -> Base {
    let (address, query) = url.split_once('?').map_or((url, String::new()), |(a, q)| (a, format!("?{q}")));
    let server_from = address.find("://").map_or(0, |at| at + 3);
    let path_from = address[server_from..].find('/').map_or(address.len(), |at| server_from + at);
    Base { before: format!("{}/", &address[..path_from]), after: query }
}

/// A running throwaway cluster.
pub struct Cluster {
    folder: PathBuf,
    wrapper: Child,
}

impl Cluster {
    /// Starts one with settings such as `fsync=off`, or says why it can't.
    pub fn start(settings: &[&str]) -> Result<Cluster, String> {
        let bin = programs().ok_or("no programs in PG_BIN_DIR, /usr/lib/postgresql/*/bin or PATH")?;
        let folder = tempfile::Builder::new().prefix("tillgate-pg-").tempdir();
        let folder = folder.map_err(|error| format!("no temporary folder: {error}"))?.keep();
        let mut command = Command::new("sh");
        command.args(["-c", include_str!("cluster.sh"), "cluster"]).arg(&folder).arg(bin);
        for setting in settings {
            command.args(["-c", setting]);
        }
        // In a group of its own, so that Ctrl-C at the tests reaches it by its closed input and not as a signal.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
        if is_root() {
            // PostgreSQL refuses to run as root; `nobody` owns the folder instead.
            std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY)).map_err(|e| e.to_string())?;
            command.uid(NOBODY).gid(NOBODY);
        }
        let wrapper = command.spawn().map_err(|error| format!("no shell: {error}"))?;
        let mut cluster = Cluster { folder, wrapper };
        cluster.wait()?;
        Ok(cluster)
    }

    pub fn url(&self) -> String {
        format!("postgres://tillgate@/postgres?host={}", self.folder.display())
    }

    /// Ends the server at once and waits until it is gone.
    pub fn stop(mut self) {
        drop(self.wrapper.stdin.take());
        self.wrapper.wait().expect("the wrapper ends");
    }

    fn wait(&mut self) -> Result<(), String> {
        let url = DatabaseUrl::Postgres(self.url());
        let began = Instant::now();
        while Connection::open(&url, Purpose::Read).is_err() {
            let ended = self.wrapper.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || began.elapsed() > Duration::from_secs(60) {
                return Err(format!("the server did not start: {}", self.log()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn log(&self) -> String {
        let mut text = String::new();
        let file = std::fs::File::open(self.folder.join("log"));
        let _ = file.map(|mut file| file.read_to_string(&mut text));
        text
    }
}

/// Whole statements are shown in `pg_stat_activity`, for tests that look at what was asked.
const QUERIES: &str = "track_activity_query_size=64kB";
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Where PostgreSQL's programs are: as told, the newest of Debian's folders, or PATH.
pub fn programs() -> Option<PathBuf> {
    if let Ok(told) = std::env::var("PG_BIN_DIR") {
        return Some(PathBuf::from(told)).filter(|bin| holds_server(bin));
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|entry| entry.path()).max_by_key(|path| version(path));
    let debian = newest.map(|path| path.join("bin")).filter(|bin| holds_server(bin));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian.or_else(|| std::env::split_paths(&path).find(|bin| holds_server(bin)))
}

fn holds_server(bin: &Path) -> bool {
    bin.join("initdb").is_file() && bin.join("postgres").is_file()
}
