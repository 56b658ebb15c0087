from __future__ import annotations

import pytest

from seer_services.listen import listen


def test_listens_on_the_first_free_port():
    with listen("127.0.0.1", []) as first, listen("127.0.0.1", []) as second:
        taken, free = first.getsockname()[1], second.getsockname()[1]
        second.close()
        with listen("127.0.0.1", [taken, free]) as listener:
            assert listener.getsockname()[1] == free


def test_names_the_ports_if_none_is_free():
    with listen("127.0.0.1", []) as first:
        port = first.getsockname()[1]
        with pytest.raises(OSError, match=rf"all ports of this sandbox are in use: {port}"):
            listen("127.0.0.1", [port])
