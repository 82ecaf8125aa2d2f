"""An account for each test."""

from collections.abc import AsyncIterator

import pytest

from tests.providers.simulated.helpers import Account


@pytest.fixture
async def account() -> AsyncIterator[Account]:
    account = Account()
    yield account
    await account.client.aclose()
