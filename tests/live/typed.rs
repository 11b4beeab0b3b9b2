//! Templates that are compiled for a struct, which host and plugin share.

use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, io};

use hotplate::{Host, RenderOptions, Stage, TypedTemplate};
use hotplate_plugin_api::header::TOOLCHAIN;
use hotplate_tests::{Bench, build_libraries};

#[expect(
    unreachable_pub,
    reason = "the plugins' copy of it is reached from outside"
)]
mod shapes;

use shapes::{Article, Author};

/// Both kinds of code for a template and a block, written by hand so that they say which
/// one ran. The parent renders the block twice: as it is, and inside of a loop.
const UNITS: &str = r#"
use hotplate_template_runtime as rt;
use live::typed::shapes::Article;
use rt::api::render::TypedRenderEntry;
use rt::api::unit::TypedEntry;
use rt::api::view::TableFn;

fn write(f: &mut rt::Frame<'_>, text: &str) -> rt::Done {
    match f.write(text) {
        rt::Status::Ok => Ok(()),
        rt::Status::Failed => Err(rt::Stop),
    }
}

fn passed(status: rt::Status) -> rt::Done {
    match status {
        rt::Status::Ok => Ok(()),
        rt::Status::Failed => Err(rt::Stop),
    }
}

fn title(f: &mut rt::Frame<'_>, s: &rt::Scope<'_>) -> rt::Done {
    let value = rt::context(&["title"], rt::Missing::Invalid, f, s);
    rt::output(value, f, "article.html", 0)
}

fn body(f: &mut rt::Frame<'_>, s: &rt::Scope<'_>) -> rt::Done {
    write(f, "dynamic ")?;
    title(f, s)?;
    passed(f.extend("base.html", s))
}

fn block(f: &mut rt::Frame<'_>, s: &rt::Scope<'_>) -> rt::Done {
    write(f, "dynamic ")?;
    title(f, s)
}

fn base(f: &mut rt::Frame<'_>, s: &rt::Scope<'_>) -> rt::Done {
    static CONTENT: rt::Link = rt::Link::to_block("base.html", "content");
    write(f, " [")?;
    passed(f.block(&CONTENT, s))?;
    write(f, "|")?;
    let names = [rt::rstr("x")];
    let values = [rt::Local::Value(s.context)];
    passed(f.block(&CONTENT, &s.with(&names, &values)))?;
    write(f, "]")
}

fn nothing(_: &mut rt::Frame<'_>, _: &rt::Scope<'_>) -> rt::Done {
    Ok(())
}

macro_rules! entries {
    ($($entry:ident: $body:ident;)*) => {$(
        extern "C" fn $entry(_: rt::UnitData, f: &mut rt::Frame<'_>, s: &rt::Scope<'_>) -> rt::Status {
            rt::enter(f, s, $body)
        }
    )*};
}

entries! {
    body_entry: body;
    block_entry: block;
    base_entry: base;
    nothing_entry: nothing;
}

fn typed(f: &mut rt::Frame<'_>, article: &Article<'_>) -> rt::Done {
    assert!(article.title != "panic", "not this one");
    write(f, "typed ")?;
    write(f, article.title)
}

