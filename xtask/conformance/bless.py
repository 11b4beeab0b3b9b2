"""Records what Django renders for the cases in the files that are given.

Each line of a file is a case: a JSON object with `template`, or with `templates` and
`entry`, and `context` and `options`. What Django makes of it is put under `expect`; the
rest of the line stays as it is. Everything that the template engine gets from outside is
taken from the tables in `options`, so the result depends on nothing else.

Needs Django 6.1; `cargo xtask bless-conformance` provides it.
"""

import builtins
import collections
import contextlib
import datetime
import decimal
import json
import sys
import types
import warnings
import zoneinfo
from unittest import mock

import django
from django.conf import settings

LIBRARIES = {
    "cache": "django.templatetags.cache",
    "humanize": "django.contrib.humanize.templatetags.humanize",
    "i18n": "django.templatetags.i18n",
    "l10n": "django.templatetags.l10n",
    "static": "django.templatetags.static",
    "tz": "django.templatetags.tz",
}

FORMATS = {
    "DATE_FORMAT": "N j, Y",
    "TIME_FORMAT": "P",
    "DATETIME_FORMAT": "N j, Y, P",
    "SHORT_DATE_FORMAT": "m/d/Y",
    "SHORT_DATETIME_FORMAT": "m/d/Y P",
    "YEAR_MONTH_FORMAT": "F Y",
    "MONTH_DAY_FORMAT": "F j",
    "DECIMAL_SEPARATOR": ".",
    "THOUSAND_SEPARATOR": ",",
    "NUMBER_GROUPING": 3,
    "FIRST_DAY_OF_WEEK": 0,
}

settings.configure(
    INSTALLED_APPS=["django.contrib.humanize"],
    ROOT_URLCONF=types.ModuleType("urls"),
    STATIC_URL="/static/",
    USE_TZ=True,
    TIME_ZONE="UTC",
    LANGUAGE_CODE="en",
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
)
settings.ROOT_URLCONF.urlpatterns = []
django.setup()

from django.core.cache import caches  # noqa: E402
from django.core.cache.utils import make_template_fragment_key  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.template import Context, Engine, Origin, Template  # noqa: E402
from django.template import defaulttags  # noqa: E402
from django.templatetags import static  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from django.urls import NoReverseMatch  # noqa: E402
from django.utils import formats, functional, safestring, timezone, translation  # noqa: E402
from django.utils import timesince as timesince_module  # noqa: E402
from django.utils.translation import trans_real  # noqa: E402
from django.utils.datastructures import MultiValueDict  # noqa: E402
from django.contrib.humanize.templatetags import humanize  # noqa: E402

if django.VERSION[:2] != (6, 1):
    sys.exit(f"Django 6.1 is needed, and this is {django.get_version()}")


def raised(spec):
    """The exception that a `raises` describes."""
    known = {"NoReverseMatch": NoReverseMatch}
    kind = known.get(spec["type"]) or getattr(builtins, spec["type"], None)
    if kind is None or spec.get("silent"):
        base = kind or getattr(builtins, spec.get("builtin_base", "Exception"))
        fields = {"silent_variable_failure": True} if spec.get("silent") else {}
        kind = type(spec["type"], (base,), fields)
    return kind(spec["message"])


def is_raises(spec):
    return isinstance(spec, dict) and spec.get("$") == "raises"


