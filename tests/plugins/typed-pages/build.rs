//! Makes templates of many expressions and forms, and Rust of them.

use std::fmt::Write;
use std::{env, error, fs, path};

use hotplate_template_compiler::contexts::{Contexts, Field, Record, Type};
use hotplate_template_compiler::{Options, Source, compile_set};

/// Fields, and parts of fields, in all forms.
const VALUES: &[&str] = &[
    "text",
    "safe",
    "int",
    "unsigned",
    "flag",
    "maybe_text",
    "maybe_int",
    "author.boss.name",
    "maybe_author.email",
    "words",
];

/// Others, in the first form alone.
const OTHERS: &[&str] = &[
    "owned",
    "cow",
    "shared",
    "small",
    "float",
    "letter",
    "date",
    "moment",
    "value",
    "maybe_unsigned",
    "maybe_flag",
    "maybe_float",
    "maybe_date",
    "maybe_maybe",
    "author.name",
    "author.email",
    "author.type",
    "author.boss.boss.email",
    "author.boss",
    "maybe_author.name",
    "maybe_author.boss.boss.name",
    "boxed.title",
    "boxed.note",
    "boxed.price",
    "pair.1",
    "numbers.1",
    "items.0.title",
    "items.1.note",
    "authors.0.name",
    "maybe_author",
    "map.a",
    "value.key",
    "text.upper",
    "date.year",
    "items",
    "map",
    "pair",
];

const LISTS: &[&str] = &["items", "maybe_numbers", "table", "pairs", "map", "authors"];

/// Forms in groups, in which `E` is the expression. What may raise stands alone.
const FORMS: &[&[&str]] = &[
    &[
        "<{{ E }}>",
        "{% if E %}y{% else %}n{% endif %}",
        "{{ E|default:'<d>' }}",
        "{{ E|default_if_none:'<n>' }}",
        "{{ E|yesno:'y&,n' }}",
        "{{ E|yesno:\"y,n,m'\" }}",
        "{{ E|length }}",
        "{{ E|upper }}",
        "{{ E|lower }}",
        "{{ E|capfirst }}",
        "{{ E|escape }}",
        "{{ E|safe }}",
        "{{ E|title|truncatechars:5 }}",
        "{{ E|force_escape }}",
        "{{ E|floatformat:2 }}",
        "{{ E|stringformat:'s' }}",
        "{{ E|add:3 }}",
        "{{ E|add:'a' }}",
        "{{ E|slugify }}",
        "{{ E|linebreaksbr }}",
        "{{ E|default:text }}",
    ],
    &["{{ E|date:'Y-m-d' }}", "{{ E|truncatewords:2 }}"],
    &["{{ E|join:', ' }}"],
    &[
        "{{ E|pluralize }}",
        "{{ E|pluralize:'y,ies' }}",
        "{{ E|pluralize:'a,b,c' }}",
    ],
    &["{{ E|first }}"],
    &[
        "{% if E == 3 %}1{% endif %}",
        "{% if E != 3 %}2{% endif %}",
        "{% if E < 3 %}3{% endif %}",
        "{% if 3 >= E %}4{% endif %}",
        "{% if E == 'a<b' %}5{% endif %}",
        "{% if E < 'b' %}6{% endif %}",
        "{% if 'a' in E %}7{% endif %}",
        "{% if 'a' not in E %}8{% endif %}",
        "{% if E is None %}9{% endif %}",
        "{% if E is not None %}a{% endif %}",
        "{% if E == None %}b{% endif %}",
        "{% if E != None %}c{% endif %}",
        "{% if not E and flag or E %}d{% endif %}",
        "{% if E|length > 1 %}e{% endif %}",
        "{% if E|length %}f{% endif %}",
        "{% if E == int %}g{% endif %}",
        "{% if E >= unsigned %}h{% endif %}",
        "{% if E == maybe_int %}i{% endif %}",
        "{% if E < maybe_int %}j{% endif %}",
        "{% if E == text %}k{% endif %}",
        "{% if E in text %}l{% endif %}",
        "{% if E == 1.5 %}m{% endif %}",
        "{% if E > float %}n{% endif %}",
        "{% if E == True %}o{% endif %}",
        "{% if E in words %}p{% endif %}",
        "{% if not E %}q{% elif E %}r{% else %}s{% endif %}",
        "{% if E == maybe_text or E != maybe_unsigned %}t{% endif %}",
        "{% if not E < 3 and not E|length > 1 %}u{% endif %}",
    ],
    &["{% if E|divisibleby:2 %}1{% endif %}"],
    &["{% if E|divisibleby:2 and flag %}1{% endif %}"],
    &[
        "{% with x=E %}<{{ x }}>{% if x %}1{% endif %}{{ x|upper }}{% endwith %}",
        "{% with x=E y=E|upper %}{{ x }}{{ y }}{% include 'show' with z=x only %}{% endwith %}",
        "{% include 'show' with x=E z='a' %}",
        "{% include 'show' with x=E x=text %}",
        "{% firstof E text %}",
        "{% firstof E 'a' as x %}{{ x }}{{ x|upper }}",
        "{% autoescape off %}{{ E }}{{ E|upper }}{% endautoescape %}",
        "{% autoescape on %}{{ E }}{% endautoescape %}{% filter upper %}a{{ E }}{% endfilter %}",
        "{% spaceless %}<b> {{ E }} </b> <i>{% endspaceless %}",
        "{% ifchanged E %}{{ E }}{% endifchanged %}",
    ],
];

