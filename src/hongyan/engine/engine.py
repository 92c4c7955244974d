"""The services of one process."""

from collections.abc import Callable

from hongyan.access.keys import ServerKey
from hongyan.access.tokens import Access
from hongyan.admission.accept import ROWS_UP_TO, Acceptance
from hongyan.admission.gateway import GatewayWindows
from hongyan.admission.mass_send import MassSending
from hongyan.admission.rulekeeper import RuleKeeper
from hongyan.admission.rules import Profile
from hongyan.admission.work_send import WorkSending
from hongyan.bus.interface import Bus
from hongyan.delivery.broadcasts import Broadcasts
from hongyan.delivery.live import LiveInboxes
from hongyan.directory.census import Directory
from hongyan.messages.library import BlobStore
from hongyan.model.clock import Clock
from hongyan.model.faults import Faults
from hongyan.store.interface import Store


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
        rows_up_to: int = ROWS_UP_TO,
    ) -> None:
        self._internal_templates = internal_templates
        self.store = store
        self.bus = bus
        self.clock = clock
        self.faults = faults
        self.key = key
        self.blobs = blobs
        self.directory = Directory(store)
        self.access = Access(store, key)
        self.rulekeeper = RuleKeeper(store, profile)
        self.gateway_windows = GatewayWindows()
        self.broadcasts = Broadcasts()
        self.live = LiveInboxes(store=store, bus=bus, clock=clock)
        acceptance = Acceptance(store, rows_up_to=rows_up_to)
        self.work_sending = WorkSending(
            store=store, directory=self.directory, acceptance=acceptance, rulekeeper=self.rulekeeper, bus=bus, delay_ms=delay_ms
        )
        self.mass_sending = MassSending(
            store=store,
            directory=self.directory,
            acceptance=acceptance,
            rulekeeper=self.rulekeeper,
            bus=bus,
            delay_ms=delay_ms,
            any_bad_userid_refuses=any_bad_userid_refuses,
        )

    @property
    def strict(self) -> bool:
        return self.rulekeeper.book.profile is Profile.STRICT

    @property
    def internal_templates(self) -> bool:
        """Templates are for third-party apps, as on DingTalk; a private platform lets its own apps use them too."""
        return self._internal_templates or self.rulekeeper.book.profile is Profile.OPEN

    async def start(self) -> None:
        """Load what must be there before the first request."""
        await self.rulekeeper.reload()

    async def forget(self) -> None:
        """Drop every cache: the store's content was replaced."""
        self.directory.forget()
        self.access.forget()
        self.broadcasts.forget()
        self.live.forget()
        self.gateway_windows.forget()
        await self.rulekeeper.reload()
