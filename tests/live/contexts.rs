//! Structs that templates are rendered with, in a crate beside the plugin.

use hotplate::{Event, Events, Host, Stage, context};
use hotplate_tests::{Bench, Waiting, next_publish, next_rejection};

const PAGE: &str = "#[derive(hotplate_plugin_api::Template)]\n#[template(path = \"page.html\")]\n\
                    pub struct Page<'a> {\n    pub title: &'a str,\n}\n";

/// A crate of templates with a crate of structs beside it; gives both folders.
fn plugin(bench: &Bench) -> (String, String) {
    let data = bench.plugin("data");
    bench.write(
        &format!("{data}/Cargo.toml"),
        &format!(
            "[package]\nname = \"{data}\"\nversion.workspace = true\nedition.workspace = true\n\n\
             [dependencies]\nhotplate-plugin-api.workspace = true\n"
        ),
    );
    bench.write(&format!("{data}/src/lib.rs"), PAGE);
    let folder = bench.template_crate("site", &[("page.html", "1"), ("other.html", "o")]);
    let path = format!("{folder}/Cargo.toml");
    let manifest = std::fs::read_to_string(bench.path(&path)).unwrap();
    let named = format!(
        "[package.metadata.hotplate]\ncontexts = [\"{data}\"]\n\n[dependencies]\n\
         {data} = {{ path = \"../{data}\" }}\n"
    );
    bench.write(&path, &manifest.replace("[dependencies]\n", &named));
    (folder, data)
}

/// Saves a template and waits until it is live; whether cargo had a part in it.
fn edit(bench: &Bench, events: &Events, folder: &str, text: &str) -> bool {
    bench.write(&format!("{folder}/templates/page.html"), text);
    let mut with_cargo = false;
    Waiting::on(events).find(|event| match event {
        Event::Published(_) => Some(()),
        Event::BuildProgress { .. } => {
            with_cargo = true;
            None
        }
        Event::Rejected(rejection) => panic!("rejected: {rejection}"),
        _ => None,
    });
    with_cargo
}

fn render(host: &Host, plugin: &str) -> String {
    let page = host.template(plugin, "page.html").unwrap();
    page.render(&context! { title: "t" }).unwrap()
}

#[test]
fn a_change_of_a_struct_is_cargos_and_templates_are_patched_before_and_after() {
    let bench = Bench::new("contexts");
    let (folder, data) = plugin(&bench);
    let host = bench.host(&[&folder]);
    let events = host.events();
    let source = format!("{data}/src/lib.rs");
    assert!(!edit(&bench, &events, &folder, "2{{ title }}"));
    assert_eq!(render(&host, &folder), "2t");

    // A field that generated code could not see is refused with its place.
    bench.write(&source, &PAGE.replace("pub title", "title"));
    let rejection = next_rejection(&events);
    assert_eq!(rejection.stage, Stage::Template);
    let first = &rejection.diagnostics[0];
    assert_eq!((first.line, first.column), (Some(4), Some(5)), "{first}");
    let file = first.file.as_deref().unwrap_or_default();
    assert!(file.ends_with(&source), "{file}");
    assert!(first.message.contains("write `pub title`"), "{first}");

    // What cargo makes of another struct means the same to templates that name no field of it.
    bench.write(&source, &PAGE.replace("}", "    pub more: u8,\n}"));
    let mut with_cargo = false;
    Waiting::on(&events).find(|event| match event {
        Event::Unchanged { .. } | Event::Published(_) => Some(()),
        Event::BuildProgress { .. } => {
            with_cargo = true;
            None
        }
        Event::Rejected(rejection) => panic!("rejected: {rejection}"),
        _ => None,
    });
    assert!(with_cargo, "cargo builds what the struct is in");
    assert!(!edit(&bench, &events, &folder, "3{{ title }}"));
    assert_eq!(render(&host, &folder), "3t");

    // So is a struct whose template is misnamed.
    bench.write(&source, &PAGE.replace("page.html", "othr.html"));
    let rejection = next_rejection(&events);
    let first = &rejection.diagnostics[0];
    assert!(
        first.message.contains("did you mean 'other.html'?"),
        "{first}"
    );
}

#[test]
fn a_crate_that_a_manifest_names_later_is_watched_from_then_on() {
    let bench = Bench::new("contexts_later");
    let (folder, data) = plugin(&bench);
    let manifest = format!("{folder}/Cargo.toml");
    let with = std::fs::read_to_string(bench.path(&manifest)).unwrap();
    bench.write(
        &manifest,
        &with.replace(&format!("contexts = [\"{data}\"]"), ""),
    );
    let host = bench.host(&[&folder]);
    let events = host.events();
    let broken = with.replace(&format!("[\"{data}\"]"), "[\"dta\"]");
    bench.write(&manifest, &broken);
    let rejection = next_rejection(&events);
    assert!(rejection.to_string().contains("'dta'"), "{rejection}");
    bench.write(&manifest, &with);
    Waiting::on(&events).find(|event| matches!(event, Event::Resolved { .. }).then_some(()));
    // The page has code for the struct now.
    next_publish(&events);
    bench.write(
        &format!("{data}/src/lib.rs"),
        &PAGE.replace("pub title", "title"),
    );
    let rejection = next_rejection(&events);
    assert_eq!(rejection.stage, Stage::Template);
    bench.write(&format!("{data}/src/lib.rs"), PAGE);
    bench.write(&format!("{folder}/templates/page.html"), "new");
    next_publish(&events);
    assert_eq!(render(&host, &folder), "new");
}
