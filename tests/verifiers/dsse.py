"""Verifies the envelope of a bundle with securesystemslib, the DSSE implementation of in-toto and TUF.

    dsse.py ENVELOPE PUBLIC_KEY...

Every key given must have signed. Prints the ids of the keys whose signatures hold, then the payload's predicate type; exits
non-zero otherwise. Nothing of cld-return is used.
"""

import base64
import hashlib
import json
import sys

from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey


def public_key(path):
    """An Ed25519 key in SPKI PEM: twelve bytes of head and the key. Its id is the SHA-256 of all of them."""
    lines = open(path, encoding="ascii").read().splitlines()
    der = base64.b64decode("".join(line for line in lines if not line.startswith("-----")))
    assert len(der) == 44 and der[:12] == bytes.fromhex("302a300506032b6570032100"), "no Ed25519 key"
    key_id = hashlib.sha256(der).hexdigest()
    return SSlibKey(key_id, "ed25519", "ed25519", {"public": der[12:].hex()})


envelope = Envelope.from_dict(json.load(open(sys.argv[1], encoding="utf-8")))
keys = [public_key(path) for path in sys.argv[2:]]
for key_id in sorted(envelope.verify(keys, threshold=len(keys))):
    print(key_id)
print(envelope.payload_type)
print(json.loads(envelope.payload)["predicateType"])