class Builder:
    """Makes the values of one case."""

    def __init__(self, engine, places):
        self.engine = engine
        self.described = {}
        self.made = {}
        for place in places:
            self.describe(place)

    def describe(self, spec):
        if isinstance(spec, list):
            for item in spec:
                self.describe(item)
        elif isinstance(spec, dict):
            if spec.get("$") in ("object", "callable"):
                self.described[spec["id"]] = spec
            for item in spec.values():
                self.describe(item)

    def result(self, spec):
        if is_raises(spec):
            raise raised(spec)
        return self.value(spec)

    def value(self, spec):
        if isinstance(spec, list):
            return [self.value(item) for item in spec]
        if not isinstance(spec, dict):
            return spec
        return getattr(self, "make_" + spec["$"])(spec)

    def items(self, spec):
        if is_raises(spec["items"]):
            raise raised(spec["items"])
        return [self.value(item) for item in spec["items"]]

    def make_safe(self, spec):
        return safestring.mark_safe(spec["v"])

    def make_int(self, spec):
        return int(spec["v"])

    def make_float(self, spec):
        return float(spec["v"])

    def make_decimal(self, spec):
        return decimal.Decimal(spec["v"])

    def make_bytes(self, spec):
        return bytes.fromhex(spec["hex"])

    def make_tuple(self, spec):
        return tuple(self.items(spec))

    def make_set(self, spec):
        return set(self.items(spec))

    def make_dict(self, spec):
        pairs = [(self.value(key), self.value(value)) for key, value in spec["items"]]
        if "default" not in spec:
            return dict(pairs)
        default = self.value(spec["default"])

        class DefaultDict(dict):
            def __missing__(self, key):
                self[key] = default
                return default

        return DefaultDict(pairs)

    def make_namedtuple(self, spec):
        return collections.namedtuple(spec["name"], spec["fields"])(*self.items(spec))

    def make_multidict(self, spec):
        pairs = [(self.value(key), self.value(values)) for key, values in spec["items"]]
        if spec["class"] != "QueryDict":
            return MultiValueDict(dict(pairs))
        query = QueryDict(mutable=True)
        for key, values in pairs:
            query.setlist(key, values)
        query._mutable = False
        return query

    def make_range(self, spec):
        return range(spec["start"], spec["stop"], spec["step"])

    def make_view(self, spec):
        return dict(self.items(spec)).items()

    def make_generator(self, spec):
        return (item for item in self.items(spec))

    def make_date(self, spec):
        return datetime.date.fromisoformat(spec["v"])

    def make_time(self, spec):
        moment = datetime.time.fromisoformat(spec["v"])
        return moment.replace(tzinfo=zone(spec.get("tz")))

    def make_datetime(self, spec):
        moment = datetime.datetime.fromisoformat(spec["v"])
        moment = moment.replace(tzinfo=zone(spec.get("tz")), fold=spec.get("fold", 0))
        if "convert_to_local_time" in spec:
            kind = type("datetime", (datetime.datetime,), {})
            moment = kind.combine(moment.date(), moment.timetz())
            moment.convert_to_local_time = spec["convert_to_local_time"]
        return moment

    def make_timedelta(self, spec):
        return datetime.timedelta(spec["days"], spec["seconds"], spec["microseconds"])

    def make_tzinfo(self, spec):
        return zone(spec["tz"])

    def make_lazystr(self, spec):
        text = self.value(spec["v"])
        kind = safestring.SafeString if isinstance(text, safestring.SafeString) else str
        return functional.lazy(lambda: text, kind)()

    def make_template(self, spec):
        name = spec["name"]
        return Template(spec["source"], Origin(name or "<unknown source>"), name, self.engine)

    def make_ref(self, spec):
        return self.make_object(self.described[spec["id"]])

    def make_callable(self, spec):
        return self.make_object(spec)

    def make_object(self, spec):
        if spec["id"] not in self.made:
            self.made[spec["id"]] = self.instance(spec)
        return self.made[spec["id"]]

    def instance(self, spec):
        builder = self
        fields = {}
        name = spec.get("class", spec.get("name", "object")).rsplit(".", 1)[-1]

        def define(method, body):
            fields[method] = body

        for special, field in [("__str__", "str"), ("__repr__", "repr"), ("__bool__", "bool"),
                               ("__len__", "len"), ("__html__", "html"),
                               ("__int__", "as_int"), ("__float__", "as_float")]:
            if field in spec:
                define(special, lambda self, field=field: builder.result(spec[field]))
        if "as_float" in spec:
            define("__float__", lambda self: float(builder.result(spec["as_float"])))
        if "repr" not in spec and isinstance(spec.get("str"), str):
            define("__repr__", lambda self: spec["str"])
        if "items" in spec:
            define("__iter__", lambda self: iter(builder.items(spec)))
        if spec.get("has_getitem"):
            define("__getitem__", lambda self, key: builder.item(spec, key))
        for key in spec.get("fields", {}):
            define(key, builder.attribute(spec, key))
        call = spec.get("call")
        if call is not None:
            define("__call__", builder.call(call))
            if call.get("alters_data"):
                define("alters_data", True)
            if call.get("do_not_call"):
                define("do_not_call_in_templates", True)
        base, arguments = object, ()
        if spec.get("is_str"):
            base = safestring.SafeString if spec.get("is_safe") else str
            arguments = (spec["str_value"],)
        for field, kind in (("int", int), ("float", float), ("decimal", decimal.Decimal)):
            if field in spec:
                number = spec[field]
                base, arguments = kind, (number["v"] if isinstance(number, dict) else number,)
        return type(name, (base,), fields)(*arguments)

    def attribute(self, spec, key):
        kept = {}

        def get(instance):
            if key not in kept:
                kept[key] = self.result(spec["fields"][key])
            return kept[key]

        return property(get)

    def item(self, spec, key):
        table = spec.get("index" if isinstance(key, int) else "getitem", {})
        if str(key) in table:
            return self.result(table[str(key)])
        if isinstance(key, int) and isinstance(spec.get("items"), list):
            return self.value(spec["items"][key])
        raise KeyError(key)

    def call(self, spec):
        if spec.get("needs_args"):
            return lambda self, argument: None
        results = list(spec.get("results", []))

        def method(instance):
            if results:
                return self.result(results.pop(0) if len(results) > 1 else results[0])
            return self.result(spec.get("result", spec.get("raises")))

        return method


