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
    """Listens to a page from before it is opened; `waiting` while a rerun is unanswered.

    Reruns are numbered as they are asked for, and a run answers only what was asked before it
    began: the end of a run does not answer a click on the button that it drew last.
    """

    _of_page: ClassVar[WeakKeyDictionary[Page, Conversation]] = WeakKeyDictionary()

    def __init__(self, page: Page) -> None:
        self.page = page
        self._forget()
        self._of_page[page] = self
        page.on("websocket", self._begin)

    @classmethod
    def of(cls, page: Page) -> Conversation:
        """The conversation of a page that is listened to."""
        return cls._of_page[page]

    @property
    def waiting(self) -> bool:
        """Whether something that was asked for has not been answered."""
        return self._expects or self._answered < self._asked

    def expect_rerun(self) -> None:
        """Counts a rerun as asked for that the page will ask for a moment later."""
        self._expects = True

    def wait_for_answer(self) -> None:
        """Returns once every rerun that was asked for has ended."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.waiting:
            assert time.monotonic() < deadline, "The server has not answered."
            self.page.wait_for_timeout(20)  # messages are handed over meanwhile

    def _begin(self, socket: WebSocket) -> None:
        self._forget()
        socket.on("framesent", self._heard_page)
        socket.on("framereceived", self._heard_server)

    def _forget(self) -> None:
        """As a page is that has just been opened: its first run is asked for a moment later."""
        self._asked = self._began = self._answered = 0
        self._expects = True

    def _heard_page(self, said: str | bytes) -> None:
        if not isinstance(said, bytes):
            return
        if BackMsg.FromString(said).HasField("rerun_script"):
            self._expects = False
            self._asked += 1

    def _heard_server(self, said: str | bytes) -> None:
        if not isinstance(said, bytes):
            return
        message = ForwardMsg.FromString(said)
        if message.HasField("new_session"):
            self._began = self._asked
        elif message.HasField("script_finished") and message.script_finished != _GAVE_WAY:
            self._answered = self._began
