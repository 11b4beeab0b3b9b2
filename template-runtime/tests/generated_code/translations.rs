//! Tags about language and zone, called as generated code calls them, on a site in Paris
//! that knows some German.

use hotplate_template_runtime as rt;

use rt::api::context;
use rt::api::environment::{Environment, EnvironmentRef, LanguageInfo, Message};
use rt::api::value::{Bytes, Exception, Offset, Text, Zone};
use rt::{Done, Frame, Local, Scope, Value};

use crate::host::Setup;

/// Translates into German, well or badly.
struct Site;

impl Environment for Site {
    fn gettext(&self, message: &Message<'_>) -> Option<String> {
        let text = match message.singular.as_str() {
            "yes" => "ja",
            "German" => "Deutsch",
            "good %(a)s" => "gut %(a)s: 100%%",
            "no such name %(a)s" => "kein Name %(b)s",
            "no format %(a)s" => "kein Format %(a)y",
            "no number %(a)s" => "keine Zahl %(a)d",
            "%(n)s day" if message.count == 1 => "%(n)s Tag",
            "%(n)s day" => "%(n)s Tage",
            _ => return None,
        };
        let is_german = message.language.as_str() == "de";
        is_german.then(|| text.to_owned())
    }

    fn languages(&self) -> Vec<(String, String)> {
        vec![("de".to_owned(), "German".to_owned())]
    }

    fn language_info(&self, code: &str) -> Result<LanguageInfo, Exception> {
        match code {
            "de" => Ok(LanguageInfo {
                code: code.into(),
                name: "German".into(),
                name_local: "Deutsch".into(),
                bidi: false,
            }),
            _ => Err(Exception::new("KeyError", "'unknown'")),
        }
    }

    fn offset_at(&self, zone: &str, _: i64) -> Option<Offset> {
        (zone == "Europe/Paris").then(|| Offset::fixed(3600, "CET"))
    }
}

/// Renders with the site and a language: the output, or the exception.
fn render(
    language: Option<&str>,
    string_if_invalid: &'static str,
    body: impl FnOnce(&mut Frame<'_>, &Scope<'_>) -> Done,
) -> String {
    let setup = Setup {
        context: context! { a: "<1>", n: "hidden" },
        string_if_invalid,
        ..Setup::default()
    };
    let mut record = rt::api::ErrorRecord::default();
    let mut frame = setup.frame(&mut record);
    frame.environment = EnvironmentRef::new(&Site);
    frame.locale.language = language
        .map(|code| Text::new(code.to_owned(), false))
        .into();
    frame.locale.zone = Zone::named("Europe/Paris");
    let done = body(&mut frame, &Scope::root(&setup.context));
    let output = std::mem::take(&mut frame.out).into_string();
    drop(frame);
    match done {
        Ok(()) => output,
        Err(_) => format!("{}: {}", record.exception, record.message),
    }
}

