/** Which numbers of a warehouse survive JSON: those whose decimal text a double gives back. */

const NUMBER = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** @param text decimal digits, a fraction and an exponent allowed. @returns undefined for anything else */
export function exactNumber(text: string): number | 'not-exact' | undefined {
  const wanted = significant(text);
  if (wanted === undefined) return undefined;
  const value = Number(text);
  return Number.isFinite(value) && significant(String(value)) === wanted ? value : 'not-exact';
}

export function isExactNumber(text: string): boolean {
  return typeof exactNumber(text) === 'number';
}

/** Sign, digits without zeros around them, and the power of the last digit: one text for all spellings of a number. */
function significant(text: string): string | undefined {
  const parts = NUMBER.exec(text.trim());
  if (parts === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const trimmed = digits.replace(/0+$/, '');
  if (trimmed === '') return '0';
  const power = Number(exponent) - fraction.length + digits.length - trimmed.length;
  return `${sign === '-' ? '-' : ''}${trimmed}e${String(power)}`;
}
