"""Runs a command at a terminal of its own and types the answers: terminal.py ANSWERS(JSON) COMMAND...

Prints JSON: exit code, what the terminal showed, and how the process stood while it waited for the first answer."""

import json
import os
import pty
import re
import select
import signal
import sys
import termios
import time

answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])

signal.alarm(240)
shown, read_to, state = b"", 0, {}
while True:
    if not select.select([terminal], [], [], 240)[0]:
        os.kill(child, signal.SIGKILL)
    try:
        some = os.read(terminal, 4096)
    except OSError:
        break
    if not some:
        break
    shown += some
    # A question ends in a colon, with whatever moves the cursor about it.
    question = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|[\r ]", b"", shown[read_to:].split(b"\n")[-1])
    if answers and question.endswith(b":"):
        if not state:
            for name in ["limits", "cmdline", "environ"]:
                with open(f"/proc/{child}/{name}", errors="replace") as file:
                    state[name] = file.read()
        read_to = len(shown)
        # The question stands there a moment before the terminal stops showing what is typed; people are slower than that.
        for _ in range(1000):
            if not termios.tcgetattr(terminal)[3] & termios.ECHO:
                break
            time.sleep(0.01)
        os.write(terminal, answers.pop(0).encode() + b"\n")
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({"code": code, "shown": shown.decode(errors="replace"), "state": state}))
