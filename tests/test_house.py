"""The house rules that no linter knows. Filled below, rule by rule."""


def test_the_package_says_its_version() -> None:
    import homing

    assert homing.__version__
