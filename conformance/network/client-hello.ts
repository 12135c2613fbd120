/**
 * What the first bytes of a TLS connection say before any of them is answered (RFC 8446 §4.1.2, RFC 6066 §3).
 *
 * @module
 */

/** The first byte of a TLS connection: a handshake record. */
export const handshakeRecord = 0x16;

/** True when the first record has arrived as a whole. */
export function helloIsWhole(bytes: Buffer): boolean {
  return bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt16BE(3);
}

/** The server name that the hello asks for; null when it names none, or cannot be read. */
export function serverNameOf(bytes: Buffer): string | null {
  try {
    return nameIn(bytes);
  } catch (error) {
    // It ended too early: TLS itself will say so.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function nameIn(bytes: Buffer): string | null {
  // Record header, handshake header, version and random.
  let at = 5 + 4 + 2 + 32;
  at += 1 + bytes.readUInt8(at); // session id
  at += 2 + bytes.readUInt16BE(at); // cipher suites
  at += 1 + bytes.readUInt8(at); // compression methods
  const end = at + 2 + bytes.readUInt16BE(at);
  at += 2;
  while (at < end) {
    const type = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    // server_name: length of the list, then type 0, length and text of its one entry.
    if (type === 0 && bytes.readUInt8(at + 6) === 0)
      return bytes.toString("latin1", at + 9, at + 9 + bytes.readUInt16BE(at + 7)).toLowerCase();
    at += 4 + length;
  }
  return null;
}
