//! hot-lib-reloader: a host that reloads a library of its workspace when cargo has built
//! it again.
//!
//! Cargo is started at the moment of the save, without the delay of the program that
//! people have watch their sources, and the reloader waits as short as it can.

use std::env;
use std::path::PathBuf;
use std::time::Instant;

use super::{build_again, build_all, package, workspace};
use crate::Fault;
use crate::process::{Answering, command, run, rustc};
use crate::reload::contender::{Contender, Sample};
use crate::reload::functions;
use crate::reload::scene::{Scene, write};

const HOST: &str = include_str!("../../../peers/hot_host.rs.txt");

/// How long the reloader waits for a file to be still, in milliseconds.
const DEBOUNCE: &str = "1";

/// Edits of one of twenty functions.
pub(in crate::reload) fn functions<'s>(scene: &'s Scene<'_>) -> Result<Contender<'s>, Fault> {
    let folder = scene.kept("peers/hot-lib-reloader")?;
    workspace(&folder, &["functions", "host"])?;
    let library = folder.join("functions");
    let kinds = "[lib]\ncrate-type = [\"rlib\", \"dylib\"]\n";
    package(&library, "functions", kinds)?;
    let host = folder.join("host");
    let dependencies = "[dependencies]\nhot-lib-reloader = \"0.8.2\"\n";
    package(&host, "host", dependencies)?;
    let built = folder.join("target/debug");
    let program = HOST
        .replace("@LIBRARIES@", &built.to_string_lossy())
        .replace("@DEBOUNCE@", DEBOUNCE);
    write(&host.join("src/main.rs"), &program)?;
    let source = library.join("src/lib.rs");
    let text = |mark: &str| functions::rust("", "#[unsafe(no_mangle)]", mark);
    let mark = scene.mark();
    write(&source, &text(&mark))?;
    build_all(&folder)?;

    // The library links to the standard library dynamically.
    let standard = run(rustc(&folder).arg("--print=target-libdir"))?;
    let mut paths = vec![PathBuf::from(String::from_utf8(standard)?.trim())];
    if let Some(more) = env::var_os("LD_LIBRARY_PATH") {
        paths.extend(env::split_paths(&more));
    }
    let mut program = command(built.join("host"), &folder);
    let program = program.env("LD_LIBRARY_PATH", env::join_paths(paths)?);
    let program = Answering::start(program)?;
    program.wait_for(&mark)?;
    Ok(Contender::peer("rust-fn", "hot-lib-reloader", move || {
        let mark = scene.mark();
        let text = text(&mark);
        let began = Instant::now();
        write(&source, &text)?;
        build_again(&library)?;
        program.wait_for(&mark)?;
        Ok(Sample::since(began))
    }))
}
