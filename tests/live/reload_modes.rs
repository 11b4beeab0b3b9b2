//! Which plugins are reloaded, and how much of them; no edit is lost.

use hotplate::{Event, Events, Host, PluginMode, ReloadMode, Template, context};
use hotplate_tests::{Bench, Waiting, next_publish};

struct Two {
    bench: Bench,
    folders: [String; 2],
    plugins: [String; 2],
}

impl Two {
    fn new(name: &'static str) -> Self {
        let bench = Bench::new(name);
        let folders = ["a", "b"].map(|plugin| bench.templates(plugin, &[("page.html", "1")]));
        let plugins = ["a", "b"].map(|plugin| bench.plugin(plugin));
        Self {
            bench,
            folders,
            plugins,
        }
    }

    fn host(&self, set_up: impl FnOnce(hotplate::Builder) -> hotplate::Builder) -> Host {
        let builder = self
            .folders
            .iter()
            .fold(self.bench.builder(), |builder, folder| {
                builder.plugin(self.bench.path(folder))
            });
        set_up(builder).start().expect("the first build succeeds")
    }

    fn pages(&self, host: &Host) -> [Template; 2] {
        [0, 1].map(|place| host.template(&self.plugins[place], "page.html").unwrap())
    }

    fn save(&self, place: usize, file: &str, text: &str) {
        let path = format!("{}/{file}", self.folders[place]);
        self.bench.write(&path, text);
    }
}

fn texts(pages: &[Template; 2]) -> [String; 2] {
    [0, 1].map(|place| pages[place].render(&context! {}).unwrap())
}

fn next_held(events: &Events) -> Vec<String> {
    Waiting::on(events).find(|event| match event {
        Event::Held { plugins } => Some(plugins.clone()),
        Event::Published(receipt) => panic!("published: {receipt:?}"),
        _ => None,
    })
}

#[test]
fn what_changes_while_reloading_is_off_is_picked_up_when_it_is_on() {
    let two = Two::new("mode_off");
    let host = two.host(|builder| builder.mode(ReloadMode::Off));
    let pages = two.pages(&host);
    let events = host.events();
    // The first version is there in any mode.
    assert_eq!(texts(&pages), ["1", "1"]);

    two.save(0, "page.html", "2");
    assert_eq!(next_held(&events), [two.plugins[0].as_str()]);
    assert!(host.refresh().expect("nothing is wrong").is_none());
    assert_eq!(texts(&pages), ["1", "1"]);

    host.set_mode(ReloadMode::All).unwrap();
    let receipt = next_publish(&events);
    assert_eq!(receipt.changes.len(), 1, "{receipt:?}");
    assert_eq!(texts(&pages), ["2", "1"]);
}

#[test]
fn a_list_says_which_plugins_are_reloaded_and_can_be_changed() {
    let two = Two::new("mode_list");
    let host = two.host(|builder| builder);
    let pages = two.pages(&host);
    host.set_mode(ReloadMode::only([&two.plugins[0]])).unwrap();
    assert_eq!(host.plugin_mode(&two.plugins[0]).unwrap(), PluginMode::On);
    assert_eq!(host.plugin_mode(&two.plugins[1]).unwrap(), PluginMode::Off);
    for place in [0, 1] {
        two.save(place, "page.html", "2");
    }
    host.refresh().expect("the edit is good");
    assert_eq!(texts(&pages), ["2", "1"]);

    host.set_mode(ReloadMode::all_but([&two.plugins[0]]))
        .unwrap();
    two.save(0, "page.html", "3");
    host.refresh().expect("the edit is good");
    assert_eq!(texts(&pages), ["2", "2"]);

    // One plugin alone, whatever holds for the others.
    host.set_plugin_mode(&two.plugins[0], PluginMode::On)
        .unwrap();
    host.refresh().expect("the edit is good");
    assert_eq!(texts(&pages), ["3", "2"]);
    host.set_plugin_mode(&two.plugins[1], PluginMode::Off)
        .unwrap();
    host.set_plugin_mode(&two.plugins[0], None).unwrap();
    for place in [0, 1] {
        two.save(place, "page.html", "4");
    }
    assert!(host.refresh().expect("both are off").is_none());
    assert_eq!(texts(&pages), ["3", "2"]);
}

