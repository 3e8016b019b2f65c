"""What nodes fetch and are told of the root and the register that stand in trust/ now."""

from __future__ import annotations

from django.db import transaction

from loa_server.ceremony import trustfolder
from loa_server.ceremony.trustfolder import Held
from loa_server.config import ServerConfig
from loa_server.dispatch.models import Retained
from loa_server.dispatch.public import trust_files
from loa_server.dispatch.publish import Post, pointer_post
from loa_server.dispatch.services import post_all
from loa_server.files import place
from loa_wire import topics


def publish(config: ServerConfig, now: int) -> None:
    """The documents for HTTPS first, then what says that they exist. Harmless to repeat."""
    for file in trust_files(config):
        target = config.public_dir / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.body is not None and (not target.exists() or target.read_bytes() != file.body):
            place(target, file.body)
    posts = _posts(config, trustfolder.held(config.trust_dir, config.unit.id))
    with transaction.atomic():
        post_all([post for post in posts if not _stands(post)], now)


def _posts(config: ServerConfig, held: Held) -> list[Post]:
    posts = []
    if held.root is not None:
        posts.append(pointer_post(topics.root(), held.root.version, held.root_data))
    if held.register is not None:
        topic = topics.unit_authority(config.unit.id)
        posts.append(pointer_post(topic, held.register.version, held.register_data))
    return posts


def _stands(post: Post) -> bool:
    return Retained.objects.filter(topic=post.topic, payload=post.payload).exists()
