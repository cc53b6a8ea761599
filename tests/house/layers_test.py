"""The build must fail on an include against the layers: in a small copy of the house, with the real CMake code."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECK = ROOT / "tools" / "check_layers.py"
MANIFEST = ROOT / "tools" / "layers.txt"


def check(files, manifest=None):
    with tempfile.TemporaryDirectory() as folder:
        src = pathlib.Path(folder) / "src"
        for name, text in files.items():
            path = src / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        layers = pathlib.Path(folder) / "layers.txt"
        layers.write_text(manifest if manifest else MANIFEST.read_text())
        run = subprocess.run(["python3", CHECK, layers, src], capture_output=True, text=True)
        return run.returncode, run.stderr


class Layers(unittest.TestCase):
    def test_our_tree_holds(self):
        run = subprocess.run(["python3", CHECK, MANIFEST, ROOT / "src"], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_allowed_include_passes(self):
        code, _ = check({"base/a.hpp": "", "rating/r.cpp": '#include "base/a.hpp"\n'})
        self.assertEqual(code, 0)

    def test_upward_include_fails_and_is_named(self):
        code, said = check({"billing/b.hpp": "", "rating/r.cpp": '\n#include "billing/b.hpp"\n'})
        self.assertEqual(code, 1)
        self.assertIn("rating/r.cpp:2: rating may not include billing", said)

    def test_private_header_fails(self):
        code, said = check({"base/internal/a.hpp": "", "model/m.cpp": '#include "base/internal/a.hpp"\n'})
        self.assertEqual(code, 1)
        self.assertIn("private to base", said)

    def test_unknown_folder_fails(self):
        code, said = check({"extra/a.cpp": ""})
        self.assertEqual(code, 1)
        self.assertIn("extra has no line", said)

    def test_a_cycle_cannot_be_declared(self):
        code, said = check({}, "base: model\nmodel: base\n")
        self.assertEqual(code, 1)
        self.assertIn("base names model, which is not declared above it", said)


class Build(unittest.TestCase):
    """The same through CMake: the real module, a project of two folders."""

    def build(self, rating_source):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("tools", "cmake"):
            shutil.copytree(ROOT / name, folder / name)
        for name, text in {"rating/r.cpp": rating_source, "billing/b.hpp": "#pragma once\n"}.items():
            path = folder / "src" / name
            path.parent.mkdir(parents=True)
            path.write_text(text)
        (folder / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(copy CXX)\nset(CMAKE_CXX_STANDARD 20)\n"
            "list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_SOURCE_DIR}/cmake)\ninclude(CompilerFlags)\n"
            "include(TallyTargets)\ntally_library(rating SOURCES src/rating/r.cpp)\n")
        subprocess.run(["cmake", "-S", folder, "-B", folder / "b", "-G", "Ninja"], check=True, capture_output=True)
        return subprocess.run(["cmake", "--build", folder / "b"], capture_output=True, text=True)

    def test_a_good_include_builds(self):
        self.assertEqual(self.build("int answer() {\n    return 42;\n}\n").returncode, 0)

    def test_a_bad_include_does_not_build(self):
        run = self.build('#include "billing/b.hpp"\n')
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("rating may not include billing", run.stdout)


if __name__ == "__main__":
    unittest.main()
