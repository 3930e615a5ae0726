/** The text of cells, where both engines have to write it. */

/** `1e+21` and `1e-7` written out. */
export function decimalDigits(value: number): string {
  const text = String(value);
  const parts = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (parts === null) return text;
  const [, sign = '', first = '', rest = '', power = '0'] = parts;
  const exponent = Number(power);
  const digits = first + rest;
  return exponent < 0
    ? `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
    : `${sign}${digits.padEnd(exponent + 1, '0')}`;
}

export const NANOS = { perSecond: 1_000_000_000n, perMilli: 1_000_000n, perMicro: 1_000n } as const;

/**
 * ISO 8601 with three digits after the second; with six or nine where finer ones are not zero.
 * @param nanos since 1970, UTC
 */
export function isoText(nanos: bigint): string {
  const fraction = ((nanos % NANOS.perSecond) + NANOS.perSecond) % NANOS.perSecond;
  const seconds = new Date(Number((nanos - fraction) / NANOS.perMilli)).toISOString().slice(0, -5);
  const digits = String(fraction).padStart(9, '0');
  const kept = fraction % NANOS.perMilli === 0n ? 3 : fraction % NANOS.perMicro === 0n ? 6 : 9;
  return `${seconds}.${digits.slice(0, kept)}Z`;
}
