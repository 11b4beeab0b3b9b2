//! What is read, and what is refused with which words.

use super::*;

fn function(text: &str) -> ItemFn {
    syn::parse_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn tag(text: &str) -> Tag {
    match read(&function(text)) {
        Ok(found) => match found.into_iter().next() {
            Some(Custom::Tag(tag)) => tag,
            other => panic!("{text}: {other:?}"),
        },
        Err(error) => panic!("{text}: {error}"),
    }
}

fn filter(text: &str) -> Filter {
    match read(&function(text)) {
        Ok(found) => match found.into_iter().next() {
            Some(Custom::Filter(filter)) => filter,
            other => panic!("{text}: {other:?}"),
        },
        Err(error) => panic!("{text}: {error}"),
    }
}

/// Name, role, and whether there is a default.
fn described(parameters: &[Parameter]) -> Vec<String> {
    let describe = |parameter: &Parameter| {
        let default = if parameter.has_default() { "?" } else { "" };
        format!("{}: {:?}{default}", parameter.name, parameter.role)
    };
    parameters.iter().map(describe).collect()
}

#[test]
fn filters_are_read() {
    let plain = filter("#[filter] fn cut(value: &str, arg: &str) -> String {}");
    assert_eq!((plain.name.as_str(), plain.is_safe), ("cut", false));
    assert_eq!(
        described(&plain.parameters),
        ["value: Positional", "arg: Positional"]
    );
    assert_eq!(plain.returned, Returned::Value);

    let full = filter(
        "#[hotplate_template_runtime::custom::filter(
            name = \"show\", library = \"shop.prices\", is_safe, needs_autoescape = true,
            expects_localtime)]
        fn show_price(
            value: &Value, unit: Option<&str>, frame: &Frame<'_>, autoescape: bool,
        ) -> Result<Value, Exception> {}",
    );
    assert_eq!(full.name, "show");
    assert_eq!(full.library.as_deref(), Some("shop.prices"));
    assert!(full.is_safe && full.expects_localtime);
    assert_eq!(
        described(&full.parameters),
        [
            "value: Positional",
            "unit: Positional?",
            "frame: Frame",
            "autoescape: Autoescape"
        ]
    );
    assert_eq!(full.returned, Returned::Result);
}

