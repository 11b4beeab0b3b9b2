//! Hostile templates, names and data: what a host must survive.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use hotplate::{Error, Host, Stage, Value, context};
use hotplate_tests::{Bench, next_publish, next_rejection};

/// What is far more than any of these renderings takes, even in a slow build on a busy
/// machine, and far less than one that is not linear does.
const LIMIT: Duration = Duration::from_secs(10);

/// A host of one folder of templates, with the plugin's name.
fn site(bench: &Bench, templates: &[(&str, &str)]) -> (Host, String) {
    let folder = bench.templates("site", templates);
    (bench.host(&[&folder]), bench.plugin("site"))
}

fn failure(host: &Host, plugin: &str, name: &str, context: &Value) -> Error {
    let start = Instant::now();
    let template = host.template(plugin, name).expect("there is one");
    let rendered = template.render(context);
    let elapsed = start.elapsed();
    assert!(elapsed < LIMIT, "{name}: {elapsed:?}");
    match rendered {
        Ok(text) => panic!("{name} renders {} bytes", text.len()),
        Err(error) => error,
    }
}

/// The outermost place of a failure, and the innermost.
fn ends(error: &Error) -> [(&str, u32, u32); 2] {
    let place = |line: &'_ hotplate::TraceLine| (line.line, line.column);
    match error.trace() {
        [first, .., last] | [first @ last] => [first, last].map(|line| {
            let (row, column) = place(line);
            (line.file.as_str(), row, column)
        }),
        [] => panic!("no place: {error}"),
    }
}

#[test]
fn what_cannot_be_read_keeps_the_last_version_until_it_can() {
    let bench = Bench::new("unreadable");
    let folder = bench.templates("site", &[("page.html", "0"), ("other.html", "other")]);
    let plugin = bench.plugin("site");
    let host = bench.host(&[&folder]);
    let events = host.events();
    let page = host.template(&plugin, "page.html").unwrap();
    let path = bench.path(&format!("{folder}/page.html"));
    // A link to itself cannot be read by anybody; file modes do not stop everybody.
    let spoil: [(&dyn Fn(), &str); 3] = [
        (
            &|| fs::write(&path, b"caf\xe9 {{ x }}").unwrap(),
            "not UTF-8 from byte 3 on",
        ),
        (
            &|| {
                fs::remove_file(&path).unwrap();
                symlink("page.html", &path).unwrap();
            },
            "symbolic link",
        ),
        (
            &|| {
                fs::remove_file(&path).unwrap();
                symlink("/dev/zero", &path).unwrap();
            },
            "no ordinary file",
        ),
    ];
    let mut served = "0".to_owned();
    for (number, (spoil, expected)) in spoil.into_iter().enumerate() {
        spoil();
        // Deleting and linking may be seen as two changes.
        if host.refresh().is_ok() {
            panic!("{expected} is refused");
        }
        let rejection = host.rejection().expect("it is refused");
        assert_eq!(rejection.stage, Stage::Template);
        let text = rejection.to_string();
        assert!(
            text.contains(expected) && text.contains("page.html"),
            "{text}"
        );
        assert_eq!(page.render(&context! {}).unwrap(), served);
        served = number.to_string() + "!";
        fs::remove_file(&path).unwrap();
        fs::write(&path, &served).unwrap();
        host.refresh().expect("it can be read");
        assert!(host.rejection().is_none());
        assert_eq!(page.render(&context! {}).unwrap(), served);
    }
    while events.try_recv().is_some() {}
    fs::write(&path, b"\xff").unwrap();
    assert_eq!(next_rejection(&events).plugin, Some(plugin));
    fs::write(&path, "seen").unwrap();
    next_publish(&events);
    assert_eq!(page.render(&context! {}).unwrap(), "seen");
}

