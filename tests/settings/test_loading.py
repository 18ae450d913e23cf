"""Settings come from a file and an environment, and every mistake names itself and its place."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cortex.errors import Misconfigured
from cortex.settings.loading import load, prepare_home
from cortex.settings.places import places, variables

Write = Callable[[str], Path]
FINGERPRINT = ":".join(["AB"] * 32)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a settings file."""

    def written(text: str) -> Path:
        file = tmp_path / "cortex.yaml"
        file.write_text(text)
        return file

    return written


def _refused(environ: dict[str, str], file: Path | None = None) -> Misconfigured:
    with pytest.raises(Misconfigured) as caught:
        load({"HOME": "/nobody", **environ}, file=file)
    return caught.value


def test_without_anything_the_defaults_hold() -> None:
    settings = load({"HOME": "/nobody"})
    assert settings.home == Path("/nobody/.local/state/cortex")
    assert settings.activator.writes is False
    assert settings.config_file is None


def test_the_data_folder_follows_the_state_home_and_the_own_variable() -> None:
    assert load({"XDG_STATE_HOME": "/s", "HOME": "/n"}).home == Path("/s/cortex")
    named = load({"XDG_STATE_HOME": "/s", "CORTEX_HOME": "/own"})
    assert named.home == named.activator.home == named.execution_api.home == Path("/own")


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(write: Write) -> None:
    file = write("activator: {cooldown: 5m, queue_limit: 7}\n")
    settings = load({"CORTEX_ACTIVATOR_COOLDOWN": "9"}, file=file)
    assert settings.activator.cooldown == timedelta(seconds=9)
    assert settings.activator.queue_limit == 7
    assert settings.activator.port == 8080


def test_the_usual_file_is_found_and_a_named_one_wins(tmp_path: Path, write: Write) -> None:
    usual = tmp_path / "cortex" / "cortex.yaml"
    usual.parent.mkdir()
    usual.write_text("controller: {site: garage}\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert load(environ).execution_api.controller.site == "garage"
    named = environ | {"CORTEX_CONFIG": str(write("controller: {site: attic}\n"))}
    assert load(named).execution_api.controller.site == "attic"


def test_a_whole_controller_is_read(tmp_path: Path, write: Write) -> None:
    key = tmp_path / "key"
    key.write_text("k3y\n")
    key.chmod(0o600)
    file = write(
        f"controller: {{url: 'https://192.168.1.1', api_key_file: key, trust: pin,"
        f" fingerprint: '{FINGERPRINT}', ca_file: ca.pem, timeout: 3s}}\n"
        "guard: {protected: [printer], lockout: false}\n"
    )
    settings = load({}, file=file).execution_api
    assert settings.controller.api_key == "k3y"
    assert settings.controller.ca_file == tmp_path / "ca.pem"
    assert settings.guard.protected == ("printer",)
    assert "k3y" not in repr(settings)


def test_a_secret_may_come_from_the_environment_or_from_a_file_it_names(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("from file")
    key.chmod(0o600)
    direct = load({"CORTEX_CONTROLLER_API_KEY": " direct "})
    assert direct.execution_api.controller.api_key == "direct"
    named = load({"CORTEX_CONTROLLER_API_KEY_FILE": str(key)})
    assert named.execution_api.controller.api_key == "from file"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_secret_that_others_may_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    key = tmp_path / "key"
    key.write_text("s3cret")
    key.chmod(mode)
    refusal = _refused({"CORTEX_CONTROLLER_API_KEY_FILE": str(key)})
    assert refusal.hint == f"chmod 600 {key}"
    assert "s3cret" not in refusal.message


@pytest.mark.parametrize("content", [b"", b"two\nlines", b"\xff\xfe\x00"])
def test_a_secret_file_holds_one_line_of_text(tmp_path: Path, content: bytes) -> None:
    key = tmp_path / "key"
    key.write_bytes(content)
    key.chmod(0o600)
    assert str(key) in _refused({"CORTEX_CONTROLLER_API_KEY_FILE": str(key)}).message


def test_a_missing_secret_file_is_named(tmp_path: Path) -> None:
    refusal = _refused({"CORTEX_CONTROLLER_API_KEY_FILE": str(tmp_path / "gone")})
    assert "No such file" in refusal.message


def test_a_secret_inside_the_settings_file_is_refused_without_repeating_it(write: Write) -> None:
    refusal = _refused({}, write("controller: {api_key: s3cret}\n"))
    assert refusal.setting == "controller.api_key"
    assert "api_key_file" in refusal.hint
    assert "s3cret" not in refusal.message + refusal.hint


@pytest.mark.parametrize(
    ("text", "setting", "hint"),
    [
        ("activater: {}\n", "activater", "did you mean activator?"),
        ("activator: {cooldwon: 3}\n", "activator.cooldwon", "did you mean cooldown?"),
        ("controller: {home: /x}\n", "controller.home", "valid are: "),
    ],
)
def test_an_unknown_key_names_its_place_and_the_nearest_one(
    write: Write, text: str, setting: str, hint: str
) -> None:
    file = write(text)
    refusal = _refused({}, file)
    assert refusal.setting == setting
    assert str(file) in refusal.source
    assert refusal.hint.startswith(hint)


def test_an_unknown_variable_is_refused_without_its_value() -> None:
    refusal = _refused({"CORTEX_CONTROLLER_APIKEY": "s3cret"})
    assert refusal.hint == "did you mean CORTEX_CONTROLLER_API_KEY?"
    assert "s3cret" not in refusal.message


def test_variables_of_others_are_left_alone() -> None:
    assert load({"CORTEXT_X": "1", "PATH": "/bin", "HOME": "/n"}).activator.port == 8080


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("CORTEX_ACTIVATOR_COOLDOWN", "soon"),
        ("CORTEX_ACTIVATOR_PORT", "65536"),
        ("CORTEX_ACTIVATOR_PORT", "http"),
        ("CORTEX_ACTIVATOR_WRITES", "maybe"),
        ("CORTEX_ACTIVATOR_QUEUE_LIMIT", "0"),
        ("CORTEX_CONTROLLER_TRUST", "blindly"),
        ("CORTEX_CONTROLLER_URL", "192.168.1.1"),
        ("CORTEX_CONTROLLER_URL", "https://user:pw@host"),
        ("CORTEX_CONTROLLER_URL", "https://host:0"),
        ("CORTEX_CONTROLLER_TRUST", "pin"),
        ("CORTEX_CONTROLLER_TRUST", "ca"),
        ("CORTEX_CONTROLLER_PASSWORD", "without a user"),
    ],
)
def test_a_value_that_does_not_fit_names_its_setting(name: str, raw: str) -> None:
    refusal = _refused({name: raw})
    section = name.split("_")[1].lower()
    assert refusal.setting.startswith(f"{section}.")
    assert refusal.source


