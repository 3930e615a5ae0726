/** The workflow's own time, ms since 1970: recorded in history, so the same on replay. */
export function workflowNow(): number {
  return new Date().getTime(); // the SDK replaces Date inside workflows
}