/// What is done with the others.
const OTHER: &str = "<{{ E }}>{% if E %}y{% endif %}{{ E|default:'-' }}{{ E|upper }}{% with x=E %}{{ x }}{% if x == 3 or x %}x{% endif %}{% include 'show' %}{% endwith %}{% if E is None %}n{% endif %}{% include 'show' with x=E %}";

const LOOPS: &[&str] = &[
    "{% for x in E %}<li>{{ x }}</li>{% endfor %}",
    "{% for x in E reversed %}{{ x }}, {% empty %}none{% endfor %}",
    "{% for x in E %}{% if not forloop.first %}, {% endif %}{{ x|upper }}{% empty %}-{% endfor %}",
    "{% for x in E %}{{ forloop.counter }}/{{ forloop.counter0 }}/{{ forloop.revcounter }}/{{ forloop.revcounter0 }}/{{ forloop.first }}/{{ forloop.last }}/{{ forloop.length }};{% endfor %}",
    "{% for x in E %} {% if forloop.counter|divisibleby:2 %}even{% elif forloop.last %}last{% endif %}{% if forloop.counter > 1 and x %}{{ x|length }}{% endif %}{% endfor %}",
    "{% for x in E %}{% include 'show' %}{% include 'show' with z=x %}{% endfor %}",
    "{% for x in E %}a{% for y in words %}b{{ forloop.parentloop.counter }}{{ forloop.counter }}{{ y }}{% include 'show' %}{% endfor %}c{% endfor %}",
    "{% for x in E %}{% cycle 'odd' 'even' %}{% cycle text 'b' as c silent %}{{ c }}{% endfor %}",
    "{% for x in E %}{% firstof x 'a' as x %}{{ x }}{% ifchanged x %}!{% endifchanged %}{% endfor %}",
    "{% for x in E %}{% with y=x z=forloop l=forloop.counter %}{{ y }}{{ z.counter }}{{ l }}{% endwith %}{% endfor %}",
    "{% for x in E %}{% for y in E %}{% for z in E %}{{ x }}{{ y }}{{ z }}{{ forloop.parentloop.parentloop.counter }}{% if z == y %}={% endif %}{% endfor %}{% endfor %}{% endfor %}",
];

