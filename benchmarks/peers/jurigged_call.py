"""Calls a function over and over and prints what it gives whenever that changes."""

import sys
import time

import jurigged

folder, debounce = sys.argv[1:]
sys.path.insert(0, folder)
watcher = jurigged.watch(folder + "/*.py", logger=lambda event: None, debounce=float(debounce))

import functions  # noqa: E402  jurigged has to be there first

last = None
while True:
    text = functions.f07("hot plates are hot")
    if text != last:
        last = text
        print(text, flush=True)
    time.sleep(0.0005)
