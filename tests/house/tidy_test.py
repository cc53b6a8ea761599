"""Each rule of tools/tidy.py finds what it is for, and nothing in a clean file."""
import importlib.util
import pathlib
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("tidy", ROOT / "tools" / "tidy.py")
tidy = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tidy)

CLEAN = ("src/rating/rate.cpp", ["int rate() {", "    return 1;", "}"])


def found(rule, name, lines):
    return list(rule([(name, lines)]))


class Rules(unittest.TestCase):
    def test_a_clean_file_passes_every_rule(self):
        for rule in tidy.RULES:
            self.assertEqual(list(rule([CLEAN])), [], rule.__name__)

    def test_long_file(self):
        self.assertTrue(found(tidy.file_lengths, "src/a/b.cpp", ["x"] * 501))
        self.assertTrue(found(tidy.file_lengths, "src/a/b.hpp", ["x"] * 251))
        self.assertFalse(found(tidy.file_lengths, "tests/unit/a/b_test.cpp", ["x"] * 501))

    def test_long_function(self):
        body = ["int f() {"] + ["    step();"] * 69 + ["}"]
        self.assertTrue(found(tidy.function_lengths, "src/a/b.cpp", body))
        self.assertFalse(found(tidy.function_lengths, "src/a/b.cpp", body[:-2] + ["}"]))

    def test_long_function_with_a_long_signature(self):
        body = ["int f(int a,", "      int b) {"] + ["    step();"] * 68 + ["}"]
        self.assertTrue(found(tidy.function_lengths, "src/a/b.cpp", body))

    def test_a_condition_over_two_lines_is_no_function(self):
        body = ["void f() {", "    if (one ||", "        two()) {", "        step();", "    }", "}"] + [""] * 80
        self.assertFalse(found(tidy.function_lengths, "src/a/b.cpp", body + ["        }"]))

    def test_float_in_money(self):
        self.assertTrue(found(tidy.floats_in_money, "src/billing/invoice.cpp", ["double total = 0;"]))
        self.assertFalse(found(tidy.floats_in_money, "src/usage/report.cpp", ["double mean = 0;"]))
        self.assertFalse(found(tidy.floats_in_money, "src/rating/rate.cpp", ["int a;  // never a double"]))

    def test_unfinished(self):
        self.assertTrue(found(tidy.unfinished, "src/a/b.cpp", ["// TO" + "DO later"]))

    def test_banned_name(self):
        self.assertTrue(found(tidy.banned_names, "src/base/utils.hpp", []))

    def test_banned_call(self):
        self.assertTrue(found(tidy.banned_calls, "src/api/a.cpp", ["std::cout << 1;"]))

    def test_sleep(self):
        self.assertTrue(found(tidy.test_sleeps, "tests/unit/a/b_test.cpp", ["std::this_thread::sleep_for(1s);"]))

    def test_machine_path(self):
        self.assertTrue(found(tidy.machine_paths, "README.md", ["see /wo" + "rk/main"]))

    def test_dead_link(self):
        files = [("README.md", ["[a](docs/a.md) [b](docs/none.md)"]), ("docs/a.md", [])]
        self.assertEqual(len(list(tidy.dead_links(files))), 1)


if __name__ == "__main__":
    unittest.main()
