"""Renders a template as often as each line read says, and answers with the last text.

The template is compiled once, before the first line is read.
"""

import json
import sys


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
    template = environment.get_template(name)
    return lambda data: template.render(data)


def main():
    engine, folder, context_file, name = sys.argv[1:]
    render = {"django": django_renderer, "jinja2": jinja2_renderer}[engine](folder, name)
    with open(context_file, encoding="utf-8") as file:
        data = json.load(file)
    for line in sys.stdin:
        for _ in range(int(line)):
            text = render(data)
        print(json.dumps(text), flush=True)


main()
