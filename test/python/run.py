"""Runs the test methods of one file, in the order in which they stand there, and
prints a line of JSON for each, which the Go tests read."""

import importlib
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True


def say(**line):
    print(json.dumps(line), flush=True)


class Result(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def end(self, test, error=None):
        name = test.id().rsplit(".", 1)[-1].removeprefix("test_").replace("_", "-")
        say(name=name, seconds=round(time.monotonic() - self.began, 3), error=error)

    def addSuccess(self, test):
        self.end(test)

    def addError(self, test, err):
        super().addError(test, err)
        if not hasattr(self, "began"):
            self.began = time.monotonic()
        self.end(test, self._exc_info_to_string(err, test))

    addFailure = addError

    def addSkip(self, test, reason):
        self.end(test, "skipped: " + reason)  # nothing is skipped here


def main():
    module = importlib.import_module(sys.argv[1])
    loader = unittest.TestLoader()
    loader.sortTestMethodsUsing = None  # as they were written

    def in_order(case):
        return [n for n in vars(case) if n.startswith("test_")]

    loader.getTestCaseNames = in_order
    result = Result()
    loader.loadTestsFromModule(module).run(result)
    say(done=result.testsRun)


main()