/// Templates of their own.
const WHOLE: &[&str] = &[
    "{% for a, b in pairs %}<dt>{{ a }}</dt><dd>{{ b }}{{ b|add:1 }}</dd>{% endfor %}",
    "{% for a, b in map.items %}{{ a }}={{ b }};{% endfor %}{% for k in map %}{{ k }}{% endfor %}",
    "<table>{% for row in table %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>",
    "{% for item in items %}<li class=\"{% if item.is_new %}new{% endif %}\">{{ item.title }} {{ item.price }} {{ item.count }}{{ item.count|pluralize }} {{ item.day|date:'j F' }} {{ item.note|default:'-' }}{% for tag in item.tags %}<b>{{ tag|lower }}</b>{% endfor %}</li>\n{% endfor %}",
    "{% for i in items %}{% for tag in i.tags reversed %}{{ forloop.parentloop.last }}{{ i.title }}{{ tag }}{% if forloop.last %}.{% else %}, {% endif %}{% endfor %}{% endfor %}",
    "{% for a in authors %}{{ a.name }}{{ a.boss.name }}{% for b in authors %}{% if b.name == a.name %}={% endif %}{% endfor %}{% endfor %}",
    "{% block a %}{{ text }}{% for x in words %}{{ x }}{% block b %}{{ x }}{{ int }}{% endblock %}{% endfor %}{% endblock %}",
    "{% regroup items by is_new as groups %}{% for g in groups %}{{ g.grouper }}{% for i in g.list %}{{ i.title }}{% endfor %}{% endfor %}",
    "{% if author is author %}same{% endif %}{{ text }}",
    "{% for x in words|slice:':2' %}{{ x }}{% endfor %}{% for x in text|make_list %}{{ x }}{% endfor %}",
    "{% partialdef p %}{{ text }}{% endpartialdef %}{% partial p %}{{ int }}",
    "{% with a=items %}{% for x in a %}{{ x.title }}{% endfor %}{{ a|length }}{{ a.0.title }}{{ a.9.title }}{% endwith %}",
    "{% with a=boxed b=author.boss %}{{ a.title }}{{ b.name }}{{ b.boss.name }}{% for t in a.tags %}{{ t }}{% endfor %}{% endwith %}",
    "{% for x in numbers %}{% with y=x %}{% if y == x and y|add:0 == x %}{{ y }}{% endif %}{% endwith %}{% endfor %}",
    "",
    "only text 'with' \"quotes\" & <marks>",
];

fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let sources = sources();
    let mut options = Options::default();
    options.contexts = contexts(&sources);
    let set = compile_set(&sources, &options).map_err(|mistakes| {
        let first = mistakes.iter().take(5);
        first
            .map(|mistake| format!("{}: {}\n", mistake.template, mistake.message))
            .collect::<String>()
    })?;
    // The units in both forms, for the test.
    let modules: Vec<&str> = set.rust.split("\nmod t").skip(1).collect();
    let mut pages = String::from("\n/// All units.\npub static PAGES: &[Unit] = &[\n");
    let mut place = (0, 0);
    for (number, unit) in set.units.iter().enumerate() {
        if unit.kind == "template" {
            place = (if number == 0 { 0 } else { place.0 + 1 }, 0);
        } else {
            place.1 += 1;
        }
        if unit.kind == "partial" {
            continue;
        }
        let (t, u) = place;
        let dynamic = if modules[t].contains(&format!("static RUN{u}: rt::RunUnit")) {
            format!("t{t}::RUN{u}.run(f, s)")
        } else {
            format!("done(t{t}::entry{u}(rt::UnitData::NONE, f, s))")
        };
        writeln!(
            pages,
            "    Unit {{ name: {:?}, typed: |f, s, c| <t{t}::Typed{u} as rt::TypedUnit>::typed(f, s, c), dynamic: |f, s| {dynamic} }},",
            unit.name
        )?;
    }
    pages.push_str("];\n");
    let folder = env::var("OUT_DIR")?;
    fs::write(
        path::Path::new(&folder).join("templates.rs"),
        set.rust + &pages,
    )?;
    Ok(())
}

