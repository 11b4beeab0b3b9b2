//! How much memory a rendering takes.

use std::fs;

use hotplate::{Error, context};
use hotplate_plugin_api::View;
use hotplate_tests::{Bench, alone};

#[expect(
    unreachable_pub,
    reason = "the plugin's copy of it is reached from outside"
)]
mod shapes;

use shapes::List;

/// What a short text may have of spare memory, and what the process takes for other things.
const SPARE: usize = 1 << 20;

const SOURCE: &str = "{% for item in items %}<li class=\"item\">{{ item }}</li>\n{% endfor %}";

/// How many items the lists have.
const LENGTHS: [u64; 3] = [10, 1_000, 1_000_000];

impl List {
    fn of(length: u64) -> Self {
        Self {
            items: (0..length).collect(),
        }
    }
}

/// The most memory that the process has had, in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kilobytes.unwrap().parse::<usize>().unwrap() << 10
}

/// Forgets what the process had at its peak before, where the system can.
fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Renders a list, as a text and into a writer, and compares what that takes with the text.
fn check(
    items: u64,
    render: impl Fn() -> Result<String, Error>,
    stream: impl Fn(Counter<'_>) -> Result<(), Error>,
) {
    forget_peak();
    let before = peak();
    let text = render().unwrap();
    let taken = peak() - before;
    assert!(text.ends_with(&format!("<li class=\"item\">{}</li>\n", items - 1)));
    let most = text.len() + text.len() / 4 + SPARE;
    assert!(text.capacity() <= most, "{items}: {}", text.capacity());
    assert!(taken <= most, "{items}: {taken} for {}", text.len());

    // Into a writer, it is a buffer that does not grow.
    forget_peak();
    let before = peak();
    let mut written = 0;
    stream(Counter(&mut written)).unwrap();
    let taken = peak() - before;
    assert_eq!(written, text.len());
    assert!(taken <= SPARE, "{items}: {taken} into a writer");
}

/// Counts what is written.
struct Counter<'c>(&'c mut usize);

impl std::io::Write for Counter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        *self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_long_list_takes_its_text_and_a_quarter_of_that() {
    alone(
        "memory::a_long_list_takes_its_text_and_a_quarter_of_that",
        || {
            let bench = Bench::new("memory");
            let folder = bench.templates("site", &[("list.html", SOURCE)]);
            let host = bench.host(&[&folder]);
            for items in LENGTHS {
                let list = List::of(items);
                let dictionary = context! { items: list.items.clone() };
                for context in [View::of(&dictionary), View::new(&list)] {
                    let page = host.template(&bench.plugin("site"), "list.html").unwrap();
                    // The first time nothing is known of the text's length, the second
                    // time it is.
                    for _ in 0..2 {
                        check(
                            items,
                            || page.render(context),
                            |counter| page.render_to(context, counter),
                        );
                    }
                }
            }
        },
    );
}

/// A crate of templates with a crate of structs beside it; gives the folder of the first.
fn typed_plugin(bench: &Bench) -> String {
    let types = bench.structs("memory", include_str!("memory/shapes.rs"));
    let folder = bench.template_crate("site", &[("list.html", SOURCE)]);
    bench.name_structs(&folder, &types);
    folder
}

/// The same of code that was compiled for the list's type, through handles of both kinds.
#[test]
fn a_long_typed_list_takes_its_text_and_a_quarter_of_that() {
    alone(
        "memory::a_long_typed_list_takes_its_text_and_a_quarter_of_that",
        || {
            let bench = Bench::new("typed_memory");
            let folder = typed_plugin(&bench);
            let host = bench.host(&[&folder]);
            let page = host.typed::<List>(&folder).unwrap();
            for items in LENGTHS {
                let list = List::of(items);
                for _ in 0..2 {
                    check(
                        items,
                        || page.render(&list),
                        |counter| page.render_to(&list, counter),
                    );
                    check(
                        items,
                        || page.local().render(&list),
                        |counter| page.local().render_to(&list, counter),
                    );
                }
            }
        },
    );
}
