//! askama: templates are part of a program, which is built and started again.

use std::time::Instant;

use super::{build_again, build_all, package, workspace};
use crate::Fault;
use crate::process::{command, run};
use crate::reload::contender::{Contender, Sample};
use crate::reload::scene::{Scene, write, write_all};
use crate::reload::site;

const PROGRAM: &str = include_str!("../../../peers/askama_page.rs.txt");

/// Edits of the realistic page.
pub(in crate::reload) fn page<'s>(scene: &'s Scene<'_>) -> Result<Contender<'s>, Fault> {
    let folder = scene.kept("peers/askama")?;
    workspace(&folder, &["page"])?;
    let program = folder.join("page");
    package(&program, "page", "[dependencies]\naskama = \"0.16\"\n")?;
    write(&program.join("src/main.rs"), PROGRAM)?;
    let templates = program.join("templates");
    write_all(&templates, &site::around_askama_page())?;
    let source = templates.join("page.html");
    let binary = folder.join("target/debug/page");
    let render = move |mark: &str| {
        let text = run(&mut command(&binary, &program))?;
        let is_new = String::from_utf8(text)?.contains(mark);
        is_new
            .then_some(())
            .ok_or(Fault::from("it prints old text"))
    };
    let mark = scene.mark();
    write(&source, &site::askama_page(&mark))?;
    build_all(&folder)?;
    render(&mark)?;
    Ok(Contender::peer("page", "askama", move || {
        let mark = scene.mark();
        let text = site::askama_page(&mark);
        let began = Instant::now();
        write(&source, &text)?;
        build_again(&folder)?;
        render(&mark)?;
        Ok(Sample::since(began))
    }))
}
