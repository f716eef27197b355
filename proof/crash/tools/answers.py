"""A tool of the laboratory: one JSON request a line on standard input, one JSON answer a line on standard output."""

import json
import sys


def answer(line, handlers):
    """Does what one request says, and prints what its handler returns, or why it failed."""
    request = json.loads(line)
    try:
        result = handlers[request.pop("do")](**request)
        print(json.dumps({"result": result}), flush=True)
    except OSError as error:
        print(json.dumps({"error": str(error), "errno": error.errno}), flush=True)


def serve(handlers):
    """Answers requests until whoever asks has gone."""
    for line in sys.stdin:
        answer(line, handlers)
