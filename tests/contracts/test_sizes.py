"""Size is a smell: alarms for modules above 300 lines and functions above 40."""

from tests.contracts.source import functions, modules

MODULE_ALARM, FUNCTION_ALARM = 300, 40
LONG_TABLES = {"config/settings/base.py": "one list of settings", "migrations_app/enums/texts.py": "words for people"}


def test_no_module_is_longer_than_the_alarm() -> None:
    long = {module.path: module.lines for module in modules() if module.lines > MODULE_ALARM}
    assert {path: lines for path, lines in long.items() if path not in LONG_TABLES} == {}


def test_no_function_is_longer_than_the_alarm() -> None:
    long = {
        f"{module.path}:{function.name}": length
        for module in modules()
        for function in functions(module)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_ALARM
    }
    assert {name: lines for name, lines in long.items() if name not in LISTS} == {}


LISTS = {
    "config/core/api/codes.py:_catalogue": "the catalogue of error codes",
    "config/settings/logs.py:logging_settings": "one value of a setting",
    "config/settings/unfold.py:unfold_settings": "settings of the admin's look",
}
