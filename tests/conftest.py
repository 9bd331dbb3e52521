"""What every test may rely on."""

import signal

import pytest


@pytest.fixture(autouse=True, scope="session")
def interruptible():
    """Interrupts act, also where a shell that started the tests in the background ignores them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
