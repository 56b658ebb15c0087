from running import Cells


def test_values(cells: Cells) -> None:
    source = """
        import asyncio
        async def twice(x):
            await asyncio.sleep(0)
            return 2 * x
        await twice(21)
    """
    assert cells.value(source) == "42"


def test_statements(cells: Cells) -> None:
    source = """
        import asyncio
        async def count():
            for i in range(3):
                yield i
        seen = [i async for i in count()]
        async for i in count():
            last = i
        (seen, last)
    """
    assert cells.value(source) == "([0, 1, 2], 2)"


def test_tasks_live_on_into_later_cells(cells: Cells) -> None:
    cells.run("import asyncio\nasync def job():\n    await asyncio.sleep(0.01)\n    return 'done'")
    cells.run("task = asyncio.create_task(job())\nawait asyncio.sleep(0)")
    assert cells.value("await task") == "'done'"


def test_asyncio_run_works_between(cells: Cells) -> None:
    cells.run("import asyncio\nasync def one():\n    return 1")
    assert cells.value("asyncio.run(one())") == "1"
    assert cells.value("await one()") == "1"


def test_errors_show_no_event_loop(cells: Cells) -> None:
    error = cells.error("async def fail():\n    1 / 0\nawait fail()")
    assert "asyncio" not in error["traceback"]
    assert 'File "<cell 1>", line 3, in <module>' in error["traceback"]
