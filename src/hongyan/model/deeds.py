"""What an operator is about to change, for the log."""

from typing import Any

import msgspec

from hongyan.model.ids import CorpNo


class Deed(msgspec.Struct, frozen=True):
    """One change as it is about to be made. `detail` never holds a secret."""

    actor: str
    action: str  # such as template.approve
    subject: str
    corp: CorpNo = CorpNo(0)  # 0: the server's own
    detail: dict[str, Any] = {}
    address: str = ""
