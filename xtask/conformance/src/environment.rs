//! What Django got from outside the template engine, answered from the case's tables.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use hotplate_plugin_api::Value;
use hotplate_plugin_api::abi_stable::std_types::{ROption, RStr};
use hotplate_plugin_api::environment::{
    Environment, Format, FormatValue, Fragment, HttpRequest, Instant, LanguageInfo, Locale,
    Message, Parameter, Reverse, Settings, Switch,
};
use hotplate_plugin_api::value::{Exception, Offset, Text, Zone};
use hotplate_template_runtime::python;
use serde_json::{Map, Value as Json};

use crate::case::Options;
use crate::collections::lock;
use crate::temporal;
use crate::value::{array, tag, written};
use crate::world::{World, exception};

type Fields = Map<String, Json>;

/// The tables of one case.
pub(crate) struct Tables {
    messages: Vec<Translation>,
    formats: Vec<(Format, Option<String>, FormatValue)>,
    urls: Vec<Url>,
    statics: Fields,
    prefixes: Fields,
    language_info: Fields,
    languages: Option<Vec<(String, String)>>,
    caches: Vec<String>,
    fragments: Mutex<HashMap<FragmentKey, Value>>,
    now: Option<Instant>,
}

struct Translation {
    language: Option<String>,
    context: Option<String>,
    singular: String,
    plural: Option<String>,
    count: Option<i64>,
    result: String,
}

struct Url {
    name: String,
    args: Vec<String>,
    kwargs: Vec<(String, String)>,
    current_app: Option<String>,
    language: Option<String>,
    url: Result<String, Exception>,
}

/// A cache, a fragment, and what it varies on.
type FragmentKey = (String, String, Vec<String>);

impl Tables {
    /// Reads the tables. Errors name what is wrong with the JSON.
    pub(crate) fn new(options: &Options, world: &World) -> Result<Self, String> {
        let host = &options.host;
        let table = |name: &str| {
            let fields = host.get(name).and_then(Json::as_object);
            fields.cloned().unwrap_or_default()
        };
        let cache = host.get("cache").and_then(Json::as_object);
        Ok(Self {
            messages: read_all(array(host, "gettext"), translation)?,
            formats: read_all(array(host, "formats"), format)?,
            urls: array(host, "reverse")
                .iter()
                .map(|row| Url::new(row, world))
                .collect::<Result<_, _>>()?,
            statics: table("static"),
            prefixes: table("prefix"),
            language_info: table("language_info"),
            languages: host
                .contains_key("languages")
                .then(|| read_all(array(host, "languages"), language))
                .transpose()?,
            caches: match cache {
                Some(cache) => array(cache, "aliases").iter().filter_map(string).collect(),
                None => vec!["default".to_owned()],
            },
            fragments: Mutex::new(match cache {
                Some(cache) => array(cache, "hits")
                    .iter()
                    .map(|hit| cached(hit, world))
                    .collect::<Result<_, _>>()?,
                None => HashMap::new(),
            }),
            now: clock(options)?,
        })
    }
}

fn read_all<T>(rows: &[Json], read: impl Fn(&Json) -> Option<T>) -> Result<Vec<T>, String> {
    let row = |row| read(row).ok_or_else(|| format!("{row} is no row of its table"));
    rows.iter().map(row).collect()
}

/// A string, plain or safe.
fn string(json: &Json) -> Option<String> {
    written(json).map(|text| text.as_str().to_owned())
}

fn translation(row: &Json) -> Option<Translation> {
    let [language, context, singular, plural, count, result] = row.as_array()?.as_slice() else {
        return None;
    };
    Some(Translation {
        language: string(language),
        context: string(context),
        singular: string(singular)?,
        plural: string(plural),
        count: number(count),
        result: string(result)?,
    })
}

/// A number of any kind, rounded down.
fn number(json: &Json) -> Option<i64> {
    match json {
        Json::Number(number) => number.as_i64(),
        Json::Object(fields) => {
            let text = fields.get("v").or_else(|| fields.get("int"))?;
            let whole = text.as_str()?.split('.').next()?;
            whole.parse().ok()
        }
        Json::Bool(truth) => Some((*truth).into()),
        _ => None,
    }
}

fn format(row: &Json) -> Option<(Format, Option<String>, FormatValue)> {
    let [name, language, _, value] = row.as_array()?.as_slice() else {
        return None;
    };
    let value = match value {
        Json::Number(number) => FormatValue::Number(number.as_i64()?),
        Json::Array(numbers) => {
            let numbers = numbers.iter().map(Json::as_i64);
            FormatValue::Numbers(numbers.collect::<Option<_>>()?)
        }
        Json::Object(fields) if matches!(tag(fields), "tuple" | "list") => {
            let numbers = array(fields, "items").iter().map(Json::as_i64);
            FormatValue::Numbers(numbers.collect::<Option<_>>()?)
        }
        text => FormatValue::Text(string(text)?.into()),
    };
    Some((Format::from_name(name.as_str()?)?, string(language), value))
}