#[test]
fn odd_texts_and_odd_names_are_what_they_are() {
    let names = [
        "a\"b.html",
        "a'b.html",
        "{{ x }}.html",
        "{% if %}.html",
        "*\\ \\\".html",
        "line\nfeed\r.html",
        "\"); panic!(\"here.html",
        "r#\"raw\"#.html",
        "*/ evil() /*/x.html",
        "\u{202e}\u{feff}ß中.html",
        "mod.rs",
        "t#.html",
    ];
    let texts = [
        ("nul.html", "a\0b{{ x }}", "a\0bX"),
        ("mark.html", "\u{feff}{{ x }}", "\u{feff}X"),
        ("crlf.html", "a\r\n{{ x }}\r\n\rb", "a\nX\n\nb"),
        (
            "quotes.html",
            "\"\\\"#\"##{}{ }\\n'*/ // ",
            "\"\\\"#\"##{}{ }\\n'*/ // ",
        ),
        (
            "wide.html",
            "\u{2028}\u{85}\u{202e}{{ x }}\u{10ffff}",
            "\u{2028}\u{85}\u{202e}X\u{10ffff}",
        ),
        (
            "literal.html",
            "{{ '\"\\\\*/' }}{{ x|default:\"}\u{202e}'\" }}",
            "\"\\*/X",
        ),
        (
            "block.html",
            "{% block \"*/'{}\\ %}{{ x }}{% endblock %}",
            "X",
        ),
        ("empty.html", "", ""),
    ];
    let bench = Bench::new("odd_names");
    let mut templates: Vec<(&str, &str)> = texts.map(|(name, text, _)| (name, text)).to_vec();
    templates.extend(names.map(|name| (name, "{{ x }}\n {{ x|ljust:missing }}")));
    let (host, plugin) = site(&bench, &templates);
    for (name, _, expected) in texts {
        let template = host.template(&plugin, name).expect("there is one");
        assert_eq!(
            template.render(&context! { x: "X" }).unwrap(),
            expected,
            "{name}"
        );
    }
    for name in names {
        let error = failure(&host, &plugin, name, &context! { x: "X" });
        assert_eq!(error.trace()[0].file, name);
        assert_eq!(ends(&error)[0].1, 2, "{error}");
    }
}

#[test]
fn a_name_means_nothing_outside_of_the_set() {
    let bench = Bench::new("outside");
    bench.write("templates-site/secret.html", "secret");
    let (host, plugin) = site(
        &bench,
        &[
            ("include.html", "{% include name %}"),
            ("extend.html", "{% extends name %}"),
            ("list.html", "{% include names %}"),
            ("inside/part.html", "part"),
            ("secret/.hidden.html", "hidden"),
        ],
    );
    let secret = bench.path("templates-site/secret.html");
    let names = [
        "../secret.html",
        "inside/../../secret.html",
        "./../secret.html",
        "..\\secret.html",
        secret.to_str().expect("the path is text"),
        "/etc/passwd",
        "//etc/passwd",
        "file:///etc/passwd",
        "inside/part.html\0",
        "\0",
        "",
        ".",
        "..",
        "inside",
        "inside/",
        "/inside/part.html",
        "secret/.hidden.html",
        "include.html/content",
        "#",
        "inside/part.html#part",
    ];
    for name in names {
        for template in ["include.html", "extend.html", "list.html"] {
            let error = failure(
                &host,
                &plugin,
                template,
                &context! { name: name, names: [name] },
            );
            let exception = error.exception();
            let is_missing = exception == Some("TemplateDoesNotExist");
            assert!(
                is_missing || exception == Some("TemplateSyntaxError"),
                "{name}: {error}"
            );
        }
        assert!(host.template(&plugin, name).is_err(), "{name}");
        assert!(host.find_template(name).is_err(), "{name}");
    }
    let page = host.template(&plugin, "include.html").unwrap();
    let part = page.render(&context! { name: "inside/part.html" });
    assert_eq!(part.unwrap(), "part");
}

#[test]
fn what_is_nested_or_chained_a_hundred_thousand_times_is_refused_with_its_place() {
    let bench = Bench::new("deep");
    let many = 100_000;
    let tags = format!("\n{}", "{% if a %}".repeat(many));
    let filters = format!("\n\n{{{{ a{} }}}}", "|lower".repeat(many));
    let operators = format!("{{% if {} a %}}{{% endif %}}", "not ".repeat(many));
    let blocks: String = (0..many)
        .map(|number| format!("{{% block b{number} %}}"))
        .collect();
    let folder = bench.templates(
        "site",
        &[
            ("a.html", &tags),
            ("b.html", &filters),
            ("c.html", &operators),
            ("d.html", &blocks),
        ],
    );
    let start = Instant::now();
    let builder = bench.builder().plugin(bench.path(&folder));
    let error = builder.start().expect_err("all are refused");
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    let rejection = error.rejection().expect("it is a rejection");
    assert_eq!(rejection.stage, Stage::Template);
    let check = |file: &str, line: u32, expected: &str| {
        let found = rejection.diagnostics.iter().any(|diagnostic| {
            diagnostic
                .file
                .as_deref()
                .is_some_and(|found| found.ends_with(file))
                && diagnostic.line == Some(line)
                && diagnostic.column.is_some()
                && diagnostic.message.contains(expected)
                && diagnostic.rendered.len() < 4096
        });
        let messages = rejection
            .diagnostics
            .iter()
            .map(|diagnostic| &diagnostic.message);
        assert!(found, "{file}: {:?}", messages.collect::<Vec<_>>());
    };
    check("a.html", 2, "Tags are nested more than 200 levels deep");
    check("b.html", 3, "More than 100 filters in one expression");
    check("c.html", 1, "More than 200 operators in one expression");
    check("d.html", 1, "Tags are nested more than 200 levels deep");
}

