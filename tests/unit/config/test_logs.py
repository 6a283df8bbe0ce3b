"""What no log line may show."""

from config.settings.logs import mask_links, mask_secrets


def test_the_secret_part_of_a_signed_link_is_in_no_line() -> None:
    line = {
        "event": "Not Found: /u/17.5.en~AbC-d_9",
        "path": "/t/abc?x=1",
        "holder": "/h/x-Y_9",
        "kept": "/admin/users/3",
        "count": 4,
    }
    masked = {
        "event": "Not Found: /u/***",
        "path": "/t/***?x=1",
        "holder": "/h/***",
        "kept": "/admin/users/3",
        "count": 4,
    }
    assert mask_links(None, "", dict(line)) == masked


def test_fields_with_the_name_of_a_secret_are_masked() -> None:
    assert mask_secrets(None, "", {"token": "x", "api_key": "y", "note": "z"}) == {
        "token": "***",
        "api_key": "***",
        "note": "z",
    }