#[test]
fn parameters_of_tags_are_read() {
    let tag = tag("#[simple_tag(takes_context)]
        fn all(
            context: &mut TagContext<'_, '_>, one: &Value, #[default(\"hi\")] two: &Value,
            #[args] rest: &[Value], #[keyword] r#type: i64, #[keyword] #[default(42)] size: i64,
            #[kwargs] more: &[(String, Value)],
        ) -> String {}");
    assert!(tag.takes_context());
    assert_eq!(
        described(&tag.parameters),
        [
            "context: Context",
            "one: Positional",
            "two: Positional?",
            "rest: Args",
            "type: Keyword",
            "size: Keyword?",
            "more: Kwargs",
        ]
    );
}

#[test]
fn kinds_of_tags_are_told_apart() {
    let simple_block = tag("#[simple_block_tag] fn box_(content: &str) -> String {}");
    assert_eq!(simple_block.ends, ["endbox_"]);
    assert!(simple_block.has(Role::Content));

    let named = tag(
        "#[simple_block_tag(name = \"box\", end_name = \"boxend\", takes_context)]
        fn a(context: &mut TagContext<'_, '_>, content: Value) {}",
    );
    assert_eq!(named.ends, ["boxend"]);

    let inclusion = tag("#[inclusion_tag(\"results.html\")] fn results(n: i64) -> Value {}");
    let template = "results.html".to_owned();
    assert_eq!(inclusion.kind, TagKind::Inclusion { template });

    let full = tag(
        "#[tag(end, parts(\"else\", elif), reads(user), writes(allowed, \"why\"))]
        fn ifallowed(context: &mut TagContext<'_, '_>) -> Result<(), Exception> {}",
    );
    assert_eq!(full.ends, ["else", "elif", "endifallowed"]);
    let names = (
        vec!["user".to_owned()],
        vec!["allowed".to_owned(), "why".to_owned()],
    );
    assert_eq!(full.kind, TagKind::Full { names: Some(names) });
    assert_eq!(full.returned, Returned::ResultOfNothing);

    let bare = tag("#[tag] fn now_playing(context: &mut TagContext<'_, '_>) {}");
    assert_eq!(bare.kind, TagKind::Full { names: None });
    assert!(bare.ends.is_empty());
}

#[test]
fn other_attributes_are_no_business_of_ours() {
    for text in [
        "#[inline] fn plain() {}",
        "#[warp::filter] fn route() {}",
        "#[other::tag(x)] fn thing() {}",
    ] {
        assert!(
            read(&function(text)).is_ok_and(|found| found.is_empty()),
            "{text}"
        );
    }
}

#[test]
fn mistakes_say_what_to_do() {
    let check = |text: &str, expected: &str| {
        let error = read(&function(text)).expect_err(text);
        assert_eq!(error.to_string(), expected, "{text}");
    };
    check(
        "#[filter(is_saef)] fn a(value: &str) {}",
        "#[filter] takes no option `is_saef`; it takes `name`, `library`, `is_safe`, \
         `needs_autoescape`, `expects_localtime`",
    );
    check(
        "#[filter(is_safe, is_safe)] fn a(value: &str) {}",
        "`is_safe` is given twice; leave one out",
    );
    check(
        "#[filter(name)] fn a(value: &str) {}",
        "write `name = \"…\"`",
    );
    check(
        "#[filter(name = \"two words\")] fn a(value: &str) {}",
        "a name in a template is one word; write one without spaces",
    );
    check(
        "#[filter] fn a() {}",
        "a filter is given the value left of the bar: add a parameter such as `value: &Value`",
    );
    check(
        "#[filter] fn a(value: &str, b: &str, c: &str) {}",
        "a filter takes one argument, after the colon: leave this parameter out, or make the \
         function a #[simple_tag]",
    );
    check(
        "#[filter] fn a(value: &str, autoescape: bool) {}",
        "a filter that wants to know whether output is escaped says so: \
         #[filter(needs_autoescape)]",
    );
    check(
        "#[filter(needs_autoescape)] fn a(value: &str) {}",
        "needs_autoescape is of use with a parameter `autoescape: bool`; add it",
    );
    check(
        "#[filter] async fn a(value: &str) {}",
        "a #[filter] function cannot be async; block inside it",
    );
    check(
        "#[filter] fn a<T>(value: T) {}",
        "a #[filter] function cannot be generic over types; name the types",
    );
    check(
        "#[simple_tag(takes_context)] fn a(arg: &str) {}",
        "the first parameter of this #[simple_tag] function is \
         `context: &mut TagContext<'_, '_>`; add it",
    );
    check(
        "#[simple_block_tag(takes_context)] fn a(context: &mut TagContext<'_, '_>) {}",
        "the second parameter of this #[simple_block_tag] function is `content: &str`; add it",
    );
    check(
        "#[inclusion_tag] fn a() {}",
        "name the template first: #[inclusion_tag(\"results.html\")]",
    );
    check(
        "#[simple_tag(\"a.html\")] fn a() {}",
        "#[simple_tag] takes no text here; it takes `name`, `library`, `takes_context`",
    );
    check(
        "#[tag(parts(\"else\"))] fn a(context: &mut TagContext<'_, '_>) {}",
        "a tag with parts has a closing tag: add `end`",
    );
    check(
        "#[simple_tag] fn a(#[default(1)] one: i64, two: i64) {}",
        "parameters come in this order: those that must be given, those with defaults, one \
         #[args], those with #[keyword], one #[kwargs]; move this one",
    );
    check(
        "#[simple_tag] fn a(#[default] one: i64) {}",
        "write the default in parentheses: #[default(\"…\")]",
    );
    check(
        "#[simple_tag] fn a((x, y): (i64, i64)) {}",
        "templates give arguments by name: give this parameter a plain name",
    );
}

#[test]
fn former_names_are_read_as_further_filters() {
    let text =
        "#[filter] #[renamed_from = \"a\"] #[renamed_from = \"b\"] fn c(value: i64) -> i64 {}";
    let names: Vec<String> = read(&function(text))
        .expect("it is right")
        .into_iter()
        .map(|custom| match custom {
            Custom::Filter(filter) => filter.name,
            Custom::Tag(tag) => tag.name,
        })
        .collect();
    assert_eq!(names, ["c", "a", "b"]);
    let mut taken = function(text);
    assert_eq!(
        take_former_names(&mut taken).expect("it is right"),
        ["a", "b"]
    );
    assert_eq!(taken.attrs.len(), 1);
    let error = read(&function(
        "#[filter] #[renamed_from] fn c(value: i64) -> i64 {}",
    ));
    let error = error.expect_err("it has no name").to_string();
    assert_eq!(
        error,
        "write the name that it had before: #[renamed_from = \"…\"]"
    );
}

#[test]
fn state_is_no_argument() {
    let counted = filter("#[filter] fn counted(#[state] seen: &Seen, value: &str) -> String {}");
    assert_eq!(
        described(&counted.parameters),
        ["seen: State", "value: Positional"]
    );
    let shown = tag("#[simple_tag] fn shown(#[default(1)] one: i64, #[state] seen: &Seen) {}");
    assert_eq!(
        described(&shown.parameters),
        ["one: Positional?", "seen: State"]
    );
    let stripped = strip(&function("fn shown(#[state] seen: &Seen) {}"));
    assert!(stripped.sig.inputs.iter().all(|input| match input {
        syn::FnArg::Typed(parameter) => parameter.attrs.is_empty(),
        syn::FnArg::Receiver(_) => false,
    }));
    let error = read(&function(
        "#[simple_tag] fn shown(#[state] #[default(1)] seen: &Seen) {}",
    ));
    let error = error.expect_err("state is always there").to_string();
    assert!(error.contains("leave out the default"), "{error}");
}