def zone(spec):
    if spec is None:
        return None
    if spec["kind"] == "utc":
        return datetime.timezone.utc
    if spec["kind"] == "offset":
        return datetime.timezone(datetime.timedelta(seconds=spec["seconds"]), spec["name"])
    return zoneinfo.ZoneInfo(spec["key"])


def frozen(now):
    """A `datetime` whose clock stands still."""

    class AnyDatetime(type):
        def __instancecheck__(cls, instance):
            return isinstance(instance, datetime.datetime)

    class Frozen(datetime.datetime, metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz=None):
            if tz is None:
                return datetime.datetime.fromisoformat(now["naive_local"])
            utc = datetime.datetime.fromisoformat(now["utc"])
            return utc.replace(tzinfo=datetime.timezone.utc).astimezone(tz)

    return Frozen


@contextlib.contextmanager
def surroundings(case, builder):
    """Everything that is not the template engine, as the case describes it."""
    options = case.get("options", {})
    host = options.get("host", {})
    own = dict(options.get("settings", {}))
    own["USE_TZ"] = options.get("use_tz", True)
    own["TIME_ZONE"] = options.get("time_zone", "UTC")
    own["LANGUAGES"] = [tuple(pair) for pair in host.get("languages", [["en", "English"]])]
    aliases = host.get("cache", {}).get("aliases", ["default"])
    locmem = "django.core.cache.backends.locmem.LocMemCache"
    own["CACHES"] = {alias: {"BACKEND": locmem, "LOCATION": alias} for alias in aliases}
    with contextlib.ExitStack() as stack:
        stack.enter_context(override_settings(**own))
        trans_real.get_languages.cache_clear()

        def patch(place, name, value):
            stack.enter_context(mock.patch.object(place, name, value))

        messages = {tuple(row[:5]): row[5] for row in host.get("gettext", [])}

        def look_up(message, context=None, plural=None, number=None):
            language = translation.get_language()
            key = (language, context, str(message), plural and str(plural), number)
            default = message if plural is None or number == 1 else plural
            found = messages.get(key, str(default))
            return safestring.mark_safe(found) if hasattr(message, "__html__") else found

        real = translation._trans
        real.gettext, real.ngettext
        patch(real, "gettext", lambda message: look_up(message))
        patch(real, "pgettext", lambda context, message: look_up(message, context))
        patch(real, "ngettext", lambda one, many, number: look_up(one, None, many, number))
        patch(
            real,
            "npgettext",
            lambda context, one, many, number: look_up(one, context, many, number),
        )
        rows = {(row[0], row[1]): row[3] for row in host.get("formats", [])}

        def get_format(name, lang=None, use_l10n=None):
            if name not in FORMATS:
                return name
            language = None if use_l10n is False else lang or translation.get_language()
            return rows.get((name, language), FORMATS[name])

        patch(formats, "get_format", get_format)

        def reverse(name, urlconf=None, args=None, kwargs=None, current_app=None):
            wanted = (str(name), list(map(str, args or [])),
                      {key: str(value) for key, value in (kwargs or {}).items()})
            for row in host.get("reverse", []):
                row_kwargs = {key: str(builder.value(v)) for key, v in row["kwargs"].items()}
                known = (row["name"], [str(builder.value(v)) for v in row["args"]], row_kwargs)
                if known == wanted:
                    if "error" in row:
                        raise raised(row["error"])
                    return row["url"]
            raise SystemExit(f"{case['id']}: no row for the URL {wanted}")

        patch(django.urls, "reverse", reverse)
        prefixes = {"STATIC_URL": "/static/", "MEDIA_URL": "/"} | host.get("prefix", {})

        def static_url(path):
            url = host.get("static", {}).get(path, prefixes["STATIC_URL"] + path)
            return builder.result(url)

        patch(static.StaticNode, "handle_simple", staticmethod(static_url))
        patch(static.PrefixNode, "handle_simple", staticmethod(prefixes.__getitem__))

        def language_info(code):
            info = host.get("language_info", {}).get(code)
            if info is None:
                raise KeyError(f"Unknown language code {code}.")
            if "error" in info:
                raise KeyError(info["error"])
            return info | {"name_translated": translation.gettext(info["name"])}

        patch(translation, "get_language_info", language_info)
        if "now" in options:
            clock = frozen(options["now"])
            patch(defaulttags, "datetime", clock)
            fake = types.SimpleNamespace(**vars(datetime) | {"datetime": clock})
            patch(timesince_module, "datetime", fake)
            patch(humanize, "datetime", clock)
            patch(timezone, "now", lambda: clock.now(datetime.timezone.utc))
        language = options.get("language", "en")
        if language is None:
            translation.deactivate_all()
        else:
            stack.enter_context(translation.override(language))
        current = options.get("current_timezone")
        if current is not None:
            stack.enter_context(timezone.override(zone(current)))
        for alias in aliases:
            caches[alias].clear()
        for hit in host.get("cache", {}).get("hits", []):
            key = make_template_fragment_key(hit["fragment"], hit["vary_on"])
            caches[hit["using"]].set(key, builder.value(hit["value"]))
        yield


