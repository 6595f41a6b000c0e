"""AWS Signature Version 4 for S3 requests whose payload is not signed: the least a server can be asked to verify."""

import hashlib
import hmac
import time
import urllib.parse

_PAYLOAD = "UNSIGNED-PAYLOAD"
_REGION = "us-east-1"


def _mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Signer:
    def __init__(self, key, secret):
        self.key, self.secret = key, secret
        self._day, self._day_key = None, None

    def _signing_key(self, day):
        if day != self._day:
            key = ("AWS4" + self.secret).encode()
            for part in (day, _REGION, "s3", "aws4_request"):
                key = _mac(key, part)
            self._day, self._day_key = day, key
        return self._day_key

    def headers(self, method, host, path, query=""):
        """The headers to send beside Host, as pairs. `query` must already be in canonical order."""
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        day = moment[:8]
        signed = "host;x-amz-content-sha256;x-amz-date"
        canonical = (
            f"{method}\n{urllib.parse.quote(path, safe='/-_.~')}\n{query}\n"
            f"host:{host}\nx-amz-content-sha256:{_PAYLOAD}\nx-amz-date:{moment}\n\n{signed}\n{_PAYLOAD}")
        scope = f"{day}/{_REGION}/s3/aws4_request"
        to_sign = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = _mac(self._signing_key(day), to_sign).hex()
        return (
            ("Authorization",
             f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, SignedHeaders={signed}, Signature={signature}"),
            ("x-amz-content-sha256", _PAYLOAD),
            ("x-amz-date", moment),
        )