unsafe extern "C" fn typed_body(
    _: rt::UnitData,
    f: &mut rt::Frame<'_>,
    s: &rt::Scope<'_>,
    context: *const (),
) -> rt::Status {
    let article = unsafe { &*context.cast::<Article<'_>>() };
    rt::api::panic::guard(f.failure, || match typed(f, article) {
        Ok(()) => f.extend("base.html", s),
        Err(rt::Stop) => rt::Status::Failed,
    })
}

unsafe extern "C" fn typed_block(
    _: rt::UnitData,
    f: &mut rt::Frame<'_>,
    _: &rt::Scope<'_>,
    context: *const (),
) -> rt::Status {
    let article = unsafe { &*context.cast::<Article<'_>>() };
    rt::api::panic::guard(f.failure, || match typed(f, article) {
        Ok(()) => rt::Status::Ok,
        Err(rt::Stop) => rt::Status::Failed,
    })
}

const fn entry(
    render: unsafe extern "C" fn(rt::UnitData, &mut rt::Frame<'_>, &rt::Scope<'_>, *const ()) -> rt::Status,
) -> Option<TypedEntry> {
    Some(TypedEntry {
        render: TypedRenderEntry(render),
        context: TableFn::of::<Article<'static>>(),
    })
}

const SITES: &[rt::Site] = &[rt::Site { line: 1, column: 1 }];
const BLOCKS: &[rt::RStr<'static>] = &[rt::rstr("content")];

static UNITS: [rt::api::UnitDescriptor; 4] = [
    rt::template_unit(
        "article.html", rt::code(body_entry), 1, rt::place("article.html", 1, 1), SITES,
        Some("base.html"), true, BLOCKS, entry(typed_body),
    ),
    rt::block_unit(
        "article.html/content", rt::code(block_entry), 2, rt::place("article.html", 2, 1), SITES,
        entry(typed_block),
    ),
    rt::template_unit(
        "base.html", rt::code(base_entry), 3, rt::place("base.html", 1, 1), SITES, None, false, BLOCKS, None,
    ),
    rt::block_unit(
        "base.html/content", rt::code(nothing_entry), 4, rt::place("base.html", 1, 1), SITES, None,
    ),
];

hotplate_plugin_api::plugin!(templates = UNITS);
"#;

const SHAPES: &str = include_str!("typed/shapes.rs");

/// Makes the plugin and the crate with the structs; gives the folders of both.
fn plugin(bench: &Bench) -> (String, String) {
    let folder = bench.native("site", UNITS);
    let types = bench.structs("typed", SHAPES);
    bench.depend(&folder, "hotplate-template-runtime.workspace = true");
    bench.depend(&folder, &format!("{types} = {{ path = \"../{types}\" }}"));
    (folder, types)
}

fn article(title: &str) -> Article<'_> {
    Article {
        title,
        views: 7,
        author: Author {
            name: "Ada".to_owned(),
            age: 36,
        },
    }
}

/// What a rendering gives: the body and the block at the root run as `root`, the block in
/// the parent's loop as the template was written.
fn text(root: &str, title: &str) -> String {
    format!("{root} {title} [{root} {title}|dynamic {title}]")
}

/// Takes so many bytes and then fails.
struct Full(usize);

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.0 {
            return Err(io::Error::other("the disk is full"));
        }
        self.0 -= bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_way_to_render_gives_the_same() {
    let bench = Bench::new("typed_ways");
    let (folder, _) = plugin(&bench);
    let builder = bench.builder().output_limit(1 << 20);
    let host = builder.plugin(bench.path(&folder)).start().unwrap();
    let page = host.typed::<Article<'_>>(&folder).unwrap();
    let hot = article("Hot");
    let expected = text("typed", "Hot");

    let mut appended = "> ".to_owned();
    page.render_into(&hot, &mut appended).unwrap();
    assert_eq!(appended, format!("> {expected}"));
    let mut written = Vec::new();
    page.render_to(&hot, &mut written).unwrap();
    let mut local = page.local();
    let mut local_text = String::new();
    local.render_into(&hot, &mut local_text).unwrap();
    let mut local_written = Vec::new();
    local.render_to(&hot, &mut local_written).unwrap();
    let options = RenderOptions::default();
    for found in [
        page.render(&hot).unwrap(),
        page.clone().render_with(&hot, &options).unwrap().text,
        page.render_in(&host.pin(), &hot).unwrap().text,
        page.display(&hot).to_string(),
        String::from_utf8(written).unwrap(),
        host.find_typed::<Article<'_>>()
            .unwrap()
            .render(&hot)
            .unwrap(),
        local.render(&hot).unwrap(),
        local_text,
        String::from_utf8(local_written).unwrap(),
    ] {
        assert_eq!(found, expected);
    }

    // The ordinary code, for a handle that knows no struct or where the typed code would
    // write another text.
    let untyped = page.template();
    let mut written = Vec::new();
    untyped.render_to(&hot, &mut written).unwrap();
    let mut appended = String::new();
    untyped.local().render_into(&hot, &mut appended).unwrap();
    let raw = RenderOptions {
        autoescape: false,
        ..RenderOptions::default()
    };
    let mut settings = host.render_options().settings.unwrap();
    settings.use_thousand_separator = true;
    let grouped = RenderOptions {
        settings: Some(settings),
        ..RenderOptions::default()
    };
    for found in [
        untyped.render(&hot).unwrap(),
        untyped.display(&hot).to_string(),
        String::from_utf8(written).unwrap(),
        appended,
        page.render_with(&hot, &raw).unwrap().text,
        page.render_with(&hot, &grouped).unwrap().text,
    ] {
        assert_eq!(found, text("dynamic", "Hot"));
    }

    failures(&page);
    drop(host);
    assert!(page.render(&hot).unwrap_err().is_closed());
    assert!(local.render(&hot).unwrap_err().is_closed());
}

/// What each way to render does if it cannot.
fn failures(page: &TypedTemplate<Article<'static>>) {
    let explosive = article("panic");
    let error = page.render(&explosive).unwrap_err();
    assert!(error.is_panic(), "{error}");
    assert_eq!(error.message(), Some("not this one"));
    let mut before = "before".to_owned();
    assert!(
        page.render_into(&explosive, &mut before)
            .unwrap_err()
            .is_panic()
    );
    assert_eq!(before, "before");
    let mut printed = String::new();
    assert!(write!(printed, "{}", page.display(&explosive)).is_err());
    assert_eq!(printed, "");

    // The block comes after the limit; what is written before belongs to the writer.
    let long = "x".repeat(600_000);
    let long = article(&long);
    assert!(page.render(&long).unwrap_err().is_limit());
    assert!(page.render_into(&long, &mut before).unwrap_err().is_limit());
    assert_eq!(before, "before");
    let mut written = Vec::new();
    assert!(page.render_to(&long, &mut written).unwrap_err().is_limit());
    assert!(written.len() >= 600_000, "{}", written.len());
    assert!(page.local().render(&long).unwrap_err().is_limit());

    let long = "y".repeat(100_000);
    let mut written = Vec::new();
    page.render_to(&article(&long), &mut written).unwrap();
    assert_eq!(written, text("typed", &long).as_bytes());
    for capacity in [0, 50_000, 250_000] {
        let error = page.render_to(&article(&long), Full(capacity)).unwrap_err();
        assert!(error.is_write_failure(), "{error}");
        let source = error.source().expect("the writer's error");
        assert_eq!(source.to_string(), "the disk is full");
    }
}

#[test]
fn another_struct_is_refused_while_a_handle_lives() {
    let bench = Bench::new("typed_change");
    let (folder, types) = plugin(&bench);
    let builder = bench.builder().plugin(bench.path(&folder));
    let host = builder.watch(bench.path(&types)).start().unwrap();
    let page = host.typed::<Article<'_>>(&folder).unwrap();
    let shapes = format!("{types}/src/typed/shapes.rs");
    let root = format!("{folder}/src/lib.rs");
    let check = |file: &str, source: &str, difference: &str| {
        bench.write(file, source);
        let error = host.refresh().expect_err("the struct is another one");
        assert!(error.is_incompatible(), "{error}");
        let rejection = error.rejection().expect("it is a rejection");
        assert_eq!(rejection.stage, Stage::Signature);
        let message = &rejection.diagnostics[0].message;
        assert!(message.contains(difference), "{message}");
        assert!(message.contains("restart"), "{message}");
        assert_eq!(page.render(&article("a")).unwrap(), text("typed", "a"));
    };

    for (from, to, difference) in [
        (
            "views: i64",
            "views: String",
            "field `views` of `Article`: the host has i64, the plugin String",
        ),
        (
            "    pub views",
            "    pub summary: String,\n    pub views",
            "the plugin's `Article` has a field `summary` that the host's has not",
        ),
        (
            "    pub views: i64,\n",
            "",
            "the host's `Article` has a field `views` that the plugin's has not",
        ),
        (
            "    pub name: String,\n    pub age: u32,\n",
            "    pub age: u32,\n    pub name: String,\n",
            "field `name` of `Author` lies elsewhere",
        ),
    ] {
        check(&shapes, &SHAPES.replace(from, to), difference);
    }
    bench.write(&shapes, SHAPES);
    let without = UNITS.replace("entry(typed_body)", "None");
    check(&root, &without, "it has no code for `Article`");

    // Without the handle the same is welcome, and a handle cannot be made.
    drop(page);
    host.refresh().expect("nothing stands in its way");
    let error = host.typed::<Article<'_>>(&folder).unwrap_err();
    assert!(error.is_incompatible());
    let message = error.to_string();
    assert!(message.contains("`contexts = [\"live\"]`"), "{message}");
    bench.write(&root, UNITS);
    let other = SHAPES.replace("age: u32", "age: u64");
    bench.write(&shapes, &other);
    host.refresh().expect("nothing stands in its way");
    let error = host.typed::<Article<'_>>(&folder).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("(`Article.author.age`)"), "{message}");
}

#[test]
fn swaps_and_rollbacks_under_a_typed_handle() {
    let bench = Bench::new("typed_swap");
    let (folder, _) = plugin(&bench);
    let root = format!("{folder}/src/lib.rs");
    bench.write(&root, &UNITS.replace("entry(typed_body)", "None"));
    let host = bench.host(&[&folder]);
    bench.write(&root, UNITS);
    host.refresh().expect("no handle lives");
    let old = host.pin();
    let page = host.typed::<Article<'_>>(&folder).unwrap();
    let hot = article("Hot");

    // What was current before has no code for the struct.
    let error = host.rollback().expect_err("a handle lives");
    assert!(error.is_incompatible(), "{error}");
    assert_eq!(page.render(&hot).unwrap(), text("typed", "Hot"));

    let next = UNITS.replace("\"typed \"", "\"TYPED \"");
    let next = next.replace("body_entry, 1,", "body_entry, 11,");
    bench.write(&root, &next.replace("block_entry, 2,", "block_entry, 12,"));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (page, hot, done) = (&page, &hot, &done);
            scope.spawn(move || {
                let mut local = page.local();
                while !done.load(Ordering::Acquire) {
                    for found in [page.render(hot).unwrap(), local.render(hot).unwrap()] {
                        let expected = [text("typed", "Hot"), text("TYPED", "Hot")];
                        assert!(expected.contains(&found), "{found}");
                    }
                }
                assert_eq!(local.render(hot).unwrap(), text("TYPED", "Hot"));
            });
        }
        let published = host.refresh();
        done.store(true, Ordering::Release);
        published.expect("the struct is the same");
    });
    let pinned = page.render_in(&old, &hot).unwrap();
    assert_eq!(pinned.text, text("typed", "Hot"));
    host.rollback().expect("the struct was the same");
    assert_eq!(page.render(&hot).unwrap(), text("typed", "Hot"));
}

