//! URLs from names: a table of routes, read as Django reads `urlpatterns`.

mod pattern;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use hotplate_plugin_api::ErrorRecord;
use hotplate_plugin_api::environment::Reverse;
use hotplate_plugin_api::value::{Exception, Value};
use hotplate_template_runtime::python;
use pattern::{Part, expression, matches, parts};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is not quoted in a URL that is made from a route.
const URL: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'/')
    .remove(b':')
    .remove(b'@');

/// Routes by name, for `{% url %}`.
///
/// ```
/// use hotplate::environment::Routes;
///
/// let shop = Routes::new()
///     .path("", "index")
///     .path("items/<int:pk>/", "item");
/// let routes = Routes::new()
///     .path("", "index")
///     .path("articles/<int:year>/<slug:slug>/", "article")
///     .include("shop/", "shop", shop);
/// ```
///
/// The kinds of parameters are Django's: `int`, `slug`, `str` (also where there is none),
/// `path` and `uuid`.
#[derive(Debug, Clone, Default)]
pub struct Routes {
    entries: Vec<Entry>,
    /// The first mistake in a route.
    mistake: Option<String>,
}

#[derive(Debug, Clone)]
struct Entry {
    parts: Vec<Part>,
    target: Target,
}

#[derive(Debug, Clone)]
enum Target {
    Name(String),
    Included {
        application: Option<String>,
        namespace: Option<String>,
        routes: Routes,
    },
}

/// One way to reverse a name: a route from the root on.
type Possibility<'r> = Vec<&'r Part>;

/// A level of namespaces.
#[derive(Default)]
struct Level<'r> {
    /// Namespaces with what leads to them and what they hold.
    namespaces: HashMap<&'r str, (Possibility<'r>, &'r Routes)>,
    /// The namespaces of each application, the last one first.
    applications: HashMap<&'r str, Vec<&'r str>>,
}

impl Routes {
    /// No routes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a route with a name. A slash at its beginning stands for the root, which need
    /// not be written.
    pub fn path(self, route: &str, name: &str) -> Self {
        self.add(route, Target::Name(name.to_owned()))
    }

    /// Puts routes below a route, in a namespace. Their names are `namespace:name`.
    pub fn include(self, route: &str, namespace: &str, routes: Self) -> Self {
        self.include_application(route, namespace, namespace, routes)
    }

    /// Puts the routes of an application below a route, as an instance with a name.
    pub fn include_application(
        self,
        route: &str,
        application: &str,
        namespace: &str,
        routes: Self,
    ) -> Self {
        let target = Target::Included {
            application: Some(application.to_owned()),
            namespace: Some(namespace.to_owned()),
            routes,
        };
        self.add(route, target)
    }

    /// Puts routes below a route, with the names that they have.
    pub fn nest(self, route: &str, routes: Self) -> Self {
        let target = Target::Included {
            application: None,
            namespace: None,
            routes,
        };
        self.add(route, target)
    }

    fn add(mut self, route: &str, mut target: Target) -> Self {
        if let Target::Included { routes, .. } = &mut target {
            let inner = routes.mistake.take();
            self.mistake = self.mistake.or(inner);
        }
        match parts(route.strip_prefix('/').unwrap_or(route)) {
            Ok(parts) => self.entries.push(Entry { parts, target }),
            Err(mistake) => self.mistake = self.mistake.or(Some(mistake)),
        }
        self
    }

    /// What is wrong with the routes.
    pub(super) fn mistake(&self) -> Option<&str> {
        self.mistake.as_deref()
    }

