"""Renders a template of a folder for every line read, as a web server in development does.

Templates are read anew for each rendering: Django's cached loader is off.
"""

import datetime
import json
import sys

import django
from django.conf import settings
from django.template import Context, Engine


def with_dates(data):
    """The context, its texts under `date`, `since` and `updated` as dates."""
    if isinstance(data, list):
        return [with_dates(item) for item in data]
    if isinstance(data, dict):
        return {
            key: datetime.date.fromisoformat(value)
            if key in ("date", "since", "updated")
            else with_dates(value)
            for key, value in data.items()
        }
    return data


def main():
    folder, context_file, name = sys.argv[1:]
    settings.configure(USE_I18N=False, USE_TZ=False)
    django.setup()
    loaders = ["django.template.loaders.filesystem.Loader"]
    engine = Engine(dirs=[folder], loaders=loaders, debug=True)
    with open(context_file, encoding="utf-8") as file:
        context = with_dates(json.load(file))
    for _ in sys.stdin:
        text = engine.get_template(name).render(Context(context))
        print(json.dumps(text), flush=True)


main()
