"""The rules of the house that a machine can hold: imports only point down, files stay small, words live in locales."""

from __future__ import annotations

import ast
import json
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from components import head, words
from playground.errors import SENTENCES

ROOT = Path(__file__).parents[1]
TECHNIQUES = ("text", "images", "control")  # packages of playground/ that are techniques
SOURCES = sorted((*ROOT.glob("playground/**/*.py"), *ROOT.glob("components/**/*.py"), ROOT / "app.py"))
SCRIPTS = sorted(ROOT.glob("components/widgets/**/*.js"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path, top_only: bool = False) -> Iterator[str]:
    """The dotted names that a file imports; with `top_only` those it imports as soon as it is itself imported."""
    tree = ast.parse(path.read_text("utf-8"))
    nodes = at_import(tree) if top_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported: not function bodies, not `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_import(child)


def reaches(imported: str, *packages: str) -> bool:
    return any(imported == package or imported.startswith(f"{package}.") for package in packages)


def wrong_imports(paths: Iterator[Path] | list[Path], *forbidden: str, top_only: bool = False) -> list[str]:
    return [
        f"{name_of(path)} imports {imported}"
        for path in paths
        for imported in imports(path, top_only)
        if reaches(imported, *forbidden)
    ]


def under(folder: str) -> list[Path]:
    return [path for path in SOURCES if name_of(path).startswith(f"{folder}/")]


# ---------------------------------------------------------------- floors


def test_techniques_know_nothing_of_the_page():
    assert wrong_imports(under("playground"), "gradio", "components", "app") == []


def test_inference_knows_no_technique():
    assert wrong_imports(under("playground/inference"), *(f"playground.{name}" for name in TECHNIQUES)) == []


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_a_technique_does_not_import_another(technique: str):
    others = [f"playground.{other}" for other in TECHNIQUES if other != technique]
    assert wrong_imports(under(f"playground/{technique}"), *others) == []


def test_components_hold_no_maths():
    assert wrong_imports(under("components"), "torch", "transformers", "diffusers") == []


def test_settings_and_the_engine_need_no_torch():
    light = [p for p in SOURCES if p.name == "settings.py" or name_of(p) == "playground/inference/engine.py"]
    assert light
    assert wrong_imports(light, "torch", "transformers", top_only=True) == []


def test_only_one_file_knows_zero_gpu():
    elsewhere = [path for path in SOURCES if name_of(path) != "playground/inference/spaces.py"]
    assert wrong_imports(elsewhere, "spaces") == []


def test_the_floors_would_catch_a_wrong_import(tmp_path: Path):
    file = tmp_path / "wrong.py"
    file.write_text("def late():\n    import torch.nn\n")
    assert [name for name in imports(file) if reaches(name, "torch")] == ["torch.nn"]
    assert list(imports(file, top_only=True)) == []


def test_the_page_is_built_without_torch():
    """In a process of its own: here some other test may have imported torch."""
    script = "import sys; from components import page; page.build(); assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------- safety and size


@pytest.mark.parametrize("forbidden", ["trust_remote_code=True", "import pickle", "weights_only=False", "eval("])
def test_nothing_unsafe(forbidden: str):
    written = rf"(?<![\w.]){re.escape(forbidden)}"
    assert [name_of(path) for path in SOURCES if re.search(written, path.read_text("utf-8"))] == []


def test_app_is_under_a_hundred_lines():
    assert len((ROOT / "app.py").read_text("utf-8").splitlines()) < 100


def test_files_and_functions_stay_small():
    long_files = [name_of(p) for p in (*SOURCES, *SCRIPTS) if len(p.read_text("utf-8").splitlines()) >= 300]
    long_functions = [
        f"{name_of(path)}: {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno - node.lineno >= LONGEST
        if not (path.parent.name == "tabs" and node.name == "build")  # parts, then listeners: a list read top-down
    ]
    assert long_files == []
    assert long_functions == []


LONGEST = 60  # lines of a function, docstring and all; most have fewer than 30


# ---------------------------------------------------------------- words

EN, ZH = words.dictionary("en"), words.dictionary("zh-CN")


def placeholders(text: str) -> set[str]:
    """{names} of a sentence; of a text with formulas its [[names]], for there the braces are LaTeX's."""
    return set(re.findall(r"\[\[(\w+)\]\]" if "$" in text else r"\{(\w+)\}", text))


def test_every_language_has_the_same_keys():
    for language in words.LANGUAGES:
        assert set(words.dictionary(language)) ^ set(EN) == set(), language


def test_every_translation_takes_the_same_values():
    assert [key for key in EN if placeholders(EN[key]) != placeholders(ZH[key])] == []


def test_error_sentences_name_what_they_take():
    for key, sentence in SENTENCES.items():
        names = [name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None]
        assert all(name.isidentifier() for name in names), key


def test_every_word_used_in_python_exists():
    used = {
        node.args[0].value: name_of(path)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "words" and isinstance(node.args[0], ast.Constant)
    }
    assert {key: where for key, where in used.items() if key not in EN} == {}


def test_every_word_used_in_the_browser_exists():
    """Whole keys as they stand; of a key with a part filled in (`depth.${depth}`) some key must begin and end so."""
    missing = []
    for path in SCRIPTS:
        for quoted, templated in re.findall(r"\bwords\(\s*(?:\"([\w.]+)\"|`([^`]+)`)", path.read_text("utf-8")):
            pattern = re.escape(quoted) if quoted else re.sub(r"\\\$\\\{.*?\\\}", r"[\\w.-]+", re.escape(templated))
            if not any(re.fullmatch(pattern, key) for key in EN):
                missing.append(f"{path.name}: {quoted or templated}")
    assert missing == []


def test_no_visible_words_in_python():
    """Whatever a component shows comes from words(…): no literal with a letter in it as a label, hint or value."""
    showing = {"label", "info", "placeholder", "title"}
    found = []
    for path in under("components"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not ast.unparse(node.func).startswith("gr."):
                continue
            shown = [k.value for k in node.keywords if k.arg in showing]
            if ast.unparse(node.func) in ("gr.Button", "gr.Markdown", "gr.Tab", "gr.Accordion"):
                shown += node.args[:1]
            literals = [argument for argument in shown if isinstance(argument, ast.Constant)]
            found += [f"{name_of(path)}:{a.lineno} {a.value!r}" for a in literals if spoken(a.value)]
    assert found == []


def test_no_visible_words_in_scripts():
    """Text that a widget shows is never a literal: `text: "…"` with a letter in it."""
    shown = re.compile(r"(?:\btext|textContent|\"aria-label\"|title)\s*[:=]\s*\"([^\"]+)\"")
    found = [
        f"{path.name}: {literal}"
        for path in SCRIPTS
        for literal in shown.findall(path.read_text("utf-8"))
        if spoken(literal)
    ]
    assert found == []


def spoken(text: object) -> bool:
    return isinstance(text, str) and bool(re.search(r"[^\W\d_]{2,}", text))


def test_widgets_put_no_text_through_html():
    """User, token and model text would run as code in a template, and as markup in innerHTML."""
    risky = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|html_template\s*=\s*[^'\"]*\$\{")
    assert [name_of(path) for path in (*SCRIPTS, *under("components")) if risky.search(path.read_text("utf-8"))] == []


def test_lessons_are_in_every_language():
    folders = {language: ROOT / "components" / "lessons" / language for language in words.LANGUAGES}
    lessons = {language: {path.name for path in folder.glob("*.md")} for language, folder in folders.items()}
    assert lessons["en"] and all(names == lessons["en"] for names in lessons.values())


def test_locales_are_trees_of_texts():
    for language in words.LANGUAGES:
        tree = json.loads((ROOT / "components/locales" / f"{language}.json").read_text("utf-8"))
        assert all(isinstance(text, str) and text.strip() for text in words.leaves(tree).values())


def test_our_styles_can_stand_before_gradios():
    """What cannot be nested (see head.weigh) must be of a kind that it leaves outside."""
    css = head.text("css")
    nested = css[css.index(":is(html, #_) {") :]
    assert not re.search(r"@keyframes|@font-face|:root", nested)
