"""What page and server say to each other, so that a test waits for an answer and never for time.

After a click the page looks quiet until the server has begun; only the messages tell that a rerun
was asked for and not yet answered.
"""

from __future__ import annotations

import time
from typing import ClassVar
from weakref import WeakKeyDictionary

from playwright.sync_api import Page, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

#: How long a computation may take on a busy machine.
PATIENCE_SECONDS = 120
#: The script gave way to another run, which will answer.
_GAVE_WAY = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN


class Conversation:
    """Listens to a page from before it is opened; `waiting` while a rerun is unanswered."""

    _of_page: ClassVar[WeakKeyDictionary[Page, Conversation]] = WeakKeyDictionary()

    def __init__(self, page: Page) -> None:
        self.page = page
        self.waiting = True
        self._of_page[page] = self
        page.on("websocket", self._begin)

    @classmethod
    def of(cls, page: Page) -> Conversation:
        """The conversation of a page that is listened to."""
        return cls._of_page[page]

    def expect_rerun(self) -> None:
        """Counts a rerun as asked for that the page will ask for a moment later."""
        self.waiting = True

    def wait_for_answer(self) -> None:
        """Returns once every rerun that was asked for has ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.waiting:
            assert time.monotonic() < deadline, "The server has not answered."
            self.page.wait_for_timeout(20)  # messages are handed over meanwhile

    def _begin(self, socket: WebSocket) -> None:
        self.waiting = True
        socket.on("framesent", self._heard_page)
        socket.on("framereceived", self._heard_server)

    def _heard_page(self, said: str | bytes) -> None:
        if isinstance(said, bytes) and BackMsg.FromString(said).HasField("rerun_script"):
            self.waiting = True

    def _heard_server(self, said: str | bytes) -> None:
        if not isinstance(said, bytes):
            return
        message = ForwardMsg.FromString(said)
        if message.HasField("script_finished") and message.script_finished != _GAVE_WAY:
            self.waiting = False
