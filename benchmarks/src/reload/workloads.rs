//! The workloads, and the project's part in them.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Instant;

use hotplate::Host;
use hotplate_template_compiler::{Options, Source, compile_set};

use super::contender::{Contender, QUICK, SLOW, Sample, try_peer};
use super::functions;
use super::live::{Call, Live};
use super::peers::{askama, cargo_build, hot_lib_reloader, python};
use super::scene::{Scene, write, write_all};
use super::site::{self, Templates};
use crate::process::{self, PROFILE};
use crate::{Fault, project_folder};

type SetUp = for<'s, 'o> fn(&'s Scene<'o>) -> Result<Vec<Contender<'s>>, Fault>;

/// The workloads; those of one group are measured in the same rounds.
pub(super) const GROUPS: &[&[(&str, SetUp)]] = &[
    &[
        ("tiny", tiny),
        ("tiny-rustc", tiny_rustc),
        ("page", page),
        ("page-10x", page_10x),
    ],
    &[
        ("base-1", |scene| base(scene, "base-1", 1)),
        ("base-500", |scene| base(scene, "base-500", 500)),
        ("partial-500", partial),
    ],
    &[
        ("set-10", |scene| set(scene, "set-10", 10, QUICK)),
        ("set-100", |scene| set(scene, "set-100", 100, QUICK)),
        ("set-1000", |scene| set(scene, "set-1000", 1000, QUICK)),
        ("set-2000", |scene| set(scene, "set-2000", 2000, SLOW)),
    ],
    &[("rust-fn", rust_function)],
    &[("undo", undo)],
    &[("first-1000", first)],
    &[("restart-1000", restart)],
];

/// The template that is edited where it stands alone.
const TINY: &str = "tiny.html";

/// How many templates the starts of a host are measured with.
const MANY: usize = 1000;

fn tiny<'s>(scene: &'s Scene<'_>) -> Result<Vec<Contender<'s>>, Fault> {
    let ours = edit(scene, "tiny", Vec::new(), [TINY, TINY], QUICK, site::tiny)?;
    let django = scene.python().and_then(|python| {
        let set_up = || python::django(scene, python, "tiny", Vec::new(), site::tiny);
        try_peer(scene, "tiny", "django", set_up)
    });
    Ok([Some(ours), django].into_iter().flatten().collect())
}

fn page<'s>(scene: &'s Scene<'_>) -> Result<Vec<Contender<'s>>, Fault> {
    let text = |mark: &str| site::page(mark, 1);
    let names = ["page.html", "page.html"];
    let ours = edit(scene, "page", site::around_page(), names, QUICK, text)?;
    let askama = scene.options.peers.then(|| {
        let set_up = || askama::page(scene);
        try_peer(scene, "page", "askama", set_up)
    });
    let django = scene.python().and_then(|python| {
        let set_up = || python::django(scene, python, "page", site::around_page(), text);
        try_peer(scene, "page", "django", set_up)
    });
    Ok([Some(ours), askama.flatten(), django]
        .into_iter()
        .flatten()
        .collect())
}

fn page_10x<'s>(scene: &'s Scene<'_>) -> Result<Vec<Contender<'s>>, Fault> {
    let names = ["page.html", "page.html"];
    let text = |mark: &str| site::page(mark, 10);
    let ours = edit(scene, "page-10x", site::around_page(), names, QUICK, text)?;
    Ok(vec![ours])
}

fn base<'s>(
    scene: &'s Scene<'_>,
    workload: &'static str,
    count: usize,
) -> Result<Vec<Contender<'s>>, Fault> {
    let mut others = site::around_page();
    others.extend(site::children(count));
    let child = site::file(count / 2);
    let names = ["base.html", &child];
    let ours = edit(scene, workload, others, names, QUICK, site::base)?;
    Ok(vec![ours])
}

fn partial<'s>(scene: &'s Scene<'_>) -> Result<Vec<Contender<'s>>, Fault> {
    let includer = site::file(250);
    let names = ["_partial.html", &includer];
    let others = site::includers(500);
    let ours = edit(scene, "partial-500", others, names, QUICK, site::partial)?;
    Ok(vec![ours])
}

fn set<'s>(
    scene: &'s Scene<'_>,
    workload: &'static str,
    count: usize,
    rounds: usize,
) -> Result<Vec<Contender<'s>>, Fault> {
    let others = site::ordinary(count, &scene.mark());
    let ours = edit(scene, workload, others, [TINY, TINY], rounds, site::tiny)?;
    Ok(vec![ours])
}

