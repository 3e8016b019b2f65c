"""TLS that survives a clock that is weeks behind.

Python's ssl has no verification time, so OpenSSL's own check of dates is switched off
(X509_V_FLAG_NO_CHECK_TIME) and a certificate's notAfter is compared with a time that certainly
lies in the past: a card that slept for months still connects, an expired server does not pass.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, openssl/x509_vfy.h


class DatedSocket(ssl.SSLSocket):
    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - ssl's own
        super().do_handshake(block)
        if isinstance(self.context, DatedContext):
            refuse_expired(self.getpeercert(), self.context.earliest_ms())


class DatedContext(ssl.SSLContext):
    """`earliest_ms` answers the floor: a time before which it certainly is not."""

    sslsocket_class = DatedSocket

    @staticmethod
    def earliest_ms() -> int:
        return 0


def client_context(
    ca: Path, earliest_ms: Callable[[], int], identity: tuple[Path, Path] | None = None
) -> ssl.SSLContext:
    """Trusts this one CA only; `identity` is (certificate, key) where the other end asks for it."""
    context = DatedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VerifyFlags(NO_CHECK_TIME)
    context.load_verify_locations(cafile=str(ca))
    if identity is not None:
        context.load_cert_chain(*(str(path) for path in identity))
    context.earliest_ms = earliest_ms  # type: ignore[method-assign]
    return context


def refuse_expired(certificate: object, earliest_ms: int) -> None:
    """Raises ssl.SSLCertVerificationError. `certificate` is what getpeercert() gave."""
    ends = certificate.get("notAfter") if isinstance(certificate, dict) else None
    if ends is None:
        raise ssl.SSLCertVerificationError("the server showed no certificate")
    if ssl.cert_time_to_seconds(str(ends)) * 1000 <= earliest_ms:
        raise ssl.SSLCertVerificationError(f"the server's certificate expired: {ends}")