fn sources() -> Vec<Source> {
    let mut texts: Vec<String> = WHOLE.iter().map(|&text| text.to_owned()).collect();
    // Long enough to become several functions.
    let many = "{{ item.title }}{{ x }}{{ forloop.parentloop.counter }}{{ b }}{{ n }}{% include 'show' with z=item %}{% if x == b %}={% endif %}{% cycle 'c' 'd' %}";
    texts.push(format!(
        "{{% with b=text|upper n=int %}}{{% for item in items %}}{{% for x in item.tags %}}{}{{% endfor %}}{{% endfor %}}{}{{% endwith %}}",
        many.repeat(20),
        "{{ b }}{% if flag %}{{ n }}{{ author.boss.name }}{% endif %}".repeat(40),
    ));
    for value in VALUES {
        for forms in FORMS {
            let forms: Vec<String> = forms.iter().map(|form| form.replace('E', value)).collect();
            texts.push(forms.join("\n"));
        }
    }
    texts.extend(OTHERS.iter().map(|value| OTHER.replace('E', value)));
    for list in LISTS {
        for (number, form) in LOOPS.iter().enumerate() {
            // Not all items have lengths.
            let is_odd = matches!(*list, "numbers" | "maybe_numbers" | "table.0") && number == 4;
            if !is_odd {
                texts.push(form.replace('E', list));
            }
        }
    }
    let named = texts.into_iter().enumerate();
    named
        .map(|(number, text)| Source::new(format!("{number:04}: {text}"), text))
        .collect()
}

fn contexts(sources: &[Source]) -> Contexts {
    let author = || Type::Record("typed_pages::Author".to_owned());
    let item = || Type::Record("typed_pages::Item".to_owned());
    let option = |ty| Type::Option(Box::new(ty));
    let list = |ty| Type::List(Box::new(ty));
    let pointer = |ty| Type::Pointer(Box::new(ty));
    let other = |name: &str| Type::Other(name.to_owned());
    let map = Type::Map(Box::new(Type::Text), Box::new(Type::Int));
    let records = [
        (
            "Author",
            1,
            vec![
                ("name", Type::Text),
                ("email", option(Type::Text)),
                ("type", Type::Int),
                ("boss", option(pointer(author()))),
            ],
        ),
        (
            "Item",
            0,
            vec![
                ("title", Type::Text),
                ("price", Type::Float),
                ("count", Type::Int),
                ("tags", list(Type::Text)),
                ("is_new", Type::Bool),
                ("note", option(Type::Text)),
                ("day", Type::Date),
            ],
        ),
        (
            "Page",
            1,
            vec![
                ("text", Type::Text),
                ("owned", Type::Text),
                ("cow", Type::Text),
                ("shared", Type::Text),
                ("safe", Type::Safe),
                ("int", Type::Int),
                ("small", Type::Int),
                ("unsigned", Type::Unsigned),
                ("float", Type::Float),
                ("flag", Type::Bool),
                ("letter", other("char")),
                ("date", Type::Date),
                ("moment", Type::DateTime),
                ("value", Type::Value),
                ("maybe_text", option(Type::Text)),
                ("maybe_int", option(Type::Int)),
                ("maybe_unsigned", option(Type::Unsigned)),
                ("maybe_flag", option(Type::Bool)),
                ("maybe_float", option(Type::Float)),
                ("maybe_date", option(Type::Date)),
                ("maybe_maybe", option(option(Type::Int))),
                ("author", pointer(author())),
                ("maybe_author", option(author())),
                ("authors", list(pointer(author()))),
                ("items", list(item())),
                ("boxed", pointer(item())),
                ("words", list(Type::Text)),
                ("numbers", list(Type::Int)),
                ("maybe_numbers", option(list(Type::Int))),
                ("table", list(list(Type::Int))),
                ("pairs", list(Type::Tuple(vec![Type::Text, Type::Int]))),
                ("pair", Type::Tuple(vec![Type::Int, Type::Text])),
                ("map", map),
            ],
        ),
    ];
    let named = |name: &str| format!("typed_pages::{name}");
    let mut contexts = Contexts::default();
    for (name, lifetimes, fields) in records {
        let fields = fields.into_iter().map(|(name, ty)| Field {
            name: name.to_owned(),
            ty,
        });
        let record = Record {
            lifetimes,
            fields: fields.collect(),
            place: "src/lib.rs:1".to_owned(),
        };
        contexts.records.insert(named(name), record);
    }
    for source in sources {
        contexts
            .templates
            .insert(source.name.clone(), named("Page"));
    }
    contexts
}