fn language(row: &Json) -> Option<(String, String)> {
    match row.as_array()?.as_slice() {
        [code, name] => Some((string(code)?, string(name)?)),
        _ => None,
    }
}

fn cached(hit: &Json, world: &World) -> Result<(FragmentKey, Value), String> {
    let part = |name: &str| string(&hit[name]).ok_or_else(|| format!("{hit} has no {name}"));
    let varying = hit["vary_on"].as_array().into_iter().flatten();
    let key = (
        part("using")?,
        part("fragment")?,
        varying.filter_map(string).collect(),
    );
    Ok((key, world.value(&hit["value"])?))
}

/// The time at which the clock stands.
///
/// Where times are naive, it is the one that makes the clock show the naive time, for a
/// test may have set the two apart.
fn clock(options: &Options) -> Result<Option<Instant>, String> {
    let Some(now) = &options.now else {
        return Ok(None);
    };
    if options.use_tz {
        return temporal::instant(&now.utc, None).map(Some);
    }
    let zone = Zone::named(&options.time_zone);
    temporal::instant(&now.naive_local, Some(&zone)).map(Some)
}

impl Url {
    fn new(row: &Json, world: &World) -> Result<Self, String> {
        let form = |json: &Json| world.value(json).map(|value| string_form(&value));
        let named = row["kwargs"].as_object().into_iter().flatten();
        Ok(Self {
            name: string(&row["name"]).ok_or_else(|| format!("{row} has no name"))?,
            args: row["args"]
                .as_array()
                .into_iter()
                .flatten()
                .map(form)
                .collect::<Result<_, _>>()?,
            kwargs: sorted(
                named
                    .map(|(name, value)| Ok((name.clone(), form(value)?)))
                    .collect::<Result<_, String>>()?,
            ),
            current_app: string(&row["current_app"]),
            language: string(&row["language"]),
            url: match &row["error"] {
                Json::Object(fields) => Err(exception(fields)),
                _ => Ok(string(&row["url"]).ok_or_else(|| format!("{row} has no URL"))?),
            },
        })
    }

    /// Whether the row is about these arguments.
    fn has(&self, name: &str, args: &[String], kwargs: &[(String, String)]) -> bool {
        self.name == name && self.args == args && self.kwargs == kwargs
    }
}

fn sorted(mut pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs.sort();
    pairs
}

/// `str(value)`, or at least something that tells the value from others.
fn string_form(value: &Value) -> String {
    match python::text(value) {
        Ok(text) => text.as_str().to_owned(),
        Err(_) => format!("{value:?}"),
    }
}

fn option<'a>(text: &'a ROption<RStr<'_>>) -> Option<&'a str> {
    text.as_ref().into_option().map(RStr::as_str)
}

impl Environment for Tables {
    fn gettext(&self, message: &Message<'_>) -> Option<String> {
        let plural = option(&message.plural);
        let row = self.messages.iter().find(|row| {
            row.language.as_deref() == Some(message.language.as_str())
                && row.context.as_deref() == option(&message.context)
                && row.singular == message.singular.as_str()
                && row.plural.as_deref() == plural
                && (plural.is_none() || row.count == Some(message.count))
        })?;
        Some(row.result.clone())
    }

    fn format(&self, wanted: Format, language: Option<&str>) -> Option<FormatValue> {
        let row = self
            .formats
            .iter()
            .find(|(format, own, _)| *format == wanted && own.as_deref() == language)?;
        Some(row.2.clone())
    }

    fn reverse(&self, wanted: &Reverse<'_>) -> Result<String, Exception> {
        let args: Vec<String> = wanted.args.iter().map(string_form).collect();
        let named = wanted.names.iter().zip(wanted.values.iter());
        let kwargs = sorted(
            named
                .map(|(name, value)| (name.to_string(), string_form(value)))
                .collect(),
        );
        let rows = self
            .urls
            .iter()
            .filter(|row| row.has(wanted.name.as_str(), &args, &kwargs));
        let (app, language) = (option(&wanted.current_app), option(&wanted.language));
        let best = rows.max_by_key(|row| {
            let same_app = row.current_app.as_deref() == app;
            (same_app, row.language.as_deref() == language)
        });
        match best {
            Some(row) => row.url.clone(),
            None => Err(Exception::new(
                "BadCase",
                format!(
                    "the URL of {} with {args:?} and {kwargs:?} was not recorded",
                    wanted.name
                ),
            )),
        }
    }