#[test]
fn another_compiler_is_refused() {
    let bench = Bench::new("typed_compiler");
    let (folder, _) = plugin(&bench);
    let built = build_libraries(&bench, &folder, &[("src/lib.rs", UNITS)]);
    let other = TOOLCHAIN.replace("rustc 1", "rustc 9");
    let mut bytes = fs::read(&built[0]).unwrap();
    let places: Vec<usize> = (0..bytes.len() - TOOLCHAIN.len())
        .filter(|&start| bytes[start..].starts_with(TOOLCHAIN.as_bytes()))
        .collect();
    assert!(!places.is_empty());
    for start in places {
        bytes[start..start + other.len()].copy_from_slice(other.as_bytes());
    }
    let libraries = bench.path("libraries");
    fs::create_dir_all(&libraries).unwrap();
    fs::write(libraries.join("site.so"), bytes).unwrap();
    let host: Host = bench.builder().artifacts(&libraries).start().unwrap();
    let error = host.typed::<Article<'_>>(&folder).unwrap_err();
    assert!(error.is_incompatible());
    let message = error.to_string();
    assert!(
        message.contains(&other) && message.contains(TOOLCHAIN),
        "{message}"
    );
    // What crosses as a stable type is as good as ever.
    let page = host.template(&folder, "article.html").unwrap();
    assert_eq!(
        page.render(&article("Hot")).unwrap(),
        text("dynamic", "Hot")
    );
}