def test_a_secret_and_its_file_exclude_each_other() -> None:
    both = {"CORTEX_CONTROLLER_API_KEY": "a", "CORTEX_CONTROLLER_API_KEY_FILE": "/b"}
    assert "both" in _refused(both).message


@pytest.mark.parametrize("text", ["- a\n", "activator: 3\n", "activator: [\n", "a: b: c\n"])
def test_a_file_of_the_wrong_shape_is_named(write: Write, text: str) -> None:
    file = write(text)
    assert str(file) in _refused({}, file).message


def test_a_broken_file_is_not_quoted(write: Write) -> None:
    assert "hunter2" not in _refused({}, write("controller:\n  password: hunter2: [\n")).message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "cannot be read" in _refused({}, tmp_path / "none.yaml").message


def test_layers_are_told_what_makes_them_load_the_same(write: Write) -> None:
    file = write("controller: {site: garage}\nactivator: {layer_environ: {LANG: C}}\n")
    environ = {"CORTEX_HOME": "/own", "CORTEX_CONTROLLER_TIMEOUT": "3"}
    first = load(environ, file=file)
    second = load(first.activator.layer_environ)
    assert second == first or second.execution_api == first.execution_api
    assert first.activator.layer_environ["LANG"] == "C"


def test_the_data_folder_is_the_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "a" / "home"
    prepare_home(home)
    assert home.stat().st_mode & 0o777 == 0o700
    home.chmod(0o755)
    with pytest.raises(Misconfigured, match="others may enter") as caught:
        prepare_home(home)
    assert caught.value.hint == f"chmod 700 {home}"


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Misconfigured, match="cannot be created"):
        prepare_home(tmp_path / "file" / "home")


@example({"CORTEX_CONTROLLER_PASSWORD_FILE": "~0"})
@given(st.dictionaries(st.sampled_from(sorted(variables())), st.text(max_size=12), max_size=4))
def test_any_environment_loads_or_names_a_setting(environ: dict[str, str]) -> None:
    named = ""
    try:
        load({"HOME": "/nobody", **environ})
    except Misconfigured as refusal:
        named = refusal.setting
    assert not named or named in {one.name for one in places()}


def test_every_setting_has_a_name_of_its_own() -> None:
    names = [one.variable for one in places()]
    assert len(set(names)) == len(names)
    assert {one.section for one in places()} == {
        "controller",
        "guard",
        "activator",
        "execution_api",
        "ssh",
        "execution_ssh",
        "memory",
        "reasoning_classifier",
        "redis",
        "telemetry",
        "cortex_master",
        "notify",
    }


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("activator:\n  writes: off\n  writes: on\n", "writes", 3),
        ("activator: {writes: off}\ncontroller: {}\nactivator: {writes: on}\n", "activator", 3),
        ('{"activator": {"port": 1, "port": 2}}', "port", 1),
    ],
)
def test_a_key_that_is_given_twice_is_refused_with_its_place(
    write: Write, text: str, key: str, line: int
) -> None:
    error = _refused({}, write(text))
    assert f"the key {key!r} is given twice" in error.message
    assert f"(line {line}, " in error.message


def test_a_merge_key_may_be_overridden(write: Write) -> None:
    text = "activator: {<<: {port: 1234, queue_limit: 7}, port: 4321}\n"
    settings = load({"HOME": "/nobody"}, file=write(text))
    assert (settings.activator.port, settings.activator.queue_limit) == (4321, 7)


def test_the_anchor_of_the_audit_log_lies_elsewhere_than_the_log(tmp_path: Path) -> None:
    both = {
        "CORTEX_TELEMETRY_LOG_FOLDER": str(tmp_path),
        "CORTEX_TELEMETRY_ANCHOR_FOLDER": str(tmp_path),
    }
    with pytest.raises(Misconfigured, match="cannot lie beside the log"):
        load({"HOME": "/nobody", **both})


def test_notices_that_nobody_would_get_are_refused(write: Write) -> None:
    error = _refused({}, write("notify: {kinds: [failed]}\n"))
    assert "told to nobody" in error.message
    assert "notify.urls_file" in error.hint


def test_a_kind_of_notice_that_there_is_not_is_refused(write: Write) -> None:
    error = _refused({}, write("notify: {kinds: [failed, sunshine]}\n"))
    assert "'sunshine'" in error.message
    assert "outage" in error.hint