    fn static_url(&self, path: &str) -> Result<String, Exception> {
        match self.statics.get(path) {
            Some(Json::Object(fields)) if tag(fields) == "raises" => Err(exception(fields)),
            Some(url) => string(url).ok_or_else(|| Exception::new("BadCase", url.to_string())),
            None => Ok(format!("{}{path}", self.prefix("STATIC_URL"))),
        }
    }

    fn prefix(&self, setting: &str) -> String {
        let known = self.prefixes.get(setting).and_then(string);
        known.unwrap_or_else(|| match setting {
            "STATIC_URL" => "/static/".to_owned(),
            _ => "/".to_owned(),
        })
    }

    fn language_info(&self, code: &str) -> Result<LanguageInfo, Exception> {
        // The table has the message with or without the quotes that `str()` adds.
        let unknown = |message: String| {
            let is_quoted = message.starts_with(['\'', '"']);
            let message = if is_quoted {
                message
            } else {
                python::repr_str(&message)
            };
            Exception::new("KeyError", message)
        };
        let Some(info) = self.language_info.get(code) else {
            return Err(unknown(format!("Unknown language code {code}.")));
        };
        if let Some(message) = string(&info["error"]) {
            return Err(unknown(message));
        }
        let text = |name: &str| string(&info[name]).unwrap_or_default().into();
        Ok(LanguageInfo {
            code: text("code"),
            name: text("name"),
            name_local: text("name_local"),
            bidi: info["bidi"] == true,
        })
    }

    fn languages(&self) -> Vec<(String, String)> {
        match &self.languages {
            Some(languages) => languages.clone(),
            None => vec![("en".to_owned(), "English".to_owned())],
        }
    }

    fn has_cache(&self, cache: &str) -> bool {
        self.caches.iter().any(|known| known == cache)
    }

    fn cached(&self, fragment: &Fragment<'_>) -> Option<Value> {
        lock(&self.fragments).get(&key(fragment)).cloned()
    }

    fn cache(&self, fragment: &Fragment<'_>, text: &str, _seconds: Option<i64>) {
        lock(&self.fragments).insert(key(fragment), Value::safe(text));
    }

    fn now(&self) -> Instant {
        // A clock that was not read while recording may show any time.
        self.now.unwrap_or(Instant {
            seconds: 0,
            microseconds: 0,
        })
    }

    fn offset_at(&self, zone: &str, seconds: i64) -> Option<Offset> {
        temporal::offset_at(zone, seconds)
    }

    fn offset_for(&self, zone: &str, seconds: i64, fold: bool) -> Option<Offset> {
        temporal::offset_for(zone, seconds, fold)
    }
}

fn key(fragment: &Fragment<'_>) -> FragmentKey {
    (
        fragment.cache.to_string(),
        fragment.name.to_string(),
        fragment.vary_on.iter().map(ToString::to_string).collect(),
    )
}

/// What the case's options say of all renderings.
pub(crate) fn settings(options: &Options) -> Settings {
    let is_on = |name: &str| options.settings.get(name) == Some(&Json::Bool(true));
    Settings {
        use_tz: options.use_tz,
        use_thousand_separator: is_on("USE_THOUSAND_SEPARATOR"),
        urlize_assume_https: is_on("URLIZE_ASSUME_HTTPS"),
        debug: is_on("DEBUG"),
        time_zone: Zone::named(&options.time_zone),
        ..Settings::DEFAULT
    }
}

/// Where the case was recorded.
pub(crate) fn locale(options: &Options) -> Result<Locale, String> {
    let switch = |own: Option<bool>| own.map_or(Switch::Default, Switch::of);
    let language = options.language.clone();
    Ok(Locale {
        language: language.map(|code| Text::new(code, false)).into(),
        zone: match &options.current_timezone {
            Json::Null => Zone::named(&options.time_zone),
            zone => temporal::zone(zone)?,
        },
        localize: switch(options.context_use_l10n),
        local_time: switch(options.context_use_tz),
    })
}

/// The request, if there was one.
pub(crate) fn request(options: &Options) -> Option<Arc<HttpRequest>> {
    let request = options.request.as_ref()?;
    let text = |name: &str| request.get(name).and_then(string);
    let parameter = |pair: &Json| {
        let values = pair[1].as_array().into_iter().flatten();
        Parameter {
            name: string(&pair[0]).unwrap_or_default().into(),
            values: values.filter_map(string).map(Into::into).collect(),
        }
    };
    Some(Arc::new(HttpRequest {
        path: text("path").unwrap_or_default().into(),
        query: array(request, "GET").iter().map(parameter).collect(),
        current_app: text("current_app").map(Into::into).into(),
        namespace: text("namespace").map(Into::into).into(),
    }))
}

#[cfg(test)]
mod tests {
    use hotplate_plugin_api::environment::EnvironmentRef;
    use serde_json::json;

