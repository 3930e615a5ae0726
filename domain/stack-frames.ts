/** Where an error came from, without its message: messages of foreign errors quote what they choked on. */
const MOST_FRAMES = 10;

/** At most ten lines, `at function (file:line)`. */
export function stackFrames({ stack = '' }: Error): string[] {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.slice(0, MOST_FRAMES).map((line) => line.trim());
}
