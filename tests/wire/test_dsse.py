from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined]

from loa_wire import dsse
from loa_wire.limits import BULLETIN_ENVELOPE
from loa_wire.parse import UnreadableError

KIND = dsse.payload_type("bulletin")


def signed(payload: bytes, key: Ed25519PrivateKey) -> bytes:
    public = key.public_key().public_bytes_raw()
    sig = key.sign(dsse.pae(KIND, payload))
    return dsse.seal(KIND, payload, [dsse.Signature(dsse.keyid(public), sig)])


def test_the_pre_authentication_encoding_is_the_published_one() -> None:
    # the test vector of the DSSE specification
    assert dsse.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


@given(st.binary(max_size=2000))
def test_sealed_bytes_come_out_as_they_went_in(payload: bytes) -> None:
    envelope = dsse.open_envelope(
        dsse.seal(KIND, payload, [dsse.Signature("0" * 32, b"s" * 64)]), BULLETIN_ENVELOPE
    )

    assert (envelope.payload, envelope.payload_type) == (payload, KIND)
    assert envelope.signatures == (dsse.Signature("0" * 32, b"s" * 64),)


def test_our_envelope_verifies_with_securesystemslib_and_theirs_with_our_rules() -> None:
    key = Ed25519PrivateKey.generate()
    raw = key.public_key().public_bytes_raw()
    theirs_key = SSlibKey(dsse.keyid(raw), "ed25519", "ed25519", {"public": raw.hex()})
    ours = signed(b'{"typ":"bulletin"}', key)

    theirs = Envelope.from_dict(json.loads(ours))
    assert list(theirs.verify([theirs_key], threshold=1)) == [dsse.keyid(raw)]

    made = Envelope(b'{"x":1}', KIND, {})
    made.sign(CryptoSigner(key, theirs_key))
    opened = dsse.open_envelope(json.dumps(made.to_dict()).encode(), BULLETIN_ENVELOPE)
    key.public_key().verify(opened.signatures[0].sig, opened.signed_bytes())


GOOD = json.loads(dsse.seal(KIND, b"{}", [dsse.Signature("0" * 32, b"s" * 64)]))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"extra": 1}, "envelope"),
        ({"signatures": []}, "envelope"),
        ({"signatures": GOOD["signatures"] * 5}, "envelope"),
        ({"signatures": [{"keyid": "0", "sig": "AA==", "alg": "none"}]}, "envelope"),
        ({"payload": "e30"}, "base64"),
        ({"payload": "e3 0="}, "base64"),
        ({"payload": "e31="}, "base64"),
        ({"payload": "e30_"}, "base64"),
        ({"payload": 1}, "envelope"),
        ({"payloadType": ["x"]}, "envelope"),
    ],
)
def test_an_envelope_that_says_more_or_less_is_refused(
    change: dict[str, object], code: str
) -> None:
    with pytest.raises(UnreadableError) as refusal:
        dsse.open_envelope(json.dumps(GOOD | change).encode(), BULLETIN_ENVELOPE)

    assert refusal.value.code == code


def test_an_oversize_envelope_is_not_even_parsed() -> None:
    with pytest.raises(UnreadableError) as refusal:
        dsse.open_envelope(b"[" * (BULLETIN_ENVELOPE + 1), BULLETIN_ENVELOPE)

    assert refusal.value.code == "size"


@given(st.binary(max_size=300))
def test_hostile_bytes_only_ever_raise_the_one_error(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        dsse.open_envelope(data, BULLETIN_ENVELOPE)


def test_padding_bits_cannot_make_two_envelopes_of_one_payload() -> None:
    assert base64.b64decode("e31=") == base64.b64decode("e30=")
