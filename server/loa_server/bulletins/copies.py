"""A commune's copy says what was written above, word for word; it may say it in more languages."""

from __future__ import annotations

from loa_server.bulletins.models import Bulletin, Revision
from loa_server.bulletins.payload import clean
from loa_server.bulletins.refusal import Refusal
from loa_wire.bulletin import Bulletin as WireBulletin
from loa_wire.parse import decode

CHANGED = Refusal(
    "copy_changed",
    "Đây là bản tin của cấp trên: không sửa tiêu đề và nội dung đã có, chỉ thêm tiếng khác."
    " Muốn viết khác, hãy soạn bản tin mới.",
    "This bulletin came from above: its titles and texts stay as they are, other languages may be"
    " added. To say something else, write a bulletin of your own.",
)


def changed_words(copy: Bulletin) -> bool:
    if copy.origin_id is None:
        return False
    above = Revision.objects.get(bulletin=copy.origin_id, rev=copy.origin_rev)
    said = decode(bytes(above.payload), WireBulletin)
    return any(
        own.get(lang) != text
        for own, theirs in ((clean(copy.title), said.title), (clean(copy.text), said.text))
        for lang, text in theirs.items()
    )