/// Edits of one template of a folder: `names` are the template that is edited and the one
/// that is rendered.
fn edit<'s>(
    scene: &'s Scene<'_>,
    workload: &'static str,
    others: Templates,
    names: [&str; 2],
    rounds: usize,
    text: impl Fn(&str) -> String + 's,
) -> Result<Contender<'s>, Fault> {
    let mark = scene.mark();
    let (live, path) = start(scene, workload, others, names, &text(&mark), &mark)?;
    Ok(Contender::ours(workload, rounds, move || {
        let mark = scene.mark();
        live.edit(&path, &text(&mark), &mark)
    }))
}

/// A host of a folder of templates, and the file that is edited.
fn start(
    scene: &Scene<'_>,
    workload: &str,
    others: Templates,
    [edited, rendered]: [&str; 2],
    text: &str,
    mark: &str,
) -> Result<(Live, PathBuf), Fault> {
    let folder = scene.folder(workload)?;
    write_all(&folder, &others)?;
    let path = folder.join(edited);
    write(&path, text)?;
    let context = site::context()?;
    let call = Call::Template(workload, rendered, &context);
    let (live, _) = Live::start(scene.builder().plugin(&folder), &call, mark)?;
    Ok((live, path))
}

fn undo<'s>(scene: &'s Scene<'_>) -> Result<Vec<Contender<'s>>, Fault> {
    let old_mark = scene.mark();
    let old = site::tiny(&old_mark);
    let (live, path) = start(scene, "undo", Vec::new(), [TINY, TINY], &old, &old_mark)?;
    let round = move || {
        let mark = scene.mark();
        live.edit(&path, &site::tiny(&mark), &mark)?;
        live.edit(&path, &old, &old_mark)
    };
    Ok(vec![Contender::ours("undo", QUICK, round)])
}

