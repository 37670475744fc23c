import { Buffer } from 'node:buffer';

/** What an authority says of one certificate (RFC 6960 §4.2.1). */
export type OcspResponse = {
  /** Of the certificate, as `X509Certificate` writes it. */
  readonly serialNumber: string;
  /** Neither revoked nor unknown. */
  readonly isGood: boolean;
  /** Epoch milliseconds of nextUpdate. */
  readonly untilMs: number;
};

const TAG = { SEQUENCE: 0x30, ENUMERATED: 0x0a, GENERALIZED_TIME: 0x18, OPTIONAL_0: 0xa0 } as const;
const SUCCESSFUL = 0;
const GOOD = 0x80;
const GENERALIZED_TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

type Element = { readonly tag: number; readonly content: Buffer };

/**
 * Of the first certificate that a response is about. Signatures are the client's to check.
 * @param der as `openssl ocsp -respout` writes it
 * @returns undefined: it is none, or no success, or does not say until when it is worth something (RFC 5019 §2.2.4)
 */
export function parseOcspResponse(der: Uint8Array): OcspResponse | undefined {
  // OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes [0] EXPLICIT SEQUENCE { responseType OID, response OCTET STRING } }
  const [status, bytes] = childrenOf(elementsOf(Buffer.from(der))[0]);
  if (status?.tag !== TAG.ENUMERATED || status.content[0] !== SUCCESSFUL) return undefined;
  const [, octets] = childrenOf(childrenOf(bytes)[0]);
  // BasicOCSPResponse ::= SEQUENCE { tbsResponseData SEQUENCE { …, responses SEQUENCE OF SingleResponse, … }, … }
  const [basic] = elementsOf(octets?.content ?? Buffer.alloc(0));
  const responses = childrenOf(childrenOf(basic)[0]).find(({ tag }) => tag === TAG.SEQUENCE);
  // SingleResponse ::= SEQUENCE { certID, certStatus, thisUpdate, nextUpdate [0] EXPLICIT GeneralizedTime OPTIONAL, … }
  const [certId, certStatus, , nextUpdate] = childrenOf(childrenOf(responses)[0]);
  // CertID ::= SEQUENCE { hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber }
  const serial = childrenOf(certId)[3];
  if (serial === undefined || nextUpdate?.tag !== TAG.OPTIONAL_0) return undefined;
  const untilMs = timeOf(childrenOf(nextUpdate)[0]);
  if (untilMs === undefined) return undefined;
  // A leading octet 0 only says that the number is positive.
  const serialNumber = serial.content
    .toString('hex')
    .toUpperCase()
    .replace(/^00(?=.)/, '');
  return { serialNumber, isGood: certStatus?.tag === GOOD, untilMs };
}

function childrenOf(element: Element | undefined): readonly Element[] {
  return element === undefined ? [] : elementsOf(element.content);
}

/** Tags and contents, one after the other; as far as it is DER (X.690 §8.1). */
function elementsOf(der: Buffer): readonly Element[] {
  const elements: Element[] = [];
  let at = 0;
  while (at + 2 <= der.length) {
    const tag = der.readUInt8(at);
    let length = der.readUInt8(at + 1);
    at += 2;
    if (length > 0x80) {
      const octets = length - 0x80;
      if (octets > 4 || at + octets > der.length) break;
      length = der.readUIntBE(at, octets);
      at += octets;
    }
    if (at + length > der.length) break;
    elements.push({ tag, content: der.subarray(at, at + length) });
    at += length;
  }
  return elements;
}

function timeOf(element: Element | undefined): number | undefined {
  if (element?.tag !== TAG.GENERALIZED_TIME) return undefined;
  const found = GENERALIZED_TIME.exec(element.content.toString('latin1'));
  if (found === null) return undefined;
  const [year = 0, month = 0, day, hour, minute, second] = found.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