    use super::*;

    fn tables(options: Json) -> Tables {
        let options: Options = serde_json::from_value(options).expect("options");
        Tables::new(&options, &World::empty()).expect("readable")
    }

    #[test]
    fn messages_and_formats_come_from_their_rows() {
        let tables = tables(json!({"host": {
            "gettext": [["de", null, "May", null, null, "Mai"],
                        ["de", "verb", "May", null, null, "darf"],
                        ["de", null, "%d day", "%d days", 2, "%d Tage"]],
            "formats": [["DATE_FORMAT", "de", true, "j. F Y"],
                        ["NUMBER_GROUPING", null, false, 0]],
        }}));
        let environment = EnvironmentRef::new(&tables);
        let ask = |language: &'static str, context, singular: &'static str, plural, count| {
            environment.gettext(&Message {
                language: language.into(),
                context: ROption::from(context),
                singular: singular.into(),
                plural: ROption::from(plural),
                count,
            })
        };
        assert_eq!(ask("de", None, "May", None, 1).as_deref(), Some("Mai"));
        let verb = ask("de", Some("verb".into()), "May", None, 1);
        assert_eq!(verb.as_deref(), Some("darf"));
        assert_eq!(ask("fr", None, "May", None, 1), None);
        let days = |count| ask("de", None, "%d day", Some("%d days".into()), count);
        assert_eq!(days(2).as_deref(), Some("%d Tage"));
        assert_eq!(days(3), None);
        let date = environment.format(Format::Date, Some("de"));
        assert_eq!(date, FormatValue::Text("j. F Y".into()));
        let grouping = environment.format(Format::NumberGrouping, None);
        assert_eq!(grouping, FormatValue::Number(0));
    }

    #[test]
    fn urls_go_by_the_string_forms_of_arguments() {
        let tables = tables(json!({"host": {"reverse": [
            {"name": "client", "args": [1], "kwargs": {}, "current_app": null,
             "language": "en", "url": "/client/1/"},
            {"name": "client", "args": [], "kwargs": {"id": "2"}, "current_app": null,
             "language": "en", "url": "/client/2/"},
            {"name": "none", "args": [], "kwargs": {}, "current_app": null, "language": "en",
             "error": {"$": "raises", "type": "NoReverseMatch", "message": "no"}},
        ]}}));
        let reverse = |name: &'static str, args: &[Value], kwargs: &[(&'static str, Value)]| {
            let names: Vec<RStr<'_>> = kwargs.iter().map(|(name, _)| (*name).into()).collect();
            let values: Vec<Value> = kwargs.iter().map(|(_, value)| value.clone()).collect();
            tables.reverse(&Reverse {
                name: name.into(),
                args: args.into(),
                names: names.as_slice().into(),
                values: values.as_slice().into(),
                current_app: ROption::RNone,
                language: ROption::RSome("en".into()),
            })
        };
        let client =
            |args: &[Value], kwargs: &[(&'static str, Value)]| reverse("client", args, kwargs).ok();
        assert_eq!(
            client(&[Value::str("1")], &[]).as_deref(),
            Some("/client/1/")
        );
        let by_name = client(&[], &[("id", Value::Int(2))]);
        assert_eq!(by_name.as_deref(), Some("/client/2/"));
        assert_eq!(client(&[Value::Int(2)], &[]), None);
        let raised = reverse("none", &[], &[]).expect_err("it was recorded so");
        assert_eq!(raised.type_name.as_str(), "NoReverseMatch");
    }

    #[test]
    fn a_cache_has_its_hits_and_what_is_put_into_it() {
        let tables = tables(json!({"host": {"cache": {"aliases": ["a"], "hits": [
            {"using": "a", "fragment": "f", "vary_on": ["1"], "value": {"$": "safe", "v": "x"}}]}}}));
        let vary = ["1".into()];
        let fragment = |name: &'static str| Fragment {
            cache: "a".into(),
            name: name.into(),
            vary_on: vary.as_slice().into(),
        };
        assert!(tables.has_cache("a") && !tables.has_cache("default"));
        assert!(tables.cached(&fragment("f")).is_some());
        assert!(tables.cached(&fragment("g")).is_none());
        tables.cache(&fragment("g"), "y", None);
        assert!(tables.cached(&fragment("g")).is_some());
    }

    #[test]
    fn the_clock_shows_the_naive_time_where_times_are_naive() {
        let now = json!({"utc": "2012-03-09T22:30:00", "naive_local": "2012-03-09T22:30:00"});
        let clock = |use_tz: bool| {
            let options = json!({"now": now, "use_tz": use_tz, "time_zone": "America/Chicago"});
            tables(options).now().seconds
        };
        assert_eq!(clock(false) - clock(true), 6 * 3600);
    }
}
