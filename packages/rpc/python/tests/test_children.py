"""Processes that the user's code starts with `multiprocessing`, in each of its ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Serve


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_runs_functions_of_the_file(serve: Serve, method: str) -> None:
    host = serve(
        """
        import multiprocessing
        import os

        PATH = get_model_path("org/model")
        NAMES = list_configured_models()

        @expose(concurrency=1)
        def square(x: int) -> list:
            expose.progress(1, 1)
            return [x * x, PATH, NAMES, __name__ == "__main__", os.getpid()]

        @expose
        def squares(method: str) -> list:
            with multiprocessing.get_context(method).Pool(2) as pool:
                return pool.map(square, [1, 2, 3])

        @expose
        def pid() -> int:
            return os.getpid()
        """,
        models=[{"name": "org/model", "path": "/models/org--model"}],
    )
    response = host.request("POST", "/call/squares", [method], headers={"Seer-Deadline-Ms": "20000"})
    squares = response.json["result"]
    assert [square[0] for square in squares] == [1, 4, 9]
    forked = method == "fork"
    assert all(square[1:4] == ["/models/org--model", ["org/model"], forked] for square in squares)
    assert host.call("pid") not in [square[4] for square in squares]
    assert host.health()["restarts"] == 0
