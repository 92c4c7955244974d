"""The services of one process."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from hongyan.access.callers import owner_txn
from hongyan.access.guesses import Guesses, GuessLimits
from hongyan.access.keys import ServerKey, token_hash
from hongyan.access.passwords import Passwords
from hongyan.access.sealing import Seal
from hongyan.access.tokens import Access
from hongyan.admission.accept import ROWS_UP_TO, Acceptance
from hongyan.admission.gateway import GatewayWindows
from hongyan.admission.intake import Intake
from hongyan.admission.mass_send import MassSending
from hongyan.admission.rulekeeper import RuleKeeper
from hongyan.admission.rules import Profile
from hongyan.admission.work_send import WorkSending
from hongyan.bus.interface import Bus
from hongyan.capture.log import CaptureLog
from hongyan.capture.reading import Clues
from hongyan.capture.records import Caller, Capture, Limits
from hongyan.delivery.broadcasts import Broadcasts
from hongyan.delivery.dispatcher import Dispatcher
from hongyan.delivery.live import LiveInboxes
from hongyan.directory.census import Directory
from hongyan.engine.calls import Calls
from hongyan.messages.blobs import BlobStore
from hongyan.messages.uploads import sweep_blobs
from hongyan.model.clock import DAY_MS, Clock
from hongyan.model.faults import Faults
from hongyan.store.interface import Store, Tx
from hongyan.upkeep.erasure import Eraser
from hongyan.upkeep.keeper import Keeper
from hongyan.upkeep.periods import Periods

# Runs a captured call again for an operator, who is named; the text beside is a new uuid, if it is to have one.
# Answers the new call's number, 0 when it could not be run or captured.
Replay = Callable[[Capture, str, str], Awaitable[int]]


def _credential(token: str) -> str:
    """A token's name in the log: the beginning of its hash."""
    return token_hash(token).hex()[:8]


def _owners_txn(tx: Tx, clues: list[Clues]) -> list[Caller | None]:
    owners = [owner_txn(tx, one.token, one.app_key, one.corp_id) for one in clues]
    return [
        Caller(corp.corp_id if corp else "", app.app_key if app else "", app.name if app else "") if corp or app else None for corp, app in owners
    ]


class Engine:
    """Holds what the HTTP rooms need. Built once by the composition root; `start` before use."""

    def __init__(
        self,
        *,
        store: Store,
        bus: Bus,
        clock: Clock,
        faults: Faults,
        key: ServerKey,
        blobs: BlobStore,
        profile: Profile,
        delay_ms: Callable[[], int],
        any_bad_userid_refuses: bool = True,
        internal_templates: bool = False,
        private_callbacks: bool = True,
        rows_up_to: int = ROWS_UP_TO,
        public_url: str = "http://127.0.0.1",
        captures: Path | None = None,
        capture_limits: Limits | None = None,
        guess_limits: GuessLimits | None = None,
        periods: Periods | None = None,
        sandbox: bool = False,
    ) -> None:
        self.sandbox = sandbox  # for trying things out: nobody's real inbox is here
        self.public_url = public_url  # where readers reach this server; no slash at its end
        self._internal_templates = internal_templates
        self.store = store
        self.bus = bus
        self.clock = clock
        self.faults = faults
        self.key = key
        self.blobs = blobs
        self.directory = Directory(store)
        self.access = Access(store, key)
        self.captures = CaptureLog(captures, clock, capture_limits or Limits(), self._owners, _credential)
        self.calls = Calls(self.captures)
        self.replay: Replay | None = None  # the way back in; set by who builds the gateway
        self.passwords = Passwords()
        self.guesses = Guesses(guess_limits or GuessLimits())
        self.rulekeeper = RuleKeeper(store, profile)
        self.gateway_windows = GatewayWindows()
        self.broadcasts = Broadcasts()
        self.live = LiveInboxes(store=store, bus=bus, clock=clock)
        self.dispatcher = Dispatcher(store=store, clock=clock, seal=Seal(key), private=private_callbacks)
        eraser = Eraser(store=store, blobs=blobs, captures=self.captures)
        self.keeper = Keeper(store=store, blobs=blobs, clock=clock, broadcasts=self.broadcasts, periods=periods or Periods(), eraser=eraser)
        self.dispatcher.kept_ms = self.keeper.periods.callbacks * DAY_MS
        self.acceptance = Acceptance(rows_up_to=rows_up_to)
        intake = Intake(store, self.directory, self.acceptance)
        self.work_sending = WorkSending(store=store, directory=self.directory, intake=intake, rulekeeper=self.rulekeeper, bus=bus, delay_ms=delay_ms)
        self.mass_sending = MassSending(
            store=store,
            directory=self.directory,
            intake=intake,
            rulekeeper=self.rulekeeper,
            bus=bus,
            delay_ms=delay_ms,
            any_bad_userid_refuses=any_bad_userid_refuses,
        )

    @property
    def strict(self) -> bool:
        return self.rulekeeper.book.strict

    @property
    def internal_templates(self) -> bool:
        """Templates are for third-party apps, as on DingTalk; a private platform lets its own apps use them too."""
        return self._internal_templates or self.rulekeeper.book.profile is Profile.OPEN

    async def _owners(self, clues: list[Clues]) -> list[Caller | None]:
        return await self.store.read(_owners_txn, clues)

    async def start(self) -> None:
        """Load what must be there before the first request, and remove what a crash left behind."""
        await self.rulekeeper.reload()
        await sweep_blobs(self.store, self.blobs)

    async def forget(self) -> None:
        """Drop every cache: the store's content was replaced."""
        self.directory.forget()
        self.access.forget()
        self.broadcasts.forget()
        self.acceptance.forget()
        self.live.forget()
        self.gateway_windows.forget()
        self.guesses.forget()
        await self.rulekeeper.reload()
        self.dispatcher.wake()
