//! Plain cargo: build the library, copy it, load it, call its function.

use std::time::Instant;

use super::{build_again, build_all, package, workspace};
use crate::Fault;
use crate::process::{Answering, command};
use crate::reload::contender::{Contender, Sample};
use crate::reload::functions;
use crate::reload::scene::{Scene, write};

const LOADER: &str = include_str!("../../../peers/loader.rs.txt");

/// Edits of one of twenty functions.
pub(in crate::reload) fn functions<'s>(scene: &'s Scene<'_>) -> Result<Contender<'s>, Fault> {
    let folder = scene.kept("peers/cargo-build")?;
    workspace(&folder, &["functions", "loader"])?;
    let library = folder.join("functions");
    package(&library, "functions", "[lib]\ncrate-type = [\"cdylib\"]\n")?;
    let loader = folder.join("loader");
    package(&loader, "loader", "[dependencies]\nlibloading = \"0.9\"\n")?;
    write(&loader.join("src/main.rs"), LOADER)?;
    let source = library.join("src/lib.rs");
    let text = |mark: &str| functions::rust("", "#[unsafe(no_mangle)]", mark);
    let mark = scene.mark();
    write(&source, &text(&mark))?;
    build_all(&folder)?;

    let built = folder.join("target/debug");
    let mut program = command(built.join("loader"), &folder);
    let mut program = Answering::start(program.arg(built.join("libfunctions.so")))?;
    program.ask()?;
    program.wait_for(&mark)?;
    Ok(Contender::peer("rust-fn", "cargo-build", move || {
        let mark = scene.mark();
        let text = text(&mark);
        let began = Instant::now();
        write(&source, &text)?;
        build_again(&library)?;
        program.ask()?;
        program.wait_for(&mark)?;
        Ok(Sample::since(began))
    }))
}