#[test]
fn endless_and_huge_renderings_are_errors_with_their_place() {
    let path = format!("{{{{ a{} }}}}.", ".b".repeat(100_000));
    let doubled = format!(
        "{}\n{{{{ a|length }}}}{}",
        "{% with a=a|add:a %}".repeat(60),
        "{% endwith %}".repeat(60)
    );
    let slashes = format!("{{{{ slash{} }}}}", "|addslashes".repeat(60));
    let bench = Bench::new("endless_templates");
    let templates = [
        ("self.html", "\n {% include 'self.html' %}"),
        ("ping.html", "{% include 'pong.html' %}"),
        (
            "pong.html",
            "\n{% with x=1 %}{% include 'ping.html' %}{% endwith %}",
        ),
        ("computed.html", "{% include me %}"),
        (
            "partial.html",
            "{% partialdef p %}\n{% partial p %}{% endpartialdef %}\n\n{% partial p %}",
        ),
        (
            "fork.html",
            "{% for x in 'ab' %}{% include 'fork.html' %}{% endfor %}",
        ),
        (
            "output.html",
            "{% for x in xs %}{% for y in xs %}{% for z in xs %}\n{{ long }}{% endfor %}{% endfor %}{% endfor %}",
        ),
        (
            "text.html",
            "{% for x in xs %}{% for y in xs %}{% for z in xs %}{% for z in xs %}\n----------------{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
        ),
        ("wide.html", "\n  {{ long|ljust:99999999999 }}"),
        ("centre.html", "{{ long|center:'9999999999' }}"),
        ("format.html", "{{ 1|stringformat:'999999999999d' }}"),
        ("lorem.html", "{% lorem 999999999 w %}"),
        ("join.html", "{{ long|make_list|join:long }}"),
        ("slashes.html", &slashes),
        ("strings.html", &doubled),
        ("lists.html", &doubled),
    ];
    let mut all = templates.to_vec();
    all.extend([
        ("ring_a.html", "{% extends 'ring_b.html' %}"),
        ("ring_b.html", "{% extends 'ring_a.html' %}"),
        ("ring.html", "{% extends me %}"),
        ("places.html", "{{ 1|floatformat:2147483647 }}"),
        ("path.html", &path),
        (
            "numbers.html",
            "{{ xs|slice:'-9999999999:99999999999999999999' |length }}{{ 12|get_digit:99999999999 }}\
             {% widthratio huge 0 5 %}{% widthratio nan 1 100 %}{{ nan|floatformat }}{{ infinite|floatformat:2 }}\
             {{ nan|add:1 }}{{ '1e999999999'|floatformat:2 }}{{ 5|ljust:-99999999999 }}{{ 12|get_digit:-1 }}",
        ),
    ]);
    let folder = bench.templates("site", &all);
    let builder = bench.builder().plugin(bench.path(&folder));
    let builder = builder.output_limit(1 << 22).filter_limit(1 << 22);
    let host = builder.start().unwrap();
    let plugin = bench.plugin("site");
    let xs: Vec<i64> = (0..1000).collect();
    let context = |name: &str| {
        context! {
            me: name, xs: xs.clone(), long: "x".repeat(10_000), a: "aa", slash: "\\",
            nan: f64::NAN, infinite: f64::INFINITY, huge: 1e308,
        }
    };
    for (name, _) in templates {
        let given = match name {
            "lists.html" => context! { a: xs.clone() },
            name => context(name),
        };
        let error = failure(&host, &plugin, name, &given);
        assert!(error.is_limit(), "{name}: {error}");
        let [(outer, ..), (_, line, column)] = ends(&error);
        assert_eq!(outer, name, "{error}");
        assert!(line > 0 && column > 0, "{error}");
    }
    for (name, expected) in [
        ("ring_a.html", "TemplateDoesNotExist"),
        ("ring.html", "TemplateDoesNotExist"),
        ("places.html", "InvalidOperation"),
    ] {
        let error = failure(&host, &plugin, name, &context(name));
        assert_eq!(error.exception(), Some(expected), "{error}");
    }
    for (name, expected) in [
        ("path.html", "."),
        ("numbers.html", "100000naninfnan1e999999999512"),
    ] {
        let rendered = host.template(&plugin, name).unwrap().render(&context(name));
        assert_eq!(
            rendered.unwrap_or_else(|error| error.to_string()),
            expected,
            "{name}"
        );
    }
}
