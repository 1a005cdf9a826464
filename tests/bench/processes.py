"""What the benchmarks of this directory share: building `cld`, the sample and its configuration, measuring processes."""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path

POLARS = "2.1.0"
SEED = 1
ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "target" / "bench"
MIB = 1024 * 1024

CONFIGURATION = """\
# Written by a benchmark (tests/bench); may be deleted.
return: cld-release-2
period: {{start: 2025-04-01, end: 2026-03-31}}
controller: {{la_code: "999", name: Sample Council}}
recipient: nhs-england
purpose: client-level-data
key: {{file: ../../samples/keys/test.key, epoch: "2026"}}
signing_key: ../../samples/keys/test-signing.pem
sources:
  - {{name: sample, file: {sample}}}
output: {{bundle: out, worklist: worklist}}
governance:
  legal_basis: none, invented data
  direction: none, invented data
  dpia: none, invented data
  retain_until: 2099-03-31
  national_data_opt_out: {{applied: false, reason: invented data}}
"""


class Failed(Exception):
    """A command failed, or did not do what it said."""


def say(text=""):
    """Progress, apart from the result."""
    print(text, file=sys.stderr, flush=True)


def shown(path):
    """A path as seen from the repository, so that no output names a directory of this machine."""
    path = Path(path)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def call(command, **options):
    """Runs a command that is not measured; its output is for whoever waits."""
    try:
        code = subprocess.run(command, stdout=sys.stderr, cwd=ROOT, check=False, **options).returncode
    except OSError as error:
        raise Failed(f"{shown(command[0])}: {error.strerror}") from error
    if code:
        raise Failed(f"{shown(command[0])} {command[1]} ended with {code}")


def measure(name, command, one_core=False):
    """Runs a command to its end, on one core if that is asked; its wall time, processor time and peak memory."""
    log = BENCH / f"{name.replace(' ', '-')}.log"
    null = subprocess.DEVNULL
    pin = None
    if one_core:
        if not hasattr(os, "sched_setaffinity"):
            raise Failed("this system does not let a process be kept on one core: use Linux")
        core = min(os.sched_getaffinity(0))
        pin = lambda: os.sched_setaffinity(0, {core})
    with open(log, "wb") as errors:
        start = time.perf_counter()
        child = subprocess.Popen(command, stdin=null, stdout=null, stderr=errors, cwd=BENCH, preexec_fn=pin)
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        said = log.read_text(errors="replace")[-2000:].strip()
        raise Failed(f"{name} ended with {child.returncode}; the end of {shown(log)}:\n{said}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": peak(usage)}


def peak(usage):
    """Peak resident bytes: Linux counts in KiB, macOS in bytes."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def built(binary=None):
    """The release binary, built if anything changed since the last time; or the one that was named."""
    if binary:
        return Path(binary).resolve()
    say("building cld (release); from nothing this takes about ten minutes on two cores")
    call(["cargo", "build", "--release", "--locked", "--bin", "cld"])
    found = subprocess.run(
        ["cargo", "metadata", "--no-deps", "--locked", "--format-version", "1"],
        cwd=ROOT, check=True, stdout=subprocess.PIPE,
    )
    return Path(json.loads(found.stdout)["target_directory"]) / "release" / "cld"


def floor_python():
    """The Python of a private environment that holds the pinned polars, made if it is not there."""
    environment = BENCH / f"polars-{POLARS}"
    python = environment / "bin" / "python"
    asked = [python, "-c", "import polars; print(polars.__version__)"]
    if python.exists():
        answer = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
        if answer.stdout.strip() == POLARS:
            return python
        shutil.rmtree(environment)
    say(f"installing polars {POLARS} into {shown(environment)}")
    try:
        call([sys.executable, "-m", "venv", str(environment)])
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        call(pip + ["--only-binary", ":all:", f"polars=={POLARS}"])
    except Failed as error:
        shutil.rmtree(environment, ignore_errors=True)
        raise Failed(f"{error}\nThe floor needs polars {POLARS}, and Python's venv (Debian: python3-venv).") from error
    return python


def sampled(cld, rows, bad_rate, mark=""):
    """Makes a sample of so many rows and a configuration that names it; both, the sample first."""
    BENCH.mkdir(parents=True, exist_ok=True)
    sample = BENCH / f"cld-{rows}{mark}.csv"
    configuration = sample.with_suffix(".yaml")
    say(f"making {shown(sample)}")
    clear(sample)
    call([str(cld), "sample", "--rows", str(rows), "--seed", str(SEED), "--bad-rate", bad_rate, "--out", str(sample)])
    configuration.write_text(CONFIGURATION.format(sample=sample.name))
    return sample, configuration


def only_bundle(bundles):
    """The one bundle that a run left."""
    made = [found for found in bundles.iterdir() if (found / "manifest.json").is_file()] if bundles.is_dir() else []
    if len(made) != 1 or not (made[0] / "submission.csv").stat().st_size:
        raise Failed("cld run ended well and left no bundle")
    return made[0]


def clear(*paths):
    """Takes away what a run left."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def processor():
    """The processor's name, where the system says it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def cores():
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def own_memory():
    """What this script takes itself: no peak of a process that it starts can be smaller."""
    import resource

    return peak(resource.getrusage(resource.RUSAGE_SELF))


def count(text):
    """An argument that is a whole number from 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def arguments(description):
    """A parser that shows the head of a script as its help, with what all of them take."""
    first, rest = description.split("\n\n", 1)
    parser = argparse.ArgumentParser(
        description=first, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--binary", metavar="CLD", help="this binary instead of the one built from here")
    return parser