fn rust_function<'s>(scene: &'s Scene<'_>) -> Result<Vec<Contender<'s>>, Fault> {
    let folder = scene.folder("rust-fn")?;
    let api = fs::canonicalize(project_folder("plugin-api"))?;
    let manifest = format!(
        "[package]\nname = \"rust-fn\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"cdylib\"]\n\n[workspace]\n\n\
         [dependencies]\nhotplate-plugin-api = {{ path = {api:?} }}\n"
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    fs::copy(project_folder("Cargo.lock"), folder.join("Cargo.lock"))?;
    let text = |mark: &str| {
        let head = "use hotplate_plugin_api::plugin_fn;\n\nhotplate_plugin_api::plugin!();";
        functions::rust(head, "#[plugin_fn]", mark)
    };
    let path = folder.join("src/lib.rs");
    let mark = scene.mark();
    write(&path, &text(&mark))?;
    let call = Call::Function("rust-fn", functions::EDITED);
    let (live, _) = Live::start(scene.builder().plugin(&folder), &call, &mark)?;
    let mut group = vec![Contender::ours("rust-fn", QUICK, move || {
        let mark = scene.mark();
        live.edit(&path, &text(&mark), &mark)
    })];
    if scene.options.peers {
        let peer = |subject, set_up: SetUpPeer<'s>| try_peer(scene, "rust-fn", subject, set_up);
        group.extend(peer(
            "cargo-build",
            Box::new(|| cargo_build::functions(scene)),
        ));
        group.extend(peer(
            "hot-lib-reloader",
            Box::new(|| hot_lib_reloader::functions(scene)),
        ));
    }
    if let Some(python) = scene.python() {
        let set_up = || python::jurigged(scene, python);
        group.extend(try_peer(scene, "rust-fn", "jurigged", set_up));
    }
    Ok(group)
}

type SetUpPeer<'s> = Box<dyn FnOnce() -> Result<Contender<'s>, Fault> + 's>;

/// The first build, in a target directory in which only the runtime was built before.
fn first<'s>(scene: &'s Scene<'_>) -> Result<Vec<Contender<'s>>, Fault> {
    let context = site::context()?;
    let round = move || {
        let target = scene.kept("first")?;
        fs::remove_dir_all(&target)?;
        let builder = || Host::builder().target_dir(&target).offline(true);
        let ready = scene.folder("ready")?;
        write(&ready.join(TINY), "ready")?;
        let call = Call::Template("ready", TINY, &context);
        Live::start(builder().plugin(&ready), &call, "ready")?;

        let folder = scene.folder("first-1000")?;
        let mark = scene.mark();
        write_all(&folder, &site::ordinary(MANY, &mark))?;
        let name = site::file(MANY / 2);
        let call = Call::Template("first-1000", &name, &context);
        let (_, sample) = Live::start(builder().plugin(&folder), &call, &mark)?;
        Ok(sample)
    };
    Ok(vec![Contender::ours("first-1000", SLOW, round).cold()])
}

/// The start of a host on what an earlier host has built.
fn restart<'s>(scene: &'s Scene<'_>) -> Result<Vec<Contender<'s>>, Fault> {
    let folder = scene.folder("restart-1000")?;
    let mark = scene.mark();
    write_all(&folder, &site::ordinary(MANY, &mark))?;
    let context = site::context()?;
    let start = move || {
        let name = site::file(MANY / 2);
        let call = Call::Template("restart-1000", &name, &context);
        let (_, sample) = Live::start(scene.builder().plugin(&folder), &call, &mark)?;
        Ok(sample)
    };
    start()?;
    Ok(vec![Contender::ours("restart-1000", SLOW, start).cold()])
}

/// rustc alone, on the text that is generated for the tiny template, against the libraries
/// that cargo has built for hosts.
fn tiny_rustc<'s>(scene: &'s Scene<'_>) -> Result<Vec<Contender<'s>>, Fault> {
    let set_up = || rustc_alone(scene);
    let rustc = try_peer(scene, "tiny-rustc", "rustc", set_up);
    Ok(rustc.into_iter().collect())
}

fn rustc_alone<'s>(scene: &'s Scene<'_>) -> Result<Contender<'s>, Fault> {
    const CRATES: [&str; 2] = ["hotplate_plugin_api", "hotplate_template_runtime"];
    let folder = scene.folder("tiny-rustc")?;
    let project = fs::canonicalize(project_folder("."))?;
    let dependency = |name: &str| {
        let path = project.join(name);
        format!("hotplate-{name} = {{ path = {path:?} }}\n")
    };
    let manifest = format!(
        "[package]\nname = \"runtime\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [workspace]\n\n{PROFILE}panic = \"unwind\"\n\n[dependencies]\n{}{}",
        dependency("plugin-api"),
        dependency("template-runtime"),
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    write(&folder.join("src/lib.rs"), "//! Nothing.\n")?;
    fs::copy(project.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let messages = process::run(
        process::cargo(&folder)
            .args(["build", "--offline", "--quiet", "--message-format=json"])
            .arg("--target-dir")
            .arg(scene.target()),
    )?;
    let libraries = process::built_libraries(&messages, &CRATES)?;
    let round = move || {
        let mark = scene.mark();
        let source = Source::new(TINY, site::tiny(&mark));
        let set = compile_set(&[source], &Options::default())
            .map_err(|mistakes| format!("{TINY}: {mistakes:?}"))?;
        let text = format!(
            "mod templates {{\n{}\n}}\n\n\
             hotplate_plugin_api::plugin!(templates = templates::UNITS, kind = Templates);\n",
            set.rust
        );
        write(&folder.join("tiny.rs"), &text)?;
        let library = folder.join("tiny.so");
        if let Err(error) = fs::remove_file(&library)
            && error.kind() != ErrorKind::NotFound
        {
            return Err(error.into());
        }
        let mut rustc = process::rustc(&folder);
        rustc
            .env("CARGO_PKG_NAME", "tiny")
            .env("CARGO_CRATE_NAME", "tiny")
            .args(["--crate-name=tiny", "--edition=2024", "--crate-type=cdylib"])
            .args(["--cap-lints=allow", "-Copt-level=1", "-Cdebuginfo=0"])
            .args(["-Cstrip=debuginfo", "-Cpanic=unwind", "-Cembed-bitcode=no"]);
        for (name, library) in CRATES.iter().zip(&libraries) {
            let folder = library.parent().unwrap_or(library);
            rustc
                .arg("--extern")
                .arg(format!("{name}={}", library.display()))
                .arg("-L")
                .arg(format!("dependency={}", folder.display()));
        }
        rustc.args(["-o", "tiny.so", "tiny.rs"]);
        let began = Instant::now();
        process::run(&mut rustc)?;
        Ok(Sample::since(began))
    };
    Ok(Contender::peer("tiny-rustc", "rustc", round))
}
