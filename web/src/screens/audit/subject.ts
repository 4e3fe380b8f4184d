// Where in the Studio the subject of an entry is shown. Pure, so that it can be tested.

/** Nothing, where no screen shows it: the trail itself, narrowed to it, does then. */
export function placeOfSubject(subject: string): string | null {
  const change = /^change:(\d+)$/.exec(subject)
  return change === null ? null : `/approvals/${change[1]}`
}
