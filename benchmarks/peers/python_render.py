"""Renders a template as often as each line read says, and answers with the seconds it took.

To the line `show` it answers with the text. The template is compiled, and its context
made, before the first line is read.
"""

import datetime
import json
import sys
import time


def day(date):
    return f"{date:%b} {date.day}, {date.year}"


def with_dates(data):
    """The context, its texts under `published` as dates."""
    if isinstance(data, list):
        return [with_dates(item) for item in data]
    if isinstance(data, dict):
        return {
            key: datetime.date.fromisoformat(value) if key == "published" else with_dates(value)
            for key, value in data.items()
        }
    return data


def django_renderer(folder, name):
    import django
    from django.conf import settings
    from django.template import Context, Engine

    settings.configure(USE_I18N=False, USE_TZ=False)
    django.setup()
    template = Engine(dirs=[folder]).get_template(name)
    return lambda data: template.render(Context(data))


def jinja2_renderer(folder, name):
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, keep_trailing_newline=True
    )
    environment.filters["day"] = day
    template = environment.get_template(name)
    return lambda data: template.render(data)


def main():
    engine, folder, context_file, name = sys.argv[1:]
    render = {"django": django_renderer, "jinja2": jinja2_renderer}[engine](folder, name)
    with open(context_file, encoding="utf-8") as file:
        data = with_dates(json.load(file))
    for line in sys.stdin:
        if line.strip() == "show":
            print(json.dumps(render(data)), flush=True)
            continue
        began = time.perf_counter()
        for _ in range(int(line)):
            render(data)
        print(time.perf_counter() - began, flush=True)


main()