/// Writes what a tag gives; what it binds, in brackets.
fn tag(
    function: rt::tagging::Tag,
    options: &[&str],
    arguments: &[(&'static str, Value)],
    is_assigned: bool,
    f: &mut Frame<'_>,
    s: &Scope<'_>,
) -> Done {
    let arguments: Vec<rt::TagArgument<'_>> = arguments
        .iter()
        .map(|(name, value)| rt::TagArgument {
            name,
            value: rt::Ref::Borrowed(value),
            raised: None,
        })
        .collect();
    let result = rt::tag(
        function,
        options,
        &arguments,
        0,
        &mut |_, _, _| Ok(()),
        is_assigned,
        f,
        s,
        "t",
        1,
    )?;
    if is_assigned {
        rt::text("[", f)?;
        rt::output(Ok(rt::Ref::Owned(result)), f, "t", 1)?;
        return rt::text("]", f);
    }
    rt::write_result(&result, f, "t", 1)
}

fn block(
    options: &[&str],
    arguments: &[(&'static str, Value)],
    is_assigned: bool,
    string_if_invalid: &'static str,
) -> String {
    render(Some("de"), string_if_invalid, |f, s| {
        let (names, local) = ([rt::rstr("b")], Value::Float(1.5));
        let values = [Local::Value((&local).into())];
        let s = s.with(&names, &values);
        let function = rt::tags::i18n::block_translate;
        tag(function, options, arguments, is_assigned, f, &s)
    })
}

#[test]
fn blocks_are_translated_with_the_values_of_their_names() {
    let check = |message: &str, names: &[&str], expected: &str| {
        let mut options = vec!["blocktrans", message, "", ""];
        options.extend(names);
        assert_eq!(block(&options, &[], false, ""), expected, "{message}");
    };
    check("good %(a)s", &["a"], "gut &lt;1&gt;: 100%");
    check(
        "100%% %(b)s%(x)s|%(None)s",
        &["b", "x", "None"],
        "100% 1.5|None",
    );
    check("no such name %(a)s", &["a"], "no such name &lt;1&gt;");
    check("no format %(a)s", &["a"], "no format &lt;1&gt;");
    check(
        "no number %(a)s",
        &["a"],
        "TypeError: %d format: a real number is required, not SafeString",
    );
    check(
        "%(a(b)s",
        &["a(b"],
        "TemplateSyntaxError: 'blocktrans' is unable to format string returned by gettext: \
         '%(a(b)s' using {'a(b': ''}",
    );
    let invalid = ["blocktrans", "%(x)s %(b)s", "", "", "x", "b"];
    assert_eq!(block(&invalid, &[], false, "<%s>"), "&lt;x&gt; 1.5");
    assert_eq!(block(&invalid, &[], false, "<?>"), "&lt;?&gt; 1.5");
}

#[test]
fn a_bound_block_is_safe_and_empty_if_its_translation_was_malformed() {
    let good = ["blocktrans", "good %(a)s", "", "", "a"];
    assert_eq!(block(&good, &[], true, ""), "[gut &lt;1&gt;: 100%]");
    let bad = ["blocktrans", "no format %(a)s", "", "", "a"];
    assert_eq!(block(&bad, &[], true, ""), "[]");
}

#[test]
fn blocks_count() {
    let check = |count: Value, expected: &str| {
        let options = ["blocktranslate", "%(n)s day", "%(n)s days", "n", "n"];
        let found = block(&options, &[("count", count)], false, "");
        assert_eq!(found, expected);
    };
    check(Value::Int(1), "1 Tag");
    check(Value::Bool(true), "True Tag");
    check(Value::Float(1.5), "1.5 Tage");
    check(Value::Int(0), "0 Tage");
    let not_a_number =
        "TemplateSyntaxError: 'n' argument to 'blocktranslate' tag must be a number.";
    check(Value::str("1"), not_a_number);
    check(Value::None, not_a_number);
}

#[test]
fn tags_tell_about_languages() {
    let check = |language: Option<&str>, function, argument: Value, expected: &str| {
        let found = render(language, "", |f, s| {
            tag(function, &[], &[("", argument)], true, f, s)
        });
        assert_eq!(found, expected, "{language:?}");
    };
    use rt::tags::i18n;
    let none = || Value::None;
    let available = "[[(&#x27;de&#x27;, &#x27;Deutsch&#x27;)]]";
    check(Some("de"), i18n::available_languages, none(), available);
    check(Some("de"), i18n::current_language, none(), "[de]");
    check(None, i18n::current_language, none(), "[None]");
    check(Some("he"), i18n::current_language_bidi, none(), "[True]");
    check(None, i18n::current_language_bidi, none(), "[False]");
    let info = "{&#x27;bidi&#x27;: False, &#x27;code&#x27;: &#x27;de&#x27;, \
                &#x27;name&#x27;: &#x27;German&#x27;, &#x27;name_local&#x27;: &#x27;Deutsch&#x27;, \
                &#x27;name_translated&#x27;: &#x27;Deutsch&#x27;}";
    let german = || Value::str("de");
    let one = format!("[{info}]");
    let list = format!("[[{info}]]");
    check(Some("de"), i18n::language_info, german(), &one);
    let codes = Value::list([german()]);
    check(Some("de"), i18n::language_info_list, codes, &list);
    let pairs = Value::list([Value::tuple([german(), Value::str("x")])]);
    check(Some("de"), i18n::language_info_list, pairs, &list);
    let unknown = "KeyError: 'unknown'";
    check(None, i18n::language_info, Value::str("x"), unknown);
    check(None, i18n::language_info_list, german(), unknown);
    check(
        None,
        rt::tags::tz::current_timezone,
        none(),
        "[Europe/Paris]",
    );
    check(None, i18n::translate, Value::str("50%% <"), "[50% &lt;]");
}

#[test]
fn settings_change_language_and_zone_for_a_body() {
    let check = |function, value: Value, expected: &str| {
        let found = render(Some("de"), "", |f, s| {
            let arguments = [rt::TagArgument {
                name: "",
                value: rt::Ref::Owned(value),
                raised: None,
            }];
            let show = |f: &mut Frame<'_>| -> Done {
                tag(rt::tags::i18n::current_language, &[], &[], false, f, s)?;
                rt::output(rt::literal_translated("yes", f), f, "t", 2)?;
                tag(rt::tags::tz::current_timezone, &[], &[], false, f, s)
            };
            let kept = rt::setting(function, &arguments, f, "t", 1)?;
            show(f)?;
            rt::put_back(kept, f);
            rt::text(" ", f)?;
            show(f)
        });
        let outside = " dejaEurope/Paris";
        assert_eq!(found.strip_suffix(outside).unwrap_or(&found), expected);
    };
    use rt::tags::settings::{language, timezone};
    check(language, Value::str("en_US"), "en-usyesEurope/Paris");
    check(language, Value::None, "NoneyesEurope/Paris");
    check(language, Value::str(""), "dejaEurope/Paris");
    check(language, Value::Int(0), "dejaEurope/Paris");
    check(
        language,
        Value::Int(5),
        "AttributeError: 'int' object has no attribute 'find'",
    );
    check(
        language,
        Value::list([Value::Int(1)]),
        "TypeError: unhashable type: 'list'",
    );
    check(
        language,
        Value::Bytes(Bytes::new(b"de".to_vec())),
        "TypeError: argument should be integer or bytes-like object, not 'str'",
    );
    check(timezone, Value::None, "dejaUTC");
    check(timezone, Value::str("Europe/Paris"), "dejaEurope/Paris");
    check(timezone, Value::from(Zone::Utc), "dejaUTC");
    check(timezone, Value::Int(5), "ValueError: Invalid timezone: 5");
    check(
        timezone,
        Value::str("Nowhere"),
        "ZoneInfoNotFoundError: 'No time zone found with key Nowhere'",
    );
}