#[test]
fn everything_can_be_reloaded_once_whatever_the_mode() {
    let two = Two::new("mode_now");
    let host = two.host(|builder| builder.mode(ReloadMode::Off));
    let pages = two.pages(&host);
    for place in [0, 1] {
        two.save(place, "page.html", "2");
    }
    let receipt = host.reload_now().expect("the edits are good");
    assert_eq!(receipt.expect("there is news").changes.len(), 2);
    assert_eq!(texts(&pages), ["2", "2"]);

    two.save(0, "page.html", "3");
    assert!(host.refresh().expect("it is off again").is_none());
    assert_eq!(texts(&pages), ["2", "2"]);
    assert!(host.reload_now().expect("the edit is good").is_some());
    assert_eq!(texts(&pages), ["3", "2"]);
}

#[test]
fn switching_off_gives_up_the_build_that_is_under_way() {
    let two = Two::new("mode_build");
    let host = two.host(|builder| builder);
    let pages = two.pages(&host);
    let events = host.events();
    two.save(0, "page.html", "2");
    Waiting::on(&events).find(|event| matches!(event, Event::BuildStarted { .. }).then_some(()));
    host.set_mode(ReloadMode::Off).unwrap();
    // Either the build was done by then, or it is given up.
    let generation = host.generation();
    host.refresh().expect("nothing is wrong");
    assert_eq!(host.generation(), generation);
    host.set_mode(ReloadMode::All).unwrap();
    host.refresh().expect("nothing is wrong");
    assert_eq!(texts(&pages), ["2", "1"]);
}

#[test]
fn additive_plugins_take_new_units_and_keep_the_others() {
    let two = Two::new("mode_additive");
    two.save(0, "gone.html", "there");
    let host = two.host(hotplate::Builder::additive);
    let pages = two.pages(&host);
    let gone = host.template(&two.plugins[0], "gone.html").unwrap();
    let events = host.events();
    two.save(0, "page.html", "2");
    two.save(0, "new.html", "new");
    let path = two.bench.path(&format!("{}/gone.html", two.folders[0]));
    std::fs::remove_file(path).expect("it can be deleted");
    let receipt = host
        .refresh()
        .expect("the edit is good")
        .expect("there is news");
    let told = |changes: &[hotplate::Change]| -> Vec<String> {
        let changes = changes.iter().map(ToString::to_string);
        changes
            .map(|change| change.replace(&two.plugins[0], "a"))
            .collect()
    };
    assert_eq!(told(&receipt.changes), ["Add a::new.html @L1"]);
    let left_out = ["Delete a::gone.html", "Update a::page.html @L1"];
    assert_eq!(told(&receipt.left_out), left_out);
    let reported = Waiting::on(&events).find(|event| match event {
        Event::LeftOut { changes } => Some(told(changes)),
        _ => None,
    });
    assert_eq!(reported, left_out);
    assert_eq!(texts(&pages), ["1", "1"]);
    assert_eq!(gone.render(&context! {}).unwrap(), "there");
    let new = host.template(&two.plugins[0], "new.html").unwrap();
    assert_eq!(new.render(&context! {}).unwrap(), "new");

    // Nothing of it is lost.
    host.set_additive(false).unwrap();
    host.refresh().expect("the edit is good");
    assert_eq!(texts(&pages), ["2", "1"]);
    assert!(
        gone.render(&context! {})
            .expect_err("it is gone now")
            .is_removed()
    );
}

#[test]
fn a_patch_of_what_is_not_reloaded_is_refused_at_once() {
    let two = Two::new("mode_patch");
    let host = two.host(|builder| builder);
    let pages = two.pages(&host);
    let plugin = &two.plugins[0];
    let recoder = host.recoder(plugin, "page.html").unwrap();
    host.set_plugin_mode(plugin, PluginMode::Off).unwrap();
    let error = recoder.patch("2").expect_err("it is off");
    assert!(error.to_string().contains("is not reloaded"), "{error}");
    assert_eq!(texts(&pages), ["1", "1"]);

    host.set_plugin_mode(plugin, PluginMode::Additive).unwrap();
    let error = recoder.patch("3").expect_err("it is replaced");
    let rejection = error.rejection().expect("it says why");
    assert_eq!(rejection.stage, hotplate::Stage::Veto);
    assert!(
        error.to_string().contains("only takes additions"),
        "{error}"
    );
    let block = "1{% block b %}x{% endblock %}";
    assert!(recoder.patch(block).is_err(), "the template is replaced");
    assert_eq!(texts(&pages), ["1", "1"]);

    host.set_plugin_mode(plugin, None).unwrap();
    host.refresh().expect("nothing is wrong");
    assert_eq!(texts(&pages), ["1", "1"]);
    recoder.patch("4").expect("it is on");
    assert_eq!(texts(&pages), ["4", "1"]);
    host.set_mode(ReloadMode::Off).unwrap();
    recoder.revert().expect("what was there needs no build");
    assert_eq!(texts(&pages), ["1", "1"]);
}