def engine_of(case, templates):
    options = case.get("options", {})
    layers = options.get("layers") or [templates]
    loaders = [("django.template.loaders.locmem.Loader", layer) for layer in layers]
    if options.get("cached_loader", True):
        loaders = [("django.template.loaders.cached.Loader", loaders)]
    names = options.get("libraries", LIBRARIES)
    return Engine(
        loaders=loaders,
        libraries={name: LIBRARIES[name] for name in names},
        string_if_invalid=options.get("string_if_invalid", ""),
        autoescape=options.get("autoescape", True),
        debug=options.get("debug", False),
    )


def load(engine, entry, templates):
    if isinstance(entry, list):
        return engine.select_template(entry)
    if entry == "<string>":
        return engine.from_string(templates[entry])
    return engine.get_template(entry)


def error(exception, phase):
    message = str(exception)
    if type(exception).__name__ == "VariableDoesNotExist" and "] in " in message:
        message = message.split("] in ")[0] + "]"
    return {"error": {"type": type(exception).__name__, "message": message, "phase": phase}}


def expectation(case):
    templates = dict(case.get("templates", {}))
    entry = case.get("entry", "main")
    if "template" in case:
        templates["<string>"] = case["template"]
        entry = "<string>"
    engine = engine_of(case, templates)
    options = case.get("options", {})
    builder = Builder(engine, [case.get("context", {}), options.get("host", {})])
    with surroundings(case, builder):
        try:
            template = load(engine, entry, templates)
        except Exception as exception:
            return error(exception, "compile")
        values = {name: builder.value(spec) for name, spec in case.get("context", {}).items()}
        context = Context(
            values,
            autoescape=options.get("autoescape", True),
            use_l10n=options.get("context_use_l10n"),
            use_tz=options.get("context_use_tz"),
        )
        if "request" in options:
            spec = options["request"]
            query = {"$": "multidict", "class": "QueryDict", "items": spec.get("GET", [])}
            request = types.SimpleNamespace(path=spec["path"], GET=builder.value(query))
            context["request"] = request
            context.request = request
        try:
            return {"output": str(template.render(context))}
        except Exception as exception:
            return error(exception, "render")


def bless(path):
    lines = []
    changed = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            case = json.loads(line)
            expected = expectation(case)
            changed += case.get("expect") != expected
            case["expect"] = expected
            lines.append(json.dumps(case, ensure_ascii=False) + "\n")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(lines)
    print(f"{path}: {len(lines)} cases, {changed} changed")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(10_000)
    for path in sys.argv[1:]:
        bless(path)
