//! Patches from code: recoders of templates, functions and files.

mod commits;
mod functions;
mod guards;
mod templates;

use hotplate::{Event, Events, Host, Receipt, RecoderStatus, context};
use hotplate_tests::{Bench, Waiting};

/// What a template renders.
fn render(host: &Host, plugin: &str, name: &str) -> String {
    let page = host
        .template(plugin, name)
        .expect("there is such a template");
    page.render(&context! {}).expect("it renders")
}

/// A crate with the functions `one` and `two`, which calls it, and one in a file of its own.
fn numbers(bench: &Bench) -> String {
    let folder = bench.native(
        "numbers",
        "use hotplate_plugin_api::plugin_fn;\n\nmod other;\n\n/// One.\n#[plugin_fn]\npub fn one() -> i64 \
         {\n    1\n}\n\n#[plugin_fn]\npub fn two() -> i64 {\n    one() + 1\n}\n\n\
         hotplate_plugin_api::plugin!();\n",
    );
    bench.write(
        &format!("{folder}/src/other.rs"),
        "#[hotplate_plugin_api::plugin_fn]\npub fn place() -> String {\n    \
         format!(\"{}:{} {}\", file!(), line!(), include_str!(\"../data.txt\"))\n}\n",
    );
    bench.write(&format!("{folder}/data.txt"), "data");
    folder
}

/// What a function without arguments gives.
fn number(host: &Host, plugin: &str, name: &str) -> i64 {
    let function = host.function::<(), i64>(plugin, name);
    let function = function.expect("there is such a function");
    function.call(()).expect("it does not fail")
}

/// The next status that is announced.
fn next_status(events: &Events) -> RecoderStatus {
    Waiting::on(events).find(|event| match event {
        Event::Recoder { status, .. } => Some(*status),
        _ => None,
    })
}

/// The events up to now, of which none is of a build.
fn nothing_was_built(events: &Events) {
    while let Some(event) = events.try_recv() {
        assert!(!matches!(event, Event::BuildStarted { .. }), "{event:?}");
    }
}

/// A receipt's changes, without the plugin's name.
fn changes(receipt: &Receipt) -> Vec<String> {
    let change = |change: &hotplate::Change| format!("{} {}", change.kind.as_str(), change.unit);
    receipt.changes.iter().map(change).collect()
}
