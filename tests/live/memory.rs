//! How much memory a rendering takes.

use std::fs;

use hotplate::{Template, context};
use hotplate_plugin_api::{Context, View};
use hotplate_tests::{Bench, alone};

/// What a short text may have of spare memory, and what the process takes for other things.
const SPARE: usize = 1 << 20;

#[derive(Context)]
struct List {
    items: Vec<u64>,
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

/// Renders a list and compares what that took with the text.
fn check(page: &Template, context: View<'_>, items: u64) {
    forget_peak();
    let before = peak();
    let text = page.render(context).unwrap();
    let taken = peak() - before;
    assert!(text.ends_with(&format!("<li class=\"item\">{}</li>\n", items - 1)));
    let most = text.len() + text.len() / 4 + SPARE;
    assert!(text.capacity() <= most, "{items}: {}", text.capacity());
    assert!(taken <= most, "{items}: {taken} for {}", text.len());

    // Into a writer, it is a buffer that does not grow.
    forget_peak();
    let before = peak();
    let mut written = 0;
    page.render_to(context, Counter(&mut written)).unwrap();
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
            let source = "{% for item in items %}<li class=\"item\">{{ item }}</li>\n{% endfor %}";
            let folder = bench.templates("site", &[("list.html", source)]);
            let host = bench.host(&[&folder]);
            for items in [10, 1_000, 1_000_000] {
                let list = List {
                    items: (0..items).collect(),
                };
                let dictionary = context! { items: list.items.clone() };
                for context in [View::of(&dictionary), View::new(&list)] {
                    // The first time nothing is known of the text's length, the second
                    // time it is.
                    let page = host.template(&bench.plugin("site"), "list.html").unwrap();
                    check(&page, context, items);
                    check(&page, context, items);
                }
            }
        },
    );
}