    /// All ways to a name without namespaces, the last route first.
    fn possibilities<'r>(
        &'r self,
        prefix: &Possibility<'r>,
        name: &str,
        found: &mut Vec<Possibility<'r>>,
    ) {
        for entry in self.entries.iter().rev() {
            match &entry.target {
                Target::Name(own) if own == name => found.push(joined(prefix, &entry.parts)),
                Target::Included {
                    namespace: None,
                    routes,
                    ..
                } => {
                    routes.possibilities(&joined(prefix, &entry.parts), name, found);
                }
                _ => {}
            }
        }
    }

    fn level<'r>(&'r self, prefix: &Possibility<'r>, level: &mut Level<'r>) {
        for entry in self.entries.iter().rev() {
            let Target::Included {
                application,
                namespace,
                routes,
            } = &entry.target
            else {
                continue;
            };
            let prefix = joined(prefix, &entry.parts);
            let Some(namespace) = namespace else {
                routes.level(&prefix, level);
                continue;
            };
            level.namespaces.insert(namespace, (prefix, routes));
            if let Some(application) = application {
                level
                    .applications
                    .entry(application)
                    .or_default()
                    .push(namespace);
            }
        }
    }

    /// The URL of a name, as Django's `reverse` gives it.
    pub(super) fn reverse(&self, wanted: &Reverse<'_>) -> Result<String, Exception> {
        let mut path: Vec<&str> = wanted.name.as_str().split(':').collect();
        let name = path.pop().unwrap_or_default();
        let (prefix, routes) = self.enter(&path, wanted)?;
        if !wanted.args.is_empty() && !wanted.names.is_empty() {
            let message = "Don't mix *args and **kwargs in call to reverse()!";
            return Err(Exception::new("ValueError", message));
        }
        let mut possibilities = Vec::new();
        routes.possibilities(&prefix, name, &mut possibilities);
        for possibility in &possibilities {
            if let Some(url) = fill(possibility, wanted)? {
                return Ok(url);
            }
        }
        Err(no_match(name, &possibilities, wanted)?)
    }

    /// The routes in a namespace, and what leads to them.
    fn enter<'r>(
        &'r self,
        path: &[&str],
        wanted: &Reverse<'_>,
    ) -> Result<(Possibility<'r>, &'r Routes), Exception> {
        let current_app = wanted.current_app.as_ref().into_option();
        let current_app = current_app.map_or("", |app| app.as_str());
        let mut current = (!current_app.is_empty()).then(|| current_app.split(':'));
        let mut place: (Possibility<'r>, &'r Routes) = (Vec::new(), self);
        let mut resolved: Vec<&str> = Vec::new();
        for &step in path {
            let mut level = Level::default();
            place.1.level(&place.0, &mut level);
            let current_step = current.as_mut().and_then(Iterator::next);
            let mut namespace = step;
            if let Some(instances) = level.applications.get(step) {
                match current_step.filter(|current| instances.contains(current)) {
                    Some(current) => namespace = current,
                    None if !instances.contains(&step) => namespace = instances[0],
                    None => {}
                }
            }
            if current_step != Some(namespace) {
                current = None;
            }
            let Some((key, found)) = level.namespaces.remove_entry(namespace) else {
                let namespace = python::repr_str(namespace);
                let message = if resolved.is_empty() {
                    format!("{namespace} is not a registered namespace")
                } else {
                    let inside = resolved.join(":");
                    format!("{namespace} is not a registered namespace inside '{inside}'")
                };
                return Err(Exception::new("NoReverseMatch", message));
            };
            resolved.push(key);
            place = found;
        }
        Ok(place)
    }
}

fn joined<'r>(prefix: &Possibility<'r>, parts: &'r [Part]) -> Possibility<'r> {
    prefix.iter().copied().chain(parts).collect()
}

/// The URL that the arguments make of a route; nothing if they do not fit it.
fn fill(possibility: &Possibility<'_>, wanted: &Reverse<'_>) -> Result<Option<String>, Exception> {
    let names: Vec<&str> = possibility
        .iter()
        .filter_map(|part| match part {
            Part::Parameter { name, .. } => Some(name.as_str()),
            Part::Text(_) => None,
        })
        .collect();
    let given: Vec<(&str, &Value)> = if wanted.args.is_empty() {
        let given = wanted.names.iter().map(|name| name.as_str());
        given.zip(wanted.values.iter()).collect()
    } else {
        if wanted.args.len() != names.len() {
            return Ok(None);
        }
        names.iter().copied().zip(wanted.args.iter()).collect()
    };
    let is_given = |name: &&str| given.iter().any(|(other, _)| other == name);
    if !names.iter().all(is_given) || !given.iter().all(|(name, _)| names.contains(name)) {
        return Ok(None);
    }
    let mut candidate = String::new();
    for part in possibility {
        match part {
            Part::Text(text) => candidate.push_str(text),
            Part::Parameter { name, .. } => {
                let value = given.iter().find(|(other, _)| other == name);
                if let Some((_, value)) = value {
                    candidate.push_str(&text_of(value)?);
                }
            }
        }
    }
    if !matches(possibility, &candidate) {
        return Ok(None);
    }
    let url = utf8_percent_encode(&candidate, URL);
    // The root's slash comes before; a second one would name another host.
    Ok(Some(match url.to_string().strip_prefix('/') {
        Some(rest) => format!("/%2F{rest}"),
        None => format!("/{url}"),
    }))
}

fn no_match(
    name: &str,
    possibilities: &[Possibility<'_>],
    wanted: &Reverse<'_>,
) -> Result<Exception, Exception> {
    let message = if possibilities.is_empty() {
        format!(
            "Reverse for '{name}' not found. '{name}' is not a valid view function or pattern name."
        )
    } else {
        let arguments = if !wanted.args.is_empty() {
            let tuple = Value::tuple(wanted.args.iter().cloned());
            format!("arguments '{}'", repr_of(&tuple)?)
        } else if !wanted.names.is_empty() {
            let names = wanted.names.iter().map(|name| name.as_str());
            let dictionary: Value = names.zip(wanted.values.iter().cloned()).collect();
            format!("keyword arguments '{}'", repr_of(&dictionary)?)
        } else {
            "no arguments".to_owned()
        };
        let patterns: Vec<String> = possibilities
            .iter()
            .map(|possibility| python::repr_str(&expression(possibility)))
            .collect();
        format!(
            "Reverse for '{name}' with {arguments} not found. {} pattern(s) tried: [{}]",
            patterns.len(),
            patterns.join(", ")
        )
    };
    Ok(Exception::new("NoReverseMatch", message))
}

fn text_of(value: &Value) -> Result<String, Exception> {
    let text = python::text(value).map_err(exception)?;
    Ok(text.as_str().to_owned())
}

fn repr_of(value: &Value) -> Result<String, Exception> {
    python::repr(value).map_err(exception)
}

fn exception(error: hotplate_template_runtime::Error) -> Exception {
    let mut record = ErrorRecord::default();
    error.report(&record.failure());
    record.into_exception()
}
