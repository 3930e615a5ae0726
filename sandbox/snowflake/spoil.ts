/** What faults leave of an answer that was good. */
import { rowsOf, type Answer } from './answers.js';
import type { Fault } from './faults.js';

export interface Spoilt {
  readonly answer: Answer;
  readonly instead?: 'cut' | 'cut-midway';
}

export function spoilt(answer: Answer, fault: Fault | undefined): Spoilt {
  if (fault === 'executed-then-cut') return { answer, instead: 'cut' };
  if (fault === 'executed-then-503') return { answer: { status: 503 } };
  if (answer.status !== 200) return { answer };
  if (fault === 'cut-partition') return { answer, instead: 'cut-midway' };
  return { answer: fault === 'short-partition' ? shortened(answer) : answer };
}

/** One row fewer than declared. */
function shortened(answer: Answer): Answer {
  const { body } = answer;
  // Not compressed any more, so without the header that says so.
  if (Buffer.isBuffer(body)) return { status: answer.status, body: { data: rowsOf(body).slice(0, -1) } };
  if (body === undefined || !('data' in body) || !Array.isArray(body.data)) return answer;
  return { ...answer, body: { ...body, data: body.data.slice(0, -1) } };
}
