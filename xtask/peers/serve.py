"""The line protocol of `cargo xtask bench --peers`: serve.py GROUP LIBRARY THREADS.

Commands, one a line, each answered by one line of JSON: `list`, `time ID`, `peak`, `about`. The names of
cases are those of the crate `throughput`; the process ends with its input.
"""

import importlib
import json
import os
import resource
import sys
import time

SPAN = 0.05  # the least seconds that are timed


def seconds(work):
    calls = 1
    while True:
        begun = time.perf_counter()
        for _ in range(calls):
            work()
        span = time.perf_counter() - begun
        if span >= SPAN:
            return span / calls, calls
        calls = min(max(int(1.2 * SPAN / max(span, 1e-9) * calls) + 1, 2 * calls), 1000 * calls)


def main():
    group, library, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
    if threads == 1 and hasattr(os, "sched_setaffinity"):
        # JAX takes as many threads as it sees processors.
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    peer = importlib.import_module(group).peer(library, threads)
    prepared, timed = {}, {}
    for line in sys.stdin:
        command = line.strip()
        try:
            if command == "list":
                answer = {"cases": [{"id": name, "note": peer.notes.get(name)} for name in peer.cases]}
            elif command == "about":
                answer = {"version": peer.version}
            elif command == "peak":
                unit = 1 if sys.platform == "darwin" else 1024
                answer = {"peak": unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
            elif command.startswith("time "):
                name = command[5:]
                answer = timed.pop(peer.same.get(name), None)
                if answer is None:
                    if name not in prepared:
                        prepared[name] = peer.cases[name]()
                        prepared[name]()
                    span, calls = seconds(prepared[name])
                    answer = timed[name] = {"seconds": peer.times * span, "calls": calls}
            else:
                answer = {"error": f"unknown command `{command}`"}
        except Exception as fault:  # whatever a library raises is the answer
            answer = {"error": f"{type(fault).__name__}: {fault}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
